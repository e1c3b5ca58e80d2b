//! How many requests a harvest needs, and that it finds what asking everything finds.

use crawld::domain::harvest::{Alphabet, Matcher, Plan, Rule, Strategy};

use crate::endpoint::{Endpoint, Match};
use crate::shelf::{Manner, Outcome, crawl};
use crate::{optimum, words};

/// The alphabet of the shop's harvesters, and their lengths plus one.
const LATIN: &str = "a-z0-9";
const LONGEST: usize = 4;

pub(crate) fn adaptive(matcher: Option<Matcher>) -> Strategy {
    Strategy::Adaptive { matcher, learn: false, best_first: false }
}

pub(crate) fn plan(alphabet: &str, lengths: (usize, usize), strategy: Strategy) -> Plan {
    Plan::new(Alphabet::parse(alphabet, false).unwrap(), lengths, strategy, 7).unwrap()
}

pub(crate) fn letters(alphabet: &str) -> String {
    Alphabet::parse(alphabet, false).unwrap().letters().iter().collect()
}

/// Adaptive at 36 letters and length 4: everything is found, with so many requests at most in
/// comparison with the optimum of the fitting rule, and one for so many of exhaustive.
fn holds(name: &str, endpoint: &Endpoint, optimum: usize, saved: u128) -> Outcome {
    let plan = plan(LATIN, (1, LONGEST), adaptive(None));
    let outcome = crawl(endpoint, &plan, &Manner::default());
    let exhaustive = plan.count().unwrap();
    outcome.show(name, exhaustive, optimum);
    let missed = endpoint.findable(&letters(LATIN), (1, LONGEST));
    let missed: Vec<_> = missed.difference(&outcome.tips).collect();
    assert!(missed.is_empty(), "{name} lost {missed:?}");
    assert_eq!(outcome.warnings, [], "{name}");
    assert!(outcome.asked * 10 <= optimum * 11, "{name}: {} > 1.1 x {optimum}", outcome.asked);
    assert!(outcome.asked as u128 * saved <= exhaustive, "{name}: {}", outcome.asked);
    assert_eq!(outcome.again, 0);
    let truth = outcome.tips.len() as f64 / endpoint.matching(&letters(LATIN)) as f64;
    let estimate = outcome.record.coverage(true).unwrap();
    println!("{name}: coverage estimated {estimate:.3}, in truth {truth:.3}");
    let fair = truth - 0.25..truth + 0.05;
    assert!(fair.contains(&estimate), "rather too low than too high: {estimate} and {truth}");
    outcome
}

#[test]
fn an_infix_endpoint_is_harvested_whole_with_a_fortieth_of_the_requests() {
    for seed in 1..=3 {
        let endpoint = Endpoint::new(&words::tips(6000, seed), Match::Infix, 6);
        let optimum = optimum::by_both(&endpoint, &letters(LATIN), LONGEST);
        let outcome = holds("infix", &endpoint, optimum, 40);
        assert_eq!(outcome.rule(), Some(Rule::Both));
    }
}

#[test]
fn a_prefix_endpoint_is_harvested_whole_with_a_hundred_and_fiftieth_of_the_requests() {
    for seed in 1..=3 {
        let endpoint = Endpoint::new(&words::tips(6000, seed), Match::Prefix, 6);
        let optimum = optimum::by_prefix(&endpoint, &letters(LATIN), LONGEST);
        let outcome = holds("prefix", &endpoint, optimum, 150);
        assert_eq!(outcome.rule(), Some(Rule::Prefix));
    }
}

#[test]
fn an_endpoint_that_finds_words_is_taken_for_a_prefix_matcher() {
    let endpoint = Endpoint::new(&words::tips(6000, 4), Match::Word, 6);
    let optimum = optimum::by_prefix(&endpoint, &letters(LATIN), LONGEST);
    let outcome = holds("word", &endpoint, optimum, 40);
    assert_eq!(outcome.rule(), Some(Rule::Prefix));
}

#[test]
fn an_infix_endpoint_that_shows_beginnings_first_is_seen_through() {
    let endpoint = Endpoint::new(&words::tips(6000, 5), Match::StartFirst, 6);
    let optimum = optimum::by_both(&endpoint, &letters(LATIN), LONGEST);
    let outcome = holds("start first", &endpoint, optimum, 40);
    assert_eq!(outcome.rule(), Some(Rule::Both));
}

#[test]
fn siblings_that_a_sorted_answer_covers_are_left_out() {
    let mut endpoint = Endpoint::new(&words::tips(6000, 6), Match::Prefix, 6);
    let optimum = optimum::by_prefix(&endpoint, &letters(LATIN), LONGEST);
    let unsorted = holds("unsorted", &endpoint, optimum, 150);
    endpoint.sorted = true;
    let sorted = holds("sorted", &endpoint, optimum, 150);
    assert!(sorted.record.is_skipping() && !unsorted.record.is_skipping());
    assert!(sorted.asked * 10 < unsorted.asked * 8, "{} and {}", sorted.asked, unsorted.asked);
}

#[test]
fn exhaustive_asks_every_combination_once_and_nothing_else() {
    let endpoint = Endpoint::new(&words::tips(600, 7), Match::Infix, 6);
    let plan = plan(LATIN, (1, 3), Strategy::Exhaustive);
    let outcome = crawl(&endpoint, &plan, &Manner::default());
    assert_eq!((outcome.asked, outcome.again), (47_988, 0));
    assert_eq!(outcome.tips, endpoint.findable(&letters(LATIN), (1, 3)));
    assert_eq!(outcome.record.answered(), 47_988);
}
