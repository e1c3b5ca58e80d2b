//! Connections are kept within the files that the process may have open (`ulimit -n`).
#![cfg(test)]

mod common;

use std::collections::BTreeSet;
use std::process::Command;
use std::time::Duration;

use common::http::{Gate, Reply};
use common::run::{Crawld, Running};
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
    let crawld = Crawld::new().open_files(128).env("CRAWLD__DAEMON__THREADS", "2");
    let root = site.at("/");
    let options = ["--no-robots", "--delay", "0ms", "--concurrency", "1000", "--per-host", "1000"];
    let running = crawld.spawn(&[&["crawl", &root], &options[..]].concat());
    let arrived = site.wait_for(1 + 36, LONG);
    gate.open();
    let finished = running.finish();
    assert_eq!(finished.code, Some(0), "{finished:#?}");
    assert!(arrived, "{} requests only", site.requests());
    assert_eq!(site.max_in_flight(), 36, "half of what is left but for 56 files of its own");
    let told = "128 files may be open (ulimit -n): at most 36 requests in flight instead of 1000";
    assert!(finished.stderr.contains(told), "{}", finished.stderr);
    let pages = crawld.export("pages", &[]);
    assert_eq!(pages.len(), 301);
    assert!(pages.iter().all(|page| page["state"] == "done" && page["tries"] == "1"));
}

#[test]
fn as_many_files_are_opened_as_the_system_allows_not_as_are_usual() {
    let gate = Gate::new();
    let held = gate.clone();
    let leaves: Vec<_> = (0..100).map(|n| format!("/{n}")).collect();
    let leaves: Vec<_> = leaves.iter().map(String::as_str).collect();
    let site =
        Pages::new().links("/", &leaves).otherwise(move |_| Reply::html("x").after(&held)).open();
    let crawld = Crawld::new().open_files_at_first(64);
    let root = site.at("/");
    let options = ["--no-robots", "--delay", "0ms", "--concurrency", "100", "--per-host", "100"];
    let running = crawld.spawn(&[&["crawl", &root], &options[..]].concat());
    let arrived = site.wait_for(1 + 100, LONG);
    gate.open();
    let finished = running.finish();
    assert!(arrived, "{} requests only", site.requests());
    assert_eq!(finished.code, Some(0), "{finished:#?}");
    assert!(!finished.stderr.contains("ulimit"), "{}", finished.stderr);
}

#[test]
fn with_too_few_files_to_work_at_all_nothing_begins() {
    let crawld = Crawld::new().open_files(60);
    crawld.write("crawld.toml", "[daemon]\nthreads = 2\n");
    let refused = crawld.expect(78, &["run", "--config", "crawld.toml"]);
    let told = "60 files may be open (ulimit -Hn) and 64 are needed with 2 threads";
    assert!(refused.stderr.contains(told), "{}", refused.stderr);
    assert!(!crawld.path().join("crawld.db").exists());
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

/// The lowest number that no open file of the process has.
fn lowest_free(process: &Running) -> usize {
    let folder = format!("/proc/{}/fd", process.id());
    let files = std::fs::read_dir(folder).unwrap();
    let open: BTreeSet<usize> =
        files.map(|file| file.unwrap().file_name().to_str().unwrap().parse().unwrap()).collect();
    (0..=open.len()).find(|number| !open.contains(number)).unwrap()
}

/// From now on the process may open files of lower numbers only.
fn limit(process: &Running, most: usize) {
    let (pid, most) = (process.id().to_string(), format!("--nofile={most}:"));
    assert!(Command::new("prlimit").args(["--pid", &pid, &most]).status().unwrap().success());
}

#[test]
fn a_host_is_not_blamed_when_no_file_is_left_for_a_connection_to_it() {
    let there = Pages::new().page("/x", "there").open_at("127.0.0.2:0");
    let gate = Gate::new();
    let beyond = there.at("/x");
    let links: Vec<_> = (0..200).map(|n| format!("/{n}")).chain([beyond.clone()]).collect();
    let links: Vec<_> = links.iter().map(String::as_str).collect();
    let here = Pages::new().reply("/", Reply::links(&links).after(&gate));
    let here = here.otherwise(|_| Reply::html("leaf")).open();
    let crawld = Crawld::new();
    let root = here.at("/");
    let options = ["--no-robots", "--delay", "0ms", "--scope", "any", "--allow-private"];
    // One failure of a host that never answered would be the end of it.
    let options = [&options[..], &["--max-tries", "1", "--concurrency", "4"]].concat();
    let running = crawld.spawn(&[&["crawl", &root], &options[..]].concat());
    assert!(here.wait_for(1, LONG));
    limit(&running, lowest_free(&running));
    gate.open();
    // All by the one connection that there is.
    assert!(here.wait_for(1 + 200, LONG), "{} requests", here.requests());
    assert_eq!(there.requests(), 0, "there was no file for a connection");
    limit(&running, 1024);
    let finished = running.finish();
    assert_eq!(finished.code, Some(0), "{finished:#?}");
    assert_eq!(finished.stderr.matches("(ulimit -n)").count(), 1, "{}", finished.stderr);
    let pages = crawld.export("pages", &[]);
    assert_eq!(pages.len(), 202);
    assert!(pages.iter().all(|page| page["state"] == "done" && page["tries"] == "1"), "{pages:#?}");
    assert_eq!((here.log().last().unwrap().connection, there.requests()), (0, 1));
}
