//! Other rules for jobs under way, and other bounds.

use std::sync::Arc;

use super::Window;
use crate::domain::job::Job;
use crate::domain::politeness::HostPace;

impl Window {
    /// A job goes on under other rules: the hosts held agree on a pace anew, every queue
    /// of it is read again, and what is in memory is judged by the new rules when its turn comes.
    /// `revive`: hosts that it had given up are tried again.
    pub fn amend_job(&mut self, job: Arc<Job>, revive: bool) {
        let id = job.id;
        for host in self.hosts.values_mut() {
            if let Some(queue) = host.queue_mut(id) {
                queue.job = Arc::clone(&job);
                queue.beyond = None;
                // It may go another way now.
                queue.way = HostPace::default();
                if revive {
                    queue.revive();
                }
            }
            host.agree();
        }
        self.left_ways.forget(id);
        self.add_job(job);
        self.look_everywhere(id);
    }

    /// Other limits for requests in flight to one address, and to hosts never reached; 0: none.
    pub fn resize(&mut self, per_address: usize, unreached: usize) {
        self.crowd.resize(per_address, unreached);
        self.wake_all();
    }
}
