//! The pace that is kept with a host.

use super::Pause;
use crate::domain::Millis;

/// The pace that the jobs with work on a host agree on: the strictest of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// Least time between the starts of two requests.
    pub delay: Millis,
    /// Most requests in flight.
    pub per_host: usize,
    /// Longest Retry-After that is honoured.
    pub max_retry_after: Millis,
    /// How long a host that once answered may fail before it is given up.
    pub host_patience: Millis,
    /// How long a host that would be given up is tried hourly first; 0: not at all.
    pub persistence: Millis,
    /// Failures in a row after which a host that never answered is given up.
    pub max_tries: i32,
    /// Where there is a delay, a host rests this many times as long as it takes to answer; 0: off.
    pub latency_factor: u16,
    /// The longest distance that comes of that.
    pub max_delay: Millis,
    /// A random rest between requests, where that is longer.
    pub pause: Pause,
}

impl Pace {
    /// The stricter of two in each respect.
    #[must_use]
    pub fn strictest(self, other: Self) -> Self {
        Self {
            delay: self.delay.max(other.delay),
            per_host: self.per_host.min(other.per_host).max(1),
            max_retry_after: self.max_retry_after.max(other.max_retry_after),
            host_patience: self.host_patience.max(other.host_patience),
            persistence: self.persistence.max(other.persistence),
            max_tries: self.max_tries.max(other.max_tries),
            latency_factor: self.latency_factor.max(other.latency_factor),
            max_delay: self.max_delay.max(other.max_delay),
            pause: self.pause.strictest(other.pause),
        }
    }
}
