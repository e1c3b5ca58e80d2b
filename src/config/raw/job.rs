//! The job of a one-off command.

use serde::Deserialize;

use super::faults::{Faults, set};
use crate::domain::job::JobSpec;

/// The job of a one-off command. Not for files: there jobs stand under `[jobs.NAME]`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Job {
    roots: Option<Vec<String>>,
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
    assets: Option<bool>,
    pub(super) insecure: Option<Vec<String>>,
    sitemaps: Option<bool>,
}

impl Job {
    pub(super) fn apply(&self, job: &mut JobSpec, faults: &mut Faults) {
        set(&mut job.roots, self.roots.clone());
        set(&mut job.scope, self.scope.clone());
        set(&mut job.include, self.include.clone());
        set(&mut job.exclude, self.exclude.clone());
        set(&mut job.assets, self.assets);
        set(&mut job.sitemaps, self.sitemaps);
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
            let mut bytes = 0;
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
            None | Some("first") => {}
            Some("all") => job.all_links = true,
            Some(other) => faults.0.push(format!("links: '{other}' is neither 'first' nor 'all'")),
        }
    }
}
