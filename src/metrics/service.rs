//! The daemon as its operator sees it.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use super::labels::{OfResult, OfVersion, Word};
use crate::domain::Millis;

/// What came of a reload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reloaded {
    /// All of it is in force.
    Applied,
    /// There was nothing to change.
    Unchanged,
    /// It needs a restart.
    Refused,
    /// The configuration has faults.
    Invalid,
}

impl Reloaded {
    const ALL: [Self; 4] = [Self::Applied, Self::Unchanged, Self::Refused, Self::Invalid];

    fn label(self) -> OfResult {
        let result = Word(match self {
            Self::Applied => "applied",
            Self::Unchanged => "unchanged",
            Self::Refused => "refused",
            Self::Invalid => "invalid",
        });
        OfResult { result }
    }
}

/// What is known of the daemon.
#[derive(Debug)]
pub struct Service {
    reloads: Family<OfResult, Counter>,
    reload_good: Gauge,
    reload_at: Gauge,
    fed: Counter,
    withheld: Counter,
    disk_free: Gauge,
    disk_short: Gauge,
}

impl Service {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let build = Family::<OfVersion, Gauge>::default();
        let version = OfVersion { version: Word(env!("CARGO_PKG_VERSION")) };
        build.get_or_create(&version).set(1);
        registry.register("crawld_build_info", "The version, as a label", build);
        let reloads = Family::<OfResult, Counter>::default();
        for result in Reloaded::ALL {
            drop(reloads.get_or_create(&result.label()));
        }
        registry.register("crawld_reloads", "Reloads, by what came of them", reloads.clone());
        let (reload_good, reload_at) = (Gauge::default(), Gauge::default());
        reload_good.set(1);
        registry.register(
            "crawld_last_reload_success",
            "1 if what was loaded last is in force, 0 if it was refused or has faults",
            reload_good.clone(),
        );
        registry.register(
            "crawld_last_reload_timestamp_seconds",
            "When something was loaded last, in Unix time",
            reload_at.clone(),
        );
        let (fed, withheld) = (Counter::default(), Counter::default());
        registry.register(
            "crawld_watchdog_fed",
            "Times that every actor answered, and the watchdog was told so",
            fed.clone(),
        );
        registry.register(
            "crawld_watchdog_withheld",
            "Times that an actor did not answer, and the watchdog was told nothing",
            withheld.clone(),
        );
        let (disk_free, disk_short) = (Gauge::default(), Gauge::default());
        registry.register(
            "crawld_disk_free_bytes",
            "Bytes free where the store is or an archive, whichever has least",
            disk_free.clone(),
        );
        registry.register(
            "crawld_disk_short",
            "1 while that is too little, and nothing is asked",
            disk_short.clone(),
        );
        Self { reloads, reload_good, reload_at, fed, withheld, disk_free, disk_short }
    }

    /// The configuration was loaded for the first time.
    pub fn started(&self, now: Millis) {
        self.reload_at.set(now / 1000);
    }

    /// It was loaded again.
    pub fn reloaded(&self, result: Reloaded, now: Millis) {
        self.reloads.get_or_create(&result.label()).inc();
        let good = matches!(result, Reloaded::Applied | Reloaded::Unchanged);
        self.reload_good.set(i64::from(good));
        self.reload_at.set(now / 1000);
    }

    /// So much room is there on the disk that has least; is it too little?
    pub fn disk(&self, free: u64, short: bool) {
        self.disk_free.set(i64::try_from(free).unwrap_or(i64::MAX));
        self.disk_short.set(i64::from(short));
    }

    /// The watchdog's time has come; does every actor answer?
    pub fn watched(&self, all_answer: bool) {
        let counter = if all_answer { &self.fed } else { &self.withheld };
        counter.inc();
    }
}
