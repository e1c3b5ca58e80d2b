//! What endpoints answer with, and what becomes of it.

use std::collections::HashMap;
use std::sync::Mutex;

use crate::common::http::Reply;
use crate::common::run::Crawld;
use crate::common::site::{Pages, Site};
use crate::{harvest, tips};

/// An endpoint that answers a query by what the test says.
fn endpoint(answer: impl Fn(&str) -> Reply + Send + Sync + 'static) -> Site {
    Pages::new()
        .otherwise(move |request| match request.path.split_once("q=") {
            Some((_, query)) => answer(query),
            None => Reply::status(404),
        })
        .open()
}

fn json(body: &str) -> Reply {
    Reply::body("application/json", body)
}

#[test]
fn an_answer_without_a_tip_is_a_query_done() {
    let site = endpoint(|query| match query {
        "a" => json("[]"),
        "b" => json("null"),
        "c" => json("\"\""),
        "d" => Reply::status(204),
        "e" => json("{\"other\": [1]}"),
        "f" => json(""),
        _ => json("[\"tip\"]"),
    });
    let crawld = Crawld::new();
    harvest(&crawld, &site, &["--alphabet", "a-g", "--max-length", "1"]);
    let rows = crawld.export("pages", &[]);
    assert_eq!(rows.len(), 7);
    assert!(rows.iter().all(|row| row["state"] == "done" && row["tries"] == "1"), "{rows:#?}");
    // It is no page: with links to count, even none, it would not be settled by the short statement.
    assert!(rows.iter().all(|row| row["links"].is_empty()), "{rows:#?}");
    let found = crawld.export("suggestions", &[]);
    assert_eq!(found.len(), 1);
    assert_eq!((found[0]["query"].as_str(), found[0]["rank"].as_str()), ("g", "1"));
    assert_eq!((found[0]["result"].as_str(), found[0]["text"].as_str()), ("tips", "tip"));
}

#[test]
fn what_goes_wrong_once_is_tried_again_and_counted() {
    let tries: Mutex<HashMap<String, usize>> = Mutex::default();
    let site = endpoint(move |query| {
        let mut tries = tries.lock().unwrap();
        let count = tries.entry(query.to_owned()).or_default();
        *count += 1;
        match (query, *count) {
            ("a", 1) => Reply::raw(Vec::new()),
            ("b", 1) => Reply::status(500),
            ("c", 1) => Reply::status(429).header("Retry-After", "1"),
            ("d", 1) => json("[\"a\", "),
            ("e", _) => json("no JSON at all"),
            _ => json("[\"tip\"]"),
        }
    });
    let crawld = Crawld::new();
    let more = ["--alphabet", "a-e", "--max-length", "1", "--max-tries", "2"];
    harvest(&crawld, &site, &more);
    let rows = crawld.export("pages", &[]);
    let of = |query: &str| {
        let row = rows.iter().find(|row| row["url"].ends_with(&format!("q={query}"))).unwrap();
        (row["state"].clone(), row["reason"].clone())
    };
    for query in ["a", "b", "c", "d"] {
        assert_eq!(of(query).0, "done", "{query}: {rows:#?}");
    }
    assert_eq!(of("e"), ("failed".to_owned(), "bad_answer".to_owned()));
    let found = crawld.export("suggestions", &[]);
    assert_eq!((found.len(), tips(&found).len()), (4, 1), "one tip that four queries show");
    assert!(site.requests() >= 10, "each was asked twice");
}

#[test]
fn a_query_that_is_sent_elsewhere_fails_and_names_the_place() {
    let site = endpoint(|query| match query {
        "a" => Reply::redirect(302, "/other?q=a"),
        _ => json("[\"tip\"]"),
    });
    let crawld = Crawld::new();
    harvest(&crawld, &site, &["--alphabet", "ab", "--max-length", "1"]);
    let failures = crawld.export("failures", &[]);
    assert_eq!(failures.len(), 1);
    assert_eq!(failures[0]["reason"], "redirect_bad_target");
    assert_eq!(failures[0]["redirect_to"], site.at("/other?q=a"));
    assert_eq!(site.hits("/other?q=a"), 0);
}

#[test]
fn queries_of_a_form_share_a_url_and_are_told_apart() {
    let site = Pages::new()
        .otherwise(|request| {
            assert_eq!(request.method, "POST");
            let body = String::from_utf8(request.body.clone()).unwrap();
            json(&format!("[\"{}\"]", body.strip_prefix("q=").unwrap()))
        })
        .open();
    let crawld = Crawld::new();
    let (url, usual) =
        (site.at("/suggest"), ["--form", "q={query}", "--tips", "$[*]", "--no-robots"]);
    let more = ["--alphabet", "a ", "--max-length", "2", "--delay", "0ms", "--quiet"];
    crawld.expect(0, &[&["suggest", &url], &usual[..], &more].concat());
    assert_eq!(site.requests(), 6);
    let found = crawld.export("suggestions", &[]);
    let mut shown: Vec<(&str, &str)> =
        found.iter().map(|row| (row["query"].as_str(), row["text"].as_str())).collect();
    shown.sort_unstable();
    assert_eq!(
        shown,
        [(" ", "+"), ("  ", "++"), (" a", "+a"), ("a", "a"), ("a ", "a+"), ("aa", "aa")]
    );
}
