//! Queries that fail for good hide nothing that others show.

use std::collections::HashSet;

use crawld::domain::harvest::{Rule, Strategy, Warning};
use xxhash_rust::xxh3::xxh3_64;

use crate::endpoint::{Endpoint, Match};
use crate::requests::{adaptive, letters, plan};
use crate::shelf::{Manner, Outcome, crawl};
use crate::words;

const LATIN: &str = "a-z0-9";

/// One query in thirteen.
fn some(query: &str) -> bool {
    xxh3_64(query.as_bytes()).is_multiple_of(13)
}

fn harvest(endpoint: &Endpoint, strategy: Strategy, fails: fn(&str) -> bool) -> Outcome {
    let manner = Manner { fails, ..Manner::default() };
    let outcome = crawl(endpoint, &plan(LATIN, (1, 3), strategy), &manner);
    println!("{:?}: {} requests, {} tips", endpoint.matches, outcome.asked, outcome.tips.len());
    assert_eq!(outcome.again, 0);
    outcome
}

/// The tips that these queries show.
fn shown(endpoint: &Endpoint, answered: impl Fn(&str) -> bool) -> HashSet<String> {
    let letters: Vec<char> = letters(LATIN).chars().collect();
    let mut queries = vec![String::new()];
    let mut tips = HashSet::new();
    for _ in 0..3 {
        let grow = |text: &String| letters.iter().map(|c| format!("{text}{c}")).collect::<Vec<_>>();
        queries = queries.iter().flat_map(grow).collect();
        let asked = queries.iter().filter(|query| answered(query));
        tips.extend(asked.flat_map(|query| endpoint.answer(query)));
    }
    tips
}

#[test]
fn what_lies_behind_queries_that_fail_is_found_as_exhaustive_finds_it() {
    // A prefix matcher that fails so often goes far astray: a query that failed has 36 letters, of
    // which three fail again.
    for (matches, rule) in [(Match::Infix, Rule::Both), (Match::Prefix, Rule::Prefix)] {
        for seed in 1..=2 {
            let endpoint = Endpoint::new(&words::tips(3000, seed), matches, 6);
            let outcome = harvest(&endpoint, adaptive(None), some);
            assert_eq!(outcome.rule(), Some(rule));
            let missed: Vec<_> =
                shown(&endpoint, |query| !some(query)).difference(&outcome.tips).cloned().collect();
            assert!(missed.is_empty(), "{matches:?}: {missed:?}");
            let whole = harvest(&endpoint, adaptive(None), |_| false);
            assert!(outcome.asked < 2 * whole.asked, "{} > {}", outcome.asked, whole.asked);
        }
    }
}

#[test]
fn the_failure_of_one_letter_hides_none_of_its_tips() {
    for matches in [Match::Infix, Match::Prefix] {
        let endpoint = Endpoint::new(&words::tips(800, 9), matches, 6);
        let outcome = harvest(&endpoint, adaptive(None), |query| query == "e");
        let missed: Vec<_> =
            shown(&endpoint, |query| query != "e").difference(&outcome.tips).cloned().collect();
        assert!(missed.is_empty(), "{matches:?}: {missed:?}");
    }
}

#[test]
fn a_letter_that_always_fails_or_an_outage_costs_few_requests() {
    for matches in [Match::Infix, Match::Prefix] {
        let endpoint = Endpoint::new(&words::tips(3000, 3), matches, 6);
        let whole = harvest(&endpoint, adaptive(None), |_| false);
        let blocked = harvest(&endpoint, adaptive(None), |query| query.contains('e'));
        assert!(blocked.asked * 5 < whole.asked * 6, "{} > {}", blocked.asked, whole.asked);
        let broken = harvest(&endpoint, adaptive(None), |query| query.len() > 1);
        assert!(broken.asked * 5 < whole.asked * 6, "{} > {}", broken.asked, whole.asked);
        assert!(matches!(broken.warnings.last(), Some(Warning::Failures(_))));
    }
}
