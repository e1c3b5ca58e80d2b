//! The daemon: jobs kept as the configuration and the operator want them, through the real program.
#![cfg(test)]

#[path = "../common/mod.rs"]
mod common;

mod away;
mod control;
mod difference;
mod ending;
mod few_files;
mod foreign;
mod hangup;
mod line;
mod lists;
mod moved;
mod opening;
mod orders;
mod reload;
mod schedule;
mod service;
mod several;
mod shares;
mod silent;
#[path = "../common/tls.rs"]
mod tls;
mod turns;
mod vitals;

use std::collections::BTreeMap;

use common::http::Reply;
use common::run::Crawld;
use common::site::{Pages, Site};

/// A crawl of a site, with further keys.
pub(crate) fn crawl(name: &str, root: &str, more: &str) -> String {
    format!("[jobs.{name}]\nkind = \"crawl\"\nroots = [\"{root}\"]\nrobots = false\n{more}\n")
}

/// A site of so many pages, all linked by the first.
pub(crate) fn star(pages: usize) -> Pages {
    let paths: Vec<String> = (1..pages).map(|n| format!("/{n}")).collect();
    let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
    Pages::new().links("/", &paths).otherwise(|_| Reply::html("leaf"))
}

/// How often each path was asked.
pub(crate) fn asked(site: &Site) -> BTreeMap<String, usize> {
    site.paths().into_iter().fold(BTreeMap::new(), |mut counts, path| {
        *counts.entry(path).or_default() += 1;
        counts
    })
}

/// Pages of a job by state.
pub(crate) fn states(crawld: &Crawld, job: &str, state: &str) -> usize {
    let rows = crawld.export("pages", &["--job", job]);
    rows.iter().filter(|row| row["state"] == state).count()
}
