//! `crawld suggest` from end to end, against endpoints of which everything is known.
//!
//! The counts of requests are printed: `cargo test --test suggest -- --nocapture`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a failure ends the test, and counts are shown"
)]

mod answers;
#[path = "../common/mod.rs"]
mod common;
mod deaths;
mod echoes;
mod failures;
#[path = "../harvest/optimum.rs"]
mod optimum;
mod passes;
mod strategies;
mod told;

use std::collections::{BTreeSet, HashSet};

use common::run::{Crawld, Record};
use common::site::Site;
use common::sites::suggestions::Suggestions;
use common::tips::endpoint;

/// Letters of `a-z0-9`.
pub(crate) const LETTERS: &str = "abcdefghijklmnopqrstuvwxyz0123456789";

/// The command for a harvest at full speed, with further arguments.
pub(crate) fn arguments<'a>(template: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let usual = ["suggest", template, "--tips", "$[*]", "--delay", "0ms", "--per-host", "64"];
    [&usual[..], &["--no-robots", "--quiet"], more].concat()
}

/// The template of an endpoint that completes.
pub(crate) fn template(site: &Site) -> String {
    site.at("/complete?q={query}")
}

/// A harvest run to its end.
pub(crate) fn harvest(crawld: &Crawld, site: &Site, more: &[&str]) {
    crawld.expect(0, &arguments(&template(site), more));
}

/// The texts of the tips stored.
pub(crate) fn tips(rows: &[Record]) -> HashSet<String> {
    rows.iter().map(|row| row["text"].clone()).collect()
}

/// What the server was asked, each query once.
pub(crate) fn distinct(shop: &Suggestions) -> BTreeSet<String> {
    shop.queries().into_iter().collect()
}
