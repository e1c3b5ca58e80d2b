//! `crawld suggest` as its user has it: the request by options, what is told before and after, and
//! what comes out.
#![cfg(test)]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail loudly")]

mod common;

use std::collections::{BTreeMap, HashSet};
use std::sync::atomic::{AtomicUsize, Ordering};

use common::http::{Reply, Request};
use common::run::{Crawld, postgres_database};
use common::site::{Pages, Site};
use serde_json::{Value, json};
use url::form_urlencoded;

const FAST: [&str; 4] = ["--delay", "0ms", "--per-host", "64"];

/// What the endpoint of a shop answers: names that hold the query, products, or nothing at all.
fn shop(query: &str, extra: &[&str]) -> Reply {
    let names = ["abc", "ab", "b a", "cab", "Ї a"];
    let found: Vec<&str> =
        names.iter().chain(extra).filter(|name| name.contains(query)).copied().take(3).collect();
    let products: Vec<Value> = found
        .iter()
        .map(|name| json!({"name": name, "url": format!("/p/{name}"), "price": format!("<b>{}&nbsp;€</b>", name.len())}))
        .collect();
    let body =
        if found.is_empty() { json!([]) } else { json!({"query": found, "products": products}) };
    Reply::body("application/json", body.to_string())
}

/// The value of `q` in a query or a form.
fn q(text: &str) -> String {
    let pairs = form_urlencoded::parse(text.as_bytes());
    pairs.filter(|(name, _)| name == "q").map(|(_, value)| value.into_owned()).next().unwrap()
}

fn in_url(request: &Request) -> String {
    q(request.path.split_once('?').unwrap().1)
}

fn get_shop() -> Site {
    Pages::new()
        .reply("/robots.txt", Reply::status(404))
        .otherwise(|r| shop(&in_url(r), &[]))
        .open()
}

/// Queries in order of arrival.
fn asked(site: &Site, query: impl Fn(&Request) -> String) -> Vec<String> {
    let log = site.log();
    log.iter().filter(|request| request.path != "/robots.txt").map(query).collect()
}

fn suggest<'a>(template: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&["suggest", template], &FAST[..], more].concat()
}

/// The shop by a form, with its headers, and all that its answers hold.
const FORM: [&str; 26] = [
    "--form",
    "q={query}",
    "--form",
    "isAjax=1",
    "--alphabet",
    "abї",
    "--max-length",
    "2",
    "--header",
    "X-Requested-With: XMLHttpRequest",
    "--header",
    "Referer: http://a.test/?q={query}",
    "--tips",
    "query=$.query[*]",
    "--tips",
    "products=$.products[*]",
    "--field",
    "products.name=$.name",
    "--field",
    "products.url=$.url",
    "--field",
    "products.price=$.price",
    "--strip-tags",
    "--trim",
    "--job",
    "shop",
];

/// A harvest by [`FORM`], done.
fn harvest_by_form() -> (Site, Crawld) {
    let body = |r: &Request| shop(&q(std::str::from_utf8(&r.body).unwrap()), &[]);
    let path = "/ua/suggest/?theme=main";
    let site = Pages::new().reply("/robots.txt", Reply::status(404)).route(path, body).open();
    let crawld = Crawld::new();
    let finished = crawld.expect(0, &suggest(&site.at(path), &FORM));
    let told = "12 queries of 1 to 2 of 3 letters; as fast as 127.0.0.1:";
    assert!(finished.stderr.contains(told), "{finished:#?}");
    (site, crawld)
}

#[test]
fn a_form_is_posted_with_its_headers() {
    let (site, _) = harvest_by_form();
    let form = |request: &Request| String::from_utf8(request.body.clone()).unwrap();
    let all: HashSet<String> = asked(&site, form).into_iter().collect();
    assert_eq!(all.len(), 12);
    assert!(all.contains("q=a%D1%97&isAjax=1"), "{all:?}");
    let post = site.log().into_iter().find(|r| r.method == "POST").unwrap();
    assert_eq!(post.header("content-type"), Some("application/x-www-form-urlencoded"));
    assert_eq!(post.header("x-requested-with"), Some("XMLHttpRequest"));
    assert!(post.header("accept").unwrap().starts_with("application/json"));
    let referer = post.header("referer").unwrap();
    assert_eq!(q(referer.split_once('?').unwrap().1), q(&form(&post)));
}

#[test]
fn every_kind_of_tip_is_exported_with_its_fields_and_its_rank() {
    let (_, crawld) = harvest_by_form();
    let rows = crawld.export("suggestions", &["--sorted"]);
    let row = |query: &str, text: &str, result: &str| {
        let found = rows.iter().filter(|row| row["query"] == query && row["text"] == text);
        found.filter(|row| row["result"] == result).cloned().collect::<Vec<_>>()
    };
    let product = row("a", "b a", "products");
    assert_eq!(product.len(), 1);
    assert_eq!((product[0]["rank"].as_str(), product[0]["url"].as_str()), ("3", "/p/b a"));
    assert_eq!(product[0]["price"], "3\u{a0}€");
    assert_eq!(row("a", "b a", "query")[0]["price"], "", "a field of another kind");
    let of_a = rows.iter().filter(|row| row["query"] == "a" && row["result"] == "query");
    assert_eq!(of_a.count(), 3, "each tip of an answer once");
    let header = crawld.expect(0, &["export", "--what", "suggestions"]).stdout;
    assert!(header.starts_with("job,result,query,rank,text,name,url,price\n"), "{header}");
    let lines = crawld.expect(0, &["export", "--what", "suggestions", "--format", "jsonl"]).stdout;
    let first = lines.lines().next().unwrap();
    let first: BTreeMap<String, Value> = serde_json::from_str(first).unwrap();
    assert_eq!(first["rank"], json!(1));
}

#[test]
fn the_report_counts_queries_and_tips() {
    let (_, crawld) = harvest_by_form();
    let report = crawld.expect(0, &["report"]).stdout;
    assert!(report.contains("12 asked = "), "{report}");
    assert!(report.contains("tips      products 4, query 4"), "{report}");
    let report = crawld.expect(0, &["report", "--json"]).stdout;
    let report: Value = serde_json::from_str(&report).unwrap();
    assert_eq!(report["kind"], "suggest");
    let queries = &report["harvest"]["queries"];
    assert_eq!((&queries["asked"], &queries["failed"]), (&json!(12), &json!(0)));
    let query = json!({"result": "query", "tips": 4, "new": 4, "missing": 0});
    assert_eq!(report["harvest"]["results"][1], query);
}

#[test]
fn json_and_text_are_sent_as_they_are_said() {
    for (option, value, body) in [
        ("--json-body", r#"{"z":{"q":"<{query}>"},"n":1}"#, r#"{"z":{"q":"<\">"},"n":1}"#),
        ("--body", "find {query} {{query}}", "find \" {query}"),
    ] {
        let site = Pages::new()
            .reply("/robots.txt", Reply::status(404))
            .reply("/s", Reply::body("application/json", "[]"))
            .open();
        let crawld = Crawld::new();
        let options = [option, value, "--alphabet", "\"", "--max-length", "1", "--tips", "$[*]"];
        crawld.expect(0, &suggest(&site.at("/s"), &options));
        let bodies = asked(&site, |r| String::from_utf8(r.body.clone()).unwrap());
        assert_eq!(bodies, [body]);
        assert_eq!(site.log().last().unwrap().method, "POST");
    }
}

#[test]
fn more_letters_or_longer_queries_are_added_and_nothing_is_asked_twice() {
    for strategy in ["exhaustive", "adaptive"] {
        let site = get_shop();
        let crawld = Crawld::new();
        let template = site.at("/s?q={query}");
        let tips = ["--tips", "$.query[*]", "--strategy", strategy, "--alphabet"];
        let run =
            |more: &[&str]| crawld.expect(0, &suggest(&template, &[&tips[..], more].concat()));
        run(&["ab", "--max-length", "1"]);
        let first = asked(&site, in_url);
        let told = run(&["abc", "--max-length", "2"]).stderr;
        assert!(told.contains(r#"suggest.alphabet "ab" -> "abc""#), "{told}");
        assert!(told.contains("suggest.max_length 1 -> 2"), "{told}");
        let all = asked(&site, in_url);
        let distinct: HashSet<&String> = all.iter().collect();
        assert_eq!(distinct.len(), all.len(), "asked twice: {all:?}");
        assert!(first.iter().all(|query| distinct.contains(query)));
        if strategy == "exhaustive" {
            assert_eq!(all.len(), 12);
        }
        // What a harvest of its own finds.
        let fresh = Crawld::new();
        let options = [&tips[..], &["abc", "--max-length", "2"]].concat();
        fresh.expect(0, &suggest(&template, &options));
        let found = |crawld: &Crawld| -> HashSet<String> {
            crawld.export("suggestions", &[]).into_iter().map(|row| row["text"].clone()).collect()
        };
        assert_eq!(found(&crawld), found(&fresh), "{strategy}");
        let told = run(&["abc", "--max-length", "2"]).stderr;
        assert!(told.contains("complete, nothing new"), "{told}");
    }
}

#[test]
fn another_template_or_kind_under_the_same_name_is_refused() {
    let site = get_shop();
    let crawld = Crawld::new();
    let options = ["--tips", "$.query[*]", "--max-length", "1", "--alphabet", "a"];
    let template = site.at("/s?q={query}");
    crawld.expect(0, &suggest(&template, &options));
    let asked_before = site.requests();
    for more in [&["--prefix", "x"][..], &["--form", "y=1"][..]] {
        let refused = crawld.expect(2, &suggest(&template, &[&options[..], more].concat()));
        assert!(refused.stderr.contains("choose another name with --job"), "{refused:#?}");
    }
    let other = site.at("/t?q={query}");
    let refused = crawld.expect(2, &suggest(&other, &options));
    assert!(refused.stderr.contains("suggest-127.0.0.1"), "{refused:#?}");
    let kind = crawld.expect(2, &["crawl", &site.at("/"), "--job", "suggest-127.0.0.1"]);
    assert!(kind.stderr.contains("--job"), "{kind:#?}");
    assert_eq!(site.requests(), asked_before);
    crawld.expect(0, &suggest(&other, &[&options[..], &["--job", "other"]].concat()));
    assert_eq!(asked(&site, |r| r.path.clone()).last().unwrap(), "/t?q=a");
}

#[test]
fn what_makes_no_harvest_is_refused_before_anything_is_asked_or_stored() {
    let crawld = Crawld::new();
    let good = "http://127.0.0.1:9/s?q={query}";
    for (arguments, said) in [
        (vec!["http://127.0.0.1:9/s", "--tips", "$[*]"], "{query} is nowhere"),
        (vec!["http://127.0.0.1:9/s?q={word}", "--tips", "$[*]"], "{word} is not known"),
        (vec![good], "--tips"),
        (vec![good, "--tips", "query[*]"], "JSON path"),
        (vec![good, "--tips", "$[*]", "--alphabet", "z-a"], "write a-z"),
        (vec![good, "--tips", "$[*]", "--min-length", "4"], "lengths 4 to 3"),
        (vec![good, "--tips", "$[*]", "--learn"], "'adaptive'"),
        (vec![good, "--tips", "$[*]", "--strategy", "best"], "exhaustive or adaptive"),
        (vec![good, "--tips", "$[*]", "--field", "a.b=$.c"], "there is no --tips a"),
        (vec![good, "--tips", "$[*]", "--field", "rank=$.c"], "choose another"),
        (vec![good, "--tips", "$[*]", "--json-body", "{query}"], "no JSON"),
        (vec![good, "--tips", "$[*]", "--method", "PUT"], "GET, HEAD, POST"),
    ] {
        let refused = crawld.expect(2, &[&["suggest"][..], &arguments].concat());
        assert!(refused.stderr.contains(said), "{said}: {}", refused.stderr);
    }
    assert!(!crawld.path().join("crawld.db").exists());
}

#[test]
fn a_budget_ends_the_job_and_raising_it_goes_on() {
    let site = get_shop();
    let crawld = Crawld::new();
    let template = site.at("/s?q={query}");
    let budget =
        |n| suggest(&template, &["--tips", "$.query[*]", "--max-length", "2", "--budget", n]);
    let told = crawld.expect(0, &budget("50")).stderr;
    assert!(told.contains("50 of 1,332 queries of 1 to 2 of 36 letters"), "{told}");
    assert_eq!(asked(&site, in_url).len(), 50);
    crawld.expect(0, &budget("60"));
    let all = asked(&site, in_url);
    assert_eq!((all.len(), all.iter().collect::<HashSet<_>>().len()), (60, 60));
}

#[test]
fn a_new_pass_shows_what_is_new() {
    let pass = std::sync::Arc::new(AtomicUsize::new(1));
    let seen = std::sync::Arc::clone(&pass);
    let site = Pages::new()
        .reply("/robots.txt", Reply::status(404))
        .otherwise(move |request| {
            let extra: &[&str] = if seen.load(Ordering::SeqCst) > 1 { &["zebra"] } else { &[] };
            shop(&in_url(request), extra)
        })
        .open();
    let crawld = Crawld::new();
    let template = site.at("/s?q={query}");
    let options = ["--tips", "$.query[*]", "--max-length", "1", "--alphabet", "a-z"];
    crawld.expect(0, &suggest(&template, &options));
    let first = crawld.export("suggestions", &["--sorted"]);
    pass.store(2, Ordering::SeqCst);
    let told = crawld.expect(0, &suggest(&template, &[&options[..], &["--again"]].concat()));
    assert!(told.stdout.contains("tips 5 (1 new)"), "{}", told.stdout);
    let new = crawld.export("suggestions", &["--new"]);
    assert!(!new.is_empty() && new.iter().all(|row| row["text"] == "zebra"), "{new:?}");
    let second = crawld.export("suggestions", &["--sorted"]);
    assert!(first.iter().all(|row| second.contains(row)), "nothing is lost or stored twice");
    assert_eq!(second.len(), first.len() + new.len());
    let wrong = crawld.expect(2, &["export", "--what", "pages", "--new"]);
    assert!(wrong.stderr.contains("--what suggestions"));
}

#[test]
fn robots_txt_is_obeyed_and_no_answer_at_all_is_a_failure() {
    let site = Pages::new()
        .reply("/robots.txt", Reply::body("text/plain", "User-agent: *\nDisallow: /s"))
        .otherwise(|_| Reply::body("application/json", "[]"))
        .open();
    let crawld = Crawld::new();
    let template = site.at("/s?q={query}");
    let options = ["--tips", "$[*]", "--max-length", "1", "--alphabet", "ab"];
    let finished = crawld.expect(1, &suggest(&template, &options));
    assert!(finished.stderr.contains("no query was answered"), "{finished:#?}");
    assert!(asked(&site, in_url).is_empty());
    let more = [&options[..], &["--no-robots"]].concat();
    crawld.expect(0, &suggest(&template, &more));
    assert_eq!(asked(&site, in_url).len(), 2);
}

#[test]
fn a_login_in_the_template_goes_to_the_endpoint_and_is_stored_nowhere() {
    let site = get_shop();
    let crawld = Crawld::new();
    let template = site.at("/s?q={query}").replace("http://", "http://me:sesame@");
    let options = ["--tips", "$.query[*]", "--max-length", "1", "--alphabet", "a"];
    let finished = crawld.expect(0, &suggest(&template, &options));
    let request = site.log().into_iter().find(|r| r.path != "/robots.txt").unwrap();
    assert_eq!(request.header("authorization"), Some("Basic bWU6c2VzYW1l"));
    assert!(!finished.stderr.contains("sesame") && !finished.stdout.contains("sesame"));
    for file in std::fs::read_dir(crawld.path()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        assert!(!bytes.windows(6).any(|part| part == b"sesame"));
    }
}

#[test]
fn on_postgresql_report_and_export_are_the_same() {
    let site = get_shop();
    let template = site.at("/s?q={query}");
    let options = ["--tips", "$.query[*]", "--max-length", "2", "--alphabet", "abc"];
    let database = postgres_database("suggest_command");
    let outcome = |database: &[&str]| {
        let crawld = Crawld::new();
        crawld.expect(0, &suggest(&template, &[&options[..], database].concat()));
        let rows = crawld.export("suggestions", &[&["--sorted"][..], database].concat());
        let report = crawld.expect(0, &[&["report", "--json"][..], database].concat()).stdout;
        let report: Value = serde_json::from_str(&report).unwrap();
        (rows, report["harvest"].clone())
    };
    let (rows, harvest) = outcome(&["--database", &database]);
    assert!(!rows.is_empty());
    assert_eq!((rows, harvest), outcome(&[]));
}
