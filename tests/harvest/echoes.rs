//! Endpoints that show the query itself as a tip.

use std::collections::HashSet;

use crawld::domain::harvest::Rule;

use crate::endpoint::{Endpoint, Match};
use crate::requests::{adaptive, letters, plan};
use crate::shelf::{Manner, crawl};
use crate::words;

#[test]
fn an_echo_says_nothing_of_how_an_endpoint_matches_and_is_no_tip() {
    for (matches, rule) in [(Match::Prefix, Rule::Prefix), (Match::Infix, Rule::Both)] {
        for least in [0, 1] {
            let mut endpoint = Endpoint::new(&words::tips(3000, 61), matches, 6);
            let plan = plan("a-z0-9", (1, 3), adaptive(None));
            let silent = crawl(&endpoint, &plan, &Manner::default());
            let findable = endpoint.findable(&letters("a-z0-9"), (1, 3));
            (endpoint.cap, endpoint.echoes) = (7, Some(least));
            let outcome = crawl(&endpoint, &plan, &Manner::default());
            println!("{matches:?}: {} requests, {} without echo", outcome.asked, silent.asked);
            assert_eq!((outcome.rule(), &outcome.warnings[..]), (Some(rule), &[][..]));
            assert!(outcome.record.echoes() && !silent.record.echoes());
            assert!(outcome.asked * 10 < silent.asked * 12, "{}", outcome.asked);
            // A tip that is a query is taken for an echo of it.
            let missed: Vec<_> = findable.difference(&outcome.tips).collect();
            assert!(missed.iter().all(|tip| tip.chars().count() <= 3), "{missed:?}");
            let more: HashSet<_> = outcome.tips.difference(&findable).collect();
            assert!(more.iter().all(|tip| tip.chars().count() == 1), "the first answers: {more:?}");
        }
    }
}
