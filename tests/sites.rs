//! The local copies of sites hold what they say they hold, as the real program reads them.
#![cfg(test)]

mod common;

use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use common::run::Crawld;
use common::sites::addresses::Addresses;
use common::sites::books::Shop;
use common::sites::flats::{Market, Offer, Portal};
use common::sites::quotes;
use common::sites::suggestions::{CAP, Suggestions};
use common::tips::endpoint::Match;

/// The paths of what a crawl from there stored as done.
fn crawled(root: &str) -> BTreeSet<String> {
    let crawld = Crawld::new();
    crawld.expect(0, &["crawl", root, "--delay", "0ms", "--no-robots", "--quiet"]);
    let rows = crawld.export("pages", &[]).into_iter().filter(|row| row["state"] == "done");
    rows.map(|row| row["url"].splitn(4, '/').nth(3).unwrap().to_owned()).collect()
}

fn texts<'a>(items: &'a [serde_json::Value], field: &str) -> Vec<&'a str> {
    items.iter().filter_map(|item| item[field].as_str()).collect()
}

#[test]
fn a_portal_links_its_pages_and_every_offer_once() {
    for portal in [Portal::Classic, Portal::Utility, Portal::Shared] {
        let market = Market::new(portal);
        let site = market.pages().open();
        let found = crawled(&site.at(market.start()));
        let items = market.items(&site.url());
        let offers: BTreeSet<_> = texts(&items, "url_offer").into_iter().collect();
        assert_eq!((market.last(), items.len(), offers.len()), (5, 47, 47));
        let linked = found.iter().filter(|path| path.starts_with("stan/"));
        let linked: BTreeSet<_> = linked.map(|path| site.at(&format!("/{path}"))).collect();
        assert_eq!(linked, offers.into_iter().map(str::to_owned).collect(), "{portal:?}");
        for page in 1..=5 {
            assert!(found.contains(&market.path(page)[1..]), "{portal:?}: {page} of {found:?}");
        }
    }
}

#[test]
fn a_market_changes_as_it_is_told() {
    let market = Market::new(Portal::Classic);
    let before = market.items("http://x");
    let offer = Offer::numbered(900);
    market.add(offer);
    market.reprice(3, Some(123_450));
    market.remove(4);
    let after = market.items("http://x");
    assert_eq!(after.len(), before.len());
    assert_eq!(after[0]["url_offer"], "http://x/stan/900");
    assert_eq!(after.iter().filter(|item| !before.contains(item)).count(), 2);
    assert_eq!(after[3]["price"], 1234.5);
}

#[test]
fn every_book_is_reached_from_the_catalogue() {
    let shop = Shop::new();
    let site = shop.pages().open();
    let found = crawled(&site.url());
    let items = shop.detailed(&site.url());
    assert_eq!(items.len(), 55);
    for url in texts(&items, "url") {
        assert!(found.contains(&url[site.url().len() + 1..]), "{url}");
    }
}

#[test]
fn every_page_of_quotes_is_reached() {
    let site = quotes::pages().open();
    let found = crawled(&site.url());
    let pages = found.iter().filter(|path| path.starts_with("page/")).count();
    assert_eq!((pages, quotes::items().len()), (4, 43));
}

#[test]
fn the_addresses_hold_the_links_that_they_say() {
    let addresses = Addresses::open();
    let crawld = Crawld::new();
    let urls = addresses.urls();
    let mut arguments = vec!["crawl", "--links", "all", "--max-depth", "0", "--delay", "0ms"];
    arguments.extend(urls.iter().map(String::as_str));
    crawld.expect(0, &arguments);
    let links = crawld.export("links", &[]).into_iter();
    let pairs: BTreeSet<(String, String)> = links
        .map(|mut row| (row.remove("source").unwrap(), row.remove("target").unwrap()))
        .collect();
    let differing: Vec<_> = pairs.symmetric_difference(&addresses.pairs()).cloned().collect();
    assert!(differing.is_empty(), "{differing:#?}");
}

#[test]
fn the_suggestions_answer_as_the_shop_does_and_keep_count() {
    let suggestions = Suggestions::shop(Match::Infix);
    let site = suggestions.pages().open();
    let ask = |query: &str, script: bool| {
        let header = if script { "X-Requested-With: XMLHttpRequest\r\n" } else { "" };
        let body = format!("q={query}");
        let length = body.len();
        exchange(
            site.port(),
            &format!(
                "POST /suggest HTTP/1.1\r\nHost: x\r\n{header}Content-Length: {length}\r\n\
                 Connection: close\r\n\r\n{body}"
            ),
        )
    };
    let answer: serde_json::Value = serde_json::from_str(&ask("a", true).1).unwrap();
    let tips = answer["query"].as_array().unwrap();
    assert_eq!(tips.len(), CAP);
    assert!(tips.iter().all(|tip| tip.as_str().unwrap().to_lowercase().contains('a')));
    assert_eq!(answer["products"].as_array().unwrap().len(), 2);
    assert_eq!(ask("qqqqqq", true).1, "[]");
    assert!(ask("a", false).0.starts_with("HTTP/1.1 403"));
    let plain =
        exchange(site.port(), "GET /complete?q=a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    assert_eq!(serde_json::from_str::<serde_json::Value>(&plain.1).unwrap(), answer["query"]);
    assert_eq!(suggestions.queries(), ["a", "qqqqqq", "a"]);
    assert_eq!((suggestions.asked(), suggestions.asked_again()), (3, 1));
}

/// Sends a request and returns head and body of the answer.
fn exchange(port: u16, request: &str) -> (String, String) {
    let mut socket = TcpStream::connect(("127.0.0.1", port)).unwrap();
    socket.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.to_owned(), body.to_owned())
}
