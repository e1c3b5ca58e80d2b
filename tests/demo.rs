//! The demo site: what it answers, and a crawl of it by the real program.
#![cfg(test)]

mod common;

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::{fs, thread};

use common::run::Crawld;
use crawld::clock::Clock;
use crawld::demo::Site;
use serde_json::Value;

/// Sends a request and returns head and body of the answer.
fn exchange(site: &Site, line: &str, headers: &str, body: &str) -> (String, String) {
    let mut socket = TcpStream::connect(site.address()).unwrap();
    let length = body.len();
    let request = format!(
        "{line} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{headers}Content-Length: {length}\r\n\r\n{body}"
    );
    socket.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.to_owned(), body.to_owned())
}

fn get(site: &Site, path: &str) -> String {
    exchange(site, &format!("GET {path}"), "", "").1
}

fn json(site: &Site, path: &str) -> Value {
    serde_json::from_str(&get(site, path)).unwrap()
}

const SCRIPT: &str = "X-Requested-With: XMLHttpRequest\r\n";

#[test]
fn the_search_box_answers_as_the_shop_does() {
    let site = Site::start(0).unwrap();
    let (head, body) = exchange(&site, "POST /suggest", SCRIPT, "q=ph");
    assert!(head.starts_with("HTTP/1.1 200") && head.contains("application/json"), "{head}");
    let answer: Value = serde_json::from_str(&body).unwrap();
    let texts: Vec<_> = answer["query"].as_array().unwrap().iter().collect();
    assert_eq!(texts.len(), 6);
    assert!(texts.iter().all(|text| text.as_str().unwrap().contains("ph")));
    assert!(texts.iter().any(|text| !text.as_str().unwrap().starts_with("ph")), "infix");
    let product = &answer["products"][0];
    for field in ["name", "url", "price", "image", "special_price"] {
        assert!(product[field].is_string(), "{field}: {product}");
    }
    assert!(answer["categories"][0]["name"].is_string());
    assert_eq!(json(&site, "/suggest?q=ph"), answer);
    assert_eq!(json(&site, "/suggest?q=%D0%A7%D0%90%D0%99")["query"].as_array().unwrap().len(), 6);
    assert_eq!(exchange(&site, "POST /suggest", SCRIPT, "q=zzz").1, "[]");
    assert!(exchange(&site, "POST /suggest", "", "q=ph").0.starts_with("HTTP/1.1 403"));
    assert!(exchange(&site, "POST /suggest", SCRIPT, "x=ph").0.starts_with("HTTP/1.1 400"));
}

#[test]
fn the_plain_endpoint_answers_sorted_beginnings_and_as_many_as_asked_for() {
    let site = Site::start(0).unwrap();
    let texts = |path: &str| -> Vec<String> { serde_json::from_str(&get(&site, path)).unwrap() };
    let (few, some) = (texts("/complete?q=c"), texts("/complete?q=c&limit=25"));
    assert_eq!((few.len(), some.len()), (10, 25));
    assert_eq!(few[..], some[..10]);
    assert!(some.is_sorted() && some.iter().all(|text| text.starts_with('c')));
    assert_eq!(texts("/complete?q=c&max_results=12")[..], some[..12]);
    assert!(texts("/complete?q=c&limit=9999").len() <= 50);
    assert!(texts("/complete?q=").is_empty());
}

#[test]
fn the_list_of_the_shop_is_whole_in_pages_and_in_pieces() {
    let site = Site::start(0).unwrap();
    let (mut shown, mut page) = (Vec::new(), 1);
    loop {
        let html = get(&site, &format!("/shop/?page={page}"));
        let parts = html.split("<h2><a href=\"").skip(1);
        shown.extend(parts.map(|part| part.split('"').next().unwrap().to_owned()));
        if !html.contains("class=\"next\"") {
            break;
        }
        page += 1;
    }
    let (mut listed, mut next) = (Vec::new(), Some(site.url("/shop/api")));
    while let Some(url) = next {
        let piece = json(&site, url.strip_prefix(&site.url("")).unwrap());
        let urls = piece["items"].as_array().unwrap().iter().map(|item| item["url"].clone());
        listed.extend(urls.map(|url| url.as_str().unwrap().to_owned()));
        next = piece["next"].as_str().map(str::to_owned);
    }
    assert_eq!((page, shown.len()), (15, 360));
    assert_eq!(shown, listed);
    assert!(exchange(&site, "GET /shop/?page=16", "", "").0.starts_with("HTTP/1.1 404"));
    let item = get(&site, &shown[4]);
    let data = item.split("ld+json\">").nth(1).unwrap().split("</script>").next().unwrap();
    let data: Value = serde_json::from_str(data).unwrap();
    assert_eq!(data["@type"], "Product");
    assert!(item.contains("itemtype=\"https://schema.org/Product\"") && item.contains("<s>"));
    assert!(!get(&site, "/shop/item/11").contains("itemprop=\"price\""), "not for sale");
}

#[test]
fn two_sites_are_the_same_and_count_what_they_are_asked() {
    let (one, two) = (Site::start(0).unwrap(), Site::start(0).unwrap());
    let rest = |site: &Site, path: &str| get(site, path).replace(&site.url(""), "");
    for path in ["/", "/shop/?page=3", "/shop/item/9", "/docs/2/3", "/urls.txt", "/sitemap.xml"] {
        assert_eq!(rest(&one, path), rest(&two, path), "{path}");
    }
    get(&one, "/docs/2/3");
    assert_eq!((one.requests(), one.hits("/docs/2/3"), two.hits("/docs/2/3")), (7, 2, 1));
    assert_eq!(json(&one, "/demo/log")["paths"]["/docs/2/3"], 2);
    assert_eq!(one.requests(), 7, "asking for the counts is not counted");
}

#[test]
fn a_port_that_is_taken_is_an_error_and_a_dropped_site_gives_it_back() {
    let site = Site::start(0).unwrap();
    let port = site.address().port();
    assert!(Site::start(port).is_err());
    drop(site);
    // Whoever asks for any free port at all may have this one for a moment.
    let clock = Clock::start();
    let until = clock.now() + 20_000;
    let again = loop {
        match Site::start(port) {
            Err(_) if clock.now() < until => thread::yield_now(),
            started => break started.unwrap(),
        }
    };
    assert_eq!(again.address().port(), port);
}

#[test]
fn a_crawl_of_the_linked_pages_meets_every_kind_of_bad_one_and_ends() {
    let site = Site::start(0).unwrap();
    let crawld = Crawld::new();
    let root = site.url("/docs/");
    let arguments = ["crawl", &root, "--scope", "prefix", "--delay", "0ms", "--max-tries", "3"];
    crawld.expect(0, &arguments);
    let rows = crawld.export("pages", &[]);
    let mut states: BTreeMap<&str, usize> = BTreeMap::new();
    for row in &rows {
        *states.entry(&row["state"]).or_default() += 1;
    }
    let row = |path: &str| rows.iter().find(|row| row["url"] == site.url(path)).unwrap();
    let said = |path: &str| (row(path)["state"].as_str(), row(path)["reason"].as_str());
    assert_eq!(said("/docs/gone"), ("failed", "http_404"));
    assert_eq!(said("/docs/cut"), ("failed", "truncated"));
    assert_eq!(said("/docs/private/"), ("excluded", "robots"));
    assert_eq!((said("/docs/unsteady").0, site.hits("/docs/unsteady")), ("done", 3));
    assert_eq!(said("/docs/slow").0, "done");
    assert_eq!(said("/docs/calendar/next/next/next/next/"), ("excluded", "trap_repeat"));
    assert_eq!(row("/docs/notes.txt")["links"], "0");
    assert_eq!(states["redirected"], 3);
    // 48 pages, the contents, unsteady, slow, the notes and four months of the calendar.
    assert_eq!(states["done"], 56, "{states:?}");
    assert_eq!(states.get("queued"), None);
}

#[test]
fn the_demo_runs_its_jobs_against_its_own_site_and_shows_what_they_found() {
    let crawld = Crawld::new();
    let shown = crawld.expect(0, &["demo", "--keep", "kept"]).stdout;
    for words in [
        "$ crawld crawl http://127.0.0.1:",
        "http_404",
        "$ crawld suggest http://127.0.0.1:",
        "demo-suggest  products  ",
        "The site was asked ",
        "$ crawld fetch --sitemap http://127.0.0.1:",
        "demo-fetch  http://127.0.0.1:",
        "$ crawld scrape http://127.0.0.1:",
        "demo-scrape  http://127.0.0.1:",
        "more",
        "cd kept && crawld status",
    ] {
        assert!(shown.contains(words), "{words}: {shown}");
    }
    let store = ["--database", "kept/crawld.db"];
    let failures = crawld.export("failures", &[&["--job", "demo-crawl"], &store[..]].concat());
    assert_eq!(failures.len(), 2);
    let tips = crawld.export("suggestions", &[&["--job", "demo-suggest"], &store[..]].concat());
    assert!(tips.iter().any(|tip| !tip["price"].is_empty()) && tips.len() > 100);
    let asked = crawld.export("pages", &[&["--job", "demo-suggest"], &store[..]].concat()).len();
    assert!(asked < 47_988 / 50, "{asked} queries of 47,988");
    let items = crawld.export("items", &[&["--job", "demo-scrape"], &store[..]].concat());
    assert_eq!(items.len(), 3 * 24);
    let again = crawld.expect(2, &["demo", "--keep", "kept"]);
    assert!(again.stderr.contains("holds a store already"), "{}", again.stderr);
    // Without a folder to be kept nothing is left.
    let folder = tempfile::tempdir().unwrap();
    let crawld = Crawld::new().env("TMPDIR", folder.path().to_str().unwrap());
    crawld.expect(0, &["demo"]);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_signal_ends_the_demo_with_its_commands_and_leaves_nothing() {
    for (signal, code) in [("TERM", 143), ("INT", 130), ("HUP", 129)] {
        let folder = tempfile::tempdir().unwrap();
        let crawld = Crawld::new().env("TMPDIR", folder.path().to_str().unwrap());
        let running = crawld.spawn(&["demo"]);
        let demo = running.id();
        let children = format!("/proc/{demo}/task/{demo}/children");
        let clock = Clock::start();
        let until = clock.now() + 20_000;
        // Its first command has begun when there is a store.
        let has_store = || {
            let made = fs::read_dir(folder.path()).unwrap().next();
            made.is_some_and(|made| made.unwrap().path().join("crawld.db").exists())
        };
        while !has_store() {
            assert!(clock.now() < until, "no command was begun");
            thread::yield_now();
        }
        let child = fs::read_to_string(children).unwrap().trim().to_owned();
        assert!(child.parse::<u32>().is_ok(), "{child:?}");
        running.signal(signal);
        let ended = running.finish();
        assert_eq!((ended.code, ended.signal), (Some(code), None), "{signal}: {ended:#?}");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "{signal}");
        assert!(!fs::exists(format!("/proc/{child}")).unwrap(), "{signal}: it goes on");
    }
}
