//! Which queries are asked, and that they find everything.

use crate::common::run::Crawld;
use crate::common::sites::suggestions::{CAP, Suggestions};
use crate::common::tips::endpoint::{Endpoint, Match};
use crate::common::tips::words;
use crate::optimum;
use crate::{LETTERS, distinct, harvest, tips};

#[test]
fn exhaustive_asks_all_47_988_combinations_of_36_letters_once_and_in_order() {
    let shop = Suggestions::of(Endpoint::new(&words::tips(60, 1), Match::Prefix, 2));
    let site = shop.pages().open();
    let crawld = Crawld::new();
    // In three goes, each from where the one before was cut.
    for cut in [&["--max-pages", "16000"][..], &["--max-pages", "32000"], &["--max-pages", "99999"]]
    {
        harvest(&crawld, &site, cut);
    }
    assert_eq!(shop.asked(), 47_988);
    assert_eq!(distinct(&shop).len(), 47_988);
    let urls: Vec<String> =
        crawld.export("pages", &[]).into_iter().map(|mut row| row.remove("url").unwrap()).collect();
    let query = |at: usize| urls[at].rsplit_once("q=").unwrap().1;
    assert_eq!((query(0), query(36), query(47_987)), ("a", "aa", "999"));
    let found = tips(&crawld.export("suggestions", &[]));
    assert_eq!(found, shop.endpoint().findable(LETTERS, (1, 3)));
}

/// Adaptive at length 4: as much is found as exhaustive finds, with one request for so many of its.
fn adaptive(matches: Match, saved: usize, least: fn(&Endpoint, &str, usize) -> usize) {
    let shop = Suggestions::shop(matches);
    let site = shop.pages().open();
    let crawld = Crawld::new();
    // Cut on the way, lest one run take long.
    for cut in ["9000", "18000", "99999"] {
        harvest(
            &crawld,
            &site,
            &["--max-length", "4", "--strategy", "adaptive", "--max-pages", cut],
        );
    }
    let (asked, exhaustive) = (shop.asked(), 1_727_604);
    let optimum = least(shop.endpoint(), LETTERS, 4);
    println!(
        "{matches:?}, cap {CAP}: {asked} requests, {optimum} by the rule, {exhaustive} exhaustive"
    );
    assert_eq!(shop.asked_again(), 0);
    assert!(asked * saved <= exhaustive, "{asked}");
    assert!(asked * 10 <= optimum * 11, "{asked} > 1.1 x {optimum}");
    let found = tips(&crawld.export("suggestions", &[]));
    let missed: Vec<_> =
        shop.endpoint().findable(LETTERS, (1, 4)).difference(&found).cloned().collect();
    assert!(missed.is_empty(), "{missed:?}");
}

#[test]
fn adaptive_harvests_an_infix_endpoint_with_a_fortieth_of_the_requests() {
    adaptive(Match::Infix, 40, optimum::by_both);
}

#[test]
fn adaptive_harvests_a_prefix_endpoint_with_a_hundred_and_fiftieth_of_the_requests() {
    adaptive(Match::Prefix, 150, optimum::by_prefix);
}

/// All the evidence that the endpoint does not match as it is said to is in the answers of the first
/// length: the rule said asks pairs of consonants then, which show nothing.
#[test]
fn a_wrong_hint_is_found_out_with_a_warning_and_loses_nothing() {
    let endpoint = Endpoint::new(&words::syllables(3000, 77), Match::Prefix, CAP);
    let shop = Suggestions::of(endpoint);
    let site = shop.pages().open();
    let crawld = Crawld::new();
    harvest(&crawld, &site, &["--strategy", "adaptive", "--matcher", "infix"]);
    let found = tips(&crawld.export("suggestions", &[]));
    assert_eq!(found, shop.endpoint().findable(LETTERS, (1, 3)));
    assert!(shop.asked() < 6000 && shop.asked_again() == 0, "{}", shop.asked());
    let report = crawld.expect(0, &["report"]).stdout;
    assert!(report.contains("fewer queries are left out from here on"), "{report}");
    assert!(report.contains("proofs asked, 1 failed"), "{report}");
}

#[test]
fn millions_of_combinations_are_never_queued_beyond_a_window() {
    let shop = Suggestions::of(Endpoint::new(&words::tips(60, 1), Match::Prefix, 2));
    let site = shop.pages().open();
    let crawld = Crawld::new();
    let cut =
        ["--alphabet", "a-z0-9{cyrillic}", "--max-length", "4", "--max-pages", "2000", "--yes"];
    harvest(&crawld, &site, &cut);
    assert_eq!(shop.asked(), 2000);
    let rows = crawld.export("pages", &[]);
    let queued = rows.iter().filter(|row| row["state"] == "queued").count();
    assert!(queued <= 4 * 64 + 4000, "{queued} of 23,000,460 are queued");
}
