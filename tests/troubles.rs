//! What goes wrong around a crawl: signals, dead hosts, foreign files, two at once, limits.
#![cfg(test)]

mod common;

use std::fs;
use std::time::Duration;

use common::generated::Generated;
use common::http::{Gate, Reply};
use common::run::Crawld;
use common::site::Pages;

const LONG: Duration = Duration::from_mins(1);
const SHAPE: Generated = Generated { pages: 300, links: 8 };

#[test]
fn a_signal_ends_in_order_and_the_same_command_resumes() {
    for (name, code) in [("INT", 130), ("TERM", 143)] {
        let site = SHAPE.pages().open();
        let crawld = Crawld::new();
        let root = site.at(&Generated::path(0));
        let arguments = ["crawl", &root, "--delay", "2ms", "--no-robots"];
        let running = crawld.spawn(&arguments);
        assert!(site.wait_for(20, LONG));
        running.signal(name);
        let finished = running.finish();
        assert_eq!(finished.code, Some(code), "{finished:#?}");
        assert!(finished.stdout.contains("queued"), "the report is printed: {}", finished.stdout);
        let asked = site.requests();
        let stored = crawld.export("pages", &[]);
        let done = stored.iter().filter(|page| page["state"] == "done").count();
        assert_eq!(done, asked, "what was asked before an ordered end is stored");
        crawld.expect(0, &arguments);
        assert_eq!(site.requests(), SHAPE.pages, "nothing is asked twice");
    }
}

#[test]
fn a_second_signal_ends_at_once_and_loses_nothing() {
    let gate = Gate::new();
    let held = gate.clone();
    let site = Pages::new()
        .links("/", &["/slow"])
        .otherwise(move |_| Reply::html("slow").after(&held))
        .open();
    let crawld = Crawld::new();
    let root = site.at("/");
    let arguments = ["crawl", &root, "--delay", "0ms", "--no-robots"];
    let mut running = crawld.spawn(&arguments);
    assert!(site.wait_for(2, LONG));
    running.signal("TERM");
    while !running.ended_within(Duration::from_millis(20)) {
        running.signal("TERM");
    }
    assert_eq!(running.finish().code, Some(143));
    gate.open();
    crawld.expect(0, &arguments);
    assert_eq!(crawld.export("pages", &[]).len(), 2);
}

#[test]
fn a_signal_that_a_wrapper_sends_twice_ends_in_order_all_the_same() {
    let site = SHAPE.pages().open();
    let crawld = Crawld::new();
    let root = site.at(&Generated::path(0));
    let running = crawld.spawn(&["crawl", &root, "--delay", "20ms", "--no-robots"]);
    assert!(site.wait_for(2, LONG));
    running.signal_in_a_row("INT", 3);
    let finished = running.finish();
    assert_eq!(finished.code, Some(130), "{finished:#?}");
    assert!(finished.stdout.contains("queued"), "the report is printed: {}", finished.stdout);
}

#[test]
fn a_dead_host_ends_by_itself_with_its_reason() {
    let crawld = Crawld::new();
    crawld.expect(1, &["crawl", "http://127.0.0.1:1/", "--max-tries", "2"]);
    let pages = crawld.export("pages", &[]);
    assert_eq!((pages[0]["state"].as_str(), pages[0]["reason"].as_str()), ("failed", "refused"));
}

#[test]
fn a_root_without_a_scheme_is_tried_with_https_then_http() {
    let site = Pages::new().page("/", "plain").open();
    let crawld = Crawld::new();
    let root = site.at("/").replace("http://", "");
    crawld.expect(0, &["crawl", &root, "--delay", "0ms"]);
    let pages = crawld.export("pages", &[]);
    let done = pages.iter().find(|page| page["state"] == "done").expect("a page");
    assert_eq!(done["url"], site.at("/"));
}

#[test]
fn the_second_owner_of_a_file_is_told_who_holds_it() {
    let gate = Gate::new();
    let held = gate.clone();
    let site = Pages::new().reply("/", Reply::html("x").after(&held)).open();
    let crawld = Crawld::new();
    let root = site.at("/");
    let arguments = ["crawl", &root, "--no-robots"];
    let first = crawld.spawn(&arguments);
    assert!(site.wait_for(1, LONG));
    let second = crawld.expect(69, &arguments);
    assert!(second.stderr.contains("process"), "{}", second.stderr);
    assert_eq!(second.stderr.trim().lines().count(), 1, "{}", second.stderr);
    gate.open();
    assert_eq!(first.finish().code, Some(0));
}

#[test]
fn a_file_that_is_no_database_is_refused_and_left_alone() {
    let crawld = Crawld::new();
    let path = crawld.path().join("crawld.db");
    let text = "dear diary, ".repeat(1000);
    fs::write(&path, &text).unwrap();
    let finished = crawld.expect(69, &["crawl", "http://127.0.0.1:1/"]);
    assert!(finished.stderr.contains("crawld.db"), "{}", finished.stderr);
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
}

#[test]
fn max_pages_is_exact_named_and_raised_later() {
    let site = SHAPE.pages().open();
    let crawld = Crawld::new();
    let root = site.at(&Generated::path(0));
    let crawl = |n: &str| {
        let fast = ["--delay", "0ms", "--per-host", "8", "--no-robots"];
        crawld.expect(0, &[&["crawl", &root, "--max-pages", n], &fast[..]].concat())
    };
    let finished = crawl("25");
    assert!(finished.stdout.contains("max_pages"), "{}", finished.stdout);
    assert_eq!(site.requests(), 25);
    crawl("25");
    assert_eq!(site.requests(), 25, "the same limit asks nothing more");
    crawl("40");
    assert_eq!(site.requests(), 40);
}

#[test]
fn max_time_is_named_and_counts_over_resumes() {
    let site = SHAPE.pages().open();
    let crawld = Crawld::new();
    let root = site.at(&Generated::path(0));
    let slow = ["--delay", "100ms", "--no-robots", "--max-time", "1s"];
    let finished = crawld.expect(0, &[&["crawl", &root], &slow[..]].concat());
    assert!(finished.stdout.contains("max_time"), "{}", finished.stdout);
    let asked = site.requests();
    assert!(asked < SHAPE.pages);
    crawld.expect(0, &[&["crawl", &root], &slow[..]].concat());
    assert_eq!(site.requests(), asked, "the time is used up");
    crawld.expect(0, &["crawl", &root, "--delay", "0ms", "--per-host", "8", "--no-robots"]);
    assert_eq!(crawld.export("pages", &[]).len(), SHAPE.pages);
}

#[test]
fn max_depth_is_kept_and_raised_later() {
    let site = Pages::new()
        .links("/", &["/1"])
        .links("/1", &["/2"])
        .links("/2", &["/3"])
        .page("/3", "x")
        .open();
    let crawld = Crawld::new();
    let crawl = |depth: &str| {
        crawld.expect(
            0,
            &["crawl", &site.at("/"), "--delay", "0ms", "--no-robots", "--max-depth", depth],
        );
    };
    crawl("1");
    assert_eq!(site.paths(), ["/", "/1"]);
    crawl("3");
    assert_eq!(site.paths(), ["/", "/1", "/2", "/3"]);
}

#[test]
fn a_shorter_way_found_while_a_page_is_being_asked_counts_for_what_it_leads_to() {
    let (slow, deep) = (Gate::new(), Gate::new());
    let site = Pages::new()
        .links("/", &["/slow", "/p"])
        .reply("/slow", Reply::links(&["/x", "/told"]).after(&slow))
        .links("/p", &["/q"])
        .links("/q", &["/x"])
        .reply("/x", Reply::links(&["/child"]).after(&deep))
        .otherwise(|_| Reply::html("leaf"))
        .open();
    let crawld = Crawld::new();
    let root = site.at("/");
    let fast = ["--delay", "0ms", "--per-host", "4", "--no-robots", "--max-depth", "3"];
    let running = crawld.spawn(&[&["crawl", &root], &fast[..]].concat());
    assert!(site.wait_for(5, LONG), "{:?}", site.paths());
    slow.open();
    // This is asked only when what /slow leads to, /x among it, has been stored.
    assert!(site.wait_for(6, LONG) && site.hits("/told") == 1, "{:?}", site.paths());
    deep.open();
    assert_eq!(running.finish().code, Some(0));
    assert_eq!(site.hits("/child"), 1, "it is three links away by the shorter way");
}

#[test]
fn again_asks_every_known_page_once_more_and_new_ones_as_found() {
    let site = Pages::new()
        .sequence("/", vec![Reply::links(&["/a"]), Reply::links(&["/a", "/new"])])
        .otherwise(|_| Reply::html("leaf"))
        .open();
    let crawld = Crawld::new();
    let root = site.at("/");
    let arguments = ["crawl", &root, "--delay", "0ms", "--no-robots"];
    crawld.expect(0, &arguments);
    let done = crawld.expect(0, &arguments);
    assert!(done.stderr.contains("nothing new"), "{}", done.stderr);
    assert_eq!(site.paths(), ["/", "/a"]);
    crawld.expect(0, &[&arguments[..], &["--again"]].concat());
    let mut second: Vec<String> = site.paths().into_iter().skip(2).collect();
    second.sort();
    assert_eq!(second, ["/", "/a", "/new"]);
    assert_eq!(crawld.export("pages", &[]).len(), 3);
}

#[test]
fn a_new_root_reopens_a_finished_job() {
    let site = Pages::new().page("/", "x").page("/other", "y").open();
    let crawld = Crawld::new();
    crawld.expect(0, &["crawl", &site.at("/"), "--delay", "0ms", "--no-robots"]);
    crawld
        .expect(0, &["crawl", &site.at("/"), &site.at("/other"), "--delay", "0ms", "--no-robots"]);
    assert_eq!(site.paths(), ["/", "/other"]);
}

#[test]
fn a_new_root_is_asked_also_after_a_second_pass() {
    let site = Pages::new().page("/", "x").page("/other", "y").open();
    let crawld = Crawld::new();
    let (root, other) = (site.at("/"), site.at("/other"));
    let fast = ["--delay", "0ms", "--no-robots"];
    crawld.expect(0, &[&["crawl", &root], &fast[..]].concat());
    crawld.expect(0, &[&["crawl", &root, "--again"], &fast[..]].concat());
    crawld.expect(0, &[&["crawl", &root, &other], &fast[..]].concat());
    assert_eq!(site.hits("/other"), 1);
}

#[test]
fn a_place_under_max_pages_that_becomes_free_is_taken_by_another_host() {
    let busy = Pages::new()
        .reply("/", Reply::status(503).header("Retry-After", "30"))
        .open_at("127.0.0.2:0");
    let site = Pages::new().links("/", &["/a", "/b"]).otherwise(|_| Reply::html("leaf")).open();
    let crawld = Crawld::new();
    let (slow, root) = (busy.at("/"), site.at("/"));
    let finished = crawld.expect(
        0,
        &["crawl", &slow, &root, "--delay", "0ms", "--no-robots", "--max-pages", "3", "--json"],
    );
    assert_eq!(site.requests(), 3, "the host that waits holds no place");
    assert!(finished.stdout.contains("max_pages"), "{}", finished.stdout);
}

#[test]
fn secrets_are_neither_said_nor_sent_to_strangers() {
    let stranger = Pages::new().page("/", "x").open_at("127.0.0.2:0");
    let site = Pages::new().links("/", &[&stranger.at("/")]).open();
    let crawld = Crawld::new();
    let root = site.at("/").replace("http://", "http://user:hunter2@");
    let common = ["crawl", &root, "--delay", "0ms", "--no-robots", "--scope", "any"];
    let with = |secret: &str| {
        let header = format!("Authorization: Bearer {secret}");
        let more = ["--allow-private", "--header", &header];
        crawld.expect(0, &[&common[..], &more].concat())
    };
    let said = [with("one-secret").stderr, with("two-secret").stderr].concat();
    assert!(!said.contains("-secret") && !said.contains("hunter2"), "{said}");
    assert!(site.log()[0].header("authorization").is_some());
    assert_eq!(stranger.log()[0].header("authorization"), None);
    let stored = fs::read(crawld.path().join("crawld.db")).unwrap();
    assert!(!String::from_utf8_lossy(&stored).contains("hunter2"));
}

#[test]
fn a_root_that_scripts_would_fill_is_said_to_need_them() {
    let html =
        "<html><head><script src=app.js></script></head><body><div id=app></div></body></html>";
    let site = Pages::new().page("/", html).open();
    let finished =
        Crawld::new().expect(0, &["crawl", &site.at("/"), "--delay", "0ms", "--no-robots"]);
    assert!(finished.stderr.contains("probably needs JavaScript"), "{}", finished.stderr);
}

#[test]
fn fail_on_gives_three() {
    let site = Pages::new().links("/", &["/gone"]).open();
    let crawld = Crawld::new();
    let root = site.at("/");
    let arguments = ["crawl", &root, "--delay", "0ms", "--no-robots", "--fail-on"];
    crawld.expect(3, &[&arguments[..], &["failures>0"]].concat());
    crawld.expect(0, &[&arguments[..], &["failures>1"]].concat());
    crawld.expect(3, &[&arguments[..], &["rate>10%"]].concat());
}

#[test]
fn a_wrong_configuration_is_told_with_78_and_a_wrong_option_with_2() {
    let crawld = Crawld::new();
    fs::write(crawld.path().join("wrong.toml"), "[politeness]\ndelay = \"fast\"\n").unwrap();
    let arguments = ["crawl", "http://127.0.0.1:1/", "--config", "wrong.toml"];
    let finished = crawld.expect(78, &arguments);
    assert!(finished.stderr.contains("politeness.delay"), "{}", finished.stderr);
    crawld.expect(2, &["crawl", "http://127.0.0.1:1/", "--delay", "fast"]);
    crawld.expect(2, &["crawl"]);
    crawld.expect(2, &["crawl", "http://127.0.0.1:1/", "--scope", "galaxy"]);
    crawld.expect(2, &["crawl", "http://127.0.0.1:1/", "--exclude", "("]);
    crawld.expect(2, &["crawl", "http://127.0.0.1:1/", "--max-bytes", "0"]);
}

#[test]
fn a_retry_without_a_store_makes_none() {
    let crawld = Crawld::new();
    crawld.expect(69, &["retry", "nobody"]);
    assert!(!crawld.path().join("crawld.db").exists());
}

#[test]
fn a_host_that_dies_is_given_up_and_retry_revives_its_queue() {
    let site = Pages::new().links("/", &["/a", "/b"]).otherwise(|_| Reply::html("leaf")).open();
    let crawld = Crawld::new();
    let config = crawld.path().join("patience.toml");
    fs::write(&config, "[politeness]\nhost_patience = \"1s\"\n").unwrap();
    let (root, port) = (site.at("/"), site.port());
    let arguments = ["crawl", &root, "--delay", "0ms", "--no-robots", "--config", "patience.toml"];
    crawld.expect(0, &[&arguments[..], &["--max-pages", "1"]].concat());
    drop(site);
    crawld.expect(0, &arguments);
    let pages = crawld.export("pages", &[]);
    let refused = pages.iter().filter(|page| page["reason"] == "refused").count();
    assert_eq!(refused, 2, "{pages:#?}");
    let healed =
        Pages::new().otherwise(|_| Reply::html("leaf")).open_at(&format!("127.0.0.1:{port}"));
    let name = "127.0.0.1";
    crawld.expect(0, &["retry", name, "--reason", "refused"]);
    crawld.expect(0, &arguments);
    assert_eq!(healed.requests(), 2);
}
