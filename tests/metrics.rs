//! What is counted and measured: told right, in a format that Prometheus reads, and documented.
#![cfg(test)]

mod common;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use common::exposition::Exposition;
use common::http::{Gate, Reply};
use common::site::Pages;
use common::together::{self, Silent};
use crawld::actors::messages::Observation;
use crawld::app::Progress;
use crawld::clock::Clock;
use crawld::domain::job::JobSpec;
use crawld::metrics::{Metrics, Reloaded};
use crawld::order::Order;
use crawld::store::{Origin, Store};

fn order(root: &str, max_tries: i32) -> Order {
    let spec = JobSpec {
        roots: vec![root.to_owned()],
        delay_ms: 0,
        max_tries,
        per_host: 2,
        sitemaps: false,
        ..JobSpec::default()
    };
    Order { name: "docs".to_owned(), spec, again: false, origin: Origin::File }
}

fn jobs() -> Vec<(String, &'static str)> {
    vec![("docs".to_owned(), "running"), ("idle".to_owned(), "done")]
}

/// Takes an exposition while a request is under way, and then lets it go.
struct Taker {
    metrics: Arc<Metrics>,
    store: Arc<Store>,
    gate: Gate,
    taken: Arc<Mutex<Option<String>>>,
}

impl Progress for Taker {
    fn show(&mut self, seen: &Observation) {
        let alone = || self.store.queue_sizes().unwrap() == [("docs".to_owned(), 1)];
        if seen.in_flight == 1 && seen.settled == 5 && alone() {
            let text = self.metrics.text(&self.store, &jobs(), &Clock::start());
            *self.taken.lock().unwrap() = Some(text);
            self.gate.open();
        }
    }

    fn period(&self) -> Duration {
        Duration::from_millis(5)
    }
}

#[test]
fn what_happened_is_what_is_counted() {
    let gate = Gate::new();
    let held = gate.clone();
    let site = Pages::new()
        .links("/", &["/leaf", "/gone", "/old", "/broken"])
        .redirect("/old", 301, "/last")
        .reply("/gone", Reply::status(404))
        .reply("/broken", Reply::status(500))
        .reply("/robots.txt", Reply::status(404))
        .route("/last", move |_| Reply::html("last").after(&held))
        .page("/leaf", "leaf")
        .open();
    let folder = tempfile::tempdir().unwrap();
    let store = together::store(folder.path());
    let metrics = Arc::new(Metrics::new(0));
    let text = Arc::new(Mutex::new(None));
    let taker = Taker {
        metrics: Arc::clone(&metrics),
        store: Arc::clone(&store),
        gate,
        taken: Arc::clone(&text),
    };
    together::together(&store, &[order(&site.at("/"), 2)], Some(Arc::clone(&metrics)), taker);

    let during = Exposition::parse(&text.lock().unwrap().take().expect("nobody looked"));
    assert_eq!(during.get("crawld_in_flight"), 1);
    assert_eq!(during.get("crawld_hosts_held"), 1);
    assert_eq!(during.get("crawld_queued{job=\"docs\"}"), 1);
    assert_eq!(during.get("crawld_queued{job=\"idle\"}"), 0);
    assert!(during.get("crawld_store_bytes") > 10_000);

    check_totals(&Exposition::parse(&metrics.text(&store, &jobs(), &Clock::start())));
}

fn check_totals(after: &Exposition) {
    for (outcome, count) in [("2xx", 3), ("3xx", 1), ("4xx", 1), ("5xx", 2)] {
        let name = format!("crawld_fetches_total{{what=\"page\",outcome=\"{outcome}\"}}");
        assert_eq!(after.get(&name), count, "{name}");
    }
    assert_eq!(after.get("crawld_fetches_total{what=\"robots\",outcome=\"4xx\"}"), 1);
    for (state, count) in [("done", 3), ("failed", 2), ("redirected", 1), ("excluded", 0)] {
        assert_eq!(after.get(&format!("crawld_settled_total{{state=\"{state}\"}}")), count);
    }
    assert_eq!(after.get("crawld_found_total"), 5, "all but the root");
    let whole = "crawld_fetch_duration_seconds_count{phase=\"whole\"}";
    assert_eq!(after.get(whole), 7);
    assert_eq!(
        after.get("crawld_commits_total"),
        after.get("crawld_commit_duration_seconds_count")
    );
    assert!(after.get("crawld_body_bytes_total") > 8);
    assert_eq!(after.get("crawld_jobs{state=\"running\"}"), 1);
    assert!(after.get("process_resident_memory_bytes") > 1_000_000);
    assert!(after.samples["process_cpu_seconds_total"] != "0.0");
}

#[test]
fn a_server_cannot_make_labels_however_many_statuses_and_hosts_it_invents() {
    let statuses: Vec<u16> = (0..40).map(|n| 404 + n * 14).collect();
    let leaves: Vec<String> = statuses.iter().map(|status| format!("/{status}")).collect();
    let leaves: Vec<&str> = leaves.iter().map(String::as_str).collect();
    let site = Pages::new()
        .links("/", &leaves)
        .otherwise(|request| {
            Reply::status(request.path.trim_start_matches('/').parse().unwrap_or(404))
        })
        .open();
    let folder = tempfile::tempdir().unwrap();
    let store = together::store(folder.path());
    let metrics = Arc::new(Metrics::new(0));
    let orders = [order(&site.at("/"), 1)];
    together::together(&store, &orders, Some(Arc::clone(&metrics)), Silent);
    let seen = Exposition::parse(&metrics.text(&store, &jobs(), &Clock::start()));
    let fetches = seen.samples.keys().filter(|name| name.starts_with("crawld_fetches_total"));
    assert!(fetches.count() <= 3 * 10, "{:#?}", seen.samples.keys());
    assert!(seen.samples.keys().all(|name| !name.contains("127.0.1")));
}

#[test]
fn every_metric_is_documented_and_every_documented_one_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let store = together::store(folder.path());
    let text = Metrics::new(0).text(&store, &jobs(), &Clock::start());
    let documented: BTreeSet<String> = include_str!("../docs/metrics.md")
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split('`').next().map(str::to_owned))
        .collect();
    assert_eq!(Exposition::parse(&text).names(), documented);
}

#[test]
fn the_result_of_a_reload_stays_until_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let store = together::store(folder.path());
    let metrics = Metrics::new(0);
    let seen = || Exposition::parse(&metrics.text(&store, &[], &Clock::start()));
    metrics.service.started(5_000);
    assert_eq!(seen().get("crawld_last_reload_success"), 1);
    metrics.service.reloaded(Reloaded::Refused, 9_000);
    assert_eq!(seen().get("crawld_last_reload_success"), 0);
    assert_eq!(seen().get("crawld_last_reload_timestamp_seconds"), 9);
    assert_eq!(seen().get("crawld_reloads_total{result=\"refused\"}"), 1);
    metrics.service.reloaded(Reloaded::Unchanged, 10_000);
    assert_eq!(seen().get("crawld_last_reload_success"), 1);
}
