//! The same harvest once more.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use diesel::{
    Connection as _, PgConnection, QueryableByName, RunQueryDsl as _, SqliteConnection, sql_query,
};

use crate::common::http::Reply;
use crate::common::run::{Crawld, postgres_database};
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

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    number: i64,
}

/// How many failures the view for people shows.
fn in_view(crawld: &Crawld, database: &str) -> i64 {
    let sql = sql_query("SELECT COUNT(*) AS number FROM v_failures");
    let number: Number = if database.starts_with("postgres") {
        sql.get_result(&mut PgConnection::establish(database).unwrap()).unwrap()
    } else {
        let path = crawld.path().join(database);
        sql.get_result(&mut SqliteConnection::establish(path.to_str().unwrap()).unwrap()).unwrap()
    };
    number.number
}

/// A second pass asks less than the first did, of which a query failed and others were left.
fn a_report_is_of_its_pass(database: &str) {
    let site = Pages::new()
        .route("/complete?q=c", |_| Reply::status(404))
        .otherwise(|_| Reply::body("application/json", "[\"tip\"]"))
        .open();
    let crawld = Crawld::new();
    let at = ["--database", database];
    let wide = ["--alphabet", "abcd", "--max-length", "2"];
    harvest(&crawld, &site, &[&wide[..], &["--max-pages", "11"], &at].concat());
    let report = || {
        let told = crawld.expect(0, &[&["report", "--json"], &at[..]].concat()).stdout;
        serde_json::from_str::<serde_json::Value>(&told).unwrap()
    };
    let first = report();
    let of = |report: &serde_json::Value| {
        let count = |key: &str| report["urls"][key].as_i64().unwrap();
        (count("finished"), count("failed"), count("known"), report["statuses"].clone())
    };
    assert_eq!((of(&first).0, of(&first).1), (11, 1), "{first:#}");
    assert_eq!(in_view(&crawld, database), 1);

    let narrow = ["--alphabet", "ab", "--max-length", "1", "--again"];
    harvest(&crawld, &site, &[&narrow[..], &at].concat());
    let second = report();
    assert_eq!(site.requests(), 11 + 2, "what was left is not asked: {:?}", site.paths());
    assert_eq!(of(&second), (2, 0, 2, serde_json::json!({"200": 2})), "{second:#}");
    assert_eq!(second["bytes"], 14, "{second:#}");
    let queries = &second["harvest"]["queries"];
    assert_eq!((&queries["asked"], &queries["failed"]), (&2.into(), &0.into()), "{second:#}");
    let failures = crawld.export("failures", &at);
    assert!(failures.is_empty(), "{failures:?}");
    assert_eq!(in_view(&crawld, database), 0);

    // They are met again, and asked, by a pass that wants them.
    harvest(&crawld, &site, &[&wide[..], &["--again"], &at].concat());
    let third = report();
    assert_eq!((of(&third).0, of(&third).1), (20, 1), "{third:#}");
    assert_eq!(site.requests(), 11 + 2 + 20);
}

#[test]
fn the_report_of_a_later_pass_counts_what_that_pass_asked() {
    a_report_is_of_its_pass("crawld.db");
}

#[test]
fn the_report_of_a_later_pass_counts_what_that_pass_asked_on_postgresql() {
    a_report_is_of_its_pass(&postgres_database("suggest_passes"));
}
