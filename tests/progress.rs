//! What a terminal shows of a run, for each kind of job. The terminal is that of `script` (bsdutils).
#![cfg(test)]

mod common;

use std::process::{Command, Stdio};

use common::http::Reply;
use common::run::Crawld;
use common::site::Pages;

/// Runs the program on a terminal of its own and gives all that it showed there.
fn shown(crawld: &Crawld, arguments: &[&str]) -> String {
    let program = env!("CARGO_BIN_EXE_crawld");
    let quoted: Vec<String> = arguments.iter().map(|word| format!("'{word}'")).collect();
    let line = format!("exec '{program}' {}", quoted.join(" "));
    let output = Command::new("script")
        .args(["-qefc", &line, "/dev/null"])
        .env_clear()
        .env("PATH", std::env::var("PATH").unwrap())
        .env("TERM", "xterm")
        .current_dir(crawld.path())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "crawld {arguments:?}: {text}");
    text
}

/// The numbers before a word, of lines that tell how long it takes.
fn numbers(text: &str, word: &str) -> Vec<i64> {
    let frames = text.split(['\r', '\n']).filter(|frame| frame.contains(" left"));
    let number = |frame: &str| {
        let (before, _) = frame.split_once(word)?;
        before.rsplit([' ', ',']).next()?.parse().ok()
    };
    frames.filter_map(number).collect()
}

fn leaves() -> Pages {
    Pages::new().otherwise(|_| Reply::html("leaf"))
}

#[test]
fn a_list_shows_its_queue_and_the_time_it_takes_also_when_it_goes_on() {
    let (site, crawld) = (leaves().open(), Crawld::new());
    let list: Vec<String> = (0..200).map(|n| site.at(&format!("/{n}\n"))).collect();
    crawld.write("urls.txt", list.concat());
    let fetch = ["fetch", "urls.txt", "--delay", "50ms", "--no-robots", "--max-time"];
    for (most, said) in [("2500ms", ""), ("5s", "resumed in pass 1")] {
        let text = shown(&crawld, &[&fetch[..], &[most]].concat());
        let queued = numbers(&text, " queued");
        let asked = i64::try_from(site.requests()).unwrap();
        assert!(!queued.is_empty() && text.contains(said), "{text}");
        assert!(queued.iter().all(|n| (200 - asked - 1..=200).contains(n)), "{queued:?}");
        assert!(!text.contains("complete so far"), "{text}");
    }
}

#[test]
fn an_exhaustive_harvest_shows_how_many_combinations_are_to_go() {
    let site = Pages::new().otherwise(|_| Reply::body("application/json", "[]")).open();
    let template = site.at("/s?q={query}");
    let suggest = ["suggest", &template, "--tips", "$[*]", "--delay", "50ms", "--no-robots"];
    let crawld = Crawld::new();
    for most in ["2500ms", "5s"] {
        let text = shown(&crawld, &[&suggest[..], &["--max-time", most]].concat());
        let to_go = numbers(&text, " to go");
        let asked = i64::try_from(site.requests()).unwrap();
        assert!(!to_go.is_empty(), "{text}");
        assert!(to_go.iter().all(|n| (47_988 - asked..=47_988).contains(n)), "{to_go:?}");
    }
}

#[test]
fn a_listing_and_a_crawl_show_what_their_limit_of_pages_leaves() {
    let site = Pages::new()
        .otherwise(|request| {
            let number: u32 = request.path.trim_start_matches('/').parse().unwrap_or(0);
            Reply::html(format!("<li>{number}</li><a href=/{}>on</a>", number + 1))
        })
        .open();
    let (start, wide) = (site.at("/1"), leaves().links("/", &paths()).open());
    let scrape = ["scrape", &start, "--item", "li", "--field", "n=:scope", "--next", "a"];
    let root = wide.at("/");
    for job in [&scrape[..], &["crawl", &root]] {
        let limits = ["--max-pages", "300", "--max-time", "3s", "--delay", "50ms", "--no-robots"];
        let text = shown(&Crawld::new(), &[job, &limits[..]].concat());
        let left = numbers(&text, if job[0] == "scrape" { " to go" } else { " queued" });
        assert!(left.iter().any(|n| *n > 200), "{left:?} {text}");
    }
}

fn paths() -> Vec<&'static str> {
    (0..400).map(|n| &*format!("/{n}").leak()).collect()
}
