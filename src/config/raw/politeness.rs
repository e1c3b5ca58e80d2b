//! `[politeness]`: how fast hosts are asked, and how long they are borne with.

use serde::Deserialize;

use super::faults::{Faults, set};
use crate::domain::job::JobSpec;

/// The keys of `[politeness]`; a job may have its own.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Politeness {
    delay: Option<String>,
    per_host: Option<usize>,
    latency_factor: Option<u16>,
    robots: Option<bool>,
    robots_agent: Option<String>,
    max_tries: Option<i32>,
    max_crawl_delay: Option<String>,
    max_retry_after: Option<String>,
    host_patience: Option<String>,
    host_persistence: Option<String>,
}

impl Politeness {
    pub(super) fn apply(&self, job: &mut JobSpec, faults: &mut Faults) {
        let spans = [
            ("delay", &self.delay, &mut job.delay_ms),
            ("max_crawl_delay", &self.max_crawl_delay, &mut job.max_crawl_delay_ms),
            ("max_retry_after", &self.max_retry_after, &mut job.max_retry_after_ms),
            ("host_patience", &self.host_patience, &mut job.host_patience_ms),
        ];
        for (key, text, value) in spans {
            faults.span(key, text.as_ref(), value);
        }
        let mut persistence = -1;
        faults.span("host_persistence", self.host_persistence.as_ref(), &mut persistence);
        if persistence >= 0 {
            job.host_persistence_ms = Some(persistence);
        }
        set(&mut job.per_host, self.per_host);
        faults.at_least("per_host", &self.per_host.unwrap_or(1), &1);
        set(&mut job.max_tries, self.max_tries);
        faults.at_least("max_tries", &self.max_tries.unwrap_or(1), &1);
        set(&mut job.latency_factor, self.latency_factor);
        set(&mut job.robots, self.robots);
        if self.robots_agent.is_some() {
            job.robots_agent.clone_from(&self.robots_agent);
        }
    }
}
