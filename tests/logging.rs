//! What is said on stderr, and at which level, through the real program.
#![cfg(test)]

mod common;

use common::http::Reply;
use common::run::{Crawld, Finished};
use common::site::{Pages, Site};

/// A page, a page in two tries, a redirect, a chain over its budget, a foreign link.
fn site() -> Site {
    Pages::new()
        .links("/", &["/leaf", "/moody", "/old", "/1", "http://elsewhere.example/"])
        .sequence("/moody", vec![Reply::status(500), Reply::html("at last")])
        .redirect("/old", 301, "/leaf")
        .redirect("/1", 302, "/2")
        .redirect("/2", 302, "/3")
        .page("/leaf", "leaf")
        .open()
}

fn crawl(site: &Site, options: &[&str]) -> Finished {
    let fast = ["--delay", "0ms", "--no-robots", "--max-redirects", "1"];
    Crawld::new().expect(0, &[&["crawl", &site.at("/")], &fast[..], options].concat())
}

#[test]
fn a_quiet_run_that_finds_no_error_says_nothing_at_all() {
    for quiet in [&["--quiet"][..], &["-q"], &["-q", "-v"], &["-vv", "-q"]] {
        let finished = crawl(&site(), quiet);
        assert_eq!((&*finished.stdout, &*finished.stderr), ("", ""), "{quiet:?}");
    }
}

#[test]
fn single_urls_are_told_with_v_and_not_without() {
    let site = site();
    let silent = crawl(&site, &[]).stderr;
    assert!(!silent.contains("/leaf"), "{silent}");
    let told = crawl(&self::site(), &["-v"]).stderr;
    let told = told.replace(&format!("http://127.0.0.1:{}", site.port()), "");
    assert!(told.contains(" DEBUG job=127.0.0.1 url="), "{told}");
    assert!(!told.contains(" adds "), "{told}");
}

#[test]
fn the_log_tells_links_tries_redirects_and_why_a_url_failed() {
    let site = site();
    let told = crawl(&site, &["-vv"]).stderr.replace(&site.url(), "");
    for line in [
        "url=/ try 1: status=200 links=5 new=4 out_of_scope=1",
        "url=/ adds /moody",
        "url=/moody try 1: status=500",
        "url=/moody try 2: status=200 links=0 new=0 out_of_scope=0",
        "url=/old redirected to /leaf",
        "url=/1 redirected to /2",
        "url=/2 failed after try 1: redirect_limit",
    ] {
        let wanted = format!("job=127.0.0.1 {line}");
        assert!(told.lines().any(|said| said.contains(&wanted)), "{line} is not in\n{told}");
    }
}

#[test]
fn under_the_journal_each_line_has_its_priority_and_neither_time_nor_colour() {
    let site = site();
    let crawld = Crawld::new().under_the_journal().env("CRAWLD_FAULTS", "extract=/leaf");
    let fast = ["--delay", "0ms", "--no-robots", "--max-redirects", "1", "-v"];
    let told = crawld.expect(0, &[&["crawl", &site.at("/")], &fast[..]].concat()).stderr;
    for line in told.lines() {
        assert!(line.starts_with('<') && line.get(2..3) == Some(">"), "no priority: {line}");
        let known = [" ERROR ", " WARN ", " INFO ", " DEBUG ", "\u{1b}"];
        assert!(!known.iter().any(|known| line.contains(known)), "{line}");
    }
    let with = |priority: &str, words: &str| {
        told.lines().any(|line| line.starts_with(priority) && line.contains(words))
    };
    assert!(with("<3>", " panic: fault injected at extract"), "{told}");
    assert!(with("<7>", "try 1: status=200"), "{told}");
    let wrong = crawld.expect(78, &["check", "--config", "missing.toml"]).stderr;
    assert!(wrong.starts_with("<3>") && wrong.contains("missing.toml"), "{wrong}");
}

#[test]
fn a_variable_for_another_stderr_is_not_believed() {
    let crawld = Crawld::new().env("JOURNAL_STREAM", "8:12345");
    let told = crawld.expect(78, &["check", "--config", "missing.toml"]).stderr;
    assert!(told.starts_with("crawld: ") && told.contains("missing.toml"), "{told}");
}

#[test]
fn a_panic_is_told_once_with_its_thread_and_place() {
    let site = Pages::new().links("/", &[]).open();
    let crawld = Crawld::new().env("CRAWLD_FAULTS", "extract=/");
    let fast = ["--no-robots", "--max-tries", "1", "--delay", "0ms"];
    let told = crawld.expect(1, &[&["crawl", &site.at("/")], &fast[..]].concat()).stderr;
    let panics: Vec<_> = told.lines().filter(|line| line.contains("panic")).collect();
    assert_eq!(panics.len(), 1, "{told}");
    let (at, words) = panics[0].split_once(" ERROR thread=").expect(panics[0]);
    assert!(at.ends_with('Z') && words.contains(" place=src/faults.rs:"), "{words}");
}

#[test]
fn a_filter_that_means_nothing_ends_the_program_with_78() {
    for wrong in ["crawld=loud", "debgu"] {
        let crawld = Crawld::new().env("CRAWLD__DAEMON__LOG", wrong);
        let told = crawld.expect(78, &["crawl", "http://127.0.0.1:9/"]).stderr;
        assert!(told.contains("daemon.log") && told.contains(wrong), "{told}");
        assert_eq!(told.lines().count(), 1, "{told}");
    }
}

#[test]
fn what_is_logged_can_be_changed_target_by_target_while_the_program_runs() {
    let enabled = |target: &str, level| log::log_enabled!(target: target, level);
    crawld::logging::start("crawld=info");
    assert!(enabled("crawld::http", log::Level::Info));
    assert!(!enabled("crawld::http", log::Level::Debug));
    crawld::logging::set_filter("crawld=warn,crawld::http=trace").unwrap();
    assert!(enabled("crawld::http::client", log::Level::Trace));
    assert!(!enabled("crawld::store", log::Level::Info));
    crawld::logging::set_filter("crawld=loud").unwrap_err();
    assert!(enabled("crawld::http::client", log::Level::Trace), "a wrong one changes nothing");
}

#[test]
fn json_lines_are_objects_with_the_facts_of_their_message_complaints_included() {
    let site = site();
    let told = crawl(&site, &["-v", "--log-format", "json"]).stderr;
    let lines: Vec<serde_json::Value> =
        told.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
    for line in &lines {
        for key in ["ts", "level", "target", "message"] {
            assert!(line[key].is_string(), "{key}: {line}");
        }
    }
    let leaf = lines.iter().find(|line| line["url"] == site.at("/leaf") && line["status"] == "200");
    let leaf = leaf.unwrap_or_else(|| panic!("{told}"));
    assert_eq!((&leaf["job"], &leaf["level"]), (&"127.0.0.1".into(), &"debug".into()));
    let nowhere = "postgres://nobody@127.0.0.1:1/none";
    let wrong = ["crawl", &site.at("/"), "--log-format", "json", "--database", nowhere];
    let told = Crawld::new().expect(69, &wrong).stderr;
    let told: serde_json::Value = serde_json::from_str(&told).expect(&told);
    assert_eq!(told["level"], "error");
}

#[test]
fn secrets_in_queries_are_logged_nowhere_and_kept_in_the_store() {
    let site = Pages::new()
        .links("/?q=a&api_key=rootsecret", &["/b?token=linksecret", "/c"])
        .redirect("/c", 302, "/d?password=movedsecret")
        .otherwise(|_| Reply::html("leaf"))
        .open();
    let root = site.at("/?q=a&api_key=rootsecret");
    let text = format!("[jobs.a]\nkind = \"crawl\"\nroots = [\"{root}\"]\ndelay = \"0ms\"\n");
    for format in ["text", "json"] {
        let crawld = Crawld::new();
        let text = format!("{text}[daemon]\nlog = \"trace\"\nlog_format = \"{format}\"\n");
        crawld.write("c.toml", text);
        let told = crawld.expect(0, &["run", "--config", "c.toml", "--until-done", "-vv"]).stderr;
        assert!(told.contains("api_key=***") && told.contains("password=***"), "{told}");
        let shown = crawld.expect(0, &["check", "--effective", "--config", "c.toml"]).stdout;
        assert!(shown.contains("?q=a&api_key=***\""), "{shown}");
        for secret in ["rootsecret", "linksecret", "movedsecret"] {
            assert!(!told.contains(secret) && !shown.contains(secret), "{told}\n{shown}");
        }
        let kept: Vec<_> = crawld.export("pages", &[]).iter().map(|p| p["url"].clone()).collect();
        assert!(kept.contains(&root), "{kept:?}");
    }
}
