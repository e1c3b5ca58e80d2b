//! One site with every misbehaviour we know, crawled once by the real program. docs/hostile.md
//! lists them, and this test holds it equal.
#![cfg(test)]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail loudly")]
#![allow(clippy::print_stdout, clippy::format_collect, reason = "a test's pages are small")]

mod answers;
mod bodies;
mod case;
mod coding;
#[path = "../common/mod.rs"]
mod common;
mod framing;
#[path = "../common/raw_server.rs"]
mod raw_server;
mod redirects;
mod site;

use std::collections::HashMap;
use std::fmt::Write as _;
use std::fs;
use std::sync::Arc;
use std::time::Duration;

use case::{Case, End};
use common::run::{Crawld, Finished, Record};
use raw_server::RawServer;

/// Most memory of the whole crawl, in KiB: what docs/hostile.md says.
const MEMORY: u64 = 150 * 1024;

const SETTINGS: &str = "
[http]
head_timeout = \"2s\"
idle_timeout = \"2s\"
total_timeout = \"6s\"
[politeness]
delay = \"10ms\"
per_host = 4
max_tries = 1
latency_factor = 0
";

/// What the documentation says before its table.
const PREFACE: &str = "\
# The hostile site

`tests/hostile` serves one site with every misbehaviour below, each on a path of its own, and crawls
it once with the real program: one try a URL, four requests at a time, 10 ms between two, 2 s for a
head and for silence, 6 s for a whole request, no rest for slow answers (`latency_factor = 0`), redirects in chains of 4. The crawl ends by itself, with exit code 0,
**within 2 minutes and 150 MiB of memory at its peak**; every healthy page is stored once, with its
own title; everything else is stored with the reason below; and the server has seen each URL as
often as its tries allow. Between the breaking paths lie healthy ones: a site that only ever breaks
off is slowed to a request in 5 minutes (back-off), and its crawl takes as long as that.

The test writes this table (`CRAWLD_WRITE_DOCS=1 cargo test --test hostile`) and fails when it has
changed.

| path | what the server does | stored as |
|---|---|---|
";

#[test]
fn a_hostile_site_is_crawled_to_its_end_and_all_of_it_is_recorded() {
    let cases = Arc::new(site::cases());
    let server = site::open(Arc::clone(&cases));
    let crawld = Crawld::new();
    let (finished, memory) = crawl(&crawld, &server, site::steps(&cases) + 12);
    assert_eq!(finished.code, Some(0), "{finished:#?}");
    let report: serde_json::Value = serde_json::from_str(&finished.stdout).unwrap();
    assert_eq!(report["urls"]["queued"], 0, "{report:#}");
    let pages = crawld.export("pages", &[]);
    let wrong = [wrong_rows(&cases, &server, &pages), wrong_counts(&cases, &server)].concat();
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!((1..MEMORY).contains(&memory), "{memory} KiB");
    assert!(!finished.stderr.contains('\u{1b}') && !finished.stderr.contains("panic"));
}

#[test]
fn the_documentation_lists_every_misbehaviour() {
    let cases = site::cases();
    assert!(site::steps(&cases) >= 60);
    let text = documentation(&cases);
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/hostile.md");
    if std::env::var_os("CRAWLD_WRITE_DOCS").is_some() {
        fs::write(path, &text).unwrap();
    }
    assert!(fs::read_to_string(path).unwrap() == text, "CRAWLD_WRITE_DOCS=1 writes {path} anew");
}

/// Crawls, and says how much memory that took at most, in KiB.
fn crawl(crawld: &Crawld, server: &RawServer, depth: usize) -> (Finished, u64) {
    fs::write(crawld.path().join("hostile.toml"), SETTINGS).unwrap();
    let (root, depth) = (server.url("/"), depth.to_string());
    let arguments = ["crawl", &root, "--config", "hostile.toml", "--max-redirects", "4"];
    let more = ["--max-depth", &depth, "--json", "-vv"];
    let mut running = crawld.spawn(&[&arguments[..], &more].concat());
    let mut memory = 0;
    for _ in 0..1200 {
        memory = memory.max(running.peak_memory().unwrap_or(0));
        if running.ended_within(Duration::from_millis(100)) {
            break;
        }
    }
    (running.finish(), memory)
}

/// A trap that never ends, by a path of it.
fn endless(path: &str) -> Option<&'static str> {
    site::ENDLESS.iter().map(|(trap, _)| *trap).find(|trap| path.starts_with(trap))
}

/// What is stored otherwise than expected, or twice, or not at all.
fn wrong_rows(cases: &[Case], server: &RawServer, pages: &[Record]) -> Vec<String> {
    let mut expected = site::expected(cases);
    let titles: HashMap<_, _> =
        cases.iter().filter_map(|case| Some((case.path.as_str(), case.title?))).collect();
    let mut wrong = Vec::new();
    let mut ended = HashMap::<&str, usize>::new();
    for row in pages {
        let path = row["url"].strip_prefix(&server.url("")).unwrap_or(&row["url"]);
        let stored = (row["state"].as_str(), row["reason"].as_str());
        if let Some(trap) = endless(path) {
            match stored {
                ("done", "") => {}
                ("excluded", "depth" | "trap_length" | "trap_repeat" | "trap_depth") => {
                    *ended.entry(trap).or_default() += 1;
                }
                _ => wrong.push(format!("{path:.80}: {stored:?}")),
            }
            continue;
        }
        match expected.remove(path) {
            Some(end) if end.cells() == stored => {}
            end => wrong.push(format!("{path:.80}: {stored:?}, not {end:?}")),
        }
        let step = path.strip_prefix("/step/").map(|number| format!("step {number}"));
        let title = step.as_deref().or_else(|| titles.get(path).copied());
        if let Some(title) = title.filter(|title| *title != row["title"]) {
            wrong.push(format!("{path:.80}: title '{:.80}', not '{title}'", row["title"]));
        }
    }
    wrong.extend(expected.keys().map(|path| format!("{path:.80}: not stored")));
    for (trap, _) in site::ENDLESS {
        if ended.get(trap) != Some(&1) {
            wrong.push(format!("{trap}: {:?} ends", ended.get(trap)));
        }
    }
    wrong
}

/// What was asked more often or less often than its tries allow.
fn wrong_counts(cases: &[Case], server: &RawServer) -> Vec<String> {
    let mut counts = HashMap::<String, usize>::new();
    for asked in server.asked() {
        *counts.entry(asked.path().to_owned()).or_default() += 1;
    }
    let robots = counts.iter().filter(|(path, _)| path.starts_with("/robots")).count();
    assert_eq!(robots, 4, "robots.txt and its redirects are asked");
    let expected = site::expected(cases);
    let mut wrong = Vec::new();
    for (path, end) in &expected {
        let count = counts.get(path).copied().unwrap_or(0);
        let (least, at_most) = end.asked();
        if count < least || count > at_most {
            wrong.push(format!("{path:.80}: asked {count} times, not {least} to {at_most}"));
        }
    }
    for (path, count) in &counts {
        let known = expected.contains_key(path) || path.starts_with("/robots");
        if !known && (endless(path).is_none() || *count > 1) {
            wrong.push(format!("{path:.80}: asked {count} times"));
        }
    }
    wrong
}

/// The text of docs/hostile.md.
fn documentation(cases: &[Case]) -> String {
    let mut text = PREFACE.to_owned();
    let mut listed: Vec<&Case> = cases.iter().filter(|case| !case.what.is_empty()).collect();
    listed.sort_by(|a, b| a.path.cmp(&b.path));
    for case in listed {
        let (state, reason) = case.end.cells();
        let path = match case.path.char_indices().nth(40) {
            Some((end, _)) => format!("{}...", &case.path[..end]),
            None => case.path.clone(),
        };
        let stored = if matches!(case.end, End::Failed(_) | End::Excluded(_)) {
            format!("{state}: {reason}")
        } else {
            state.to_owned()
        };
        writeln!(text, "| `{path}` | {} | {stored} |", case.what).unwrap();
    }
    for (path, what) in site::ENDLESS {
        writeln!(text, "| `{path}` | {what} | done, until excluded by depth or as a trap |")
            .unwrap();
    }
    text
}
