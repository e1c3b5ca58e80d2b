//! `crawld scrape` by the real program: listings page by page, their items, what ends them, what
//! has changed since the last pass.
#![cfg(test)]

mod common;

#[path = "scrape/changes.rs"]
mod changes;
#[path = "scrape/ends.rs"]
mod ends;
#[path = "scrape/items.rs"]
mod items;
#[path = "scrape/own_pages.rs"]
mod own_pages;
#[path = "scrape/pace.rs"]
mod pace;
#[path = "scrape/told.rs"]
mod told;
#[path = "scrape/values.rs"]
mod values;

use common::run::{Crawld, Finished};
use common::site::Site;
use common::sites::flats::{Market, Portal};
use serde_json::Value;

const FAST: [&str; 4] = ["--delay", "0ms", "--no-robots", "--quiet"];

/// What tells the offers of a portal, and that there is a next page.
fn selectors(portal: Portal) -> [&'static str; 6] {
    match portal {
        Portal::Classic => [
            "div.offer",
            "title=h2.offer-title",
            "location=.offer-location",
            "price:number=.offer-price span",
            "url_offer=a.more@href",
            "a.next-article-button",
        ],
        Portal::Utility => [
            "div.tw-grid",
            "title=p.tw-truncate.tw-font-bold",
            "location=p.tw-text-rhino-300",
            "price:number=p.tw-text-xl",
            "url_offer=a.tw-absolute@href",
            "a.tw-rounded.tw-border",
        ],
        Portal::Shared => [
            "article.serp-item",
            "title=h2 .text-14-24",
            "location=div > .text-14-24",
            "price:number=.price",
            "url_offer=a.tile@href",
            "a.tw-px-2",
        ],
    }
}

/// The arguments of a job that reads a portal by its next links.
fn by_link(portal: Portal, start: &str) -> Vec<String> {
    let [.., next] = selectors(portal);
    let mut arguments = by_fields(portal, start);
    arguments.extend(["--next".to_owned(), next.to_owned()]);
    arguments
}

/// The same but for what leads on.
fn by_fields(portal: Portal, start: &str) -> Vec<String> {
    let [item, title, location, price, url, _] = selectors(portal);
    let mut arguments = vec!["scrape", start, "--item", item, "--locale", "sr"];
    for field in [title, location, price, url] {
        arguments.extend(["--field", field]);
    }
    arguments.extend(FAST);
    arguments.into_iter().map(str::to_owned).collect()
}

/// Runs it, to this exit code.
fn run(crawld: &Crawld, code: i32, arguments: &[String], more: &[&str]) -> Finished {
    let arguments: Vec<&str> =
        arguments.iter().map(String::as_str).chain(more.iter().copied()).collect();
    crawld.expect(code, &arguments)
}

/// The items of a store as JSON objects, by page and place.
fn exported(crawld: &Crawld, more: &[&str]) -> Vec<Value> {
    let arguments = [&["export", "--what", "items", "--format", "jsonl"], more].concat();
    let finished = crawld.expect(0, &arguments);
    finished.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The fields of the items alone.
fn fields(items: Vec<Value>) -> Vec<Value> {
    items
        .into_iter()
        .map(|mut item| {
            let object = item.as_object_mut().unwrap();
            for place in ["job", "page", "ordinal"] {
                assert!(object.remove(place).is_some(), "{place}");
            }
            item
        })
        .collect()
}

/// Paths of the pages that were asked, in order.
fn asked(site: &Site) -> Vec<String> {
    site.log().iter().map(|request| request.path.clone()).collect()
}

/// Paths of the first pages of a portal.
fn pages(market: &Market, count: usize) -> Vec<String> {
    (1..=count).map(|page| market.path(page)).collect()
}

/// The report of the last run of a job, as JSON.
fn report(crawld: &Crawld) -> Value {
    let finished = crawld.expect(0, &["report", "--json"]);
    serde_json::from_str(finished.stdout.lines().next().unwrap()).unwrap()
}
