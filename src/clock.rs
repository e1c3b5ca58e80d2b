//! The only reader of time.
//!
//! Wall time is read once, at the start; from then on only the monotonic clock counts, so a
//! stepped system clock can neither hurry nor stall a host.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::time::Instant;

use crate::domain::Millis;

/// A clock that never runs backwards: Unix time at its start, monotonic from there.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    wall_micros: i64,
    origin: Instant,
}

impl Clock {
    /// A clock that starts at the present wall time.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "the one place that reads time")]
    pub fn start() -> Self {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
        Self {
            wall_micros: i64::try_from(since_epoch.as_micros()).unwrap_or(i64::MAX),
            origin: Instant::now(),
        }
    }

    /// Unix time in milliseconds.
    #[must_use]
    pub fn now(&self) -> Millis {
        self.micros() / 1000
    }

    /// Unix time in microseconds, for measuring phases.
    #[must_use]
    pub fn micros(&self) -> i64 {
        let run = i64::try_from(self.origin.elapsed().as_micros()).unwrap_or(i64::MAX);
        self.wall_micros.saturating_add(run)
    }

    /// The monotonic moment at which [`Clock::now`] will read `at`; the past becomes the present.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "the one place that reads time")]
    pub fn instant(&self, at: Millis) -> Instant {
        let ahead = at.saturating_mul(1000).saturating_sub(self.micros()).max(0);
        Instant::now() + Duration::from_micros(ahead.unsigned_abs())
    }
}

/// What the kernel's monotonic clock reads, in microseconds: the one that a service manager compares
/// with its own.
#[must_use]
pub fn monotonic_micros() -> i64 {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    now.tv_sec.saturating_mul(1_000_000).saturating_add(now.tv_nsec / 1_000)
}
