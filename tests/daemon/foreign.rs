//! Any client of SQLite may look into the store of a run and go: the run loses nothing by it.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use crawld::clock::Clock;
use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, QueryableByName, RunQueryDsl as _, SqliteConnection, sql_query};

use crate::asked;
use crate::common::http::{Gate, Reply};
use crate::common::locks;
use crate::common::run::{Crawld, Running};
use crate::common::site::{Pages, Site};

const LONG: Duration = Duration::from_mins(1);
/// What is not committed by then, in milliseconds, never will be.
const DEADLINE: i64 = 60_000;
const CONCURRENCY: usize = 2;
/// Pages that are answered before the look, after it, and after the death.
const EACH: usize = 30;

#[derive(QueryableByName)]
struct Page {
    #[diesel(sql_type = diesel::sql_types::Text)]
    url: String,
}

/// What a foreign client sees that opens the store, selects and closes it.
fn look(database: &Path) -> BTreeSet<String> {
    let mut conn = SqliteConnection::establish(database.to_str().unwrap()).unwrap();
    conn.batch_execute("PRAGMA busy_timeout = 5000").unwrap();
    let done: Vec<Page> =
        sql_query("SELECT url FROM v_pages WHERE state = 'done'").load(&mut conn).unwrap();
    done.into_iter().map(|page| page.url).collect()
}

/// A site whose pages come in three parts, the latter two each behind a gate.
fn site(gates: &[Gate; 2]) -> Site {
    let paths: Vec<String> = (0..3 * EACH).map(|n| format!("/{n}")).collect();
    let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
    let gates = gates.clone();
    let pages = Pages::new().links("/", &paths).otherwise(move |request| {
        let number: usize = request.path.trim_start_matches('/').parse().unwrap();
        match number / EACH {
            0 => Reply::html("leaf"),
            part => Reply::html("leaf").after(&gates[part - 1]),
        }
    });
    pages.open()
}

/// A run of the site is looked into, goes on, is killed, and starts again.
fn nothing_is_lost(run: impl Fn(&Crawld, &str) -> Running) {
    let gates = [Gate::new(), Gate::new()];
    let site = site(&gates);
    let crawld = Crawld::new();
    let (database, clock) = (crawld.path().join("crawld.db"), Clock::start());
    let until = clock.now() + DEADLINE;
    let running = run(&crawld, &site.at("/"));
    // The first part, and those that wait behind the gate.
    assert!(site.wait_for(1 + EACH + CONCURRENCY, LONG));
    while look(&database).len() < EACH {
        assert!(clock.now() < until, "not committed: {:?}", look(&database));
    }
    let log = crawld.path().join("crawld.db-wal");
    assert!(log.exists(), "the log is gone while it is written to");
    assert!(locks::are_held(running.id(), &database), "an older client would delete the log");
    gates[0].open();
    assert!(site.wait_for(1 + 2 * EACH + CONCURRENCY, LONG));
    let committed = look(&database);
    assert!(log.exists() && locks::are_held(running.id(), &database));
    running.kill();
    gates[1].open();
    site.wait_until_alone();
    assert!(look(&database).is_superset(&committed), "what was committed is there");
    let before = site.requests();
    let running = run(&crawld, &site.at("/"));
    while look(&database).len() < 1 + 3 * EACH {
        assert!(clock.now() < until, "not done: {} pages", look(&database).len());
    }
    drop(running);
    let again: Vec<_> = asked(&site).into_iter().filter(|(_, times)| *times > 1).collect();
    assert!(again.len() <= 2 * CONCURRENCY, "asked again after {before} requests: {again:?}");
    let lost: Vec<_> =
        again.iter().filter(|(path, _)| committed.contains(&site.at(path))).collect();
    assert!(lost.is_empty(), "committed, and asked again: {lost:?}");
}

#[test]
fn a_daemon_whose_store_is_looked_into_loses_nothing_when_it_is_killed() {
    nothing_is_lost(|crawld, root| {
        let more = format!("delay = \"0ms\"\nper_host = {CONCURRENCY}");
        let daemon = format!("[daemon]\nconcurrency = {CONCURRENCY}\n");
        crawld.write("crawld.toml", daemon + &crate::crawl("docs", root, &more));
        crawld.spawn(&["run", "--config", "crawld.toml"])
    });
}

#[test]
fn a_crawl_whose_store_is_looked_into_loses_nothing_when_it_is_killed() {
    nothing_is_lost(|crawld, root| {
        let most = CONCURRENCY.to_string();
        let limits = ["--delay", "0ms", "--per-host", &most, "--concurrency", &most];
        crawld.spawn(&[&["crawl", root, "--no-robots"][..], &limits].concat())
    });
}
