//! Endpoints with manners of their own.

use std::collections::HashSet;

use crawld::domain::harvest::{Rule, Strategy};

use crate::endpoint::{Endpoint, Match};
use crate::requests::{adaptive, letters, plan};
use crate::shelf::{Manner, crawl};
use crate::words;

#[test]
fn an_endpoint_that_shows_nothing_for_one_letter_is_harvested_from_two() {
    let mut endpoint = Endpoint::new(&words::tips(3000, 21), Match::Infix, 6);
    endpoint.shortest = 2;
    let plan = plan("a-z0-9", (1, 3), adaptive(None));
    let outcome = crawl(&endpoint, &plan, &Manner::default());
    outcome.show("nothing for one letter", plan.count().unwrap(), 0);
    assert!(outcome.record.proofs().0 > 8);
    assert!(outcome.tips.is_superset(&endpoint.findable(&letters("a-z0-9"), (1, 3))));
    assert!(outcome.asked * 2 < 47_988);
}

#[test]
fn what_is_shown_for_nothing_is_not_taken_for_tips() {
    let mut endpoint = Endpoint::new(&words::tips(3000, 22), Match::Infix, 6);
    endpoint.defaults = words::tips(6, 99);
    let plan = plan("a-z0-9", (1, 3), adaptive(None));
    let outcome = crawl(&endpoint, &plan, &Manner::default());
    let defaults: HashSet<String> = endpoint.defaults.drain(..).collect();
    let findable = endpoint.findable(&letters("a-z0-9"), (1, 3));
    assert_eq!(outcome.tips, findable);
    assert!(outcome.tips.is_disjoint(&defaults));
    assert_eq!(outcome.rule(), Some(Rule::Both));
    let without = crawl(&endpoint, &plan, &Manner::default());
    assert!(outcome.asked <= without.asked + without.asked / 50);
}

#[test]
fn letters_learned_from_answers_find_what_the_alphabet_cannot() {
    for (matches, seed) in [(Match::Infix, 23), (Match::Prefix, 24), (Match::StartFirst, 25)] {
        let tips = words::tips(3000, seed);
        let endpoint = Endpoint::new(&tips, matches, 6);
        let learning = Strategy::Adaptive { matcher: None, learn: true, best_first: false };
        // A tip with both scripts leads from one to the other, which beginnings alone do not.
        let plan = plan("a-z0-9", (1, 4), learning);
        let outcome = crawl(&endpoint, &plan, &Manner::default());
        outcome.show(&format!("learning, {matches:?}"), plan.count().unwrap(), 0);
        let all: HashSet<char> = tips.iter().flat_map(|tip| tip.chars()).collect();
        let learned = outcome.record.letters();
        let unseen: Vec<_> = all.iter().filter(|c| !learned.contains(**c)).collect();
        assert!(unseen.len() <= 3, "{unseen:?}");
        assert!(outcome.tips.is_superset(&endpoint.findable(learned, (1, 4))), "{matches:?}");
        assert_eq!(outcome.again, 0);
    }
}

#[test]
fn upper_case_is_dropped_where_it_is_the_same_and_kept_where_it_is_not() {
    let tips = words::tips(2000, 26);
    let tips: Vec<String> = tips.iter().map(|tip| tip.replace('a', "A")).collect();
    let mut asked = Vec::new();
    for folds in [true, false] {
        let endpoint = Endpoint::folding(&tips, Match::Infix, 6, folds);
        let plan = plan("a-zA-Z", (1, 3), adaptive(None));
        let outcome = crawl(&endpoint, &plan, &Manner::default());
        outcome.show(&format!("folds: {folds}"), plan.count().unwrap(), 0);
        assert_eq!(outcome.record.folds(), folds);
        asked.push(outcome.asked);
        assert!(outcome.tips.is_superset(&endpoint.findable(&letters("a-zA-Z"), (1, 3))));
        assert_eq!(outcome.record.letters().len(), if folds { 26 } else { 52 });
    }
    assert!(asked[0] < asked[1], "{asked:?}");
}

#[test]
fn texts_around_the_letters_leave_the_rule_that_still_holds() {
    let tips: Vec<String> =
        words::tips(4000, 27).iter().map(|tip| format!("{tip} ab{tip}")).collect();
    for (matches, before, after, rule) in [
        (Match::Infix, "ab", "", Rule::Prefix),
        (Match::Infix, "", " a", Rule::Suffix),
        (Match::Infix, "b", "a", Rule::Every),
        (Match::Prefix, "", "a", Rule::Every),
    ] {
        let endpoint = Endpoint::new(&tips, matches, 6);
        let around = |strategy| plan("a-z", (1, 3), strategy).between(before, after);
        let outcome = crawl(&endpoint, &around(adaptive(None)), &Manner::default());
        let all = crawl(&endpoint, &around(Strategy::Exhaustive), &Manner::default());
        assert!(outcome.tips.is_superset(&all.tips), "{matches:?} {before:?} {after:?}");
        assert!(all.tips.len() > 20, "{}", all.tips.len());
        assert_eq!(outcome.rule(), Some(rule), "{before:?} {after:?}");
    }
}
