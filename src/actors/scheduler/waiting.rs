//! Why nothing moves, or not everything.

use super::SchedulerActor;
use crate::domain::Millis;
use crate::frontier::waits::{Slow, Waits};

/// A request that has been under way for longer is worth a word.
const LONG: Millis = 3_000;

impl SchedulerActor {
    /// What waits for what, in one sentence; `None` when nothing is worth it.
    pub(super) fn waiting(&self, now: Millis) -> Option<String> {
        if let Some(trouble) = &self.desk.trouble {
            return Some(format!("the store does not answer: {}", trouble.message));
        }
        let slow: Vec<_> = self.flights.begun().filter(|(_, at)| now - at >= LONG).collect();
        let moving = self.flights.len() > slow.len();
        let mut waits = Waits::of(self.window.hosts(), now, moving);
        let longest = slow.iter().min_by_key(|(_, at)| *at);
        waits.slow = longest.map(|(host, at)| Slow {
            requests: slow.len(),
            host: self.window.host(*host).map_or_else(String::new, |host| host.authority.clone()),
            since: now - at,
        });
        (!waits.is_empty()).then(|| waits.to_string())
    }
}
