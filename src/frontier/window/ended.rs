//! Where a job asks no more of a host: it has given the host up, or met a limit there.

use super::Window;
use crate::domain::job::HostLimit;
use crate::domain::{HostKey, JobId};
use crate::frontier::record::GivenUp;

impl Window {
    /// A job that limits its hosts goes on from those that it asked before.
    pub fn asked_before(&mut self, job: JobId, hosts: impl IntoIterator<Item = HostKey>) {
        self.places.load(job, hosts);
    }

    /// A job and a host that it gives up, now that nothing of it is in flight there.
    pub fn next_given_up(&mut self) -> Option<GivenUp> {
        self.given_up.pop_front()
    }

    /// A job that has met a limit on a host, which is to be written down.
    pub fn next_beyond(&mut self) -> Option<(JobId, HostKey, HostLimit)> {
        self.beyond.pop_front()
    }

    pub(super) fn note_given_up(&mut self, key: HostKey) {
        let Some(host) = self.hosts.get_mut(&key) else { return };
        for queue in host.queues.iter_mut().filter(|queue| queue.flying == 0 && !queue.told) {
            if let Some(reason) = queue.given_up {
                queue.told = true;
                let (job, evidence) = (queue.job.id, queue.evidence.clone());
                self.given_up.push_back(GivenUp { job, host: key, reason, evidence });
            }
        }
    }
}
