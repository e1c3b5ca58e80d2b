//! A page asked again is asked whether it has changed, and an unchanged one keeps its result.
#![cfg(test)]

mod common;

use std::time::Duration;

use common::http::{Gate, Reply, Request};
use common::run::{Crawld, Record, postgres_database};
use common::site::{Pages, Site};
use crawld::clock::Clock;
use crawld::store::{Access, Store};

const ETAG: &str = "W/\"one, \\ two\"";
const DATE: &str = "Tue, 12 Mar 2024 20:51:14 GMT";

const FAST: [&str; 4] = ["--delay", "0ms", "--per-host", "4"];

/// Runs a pass of the site, with further options.
fn pass(crawld: &Crawld, site: &Site, more: &[&str]) -> String {
    let root = site.at("/");
    let arguments = [&["crawl", &root], &FAST[..], more].concat();
    crawld.expect(0, &arguments).stdout
}

fn row(crawld: &Crawld, site: &Site, path: &str) -> Record {
    let url = site.at(path);
    let rows = crawld.export("pages", &[]);
    rows.into_iter().find(|row| row["url"] == url).unwrap_or_else(|| panic!("{url} is missing"))
}

/// The page, or 304 to whoever has this version of it.
fn versioned(request: &Request, header: &str, version: &str, page: Reply) -> Reply {
    let known = request.header(&header.to_ascii_lowercase()) == Some(version);
    if known { Reply::status(304) } else { page }
}

/// A root that never changes, a dated page, a page without versions, one that is not there.
fn still() -> Pages {
    Pages::new()
        .route("/", |request| {
            let page = Reply::links(&["/dated", "/plain", "/gone"]).header("ETag", ETAG);
            versioned(request, "If-None-Match", ETAG, page)
        })
        .route("/dated", |request| {
            let page = Reply::html("<title>Old</title>").header("Last-Modified", DATE);
            versioned(request, "If-Modified-Since", DATE, page)
        })
        .page("/plain", "<title>Plain</title>")
        .reply("/gone", Reply { status: 404, ..Reply::html("no") }.header("ETag", "\"gone\""))
}

/// The conditional headers of the last request for a path.
fn conditions(site: &Site, path: &str) -> Vec<(String, String)> {
    let log = site.log();
    let last = log.iter().rev().find(|request| request.path == path).unwrap();
    last.headers.iter().filter(|(name, _)| name.starts_with("if-")).cloned().collect()
}

#[test]
fn an_unchanged_page_keeps_its_result_with_a_new_date() {
    let (crawld, site) = (Crawld::new(), still().open());
    pass(&crawld, &site, &[]);
    assert_eq!(conditions(&site, "/"), [], "a page unknown so far is asked as it is");
    let before: Vec<_> = ["/", "/dated"].map(|path| row(&crawld, &site, path)).into();
    let report = pass(&crawld, &site, &["--again"]);
    assert!(report.contains("unchanged 2 pages not modified"), "{report}");
    assert_eq!(conditions(&site, "/"), [("if-none-match".into(), ETAG.into())]);
    assert_eq!(conditions(&site, "/dated"), [("if-modified-since".into(), DATE.into())]);
    assert_eq!(conditions(&site, "/plain"), []);
    assert_eq!(conditions(&site, "/gone"), [], "what failed is asked as it is");
    for old in before {
        let new = row(&crawld, &site, old["url"].strip_prefix(&site.url()).unwrap());
        assert!(new["fetched_at"] > old["fetched_at"], "{new:?}");
        let timeless = |row: &Record| {
            let mut row = row.clone();
            row.retain(|column, _| column != "fetched_at" && column != "elapsed_ms");
            row
        };
        assert_eq!(timeless(&new), timeless(&old));
        assert_eq!((new["status"].as_str(), new["state"].as_str()), ("200", "done"));
    }
    // Every page that the unchanged root led to was asked in this pass too.
    assert_eq!(["/", "/dated", "/plain", "/gone"].map(|path| site.hits(path)), [2; 4]);
}

#[test]
fn a_failed_try_in_between_does_not_harm_the_result_that_stays() {
    let etag = "\"v\"";
    let calm = Reply::html("<title>Calm</title>").header("ETag", etag);
    let busy = Reply::status(500);
    let site = Pages::new().sequence("/", vec![calm, busy, Reply::status(304)]).open();
    let crawld = Crawld::new();
    pass(&crawld, &site, &[]);
    let before = row(&crawld, &site, "/");
    pass(&crawld, &site, &["--again"]);
    let after = row(&crawld, &site, "/");
    assert_eq!(conditions(&site, "/"), [("if-none-match".into(), etag.into())]);
    for column in ["state", "status", "reason", "digest", "title", "bytes"] {
        assert_eq!(after[column], before[column], "{column}");
    }
    assert_eq!(after["tries"], "2");
}

#[test]
fn a_changed_version_replaces_the_result_and_its_etag() {
    let page =
        |title: &str, etag| Reply::html(format!("<title>{title}</title>")).header("ETag", etag);
    let kept = Reply::status(304).header("ETag", "\"3\"");
    let replies = vec![page("One", "\"1\""), page("Two", "\"2\""), kept, Reply::status(304)];
    let site = Pages::new().sequence("/", replies).open();
    let crawld = Crawld::new();
    for sent in [None, Some("\"1\""), Some("\"2\""), Some("\"3\"")] {
        pass(&crawld, &site, if sent.is_some() { &["--again"] } else { &[] });
        let conditions = conditions(&site, "/");
        assert_eq!(conditions.first().map(|(_, value)| value.as_str()), sent);
    }
    assert_eq!(row(&crawld, &site, "/")["title"], "Two");
}

#[test]
fn options_that_change_what_is_read_have_unchanged_pages_read_anew() {
    let (crawld, site) = (Crawld::new(), still().open());
    pass(&crawld, &site, &[]);
    pass(&crawld, &site, &["--again", "--links", "all"]);
    assert_eq!(conditions(&site, "/"), []);
    assert_eq!(crawld.export("links", &[]).len(), 3, "every link of the unchanged root");
    // Nothing changed: conditional again, and the links stay.
    pass(&crawld, &site, &["--again", "--links", "all"]);
    assert_eq!(conditions(&site, "/").len(), 1);
    assert_eq!(crawld.export("links", &[]).len(), 3);
    pass(&crawld, &site, &["--again", "--links", "all", "--exclude", "plain"]);
    assert_eq!(conditions(&site, "/"), []);
}

#[test]
fn a_304_that_nobody_asked_for_is_a_failure() {
    let site = Pages::new().links("/", &["/a"]).reply("/a", Reply::status(304)).open();
    let crawld = Crawld::new();
    pass(&crawld, &site, &[]);
    let row = row(&crawld, &site, "/a");
    assert_eq!((row["state"].as_str(), row["reason"].as_str()), ("failed", "http_304"));
}

#[test]
fn an_etag_that_would_inject_or_match_anything_is_never_sent_back() {
    let tags = ["*", "\"\u{e4}\"", "\"\u{9b}31m\""];
    let mut pages = Pages::new().links("/", &["/0", "/1", "/2", "/3"]);
    for (at, tag) in tags.into_iter().enumerate() {
        pages = pages.reply(&format!("/{at}"), Reply::html("x").header("ETag", tag));
    }
    let long = format!("\"{}\"", "x".repeat(5_000));
    let site = pages.reply("/3", Reply::html("x").header("ETag", &long)).open();
    let crawld = Crawld::new();
    pass(&crawld, &site, &[]);
    pass(&crawld, &site, &["--again"]);
    for path in ["/0", "/1", "/2", "/3"] {
        assert_eq!((conditions(&site, path), site.hits(path)), (vec![], 2), "{path}");
        assert_eq!(row(&crawld, &site, path)["state"], "done", "{path}");
    }
}

#[test]
fn a_page_that_came_nearer_is_read_anew_for_the_links_that_were_too_deep() {
    // In the second pass the root links /c itself, so what /c links is no longer too deep.
    let etag = "\"c\"";
    let site = Pages::new()
        .sequence("/", vec![Reply::links(&["/b"]), Reply::links(&["/b", "/c"])])
        .links("/b", &["/c"])
        .route("/c", move |request| {
            let page = Reply::links(&["/d"]).header("ETag", etag);
            versioned(request, "If-None-Match", etag, page)
        })
        .page("/d", "<title>D</title>")
        .open();
    let crawld = Crawld::new();
    pass(&crawld, &site, &["--max-depth", "2"]);
    assert_eq!(site.hits("/d"), 0);
    // One at a time: the root before /c.
    pass(&crawld, &site, &["--max-depth", "2", "--again", "--concurrency", "1"]);
    assert_eq!(row(&crawld, &site, "/d")["state"], "done");
}

#[test]
fn a_server_that_takes_the_condition_amiss_is_asked_without_it() {
    let site = Pages::new()
        .route("/", |request| match request.header("if-none-match") {
            Some(_) => Reply::status(412),
            None => Reply::html("<title>Here</title>").header("ETag", ETAG),
        })
        .open();
    let crawld = Crawld::new();
    pass(&crawld, &site, &[]);
    pass(&crawld, &site, &["--again"]);
    assert_eq!(site.hits("/"), 3, "once with the condition, once without");
    let row = row(&crawld, &site, "/");
    assert_eq!((&*row["state"], &*row["status"], &*row["title"]), ("done", "200", "Here"));
}

/// Two commands share a store: one of them goes on to the next pass while the other is in this one.
#[test]
fn a_command_whose_pass_is_overtaken_says_that_the_job_goes_on_elsewhere() {
    let url = postgres_database("again_overtaken");
    let gate = Gate::new();
    let site = Pages::new().reply("/", Reply::links(&["/a"]).after(&gate)).open();
    let (crawld, root) = (Crawld::new(), site.at("/"));
    let command =
        [&["crawl", &root, "--job", "j", "--no-robots", "--database", &url], &FAST[..]].concat();
    let running = crawld.spawn(&command);
    assert!(site.wait_for(1, Duration::from_mins(1)));
    let store = Store::open(&url, Access::Owner).unwrap();
    let id = store.job_by_name("j").unwrap().unwrap().id;
    store.start_pass(id, Clock::start().now()).unwrap();
    gate.open();
    let finished = running.finish();
    assert_eq!(finished.code, Some(1), "{finished:#?}");
    assert!(finished.stderr.contains("it goes on there"), "{finished:#?}");
    drop(store);
    crawld.expect(0, &command);
    let rows = crawld.export("pages", &["--database", &url]);
    assert_eq!(rows.len(), 2, "{rows:?}");
    assert!(rows.iter().all(|row| row["state"] != "queued"), "{rows:?}");
}
