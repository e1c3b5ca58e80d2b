//! Hosts that are written as addresses, and URLs that lead nowhere, in the real program.
#![cfg(test)]

mod common;

use common::run::{Crawld, Finished};
use common::site::Pages;

const FAST: [&str; 2] = ["--delay", "0ms"];

fn crawl(crawld: &Crawld, code: i32, more: &[&str]) -> Finished {
    crawld.expect(code, &[&["crawl"], more, &FAST[..]].concat())
}

#[test]
fn zone_ids_and_impossible_ports_are_refused_as_roots_and_left_out_as_links() {
    let wrong = [
        "http://[fe80::1%25eth0]/",
        "http://[fe80::1%eth0]/",
        "http://127.0.0.1:65536/",
        "http://127.0.0.1:-1/",
        "http://127.0.0.1:8o/",
        "http://[::1/",
        "http://[::g]/",
    ];
    for root in wrong {
        let finished = crawl(&Crawld::new(), 2, &[root]);
        assert!(finished.stderr.contains(root), "{}", finished.stderr);
        assert_eq!(finished.stderr.trim().lines().count(), 1, "{}", finished.stderr);
    }
    let site = Pages::new().links("/", &[&wrong[..], &["/b"]].concat()).page("/b", "b").open();
    let crawld = Crawld::new();
    crawl(&crawld, 0, &[&site.at("/"), "--scope", "any"]);
    assert_eq!(crawld.export("pages", &[]).len(), 2, "{wrong:?} are no links");
}

#[test]
fn an_ipv6_literal_is_crawled_like_any_host() {
    let site = Pages::new().links("/", &["b"]).page("/b", "b").open_at("[::1]:0");
    let crawld = Crawld::new();
    crawl(&crawld, 0, &[&format!("http://[0:0::1]:{}/", site.port())]);
    assert_eq!(site.paths(), ["/", "/b"]);
    let host = site.log()[0].header("host").map(str::to_owned);
    assert_eq!(host, Some(format!("[::1]:{}", site.port())));
    let page = &crawld.export("pages", &[])[0];
    assert_eq!(page["url"], format!("http://[::1]:{}/", site.port()));
}
