//! Sites that never end, through the real program: limits end the crawl and the report names them.
#![cfg(test)]

mod common;

use std::time::Duration;

use common::http::Reply;
use common::run::Crawld;
use common::site::{Pages, Site};

const OPTIONS: [&str; 4] = ["--no-robots", "--delay", "0ms", "--per-host"];

/// The next three months link on from every month, and so on for ever.
fn calendar() -> Site {
    let month = |n: usize| format!("/calendar/{}-{:02}", 2000 + n / 12, n % 12 + 1);
    Pages::new()
        .links("/", &["/calendar/2000-01", "/about"])
        .page("/about", "about")
        .otherwise(move |request| {
            let date = request.path.trim_start_matches("/calendar/");
            let (year, of_year) = date.split_once('-').unwrap_or(("2000", "1"));
            let at = (year.parse::<usize>().unwrap() - 2000) * 12
                + of_year.parse::<usize>().unwrap()
                - 1;
            let next: Vec<String> = (1..4).map(|n| month(at + n)).collect();
            let next: Vec<&str> = next.iter().map(String::as_str).collect();
            Reply::links(&next)
        })
        .open()
}

fn json(crawld: &Crawld) -> serde_json::Value {
    let finished = crawld.expect(0, &["report", "--json"]);
    serde_json::from_str(&finished.stdout).unwrap()
}

fn count(crawld: &Crawld, state: &str) -> usize {
    crawld.export("pages", &[]).iter().filter(|page| page["state"] == state).count()
}

#[test]
fn of_an_endless_calendar_exactly_max_per_template_pages_are_asked_and_the_report_says_so() {
    let site = calendar();
    let crawld = Crawld::new();
    let root = site.at("/");
    let crawl = |max: &str| {
        let limit = ["--max-per-template", max];
        crawld.expect(0, &[&["crawl", &root], &OPTIONS[..], &["4"], &limit].concat())
    };
    let finished = crawl("20");
    assert_eq!(site.requests(), 22, "20 months, / and /about");
    assert_eq!(count(&crawld, "queued"), 0);
    let pages = crawld.export("pages", &[]);
    let refused = pages.iter().find(|page| page["state"] == "excluded").expect("one beyond");
    assert_eq!(refused["reason"], "trap_repeat");
    assert!(finished.stdout.contains("/calendar/{n}-{n}"), "{}", finished.stdout);
    let report = json(&crawld);
    assert_eq!(report["templates"][0]["urls"], 20);
    assert!(report["templates"][0]["refused"].as_i64() > Some(0), "{report}");
    let url = &refused["url"];
    let explained = crawld.expect(0, &["explain", url]).stdout;
    assert!(explained.contains("max_per_template=20: 127.0.0.1:"), "{explained}");

    crawl("30");
    assert_eq!(site.requests(), 32, "a raised limit goes on");
    assert_eq!(json(&crawld)["templates"][0]["urls"], 30);
}

#[test]
fn max_per_template_holds_over_kill_9() {
    let site = calendar();
    let crawld = Crawld::new();
    let root = site.at("/");
    let all = [&["crawl", &root], &OPTIONS[..], &["2", "--max-per-template", "40"]].concat();
    for asked in [8, 16, 24] {
        let running = crawld.spawn(&all);
        assert!(site.wait_for(asked, Duration::from_mins(1)));
        running.kill();
    }
    crawld.expect(0, &all);
    assert_eq!((count(&crawld, "done"), count(&crawld, "queued")), (42, 0));
}

#[test]
fn mazes_of_every_kind_end_by_themselves_and_each_rule_is_named() {
    let asked = std::sync::atomic::AtomicUsize::new(0);
    let site = Pages::new()
        .links("/", &["/grow/", "/turn/", "/self?u=", "/wrap?u=", "/s/start0a1b2c/"])
        .otherwise(move |request| {
            let path = &request.path;
            let number = asked.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            let token = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
            match path.split(['/', '?']).nth(1).unwrap_or_default() {
                "grow" => Reply::html("<a href='more/'>more</a>"),
                "turn" if path.ends_with("/a/") => Reply::html("<a href='b/'>b</a>"),
                "turn" => Reply::html("<a href='a/'>a</a>"),
                "self" => Reply::html(format!("<a href='{path}&amp;u={path}'>self</a>")),
                "wrap" => {
                    let inner = path.replace('%', "%25").replace('/', "%2F").replace('?', "%3F");
                    Reply::html(format!("<a href='/wrap?u={}'>wrap</a>", inner.replace('=', "%3D")))
                }
                _ => Reply::html(format!("<a href='/s/{token:016x}/'>in</a>")),
            }
        })
        .open();
    let crawld = Crawld::new();
    let root = site.at("/");
    let limit = ["1", "--max-per-template", "50", "--max-depth", "100"];
    let finished = crawld.expect(0, &[&["crawl", &root], &OPTIONS[..], &limit].concat());
    assert_eq!(count(&crawld, "queued"), 0);
    assert!(site.requests() < 200, "{}", site.requests());
    let report = json(&crawld);
    let rules: Vec<&str> = report["traps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|trap| trap["rule"].as_str().unwrap())
        .collect();
    for rule in ["URL length", "path depth 33 > 32", "4 times in a row", "parameters > 32"] {
        assert!(rules.iter().any(|found| found.contains(rule)), "{rule}: {report:#}");
        assert!(finished.stdout.contains(rule), "{rule}: {}", finished.stdout);
    }
    let maze = report["templates"]
        .as_array()
        .unwrap()
        .iter()
        .find(|template| template["template"].as_str().unwrap().ends_with("/s/{id}/"));
    assert_eq!(maze.expect("the maze is named")["urls"], 50, "{report:#}");
}

#[test]
fn more_than_ten_thousand_urls_of_one_template_are_reported_and_fewer_are_not() {
    let list = |name: &str, from: usize, to: usize| {
        let targets: Vec<String> = (from..to).map(|n| format!("/{name}/{n}?page=1")).collect();
        let targets: Vec<&str> = targets.iter().map(String::as_str).collect();
        Reply::links(&targets)
    };
    let site = Pages::new()
        .links("/", &["/one", "/two", "/three"])
        .reply("/one", list("many", 0, 6_000))
        .reply("/two", list("many", 4_000, 10_001))
        .reply("/three", list("few", 0, 9_990))
        .open();
    let crawld = Crawld::new();
    let root = site.at("/");
    let limit = ["1", "--max-pages", "4"];
    let finished = crawld.expect(0, &[&["crawl", &root], &OPTIONS[..], &limit].concat());
    assert!(finished.stdout.contains("10,001 URLs of 127.0.0.1:"), "{}", finished.stdout);
    assert!(finished.stdout.contains("/many/{n}?page; max_per_template limits them"));
    let report = json(&crawld);
    assert_eq!(report["templates"].as_array().unwrap().len(), 1, "{report:#}");
    assert_eq!(report["templates"][0]["urls"], 10_001);
    assert_eq!(report["templates"][0]["refused"], 0);
}
