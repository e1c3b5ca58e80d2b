//! Documents made to cost much: refused, or read up to a bound, and it is said which.

use std::fmt::Write;

use crawld::domain::items::{Cut, ItemReader, MOST_ITEMS, Reading, Refusal};
use serde_json::json;

use crate::shared::{reader, url};

fn lists() -> ItemReader {
    reader(json!({"item": "li", "fields": [["text", ":scope"], ["link", "a@href"]]}))
}

fn result(reader: &ItemReader, page: &str) -> Result<Reading, Refusal> {
    reader.read(&url("http://shop.test/"), Some("text/html"), page)
}

#[test]
fn a_tree_that_would_cost_more_than_its_length_is_refused() {
    let refused = |page: &str| result(&lists(), page).unwrap_err();
    assert_eq!(refused(&"<div>".repeat(50_000)), Refusal::Deep);
    assert_eq!(refused(&"<b><section>".repeat(50_000)), Refusal::Deep);
    assert_eq!(refused(&"<table><td>".repeat(50_000)), Refusal::Deep);
    assert_eq!(refused(&"<svg><g>".repeat(50_000)), Refusal::Deep);
    assert_eq!(refused(&"<font size=1><i>".repeat(9000)), Refusal::Deep);
    assert_eq!(refused(&"<p>".repeat(500_000)), Refusal::Large);
    let many: String = (0..100_000).fold(String::new(), |mut text, n| {
        write!(text, " a{n}=1").unwrap();
        text
    });
    assert_eq!(refused(&format!("<li{many}>x")), Refusal::Attributes);
    assert_eq!(refused(&format!("<li{many}")), Refusal::Attributes);
    assert_eq!(refused(&format!("<svg><title><li{many}")), Refusal::Attributes);
    let image = format!("<li><img src='data:,{}'>x", "a+b/c".repeat(20_000));
    assert_eq!(result(&lists(), &image).unwrap().items.len(), 1, "a long value is no trick");
    let comment = format!("<!--{}--><li>x", "some words <b>of</b> it ".repeat(4_000));
    assert_eq!(result(&lists(), &comment).unwrap().items.len(), 1);
}

#[test]
fn formatting_elements_left_open_do_not_multiply() {
    let open: String = (0..400).fold(String::new(), |mut text, n| {
        write!(text, "<font color={n}>").unwrap();
        text
    });
    let page = format!("<p>{open}{}", "</p><p>x".repeat(20_000));
    assert_eq!(result(&lists(), &page).unwrap_err(), Refusal::Large);
}

#[test]
fn unclosed_and_misnested_markup_is_read_as_browsers_do() {
    let page = "<ul><li>one<li><a href=/2>two</a><li><b>thr<i>ee</b></i></ul><p>x</li><li>four<!--";
    let reading = result(&lists(), page).unwrap();
    let texts: Vec<_> = reading.items.iter().map(|item| item.fields[0].1.clone()).collect();
    assert_eq!(texts, ["one", "two", "three", "four"]);
}

#[test]
fn more_items_than_are_taken_are_cut_and_that_is_said() {
    let reading = result(&lists(), &"<li>x".repeat(MOST_ITEMS)).unwrap();
    assert_eq!((reading.items.len(), reading.cut), (MOST_ITEMS, None));
    let reading = result(&lists(), &"<li>x".repeat(MOST_ITEMS + 5)).unwrap();
    assert_eq!((reading.items.len(), reading.cut), (MOST_ITEMS, Some(Cut::Items)));
    let json = reader(json!({"source": "json", "item": "$[*]", "fields": [["a", {"path": "$"}]]}));
    let body = format!("[{}0]", "0,".repeat(MOST_ITEMS));
    let reading = json.read(&url("http://shop.test/"), None, &body).unwrap();
    assert_eq!((reading.items.len(), reading.cut), (MOST_ITEMS, Some(Cut::Items)));
}

#[test]
fn items_within_items_cost_no_more_than_is_allowed() {
    let nested = format!("{}{}", "<div>".repeat(400), "<b>x</b>".repeat(100_000));
    let every = reader(json!({"item": "div", "fields": [["a", "b.none"], ["b", "u"], ["c", "i"]]}));
    let reading = result(&every, &nested).unwrap();
    assert_eq!(reading.cut, Some(Cut::Work));
    assert!(reading.items.len() < 400 && reading.tallies[0].missing >= reading.items.len());
    let text = reader(json!({"item": "div", "fields": [["a", ":scope"]]}));
    let nested = format!("{}{}", "<div>".repeat(400), "y".repeat(1 << 20));
    let reading = result(&text, &nested).unwrap();
    assert_eq!((reading.items.len(), reading.cut), (15, Some(Cut::Text)));
}

#[test]
fn selectors_that_look_at_all_siblings_are_stopped() {
    let rows = "<tr><td>1<td>2".repeat(60_000);
    let far = reader(json!({"item": "tr.none ~ tr", "fields": [["a", "td"]]}));
    assert_eq!(result(&far, &format!("<table>{rows}")).unwrap().cut, Some(Cut::Work));
    let some = "<tr class=none><td>0".to_owned() + &"<tr><td>1<td>2".repeat(2_000);
    let reading = result(&far, &format!("<table>{some}")).unwrap();
    assert_eq!((reading.items.len(), reading.cut), (2_000, None));
}

#[test]
fn what_is_no_document_of_the_kind_gives_no_items_and_says_so() {
    let read = |kind: &str| lists().read(&url("http://shop.test/"), Some(kind), "<li>x");
    assert_eq!(read("application/json"), Err(Refusal::Type("application/json".to_owned())));
    assert_eq!(read("image/png"), Err(Refusal::Type("image/png".to_owned())));
    assert_eq!(read("application/xhtml+xml").unwrap().items.len(), 1);
    assert_eq!(result(&lists(), "").unwrap().items.len(), 0);
}

#[test]
fn a_reader_can_be_shared_between_threads() {
    fn shared<T: Send + Sync + Clone>(_: &T) {}
    shared(&lists());
}
