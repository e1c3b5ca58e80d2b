//! What is said on stderr, and at which level, through the real program.
#![cfg(test)]

mod common;

use common::http::Reply;
use common::run::{Crawld, Finished};
use common::site::{Pages, Site};

/// A page, a page in two tries, a redirect, a chain over its budget, a foreign link.
fn site() -> Site {
    Pages::new()
        .links("/", &["/leaf", "/moody", "/old", "/1", "http://elsewhere.example/"])
        .sequence("/moody", vec![Reply::status(500), Reply::html("at last")])
        .redirect("/old", 301, "/leaf")
        .redirect("/1", 302, "/2")
        .redirect("/2", 302, "/3")
        .page("/leaf", "leaf")
        .open()
}

fn crawl(site: &Site, options: &[&str]) -> Finished {
    let fast = ["--delay", "0ms", "--no-robots", "--max-redirects", "1"];
    Crawld::new().expect(0, &[&["crawl", &site.at("/")], &fast[..], options].concat())
}

#[test]
fn a_quiet_run_that_finds_no_error_says_nothing_at_all() {
    for quiet in [&["--quiet"][..], &["-q"], &["-q", "-v"], &["-vv", "-q"]] {
        let finished = crawl(&site(), quiet);
        assert_eq!((&*finished.stdout, &*finished.stderr), ("", ""), "{quiet:?}");
    }
}

#[test]
fn single_urls_are_told_with_v_and_not_without() {
    let site = site();
    let silent = crawl(&site, &[]).stderr;
    assert!(!silent.contains("/leaf"), "{silent}");
    let told = crawl(&self::site(), &["-v"]).stderr;
    let told = told.replace(&format!("http://127.0.0.1:{}", site.port()), "");
    assert!(told.contains(" DEBUG job=127.0.0.1 url="), "{told}");
    assert!(!told.contains(" adds "), "{told}");
}

#[test]
fn the_log_tells_links_tries_redirects_and_why_a_url_failed() {
    let site = site();
    let told = crawl(&site, &["-vv"]).stderr.replace(&site.url(), "");
    for line in [
        "url=/ try 1: status=200 links=5 new=4 out_of_scope=1",
        "url=/ adds /moody",
        "url=/moody try 1: status=500",
        "url=/moody try 2: status=200 links=0 new=0 out_of_scope=0",
        "url=/old redirected to /leaf",
        "url=/1 redirected to /2",
        "url=/2 failed after try 1: redirect_limit",
    ] {
        let wanted = format!("job=127.0.0.1 {line}");
        assert!(told.lines().any(|said| said.contains(&wanted)), "{line} is not in\n{told}");
    }
}
