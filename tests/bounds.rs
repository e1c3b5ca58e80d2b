//! What comes in is held back: for the rate that the operator allows, and for the memory that all
//! bodies share.
#![cfg(test)]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail loudly")]

mod common;

use std::fmt::Write as _;
use std::time::Duration;

use common::http::{Gate, Reply};
use common::run::Crawld;
use common::site::{Pages, Site};

const KIB: usize = 1024;
const LONG: Duration = Duration::from_mins(1);

/// A page of this many bytes without links.
fn filler(bytes: usize) -> String {
    let head = "<!doctype html><title>long</title><p>";
    format!("{head}{}", "words ".repeat(bytes.saturating_sub(head.len()) / 6))
}

/// A site whose start page links `count` pages of `bytes` each.
fn site(count: usize, bytes: usize) -> Site {
    let paths: Vec<String> = (0..count).map(|n| format!("/{n}")).collect();
    let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
    let body = filler(bytes);
    Pages::new().links("/", &paths).otherwise(move |_| Reply::html(body.clone())).open()
}

/// Microseconds from the first page asked to now, on the site's clock.
fn since_first_page(site: &Site) -> i64 {
    let first = site.log().into_iter().find(|request| request.path == "/").unwrap().at_micros;
    site.micros() - first
}

/// Least time for so many bytes at this rate, in microseconds.
fn least(bytes: usize, per_second: usize) -> i64 {
    i64::try_from(bytes * 1_000_000 / per_second).unwrap()
}

#[test]
fn all_hosts_together_come_in_no_faster_than_limit_rate() {
    let site = site(8, 64 * KIB);
    let other = self::site(0, 0);
    let crawld = Crawld::new();
    let arguments = ["crawl", &site.at("/"), &other.at("/"), "--limit-rate", "200KiB"];
    crawld.expect(0, &[&arguments[..], &["--delay", "0", "--per-host", "8"]].concat());
    assert!(since_first_page(&site) >= least(8 * 63 * KIB, 200 * KIB));
    assert_eq!(crawld.export("pages", &["--job", "127.0.0.1"]).len(), 10);
}

#[test]
fn one_host_comes_in_no_faster_than_its_own_limit_rate() {
    let (slow, fast) = (site(4, 64 * KIB), site(4, 64 * KIB));
    let crawld = Crawld::new();
    let config = format!("[hosts.\"127.0.0.1:{}\"]\nlimit_rate = \"100KiB\"\n", slow.port());
    std::fs::write(crawld.path().join("crawld.toml"), config).unwrap();
    let arguments = ["crawl", &slow.at("/"), &fast.at("/"), "--config", "crawld.toml"];
    crawld.expect(0, &[&arguments[..], &["--delay", "0", "--per-host", "4"]].concat());
    assert!(since_first_page(&slow) >= least(4 * 63 * KIB, 100 * KIB));
    // The other host was done before the slow one could be.
    let end = fast.log().last().unwrap().at_micros - fast.log()[0].at_micros;
    assert!(end < least(4 * 63 * KIB, 100 * KIB), "the other host had to wait: {end} us");
}

#[test]
fn time_in_which_crawld_itself_does_not_read_is_no_timeout() {
    let site = site(1, 300 * KIB);
    let crawld = Crawld::new();
    let arguments = ["crawl", &site.at("/"), "--limit-rate", "100KiB", "--timeout", "1s"];
    crawld.expect(0, &[&arguments[..], &["--delay", "0", "--max-tries", "1"]].concat());
    let pages = crawld.export("pages", &[]);
    assert!(pages.iter().all(|page| page["state"] == "done"), "{pages:#?}");
    assert!(since_first_page(&site) > 2_000_000);
}

#[test]
fn many_large_bodies_at_once_share_max_buffered() {
    const BODIES: usize = 100;
    // A megabyte of links each, none in scope: they are held until their page is stored.
    let mut html = String::from("<!doctype html><title>links</title>");
    for n in 0..10_000 {
        writeln!(html, "<a href=//h{n}.example/a/path/of/some/length/to/be/held/{n}>{n}</a>")
            .unwrap();
    }
    let paths: Vec<String> = (0..BODIES).map(|n| format!("/{n}")).collect();
    let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
    let all = Gate::new();
    let page = Reply::html(html).after(&all);
    let site = Pages::new().links("/", &paths).otherwise(move |_| page.clone()).open();
    let crawld = Crawld::new().env("CRAWLD__HTTP__MAX_BUFFERED", "16MiB");
    let arguments = ["crawl", &site.at("/"), "--no-robots", "--delay", "0"];
    let together = ["--concurrency", "100", "--per-host", "100"];
    let mut run = crawld.spawn(&[&arguments[..], &together].concat());
    assert!(site.wait_for(BODIES + 1, LONG), "they are not asked together");
    all.open();
    let mut peak = 0;
    while !run.ended_within(Duration::from_millis(20)) {
        peak = peak.max(run.peak_memory().unwrap_or(0));
    }
    let finished = run.finish();
    assert_eq!(finished.code, Some(0), "{finished:#?}");
    let pages = crawld.export("pages", &[]);
    let whole = pages.iter().filter(|page| page["links"] == "10000").count();
    assert_eq!(whole, BODIES, "all are stored, with all their links");
    eprintln!("peak {} MiB", peak >> 10);
    assert!(peak >> 10 < 120, "peak {} MiB", peak >> 10);
}
