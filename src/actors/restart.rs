//! When a dead actor is replaced, and when to give up. Pure.
//!
//! After the manner of OTP's supervisors: each death waits a little longer than the last, and more
//! than [`INTENSITY`] deaths of one role within [`PERIOD`] end the process.

use std::collections::VecDeque;
use std::time::Duration;

use crate::domain::Millis;

/// Most deaths of one role within the period.
pub const INTENSITY: usize = 10;
/// The period, in milliseconds.
pub const PERIOD: Millis = 60_000;

const FIRST_WAIT: Millis = 50;
const LONGEST_WAIT: Millis = 5_000;

/// The deaths of one role.
#[derive(Debug, Default)]
pub struct Deaths {
    recent: VecDeque<Millis>,
    /// Deaths in all.
    pub total: u64,
}

/// What follows a death.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remedy {
    /// Build a new one after this time.
    Restart(Duration),
    /// Too many: end the process.
    GiveUp,
}

impl Deaths {
    /// Counts a death.
    pub fn count(&mut self, now: Millis) -> Remedy {
        self.total += 1;
        self.recent.push_back(now);
        while self.recent.front().is_some_and(|first| now - first > PERIOD) {
            self.recent.pop_front();
        }
        if self.recent.len() > INTENSITY {
            return Remedy::GiveUp;
        }
        let doublings = u32::try_from(self.recent.len() - 1).unwrap_or(0).min(16);
        let wait = (FIRST_WAIT << doublings).min(LONGEST_WAIT);
        Remedy::Restart(Duration::from_millis(wait.unsigned_abs()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deaths_far_apart_are_restarted_for_ever() {
        let mut deaths = Deaths::default();
        for hour in 0..100 {
            assert_eq!(deaths.count(hour * 3_600_000), Remedy::Restart(Duration::from_millis(50)));
        }
    }

    #[test]
    fn deaths_close_together_wait_longer_and_end_the_process() {
        let mut deaths = Deaths::default();
        assert_eq!(deaths.count(0), Remedy::Restart(Duration::from_millis(50)));
        assert_eq!(deaths.count(1), Remedy::Restart(Duration::from_millis(100)));
        for n in 2..INTENSITY {
            let now = i64::try_from(n).expect("small");
            assert!(matches!(deaths.count(now), Remedy::Restart(_)));
        }
        assert_eq!(deaths.count(50), Remedy::GiveUp);
    }
}
