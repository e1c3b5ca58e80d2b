//! What is said wrongly of an endpoint, or cannot be said of it, costs requests but no tips.

use crawld::domain::harvest::{Alphabet, Matcher, Plan, Rule, Warning};

use crate::endpoint::{Endpoint, Match};
use crate::requests::{self, adaptive};
use crate::shelf::{Manner, Outcome, crawl};
use crate::words;

/// Adaptive at 36 letters and length 3, with this said of the endpoint.
fn hinted(endpoint: &Endpoint, matcher: Option<Matcher>) -> Outcome {
    seeded(endpoint, matcher, 7)
}

/// The same with another seed of the sample, which in use is the endpoint's address.
fn seeded(endpoint: &Endpoint, matcher: Option<Matcher>, seed: u64) -> Outcome {
    let letters = Alphabet::parse("a-z0-9", false).unwrap();
    let plan = Plan::new(letters, (1, 3), adaptive(matcher), seed).unwrap();
    let outcome = crawl(endpoint, &plan, &Manner::default());
    outcome.show(&format!("{:?}, said {matcher:?}", endpoint.matches), plan.count().unwrap(), 0);
    let findable = endpoint.findable(&requests::letters("a-z0-9"), (1, 3));
    assert!(outcome.tips.is_superset(&findable), "{:?} lost tips", endpoint.matches);
    assert_eq!(outcome.again, 0);
    outcome
}

#[test]
fn a_prefix_endpoint_said_to_be_infix_is_found_out_and_loses_nothing() {
    for seed in 11..=14 {
        for matches in [Match::Prefix, Match::Word] {
            let endpoint = Endpoint::new(&words::tips(6000, seed), matches, 6);
            let outcome = hinted(&endpoint, Some(Matcher::Infix));
            assert!(matches!(outcome.warnings[0], Warning::Loss { rule: Rule::Prefix, .. }));
            assert_eq!(outcome.rule(), Some(Rule::Prefix), "and no weaker");
        }
    }
}

/// Words of which only some letters are the first: the rule said asks pairs of these alone, which
/// show nothing, so that all the evidence is in the answers of the first length.
#[test]
fn a_wrong_hint_is_found_out_though_what_it_asks_shows_nothing() {
    for seed in 1..=12 {
        for (matches, sorted) in [
            (Match::Prefix, false),
            (Match::Prefix, true),
            (Match::Word, false),
            (Match::Word, true),
        ] {
            let mut endpoint = Endpoint::new(&words::syllables(6000, seed), matches, 6);
            endpoint.sorted = sorted;
            let outcome = seeded(&endpoint, Some(Matcher::Infix), seed);
            assert!(matches!(outcome.warnings[0], Warning::Loss { rule: Rule::Prefix, .. }));
            assert_eq!(outcome.rule(), Some(Rule::Prefix), "and no weaker");
            assert!(outcome.asked < 20_000, "{}", outcome.asked);
        }
    }
}

/// Every tip begins with the same two letters: one query of the second length shows anything.
#[test]
fn a_wrong_hint_is_found_out_where_all_hangs_on_one_query() {
    for seed in 1..=6 {
        let tips = words::syllables(3000, seed);
        let tips: Vec<String> = tips.iter().map(|tip| format!("xa{tip}")).collect();
        let outcome = seeded(&Endpoint::new(&tips, Match::Prefix, 6), Some(Matcher::Infix), seed);
        assert_eq!(outcome.rule(), Some(Rule::Prefix));
    }
}

#[test]
fn ends_of_tips_are_no_infixes_whatever_is_said() {
    for seed in 1..=4 {
        for said in [None, Some(Matcher::Infix), Some(Matcher::Prefix)] {
            for tips in [words::syllables(3000, seed), words::tips(3000, seed)] {
                let outcome = seeded(&Endpoint::new(&tips, Match::End, 6), said, seed);
                assert_eq!(outcome.rule(), Some(Rule::Every), "{said:?}");
            }
        }
    }
}

/// What is true of the endpoint is not doubted, however its words are made.
#[test]
fn a_right_hint_is_kept() {
    for seed in 1..=6 {
        let tips = words::syllables(6000, seed);
        let infix = Endpoint::new(&tips, Match::Infix, 6);
        for said in [Matcher::Infix, Matcher::Prefix] {
            assert_eq!(seeded(&infix, Some(said), seed).warnings, []);
        }
        let prefix = Endpoint::new(&tips, Match::Prefix, 6);
        assert_eq!(seeded(&prefix, Some(Matcher::Prefix), seed).warnings, []);
    }
}

#[test]
fn an_infix_endpoint_said_to_be_prefix_costs_requests_only() {
    let endpoint = Endpoint::new(&words::tips(6000, 15), Match::Infix, 6);
    let outcome = hinted(&endpoint, Some(Matcher::Prefix));
    assert_eq!((outcome.rule(), outcome.warnings.len()), (Some(Rule::Prefix), 0));
}

#[test]
fn an_endpoint_that_no_rule_fits_is_asked_everything_with_a_warning() {
    for seed in 16..=18 {
        let endpoint = Endpoint::new(&words::tips(3000, seed), Match::Odd, 6);
        let outcome = hinted(&endpoint, None);
        assert_eq!(outcome.rule(), Some(Rule::Every));
        let said = outcome.warnings.last().unwrap().to_string();
        assert!(said.contains("every combination") && !said.contains('\n'), "{said}");
        assert!(outcome.asked >= 47_988);
        assert!(outcome.most_queued < 4000, "{} are queued", outcome.most_queued);
    }
}
