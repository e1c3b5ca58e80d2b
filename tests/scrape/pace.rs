//! The random pause, by the host's own log, and several sites at once.

use super::*;
use crate::common::http::Reply;
use crate::common::site::Pages;

/// What two processes on a loaded machine may differ by, milliseconds.
const SLACK: i64 = 100;

/// Milliseconds between arrivals.
fn gaps(site: &Site) -> Vec<i64> {
    let at: Vec<i64> = site.log().iter().map(|request| request.at_micros / 1000).collect();
    at.windows(2).map(|pair| pair[1] - pair[0]).collect()
}

/// The arguments without those that set a pace.
fn paced(arguments: Vec<String>) -> Vec<String> {
    let unpaced = |a: &String| a != "--delay" && a != "0ms" && a != "--no-robots";
    arguments.into_iter().filter(unpaced).collect()
}

#[test]
fn requests_to_a_host_are_a_random_pause_apart_robots_and_own_pages_included() {
    let item = |n: usize| format!("<li><a href='/item/{n}'>{n}</a></li>");
    let list: String = (1..=8).map(item).collect();
    let site = Pages::new()
        .page("/", &format!("{list}<a rel=next href=/2>on</a>"))
        .page("/2", "<li><a href='/item/9'>9</a></li>")
        .otherwise(|_| Reply::html("<h1>one</h1>"))
        .open();
    let crawld = Crawld::new();
    let root = site.at("/");
    let mut arguments = vec!["scrape", &root, "--item", "li", "--field", "url=a@href"];
    arguments.extend(["--detail", "url", "--detail-field", "head=h1", "--next", "a[rel=next]"]);
    arguments.extend(["--pause", "200ms..600ms", "--quiet"]);
    crawld.expect(0, &arguments);
    assert_eq!(site.requests(), 1 + 2 + 9);
    let gaps = gaps(&site);
    assert!(gaps.iter().all(|gap| *gap >= 200 - SLACK), "{gaps:?}");
    let (shortest, longest) = (gaps.iter().min().unwrap(), gaps.iter().max().unwrap());
    assert!(longest - shortest > SLACK, "they vary: {gaps:?}");
    let mean = gaps.iter().sum::<i64>() / i64::try_from(gaps.len()).unwrap();
    assert!((300..=600 + SLACK).contains(&mean), "about 400: {gaps:?}");
}

#[test]
fn a_crawl_delay_that_is_longer_than_the_pause_is_kept() {
    let robots = "User-agent: *\nCrawl-delay: 0.7\n";
    let site = Pages::new()
        .reply("/robots.txt", Reply::body("text/plain", robots))
        .page("/", "<li>1</li><a rel=next href=/2>on</a>")
        .page("/2", "<li>2</li>")
        .open();
    let root = site.at("/");
    let mut arguments = vec!["scrape", &root, "--item", "li", "--field", "name=:scope"];
    arguments.extend(["--next", "a", "--pause", "50ms..100ms", "--quiet"]);
    Crawld::new().expect(0, &arguments);
    assert!(gaps(&site).iter().all(|gap| *gap >= 700 - SLACK), "{:?}", gaps(&site));
}

#[test]
fn three_sites_are_read_at_once_each_at_its_own_pace() {
    let markets = [1, 2, 3].map(|_| Market::new(Portal::Classic));
    let sites = markets.clone().map(|market| market.pages().open());
    let mut arguments = paced(by_link(Portal::Classic, &sites[0].at(markets[0].start())));
    arguments.extend([1, 2].map(|at| sites[at].at(markets[at].start())));
    let crawld = Crawld::new();
    run(&crawld, 0, &arguments, &["--pause", "150ms..250ms"]);
    assert_eq!(exported(&crawld, &[]).len(), 3 * 47);
    for site in &sites {
        assert_eq!(site.requests(), 1 + 5);
        assert!(gaps(site).iter().all(|gap| *gap >= 150 - SLACK), "{:?}", gaps(site));
    }
    // Each began before any other had ended: they did not wait for each other.
    let spans = sites.each_ref().map(|site| {
        let at: Vec<i64> = site.log().iter().map(|request| request.at_micros).collect();
        (at[0], at[at.len() - 1])
    });
    let (last_begin, first_end) =
        (spans.iter().map(|s| s.0).max(), spans.iter().map(|s| s.1).min());
    assert!(last_begin < first_end, "{spans:?}");
}
