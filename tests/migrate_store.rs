//! `crawld migrate-store`: crawls of all kinds go on in another database.
#![cfg(test)]

mod common;

use std::time::Duration;

use common::http::{Reply, Request};
use common::run::{Crawld, postgres_database};
use common::site::{Pages, Site};

const LONG: Duration = Duration::from_mins(1);
/// Requests in flight, all jobs together; a death costs at most twice as many.
const CONCURRENCY: usize = 4;
/// Requests of all jobs: 60 pages, 42 queries, 20 URLs of a list, 6 pages of a listing.
const ONCE: usize = 60 + 42 + 20 + 6;

/// A site with linked pages, an endpoint that completes queries, and a listing.
fn site() -> Site {
    let paths: Vec<String> = (1..60).map(|n| format!("/{n}")).collect();
    let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
    let answer = |request: &Request| match request.path.strip_prefix("/find?q=") {
        Some(query) => {
            let tips: Vec<String> = (0..3).map(|n| format!("{query} «{n}»")).collect();
            Reply::body("application/json", serde_json::to_vec(&tips).unwrap())
        }
        None => Reply::html(format!("<title>Page «{}» of \\ '😀'</title>", request.path))
            .header("Set-Cookie", "a=b; Path=/")
            .header("ETag", "\"v1\""),
    };
    let mut pages = Pages::new().links("/", &paths).otherwise(answer);
    for n in 1..=6 {
        let next = format!("<a class=next href='/list{}'>next</a>", n + 1);
        let next = if n < 6 { next } else { String::new() };
        pages = pages.page(&format!("/list{n}"), &format!("<li><b>{n}a</b><li><b>{n}b</b>{next}"));
    }
    pages.open()
}

/// A folder with a configuration of a job of each kind.
fn crawld(site: &Site) -> Crawld {
    let crawld = Crawld::new();
    let list: Vec<String> = (0..20).map(|n| site.at(&format!("/u{n}"))).collect();
    let text = format!(
        r#"
[daemon]
concurrency = {CONCURRENCY}
[politeness]
robots = false
delay = "1ms"
latency_factor = 0
[jobs.pages]
kind = "crawl"
roots = ["{}"]
links = "all"
warc = "archive"
[jobs.tips]
kind = "suggest"
request = {{ url = "{}" }}
alphabet = "a-f"
max_length = 2
results.tips = {{ path = "$[*]" }}
[jobs.list]
kind = "fetch"
urls = {list:?}
[jobs.items]
kind = "scrape"
start = ["{}"]
item = "li"
fields.name = "b"
next = "a.next"
"#,
        site.at("/"),
        site.at("/find?q={query}"),
        site.at("/list1")
    );
    crawld.write("crawld.toml", text);
    crawld
}

fn run(database: &str) -> Vec<&str> {
    vec!["run", "--config", "crawld.toml", "--database", database]
}

/// Everything that can be exported of the store, columns that time decides left out.
fn found(crawld: &Crawld, database: &str, with_times: bool) -> Vec<String> {
    let table = |what: &str, job: &str| {
        let mut rows = crawld.export(what, &["--job", job, "--database", database]);
        if !with_times {
            for row in &mut rows {
                for column in ["fetched_at", "elapsed_ms", "tries", "referrer"] {
                    row.remove(column);
                }
            }
        }
        let mut rows: Vec<String> = rows.iter().map(|row| format!("{what} {row:?}")).collect();
        rows.sort();
        rows
    };
    let tables = [
        ("pages", "pages"),
        ("links", "pages"),
        ("suggestions", "tips"),
        ("pages", "list"),
        ("items", "items"),
    ];
    tables.iter().flat_map(|(what, job)| table(what, job)).collect()
}

#[test]
fn crawls_of_all_kinds_go_on_in_postgres_and_back_in_sqlite_with_nothing_lost() {
    let site = site();
    let undisturbed = crawld(&site);
    undisturbed.expect(0, &[&run("whole.db")[..], &["--until-done"]].concat());
    assert_eq!(site.requests(), ONCE);
    let whole = found(&undisturbed, "whole.db", false);

    let crawld = crawld(&site);
    let server = postgres_database("migrate");
    for (from, to) in [("a.db", server.as_str()), (&server, "b.db")] {
        let before = site.requests();
        let running = crawld.spawn(&run(from));
        assert!(site.wait_for(before + ONCE / 3, LONG));
        running.kill();
        let held = found(&crawld, from, true);
        // A database that lost its daemon may find it still there for a moment.
        let said = crawld.expect(0, &["migrate-store", from, to]).stdout;
        assert!(said.contains("urls ") && said.contains("Copied "), "{said}");
        assert_eq!(found(&crawld, to, true), held, "{from} -> {to}");
    }
    crawld.expect(0, &[&run("b.db")[..], &["--until-done"]].concat());
    assert_eq!(found(&crawld, "b.db", false), whole);
    let twice = site.requests() - 2 * ONCE;
    assert!(twice <= 2 * 2 * CONCURRENCY, "{twice} asked again after two deaths");
}

#[test]
fn a_store_in_use_or_with_something_in_it_is_left_alone() {
    let site = Pages::new().links("/", &["/slow"]).otherwise(|_| Reply::html("leaf")).open();
    let crawld = Crawld::new();
    let job = |delay| {
        format!(
            "[jobs.j]\nkind = \"crawl\"\nroots = [\"{}\"]\nrobots = false\ndelay = \"{delay}\"\n",
            site.at("/")
        )
    };
    crawld.write("crawld.toml", job("1h"));
    let running = crawld.spawn(&run("busy.db"));
    assert!(site.wait_for(1, LONG));
    let server = postgres_database("migrate_refused");
    let refused = crawld.expect(69, &["migrate-store", "busy.db", &server]).stderr;
    assert!(refused.contains("busy.db") && refused.contains("in use by process"), "{refused}");
    running.kill();
    // A killed one is in nobody's use.
    crawld.expect(0, &["migrate-store", "busy.db", &server]);
    let refused = crawld.expect(69, &["migrate-store", "busy.db", &server]).stderr;
    assert!(refused.contains("holds a store already"), "{refused}");
    let refused = crawld.expect(69, &["migrate-store", "none.db", "other.db"]).stderr;
    assert!(refused.contains("none.db: no such file"), "{refused}");
    for name in ["none.db", "other.db"] {
        assert!(!crawld.path().join(name).exists(), "{name}");
    }
    let running = crawld.spawn(&run(&server));
    let busy = || crawld.run(&["migrate-store", &server, "copy.db"]);
    let refused = loop {
        let tried = busy();
        if tried.code != Some(0) {
            break tried;
        }
        // The daemon was not there yet.
        std::fs::remove_file(crawld.path().join("copy.db")).unwrap();
    };
    assert_eq!(refused.code, Some(69), "{refused:?}");
    assert!(refused.stderr.contains("a crawl runs on it"), "{}", refused.stderr);
    running.kill();
}
