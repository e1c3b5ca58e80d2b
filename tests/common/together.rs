//! Jobs run by the actors in the test's own process.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crawld::actors::messages::Observation;
use crawld::actors::supervisor::{End, Settings};
use crawld::app::{self, Progress};
use crawld::clock::Clock;
use crawld::disk::Rule;
use crawld::domain::JobId;
use crawld::http::client::ClientOptions;
use crawld::metrics::Metrics;
use crawld::order::{self, Order};
use crawld::store::{Access, Store, node};

/// Nobody looks on.
pub(crate) struct Silent;

impl Progress for Silent {
    fn show(&mut self, _: &Observation) {}

    fn period(&self) -> Duration {
        Duration::from_secs(1)
    }
}

/// A store in this folder.
pub(crate) fn store(folder: &Path) -> Arc<Store> {
    let path = folder.join("jobs.db");
    Arc::new(Store::open(path.to_str().unwrap(), Access::Owner).unwrap())
}

/// Runs the jobs in one scheduler to their end; gives their numbers.
pub(crate) fn together(
    store: &Arc<Store>,
    orders: &[Order],
    metrics: Option<Arc<Metrics>>,
    progress: impl Progress,
) -> Vec<JobId> {
    let (end, ids) = run(store, orders, Settings { metrics, ..settings() }, progress);
    assert_eq!(end, End::Complete);
    ids
}

/// Runs the jobs in one scheduler until it ends; gives how, and their numbers.
pub(crate) fn run(
    store: &Arc<Store>,
    orders: &[Order],
    settings: Settings,
    progress: impl Progress,
) -> (End, Vec<JobId>) {
    let clock = Clock::start();
    let jobs: Vec<_> =
        orders.iter().map(|wanted| order::prepare(store, wanted, clock).unwrap().start).collect();
    let ids: Vec<_> = jobs.iter().map(|start| start.job.id).collect();
    let end = app::run(settings, clock, Arc::clone(store), jobs, progress).unwrap();
    (end, ids)
}

/// A small run on one thread.
pub(crate) fn settings() -> Settings {
    Settings {
        per_address: 0,
        concurrency: 8,
        threads: 1,
        grace: Duration::from_secs(1),
        known_cache: 1 << 20,
        client: ClientOptions::default(),
        metrics: None,
        disk: Rule::default(),
        node_name: node::own_name(),
        stays: false,
    }
}
