//! Killed in mid-tree, a harvest goes on where it was.

use std::time::Duration;

use crate::common::run::{Crawld, postgres_database};
use crate::common::sites::suggestions::Suggestions;
use crate::common::tips::endpoint::{Endpoint, Match};
use crate::common::tips::words;
use crate::{arguments, distinct, template, tips};

const CONCURRENCY: usize = 8;
const LETTERS: &str = "abcdefghijkl";

fn dies(database: &str, strategy: &str, least: usize) {
    let shop = Suggestions::of(Endpoint::new(&words::tips(600, 61), Match::Infix, 6));
    let site = shop.pages().open();
    let (crawld, template) = (Crawld::new(), template(&site));
    let more =
        ["--alphabet", "a-l", "--concurrency", "8", "--strategy", strategy, "--database", database];
    let command = arguments(&template, &more);
    let mut again = 0;
    for death in 1..=6 {
        let running = crawld.spawn(&command);
        assert!(site.wait_for(death * 70, Duration::from_mins(1)));
        running.kill();
        site.wait_until_alone();
        let repeated = shop.asked_again();
        assert!(repeated <= again + 2 * CONCURRENCY, "death {death}: {repeated} after {again}");
        again = repeated;
    }
    crawld.expect(0, &command);
    println!(
        "{strategy}: {} asked, {} of them again after 6 deaths",
        shop.asked(),
        shop.asked_again()
    );
    assert!(shop.asked_again() <= again + 2 * CONCURRENCY);
    let found = crawld.export("suggestions", &["--database", database]);
    assert!(tips(&found).is_superset(&shop.endpoint().findable(LETTERS, (1, 3))));
    let pages = crawld.export("pages", &["--database", database]);
    assert!(pages.iter().all(|row| row["state"] == "done"));
    assert_eq!(pages.len(), distinct(&shop).len(), "each is stored once");
    assert!(pages.len() >= least, "{}", pages.len());
    let whole: usize =
        distinct(&shop).iter().map(|query| shop.endpoint().answer(query).len()).sum();
    let nonsense = found.iter().filter(|row| row["query"].chars().count() > 3).count();
    assert_eq!(found.len() - nonsense, whole, "each tip with each query that shows it");
}

#[test]
fn an_exhaustive_harvest_that_is_killed_has_exact_totals() {
    dies("sqlite://crawld.db", "exhaustive", 12 + 144 + 1728);
}

#[test]
fn an_adaptive_harvest_that_is_killed_has_exact_totals() {
    dies("sqlite://crawld.db", "adaptive", 500);
}

#[test]
fn a_harvest_that_is_killed_has_exact_totals_on_postgresql() {
    dies(&postgres_database("crawld_suggest_deaths"), "adaptive", 500);
}
