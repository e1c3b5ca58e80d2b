//! The ways of jobs to a host: a proxy that fails rests the queue of its job, not the host.

use super::Host;
use crate::domain::outcome::Reason;
use crate::domain::politeness::{HostPace, Reach};
use crate::domain::{JobId, Millis};
use crate::frontier::answer::RobotsAnswer;

impl Host {
    /// How the way of a job here stands. A host that is known to fail, or to have answered, is that
    /// on every way.
    pub(in crate::frontier) fn way(&self, job: JobId) -> HostPace {
        let own = self.queues.iter().find(|queue| queue.job.id == job).map(|queue| &queue.way);
        let own = own.filter(|way| way.fails > 0).cloned().unwrap_or_else(|| HostPace {
            fails: self.pace.fails,
            failing_since: self.pace.failing_since,
            ..HostPace::default()
        });
        HostPace { answered_at: self.pace.answered_at, ..own }
    }

    /// It stands so now.
    pub(in crate::frontier) fn set_way(&mut self, job: JobId, way: HostPace) {
        if let Some(queue) = self.queue_mut(job) {
            queue.way = way;
        }
    }

    /// The way of a job failed when a robots.txt was asked.
    pub(in crate::frontier) fn way_failed(
        &mut self,
        job: JobId,
        reason: Reason,
        answer: &RobotsAnswer,
        now: Millis,
    ) {
        let mut way = self.way(job);
        let Some(queue) = self.queue_mut(job) else { return };
        if way.unreachable(now, answer.begun_at, &queue.job.pace) == Reach::GivenUp {
            let words = answer.failure.as_ref().map(|(_, words)| words.as_str());
            queue.give_up(reason, words);
        }
        queue.way = way;
    }

    /// Until when all queues that have something to ask rest; `None`: one does not, or there is
    /// none.
    pub(in crate::frontier) fn all_rest_until(&self, now: Millis) -> Option<Millis> {
        let mut asking = self.queues.iter().filter(|queue| !queue.is_empty()).peekable();
        asking.peek()?;
        asking.try_fold(Millis::MAX, |first, queue| Some(first.min(queue.rests_until(now)?)))
    }
}
