//! What a host waits for.

use super::Host;
use crate::domain::Millis;
use crate::frontier::waits::Wait;

impl Host {
    /// Why nothing is asked here now though there is something to ask, and until when.
    pub(in crate::frontier) fn waits(&self, now: Millis) -> Option<(Wait, Millis)> {
        let due = self.queues.iter().filter_map(|queue| {
            let due = queue.rows.front().map(|row| row.due_at).into_iter().chain(queue.next_due);
            let rest = queue.way.not_before;
            due.min()
                .map(|due| (due.max(rest), if rest > now { Wait::Failures } else { Wait::NextTry }))
        });
        let errand = (!self.errands.is_empty()).then_some((0, Wait::NextTry));
        let (due, why) = due.chain(errand).min()?;
        let ready = self.ready_at();
        if ready > now {
            Some((self.reason_to_rest(now), ready))
        } else {
            (due > now).then_some((why, due))
        }
    }

    fn reason_to_rest(&self, now: Millis) -> Wait {
        let pace = &self.pace;
        if pace.not_before > now {
            let backed_off = pace.slowed_at.saturating_add(pace.backoff);
            return match pace.fails {
                0 if pace.not_before > backed_off => Wait::RetryAfter,
                0 => Wait::BackOff,
                _ => Wait::Failures,
            };
        }
        if pace.backoff > self.rules.delay {
            return Wait::BackOff;
        }
        let mut wished = self.queues.iter().filter_map(|queue| self.crawl_delay(&queue.job));
        if wished.any(|delay| delay > 0 && delay >= self.rules.delay) {
            Wait::CrawlDelay
        } else {
            Wait::Delay
        }
    }
}
