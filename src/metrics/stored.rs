//! What the store holds, counted now and then.

use std::collections::HashMap;

use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use super::labels::{OfJob, OfState, Word};
use crate::clock::Clock;
use crate::domain::Millis;
use crate::store::Store;

/// A count is good for so long, and fifty times as long as it took.
const FRESH: Millis = 5_000;
const SHARE: Millis = 50;

/// Gauges of the store, and when they must be counted again.
#[derive(Debug)]
pub(super) struct Stored {
    queued: Family<OfJob, Gauge>,
    jobs: Family<OfState, Gauge>,
    bytes: Gauge,
    counts: HashMap<String, i64>,
    stale_at: Millis,
}

impl Stored {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let queued = Family::<OfJob, Gauge>::default();
        let jobs = Family::<OfState, Gauge>::default();
        let bytes = Gauge::default();
        registry.register(
            "crawld_queued",
            "URLs that wait to be asked, of each job of the configuration",
            queued.clone(),
        );
        registry.register("crawld_jobs", "Jobs of the configuration, by state", jobs.clone());
        registry.register("crawld_store_bytes", "Size of the store", bytes.clone());
        Self { queued, jobs, bytes, counts: HashMap::new(), stale_at: 0 }
    }

    /// Sets them for these jobs and their states.
    pub(super) fn refresh(
        &mut self,
        store: &Store,
        jobs: &[(String, &'static str)],
        clock: &Clock,
    ) {
        let begun = clock.now();
        if begun >= self.stale_at {
            self.count(store);
            let ended = clock.now();
            self.stale_at = ended + FRESH.max(SHARE * (ended - begun));
        }
        self.queued.clear();
        self.jobs.clear();
        for (name, state) in jobs {
            let queued = self.counts.get(name).copied().unwrap_or(0);
            self.queued.get_or_create(&OfJob { job: name.clone() }).set(queued);
            self.jobs.get_or_create(&OfState { state: Word(state) }).inc();
        }
    }

    /// A store that is away is told of elsewhere; what was counted last stays.
    fn count(&mut self, store: &Store) {
        match store.queue_sizes().and_then(|sizes| Ok((sizes, store.size()?))) {
            Ok((sizes, bytes)) => {
                self.counts = sizes.into_iter().collect();
                self.bytes.set(bytes);
            }
            Err(error) => log::debug!("the store's size is not known: {error}"),
        }
    }
}
