//! Runs that are broken off, run again, or given more.

use std::collections::HashMap;
use std::io::Write;
use std::time::Duration;

use crate::common::http::Reply;
use crate::common::run::{Crawld, postgres_database};
use crate::common::site::{Pages, Site};
use crate::ground::{FAST, again, fetch, states};

const LONG: Duration = Duration::from_mins(1);

fn leaves() -> Site {
    Pages::new().otherwise(|_| Reply::links(&["/never"])).open()
}

fn list(site: &Site, numbers: std::ops::Range<usize>) -> String {
    numbers.map(|n| site.at(&format!("/{n}")) + "\n").collect()
}

#[test]
fn the_same_list_again_asks_nothing_and_new_lines_reopen_it() {
    let (site, crawld) = (leaves(), Crawld::new());
    fetch(&crawld, 0, list(&site, 0..10), &[]);
    assert_eq!(site.paths().len(), 10);
    let said = again(&crawld, 0, &[]);
    assert_eq!(site.paths().len(), 10, "nothing is asked twice");
    assert!(said.stderr.contains("complete so far"), "{}", said.stderr);
    // In the middle and at the end, one line gone.
    let grown = format!("{}{}{}", list(&site, 1..5), list(&site, 20..22), list(&site, 5..12));
    fetch(&crawld, 0, grown, &[]);
    assert_eq!(site.paths().len(), 14);
    fetch(&crawld, 0, list(&site, 0..1), &["--again"]);
    assert_eq!(site.paths().len(), 15, "a new pass asks what the list holds now");
    assert_eq!(states(&crawld).len(), 14, "what it no longer holds keeps its result");
}

#[test]
fn the_answer_of_the_first_run_is_that_of_the_second() {
    let (site, crawld) = (Pages::new().open(), Crawld::new());
    fetch(&crawld, 1, site.at("/gone"), &[]);
    again(&crawld, 1, &[]);
    assert_eq!(site.hits("/gone"), 1);
}

#[test]
fn another_kind_of_the_same_name_is_refused() {
    let (site, crawld) = (leaves(), Crawld::new());
    fetch(&crawld, 0, list(&site, 0..1), &["--job", "mine"]);
    let said = crawld.expect(2, &["crawl", &site.at("/"), "--job", "mine"]).stderr;
    assert!(said.contains("--job") && said.contains("fetch"), "{said}");
}

/// Kills the run `kills` times in mid-list; at the end each URL is stored once and done.
fn survive(database: &str) {
    const URLS: usize = 3_000;
    const CONCURRENCY: usize = 8;
    const KILLS: usize = 6;
    let (site, crawld) = (leaves(), Crawld::new());
    crawld.write("urls.txt", list(&site, 0..URLS));
    let concurrency = CONCURRENCY.to_string();
    let options = [
        "fetch",
        "urls.txt",
        "--delay",
        "0ms",
        "--per-host",
        &concurrency,
        "--concurrency",
        &concurrency,
        "--database",
        database,
        "--quiet",
    ];
    for kill in 0..KILLS {
        let running = crawld.spawn(&options);
        // Some before the list is read, some after.
        let wanted = site.requests() + [1, 40, 700][kill % 3];
        assert!(site.wait_for(wanted, LONG));
        assert_eq!(running.kill().code, None, "killed before its end");
        site.wait_until_alone();
    }
    crawld.expect(0, &options);
    let rows = crawld.export("pages", &["--database", database]);
    let mut urls: Vec<_> = rows.iter().map(|row| row["url"].clone()).collect();
    assert!(rows.iter().all(|row| row["state"] == "done"));
    urls.sort();
    urls.dedup();
    assert_eq!((urls.len(), rows.len()), (URLS, URLS), "no line lost, none stored twice");
    let mut asked: HashMap<String, usize> = HashMap::new();
    for path in site.paths() {
        *asked.entry(path).or_default() += 1;
    }
    let repeated: usize = asked.values().map(|count| count - 1).sum();
    println!("{URLS} lines, {KILLS} kills: {repeated} asked again");
    assert!(repeated <= 2 * CONCURRENCY * KILLS, "{repeated} asked again");
}

#[test]
fn no_kill_loses_or_repeats_a_line_on_sqlite() {
    survive("sqlite://crawld.db");
}

#[test]
fn no_kill_loses_or_repeats_a_line_on_postgresql() {
    survive(&postgres_database("fetch_crash"));
}

#[test]
fn private_hosts_of_the_list_stay_allowed_after_a_kill() {
    let site = leaves();
    let crawld = Crawld::new();
    crawld.write("urls.txt", list(&site, 0..400));
    let options = ["fetch", "urls.txt", "--delay", "20ms"];
    let running = crawld.spawn(&options);
    assert!(site.wait_for(10, LONG));
    running.kill();
    // From a list that is not there yet: the queue alone says what is left.
    let (mut running, input) =
        crawld.spawn_fed(&["fetch", "-", "--job", "fetch-urls", "--delay", "0ms"]);
    assert!(site.wait_for(401, LONG), "what is queued is asked while the list is awaited");
    assert!(!running.ended_within(Duration::from_millis(100)));
    drop(input);
    assert_eq!(running.finish().code, Some(0));
    assert!(states(&crawld).values().all(|state| state == "done"));
}

#[test]
fn no_actor_that_dies_loses_a_line_that_cannot_be_read_again() {
    const URLS: usize = 2_500;
    for fault in ["generator@1", "generator@3", "db@8", "scheduler@3"] {
        let (site, crawld) = (leaves(), Crawld::new().env("CRAWLD_FAULTS", fault));
        let (running, mut input) = crawld.spawn_fed(&[&["fetch", "-"], &FAST[..]].concat());
        input.write_all(list(&site, 0..URLS).as_bytes()).unwrap();
        drop(input);
        let finished = running.finish();
        assert_eq!(finished.code, Some(0), "{fault}: {finished:#?}");
        assert!(finished.stderr.contains("a new one starts"), "{fault} struck nobody");
        let states = states(&crawld);
        assert_eq!(states.len(), URLS, "{fault}");
        assert!(states.values().all(|state| state == "done"), "{fault}");
    }
}
