//! Limits of a job, through the real program: what lies beyond stays queued, the report names the
//! limit, and raising it goes on.
#![cfg(test)]

mod common;

use std::time::Duration;

use common::http::Reply;
use common::run::{Crawld, Finished};
use common::site::{Pages, Site};

const LONG: Duration = Duration::from_mins(1);
const OPTIONS: [&str; 6] = ["--scope", "any", "--allow-private", "--no-robots", "--delay", "0ms"];

/// A site with so many leaves.
fn leaves(count: usize) -> Pages {
    let paths: Vec<String> = (1..count).map(|n| format!("/{n}")).collect();
    let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
    Pages::new().links("/", &paths).otherwise(|_| Reply::html("leaf"))
}

/// Crawls these sites with a limit.
fn crawl(crawld: &Crawld, sites: &[&Site], limit: &[&str]) -> Finished {
    let roots: Vec<String> = sites.iter().map(|site| site.at("/")).collect();
    let roots: Vec<&str> = roots.iter().map(String::as_str).collect();
    crawld.expect(0, &[&["crawl"], &roots[..], &OPTIONS, limit].concat())
}

fn states(crawld: &Crawld, state: &str) -> usize {
    crawld.export("pages", &[]).iter().filter(|page| page["state"] == state).count()
}

#[test]
fn of_each_host_exactly_max_pages_per_host_are_asked_and_a_raised_limit_goes_on() {
    let (first, second) = (leaves(9).open(), leaves(4).open_at("127.0.0.2:0"));
    let crawld = Crawld::new();
    let sites = [&first, &second];
    let limit = ["--per-host", "4", "--max-pages-per-host", "3"];
    let finished = crawl(&crawld, &sites, &limit);
    assert!(finished.stdout.contains("done (limit max_pages_per_host)"), "{}", finished.stdout);
    assert_eq!((first.requests(), second.requests()), (3, 3));
    assert_eq!((states(&crawld, "done"), states(&crawld, "queued")), (6, 7));

    let again = crawl(&crawld, &sites, &limit);
    assert!(again.stderr.contains("done (limit max_pages_per_host)"), "{}", again.stderr);
    assert_eq!(first.requests() + second.requests(), 6, "nothing is asked");

    crawl(&crawld, &sites, &["--per-host", "4", "--max-pages-per-host", "5"]);
    assert_eq!((first.requests(), second.requests()), (5, 4), "the second has no more");
    let last = crawl(&crawld, &sites, &["--per-host", "4"]);
    assert!(last.stdout.contains(": done, crawl"), "{}", last.stdout);
    assert_eq!((first.requests(), second.requests()), (9, 4));
    assert_eq!((states(&crawld, "done"), states(&crawld, "queued")), (13, 0));
}

#[test]
fn only_the_first_max_hosts_hosts_are_asked_and_a_raised_limit_goes_on() {
    let others: Vec<Site> = (3..7).map(|n| leaves(3).open_at(&format!("127.0.0.{n}:0"))).collect();
    let targets: Vec<String> = others.iter().map(|site| site.at("/")).collect();
    let targets: Vec<&str> = targets.iter().map(String::as_str).collect();
    let hub = Pages::new().links("/", &targets).open();
    let crawld = Crawld::new();
    let asked = || others.iter().filter(|site| site.requests() > 0).count();
    let finished = crawl(&crawld, &[&hub], &["--max-hosts", "3"]);
    assert!(finished.stdout.contains("done (limit max_hosts)"), "{}", finished.stdout);
    assert_eq!((hub.requests(), asked()), (1, 2));
    assert_eq!((states(&crawld, "done"), states(&crawld, "queued")), (7, 2));

    crawl(&crawld, &[&hub], &["--max-hosts", "4"]);
    assert_eq!((asked(), states(&crawld, "done")), (3, 10));
    let last = crawl(&crawld, &[&hub], &[]);
    assert!(last.stdout.contains(": done, crawl"), "{}", last.stdout);
    assert_eq!((asked(), states(&crawld, "queued")), (4, 0));
}

#[test]
fn a_limit_for_each_host_holds_over_kill_9() {
    let site = leaves(30).open();
    let crawld = Crawld::new();
    let root = site.at("/");
    let limit = ["--max-pages-per-host", "12", "--concurrency", "2", "--per-host", "2"];
    let all = [&["crawl", &root], &OPTIONS[..], &limit[..]].concat();
    for killed in [3, 6, 9] {
        let running = crawld.spawn(&all);
        assert!(site.wait_for(killed, LONG));
        running.kill();
    }
    crawld.expect(0, &all);
    assert_eq!((states(&crawld, "done"), states(&crawld, "queued")), (12, 18));
    assert!(site.requests() <= 12 + 3 * 4, "{}", site.requests());
}

#[test]
fn nothing_is_asked_once_max_bytes_have_been_read_and_a_raised_limit_goes_on() {
    let page = |n: usize| format!("<a href=/{}>{}", n + 1, "x".repeat(20_000));
    let site = Pages::new()
        .page("/", &page(0))
        .otherwise(move |request| {
            Reply::html(page(request.path.trim_start_matches('/').parse().unwrap_or(0)))
        })
        .open();
    let crawld = Crawld::new();
    let finished = crawl(&crawld, &[&site], &["--max-bytes", "50kB"]);
    assert!(finished.stdout.contains("done (limit max_bytes)"), "{}", finished.stdout);
    assert_eq!(site.requests(), 3, "the third page reaches the limit");
    crawl(&crawld, &[&site], &["--max-bytes", "110kB"]);
    assert_eq!(site.requests(), 6, "what was read before counts");
}

/// How long the server saw the crawl take, from the first request to the last, in microseconds.
fn span(site: &Site) -> i64 {
    let log = site.log();
    log.last().unwrap().at_micros - log.first().unwrap().at_micros
}

#[test]
fn no_more_bytes_a_second_come_in_than_limit_rate() {
    const BODY: i64 = 60_000;
    let big = "x".repeat(usize::try_from(BODY).unwrap());
    let first = Pages::new().links("/", &["/1", "/2", "/3", "/end"]);
    let first = first.otherwise(move |_| Reply::html(big.clone())).open();
    let crawld = Crawld::new();
    crawl(&crawld, &[&first], &["--limit-rate", "200kB"]);
    assert_eq!((first.requests(), states(&crawld, "done")), (5, 5));
    // Whatever the first four answers brought was paid for before the last request.
    assert!(span(&first) >= 3 * BODY * 5, "{} us", span(&first));
}

#[test]
fn a_host_with_a_rate_of_its_own_is_read_so_slowly_and_the_others_are_not() {
    let body = "x".repeat(50_000);
    let page = move |_: &common::http::Request| Reply::html(body.clone());
    let (slow, other) = (
        Pages::new().links("/", &["/1", "/2"]).otherwise(page.clone()).open(),
        Pages::new().links("/", &["/1", "/2"]).otherwise(page).open_at("127.0.0.2:0"),
    );
    let crawld = Crawld::new();
    let table = format!("[hosts.\"127.0.0.1:{}\"]\nlimit_rate = \"100kB\"\n", slow.port());
    std::fs::write(crawld.path().join("c.toml"), table).unwrap();
    crawl(&crawld, &[&slow, &other], &["--config", "c.toml"]);
    assert!(span(&slow) >= 500_000, "{} us", span(&slow));
    assert_eq!(states(&crawld, "done"), 6);
    let (slow_end, other_end) = (slow.log()[2].at_micros, other.log()[2].at_micros);
    assert!(other_end - other.log()[0].at_micros < slow_end - slow.log()[0].at_micros);
}
