//! A pass over known pages tells which are new, changed and gone since the one before.
#![cfg(test)]

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use common::http::{Reply, Request};
use common::run::{Crawld, Record};
use common::site::{Pages, Site};
use serde_json::{Value, json};

const FAST: [&str; 4] = ["--delay", "0ms", "--per-host", "4"];

/// What a path answers in passes 1, 2 and 3; the last one from then on.
type Life = (&'static str, [fn() -> Reply; 3]);

fn page(title: &str) -> Reply {
    Reply::html(format!("<title>{title}</title>"))
}

fn missing() -> Reply {
    Reply::status(404)
}

const LIVES: [Life; 9] = [
    ("/same", [|| page("same"), || page("same"), || page("same")]),
    ("/changes", [|| page("one"), || page("two"), || page("two")]),
    ("/goes", [|| page("here"), missing, missing]),
    ("/goes-410", [|| page("here"), || Reply::status(410), || page("here")]),
    ("/ails", [|| page("well"), || Reply::status(403), || page("well")]),
    ("/ails-and-goes", [|| page("well"), || Reply::status(403), missing]),
    ("/ails-and-changes", [|| page("well"), || Reply::status(403), || page("better")]),
    ("/comes", [missing, || page("late"), || page("late")]),
    ("/moves", [|| page("here"), || Reply::redirect(301, "/same"), || page("here")]),
];

/// A site whose pages live like that; the root links them, and `/born` from the second pass on. One
/// page with a version, `/kept`, answers 304 to whoever has it.
fn site(pass: &Arc<AtomicUsize>) -> Site {
    let now = Arc::clone(pass);
    let mut pages = Pages::new()
        .route("/", move |_: &Request| {
            let born = (now.load(Ordering::SeqCst) > 0).then_some("/born");
            let paths = LIVES.iter().map(|(path, _)| *path).chain(["/kept"]).chain(born);
            // Always the same text but for the links, and so "changed" once.
            Reply::links(&paths.collect::<Vec<_>>())
        })
        .page("/born", "<title>born</title>")
        .route("/kept", |request: &Request| match request.header("if-none-match") {
            Some(_) => Reply::status(304),
            None => page("kept").header("ETag", "\"k\""),
        });
    for (path, life) in LIVES {
        let now = Arc::clone(pass);
        pages = pages.route(path, move |_: &Request| life[now.load(Ordering::SeqCst).min(2)]());
    }
    pages.open()
}

/// The changes that the export shows, by path.
fn changes(crawld: &Crawld, site: &Site) -> Vec<String> {
    let rows = crawld.export("pages", &["--since", "last"]);
    let told = |row: &Record| {
        format!("{} {}", row["url"].strip_prefix(&site.url()).unwrap(), row["change"])
    };
    let mut all: Vec<_> = rows.iter().map(told).collect();
    all.sort();
    all
}

fn report(crawld: &Crawld) -> Value {
    serde_json::from_str(&crawld.expect(0, &["report", "--json"]).stdout).unwrap()
}

fn passes_tell(database: Option<String>, first: &[&str], again: &[&str], root_counts: bool) {
    let pass = Arc::new(AtomicUsize::new(0));
    let site = site(&pass);
    let in_a_file = database.is_none();
    let crawld = match database {
        Some(url) => Crawld::new().env("CRAWLD__DATABASE__URL", &url),
        None => Crawld::new(),
    };
    let urls = LIVES.iter().map(|(path, _)| site.at(path)).chain(["/kept"].map(|p| site.at(p)));
    let list: Vec<_> = urls.chain(root_counts.then(|| site.at("/"))).collect();
    crawld.write("list.txt", list.join("\n"));
    let root = site.at("/");
    let run = |arguments: &[&str]| {
        let arguments: Vec<_> =
            arguments.iter().map(|word| if *word == "ROOT" { &*root } else { word }).collect();
        crawld.expect(0, &[&arguments[..], &FAST].concat()).stdout
    };
    let text = run(first);
    assert_eq!(crawld.path().join("crawld.db").exists(), in_a_file);
    assert!(!text.contains("since the pass before"), "a first pass has none before it: {text}");
    assert_eq!(report(&crawld).get("changes"), None);
    assert_eq!(changes(&crawld, &site), [] as [String; 0]);

    pass.store(1, Ordering::SeqCst);
    let text = run(again);
    let mut second = vec!["/changes changed", "/comes new", "/goes gone", "/goes-410 gone"];
    if root_counts {
        second.insert(0, "/ changed");
        second.insert(1, "/born new");
    }
    assert_eq!(changes(&crawld, &site), second);
    let (new, changed) = if root_counts { (2, 2) } else { (1, 1) };
    let told = format!("{new} new, {changed} changed, 2 gone since the pass before");
    assert!(text.contains(&told), "{text}");
    assert_eq!(report(&crawld)["changes"], json!({"new": new, "changed": changed, "gone": 2}));

    pass.store(2, Ordering::SeqCst);
    run(again);
    assert_eq!(
        changes(&crawld, &site),
        ["/ails-and-changes changed", "/ails-and-goes gone", "/goes-410 new"],
        "what failed for a while is compared with what it was before"
    );
    let all = crawld.export("pages", &[]);
    assert!(all.iter().all(|row| !row.contains_key("change")), "only with --since");
    let columns = crawld.expect(0, &["export", "--what", "pages", "--since", "last"]).stdout;
    assert!(columns.lines().next().unwrap().ends_with("duplicate_of,change"), "{columns}");
    // Nothing more happens: the next pass has nothing to tell.
    run(again);
    assert_eq!(report(&crawld)["changes"], json!({"new": 0, "changed": 0, "gone": 0}));
}

#[test]
fn a_crawl_tells_what_is_new_changed_and_gone() {
    passes_tell(None, &["crawl", "ROOT"], &["crawl", "ROOT", "--again"], true);
}

#[test]
fn a_crawl_tells_it_from_postgresql_too() {
    let database = common::run::postgres_database("crawld_changes");
    passes_tell(Some(database), &["crawl", "ROOT"], &["crawl", "ROOT", "--again"], true);
}

#[test]
fn a_list_tells_what_is_new_changed_and_gone() {
    passes_tell(None, &["fetch", "list.txt"], &["fetch", "list.txt", "--again"], false);
}

#[test]
fn what_is_asked_again_in_a_pass_is_told_as_it_turned_out() {
    let gone = Reply::status(404);
    let replies = vec![page("a"), gone, page("a"), page("a")];
    let site = Pages::new().links("/", &["/a"]).sequence("/a", replies).open();
    let crawld = Crawld::new();
    let root = site.at("/");
    crawld.expect(0, &["crawl", &root, "--delay", "0ms"]);
    crawld.expect(0, &["crawl", &root, "--delay", "0ms", "--again"]);
    assert_eq!(changes(&crawld, &site), ["/a gone"]);
    crawld.expect(0, &["retry", "127.0.0.1", "--status", "404"]);
    crawld.expect(0, &["crawl", &root, "--delay", "0ms"]);
    assert_eq!(changes(&crawld, &site), [] as [String; 0], "it is there after all");
}

#[test]
fn what_has_no_pages_of_its_own_says_so() {
    let site = Pages::new().page("/s", "[]").open();
    let crawld = Crawld::new();
    let url = format!("{}/s?q={{query}}", site.url());
    let tips = ["--tips", "$[*]", "--alphabet", "a", "--max-length", "1", "--delay", "0ms"];
    crawld.run(&[&["suggest", &url][..], &tips].concat());
    let failed = crawld.expect(2, &["export", "--what", "pages", "--since", "last"]);
    assert!(failed.stderr.contains("pages of crawl and fetch"), "{}", failed.stderr);
}
