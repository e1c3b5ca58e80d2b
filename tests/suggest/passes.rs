//! The same harvest once more.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::common::http::Reply;
use crate::common::run::Crawld;
use crate::common::site::Pages;
use crate::{harvest, tips};

#[test]
fn a_second_pass_adds_nothing_twice_and_names_what_is_new() {
    let later = Arc::new(AtomicBool::new(false));
    let told = Arc::clone(&later);
    let site = Pages::new()
        .otherwise(move |request| {
            let query = request.path.rsplit_once("q=").map_or("", |(_, query)| query);
            let new = if told.load(Ordering::SeqCst) && query == "b" { ", \"new\"" } else { "" };
            Reply::body("application/json", format!("[\"{query} tip\", \"common\"{new}]"))
        })
        .open();
    let crawld = Crawld::new();
    let more = ["--alphabet", "a-c", "--max-length", "2"];
    harvest(&crawld, &site, &more);
    let first = crawld.export("suggestions", &[]);
    assert_eq!((first.len(), tips(&first).len(), site.requests()), (24, 13, 12));

    harvest(&crawld, &site, &more);
    assert_eq!(site.requests(), 12, "done is done");

    later.store(true, Ordering::SeqCst);
    harvest(&crawld, &site, &[&more[..], &["--again"]].concat());
    assert_eq!(site.requests(), 24);
    let second = crawld.export("suggestions", &[]);
    assert_eq!((second.len(), tips(&second).len()), (25, 14));
    let new = crawld.export("suggestions", &["--new"]);
    let shown: Vec<_> =
        new.iter().map(|row| (row["query"].as_str(), row["text"].as_str())).collect();
    assert_eq!(shown, [("b", "new")]);
}

#[test]
fn a_larger_alphabet_asks_only_what_is_new() {
    let site = Pages::new().otherwise(|_| Reply::body("application/json", "[]")).open();
    let crawld = Crawld::new();
    harvest(&crawld, &site, &["--alphabet", "a-c", "--max-length", "2"]);
    assert_eq!(site.requests(), 3 + 9);
    harvest(&crawld, &site, &["--alphabet", "a-d", "--max-length", "2"]);
    assert_eq!(site.requests(), 4 + 16);
    let mut paths = site.paths();
    paths.sort_unstable();
    paths.dedup();
    assert_eq!(paths.len(), 20, "none twice");
}
