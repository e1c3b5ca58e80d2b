//! The configuration as written: every key may be left out, unknown keys are refused.

mod crawl;
mod faults;
mod fetch;
mod host;
mod http;
mod job;
mod jobs;
mod kinds;
mod network;
mod politeness;
mod scrape;
mod section;
mod suggest;
mod way;

use config::Config;
use serde::Deserialize;

use super::values::authority;
use super::{ConfigError, ConfiguredJob, Network, ProxyKeys, Settings};
use crate::domain::job::JobSpec;
use faults::Faults;
use host::HostSection;
use http::Manners;
use jobs::Ground;
use network::NetworkKeys;
use politeness::Politeness;
use section::Section;
use way::WayKeys;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Daemon {
    concurrency: Option<usize>,
    threads: Option<usize>,
    grace: Option<String>,
    log: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Database {
    url: Option<String>,
    known_cache: Option<String>,
}

/// What a configuration means, or all that is wrong with it.
pub(super) fn decide(config: &Config) -> Result<Settings, ConfigError> {
    let mut faults = Faults::default();
    let mut whole = Section::whole(config);
    let daemon: Daemon = read(&mut whole, "daemon", &mut faults);
    let database: Database = read(&mut whole, "database", &mut faults);
    let (mut job, mut proxies) = (JobSpec::default(), ProxyKeys::default());
    let network = http(&mut whole, &mut job, &mut proxies, &mut faults);
    let politeness: Politeness = read(&mut whole, "politeness", &mut faults);
    faults.under("politeness", |faults| politeness.apply(&mut job, faults));
    hosts(&mut whole, &mut job, &mut faults);
    let jobs = whole.section("jobs", &mut faults);
    let jobs = jobs::jobs(jobs, &Ground { spec: &job, proxies: &proxies }, &mut faults);
    if let Some(mut section) = whole.optional("job", &mut faults) {
        // The options of a one-off command.
        jobs::apply(&mut section, &mut job, &mut faults);
        section.end(&mut faults);
    }
    // The daemon's own, which one-off commands leave alone.
    whole.drop_key("control");
    whole.end(&mut faults);
    let mut settings = settings(daemon, database, &mut faults);
    settings.network = faults.under("http", |faults| network.decide(faults));
    if !faults.0.is_empty() {
        return Err(ConfigError { errors: faults.0 });
    }
    if network.per_address.is_none() {
        settings.network.per_address = room(&job, &jobs).max(settings.network.per_address);
    }
    Ok(Settings { ca_file: network.ca_file, proxies, job, jobs, ..settings })
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
        section.take::<Manners>(faults).apply(job, faults);
        section.take::<WayKeys>(faults).apply(proxies, faults);
        let keys = section.take(faults);
        section.end(faults);
        keys
    })
}

/// `[hosts."NAME"]`.
fn hosts(whole: &mut Section, job: &mut JobSpec, faults: &mut Faults) {
    let hosts = whole.section("hosts", faults);
    for (name, mut section) in faults.under("hosts", |faults| hosts.sections(faults)) {
        let Some(authority) = authority(&name) else {
            let mend = "write example.org or example.org:8443";
            faults.push("hosts", format_args!("{name:?} is no host; {mend}"));
            continue;
        };
        faults.under(&format!("hosts.{name}"), |faults| {
            section.take::<HostSection>(faults).apply(authority, job, faults);
            section.end(faults);
        });
    }
}

/// What is left: `[daemon]` and `[database]`.
fn settings(daemon: Daemon, database: Database, faults: &mut Faults) -> Settings {
    let mut known_cache = 128 << 20;
    faults.size("database.known_cache", database.known_cache.as_ref(), &mut known_cache);
    let mut grace = -1;
    faults.span("daemon.grace", daemon.grace.as_ref(), &mut grace);
    let concurrency = daemon.concurrency.unwrap_or(64);
    faults.at_least("daemon.concurrency", &concurrency, &1);
    if concurrency > 100_000 {
        faults.push("daemon.concurrency", format_args!("{concurrency} is over 100000"));
    }
    if let Some(Err(why)) = daemon.log.as_deref().map(crate::logging::check) {
        faults.push("daemon.log", why);
    }
    Settings {
        concurrency,
        threads: daemon.threads.unwrap_or(0),
        grace_ms: (grace >= 0).then_some(grace),
        log: daemon.log,
        database: database.url,
        known_cache: usize::try_from(known_cache).unwrap_or(usize::MAX),
        ca_file: None,
        network: Network::default(),
        proxies: ProxyKeys::default(),
        job: JobSpec::default(),
        jobs: Vec::new(),
    }
}
