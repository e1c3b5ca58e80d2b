//! Every file of `config/examples/`, run by the real program against a local copy of its site: only
//! the addresses and the waits are others.
#![cfg(test)]

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use common::run::Crawld;
use common::sites::addresses::Addresses;
use common::sites::books::Shop;
use common::sites::flats::{Market, Portal};
use common::sites::quotes;
use common::sites::suggestions::{CAP, Suggestions, product, product_url};
use common::tips::endpoint::{Endpoint, Match};
use common::tips::words;
use crawld::demo::Site;
use serde_json::{Value, json};

/// What tells an item apart from its fields.
const PLACE: [&str; 3] = ["job", "page", "ordinal"];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("config/examples")
}

/// An example in a folder of its own, these addresses in place of its own and no waits.
struct Example {
    crawld: Crawld,
    name: &'static str,
}

impl Example {
    fn of(name: &'static str, sites: &[(&str, String)]) -> Self {
        let mut text = fs::read_to_string(folder().join(name)).unwrap();
        let waits = [
            ("delay = \"500ms\"", "delay = \"0ms\"".to_owned()),
            ("pause = [\"500ms\", \"1s\"]", "pause = [\"0ms\", \"1ms\"]".to_owned()),
        ];
        for (old, new) in waits.iter().chain(sites) {
            text = text.replace(old, new);
        }
        let left = text.lines().find(|line| line.contains(".example") && !line.starts_with('#'));
        assert!(left.is_none_or(|line| line.contains("user_agent")), "{name}: {left:?}");
        let crawld = Crawld::new();
        fs::write(crawld.path().join(name), text).unwrap();
        Self { crawld, name }
    }

    fn run(&self) {
        self.crawld.expect(0, &["run", "--config", self.name, "--until-done"]);
    }

    /// The rows of an export as JSON objects.
    fn export(&self, job: &str, what: &str) -> Vec<Value> {
        let arguments =
            ["export", "--config", self.name, "--job", job, "--what", what, "--format", "jsonl"];
        let said = self.crawld.expect(0, &arguments).stdout;
        said.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The items of a job, their fields alone, in the order of [`ordered`].
    fn items(&self, job: &str) -> Vec<Value> {
        let mut rows = self.export(job, "items");
        for row in &mut rows {
            row.as_object_mut().unwrap().retain(|name, _| !PLACE.contains(&name.as_str()));
        }
        ordered(rows)
    }
}

/// The same items, in an order that does not depend on when each was found.
fn ordered(mut items: Vec<Value>) -> Vec<Value> {
    items.sort_by_key(|item| format!("{} {}", item["url_offer"], item["text"]) + text(item, "url"));
    items
}

fn text<'v>(row: &'v Value, name: &str) -> &'v str {
    row[name].as_str().unwrap_or_default()
}

#[test]
fn every_example_is_valid_as_it_stands() {
    let crawld = Crawld::new();
    let mut seen = 0;
    for entry in fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        crawld.expect(0, &["check", "--config", path.to_str().unwrap()]);
        seen += 1;
    }
    assert_eq!(seen, 7);
}

#[test]
fn the_site_is_crawled_below_its_root() {
    let site = Site::start(0).unwrap();
    let example = Example::of("crawl-site.toml", &[("https://docs.example", site.url(""))]);
    example.run();
    let rows = example.export("docs", "pages");
    let with = |state: &str| -> BTreeSet<&str> {
        rows.iter().filter(|row| row["state"] == state).map(|row| text(row, "url")).collect()
    };
    let numbered = (1..=6).flat_map(|chapter| (1..=8).map(move |page| format!("{chapter}/{page}")));
    let others = ["", "unsteady", "slow", "notes.txt", "calendar/"].map(str::to_owned);
    let here = |path: String| site.url(&format!("/docs/{path}"));
    let expected: BTreeSet<_> = numbered.chain(others).map(here).collect();
    assert_eq!(with("done"), expected.iter().map(String::as_str).collect());
    assert_eq!(with("failed").len(), 2, "gone and cut short: {:?}", with("failed"));
    assert_eq!(with("redirected").len(), 3);
    assert_eq!(site.hits("/docs/private/"), 0);
}

#[test]
fn the_links_of_a_list_are_written_down_whatever_fails() {
    let addresses = Addresses::open();
    let example = Example::of("fetch-list.toml", &[]);
    fs::write(example.crawld.path().join("urls.txt"), addresses.list()).unwrap();
    example.run();
    let links = example.export("links", "links");
    let pair = |row: &Value| (text(row, "source").to_owned(), text(row, "target").to_owned());
    assert_eq!(links.iter().map(pair).collect::<BTreeSet<_>>(), addresses.pairs());
    let failed = example.export("links", "failures");
    assert_eq!(failed.len(), 1);
    assert_eq!(text(&failed[0], "url"), addresses.urls()[1]);
    assert_eq!(text(&failed[0], "reason"), "http_404");
    assert_eq!(addresses.first.hits("/double"), 0, "links are written down, not followed");
}

#[test]
fn the_shops_suggestions_are_harvested_whole() {
    let endpoint = Endpoint::new(&words::tips(300, 77), Match::Infix, CAP);
    let suggestions = Suggestions::of(endpoint);
    let site = suggestions.pages().open();
    let example = Example::of("suggest-shop.toml", &[("https://shop.example", site.url())]);
    example.run();
    let rows = example.export("tips", "suggestions");
    let of = |kind: &str| rows.iter().filter(|row| row["result"] == kind).collect::<Vec<_>>();
    let found: BTreeSet<_> = of("query").iter().map(|row| text(row, "text")).collect();
    let letters: String = ('a'..='z').chain('0'..='9').collect();
    let findable = suggestions.endpoint().findable(&letters, (1, 3));
    assert_eq!(found, findable.iter().map(String::as_str).collect());
    assert!(suggestions.asked() * 8 < 47_988, "{}", suggestions.asked());
    println!("{} of 47,988 queries asked", suggestions.asked());
    assert_eq!(suggestions.asked_again(), 0);
    let products = of("products");
    assert!(!products.is_empty() && !of("categories").is_empty());
    for row in products {
        let expected = product(text(row, "text"));
        assert_eq!((&row["url"], &row["image"]), (&expected["url"], &expected["image"]));
        assert!(!text(row, "price").contains('<') && text(row, "price").ends_with('₴'), "{row}");
        assert!(product_url(&site.url(), text(row, "text")).ends_with(text(row, "url")));
    }
}

#[test]
fn the_offers_of_three_portals_are_found_side_by_side() {
    let portals =
        [("classic", Portal::Classic), ("utility", Portal::Utility), ("shared", Portal::Shared)];
    let markets = portals.map(|(job, portal)| (job, Market::new(portal)));
    let sites: BTreeMap<_, _> =
        markets.iter().map(|(job, market)| (*job, market.pages().open())).collect();
    let places: Vec<_> =
        sites.iter().map(|(job, site)| (format!("https://{job}.example"), site.url())).collect();
    let places: Vec<_> = places.iter().map(|(old, new)| (old.as_str(), new.clone())).collect();
    let example = Example::of("scrape-flats.toml", &places);
    example.run();
    for (job, market) in markets {
        let site = &sites[job];
        assert_eq!(example.items(job), ordered(market.items(&site.url())), "{job}");
        let listed = site.paths().iter().filter(|path| path.starts_with(market.start())).count();
        assert_eq!(listed, market.last(), "{job}: each page once");
    }
}

#[test]
fn every_book_is_found_with_what_its_own_page_says() {
    let shop = Shop::new();
    let site = shop.pages().open();
    let example = Example::of("scrape-books.toml", &[("https://books.example", site.url())]);
    example.run();
    assert_eq!(example.items("books"), ordered(shop.detailed(&site.url())));
}

#[test]
fn the_quotes_are_the_same_by_pages_and_by_json() {
    let site = quotes::pages().open();
    let example = Example::of("scrape-quotes.toml", &[("https://quotes.example", site.url())]);
    example.run();
    // What no element is found for is missing, where a list in JSON may be there and empty.
    let mut by_pages = quotes::items();
    for item in &mut by_pages {
        if item["tags"] == json!([]) {
            item["tags"] = Value::Null;
        }
    }
    assert_eq!(example.items("quotes"), ordered(by_pages));
    assert_eq!(example.items("quotes-api"), ordered(quotes::items()));
}

#[test]
fn the_four_kinds_run_together_on_the_demo_site() {
    let site = Site::start(0).unwrap();
    let example = Example::of("demo.toml", &[("http://127.0.0.1:7800", site.url(""))]);
    example.run();
    let done = |job: &str| {
        example.export(job, "pages").iter().filter(|row| row["state"] == "done").count()
    };
    assert_eq!((done("pages"), done("links")), (56, 4));
    let items = example.items("shop");
    assert_eq!(items.len(), 360);
    assert!(items.iter().all(|item| item["price"].is_number() != (item["price"].is_null())));
    assert_eq!(items.iter().filter(|item| item["price"].is_null()).count(), 32);
    let tips = example.export("tips", "suggestions");
    assert!(tips.iter().filter(|row| row["result"] == "query").count() > 150, "{}", tips.len());
}
