//! Passes: what is new, changed and gone since the last one.

use super::*;
use crate::common::http::Reply;
use crate::common::site::Pages;
use crate::common::sites::flats::Offer;

fn keyed(market: &Market, site: &Site) -> Vec<String> {
    let mut arguments = by_link(Portal::Classic, &site.at(market.start()));
    arguments.extend(["--key".to_owned(), "url_offer".to_owned()]);
    arguments
}

/// The changes as `change path`, sorted.
fn changes(crawld: &Crawld) -> Vec<String> {
    let mut changes: Vec<String> = exported(crawld, &["--since", "last"])
        .iter()
        .map(|item| {
            let path = item["url_offer"].as_str().unwrap().rsplit('/').next().unwrap();
            let fields = item["changed_fields"].as_str().unwrap();
            format!("{} {path} {fields}", item["change"].as_str().unwrap()).trim_end().to_owned()
        })
        .collect();
    changes.sort();
    changes
}

#[test]
fn since_last_shows_new_changed_and_gone_items_and_nothing_else() {
    let market = Market::with(Portal::Classic, 25);
    let (crawld, site) = (Crawld::new(), market.pages().open());
    let arguments = keyed(&market, &site);
    run(&crawld, 0, &arguments, &[]);
    assert_eq!(changes(&crawld).len(), 25, "all of the first pass is new");

    market.add(Offer::numbered(26));
    market.reprice(4, Some(77_700));
    market.remove(12);
    run(&crawld, 0, &arguments, &["--again"]);
    assert_eq!(changes(&crawld), ["changed 4 price", "gone 12", "new 26"]);
    assert_eq!(fields(exported(&crawld, &[])), market.items(&site.url()));
    let items = report(&crawld)["items"].clone();
    assert_eq!(
        ["items", "new", "changed", "gone"].map(|count| items[count].as_i64().unwrap()),
        [25, 1, 1, 1]
    );

    run(&crawld, 0, &arguments, &["--again"]);
    assert_eq!(changes(&crawld), [""; 0], "nothing has changed since");

    market.add(Offer::numbered(12));
    market.reprice(4, None);
    run(&crawld, 0, &arguments, &["--again"]);
    assert_eq!(changes(&crawld), ["changed 4 price", "new 12"], "what was gone is new again");
}

#[test]
fn every_pass_asks_the_pages_that_the_listing_has_now() {
    let market = Market::with(Portal::Classic, 35);
    let (crawld, site) = (Crawld::new(), market.pages().open());
    let arguments = keyed(&market, &site);
    run(&crawld, 0, &arguments, &[]);
    assert_eq!(site.requests(), 4);
    for id in 1..=20 {
        market.remove(id);
    }
    run(&crawld, 0, &arguments, &["--again"]);
    assert_eq!(site.requests(), 4 + 2, "two pages are left");
    assert_eq!(changes(&crawld).len(), 20);
    assert_eq!(fields(exported(&crawld, &[])), market.items(&site.url()));
    for id in 1..=20 {
        market.add(Offer::numbered(id));
    }
    run(&crawld, 0, &arguments, &["--again"]);
    assert_eq!(site.requests(), 4 + 2 + 4, "and four again");
    assert_eq!(fields(exported(&crawld, &[])), market.items(&site.url()));
}

#[test]
fn nothing_is_called_gone_when_a_page_of_the_listing_could_not_be_read() {
    let list = |n: usize| {
        let next = format!("<a rel=next href=/{}>on</a>", n + 1);
        Reply::html(format!("<li>item {n}</li>{}", if n < 3 { next } else { String::new() }))
    };
    let second = vec![list(2), Reply::status(403), list(2)];
    let site = Pages::new().reply("/1", list(1)).sequence("/2", second).reply("/3", list(3)).open();
    let crawld = Crawld::new();
    let start = site.at("/1");
    let arguments = ["scrape", &start, "--item", "li", "--field", "name=:scope", "--next", "a"];
    let arguments = [&arguments[..], &FAST].concat();
    crawld.expect(0, &arguments);
    let again = [&arguments[..], &["--again"]].concat();
    crawld.expect(0, &again);
    assert_eq!(exported(&crawld, &[]).len(), 3, "what was not looked at is still there");
    assert_eq!(exported(&crawld, &["--since", "last"]), [Value::Null; 0]);
    crawld.expect(0, &again);
    assert_eq!(exported(&crawld, &["--since", "last"]), [Value::Null; 0]);
}

#[test]
fn a_pass_with_fewer_pages_calls_nothing_gone_that_it_has_not_looked_at() {
    let market = Market::with(Portal::Classic, 45);
    let (crawld, site) = (Crawld::new(), market.pages().open());
    let arguments = keyed(&market, &site);
    run(&crawld, 0, &arguments, &[]);
    assert_eq!(site.requests(), 5);
    let first = exported(&crawld, &[])[3]["url_offer"].as_str().unwrap().to_owned();
    let id = first.rsplit('/').next().unwrap().to_owned();
    run(&crawld, 0, &arguments, &["--again", "--max-pages", "2"]);
    assert_eq!(changes(&crawld), [""; 0], "three pages were not looked at");
    assert_eq!(exported(&crawld, &[]).len(), 45);
    market.remove(id.parse().unwrap());
    run(&crawld, 0, &arguments, &["--again", "--max-pages", "2"]);
    assert_eq!(changes(&crawld), [format!("gone {id}")], "it stood on a page that was read");
    // What the first pages no longer hold may stand on later ones: only a whole pass knows.
    run(&crawld, 0, &arguments, &["--again"]);
    assert_eq!(exported(&crawld, &[]).len(), 44);
}

#[test]
fn an_item_is_changed_when_its_own_page_is() {
    let details = vec![Reply::html("<b>10</b>"), Reply::html("<b>12</b>")];
    let site = Pages::new()
        .page("/", "<li><a href=/x>x</a></li><li><a href=/y>y</a></li>")
        .sequence("/x", details)
        .page("/y", "<b>5</b>")
        .open();
    let crawld = Crawld::new();
    let root = site.at("/");
    let mut arguments =
        vec!["scrape", &root, "--item", "li", "--field", "url=a@href", "--key", "url"];
    arguments.extend(["--detail", "url", "--detail-field", "area:integer=b"]);
    arguments.extend(FAST);
    crawld.expect(0, &arguments);
    arguments.push("--again");
    crawld.expect(0, &arguments);
    let changed = exported(&crawld, &["--since", "last"]);
    assert_eq!(changed.len(), 1, "{changed:?}");
    assert_eq!((&changed[0]["changed_fields"], &changed[0]["area"]), (&"area".into(), &12.into()));
}

#[test]
fn a_new_pass_reads_the_listings_that_it_is_given() {
    let list = |name: &str| Reply::html(format!("<li>{name}</li>"));
    let site = Pages::new().reply("/a", list("a")).reply("/b", list("b")).open();
    let (crawld, a, b) = (Crawld::new(), site.at("/a"), site.at("/b"));
    let options = ["--item", "li", "--field", "name=:scope", "--delay", "0ms", "--no-robots"];
    let pass = |roots: &[&str], more: &[&str]| {
        crawld.expect(0, &[&["scrape"], roots, &options, more].concat()).stdout
    };
    pass(&[&a, &b], &[]);
    let report = pass(&[&b], &["--again"]);
    assert_eq!(site.paths(), ["/a", "/b", "/b"]);
    assert!(report.contains("known     1"), "{report}");
    // Without a new pass a listing is added.
    pass(&[&a], &[]);
    assert_eq!(site.paths(), ["/a", "/b", "/b", "/a"]);
}
