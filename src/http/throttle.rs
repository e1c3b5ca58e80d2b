//! How many bytes a second may come in: one rate for the process, and one for single hosts.
//!
//! Whatever is read is paid for afterwards: the next read of a body, and the next request, wait
//! until all that was read so far has had its time. So a reader is a piece ahead at most, and over
//! any span the rate holds.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use super::Micros;
use crate::clock::Clock;

/// A number of bytes a second, shared by all who hold it.
#[derive(Debug)]
struct Rate {
    per_second: u64,
    /// When all that was read has been paid for.
    paid_at: AtomicI64,
}

impl Rate {
    fn new(per_second: u64) -> Self {
        Self { per_second: per_second.max(1), paid_at: AtomicI64::new(0) }
    }

    fn spend(&self, bytes: usize, now: Micros) {
        let span = u128::from(bytes as u64) * 1_000_000 / u128::from(self.per_second);
        let span = Micros::try_from(span).unwrap_or(Micros::MAX / 4);
        let after = |paid: Micros| Some(paid.max(now).saturating_add(span));
        // The closure never refuses, and what was there before is of no interest.
        self.paid_at.fetch_update(Ordering::Relaxed, Ordering::Relaxed, after).unwrap_or_default();
    }
}

/// The rates of a process. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct Throttle {
    all: Option<Arc<Rate>>,
    hosts: Arc<BTreeMap<String, Arc<Rate>>>,
}

impl Throttle {
    /// Bytes a second of the whole process, if limited, and of single hosts (authorities).
    #[must_use]
    pub fn new(all: Option<u64>, hosts: impl IntoIterator<Item = (String, u64)>) -> Self {
        let hosts = hosts.into_iter().map(|(name, rate)| (name, Arc::new(Rate::new(rate))));
        Self { all: all.map(|rate| Arc::new(Rate::new(rate))), hosts: Arc::new(hosts.collect()) }
    }

    /// The rates that hold for a host; `None` where none does, which costs nothing.
    pub(super) fn of(&self, authority: &str) -> Option<Rates> {
        let host = if self.hosts.is_empty() { None } else { self.hosts.get(authority).cloned() };
        (self.all.is_some() || host.is_some()).then(|| Rates { all: self.all.clone(), host })
    }
}

/// The rates of one exchange.
#[derive(Debug)]
pub(super) struct Rates {
    all: Option<Arc<Rate>>,
    host: Option<Arc<Rate>>,
}

impl Rates {
    fn each(&self) -> impl Iterator<Item = &Arc<Rate>> {
        self.all.iter().chain(&self.host)
    }

    /// So many bytes were read.
    pub(super) fn spend(&self, bytes: usize, now: Micros) {
        self.each().for_each(|rate| rate.spend(bytes, now));
    }

    /// When the next bytes may be read.
    pub(super) fn open_at(&self) -> Micros {
        self.each().map(|rate| rate.paid_at.load(Ordering::Relaxed)).max().unwrap_or(0)
    }

    /// Waits until then.
    pub(super) async fn wait(&self, clock: Clock) {
        loop {
            let at = self.open_at();
            if at <= clock.micros() {
                return;
            }
            // Rounded up: a timer knows milliseconds.
            tokio::time::sleep_until(clock.instant(at / 1000 + 1)).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_is_paid_for_before_more_is() {
        let throttle = Throttle::new(Some(1_000), []);
        let (one, other) = (throttle.of("a.test").unwrap(), throttle.of("b.test").unwrap());
        assert_eq!(one.open_at(), 0);
        one.spend(500, 10_000_000);
        assert_eq!(other.open_at(), 10_500_000, "the rate is shared");
        other.spend(1_000, 10_200_000);
        assert_eq!(one.open_at(), 11_500_000, "debts add up");
        one.spend(1, 60_000_000);
        assert_eq!(one.open_at(), 60_001_000, "what was not used is not saved up");
    }

    #[test]
    fn a_host_keeps_the_slower_of_its_own_rate_and_that_of_all() {
        let throttle = Throttle::new(Some(1_000), [("slow.test".to_owned(), 100)]);
        let slow = throttle.of("slow.test").unwrap();
        slow.spend(100, 0);
        assert_eq!(slow.open_at(), 1_000_000);
        assert_eq!(throttle.of("other.test").unwrap().open_at(), 100_000);
    }

    #[test]
    fn where_nothing_is_limited_there_is_no_rate() {
        assert!(Throttle::default().of("a.test").is_none());
        assert!(Throttle::new(None, [("b.test".to_owned(), 1)]).of("a.test").is_none());
    }
}
