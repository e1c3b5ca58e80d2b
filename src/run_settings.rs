//! What a run is made of, from what the configuration means.

pub mod open_files;

use std::time::Duration;

use crate::actors::supervisor::Settings as RunSettings;
use crate::config::{ConfigError, GRACE_MS, Settings};
use crate::disk::Rule;
use crate::domain::job::JobSpec;
use crate::http::budget::Budget;
use crate::http::{ClientOptions, Dns, Places, Throttle};
use crate::store::node;

/// How long requests in flight of a process that runs the jobs of a configuration may go on after a
/// signal.
pub const GRACE: Duration = Duration::from_millis(GRACE_MS.unsigned_abs());

/// How the actors of the daemon are set up.
#[must_use]
pub fn daemon_settings(settings: &Settings) -> RunSettings {
    RunSettings { stays: true, ..run_settings(settings, GRACE) }
}

/// How the actors are set up; `grace` is that of a command of this kind.
#[must_use]
pub fn run_settings(settings: &Settings, grace: Duration) -> RunSettings {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let grace = settings.grace_ms.map_or(grace, |ms| Duration::from_millis(ms.unsigned_abs()));
    let threads = if settings.threads == 0 { cores } else { settings.threads };
    RunSettings {
        concurrency: open_files::requests(settings.concurrency, threads),
        per_address: settings.network.per_address,
        threads,
        grace,
        known_cache: settings.known_cache,
        client: ClientOptions {
            ca_file: settings.ca_file.clone(),
            only_tls13: settings.network.only_tls13,
            dns: Dns {
                servers: settings.network.dns_servers.clone(),
                prefer: settings.network.dns_prefer,
                ..Dns::default()
            },
            budget: Budget::new(
                usize::try_from(settings.network.max_buffered).unwrap_or(usize::MAX),
            ),
            throttle: throttle(settings),
            max_idle: open_files::idle_connections(threads),
            places: Places::new(settings.network.per_address),
            ..ClientOptions::default()
        },
        metrics: None,
        disk: Rule::keep(settings.min_free),
        node_name: node::own_name(),
        stays: false,
    }
}

/// The rate of the process, and those of single hosts.
fn throttle(settings: &Settings) -> Throttle {
    let hosts = settings.job.hosts.iter();
    let rates = hosts.filter_map(|(name, own)| Some((name.clone(), own.limit_rate?)));
    Throttle::new(settings.network.limit_rate, rates)
}

/// Tells through whom requests go, and for which hosts nobody checks who answers.
pub fn warn_of_ways(job: &JobSpec) {
    for (host, _) in job.hosts.iter().filter(|(_, rules)| rules.insecure) {
        log::warn!("{host}: its certificate is not checked (insecure)");
    }
    if !job.proxy.is_empty() {
        log::info!("proxies: {}", job.proxy);
    }
}

/// Decides the proxies of the defaults and of every job, those of the environment included.
///
/// # Errors
/// With each that is none.
pub fn decide_proxies(settings: &mut Settings) -> Result<(), ConfigError> {
    let variable = |name: &str| std::env::var_os(name).map(|v| v.to_string_lossy().into_owned());
    settings.job.proxy = settings.proxies.decide(variable)?;
    for job in &mut settings.jobs {
        job.spec.proxy = job.proxies.decide(variable)?;
    }
    Ok(())
}
