//! Which hosts are asked, as tables of hosts, and redirects held to the same rules, through the real
//! program. Every host is one site that answers as a proxy, so none has to exist.
#![cfg(test)]

mod common;

use std::collections::BTreeSet;

use common::http::Reply;
use common::run::Crawld;
use common::site::{Pages, Site};

/// Crawls from a root that links all of these; gives the URLs that were asked, but the root.
fn asked(root: &str, links: &[&str], options: &[&str]) -> BTreeSet<String> {
    let site = Pages::new().links(root, links).otherwise(|_| Reply::html("leaf")).open();
    crawl(&site, root, options)
}

fn crawl(site: &Site, root: &str, options: &[&str]) -> BTreeSet<String> {
    let crawld = Crawld::new().env("http_proxy", &site.url());
    let fast = ["--delay", "0ms", "--no-robots", "--quiet"];
    crawld.expect(0, &[&["crawl", root], &fast[..], options].concat());
    let urls = site.log().into_iter().map(|r| format!("http://{}{}", r.host, r.path));
    urls.filter(|url| url != root).collect()
}

fn set(urls: &[&str]) -> BTreeSet<String> {
    urls.iter().map(|url| (*url).to_owned()).collect()
}

#[test]
fn an_address_is_a_host_of_its_own_in_every_scope() {
    let links = ["http://203.0.113.8/a", "http://203.0.114.7/a", "http://203.0.113.7/a"];
    for scope in ["host", "domain", "prefix"] {
        let found = asked("http://203.0.113.7/", &links, &["--scope", scope]);
        assert_eq!(found, set(&["http://203.0.113.7/a"]), "{scope}");
    }
}

#[test]
fn hosts_under_one_public_suffix_are_strangers() {
    let links = ["http://gov.co.uk/", "http://news.bbc.co.uk/", "http://co.uk/", "http://bbc.uk/"];
    let found = asked("http://bbc.co.uk/", &links, &["--scope", "domain"]);
    assert_eq!(found, set(&["http://news.bbc.co.uk/"]));
}

#[test]
fn another_port_is_another_host_but_not_another_domain() {
    let links =
        ["http://example.com:8080/a", "http://example.com:80/b", "HTTP://WWW.example.com/c"];
    let found = asked("http://example.com/", &links, &[]);
    assert_eq!(found, set(&["http://example.com/b", "http://www.example.com/c"]));
    let found = asked("http://example.com/", &links, &["--scope", "domain"]);
    let all = ["http://example.com/b", "http://example.com:8080/a", "http://www.example.com/c"];
    assert_eq!(found, set(&all));
}

#[test]
fn redirects_are_held_to_scope_and_exclusion_and_lose_their_fragment() {
    let site = Pages::new()
        .links("http://example.com/", &["/away", "/shut", "/part"])
        .redirect("http://example.com/away", 301, "http://example.org/there")
        .redirect("http://example.com/shut", 302, "/secret/page")
        .redirect("http://example.com/part", 303, "/whole#part")
        .links("http://example.org/there", &["http://example.com/back"])
        .otherwise(|_| Reply::html("leaf"))
        .open();
    let found = crawl(&site, "http://example.com/", &["--exclude", "/secret/"]);
    let paths = ["away", "part", "shut", "whole"].map(|path| format!("http://example.com/{path}"));
    assert_eq!(found, paths.into_iter().collect());
}

#[test]
fn a_url_is_one_in_all_its_spellings() {
    let links = [
        "http://EXAMPLE.com/a%7Eb",
        "http://example.com:80/a~b",
        "http://example.com./x/../a~b#top",
        "//example.com/%61~b",
    ];
    assert_eq!(asked("http://example.com/", &links, &[]), set(&["http://example.com/a~b"]));
}
