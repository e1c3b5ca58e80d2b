//! How far the queue of a harvest is ahead of its requests: it never holds much more than a window,
//! however many combinations there are.
//!
//! Invariant: `queued` is what the store said last, moved by what was committed since. It may be
//! off; each refill puts it right, and when the job comes to rest the store is asked again.

use crate::frontier::harvests::Harvested;
use crate::store::Refilled;

/// Queries ahead of each request in flight, and besides: the more are made at once, the fewer pages
/// of an index each of them changes alone.
const EACH: i64 = 4;
const BESIDES: i64 = 4_000;

/// Queries of a harvest in the store.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ahead {
    window: i64,
    /// `None`: the store is to be asked.
    queued: Option<i64>,
    behind: bool,
    waits: bool,
}

impl Ahead {
    /// Of a job of which nothing is known yet.
    pub(super) fn new(concurrency: usize) -> Self {
        let each = i64::try_from(concurrency).unwrap_or(BESIDES).saturating_mul(EACH);
        let window = each.saturating_add(BESIDES);
        Self { window, queued: None, behind: false, waits: false }
    }

    /// Most queries queued but for those that answers lead to.
    pub(super) fn window(&self) -> i64 {
        self.window
    }

    /// Are more to be made?
    pub(super) fn wants_more(&self) -> bool {
        let Some(queued) = self.queued else { return true };
        self.behind || queued <= 0 || (!self.waits && queued < self.window / 2)
    }

    /// More were made.
    pub(super) fn refilled(&mut self, refilled: &Refilled) {
        self.queued = Some(refilled.queued);
        self.behind = refilled.behind;
        self.waits = refilled.waits;
    }

    /// So many rows were settled.
    pub(super) fn settled(&mut self, count: i64) {
        self.queued = self.queued.map(|queued| queued - count);
    }

    /// What follows from their answers.
    pub(super) fn harvested(&mut self, harvested: &Harvested) {
        self.queued = self.queued.map(|queued| queued + harvested.offered);
        self.behind |= harvested.behind;
    }

    /// The store is asked before anything else is believed.
    pub(super) fn forget(&mut self) {
        self.queued = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refilled(queued: i64, waits: bool) -> Refilled {
        Refilled { queued, waits, ..Refilled::default() }
    }

    #[test]
    fn more_is_made_below_half_a_window_and_at_the_end_of_a_stage_when_nothing_is_queued() {
        let mut ahead = Ahead::new(64);
        assert!(ahead.wants_more(), "nothing is known");
        ahead.refilled(&refilled(4256, false));
        ahead.settled(2128);
        assert!(!ahead.wants_more());
        ahead.settled(1);
        assert!(ahead.wants_more());
        ahead.refilled(&refilled(40, true));
        ahead.settled(39);
        assert!(!ahead.wants_more(), "it waits for the last answer");
        ahead.settled(1);
        assert!(ahead.wants_more());
    }

    #[test]
    fn facts_that_wait_come_first_however_much_is_queued() {
        let mut ahead = Ahead::new(1);
        ahead.refilled(&refilled(5000, false));
        assert!(!ahead.wants_more());
        let job = crate::domain::JobId(1);
        let behind = Harvested { job, offered: 36, behind: true, warnings: Vec::new() };
        ahead.harvested(&behind);
        assert!(ahead.wants_more());
        ahead.refilled(&refilled(9000, false));
        assert!(!ahead.wants_more());
    }
}
