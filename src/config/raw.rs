//! The configuration as written: every key optional, unknown keys refused.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;

use super::values::{size, span_ms};
use super::{ConfigError, Settings};
use crate::domain::job::{HostRules, JobSpec};

/// The whole file.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Raw {
    daemon: Daemon,
    database: Database,
    http: Http,
    politeness: Politeness,
    hosts: BTreeMap<String, Host>,
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

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Http {
    user_agent: Option<String>,
    headers: Option<Headers>,
    connect_timeout: Option<String>,
    tls_timeout: Option<String>,
    head_timeout: Option<String>,
    idle_timeout: Option<String>,
    total_timeout: Option<String>,
    max_body: Option<String>,
    max_redirects: Option<i32>,
    max_links_per_page: Option<usize>,
    ca_file: Option<PathBuf>,
    allow_private: Option<bool>,
}

/// Headers as a table in a file, or as `Name: value` lines from the command line.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Headers {
    Table(BTreeMap<String, String>),
    Lines(Vec<String>),
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Politeness {
    delay: Option<String>,
    per_host: Option<usize>,
    robots: Option<bool>,
    robots_agent: Option<String>,
    max_tries: Option<i32>,
    max_crawl_delay: Option<String>,
    max_retry_after: Option<String>,
    host_patience: Option<String>,
}

/// A pace for one host.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Host {
    delay: Option<String>,
    per_host: Option<usize>,
}

/// The job of a one-off command. Not for files: there jobs stand under `[jobs.NAME]`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Job {
    roots: Option<Vec<String>>,
    scope: Option<String>,
    include: Option<Vec<String>>,
    exclude: Option<Vec<String>>,
    max_depth: Option<i32>,
    max_pages: Option<i64>,
    max_time: Option<String>,
    links: Option<String>,
    assets: Option<bool>,
}

/// Gathers faults so that all are told at once.
#[derive(Default)]
struct Faults(Vec<String>);

impl Faults {
    fn span(&mut self, key: &str, text: Option<&String>, value: &mut i64) {
        match text.map(|text| span_ms(text)) {
            Some(Ok(span)) => *value = span,
            Some(Err(why)) => self.0.push(format!("{key}: {why}")),
            None => {}
        }
    }

    fn size(&mut self, key: &str, text: Option<&String>, value: &mut u64) {
        match text.map(|text| size(text)) {
            Some(Ok(bytes)) => *value = bytes,
            Some(Err(why)) => self.0.push(format!("{key}: {why}")),
            None => {}
        }
    }

    fn at_least<T: PartialOrd + std::fmt::Display>(&mut self, key: &str, value: &T, least: &T) {
        if value < least {
            self.0.push(format!("{key}: {value} is too small; give {least} or more"));
        }
    }
}

fn set<T>(value: &mut T, given: Option<T>) {
    if let Some(given) = given {
        *value = given;
    }
}

impl Raw {
    pub(super) fn decide(self) -> Result<Settings, ConfigError> {
        let mut faults = Faults::default();
        let mut job = JobSpec::default();
        self.http.apply(&mut job, &mut faults);
        self.politeness.apply(&mut job, &mut faults);
        self.job.apply(&mut job, &mut faults);
        for (name, host) in &self.hosts {
            let mut delay = -1;
            faults.span(&format!("hosts.{name}.delay"), host.delay.as_ref(), &mut delay);
            let rules =
                HostRules { delay_ms: (delay >= 0).then_some(delay), per_host: host.per_host };
            job.hosts.insert(name.to_ascii_lowercase(), rules);
        }
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
            job,
        })
    }
}

impl Http {
    fn apply(&self, job: &mut JobSpec, faults: &mut Faults) {
        if let Some(agent) = &self.user_agent {
            if agent.trim().is_empty() || agent.chars().any(char::is_control) {
                faults.0.push("http.user_agent: empty, or holds control characters".to_owned());
            }
            job.user_agent.clone_from(agent);
        }
        self.apply_headers(job, faults);
        let spans = [
            ("connect_timeout", &self.connect_timeout, &mut job.connect_timeout_ms),
            ("tls_timeout", &self.tls_timeout, &mut job.tls_timeout_ms),
            ("head_timeout", &self.head_timeout, &mut job.head_timeout_ms),
            ("idle_timeout", &self.idle_timeout, &mut job.idle_timeout_ms),
            ("total_timeout", &self.total_timeout, &mut job.total_timeout_ms),
        ];
        for (key, text, value) in spans {
            faults.span(&format!("http.{key}"), text.as_ref(), value);
            faults.at_least(&format!("http.{key}"), value, &1);
        }
        faults.size("http.max_body", self.max_body.as_ref(), &mut job.max_body);
        set(&mut job.max_redirects, self.max_redirects);
        faults.at_least("http.max_redirects", &job.max_redirects, &0);
        set(&mut job.max_links_per_page, self.max_links_per_page);
        set(&mut job.allow_private, self.allow_private);
    }

    fn apply_headers(&self, job: &mut JobSpec, faults: &mut Faults) {
        let pairs: Vec<(String, String)> = match &self.headers {
            None => return,
            Some(Headers::Table(table)) => {
                table.iter().map(|(name, value)| (name.clone(), value.clone())).collect()
            }
            Some(Headers::Lines(lines)) => lines
                .iter()
                .filter_map(|line| {
                    let pair = line.split_once(':');
                    if pair.is_none() {
                        faults.0.push(format!("http.headers: '{line}' is not 'Name: value'"));
                    }
                    pair.map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()))
                })
                .collect(),
        };
        for (name, value) in &pairs {
            let token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
            if name.is_empty() || !name.chars().all(token) || value.chars().any(char::is_control) {
                faults.0.push(format!("http.headers: '{name}: {value}' is no header"));
            }
        }
        job.headers = pairs;
    }
}

impl Politeness {
    fn apply(&self, job: &mut JobSpec, faults: &mut Faults) {
        let spans = [
            ("delay", &self.delay, &mut job.delay_ms),
            ("max_crawl_delay", &self.max_crawl_delay, &mut job.max_crawl_delay_ms),
            ("max_retry_after", &self.max_retry_after, &mut job.max_retry_after_ms),
            ("host_patience", &self.host_patience, &mut job.host_patience_ms),
        ];
        for (key, text, value) in spans {
            faults.span(&format!("politeness.{key}"), text.as_ref(), value);
        }
        set(&mut job.per_host, self.per_host);
        faults.at_least("politeness.per_host", &job.per_host, &1);
        set(&mut job.max_tries, self.max_tries);
        faults.at_least("politeness.max_tries", &job.max_tries, &1);
        set(&mut job.robots, self.robots);
        if self.robots_agent.is_some() {
            job.robots_agent.clone_from(&self.robots_agent);
        }
    }
}

impl Job {
    fn apply(&self, job: &mut JobSpec, faults: &mut Faults) {
        set(&mut job.roots, self.roots.clone());
        set(&mut job.scope, self.scope.clone());
        set(&mut job.include, self.include.clone());
        set(&mut job.exclude, self.exclude.clone());
        set(&mut job.assets, self.assets);
        job.max_depth = self.max_depth;
        job.max_pages = self.max_pages;
        faults.at_least("max_depth", &self.max_depth.unwrap_or(0), &0);
        faults.at_least("max_pages", &self.max_pages.unwrap_or(1), &1);
        if self.max_time.is_some() {
            let mut span = 0;
            faults.span("max_time", self.max_time.as_ref(), &mut span);
            job.max_time_ms = Some(span);
        }
        match self.links.as_deref() {
            None | Some("first") => {}
            Some("all") => job.all_links = true,
            Some(other) => faults.0.push(format!("links: '{other}' is neither 'first' nor 'all'")),
        }
    }
}
