//! How fast a host is asked, by the host's own log of arrivals: delay, crawl-delay, Retry-After,
//! back-off, `per_host`, over restarts and kill -9.
#![cfg(test)]

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use common::http::{Gate, Reply};
use common::run::Crawld;
use common::site::{Pages, Site};

const LONG: Duration = Duration::from_mins(1);

/// What the clocks of two processes on a loaded machine may differ by: the head is timed where it
/// is written, the log where it is read.
const SLACK_MICROS: i64 = 100_000;

/// The shortest time between two arrivals, microseconds.
fn shortest_gap(site: &Site) -> i64 {
    let at: Vec<i64> = site.log().iter().map(|request| request.at_micros).collect();
    at.windows(2).map(|pair| pair[1] - pair[0]).min().unwrap_or(i64::MAX)
}

fn leaves(count: usize) -> Pages {
    let paths: Vec<String> = (0..count).map(|n| format!("/{n}")).collect();
    let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
    Pages::new().links("/", &paths).otherwise(|_| Reply::html("leaf"))
}

#[test]
fn requests_to_a_host_are_a_delay_apart_robots_txt_included() {
    let site = leaves(6).open();
    Crawld::new().expect(0, &["crawl", &site.at("/"), "--delay", "150ms", "--per-host", "4"]);
    assert_eq!(site.requests(), 8);
    assert!(shortest_gap(&site) >= 150_000 - SLACK_MICROS, "{} us", shortest_gap(&site));
}

#[test]
fn a_crawl_delay_is_kept_and_a_greater_one_than_allowed_is_cut() {
    let robots = "User-agent: *\nCrawl-delay: 0.3\n";
    let site = leaves(3).reply("/robots.txt", Reply::body("text/plain", robots)).open();
    Crawld::new().expect(0, &["crawl", &site.at("/"), "--delay", "0ms"]);
    assert!(shortest_gap(&site) >= 300_000 - SLACK_MICROS, "{} us", shortest_gap(&site));

    let robots = "User-agent: *\nCrawl-delay: 86400\n";
    let site = leaves(1).reply("/robots.txt", Reply::body("text/plain", robots)).open();
    let crawld = Crawld::new();
    std::fs::write(crawld.path().join("c.toml"), "[politeness]\nmax_crawl_delay = \"200ms\"\n")
        .unwrap();
    let finished =
        crawld.expect(0, &["crawl", &site.at("/"), "--delay", "0ms", "--config", "c.toml"]);
    assert!(shortest_gap(&site) >= 200_000 - SLACK_MICROS, "{} us", shortest_gap(&site));
    assert!(finished.stderr.contains("cut to"), "{}", finished.stderr);
}

#[test]
fn a_pace_set_for_one_host_overrides_all_others() {
    let robots = "User-agent: *\nCrawl-delay: 30\n";
    let site = leaves(3).reply("/robots.txt", Reply::body("text/plain", robots)).open();
    let crawld = Crawld::new();
    let table = format!("[hosts.\"127.0.0.1:{}\"]\ndelay = \"150ms\"\n", site.port());
    std::fs::write(crawld.path().join("c.toml"), table).unwrap();
    crawld.expect(0, &["crawl", &site.at("/"), "--delay", "0ms", "--config", "c.toml"]);
    assert_eq!(site.requests(), 5);
    assert!(shortest_gap(&site) >= 150_000 - SLACK_MICROS, "{} us", shortest_gap(&site));
}

#[test]
fn no_more_than_per_host_are_in_flight() {
    let gate = Gate::new();
    let held = gate.clone();
    let paths: Vec<String> = (0..20).map(|n| format!("/{n}")).collect();
    let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
    let site =
        Pages::new().links("/", &paths).otherwise(move |_| Reply::html("x").after(&held)).open();
    let crawld = Crawld::new();
    let root = site.at("/");
    let running =
        crawld.spawn(&["crawl", &root, "--delay", "0ms", "--per-host", "3", "--no-robots"]);
    assert!(site.wait_for(4, LONG));
    gate.open();
    assert_eq!(running.finish().code, Some(0));
    assert_eq!(site.max_in_flight(), 3);
}

#[test]
fn retry_after_is_honoured_in_seconds_and_the_page_is_stored_once() {
    let site = Pages::new()
        .links("/", &["/busy", "/a"])
        .sequence(
            "/busy",
            vec![Reply::status(429).header("Retry-After", "2"), Reply::html("at last")],
        )
        .page("/a", "a")
        .open();
    let crawld = Crawld::new();
    crawld.expect(0, &["crawl", &site.at("/"), "--delay", "0ms", "--no-robots"]);
    let log = site.log();
    let busy = log.iter().position(|request| request.path == "/busy").expect("asked");
    let next = log.get(busy + 1).expect("asked again").at_micros - log[busy].at_micros;
    assert!(next >= 2_000_000 - SLACK_MICROS, "the host rests: {next} us");
    assert_eq!(site.hits("/busy"), 2);
    let pages = crawld.export("pages", &[]);
    assert!(pages.iter().all(|page| page["state"] == "done"), "{pages:#?}");
}

#[test]
fn a_host_that_wants_a_longer_rest_than_granted_is_given_up_and_the_crawl_ends() {
    for other in [Reply::html("leaf"), Reply::close()] {
        let gate = Gate::new();
        let (held, later) = (gate.clone(), other.after(&gate));
        let site = Pages::new()
            .links("/", &["/a", "/b", "/c", "/d"])
            .reply("/a", Reply::status(429).header("Retry-After", "86400").after(&held))
            .reply("/b", later)
            .otherwise(|_| Reply::html("leaf"))
            .open();
        let crawld = Crawld::new();
        let root = site.at("/");
        let options = ["--delay", "0ms", "--per-host", "2", "--no-robots", "--links", "first"];
        let running = crawld.spawn(&[&["crawl", &root], &options[..]].concat());
        assert!(site.wait_for(3, LONG));
        gate.open();
        assert_eq!(running.finish().code, Some(0));
        let pages = crawld.export("pages", &[]);
        assert!(pages.iter().all(|page| page["state"] != "queued"), "{pages:#?}");
        assert!(pages.iter().filter(|page| page["reason"] == "http_429").count() >= 2);
    }
}

#[test]
fn a_host_that_says_429_or_503_is_slowed_and_heals() {
    for status in [429, 503] {
        let busy = Reply::status(status);
        let site = Pages::new()
            .links("/", &["/a", "/b"])
            .sequence("/a", vec![busy.clone(), busy, Reply::html("healed")])
            .page("/b", "b")
            .open();
        let crawld = Crawld::new();
        crawld.expect(0, &["crawl", &site.at("/"), "--delay", "0ms", "--no-robots"]);
        assert_eq!(site.hits("/a"), 3);
        let log = site.log();
        let first = log.iter().position(|request| request.path == "/a").expect("asked");
        let next = log[first + 1].at_micros - log[first].at_micros;
        assert!(next >= 800_000 - SLACK_MICROS, "back-off of 1 s less a fifth: {next} us");
        let pages = crawld.export("pages", &[]);
        assert!(pages.iter().all(|page| page["state"] == "done"), "{pages:#?}");
    }
}

#[test]
fn a_slow_host_rests_as_long_as_it_works_and_is_asked_faster_when_it_has_recovered() {
    const SLOW: usize = 4;
    let paths: Vec<String> = (1..16).map(|n| format!("/{n}")).collect();
    let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
    let served = AtomicUsize::new(0);
    let work = move || {
        if served.fetch_add(1, Ordering::SeqCst) < SLOW {
            Gate::new().wait(Duration::from_millis(300));
        }
    };
    let work = Arc::new(work);
    let root = (Arc::clone(&work), Reply::links(&paths));
    let site = Pages::new()
        .route("/", move |_| {
            root.0();
            root.1.clone()
        })
        .otherwise(move |_| {
            work();
            Reply::html("leaf")
        })
        .open();
    Crawld::new().expect(0, &["crawl", &site.at("/"), "--delay", "150ms", "--no-robots"]);
    let at: Vec<i64> = site.log().iter().map(|request| request.at_micros).collect();
    let gaps: Vec<i64> = at.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert_eq!(gaps.len(), 15);
    let slow = gaps[..SLOW].iter().min().expect("gaps");
    assert!(*slow >= 600_000 - SLACK_MICROS, "half its time is its own: {gaps:?}");
    let fast = gaps[10..].iter().min().expect("gaps");
    assert!(*fast >= 150_000 - SLACK_MICROS && *fast < *slow, "{gaps:?}");
}

#[test]
fn per_host_and_delay_hold_over_kill_9_with_several_in_flight() {
    let site = leaves(12).open();
    let crawld = Crawld::new();
    let root = site.at("/");
    let arguments = ["crawl", &root, "--delay", "200ms", "--per-host", "3", "--no-robots"];
    for killed in [2, 5, 8] {
        let running = crawld.spawn(&arguments);
        assert!(site.wait_for(killed, LONG));
        running.kill();
    }
    crawld.expect(0, &arguments);
    assert!(shortest_gap(&site) >= 200_000 - SLACK_MICROS, "{} us", shortest_gap(&site));
    assert!(site.max_in_flight() <= 3, "{}", site.max_in_flight());
    assert_eq!(crawld.export("pages", &[]).len(), 13);
}

#[test]
fn a_503_without_retry_after_in_the_midst_keeps_every_distance_until_the_host_heals() {
    let site = leaves(4)
        .sequence("/2", vec![Reply::status(503), Reply::status(429), Reply::html("healed")])
        .open();
    let crawld = Crawld::new();
    crawld.expect(0, &["crawl", &site.at("/"), "--delay", "300ms", "--no-robots"]);
    assert!(shortest_gap(&site) >= 300_000 - SLACK_MICROS, "{} us", shortest_gap(&site));
    let log = site.log();
    for (at, request) in log.iter().enumerate().filter(|(_, request)| request.path == "/2") {
        if let Some(next) = log.get(at + 1).filter(|_| site.hits("/2") == 3) {
            let healed = log[at + 1..].iter().all(|later| later.path != "/2");
            let rest = next.at_micros - request.at_micros;
            assert!(healed || rest >= 800_000 - SLACK_MICROS, "it rests: {rest} us");
        }
    }
    assert_eq!(site.hits("/2"), 3);
    assert!(crawld.export("pages", &[]).iter().all(|page| page["state"] == "done"));
}

#[test]
fn two_jobs_on_one_store_keep_one_pace_one_after_the_other() {
    let site = leaves(2).open();
    let crawld = Crawld::new();
    for job in ["first", "second"] {
        crawld.expect(0, &["crawl", &site.at("/"), "--delay", "400ms", "--job", job]);
    }
    assert!(shortest_gap(&site) >= 400_000 - SLACK_MICROS, "{} us", shortest_gap(&site));
    assert_eq!(site.hits("/robots.txt"), 1, "robots.txt is kept for both");
}

#[test]
fn a_killed_crawl_waits_its_delay_before_it_asks_again() {
    let site = leaves(4).open();
    let crawld = Crawld::new();
    let root = site.at("/");
    let arguments = ["crawl", &root, "--delay", "700ms", "--no-robots"];
    for killed in 1..4 {
        let running = crawld.spawn(&arguments);
        assert!(site.wait_for(killed, LONG));
        running.kill();
    }
    crawld.expect(0, &arguments);
    assert!(shortest_gap(&site) >= 700_000 - SLACK_MICROS, "{} us", shortest_gap(&site));
    assert_eq!(crawld.export("pages", &[]).len(), 5);
}

#[test]
fn a_host_that_others_keep_their_robots_txt_on_is_asked_no_faster_than_they() {
    let keeper =
        Pages::new().reply("/robots.txt", Reply::body("text/plain", "")).open_at("127.0.0.9:0");
    let sites: Vec<Site> = (0..4)
        .map(|_| {
            Pages::new().redirect("/robots.txt", 302, &keeper.at("/robots.txt")).page("/", "x")
        })
        .map(Pages::open)
        .collect();
    let roots: Vec<String> = sites.iter().map(|site| site.at("/")).collect();
    let roots: Vec<&str> = roots.iter().map(String::as_str).collect();
    let options = ["--delay", "200ms", "--allow-private"];
    Crawld::new().expect(0, &[&["crawl"], &roots[..], &options[..]].concat());
    assert_eq!(keeper.requests(), 4);
    assert!(shortest_gap(&keeper) >= 200_000 - SLACK_MICROS, "{} us", shortest_gap(&keeper));
}

#[test]
fn a_stale_connection_is_asked_past_once_whatever_max_tries_and_keeps_the_delay() {
    // The server has had enough of each connection after one answer, but does not say so.
    let served = std::sync::Mutex::new(std::collections::HashSet::new());
    let site = Pages::new()
        .otherwise(move |request| {
            let paths = ["/a", "/b", "/c"];
            match served.lock().unwrap().insert(request.connection) {
                true if request.path == "/" => Reply::links(&paths),
                true => Reply::html("leaf"),
                false => Reply::close(),
            }
        })
        .open();
    let crawld = Crawld::new();
    let root = site.at("/");
    crawld.expect(0, &["crawl", &root, "--delay", "150ms", "--no-robots", "--max-tries", "1"]);
    let pages = crawld.export("pages", &[]);
    assert_eq!(pages.len(), 4);
    assert!(pages.iter().all(|p| p["state"] == "done"), "{pages:#?}");
    let tries: usize = pages.iter().map(|p| p["tries"].parse::<usize>().unwrap()).sum();
    assert_eq!(site.requests(), tries, "each request is counted");
    assert!(tries > 4, "some were asked on a stale connection");
    assert!(shortest_gap(&site) >= 150_000 - SLACK_MICROS, "{} us", shortest_gap(&site));
}

#[test]
fn a_url_that_always_closes_its_connection_is_asked_no_more_than_max_tries() {
    for (max_tries, asked) in [("3", 3), ("2", 2), ("1", 2)] {
        let site = Pages::new()
            .otherwise(|request| match &*request.path {
                "/drop" => Reply::close(),
                _ => Reply::html("fine"),
            })
            .open();
        let crawld = Crawld::new();
        let urls = ["/ok/1", "/drop", "/ok/2"].map(|path| site.at(path) + "\n");
        crawld.write("urls.txt", urls.concat());
        let options = ["--delay", "100ms", "--no-robots", "--max-tries", max_tries];
        crawld.expect(0, &[&["fetch", "urls.txt"], &options[..]].concat());
        let pages = crawld.export("pages", &[]);
        let drop = pages.iter().find(|page| page["url"] == site.at("/drop")).unwrap();
        assert_eq!(drop["reason"], "closed");
        assert_eq!((site.hits("/drop"), &*drop["tries"]), (asked, &*asked.to_string()));
    }
}
