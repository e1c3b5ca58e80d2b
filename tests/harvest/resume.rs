//! A harvest that dies goes on where it was.

use crawld::domain::harvest::Strategy;
use proptest::prelude::*;

use crate::endpoint::{Endpoint, Match};
use crate::requests::{adaptive, letters, plan};
use crate::shelf::{Manner, crawl};
use crate::words;

#[test]
fn deaths_in_mid_tree_lose_nothing_and_ask_again_only_what_was_in_flight() {
    for matches in [Match::Infix, Match::Prefix, Match::StartFirst] {
        let endpoint = Endpoint::new(&words::tips(6000, 41), matches, 6);
        let plan = plan("a-z0-9", (1, 4), adaptive(None));
        let whole = crawl(&endpoint, &plan, &Manner::default());
        let dying = Manner { death: Some(150), at_once: 16, seed: 5, ..Manner::default() };
        let outcome = crawl(&endpoint, &plan, &dying);
        println!(
            "{matches:?}: {} deaths, {} in flight, {} asked again; record {} bytes",
            outcome.deaths.0, outcome.deaths.1, outcome.again, outcome.record_bytes
        );
        assert!(outcome.deaths.0 > 20 && outcome.again <= outcome.deaths.1);
        assert_eq!(outcome.tips, whole.tips);
        let asked = outcome.queries.len();
        assert!(asked.abs_diff(whole.queries.len()) * 50 < asked, "but for proofs the same");
        assert!(outcome.record_bytes < 4096);
    }
}

#[test]
fn an_exhaustive_harvest_goes_on_from_its_cursor() {
    let endpoint = Endpoint::new(&words::tips(600, 42), Match::Infix, 6);
    let plan = plan("a-z", (1, 3), Strategy::Exhaustive);
    let dying = Manner { death: Some(200), ..Manner::default() };
    let outcome = crawl(&endpoint, &plan, &dying);
    assert_eq!(outcome.queries.len(), 18_278);
    assert!(outcome.deaths.0 > 20 && outcome.again <= outcome.deaths.1);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn adaptive_finds_what_exhaustive_finds_whatever_the_endpoint(
        tips in prop::collection::hash_set("[abcAB ]{1,7}", 0..60),
        matches in prop::sample::select(vec![
            Match::Prefix, Match::Word, Match::Infix, Match::StartFirst,
        ]),
        cap in 1..5_usize,
        lengths in (1..3_usize, 0..3_usize),
        shortest in 1..3_usize,
        flags in any::<[bool; 4]>(),
        seed in any::<u64>(),
    ) {
        let [sorted, dies, best_first, learn] = flags;
        let tips: Vec<String> = tips.into_iter().collect();
        let mut endpoint = Endpoint::new(&tips, matches, cap);
        endpoint.sorted = sorted;
        endpoint.shortest = shortest;
        let lengths = (lengths.0, lengths.0 + lengths.1);
        let strategy = Strategy::Adaptive { matcher: None, learn, best_first };
        let manner = Manner {
            at_once: 1 + usize::try_from(seed % 7).unwrap(),
            death: dies.then_some(9),
            seed,
            ..Manner::default()
        };
        let outcome = crawl(&endpoint, &plan("a-cA ", lengths, strategy), &manner);
        let findable = endpoint.findable(&letters("a-cA "), lengths);
        let missed: Vec<_> = findable.difference(&outcome.tips).collect();
        prop_assert!(missed.is_empty(), "{missed:?}");
        prop_assert!(outcome.again <= outcome.deaths.1);
    }
}
