//! Answers to pages come in.

use std::sync::Arc;

use super::Window;
use crate::domain::Millis;
use crate::frontier::answer::Answer;
use crate::frontier::record::QueuedUrl;
use crate::frontier::verdict::{Moment, Verdict, judge};

impl Window {
    /// Judges the answer to a page. `reported`: its start had been said, or was not to be.
    pub fn settle(
        &mut self,
        row: QueuedUrl,
        answer: Answer,
        reported: bool,
        moment: Moment,
    ) -> Option<Verdict> {
        let job = Arc::clone(self.jobs.get(&row.job)?);
        let key = row.host;
        self.ended(key, row.job, reported);
        let host = self.hosts.get_mut(&key)?;
        let answered = answer.facts.status.is_some();
        let mut verdict = if answer.blames_way() {
            if let Some(at) = answer.facts.fetched_at {
                // It may have come there.
                host.pace.asked(at);
            }
            let mut way = host.way(row.job);
            let verdict = judge(&job, &row, answer, &mut way, moment);
            host.set_way(row.job, way);
            verdict
        } else {
            judge(&job, &row, answer, &mut host.pace, moment)
        };
        host.landed(&job, row, answered, &mut verdict);
        if answered {
            self.reached(key);
        }
        self.note_given_up(key);
        self.wake(key);
        Some(verdict)
    }

    /// The page was asked under a depth that is no longer true: it goes back to be asked again.
    pub fn put_back(
        &mut self,
        row: QueuedUrl,
        sent_at: Option<Millis>,
        reported: bool,
        now: Millis,
    ) -> Option<Verdict> {
        let job = Arc::clone(self.jobs.get(&row.job)?);
        let key = row.host;
        self.ended(key, row.job, reported);
        let host = self.hosts.get_mut(&key)?;
        if let Some(at) = sent_at {
            host.pace.asked(at);
        }
        host.pace.answered(now);
        let mut verdict = Verdict::Again;
        host.landed(&job, row, true, &mut verdict);
        self.note_given_up(key);
        self.wake(key);
        Some(verdict)
    }
}
