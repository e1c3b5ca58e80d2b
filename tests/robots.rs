//! robots.txt by RFC 9309, through the real program: what it forbids, where it is looked for, what
//! follows when it cannot be had.
#![cfg(test)]

mod common;

use common::http::Reply;
use common::run::Crawld;
use common::site::Pages;
use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, SqliteConnection};

fn leaves(count: usize) -> Pages {
    let paths: Vec<String> = (0..count).map(|n| format!("/{n}")).collect();
    let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
    Pages::new().links("/", &paths).otherwise(|_| Reply::html("leaf"))
}

#[test]
fn robots_txt_forbids_and_the_rule_is_the_evidence() {
    let robots = "User-agent: *\nDisallow: /private/\n";
    let site = Pages::new()
        .reply("/robots.txt", Reply::body("text/plain", robots))
        .links("/", &["/private/x", "/open"])
        .page("/open", "open")
        .open();
    let crawld = Crawld::new();
    crawld.expect(0, &["crawl", &site.at("/"), "--delay", "0ms"]);
    assert_eq!(site.paths(), ["/", "/open"]);
    let pages = crawld.export("pages", &[]);
    let private = pages.iter().find(|page| page["url"].ends_with("/private/x")).expect("a row");
    assert_eq!((private["state"].as_str(), private["reason"].as_str()), ("excluded", "robots"));
}

#[test]
fn robots_txt_is_followed_over_redirects_and_404_allows_all() {
    let site = Pages::new()
        .redirect("/robots.txt", 301, "/r1")
        .redirect("/r1", 302, "/r2")
        .reply("/r2", Reply::body("text/plain", "User-agent: crawld\nDisallow: /no\n"))
        .links("/", &["/no", "/yes"])
        .page("/yes", "yes")
        .open();
    Crawld::new().expect(0, &["crawl", &site.at("/"), "--delay", "0ms"]);
    assert_eq!(site.paths(), ["/r1", "/r2", "/", "/yes"]);
    let site = leaves(1).reply("/robots.txt", Reply::status(404)).open();
    Crawld::new().expect(0, &["crawl", &site.at("/"), "--delay", "0ms"]);
    assert_eq!(site.requests(), 3);
}

#[test]
fn the_rules_behind_five_redirects_hold() {
    let rules = Reply::body("text/plain", "User-agent: *\nDisallow: /0\n");
    let mut pages = leaves(2).redirect("/robots.txt", 301, "/r1").reply("/r5", rules);
    for hop in 1..5 {
        pages = pages.redirect(&format!("/r{hop}"), 302, &format!("/r{}", hop + 1));
    }
    let site = pages.open();
    Crawld::new().expect(0, &["crawl", &site.at("/"), "--delay", "0ms"]);
    assert_eq!(site.paths(), ["/r1", "/r2", "/r3", "/r4", "/r5", "/", "/1"]);
}

#[test]
fn a_sixth_redirect_of_robots_txt_leaves_all_allowed_and_only_its_first_500_kib_count() {
    let mut pages = leaves(1).redirect("/robots.txt", 302, "/r1");
    for hop in 1..6 {
        pages = pages.redirect(&format!("/r{hop}"), 302, &format!("/r{}", hop + 1));
    }
    let site = pages.reply("/r6", Reply::body("text/plain", "User-agent: *\nDisallow: /\n")).open();
    Crawld::new().expect(0, &["crawl", &site.at("/"), "--delay", "0ms"]);
    assert_eq!((site.hits("/r5"), site.hits("/r6"), site.hits("/0")), (1, 0, 1));

    // The limit falls after "Disallow: /", which as a line of its own would forbid everything.
    let rules = "User-agent: *\nDisallow: /0\n";
    let filler = "x".repeat(500 * 1024 - rules.len() - "#\nDisallow: /".len());
    let robots = format!("{rules}#{filler}\nDisallow: /1\nDisallow: /2\n");
    let site = leaves(3).reply("/robots.txt", Reply::body("text/plain", robots)).open();
    Crawld::new().expect(0, &["crawl", &site.at("/"), "--delay", "0ms"]);
    assert_eq!(site.paths(), ["/", "/1", "/2"]);
}

#[test]
fn a_robots_txt_that_leads_to_a_private_address_is_not_asked_for_there() {
    let inside = Pages::new().otherwise(|_| Reply::html("secret")).open_at("127.0.0.7:0");
    let site = leaves(1).redirect("/robots.txt", 302, &inside.at("/robots.txt")).open();
    let crawld = Crawld::new();
    let finished =
        crawld.expect(1, &["crawl", &site.at("/"), "--delay", "0ms", "--max-tries", "1"]);
    assert_eq!((inside.requests(), site.hits("/")), (0, 0), "{finished:#?}");
    assert_eq!(crawld.export("pages", &[])[0]["reason"], "robots_unavailable");
    let explained = crawld.expect(0, &["explain", &site.at("/")]).stdout;
    assert!(explained.contains("private"), "{explained}");
}

#[test]
fn a_robots_txt_that_fails_forbids_all_and_is_tried_again() {
    let site = leaves(1).reply("/robots.txt", Reply::status(500)).open();
    let crawld = Crawld::new();
    crawld.expect(1, &["crawl", &site.at("/"), "--delay", "0ms", "--max-tries", "2"]);
    assert_eq!((site.requests(), site.hits("/robots.txt")), (2, 2));
    let pages = crawld.export("pages", &[]);
    assert_eq!(pages[0]["reason"], "robots_unavailable");
    let healed =
        leaves(1).sequence("/robots.txt", vec![Reply::status(503), Reply::status(404)]).open();
    Crawld::new().expect(0, &["crawl", &healed.at("/"), "--delay", "0ms"]);
    assert_eq!(healed.requests(), 4);
}

#[test]
fn a_host_whose_robots_txt_cannot_be_reached_is_asked_when_it_heals() {
    let site = leaves(2).sequence("/robots.txt", vec![Reply::close(), Reply::status(404)]).open();
    let crawld = Crawld::new();
    crawld.expect(0, &["crawl", &site.at("/"), "--delay", "0ms"]);
    assert!(site.hits("/robots.txt") >= 2);
    assert_eq!(site.paths(), ["/", "/0", "/1"], "nothing before robots.txt has answered");
}

#[test]
fn a_stale_robots_txt_is_read_again_before_the_next_page() {
    let site = leaves(2)
        .sequence(
            "/robots.txt",
            vec![Reply::status(404), Reply::body("text/plain", "User-agent: *\nDisallow: /1\n")],
        )
        .open();
    let crawld = Crawld::new();
    let root = site.at("/");
    crawld.expect(0, &["crawl", &root, "--delay", "0ms", "--max-pages", "2"]);
    assert_eq!(site.hits("/robots.txt"), 1);
    let store = crawld.path().join("crawld.db");
    let mut store = SqliteConnection::establish(&store.to_string_lossy()).expect("the store");
    let old = "UPDATE robots SET expires_at = fetched_at, fetched_at = fetched_at - 86400000";
    store.batch_execute(old).expect("aged");
    drop(store);
    crawld.expect(0, &["crawl", &root, "--delay", "0ms"]);
    assert_eq!(site.hits("/robots.txt"), 2);
    assert_eq!(site.paths(), ["/", "/0"], "what it forbids now is not asked");
}
