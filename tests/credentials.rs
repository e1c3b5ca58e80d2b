//! Credentials through the real program: they reach the origin they are for, and nothing else.
#![cfg(test)]

mod common;

use std::fs;

use common::http::Reply;
use common::run::Crawld;
use common::site::{Pages, Site};
use crawld::store::{Access, NewJob, Origin, Store};

/// Texts that must not be found anywhere.
const SECRETS: [&str; 5] = ["hunter2", "aHVudGVy", "tok-en-5ecret", "jar-5ecret", "given-5ecret"];

/// `Authorization` of each request.
fn shown(site: &Site) -> Vec<(String, String)> {
    let value =
        |r: &common::http::Request| r.header("authorization").unwrap_or_default().to_owned();
    site.log().iter().map(|request| (request.path.clone(), value(request))).collect()
}

fn configured(text: &str) -> Crawld {
    let crawld = Crawld::new();
    fs::write(crawld.path().join("crawld.toml"), text).unwrap();
    crawld
}

fn host(site: &Site, keys: &str) -> String {
    format!("[hosts.\"127.0.0.1:{}\"]\n{keys}\n", site.port())
}

fn crawl<'a>(root: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&["crawl", root, "--delay", "0ms", "--allow-private", "--scope", "any"], more].concat()
}

const FILE: [&str; 2] = ["--config", "crawld.toml"];

#[test]
fn a_login_goes_to_its_host_and_never_over_a_redirect_that_leaves_it() {
    let same_host = Pages::new().otherwise(|_| Reply::html("other port")).open();
    let stranger = Pages::new().otherwise(|_| Reply::html("stranger")).open_at("127.0.0.2:0");
    let site = Pages::new()
        .links("/", &["/leave", "/hop", &stranger.at("/linked"), &same_host.at("/linked")])
        .redirect("/leave", 302, &stranger.at("/target"))
        .redirect("/hop", 307, &same_host.at("/target"))
        .redirect("/robots.txt", 301, &stranger.at("/robots.txt"))
        .open();
    let crawld = configured(&host(&site, "username = \"me\"\npassword = \"hunter2\""));
    crawld.expect(0, &crawl(&site.at("/"), &FILE));
    let ours = shown(&site);
    assert_eq!(ours.len(), 4, "{ours:?}");
    assert!(ours.iter().all(|(_, value)| value == "Basic bWU6aHVudGVyMg=="), "{ours:?}");
    for other in [&same_host, &stranger] {
        let theirs = shown(other);
        assert!(theirs.len() >= 3, "{theirs:?}");
        assert!(theirs.iter().all(|(_, value)| value.is_empty()), "{theirs:?}");
    }
}

#[test]
fn a_secret_may_stand_in_a_file() {
    let site = Pages::new().page("/", "x").open();
    let crawld = configured(&host(&site, "token_file = \"token\""));
    fs::write(crawld.path().join("token"), "tok-en-5ecret\nsecond line\n").unwrap();
    crawld.expect(0, &crawl(&site.at("/"), &FILE));
    assert_eq!(shown(&site).last().unwrap().1, "Bearer tok-en-5ecret");
    let crawld = configured(&host(&site, "username = \"me\"\npassword_file = \"nowhere\""));
    let told = crawld.expect(78, &crawl(&site.at("/"), &FILE)).stderr;
    assert!(told.contains("password_file: nowhere"), "{told}");
}

#[test]
fn a_login_in_a_root_is_for_its_origin_and_said_to_be_used() {
    let other = Pages::new().page("/", "x").open();
    let site = Pages::new().links("/", &[&other.at("/")]).open();
    let root = site.at("/").replace("http://", "http://me:hunter2@");
    let crawld = Crawld::new();
    let told = crawld.expect(0, &crawl(&root, &["--no-robots"])).stderr;
    assert_eq!(shown(&site), [("/".to_owned(), "Basic bWU6aHVudGVyMg==".to_owned())]);
    assert_eq!(shown(&other), [("/".to_owned(), String::new())]);
    assert!(told.contains(&format!("sent to {} only", site.url())), "{told}");
    let wrong = crawld.expect(2, &["crawl", "https://me:hunter2@a b/"]);
    assert!(!wrong.stderr.contains("hunter2"), "{}", wrong.stderr);
}

#[test]
fn a_wrong_login_is_told_without_its_secret() {
    let site = Pages::new().page("/", "x").open();
    for (keys, key) in [
        ("token = \"tok-en-5ecret\"\nusername = \"me\"", "token: "),
        ("password = \"hunter2\"", "password: "),
        ("username = \"m:e\"\npassword = \"hunter2\"", "username: "),
        ("token = \"tok-en-5ecret x\"", "token: "),
        ("token = \"tok-en-5ecret\"\ntoken_file = \"x\"", "token: "),
        ("username = \"me\"\npassword = \"hunter2\\u0007\"", "password: "),
    ] {
        let crawld = configured(&host(&site, keys));
        let told = crawld.expect(78, &crawl(&site.at("/"), &FILE)).stderr;
        assert!(told.contains(key) && told.contains("hosts."), "{keys}: {told}");
        assert!(SECRETS.iter().all(|secret| !told.contains(secret)), "{keys}: {told}");
    }
    let header = ["--header", "Authorization tok-en-5ecret\u{7}:"];
    let told = Crawld::new().expect(2, &crawl(&site.at("/"), &header)).stderr;
    assert!(told.contains("Authorization") && !told.contains("5ecret"), "{told}");
}

#[test]
fn no_secret_is_found_in_the_store_the_log_a_report_or_an_export() {
    let site = Pages::new()
        .reply("/", Reply::links(&["/a", "/b"]).header("Set-Cookie", "sid=jar-5ecret"))
        .page("/a", "x")
        .open();
    let other = Pages::new().page("/", "x").open();
    let keys = host(&site, "username = \"me\"\npassword = \"hunter2\"");
    let crawld = configured(&(keys + &host(&other, "token = \"tok-en-5ecret\"")));
    let (root, second) = (site.at("/"), other.at("/").replace("//", "//u:hunter2@"));
    let header = ["--header", "Cookie: x=given-5ecret", "-vv", "--no-robots", "--json"];
    let mut said = String::new();
    let mut run = |arguments: &[&str]| {
        let finished = crawld.expect(0, arguments);
        said.push_str(&finished.stdout);
        said.push_str(&finished.stderr);
    };
    run(&crawl(&root, &[&FILE[..], &header].concat()));
    run(&crawl(&root, &[&FILE[..], &[&second, "-vv", "--no-robots", "--links", "all"]].concat()));
    run(&["report"]);
    run(&["status"]);
    run(&["explain", &root]);
    run(&["explain", &root.replace("://", "://me:hunter2@")]);
    for what in ["pages", "links", "failures"] {
        for format in ["csv", "jsonl", "graphml"] {
            if what == "links" || format != "graphml" {
                run(&["export", "--what", what, "--format", format]);
            }
        }
    }
    let asked = site.log();
    assert!(asked.iter().any(|r| r.header("cookie") == Some("x=given-5ecret; sid=jar-5ecret")));
    for secret in SECRETS {
        assert!(!said.contains(secret), "{secret} was said: {said}");
    }
    let mut stored = Vec::new();
    for entry in fs::read_dir(crawld.path()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "toml") {
            stored.extend(fs::read(path).unwrap());
        }
    }
    let stored = String::from_utf8_lossy(&stored);
    for secret in SECRETS.iter().filter(|secret| **secret != "jar-5ecret") {
        assert!(!stored.contains(secret), "{secret} was stored");
    }
    assert!(stored.contains("jar-5ecret"), "a jar is kept across restarts");
}

#[test]
fn a_job_stored_with_a_secret_by_an_earlier_version_is_rid_of_it() {
    let site = Pages::new().page("/", "x").open();
    let crawld = Crawld::new();
    let spec = format!(
        r#"{{"roots":["{}"],"headers":[["Authorization","Bearer old-5ecret"],["X","y"]]}}"#,
        site.at("/")
    );
    let stored = || {
        let path = crawld.path().join("crawld.db");
        Store::open(path.to_str().unwrap(), Access::Owner).unwrap()
    };
    let (kind, name) = ("crawl".to_owned(), "127.0.0.1".to_owned());
    stored().create_job(&NewJob { name, kind, origin: Origin::Cli, spec }, 1).unwrap();
    let header = ["--no-robots", "--header", "Authorization: Bearer given-5ecret"];
    let told = crawld.expect(0, &crawl(&site.at("/"), &header)).stderr;
    assert_eq!(shown(&site), [("/".to_owned(), "Bearer given-5ecret".to_owned())]);
    assert!(told.contains("changed") && !told.contains("5ecret"), "{told}");
    let spec = stored().job_by_name("127.0.0.1").unwrap().unwrap().spec;
    assert!(!spec.contains("5ecret"), "{spec}");
}
