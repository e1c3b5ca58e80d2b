//! `crawld backup`: a copy made in mid-crawl is a store with which the crawl goes on.
#![cfg(test)]

mod common;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use common::http::Reply;
use common::run::{Crawld, postgres_database};
use common::site::Pages;

const LONG: Duration = Duration::from_mins(1);
const PAGES: usize = 80;

fn pages(crawld: &Crawld, database: &str) -> Vec<String> {
    let rows = crawld.export("pages", &["--database", database]);
    let mut rows: Vec<String> = rows
        .iter()
        .map(|row| format!("{} {} {}", row["url"], row["state"], row["title"]))
        .collect();
    rows.sort();
    rows
}

#[test]
fn a_copy_made_while_it_crawls_goes_on_where_it_was() {
    let paths: Vec<String> = (1..PAGES).map(|n| format!("/{n}")).collect();
    let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
    let site = Pages::new()
        .links("/", &paths)
        .otherwise(|request| Reply::html(format!("<title>{}</title>", request.path)))
        .open();
    let crawld = Crawld::new();
    let (root, common) = (site.at("/"), ["--delay", "2ms", "--no-robots", "--concurrency", "2"]);
    let crawl = |database| [&["crawl", &root, "--database", database][..], &common].concat();
    let running = crawld.spawn(&crawl("first.db"));
    for copy in ["one.db", "two.db"] {
        assert!(site.wait_for(site.requests() + 15, LONG));
        let said = crawld.expect(0, &["backup", copy, "--database", "first.db"]).stdout;
        assert!(said.starts_with(&format!("{copy}: a copy of ")), "{said}");
    }
    let ended = running.finish();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(site.requests(), PAGES);
    let whole = pages(&crawld, "first.db");
    let mut settled = Vec::new();
    for copy in ["one.db", "two.db"] {
        let mode = fs::metadata(crawld.path().join(copy)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "cookies are in it");
        let before = pages(&crawld, copy);
        settled.push(before.iter().filter(|row| row.contains(" done ")).count());
        let asked = site.requests();
        crawld.expect(0, &crawl(copy));
        assert_eq!(pages(&crawld, copy), whole);
        let again = site.requests() - asked;
        assert_eq!(again, PAGES - settled[settled.len() - 1], "what it had is not asked again");
    }
    assert!(settled[0] > 0 && settled[0] < settled[1] && settled[1] < PAGES, "{settled:?}");
}

#[test]
fn what_is_there_is_not_written_over_and_a_server_is_not_copied() {
    let crawld = Crawld::new();
    let site = Pages::new().page("/", "leaf").open();
    crawld.expect(0, &["crawl", &site.at("/"), "--no-robots"]);
    crawld.write("precious", "mine");
    let refused = crawld.expect(69, &["backup", "precious"]).stderr;
    assert!(refused.contains("exists already"), "{refused}");
    assert_eq!(fs::read_to_string(crawld.path().join("precious")).unwrap(), "mine");
    let refused = crawld.expect(69, &["backup", "none/copy.db"]).stderr;
    assert!(refused.contains("none/copy.db"), "{refused}");
    let server = postgres_database("backup");
    crawld.expect(0, &["crawl", &site.at("/"), "--no-robots", "--database", &server]);
    let refused = crawld.expect(69, &["backup", "copy.db", "--database", &server]).stderr;
    assert!(refused.contains("pg_dump") && !crawld.path().join("copy.db").exists(), "{refused}");
}
