//! What the Scheduler tells those who measure, if there are any.

use std::sync::Arc;

use super::SchedulerActor;
use crate::actors::way_back::Post;
use crate::clock::Clock;
use crate::domain::Millis;
use crate::domain::role::Role;
use crate::frontier::answer::{Answer, RobotsAnswer};
use crate::frontier::record::{Commit, Committed};
use crate::frontier::waits::Waits;
use crate::metrics::{Load, Metrics, What};

/// Passes on what happens; does nothing where nobody measures.
#[derive(Debug, Default)]
pub(super) struct Measure {
    metrics: Option<Arc<Metrics>>,
    post: Post,
    /// When the call under way was made, microseconds.
    called_at: i64,
}

impl Measure {
    pub(super) fn new(metrics: Option<Arc<Metrics>>) -> Self {
        Self { metrics, ..Self::default() }
    }

    /// The counter of the Scheduler's mailbox.
    pub(super) fn post(&self) -> Post {
        self.post.clone()
    }

    pub(super) fn answered(&self, role: Role, answer: &Answer) {
        let what = match role {
            Role::Page => What::Page,
            Role::Sitemap => What::Sitemap,
        };
        if let Some(metrics) = &self.metrics {
            metrics.fetches.answered(what, answer);
        }
    }

    pub(super) fn robots_answered(&self, answer: &RobotsAnswer) {
        if let Some(metrics) = &self.metrics {
            metrics.fetches.robots_answered(answer);
        }
    }

    /// The store is called.
    pub(super) fn called(&mut self, clock: Clock) {
        if self.metrics.is_some() {
            self.called_at = clock.micros();
        }
    }

    /// The call was a commit, and is answered.
    pub(super) fn committed(&self, commit: &Commit, committed: &Committed, clock: Clock) {
        if let Some(metrics) = &self.metrics {
            let found = committed.new_urls.iter().map(|(_, count)| count.unsigned_abs()).sum();
            metrics.run.committed(commit, clock.micros() - self.called_at, found);
        }
    }
}

impl SchedulerActor {
    /// Tells how much there is to do.
    pub(super) fn tell_load(&self, now: Millis) {
        let Some(metrics) = &self.measure.metrics else { return };
        metrics.run.loaded(&Load {
            in_flight: self.flights.len(),
            uncommitted: self.batches.len(),
            uncommitted_bytes: self.batches.weight(),
            mailbox: self.measure.post.len(),
            hosts: self.window.len(),
            waiting: Waits::of(self.window.hosts(), now, false)
                .hosts()
                .map(|(wait, hosts)| (wait, hosts.number))
                .collect(),
            store_away: self.store_trouble(now).is_some(),
        });
    }
}
