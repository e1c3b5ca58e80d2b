//! The configuration as written: every key optional, unknown keys refused.

mod faults;
mod host;
mod http;
mod job;
mod network;
mod politeness;
mod way;

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{ConfigError, Settings};
use crate::domain::job::JobSpec;
use faults::Faults;
use host::HostSection;
use http::Http;
use job::Job;
use politeness::Politeness;

/// The whole file. Not to be shown: it holds secrets.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Raw {
    daemon: Daemon,
    database: Database,
    http: Http,
    politeness: Politeness,
    hosts: BTreeMap<String, HostSection>,
    job: Job,
    /// The daemon's own, which one-off commands leave alone.
    #[serde(rename = "jobs")]
    _jobs: Option<serde::de::IgnoredAny>,
    /// Likewise.
    #[serde(rename = "control")]
    _control: Option<serde::de::IgnoredAny>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Daemon {
    concurrency: Option<usize>,
    threads: Option<usize>,
    grace: Option<String>,
    log: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Database {
    url: Option<String>,
    known_cache: Option<String>,
}

impl Raw {
    pub(super) fn decide(self) -> Result<Settings, ConfigError> {
        let mut faults = Faults::default();
        let mut job = JobSpec::default();
        self.http.apply(&mut job, &mut faults);
        let mut network = self.http.network(&mut faults);
        let proxies = self.http.proxies(&mut faults);
        self.politeness.apply(&mut job, &mut faults);
        self.job.apply(&mut job, &mut faults);
        for (name, host) in &self.hosts {
            host.apply(name, &mut job, &mut faults);
        }
        if self.http.per_address.is_none() {
            // What the operator allows one host, its address may bear.
            let own = job.hosts.values().filter_map(|rules| rules.per_host);
            let most = own.fold(job.per_host, usize::max);
            network.per_address = network.per_address.max(most);
        }
        way::trust_blindly(self.job.insecure.as_deref().unwrap_or_default(), &mut job, &mut faults);
        let mut known_cache = 128 << 20;
        faults.size("database.known_cache", self.database.known_cache.as_ref(), &mut known_cache);
        let mut grace = -1;
        faults.span("daemon.grace", self.daemon.grace.as_ref(), &mut grace);
        let concurrency = self.daemon.concurrency.unwrap_or(64);
        faults.at_least("daemon.concurrency", &concurrency, &1);
        if concurrency > 100_000 {
            faults.0.push(format!("daemon.concurrency: {concurrency} is over 100000"));
        }
        if !faults.0.is_empty() {
            return Err(ConfigError { errors: faults.0 });
        }
        Ok(Settings {
            concurrency,
            threads: self.daemon.threads.unwrap_or(0),
            grace_ms: (grace >= 0).then_some(grace),
            log: self.daemon.log,
            database: self.database.url,
            known_cache: usize::try_from(known_cache).unwrap_or(usize::MAX),
            ca_file: self.http.ca_file,
            network,
            proxies,
            job,
        })
    }
}
