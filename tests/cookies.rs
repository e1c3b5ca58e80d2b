//! Cookies through the real program: what a site sets comes back to it, and to nobody else.
#![cfg(test)]

mod common;

use std::fmt::Write as _;
use std::time::Duration;

use common::http::{Reply, Request};
use common::run::{Crawld, Record, postgres_database};
use common::site::{Pages, Site};

const LONG: Duration = Duration::from_mins(1);

fn cookies(request: &Request) -> &str {
    request.header("cookie").unwrap_or_default()
}

/// The cookies of each request for a path.
fn asked_with(site: &Site, path: &str) -> Vec<String> {
    let log = site.log();
    log.iter().filter(|r| r.path == path).map(|r| cookies(r).to_owned()).collect()
}

fn crawl<'a>(root: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&["crawl", root, "--delay", "0ms"], more].concat()
}

fn row(rows: &[Record], url: &str) -> Record {
    rows.iter().find(|row| row["url"] == url).unwrap_or_else(|| panic!("{url}: {rows:#?}")).clone()
}

/// A site whose pages are for those with its cookie.
fn members(pages: usize) -> Pages {
    let links: Vec<String> = (0..pages).map(|n| format!("/p/{n}")).collect();
    let links: Vec<&str> = links.iter().map(String::as_str).collect();
    Pages::new()
        .reply("/", Reply::links(&links).header("Set-Cookie", "sid=7f3a; HttpOnly"))
        .reply("/robots.txt", Reply::body("text/plain", "").header("Set-Cookie", "robots=1"))
        .otherwise(|request| match cookies(request) {
            "sid=7f3a" => Reply::html("members only"),
            _ => Reply::status(403),
        })
}

#[test]
fn what_a_site_sets_comes_back_to_it_but_not_with_or_from_robots_txt() {
    let site = members(3).open();
    let crawld = Crawld::new();
    crawld.expect(0, &crawl(&site.at("/"), &["--fail-on", "failures>0"]));
    assert_eq!(asked_with(&site, "/"), [""]);
    assert_eq!(asked_with(&site, "/robots.txt"), [""]);
    assert_eq!(asked_with(&site, "/p/2"), ["sid=7f3a"]);
    crawld.expect(0, &crawl(&site.at("/"), &["--again"]));
    let again = asked_with(&site, "/");
    assert_eq!(again, ["", ""], "a new pass has no cookies of the last one's session");
}

#[test]
fn without_cookies_none_are_taken_or_sent() {
    let site = members(2).open();
    let crawld = Crawld::new();
    crawld.expect(0, &crawl(&site.at("/"), &["--no-cookies"]));
    assert!(site.log().iter().all(|request| request.header("cookie").is_none()));
    let rows = crawld.export("pages", &[]);
    assert_eq!(row(&rows, &site.at("/p/0"))["reason"], "http_403");
}

#[test]
fn a_cookie_with_a_date_outlives_the_pass_and_the_process() {
    let site = Pages::new()
        .route("/", |_| Reply::html("x").header("Set-Cookie", "stay=1; Max-Age=1000"))
        .open();
    let crawld = Crawld::new();
    crawld.expect(0, &crawl(&site.at("/"), &[]));
    crawld.expect(0, &crawl(&site.at("/"), &["--again"]));
    assert_eq!(asked_with(&site, "/"), ["", "stay=1"]);
}

#[test]
fn a_redirect_to_itself_that_sets_a_cookie_is_asked_once_more() {
    let site = Pages::new()
        .route("/", |request| match cookies(request) {
            "seen=1" => Reply::links(&["/inside"]),
            _ => Reply::redirect(302, "/").header("Set-Cookie", "seen=1"),
        })
        .page("/inside", "x")
        .open();
    let crawld = Crawld::new();
    crawld.expect(0, &crawl(&site.at("/"), &["--max-pages", "2"]));
    assert_eq!(site.hits("/"), 2);
    let rows = crawld.export("pages", &[]);
    assert_eq!((rows.len(), row(&rows, &site.at("/inside"))["state"].as_str()), (2, "done"));
    assert_eq!(row(&rows, &site.at("/"))["tries"], "1", "no try was used up");
}

#[test]
fn cookie_walls_end_by_the_rules() {
    let counted = |path: &'static str, to: &'static str| {
        let count = std::sync::atomic::AtomicUsize::new(0);
        move |_: &Request| {
            let n = count.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            Reply::redirect(302, to).header("Set-Cookie", &format!("n{}={n}", path.len()))
        }
    };
    let site = Pages::new()
        .links("/", &["/ever", "/same", "/wall"])
        .route("/ever", counted("/ever", "/ever"))
        .reply("/same", Reply::redirect(302, "/same").header("Set-Cookie", "same=1; Max-Age=9"))
        .route("/wall", counted("/wall", "/login"))
        .route("/login", counted("/login", "/wall"))
        .open();
    let crawld = Crawld::new();
    crawld.expect(0, &crawl(&site.at("/"), &[]));
    let rows = crawld.export("pages", &[]);
    for (path, state, reason, hits) in [
        ("/ever", "failed", "redirect_loop", 2),
        ("/same", "failed", "redirect_loop", 2),
        ("/wall", "redirected", "", 1),
        ("/login", "failed", "redirect_loop", 1),
    ] {
        let row = row(&rows, &site.at(path));
        assert_eq!((row["state"].as_str(), row["reason"].as_str()), (state, reason), "{path}");
        assert_eq!(site.hits(path), hits, "{path}");
    }
}

#[test]
fn other_hosts_and_plain_http_get_nothing() {
    let stranger = Pages::new().page("/", "x").open_at("127.0.0.2:0");
    let page = Reply::links(&["/next", &stranger.at("/")])
        .header("Set-Cookie", "own=1")
        .header("Set-Cookie", "tls=1; Secure")
        .header("Set-Cookie", "wide=1; Domain=0.0.1")
        .header("Set-Cookie", "other=1; Domain=127.0.0.2")
        .header("Set-Cookie", "path=1; Path=/elsewhere");
    let site = Pages::new().reply("/", page).page("/next", "x").open();
    let crawld = Crawld::new();
    crawld.expect(0, &crawl(&site.at("/"), &["--scope", "any", "--allow-private"]));
    assert_eq!(asked_with(&site, "/next"), ["own=1"]);
    assert_eq!(asked_with(&stranger, "/"), [""]);
}

#[test]
fn each_job_has_a_jar_of_its_own() {
    let site = members(1).open();
    let crawld = Crawld::new();
    for job in ["one", "two"] {
        crawld.expect(0, &crawl(&site.at("/"), &["--job", job]));
    }
    assert_eq!(asked_with(&site, "/"), ["", ""]);
    assert_eq!(asked_with(&site, "/p/0"), ["sid=7f3a", "sid=7f3a"]);
}

#[test]
fn ten_thousand_cookies_leave_a_page_as_it_is_and_few_of_them_are_kept() {
    let mut head = String::from("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n");
    for n in 0..10_000 {
        write!(head, "Set-Cookie: c{n}=v{n}; Path=/\r\n").unwrap();
    }
    head.push_str("Connection: close\r\n\r\n<a href=/next>next</a>");
    let site = Pages::new().reply("/", Reply::raw(head)).page("/next", "x").open();
    let crawld = Crawld::new();
    crawld.expect(0, &crawl(&site.at("/"), &["--no-robots", "--fail-on", "failures>0"]));
    let sent = asked_with(&site, "/next").concat();
    assert_eq!(sent.split("; ").count(), 50, "{sent}");
}

#[test]
fn odd_cookies_are_sent_back_as_they_came_and_broken_ones_not_at_all() {
    let head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n\
        Set-Cookie: utf8=\xd1\x97\xd0\xb6\r\n\
        Set-Cookie: latin=\xe9\r\n\
        Set-Cookie: quoted=\"a b\"; Expires=never\r\n\
        Set-Cookie: ;;;=;\r\n\
        Set-Cookie:\r\n\
        Set-Cookie: bare\r\n\r\n<a href=/next>next</a>";
    let control =
        |byte| [b"HTTP/1.1 200 OK\r\nSet-Cookie: bad=", &[byte][..], b"x\r\n\r\n"].concat();
    let site = Pages::new()
        .links("/", &["/nul", "/escape", "/odd"])
        .reply("/nul", Reply::raw(control(0)))
        .reply("/escape", Reply::raw(control(0x1b)))
        .reply("/odd", Reply::raw(head.to_vec()))
        .page("/next", "x")
        .open();
    let crawld = Crawld::new();
    crawld.expect(0, &crawl(&site.at("/"), &["--no-robots", "--max-tries", "1"]));
    assert_eq!(asked_with(&site, "/next"), ["utf8=\u{457}\u{436}; quoted=\"a b\"; bare"]);
    let rows = crawld.export("failures", &[]);
    assert_eq!(rows.len(), 2);
    assert!(
        rows.iter().all(|row| row["reason"] == "bad_http"),
        "a broken head, not a hang: {rows:#?}"
    );
}

/// Killed at many moments, no page of a members' site is asked without the cookie.
fn survive(database: &str) {
    let (site, crawld) = (members(300).open(), Crawld::new());
    let root = site.at("/");
    let more = ["--database", database, "--quiet", "--per-host", "8", "--fail-on", "failures>0"];
    let arguments = crawl(&root, &more);
    let mut kills = 0;
    for kill in 0..8 {
        let mut running = crawld.spawn(&arguments);
        let ended = loop {
            let enough = site.wait_for(2 + 37 * (kill + 1), Duration::from_millis(20));
            if enough || running.ended_within(Duration::ZERO) {
                break !enough;
            }
        };
        if ended {
            assert_eq!(running.finish().code, Some(0));
        } else {
            running.kill();
            kills += 1;
        }
        site.wait_until_alone();
    }
    crawld.expect(0, &arguments);
    assert!(kills >= 4, "the crawl was over before it could be killed");
    let stranger =
        site.log().into_iter().find(|r| r.path.starts_with("/p/") && cookies(r).is_empty());
    assert!(stranger.is_none(), "{stranger:?}");
    let rows = crawld.export("pages", &["--database", database]);
    assert_eq!(rows.iter().filter(|row| row["state"] == "done").count(), 301);
}

#[test]
fn no_kill_loses_a_login_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    survive(&format!("sqlite://{}", folder.path().join("crawld.db").display()));
}

#[test]
fn no_kill_loses_a_login_on_postgresql() {
    let database = postgres_database("cookies");
    survive(&database);
}

#[test]
fn the_operators_cookies_and_those_of_the_jar_are_one_header() {
    let site = members(1).open();
    let crawld = Crawld::new();
    let root = site.at("/");
    crawld.expect(0, &crawl(&root, &["--header", "Cookie: own=1"]));
    assert_eq!(asked_with(&site, "/"), ["own=1"]);
    assert_eq!(asked_with(&site, "/p/0"), ["own=1; sid=7f3a"]);
    assert!(site.wait_for(3, LONG));
}
