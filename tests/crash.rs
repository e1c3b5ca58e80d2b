//! Killed again and again, the crawl still stores every page once and misses none.
//!
//! `CRAWLD_KILLS` sets how often one crawl is killed (default 25), `CRAWLD_SEED` the moments.
//! `CRAWLD_TEST_POSTGRES` names the server for the second database (`scripts/test` starts one).
#![cfg(test)]

mod common;

use std::collections::{BTreeMap, HashMap};
use std::env;
use std::fmt;
use std::time::Duration;

use common::generated::{Generated, mix};
use common::run::{Crawld, Record, Running, postgres_database};
use common::site::Site;
use common::warc;

const SHAPE: Generated = Generated { pages: 2000, links: 30 };
const CONCURRENCY: usize = 16;
const LONG: Duration = Duration::from_mins(1);

fn number(name: &str, default: u64) -> u64 {
    env::var(name).map_or(default, |text| text.parse().unwrap())
}

/// What a series of kills did, for people to read.
#[derive(Default)]
struct Tally {
    kills: usize,
    /// Kills before the first request of a run.
    early: usize,
    /// Pages asked again because of a kill, at most, and in all.
    worst: usize,
    again: usize,
    /// From the start of the process to the first request, microseconds.
    first: Vec<i64>,
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut first = self.first.clone();
        first.sort_unstable();
        let at = |share: usize| first.get(first.len() * share / 100).copied().unwrap_or(0) / 1000;
        write!(
            f,
            "{} kills ({} before the first request), {} pages asked again, at most {} per kill; \
             first request after {} ms (median), {} ms (99 %)",
            self.kills,
            self.early,
            self.again,
            self.worst,
            at(50),
            at(99),
        )
    }
}

/// A crawl of the generated site that is killed and started again.
struct Victim {
    crawld: Crawld,
    site: Site,
    database: String,
    /// Are its exchanges recorded?
    records: bool,
    /// Requests in the site's log when each run had ended.
    ends: Vec<usize>,
    tally: Tally,
}

impl Victim {
    fn new(database: &str, records: bool) -> Self {
        let site = SHAPE.pages().open();
        let (database, crawld) = (database.to_owned(), Crawld::new());
        Self { crawld, site, database, records, ends: Vec::new(), tally: Tally::default() }
    }

    fn start(&self) -> Running {
        let (root, concurrency) = (self.site.at("/p/0"), CONCURRENCY.to_string());
        let limits = ["--delay", "0ms", "--per-host", &concurrency, "--concurrency", &concurrency];
        let common = ["crawl", &root, "--database", &self.database, "--quiet"];
        let archive: &[&str] = if self.records { &["--warc", "archive"] } else { &[] };
        self.crawld.spawn(&[&common[..], &limits, archive].concat())
    }

    /// Runs until `requests` more requests have come and a moment has passed, then kills; a run
    /// that ends by itself before that must have ended well, and false is returned.
    fn kill_after(&mut self, requests: usize, moment: Duration) -> bool {
        let (before, started) = (self.site.requests(), self.site.micros());
        let mut running = self.start();
        let mut ended = false;
        while self.site.requests() < before + requests && !ended {
            self.site.wait_for(before + requests, Duration::from_millis(50));
            ended = running.ended_within(Duration::ZERO);
        }
        ended = ended || running.ended_within(moment);
        let finished = if ended { running.finish() } else { running.kill() };
        self.site.wait_until_alone();
        let log = self.site.log();
        self.ends.push(log.len());
        match log.get(before) {
            Some(first) => self.tally.first.push(first.at_micros - started),
            None => self.tally.early += 1,
        }
        if finished.code.is_some() {
            assert_eq!(finished.code, Some(0), "{finished:#?}");
            return false;
        }
        self.tally.kills += 1;
        true
    }

    /// Runs to the end, which must come.
    fn finish(&mut self) {
        let finished = self.start().finish();
        assert_eq!(finished.code, Some(0), "{finished:#?}");
        self.site.wait_until_alone();
        self.ends.push(self.site.requests());
    }

    /// Pages asked again, by the kill that made it necessary: the one that ended the run in which
    /// the page had been asked before.
    fn asked_again(&self) -> BTreeMap<usize, usize> {
        let mut last: HashMap<String, usize> = HashMap::new();
        let mut again = BTreeMap::new();
        for (at, request) in self.site.log().into_iter().enumerate() {
            let run = self.ends.partition_point(|&end| end <= at);
            if request.path == "/robots.txt" {
                continue;
            }
            if let Some(before) = last.insert(request.path.clone(), run) {
                assert_ne!(before, run, "{} asked twice in run {run}", request.path);
                *again.entry(before).or_insert(0) += 1;
            }
        }
        again
    }

    /// Holds the promises, and returns the tally.
    fn judge(mut self) -> Tally {
        let rows = self.crawld.export("pages", &["--database", &self.database]);
        assert_stored_once(&self.site, &rows);
        if self.records {
            warc::assert_recorded_once(&self.crawld.path().join("archive"), &rows);
        }
        assert!(self.site.max_in_flight() <= CONCURRENCY, "over all runs: per_host");
        let again = self.asked_again();
        self.tally.worst = again.values().copied().max().unwrap_or(0);
        self.tally.again = again.values().sum();
        assert!(self.tally.worst <= 2 * CONCURRENCY, "asked again, by kill: {again:?}");
        self.tally
    }
}

/// Each page of the site has exactly one row, and it is done.
fn assert_stored_once(site: &Site, rows: &[Record]) {
    let mut stored: HashMap<&str, usize> = HashMap::new();
    for row in rows {
        assert_eq!(row["state"], "done", "{row:?}");
        *stored.entry(row["url"].as_str()).or_default() += 1;
    }
    for page in 0..SHAPE.pages {
        let url = site.at(&Generated::path(page));
        assert_eq!(stored.remove(url.as_str()), Some(1), "rows of {url}");
    }
    assert!(stored.is_empty(), "rows of pages that do not exist: {stored:?}");
}

/// One crawl with `kills` kills, spread so that they come before its end.
fn survive(database: &str, records: bool, kills: u64, seed: u64) -> Tally {
    let mut victim = Victim::new(database, records);
    let step = (SHAPE.pages as u64 / (kills + 1)).max(1);
    for kill in 0..kills {
        let requests = usize::try_from(mix(seed, 2 * kill) % (2 * step)).unwrap();
        // Runs that are killed before they ask anything die somewhere in their start.
        let most = if requests == 0 || kill % 5 == 0 { 60_000 } else { 5_000 };
        let requests = if kill % 5 == 0 { 0 } else { requests };
        let moment = Duration::from_micros(mix(seed, 2 * kill + 1) % most);
        if !victim.kill_after(requests, moment) {
            break;
        }
    }
    victim.finish();
    victim.judge()
}

/// As many crawls as it takes to kill `CRAWLD_KILLS` times, at most 25 kills each.
fn survive_all(name: &str, records: bool, mut database: impl FnMut(u64) -> String) {
    let (wanted, seed) = (number("CRAWLD_KILLS", 25), number("CRAWLD_SEED", 1));
    let (mut sum, mut crawls) = (Tally::default(), 0);
    while (sum.kills as u64) < wanted {
        let left = wanted - sum.kills as u64;
        let tally = survive(&database(crawls), records, left.min(25), seed + crawls);
        assert!(tally.kills > 0, "{name}: a crawl was over before it could be killed");
        println!("{name}, crawl {crawls}: {tally}");
        sum.kills += tally.kills;
        sum.early += tally.early;
        sum.again += tally.again;
        sum.worst = sum.worst.max(tally.worst);
        sum.first.extend(tally.first);
        crawls += 1;
    }
    println!("{name}: every page stored once, none missing in {crawls} crawls: {sum}");
}

#[test]
fn no_kill_loses_or_repeats_a_page_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    survive_all("sqlite", false, |crawl| {
        format!("sqlite://{}", folder.path().join(format!("{crawl}.db")).display())
    });
}

#[test]
fn no_kill_records_a_page_twice_or_never_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    survive_all("sqlite with an archive", true, |crawl| {
        format!("sqlite://{}", folder.path().join(format!("{crawl}.db")).display())
    });
}

fn survive_on_postgresql(records: bool) {
    let name = if records { "crash_warc" } else { "crash" };
    survive_all("postgresql", records, |crawl| postgres_database(&format!("{name}_{crawl}")));
}

#[test]
fn no_kill_loses_or_repeats_a_page_on_postgresql() {
    survive_on_postgresql(false);
}

#[test]
fn no_kill_records_a_page_twice_or_never_on_postgresql() {
    survive_on_postgresql(true);
}

#[test]
fn a_stopped_crawl_carries_on_and_asks_nothing_again() {
    let folder = tempfile::tempdir().unwrap();
    let database = format!("sqlite://{}", folder.path().join("stop.db").display());
    let mut victim = Victim::new(&database, false);
    for (signal, code) in [("TERM", 143), ("INT", 130)] {
        let before = victim.site.requests();
        let running = victim.start();
        assert!(victim.site.wait_for(before + 100, LONG));
        running.signal(signal);
        let finished = running.finish();
        assert_eq!(finished.code, Some(code), "{finished:#?}");
        victim.site.wait_until_alone();
        victim.ends.push(victim.site.requests());
    }
    victim.finish();
    assert_eq!(victim.judge().again, 0, "a clean end repeats nothing");
}
