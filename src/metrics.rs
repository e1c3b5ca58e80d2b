//! What a daemon counts and measures, for Prometheus.
//!
//! Counters and histograms are told what happens by whom it happens to; gauges are set when
//! somebody asks. Labels come from closed lists and from the names of jobs, never from a server.
//! `docs/metrics.md` describes every name.

mod fetches;
mod labels;
mod process;
mod run;
mod service;
mod stored;

use std::sync::{Mutex, PoisonError};

use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;

use crate::clock::Clock;
use crate::domain::Millis;
use crate::store::Store;
use fetches::Fetches;
pub use fetches::What;
use process::Process;
use run::Run;
pub use run::{Actor, Load};
pub use service::Reloaded;
use service::Service;
use stored::Stored;

/// The media type of [`Metrics::text`].
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// All of them.
#[derive(Debug)]
pub struct Metrics {
    /// Requests and their answers.
    pub fetches: Fetches,
    /// The crawl as its actors see it.
    pub run: Run,
    /// The daemon as its operator sees it.
    pub service: Service,
    stored: Mutex<Stored>,
    process: Process,
    registry: Registry,
}

impl Metrics {
    /// All at zero, of a process that started at `now`.
    #[must_use]
    pub fn new(now: Millis) -> Self {
        let mut registry = Registry::default();
        Self {
            fetches: Fetches::register(&mut registry),
            run: Run::register(&mut registry),
            service: Service::register(&mut registry),
            stored: Mutex::new(Stored::register(&mut registry)),
            process: Process::register(&mut registry, now),
            registry,
        }
    }

    /// Everything in the text format of `OpenMetrics`, which Prometheus reads. `jobs` are those of
    /// the configuration with the names of their states; others of the store are left out. What the
    /// store holds is counted anew when the last count is some seconds old; that may take long, so
    /// `store` is one that was opened to read: the owner of a SQLite file has one connection. It
    /// blocks.
    pub fn text(&self, store: &Store, jobs: &[(String, &'static str)], clock: &Clock) -> String {
        // One at a time: gauges are taken away and set again.
        let mut stored = self.stored.lock().unwrap_or_else(PoisonError::into_inner);
        stored.refresh(store, jobs, clock);
        self.process.refresh();
        let mut text = String::new();
        if let Err(error) = encode(&mut text, &self.registry) {
            log::error!("metrics cannot be written: {error}");
        }
        text
    }
}
