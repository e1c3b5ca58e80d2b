//! The report of a real crawl adds up, to itself and to what is exported.
#![cfg(test)]

mod common;

use std::collections::BTreeMap;

use common::http::{Gate, Reply};
use common::run::{Crawld, Record};
use common::site::Pages;
use serde_json::Value;

/// A page of every sort: HTML, text, redirect, error, error after tries, excluded.
fn crawled() -> (Value, Vec<Record>) {
    let gate = Gate::new();
    let opener = gate.clone();
    let robots = Reply::body("text/plain", "User-agent: *\nDisallow: /shut");
    let site = Pages::new()
        .reply("/robots.txt", robots)
        .links("/", &["/a", "/text", "/old", "/gone", "/dead", "/shut/x", "http://other.example/"])
        .reply("/a", Reply::links(&["/", "/b", "/c"]).after(&gate))
        .reply("/text", Reply::body("text/plain", "words").after(&gate))
        .route("/old", move |_| {
            opener.open();
            Reply::redirect(301, "/a")
        })
        .reply("/dead", Reply::close())
        .page("/b", "<title>b</title>")
        .open();
    let crawld = Crawld::new();
    let root = site.at("/");
    let options = ["--delay", "0ms", "--per-host", "3", "--max-tries", "2", "--json"];
    let finished = crawld.expect(0, &[&["crawl", &root], &options[..]].concat());
    (serde_json::from_str(&finished.stdout).unwrap(), crawld.export("pages", &[]))
}

/// How often each value of a column occurs, empty cells left out.
fn tally(rows: &[Record], column: &str) -> BTreeMap<String, i64> {
    let mut counts = BTreeMap::new();
    for row in rows.iter().filter(|row| !row[column].is_empty()) {
        *counts.entry(row[column].clone()).or_insert(0) += 1;
    }
    counts
}

/// The sum of a column.
fn sum(rows: &[Record], column: &str) -> i64 {
    rows.iter().filter_map(|row| row[column].parse::<i64>().ok()).sum()
}

fn counts(value: &Value) -> BTreeMap<String, i64> {
    serde_json::from_value(value.clone()).unwrap()
}

#[test]
fn the_figures_of_a_report_are_the_sums_of_what_is_exported() {
    let (report, rows) = crawled();
    let urls = |name: &str| report["urls"][name].as_i64().unwrap();
    let finished: i64 = ["done", "redirected", "failed", "excluded"].map(urls).iter().sum();
    assert_eq!(urls("finished"), finished);
    assert_eq!(urls("known"), urls("finished") + urls("queued"));
    assert_eq!(urls("known"), i64::try_from(rows.len()).unwrap());
    for (state, count) in tally(&rows, "state") {
        assert_eq!(urls(&state), count, "{state}");
    }
    assert_eq!(counts(&report["statuses"]), tally(&rows, "status"));
    let (failed, excluded): (Vec<Record>, Vec<Record>) = rows
        .iter()
        .filter(|row| !row["reason"].is_empty())
        .cloned()
        .partition(|row| row["state"] == "failed");
    assert_eq!(counts(&report["failures"]), tally(&failed, "reason"));
    assert_eq!(counts(&report["exclusions"]), tally(&excluded, "reason"));
    assert_eq!(report["bytes"].as_i64().unwrap(), sum(&rows, "bytes"));
    assert_eq!(report["links"].as_i64().unwrap(), sum(&rows, "links"));
    assert_eq!(report["asked"].as_i64().unwrap(), urls("finished") - urls("excluded"));
    // Two gated answers and the one that opens the gate.
    assert_eq!(report["peak_concurrency"], 3);
}

#[test]
fn the_report_tells_wall_time_waiting_and_the_time_of_each_phase() {
    let site = Pages::new().links("/", &["/a", "/b"]).otherwise(|_| Reply::html("x")).open();
    let root = site.at("/");
    let crawld = Crawld::new();
    let finished = crawld.expect(0, &["crawl", &root, "--no-robots", "--delay", "400ms", "--json"]);
    let report: Value = serde_json::from_str(&finished.stdout).unwrap();
    let ms = |name: &str| report[name].as_i64().unwrap();
    // Two rests of 400 ms between three requests.
    assert!(ms("running_ms") >= 800 && ms("waiting_ms") >= 700, "{report}");
    assert!(ms("waiting_ms") <= ms("running_ms"), "{report}");
    for phase in ["connect", "head", "body", "extract"] {
        assert!(report["phases_us"][phase].as_i64().unwrap() > 0, "{phase}: {report}");
    }
}
