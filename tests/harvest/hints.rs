//! What is said wrongly of an endpoint, or cannot be said of it, costs requests but no tips.

use crawld::domain::harvest::{Matcher, Rule, Warning};

use crate::endpoint::{Endpoint, Match};
use crate::requests::{adaptive, letters, plan};
use crate::shelf::{Manner, Outcome, crawl};
use crate::words;

/// Adaptive at 36 letters and length 3, with this said of the endpoint.
fn hinted(endpoint: &Endpoint, matcher: Option<Matcher>) -> Outcome {
    let plan = plan("a-z0-9", (1, 3), adaptive(matcher));
    let outcome = crawl(endpoint, &plan, &Manner::default());
    outcome.show(&format!("{:?}, said {matcher:?}", endpoint.matches), plan.count().unwrap(), 0);
    let findable = endpoint.findable(&letters("a-z0-9"), (1, 3));
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
    }
}
