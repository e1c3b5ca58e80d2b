//! Ways that failed to hosts that left the window meanwhile: who comes back goes on from there, so
//! that a host that nobody can be sent to is given up some time, however often it leaves. Pure.
//!
//! Invariant: never more than [`MOST`], and what is in stays in until its host comes back or its job
//! leaves: of many some come to their end, and make room for others. The host itself, and other jobs
//! there, know nothing of it; nor does the next run of the program, whose operator may have mended
//! the proxy.

use hashbrown::HashMap;

use crate::domain::politeness::HostPace;
use crate::domain::{HostKey, JobId};

/// Ways remembered: some 100 bytes each.
const MOST: usize = 10_000;

/// Them.
#[derive(Debug, Default)]
pub(super) struct LeftWays(HashMap<(JobId, HostKey), HostPace>);

impl LeftWays {
    /// The host leaves with this.
    pub(super) fn keep(&mut self, job: JobId, host: HostKey, way: &HostPace) {
        let room = self.0.len() < MOST || self.0.contains_key(&(job, host));
        if way.fails > 0 && room {
            self.0.insert((job, host), way.clone());
        }
    }

    /// The host is back.
    pub(super) fn take(&mut self, job: JobId, host: HostKey) -> Option<HostPace> {
        self.0.remove(&(job, host))
    }

    /// The job leaves, or may go other ways now.
    pub(super) fn forget(&mut self, job: JobId) {
        self.0.retain(|(of, _), _| *of != job);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_remembered_is_bounded_and_what_is_in_stays_in() {
        let mut ways = LeftWays::default();
        let way = |fails| HostPace { fails, ..HostPace::default() };
        ways.keep(JobId(1), HostKey(-1), &way(0));
        assert_eq!(ways.take(JobId(1), HostKey(-1)), None, "it did not fail");
        for host in 0..20_000 {
            ways.keep(JobId(1), HostKey(host), &way(3));
        }
        assert_eq!(ways.0.len(), MOST);
        assert_eq!(ways.take(JobId(1), HostKey(0)), Some(way(3)));
        assert_eq!(ways.take(JobId(1), HostKey(0)), None);
        ways.forget(JobId(1));
        assert!(ways.0.is_empty());
    }
}
