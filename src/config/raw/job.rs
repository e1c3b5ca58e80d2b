//! The keys that jobs of every kind have: `[jobs.NAME]` in a file, `job` from the options of a
//! one-off command.

use serde::Deserialize;

use super::faults::{Faults, set};
use super::way;
use crate::domain::job::JobSpec;

/// What a job is asked to do, but for what is its kind's own.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct JobKeys {
    priority: Option<u32>,
    scope: Option<String>,
    include: Option<Vec<String>>,
    exclude: Option<Vec<String>>,
    max_depth: Option<i32>,
    max_pages: Option<i64>,
    max_pages_per_host: Option<i64>,
    max_hosts: Option<usize>,
    max_bytes: Option<String>,
    max_per_template: Option<i64>,
    max_time: Option<String>,
    links: Option<String>,
    insecure: Option<Vec<String>>,
}

impl JobKeys {
    pub(super) fn apply(&self, job: &mut JobSpec, faults: &mut Faults) {
        set(&mut job.scope, self.scope.clone());
        set(&mut job.include, self.include.clone());
        set(&mut job.exclude, self.exclude.clone());
        set(&mut job.priority, self.priority);
        faults.at_least("priority", &job.priority, &1);
        faults.at_most("priority", &job.priority, &100);
        job.max_depth = self.max_depth;
        job.max_pages = self.max_pages;
        faults.at_least("max_depth", &self.max_depth.unwrap_or(0), &0);
        faults.at_least("max_pages", &self.max_pages.unwrap_or(1), &1);
        job.max_pages_per_host = self.max_pages_per_host;
        faults.at_least("max_pages_per_host", &self.max_pages_per_host.unwrap_or(1), &1);
        job.max_hosts = self.max_hosts;
        faults.at_least("max_hosts", &self.max_hosts.unwrap_or(1), &1);
        job.max_per_template = self.max_per_template;
        faults.at_least("max_per_template", &self.max_per_template.unwrap_or(1), &1);
        if self.max_bytes.is_some() {
            let mut bytes = 1;
            faults.size("max_bytes", self.max_bytes.as_ref(), &mut bytes);
            faults.at_least("max_bytes", &bytes, &1);
            job.max_bytes = Some(bytes);
        }
        if self.max_time.is_some() {
            let mut span = 0;
            faults.span("max_time", self.max_time.as_ref(), &mut span);
            job.max_time_ms = Some(span);
        }
        match self.links.as_deref() {
            None => {}
            Some("all") => job.all_links = true,
            Some("first") => job.all_links = false,
            Some(other) => {
                faults.push("links", format_args!("'{other}' is neither 'first' nor 'all'"));
            }
        }
        way::trust_blindly(self.insecure.as_deref().unwrap_or_default(), job, faults);
    }
}
