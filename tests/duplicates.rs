//! Pages with the same content are told by the real program.
#![cfg(test)]

mod common;

use common::http::Reply;
use common::run::Crawld;
use common::site::Pages;

#[test]
fn exact_duplicates_are_recorded_reported_and_explained() {
    let print = "<title>Same</title><p>the same words";
    let site = Pages::new()
        .links("/", &["/a", "/a?print=1", "/empty", "/void", "/near"])
        .page("/a", print)
        // Sent otherwise, yet the same.
        .reply("/a?print=1", Reply::html(print).drip(7, std::time::Duration::ZERO))
        .page("/near", "<title>Same</title><p>the same words.")
        .page("/empty", "")
        .page("/void", "")
        .open();
    let crawld = Crawld::new();
    let report = crawld.expect(0, &["crawl", &site.at("/"), "--delay", "0ms"]).stdout;
    assert!(report.contains("same      1 duplicate of 1 page"), "{report}");
    let rows = crawld.export("pages", &[]);
    let copies: Vec<_> = rows.iter().filter(|row| !row["duplicate_of"].is_empty()).collect();
    assert_eq!(copies.len(), 1, "{copies:?}");
    assert_eq!(
        (&copies[0]["url"], &copies[0]["duplicate_of"]),
        (&site.at("/a?print=1"), &site.at("/a"))
    );
    let explained = crawld.expect(0, &["explain", &site.at("/a?print=1")]).stdout;
    assert!(explained.contains(&format!("same as   {}", site.at("/a"))), "{explained}");
    let json = crawld.expect(0, &["report", "--json"]).stdout;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&json["duplicates"], &json["duplicated_pages"]), (&1.into(), &1.into()));
}
