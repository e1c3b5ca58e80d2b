//! Which hosts a job with `max_hosts` has taken its places on. Pure.
//!
//! Invariant: a job has never more than `max_hosts` of them; a place is taken before the first page
//! of a host goes out, and kept for the pass.

use std::collections::{HashMap, HashSet};

use crate::domain::job::Job;
use crate::domain::{HostKey, JobId};

/// The places taken.
#[derive(Debug, Default)]
pub(super) struct Places {
    taken: HashMap<JobId, HashSet<HostKey>>,
}

impl Places {
    /// Goes on from the hosts that were asked before.
    pub(super) fn load(&mut self, job: JobId, hosts: impl IntoIterator<Item = HostKey>) {
        self.taken.entry(job).or_default().extend(hosts);
    }

    /// The job takes part no more.
    pub(super) fn forget(&mut self, job: JobId) {
        self.taken.remove(&job);
    }

    /// May the job ask pages of this host?
    pub(super) fn admit(&self, job: &Job, host: HostKey) -> bool {
        let Some(max) = job.limits.max_hosts else { return true };
        self.taken.get(&job.id).is_none_or(|taken| taken.len() < max || taken.contains(&host))
    }

    /// A page of this host goes out.
    pub(super) fn take(&mut self, job: &Job, host: HostKey) {
        if job.limits.max_hosts.is_some() {
            self.taken.entry(job.id).or_default().insert(host);
        }
    }
}
