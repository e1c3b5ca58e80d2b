//! What pages lead to, read by real readers.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail loudly")]

use super::*;
use crate::domain::JobId;
use crate::domain::items::{FieldSpec, ItemsSpec};
use crate::domain::job::{JobSpec, ScrapeSpec};
use crate::domain::page_url::PageUrlSpec;
use crate::domain::role::Role;
use crate::frontier::gathered::Gathered;

const START: &str = "http://h.example/list";

fn job(page_url: Option<&str>, max_pages: Option<i64>) -> Job {
    let items = ItemsSpec {
        item: Some("li".to_owned()),
        fields: vec![FieldSpec::css("name", "b"), FieldSpec::css("url", "a@href")],
        detail: Some("url".to_owned()),
        detail_fields: vec![FieldSpec::css("area", "i")],
        next: page_url.is_none().then(|| "a.next".to_owned()),
        more: page_url.is_some().then(|| ".more".to_owned()),
        ..ItemsSpec::default()
    };
    let page_url = page_url.map(PageUrlSpec::new);
    let spec = JobSpec {
        kind: "scrape".to_owned(),
        roots: vec![START.to_owned()],
        scrape: Some(ScrapeSpec { items, page_url, pause_ms: None }),
        max_pages,
        ..JobSpec::default()
    };
    Job::new(JobId(1), "j", &spec).unwrap()
}

fn row(url: &str, depth: i32, task: Task) -> QueuedUrl {
    let url = CanonicalUrl::parse(url).unwrap();
    QueuedUrl {
        id: 1,
        job: JobId(1),
        host: url.host_key(),
        key: url.key(),
        url: url.as_str().to_owned(),
        role: Role::Page,
        task,
        depth,
        hops: 0,
        tries: 0,
        due_at: 0,
        validators: None,
        query: None,
    }
}

/// What a page of the job gives.
fn taken(job: &Job, row: &QueuedUrl, html: &str) -> Taken {
    let Extractor::Items(listing) = &job.extractor else { panic!("a job of another kind") };
    let headers = [("content-type".to_owned(), "text/html".to_owned())];
    read(job, listing, row, &headers, html.as_bytes()).unwrap()
}

fn page(taken: Taken) -> ListingPage {
    match taken.gathered {
        Some(Gathered::Listing(page)) => page,
        other => panic!("{other:?}"),
    }
}

fn next(taken: &Taken) -> Option<&str> {
    let next = taken.found.iter().find(|found| found.kind == LinkKind::Next);
    next.map(|found| found.url.as_str())
}

const ITEM: &str = "<li><b>one</b><a href=/1>one</a></li>";

#[test]
fn a_page_leads_to_the_next_and_to_each_items_own_page_once() {
    let html = format!("{ITEM}{ITEM}<li><b>two</b><a href=/2></a></li><a class=next href=?p=2>");
    let taken = taken(&job(None, None), &row(START, 0, Task::Main), &html);
    assert_eq!(next(&taken), Some("http://h.example/list?p=2"));
    let places: Vec<(&str, i32, Task)> =
        taken.found.iter().map(|found| (found.url.as_str(), found.depth, found.task)).collect();
    let expected = [
        ("http://h.example/list?p=2", 1, Task::Main),
        ("http://h.example/1", 0, Task::Detail),
        ("http://h.example/2", 0, Task::Detail),
    ];
    assert_eq!(places, expected);
    let page = page(taken);
    assert_eq!(page.number, 1);
    assert_eq!(page.items[0].fields, r#"{"name":"one","url":"http://h.example/1"}"#);
    assert_eq!(page.items[0].key, page.items[1].key, "the same in all fields");
    assert_ne!(page.items[0].key, page.items[2].key);
}

#[test]
fn a_listing_ends_where_nothing_leads_on_and_says_why() {
    let by_link = job(None, None);
    let start = row(START, 0, Task::Main);
    for (html, why) in [
        ("<a class=next href=?p=2>".to_owned(), "no items"),
        (ITEM.to_owned(), "no next link"),
        (format!("{ITEM}<a class=next href=/list>"), "leads to itself"),
        (format!("{ITEM}<a class=next href='mailto:a@b'>"), "no next link"),
    ] {
        let taken = taken(&by_link, &start, &html);
        assert_eq!(next(&taken), None, "{html}");
        assert!(taken.note.as_deref().unwrap_or_default().contains(why), "{:?}", taken.note);
    }
    let by_template = job(Some("?p={page}"), None);
    let on = taken(&by_template, &start, &format!("{ITEM}<p class=more>"));
    assert_eq!(next(&on), Some("http://h.example/list?p=2"));
    let third = row("http://h.example/list?p=3", 2, Task::Main);
    let on = taken(&by_template, &third, &format!("{ITEM}<p class=more>"));
    assert_eq!(next(&on), Some("http://h.example/list?p=4"));
    assert_eq!(next(&taken(&by_template, &third, ITEM)), None);
}

#[test]
fn the_page_after_the_limit_is_known_but_lies_beyond() {
    let job = job(None, Some(2));
    let html = format!("{ITEM}<a class=next href=?more>");
    assert!(!page(taken(&job, &row(START, 0, Task::Main), &html)).beyond);
    let last = taken(&job, &row("http://h.example/list?p=2", 1, Task::Main), &html);
    assert!(next(&last).is_some());
    assert!(page(last).beyond);
}

#[test]
fn pages_with_the_same_items_have_the_same_fingerprint_and_others_another() {
    let job = job(None, None);
    let print =
        |html: &str, depth| page(taken(&job, &row(START, depth, Task::Main), html)).fingerprint;
    let (one, two) = ("<li><b>1</b></li><li><b>2</b></li>", "<li><b>2</b></li><li><b>1</b></li>");
    assert_eq!(print(one, 0), print(&format!("<p>7 visitors</p>{one}"), 4));
    assert_ne!(print(one, 0), print(two, 0));
    assert_ne!(print(one, 0), print("<li><b>1</b></li>", 0));
}

#[test]
fn the_page_of_an_item_is_one_item_and_leads_nowhere() {
    let taken =
        taken(&job(None, None), &row(START, 0, Task::Detail), "<i>30</i><a class=next href=/x>");
    assert!(taken.found.is_empty());
    match taken.gathered {
        Some(Gathered::Detail(page)) => {
            assert_eq!(page.fields.as_deref(), Some(r#"{"area":"30"}"#));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn only_a_page_that_a_template_made_is_past_the_end() {
    let (by_link, by_template) = (job(None, None), job(Some("?p={page}"), None));
    let second = row("http://h.example/list?p=2", 1, Task::Main);
    assert!(is_past_the_end(&by_template, &second, 404));
    assert!(!is_past_the_end(&by_template, &second, 403));
    assert!(!is_past_the_end(&by_template, &row(START, 0, Task::Main), 404));
    assert!(!is_past_the_end(&by_template, &row(START, 1, Task::Detail), 404));
    assert!(!is_past_the_end(&by_link, &second, 404));
}
