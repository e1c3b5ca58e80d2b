//! The configuration as written: every key may be left out, unknown keys are refused.

mod crawl;
mod daemon;
mod database;
mod faults;
mod fetch;
mod host;
mod http;
mod job;
mod jobs;
mod kinds;
mod listed;
mod network;
mod politeness;
mod scrape;
mod secret_file;
mod section;
mod suggest;
mod typed;
mod unfit;
mod way;

use config::Config;
use serde::Deserialize;

use super::values::authority;
use super::{ConfiguredJob, Control, DEFAULT_DATABASE, Network, ProxyKeys, Settings, Surroundings};
use crate::domain::job::JobSpec;
use crate::logging;
use daemon::{ControlKeys, DaemonKeys};
use database::DatabaseKeys;
use faults::Faults;
use host::HostSection;
use http::Manners;
use jobs::Ground;
use network::NetworkKeys;
use politeness::Politeness;
use secret_file::Credentials;
use section::Section;
use way::WayKeys;

/// What a configuration means, or all that is wrong with it. What depends on where the process runs,
/// and not on a credential, is left open.
pub(super) fn decide(config: &Config, around: &Surroundings) -> Result<Settings, Vec<String>> {
    let mut faults = Faults::default();
    let credentials = Credentials { folder: around.credentials.as_deref(), store: None };
    let mut whole = Section::whole(config);
    let mut settings = defaults();
    let daemon: DaemonKeys = read(&mut whole, "daemon", &mut faults);
    faults.under("daemon", |faults| daemon.apply(&mut settings, faults));
    let database: DatabaseKeys = read(&mut whole, "database", &mut faults);
    faults.under("database", |faults| database.apply(&mut settings, credentials, faults));
    let store = settings.database.clone().or_else(|| around.database());
    let store = store.as_deref().unwrap_or(DEFAULT_DATABASE);
    let credentials = Credentials { store: Some(store), ..credentials };
    let control: ControlKeys = read(&mut whole, "control", &mut faults);
    settings.control = faults.under("control", |faults| control.decide(credentials, faults));
    let (mut job, mut proxies) = (JobSpec::default(), ProxyKeys::default());
    let network = http(&mut whole, &mut job, &mut proxies, &mut faults);
    let politeness: Politeness = read(&mut whole, "politeness", &mut faults);
    faults.under("politeness", |faults| politeness.apply(&mut job, faults));
    hosts(&mut whole, &mut job, credentials, &mut faults);
    let jobs = whole.section("jobs", &mut faults);
    let ground = Ground { spec: &job, proxies: &proxies, database: store };
    let jobs = jobs::jobs(jobs, &ground, &mut faults);
    if let Some(mut section) = whole.hidden("job", &mut faults) {
        // The options of a one-off command.
        jobs::apply(&mut section, &mut job, &mut faults);
        section.end(&mut faults);
    }
    whole.end(&mut faults);
    faults.under("http", |faults| {
        settings.network = network.decide(faults);
        (settings.ca_file, settings.ca_digest) = network.certificates(credentials, faults);
    });
    if !faults.all.is_empty() {
        return Err([faults.all, faults.unread].concat());
    }
    if network.per_address.is_none() {
        settings.network.per_address = room(&job, &jobs).max(settings.network.per_address);
    }
    let Faults { unread, doubts, .. } = faults;
    Ok(Settings { proxies, job, jobs, unread, doubts, ..settings })
}

/// What holds where nothing is said.
fn defaults() -> Settings {
    Settings {
        concurrency: 64,
        threads: 0,
        grace_ms: None,
        stop_timeout_ms: 90_000,
        log: None,
        log_format: logging::Format::default(),
        database: None,
        known_cache: 128 << 20,
        min_free: 256 << 20,
        control: Control::default(),
        ca_file: None,
        ca_digest: None,
        network: Network::default(),
        proxies: ProxyKeys::default(),
        job: JobSpec::default(),
        jobs: Vec::new(),
        unread: Vec::new(),
        doubts: Vec::new(),
    }
}

/// What the operator allows one host, its address may bear.
fn room(job: &JobSpec, jobs: &[ConfiguredJob]) -> usize {
    let hosts = job.hosts.values().filter_map(|rules| rules.per_host);
    let jobs = jobs.iter().map(|job| job.spec.per_host);
    hosts.chain(jobs).fold(job.per_host, usize::max)
}

/// Reads a section that is all one struct.
fn read<T: Default + for<'de> Deserialize<'de>>(
    whole: &mut Section,
    name: &'static str,
    faults: &mut Faults,
) -> T {
    let mut section = whole.section(name, faults);
    faults.under(name, |faults| {
        let keys = section.take(faults);
        section.end(faults);
        keys
    })
}

/// `[http]`; what holds for the whole process is given back.
fn http(
    whole: &mut Section,
    job: &mut JobSpec,
    proxies: &mut ProxyKeys,
    faults: &mut Faults,
) -> NetworkKeys {
    let mut section = whole.section("http", faults);
    faults.under("http", |faults| {
        Manners::take(&mut section, faults).apply(job, faults);
        section.take::<WayKeys>(faults).apply(proxies, faults);
        let keys = section.take(faults);
        section.end(faults);
        keys
    })
}

/// `[hosts."NAME"]`.
fn hosts(
    whole: &mut Section,
    job: &mut JobSpec,
    credentials: Credentials<'_>,
    faults: &mut Faults,
) {
    let hosts = whole.section("hosts", faults);
    for (name, mut section) in faults.under("hosts", |faults| hosts.sections(faults)) {
        let Some(authority) = authority(&name) else {
            let mend = "write example.org or example.org:8443";
            faults.push("hosts", format_args!("{name:?} is no host; {mend}"));
            continue;
        };
        faults.under(&format!("hosts.{name}"), |faults| {
            let keys: HostSection = section.take(faults);
            keys.apply(authority, credentials, job, faults);
            section.end(faults);
        });
    }
}
