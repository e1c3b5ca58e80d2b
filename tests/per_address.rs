//! Requests in flight by address: a thousand names on one server are one server. And hosts that
//! cannot be reached do not stand in the way of those that can.
#![cfg(test)]

mod common;

use std::time::Duration;

use common::dns::{NameServer, Say};
use common::hole::Hole;
use common::http::{Gate, Reply};
use common::run::Crawld;
use common::site::{Pages, Site};

const LONG: Duration = Duration::from_mins(1);

/// A folder with this name server in its configuration.
fn with(names: &NameServer, more: &str) -> Crawld {
    let crawld = Crawld::new();
    let text = format!("{}{more}", names.configuration());
    std::fs::write(crawld.path().join("c.toml"), text).unwrap();
    crawld
}

fn crawl<'a>(root: &'a str, delay: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let first = ["crawl", root, "--config", "c.toml", "--scope", "any", "--allow-private"];
    [&first[..], &["--delay", delay, "--quiet"], more].concat()
}

/// A site of many names: the root page links each, each has a few pages. Answers but the root wait
/// for the gate.
fn many_names(hosts: usize, gate: &Gate) -> Site {
    let held = gate.clone();
    Pages::new()
        .otherwise(move |request| match request.path.as_str() {
            "/robots.txt" => Reply::status(404).after(&held),
            "/" if request.host.starts_with("127.") => {
                let port = request.host.rsplit(':').next().unwrap();
                let links: Vec<String> =
                    (0..hosts).map(|n| format!("http://h{n}.test:{port}/")).collect();
                Reply::links(&links.iter().map(String::as_str).collect::<Vec<_>>())
            }
            "/" => Reply::links(&["/a", "/b"]).after(&held),
            _ => Reply::html("leaf").after(&held),
        })
        .open()
}

#[test]
fn a_thousand_names_on_one_server_are_one_server() {
    // With a delay the start of a request is reported, without one it is not.
    for (per_address, delay) in [(8, "0ms"), (3, "10ms")] {
        let gate = Gate::new();
        let site = many_names(40, &gate);
        let names = NameServer::start(|_, _| Say::at(&["127.0.0.1"]));
        // The option overrides the file.
        let crawld = with(&names, "per_address = 1\n");
        let (root, most) = (site.at("/"), per_address.to_string());
        let options = ["--no-robots", "--per-address", &most];
        let running = crawld.spawn(&crawl(&root, delay, &options));
        // The root page, and then as many as may be in flight.
        assert!(site.wait_for(1 + per_address, LONG), "{}", site.requests());
        gate.open();
        let finished = running.finish();
        assert_eq!(finished.code, Some(0), "{finished:#?}");
        assert_eq!(site.max_in_flight(), per_address);
        assert_eq!(site.requests(), 1 + 40 * 3, "nothing is asked twice");
        let pages = crawld.export("pages", &[]);
        assert_eq!(pages.len(), 1 + 40 * 3);
        assert!(pages.iter().all(|page| page["state"] == "done" && page["tries"] == "1"));
    }
}

#[test]
fn robots_txt_counts_and_several_addresses_have_places_of_their_own() {
    let gate = Gate::new();
    let site = many_names(12, &gate);
    let names = NameServer::start(|_, _| Say::at(&["127.0.0.1"]));
    let crawld = with(&names, "per_address = 2\n");
    gate.open();
    let root = site.at("/");
    let finished = crawld.run(&crawl(&root, "0ms", &[]));
    assert_eq!(finished.code, Some(0), "{finished:#?}");
    assert!(site.max_in_flight() <= 2, "{}", site.max_in_flight());
    assert_eq!(site.hits("/robots.txt"), 13);
    assert_eq!(crawld.export("pages", &[]).len(), 1 + 12 * 3);
}

#[test]
fn without_a_limit_an_address_is_asked_for_all_its_names_at_once() {
    let gate = Gate::new();
    let site = many_names(30, &gate);
    let names = NameServer::start(|_, _| Say::at(&["127.0.0.1"]));
    let crawld = with(&names, "per_address = 0\n");
    let root = site.at("/");
    let running = crawld.spawn(&crawl(&root, "0ms", &["--no-robots"]));
    assert!(site.wait_for(1 + 30, LONG));
    gate.open();
    assert_eq!(running.finish().code, Some(0));
}

#[test]
fn hosts_that_cannot_be_reached_leave_slots_to_those_that_answer() {
    // More dead hosts than there are slots, and nothing ends the wait for them.
    let hole = Hole::at("127.0.0.8:0");
    let port = hole.address().port();
    let names = NameServer::start(|_, _| Say::at(&["127.0.0.8"]));
    let site = Pages::new()
        .otherwise(move |request| {
            // A chain: each page needs a slot of its own, one after the other.
            let number: usize = request.path[1..].parse().unwrap_or(0);
            let next = format!("/{}", number + 1);
            let dead: Vec<String> =
                (0..24).map(|n| format!("http://dead{n}.test:{port}/")).collect();
            let dead = dead.iter().map(String::as_str).filter(|_| number == 0);
            Reply::links(&dead.chain([next.as_str()]).collect::<Vec<_>>())
        })
        .open_at(&format!("127.0.0.1:{port}"));
    let long = "connect_timeout = \"1h\"\ntotal_timeout = \"1h\"\nper_address = 0\n";
    let crawld = with(&names, long);
    let root = site.at("/");
    let more = ["--no-robots", "--concurrency", "8"];
    let running = crawld.spawn(&crawl(&root, "0ms", &more));
    assert!(site.wait_for(500, LONG), "{} pages beside dead hosts", site.requests());
    drop(running.kill());
}

#[test]
fn names_of_a_server_that_hangs_do_not_keep_other_hosts_from_their_turn() {
    // Far more names than hosts are held at once, and each waits for a place that is never free.
    let gate = Gate::new();
    let bad =
        Pages::new().otherwise(move |_| Reply::html("late").after(&gate)).open_at("127.0.0.9:0");
    let bad_port = bad.port();
    let site = Pages::new()
        .otherwise(move |request| {
            let (host, port) = request.host.rsplit_once(':').unwrap();
            if !host.starts_with("127.") {
                return Reply::html("fine");
            }
            let bad = (0..60).map(|n| format!("http://bad{n}.test:{bad_port}/"));
            let well = (0..8).map(|n| format!("http://well{n}.test:{port}/"));
            let links: Vec<String> = bad.chain(well).collect();
            Reply::links(&links.iter().map(String::as_str).collect::<Vec<_>>())
        })
        .open();
    let names = NameServer::start(|question, _| {
        Say::at(&[if question.name.starts_with("bad") { "127.0.0.9" } else { "127.0.0.1" }])
    });
    let long = "per_address = 2\nhead_timeout = \"1h\"\ntotal_timeout = \"1h\"\n";
    let crawld = with(&names, long);
    let root = site.at("/");
    let running = crawld.spawn(&crawl(&root, "0ms", &["--no-robots", "--concurrency", "4"]));
    assert!(site.wait_for(1 + 8, LONG), "{} of 9", site.requests());
    drop(running.kill());
}

#[test]
fn a_name_that_leads_inside_is_excluded_and_nothing_is_sent() {
    let names = NameServer::start(|question, _| match question.name.as_str() {
        "mapped.test" => Say::at(&["::ffff:127.0.0.1"]),
        _ => Say::at(&["127.0.0.1"]),
    });
    let inside = Pages::new().otherwise(|_| Reply::html("secret")).open();
    let port = inside.port();
    let [first, second, third] =
        ["a.test", "mapped.test", "0x7f.2"].map(|host| format!("http://{host}:{port}/"));
    let site = Pages::new()
        .links("/", &[&first, &second, &third, "/redirect"])
        .redirect("/redirect", 302, &format!("http://b.test:{port}/inside"))
        .open();
    let crawld = with(&names, "");
    let root = site.at("/");
    let arguments = ["crawl", &root, "--config", "c.toml", "--scope", "any", "--delay", "0ms"];
    crawld.expect(0, &arguments);
    assert_eq!(inside.requests(), 0, "neither pages nor robots.txt");
    let pages = crawld.export("pages", &[]);
    let host = |url: &str| url.split('/').nth(2).unwrap_or_default().to_owned();
    for page in pages.iter().filter(|page| host(&page["url"]).ends_with(&port.to_string())) {
        assert_eq!(
            (page["state"].as_str(), page["reason"].as_str()),
            ("excluded", "private"),
            "{page:?}"
        );
    }
    assert_eq!(pages.iter().filter(|page| page["reason"] == "private").count(), 4);
}
