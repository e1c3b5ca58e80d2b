//! Queries that fail for good: what they may have hidden is asked for, or told.

use std::collections::HashSet;

use crate::common::http::Reply;
use crate::common::run::Crawld;
use crate::common::site::{Pages, Site};
use crate::common::tips::endpoint::{Endpoint, Match};
use crate::common::tips::words;
use crate::{harvest, tips};

const LETTERS: &str = "a-l";

/// An endpoint with a filter of words: what it says no to finds nothing.
fn filtered(endpoint: Endpoint, refuses: fn(&str) -> bool) -> Site {
    Pages::new()
        .otherwise(move |request| match request.path.split_once("q=") {
            Some((_, query)) if !refuses(query) => {
                let tips = serde_json::to_string(&endpoint.answer(query)).unwrap();
                Reply::body("application/json", tips)
            }
            _ => Reply::status(403),
        })
        .open()
}

fn found(site: &Site, strategy: &str) -> (HashSet<String>, String) {
    let crawld = Crawld::new();
    let more = ["--alphabet", LETTERS, "--max-length", "3", "--strategy", strategy];
    harvest(&crawld, site, &more);
    (tips(&crawld.export("suggestions", &[])), crawld.expect(0, &["report"]).stdout)
}

#[test]
fn adaptive_finds_what_exhaustive_finds_though_queries_fail() {
    for matches in [Match::Infix, Match::Prefix] {
        let endpoint = || Endpoint::new(&words::tips(500, 51), matches, 6);
        let refuses = |query: &str| ["e", "ab", "gi", "ble"].contains(&query);
        let (all, _) = found(&filtered(endpoint(), refuses), "exhaustive");
        let site = filtered(endpoint(), refuses);
        let (adaptive, report) = found(&site, "adaptive");
        assert!(all.len() > 50 && site.requests() < 1200, "{} {}", all.len(), site.requests());
        assert_eq!(adaptive, all, "{matches:?}");
        assert!(report.contains("queries failed: incomplete behind them"), "{report}");
        assert!(report.contains("crawld retry"), "{report}");
        assert!(!report.contains("100 % of what"), "{report}");
    }
}

#[test]
fn an_endpoint_that_fails_often_is_not_asked_for_everything_and_it_is_told() {
    let endpoint = Endpoint::new(&words::tips(500, 52), Match::Prefix, 6);
    let site = filtered(endpoint, |query| query.len() == 2);
    let (_, report) = found(&site, "adaptive");
    assert!(site.requests() < 400, "{}", site.requests());
    assert!(report.contains("failed, so many that not all"), "{report}");
}
