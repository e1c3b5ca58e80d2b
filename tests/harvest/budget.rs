//! What is found with a budget of requests.

use crawld::domain::harvest::Strategy;

use crate::endpoint::{Endpoint, Match};
use crate::requests::plan;
use crate::shelf::{Manner, crawl};
use crate::words;

#[test]
fn the_best_come_first_under_a_budget() {
    let endpoint = Endpoint::new(&words::tips(6000, 31), Match::Infix, 6);
    let mut figures = Vec::new();
    for budget in [1000, 2000, 5000, 10_000, 20_000] {
        let found = |best_first: bool| {
            let strategy = Strategy::Adaptive { matcher: None, learn: true, best_first };
            let plan = plan("a-z0-9{cyrillic}", (1, 4), strategy);
            let outcome = crawl(&endpoint, &plan, &Manner { budget, ..Manner::default() });
            assert_eq!(outcome.asked, budget);
            outcome.tips.len()
        };
        let (best, shortest) = (found(true), found(false));
        println!("budget {budget}: {best} tips best first, {shortest} shortest first");
        figures.push((best, shortest));
    }
    let (best, shortest) = figures[2];
    assert!(best * 4 > shortest * 5, "with 5,000 requests a quarter more: {figures:?}");
    assert!(best > 4500, "three quarters of all: {figures:?}");
    assert!(
        figures.iter().all(|(best, shortest)| best > shortest),
        "at no budget worse: {figures:?}"
    );
}
