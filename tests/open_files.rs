//! Connections are kept within the files that the process may have open (`ulimit -n`).
#![cfg(test)]

mod common;

use std::time::Duration;

use common::http::{Gate, Reply};
use common::run::Crawld;
use common::site::Pages;

const LONG: Duration = Duration::from_mins(1);

#[test]
fn requests_in_flight_stay_below_the_open_files_and_the_cut_is_said() {
    let gate = Gate::new();
    let held = gate.clone();
    let leaves: Vec<_> = (0..300).map(|n| format!("/{n}")).collect();
    let leaves: Vec<_> = leaves.iter().map(String::as_str).collect();
    let site =
        Pages::new().links("/", &leaves).otherwise(move |_| Reply::html("x").after(&held)).open();
    let crawld = Crawld::new().open_files(128);
    let root = site.at("/");
    let options = ["--no-robots", "--delay", "0ms", "--concurrency", "1000", "--per-host", "1000"];
    let running = crawld.spawn(&[&["crawl", &root], &options[..]].concat());
    let arrived = site.wait_for(1 + 64, LONG);
    gate.open();
    let finished = running.finish();
    assert_eq!(finished.code, Some(0), "{finished:#?}");
    assert!(arrived, "{} requests only", site.requests());
    assert_eq!(site.max_in_flight(), 64, "half of the open files");
    let told = "128 files may be open (ulimit -n): at most 64 requests in flight instead of 1000";
    assert!(finished.stderr.contains(told), "{}", finished.stderr);
    let pages = crawld.export("pages", &[]);
    assert_eq!(pages.len(), 301);
    assert!(pages.iter().all(|page| page["state"] == "done" && page["tries"] == "1"));
}

#[test]
fn thousands_of_queries_are_asked_with_1024_open_files() {
    let site = Pages::new().otherwise(|_| Reply::body("application/json", "[]")).open();
    let crawld = Crawld::new().open_files(1024);
    let template = site.at("/?q={query}");
    let fast = ["--no-robots", "--delay", "0ms", "--per-host", "64", "--max-pages", "5000"];
    crawld.expect(0, &[&["suggest", &template, "--tips", "$[*]", "--quiet"], &fast[..]].concat());
    let asked = crawld.export("pages", &[]);
    let done = asked.iter().filter(|page| page["state"] == "done" && page["tries"] == "1").count();
    assert_eq!((done, site.requests()), (5000, 5000));
}
