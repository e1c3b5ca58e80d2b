//! Panics in every actor: the crawl still ends complete, or says why it cannot.
//!
//! `CRAWLD_FAULTS` orders them; debug builds only.
#![cfg(test)]

mod common;

use std::time::Duration;

use common::generated::Generated;
use common::http::{Gate, Reply};
use common::run::{Crawld, Finished};
use common::site::Pages;

const SHAPE: Generated = Generated { pages: 200, links: 8 };

/// Crawls a generated site with these faults, and expects every page stored once.
fn complete_despite(faults: &str) -> Finished {
    let site = SHAPE.pages().open();
    let crawld = Crawld::new().env("CRAWLD_FAULTS", faults);
    let root = site.at(&Generated::path(0));
    let finished = crawld
        .expect(0, &["crawl", &root, "--delay", "0ms", "--per-host", "8", "--concurrency", "8"]);
    assert!(finished.stderr.contains("fault injected"), "no fault happened: {}", finished.stderr);
    let pages = crawld.export("pages", &[]);
    assert_eq!(pages.len(), SHAPE.pages);
    for page in &pages {
        assert_eq!(page["state"], "done", "{page:#?}");
    }
    finished
}

#[test]
fn a_panic_in_extraction_costs_one_try_of_one_page() {
    complete_despite("extract@5,extract@50");
}

#[test]
fn a_dead_fetcher_is_replaced() {
    let finished = complete_despite("fetcher@3,fetcher@40,fetcher@90");
    assert!(finished.stderr.contains("Fetcher"), "{}", finished.stderr);
}

#[test]
fn a_dead_store_owner_is_replaced_and_its_call_made_again() {
    for place in ["db@6,db@20", "db-before-commit@3", "db-after-commit@3"] {
        let finished = complete_despite(place);
        assert!(finished.stderr.contains("Db panicked"), "{}", finished.stderr);
    }
}

#[test]
fn a_dead_generator_is_replaced() {
    complete_despite("generator@1");
}

#[test]
fn a_dead_scheduler_is_replaced_with_a_fresh_window() {
    complete_despite("scheduler@5,scheduler@60");
}

#[test]
fn a_dead_scheduler_is_replaced_by_one_and_no_request_is_doubled_for_ever() {
    let leaves: Vec<String> = (0..30).map(|n| format!("/{n}")).collect();
    let leaves: Vec<&str> = leaves.iter().map(String::as_str).collect();
    for at in [1, 2, 5, 20] {
        let site = Pages::new().links("/", &leaves).otherwise(|_| Reply::html("leaf")).open();
        let crawld = Crawld::new().env("CRAWLD_FAULTS", &format!("scheduler@{at}"));
        let finished =
            crawld.expect(0, &["crawl", &site.at("/"), "--delay", "20ms", "--no-robots"]);
        assert!(finished.stderr.contains("Scheduler panicked"), "{}", finished.stderr);
        assert!(!finished.stderr.contains("taken for dead"), "{}", finished.stderr);
        assert!(!finished.stderr.contains("Fetcher("), "{}", finished.stderr);
        assert!(site.requests() <= 32, "{} requests for 31 pages", site.requests());
        assert_eq!(crawld.export("pages", &[]).len(), 31);
    }
}

#[test]
fn a_signal_and_a_dead_scheduler_end_the_run_all_the_same() {
    let gate = Gate::new();
    let held = gate.clone();
    let site = Pages::new()
        .links("/", &["/a", "/b"])
        .otherwise(move |_| Reply::html("leaf").after(&held))
        .open();
    let crawld = Crawld::new().env("CRAWLD_FAULTS", "scheduler@2");
    let root = site.at("/");
    let running = crawld.spawn(&["crawl", &root, "--delay", "0ms", "--no-robots"]);
    assert!(site.wait_for(2, Duration::from_mins(1)));
    running.signal("TERM");
    gate.open();
    assert_eq!(running.finish().code, Some(143));
}

#[test]
fn a_signal_while_the_scheduler_is_being_replaced_ends_the_run() {
    let site = SHAPE.pages().open();
    let crawld = Crawld::new().env("CRAWLD_FAULTS", "scheduler@4+");
    let root = site.at(&Generated::path(0));
    let running = crawld.spawn(&["crawl", &root, "--delay", "5ms", "--no-robots"]);
    // A scheduler that dies at every answer is soon dead most of the time.
    assert!(site.wait_for(8, Duration::from_mins(1)));
    running.signal("TERM");
    let code = running.finish().code;
    assert!(matches!(code, Some(143 | 1)), "{code:?}");
}

#[test]
fn too_many_deaths_end_the_process_with_the_reason_and_the_crawl_resumes() {
    let site = SHAPE.pages().open();
    let root = site.at(&Generated::path(0));
    let arguments = ["crawl", &root, "--delay", "0ms", "--per-host", "8"];
    let sick = Crawld::new().env("CRAWLD_FAULTS", "db@8+");
    let finished = sick.expect(1, &arguments);
    assert!(finished.stderr.contains("Db panicked more than"), "{}", finished.stderr);
    let well = sick.env("CRAWLD_FAULTS", "");
    well.expect(0, &arguments);
    assert_eq!(well.export("pages", &[]).len(), SHAPE.pages);
}

#[test]
fn a_page_that_kills_its_worker_each_time_is_parked_with_its_evidence() {
    for place in ["extract=/poison", "fetcher=/poison"] {
        let site = Pages::new()
            .links("/", &["/poison", "/a", "/b"])
            .otherwise(|_| Reply::html("leaf"))
            .open();
        let crawld = Crawld::new().env("CRAWLD_FAULTS", place);
        crawld.expect(0, &["crawl", &site.at("/"), "--delay", "0ms", "--max-tries", "3"]);
        let pages = crawld.export("pages", &[]);
        let poison = pages.iter().find(|page| page["url"].ends_with("/poison")).expect("a row");
        assert_eq!(
            (poison["state"].as_str(), poison["reason"].as_str(), poison["tries"].as_str()),
            ("failed", "poison", "3")
        );
        assert_eq!(pages.iter().filter(|page| page["state"] == "done").count(), 3);
        let explained = crawld.expect(0, &["explain", &site.at("/poison")]);
        assert!(explained.stdout.contains("fault injected") || explained.stdout.contains("died"));
    }
}
