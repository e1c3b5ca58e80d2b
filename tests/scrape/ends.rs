//! Which pages are asked, and what ends a listing.

use super::*;
use crate::common::http::Reply;
use crate::common::site::Pages;

const ALL: [Portal; 3] = [Portal::Classic, Portal::Utility, Portal::Shared];

/// A page with these items, and a next link.
fn page(items: &[&str], next: Option<&str>) -> Reply {
    let items: Vec<String> = items.iter().map(|item| format!("<li>{item}</li>")).collect();
    let items = items.concat();
    let next = next.map_or_else(String::new, |next| format!("<a rel=next href='{next}'>on</a>"));
    Reply::html(format!("<ul>{items}</ul>{next}"))
}

fn lists(start: &str, more: &[&str]) -> Vec<String> {
    // A template comes right behind its option.
    let (first, rest) = if start.starts_with("--") { more.split_at(1) } else { (&[][..], more) };
    let item = ["--item", "li", "--field", "name=:scope"];
    let arguments = [&["scrape", start], first, &item, &FAST, rest];
    arguments.concat().into_iter().map(str::to_owned).collect()
}

const BY_LINK: [&str; 2] = ["--next", "a[rel=next]"];

#[test]
fn next_links_are_followed_to_the_last_page_each_page_once_and_all_items_are_had() {
    for portal in ALL {
        let market = Market::new(portal);
        let (crawld, site) = (Crawld::new(), market.pages().open());
        run(&crawld, 0, &by_link(portal, &site.at(market.start())), &[]);
        assert_eq!(asked(&site), pages(&market, 5), "{portal:?}");
        assert_eq!(fields(exported(&crawld, &[])), market.items(&site.url()), "{portal:?}");
    }
}

#[test]
fn a_template_leads_through_all_pages_and_ends_at_404_at_no_items_and_at_a_repeated_page() {
    for portal in ALL {
        let market = Market::new(portal);
        let (crawld, site) = (Crawld::new(), market.pages().open());
        let template = format!("{{start}}{}", market.suffix());
        let start = site.at(market.start());
        run(&crawld, 0, &by_fields(portal, &start), &["--page-template", &template]);
        // One more tells that there are no more.
        assert_eq!(asked(&site), pages(&market, 6), "{portal:?}");
        assert_eq!(fields(exported(&crawld, &[])), market.items(&site.url()), "{portal:?}");
        let report = report(&crawld);
        assert_eq!(report["urls"]["failed"], 0, "{portal:?}: {report}");
        assert_eq!(report["urls"]["queued"], 0, "{portal:?}: {report}");
    }
}

#[test]
fn a_page_of_a_template_that_is_not_there_is_done_with_its_status_and_a_first_page_is_failed() {
    let site = Pages::new().reply("/list?page=1", page(&["a"], None)).open();
    let end = |first: &str, code: i32| {
        let crawld = Crawld::new();
        let template = site.at("/list?page={page}");
        run(&crawld, code, &lists("--page-template", &[&template, "--first-page", first]), &[]);
        let pages = crawld.export("pages", &[]);
        let last = pages.last().unwrap();
        format!("{} {} {}", last["state"], last["status"], last["reason"])
    };
    assert_eq!(end("1", 0), "done 404 ");
    assert_eq!(end("2", 1), "failed 404 http_404");
}

#[test]
fn what_says_that_there_is_a_next_page_saves_the_page_after_the_last() {
    for portal in ALL {
        let market = Market::new(portal);
        let (crawld, site) = (Crawld::new(), market.pages().open());
        let template = format!("{{start}}{}", market.suffix());
        let [.., more] = selectors(portal);
        let options = ["--page-template", &template, "--more", more];
        run(&crawld, 0, &by_fields(portal, &site.at(market.start())), &options);
        assert_eq!(asked(&site), pages(&market, 5), "{portal:?}");
    }
}

#[test]
fn three_pages_of_five_are_asked_under_a_limit_of_three_and_raising_it_goes_on() {
    let market = Market::new(Portal::Classic);
    let (crawld, site) = (Crawld::new(), market.pages().open());
    let arguments = by_link(Portal::Classic, &site.at(market.start()));
    run(&crawld, 0, &arguments, &["--max-pages", "3"]);
    assert_eq!(asked(&site), pages(&market, 3));
    assert_eq!(exported(&crawld, &[]).len(), 30);
    let cut = report(&crawld);
    assert_eq!((&cut["state"], &cut["limit"]), (&"done".into(), &"max_pages".into()), "{cut}");
    assert_eq!(cut["urls"]["queued"], 1, "what lies beyond stays queued: {cut}");

    // Nothing new is asked for: nothing happens.
    run(&crawld, 0, &arguments, &["--max-pages", "3"]);
    assert_eq!(site.requests(), 3);

    run(&crawld, 0, &arguments, &["--max-pages", "4"]);
    assert_eq!(asked(&site), pages(&market, 4));
    run(&crawld, 0, &arguments, &[]);
    assert_eq!(asked(&site), pages(&market, 5), "each page once over all runs");
    assert_eq!(fields(exported(&crawld, &[])), market.items(&site.url()));
    assert_eq!(report(&crawld)["limit"], Value::Null);
}

#[test]
fn the_limit_counts_the_pages_of_each_start() {
    let markets = [Market::new(Portal::Classic), Market::with(Portal::Classic, 20)];
    let sites = markets.clone().map(|market| market.pages().open());
    let crawld = Crawld::new();
    let mut arguments = by_link(Portal::Classic, &sites[0].at(markets[0].start()));
    arguments.push(sites[1].at(markets[1].start()));
    run(&crawld, 0, &arguments, &["--max-pages", "2"]);
    assert_eq!(sites.each_ref().map(Site::requests), [2, 2]);
    assert_eq!(exported(&crawld, &[]).len(), 40);
}

#[test]
fn a_cycle_of_next_links_ends_whatever_its_length() {
    for length in [1, 2, 3] {
        let mut pages = Pages::new();
        for at in 0..length {
            let next = format!("/{}", (at + 1) % length);
            pages = pages.reply(&format!("/{at}"), page(&[&format!("item {at}")], Some(&next)));
        }
        let (crawld, site) = (Crawld::new(), pages.open());
        run(&crawld, 0, &lists(&site.at("/0"), &BY_LINK), &[]);
        assert_eq!(site.requests(), length);
        assert_eq!(exported(&crawld, &[]).len(), length);
    }
}

#[test]
fn a_template_that_shows_the_same_pages_in_turn_ends() {
    // Beyond the third page the site begins anew, under URLs that are all different.
    let site = Pages::new()
        .otherwise(|request| {
            let n: usize = request.path.rsplit('=').next().unwrap().parse().unwrap();
            let at = (n - 1) % 3;
            page(&[&format!("a{at}"), &format!("b{at}")], None)
        })
        .open();
    let crawld = Crawld::new();
    let template = site.at("/list?page={page}");
    run(&crawld, 0, &lists("--page-template", &[&template]), &[]);
    assert_eq!(asked(&site), ["/list?page=1", "/list?page=2", "/list?page=3", "/list?page=4"]);
    assert_eq!(exported(&crawld, &[]).len(), 6);
}

#[test]
fn an_empty_page_ends_a_listing_even_if_it_has_a_next_link() {
    let site = Pages::new()
        .reply("/1", page(&["a"], Some("/2")))
        .reply("/2", page(&[], Some("/3")))
        .reply("/3", page(&["b"], None))
        .open();
    let crawld = Crawld::new();
    run(&crawld, 0, &lists(&site.at("/1"), &BY_LINK), &[]);
    assert_eq!(asked(&site), ["/1", "/2"]);
}

#[test]
fn a_page_that_fails_ends_its_listing_and_is_told() {
    let gone = |path: &str| {
        let site = Pages::new().reply("/1", page(&["a"], Some(path))).open();
        let crawld = Crawld::new();
        run(&crawld, 0, &lists(&site.at("/1"), &BY_LINK), &[]);
        (exported(&crawld, &[]).len(), crawld.export("failures", &[]).len())
    };
    assert_eq!(gone("/2"), (1, 1), "a next link that leads nowhere is a failure");
}

#[test]
fn listings_follow_redirects() {
    let site = Pages::new()
        .redirect("/", 302, "/list/")
        .reply("/list/", page(&["a"], Some("2")))
        .redirect("/list/2", 301, "/list/two/")
        .reply("/list/two/", page(&["b"], Some("../3")))
        .reply("/list/3", page(&["c"], None))
        .open();
    let crawld = Crawld::new();
    run(&crawld, 0, &lists(&site.at("/"), &BY_LINK), &[]);
    let names: Vec<Value> =
        exported(&crawld, &[]).into_iter().map(|item| item["name"].clone()).collect();
    assert_eq!(names, ["a", "b", "c"]);
    run(&crawld, 0, &lists(&site.at("/"), &BY_LINK), &["--again"]);
    assert_eq!(site.requests(), 10, "a later pass finds its way by the same redirects");
}
