//! `--check`: the status of each URL of the list and of each link, once.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::common::http::{Gate, Reply};
use crate::common::run::{Crawld, Record};
use crate::common::site::{Pages, Site};
use crate::ground::{again, fetch, pages, states};

/// How often and by which methods each path was asked, in order.
fn methods(site: &Site) -> BTreeMap<String, Vec<String>> {
    let mut asked: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for request in site.log().into_iter().filter(|request| request.path != "/robots.txt") {
        asked.entry(request.path).or_default().push(request.method);
    }
    asked
}

fn row(record: &Record) -> [&str; 5] {
    ["target", "status", "reason", "source", "text"].map(|column| record[column].as_str())
}

#[test]
fn each_link_is_asked_once_by_head_and_by_get_only_where_head_says_nothing() {
    let links =
        ["/fine", "/fine", "/no-head", "/wrong-head", "/cut-head", "/gone", "/b", "/fine#x"];
    let by_method = |head: Reply, get: Reply| {
        move |request: &crate::common::http::Request| match request.method.as_str() {
            "HEAD" => head.clone(),
            _ => get.clone(),
        }
    };
    let fine = || Reply::html("<a href=/unasked>unasked</a>");
    let site = Pages::new()
        .links("/a", &links)
        .links("/b", &["/a", "/fine", "/gone"])
        .reply("/fine", fine())
        .route("/no-head", by_method(Reply::status(405), fine()))
        .route("/wrong-head", by_method(Reply::status(404), fine()))
        .route("/cut-head", by_method(Reply::close(), fine()))
        .open();
    let crawld = Crawld::new();
    let list = format!("{}\n{}\n", site.at("/a"), site.at("/b"));
    let said = fetch(&crawld, 0, &list, &["--check"]);
    let asked = methods(&site);
    for (path, expected) in [
        ("/a", &["GET"][..]),
        ("/b", &["GET"]),
        ("/fine", &["HEAD"]),
        ("/no-head", &["HEAD", "GET"]),
        ("/wrong-head", &["HEAD", "GET"]),
        ("/cut-head", &["HEAD", "GET"]),
        ("/gone", &["HEAD", "GET"]),
    ] {
        assert_eq!(asked[path], expected, "{path}");
    }
    assert_eq!(asked.len(), 7, "no link of a page that is only checked: {asked:?}");
    let pages = pages(&crawld);
    assert_eq!(pages[&site.at("/fine")]["content_type"], "text/html");
    assert_eq!(pages[&site.at("/cut-head")]["state"], "done");

    let broken = crawld.export("broken", &["--sorted"]);
    let gone = site.at("/gone");
    let expected = [("/a", "/gone"), ("/b", "/gone")];
    assert_eq!(broken.len(), 2, "{broken:?}");
    for (record, (page, text)) in broken.iter().zip(expected) {
        let source = site.at(page);
        assert_eq!(row(record)[..4], [gone.as_str(), "404", "http_404", &source], "{text}");
    }
    let line = format!("http_404 {gone} on {} and 1 page more\n", site.at("/a"));
    assert!(said.stdout.contains(&line), "{}", said.stdout);

    // Again: nothing is asked, the same is said, and --fail-on trips.
    let before = site.requests();
    let said = again(&crawld, 3, &["--check", "--fail-on", "failures>0"]);
    assert_eq!(site.requests(), before);
    assert!(said.stdout.contains("broken links"), "{}", said.stdout);
    again(&crawld, 0, &["--check", "--fail-on", "failures>1"]);
}

#[test]
fn a_broken_url_of_the_list_is_told_with_the_pages_that_hold_it() {
    let site = Pages::new().links("/a", &["/gone"]).links("/b", &["/gone", "/away"]).open();
    let list = ["/gone", "/a", "/b", "/lost", "/away"].map(|path| site.at(path) + "\n").concat();
    let said = fetch(&Crawld::new(), 0, list, &["--check"]).stdout;
    let at = |path| site.at(path);
    for line in [
        format!("http_404 {} of the list and on {} and 1 page more\n", at("/gone"), at("/a")),
        format!("http_404 {} of the list and on {}\n", at("/away"), at("/b")),
        format!("http_404 {} of the list\n", at("/lost")),
    ] {
        assert!(said.contains(&line), "{line} {said}");
    }
}

#[test]
fn the_status_at_the_end_of_a_links_redirects_is_what_counts() {
    let site = Pages::new()
        .links("/", &["/moved", "/lost", "/round"])
        .redirect("/moved", 301, "/there")
        .page("/there", "there")
        .redirect("/lost", 302, "/nowhere")
        .redirect("/round", 302, "/round")
        .open();
    let crawld = Crawld::new();
    let said = fetch(&crawld, 0, site.at("/"), &["--check"]);
    let broken = crawld.export("broken", &["--sorted"]);
    let rows: Vec<_> =
        broken.iter().map(|record| (record["target"].clone(), record["reason"].clone())).collect();
    let expected = [("/lost", "http_404"), ("/round", "redirect_loop")];
    assert_eq!(rows, expected.map(|(path, reason)| (site.at(path), reason.to_owned())));
    assert!(broken.iter().all(|record| record["source"] == site.at("/")));
    for (reason, path) in [("http_404", "/lost"), ("redirect_loop", "/round")] {
        let line = format!("{reason} {} on {}\n", site.at(path), site.at("/"));
        assert!(said.stdout.contains(&line), "{}", said.stdout);
    }
    assert!(!said.stdout.contains("/nowhere"), "no page links there: {}", said.stdout);
    assert_eq!(methods(&site)["/there"], ["HEAD"]);
}

#[test]
fn robots_nofollow_private_hosts_and_other_schemes_are_no_broken_links() {
    let inside = Pages::new().otherwise(|_| Reply::html("secret")).open_at("127.0.0.3:0");
    let html = format!(
        "<a href=/forbidden>1</a><a rel=nofollow href=/paid>2</a><a href={}>3</a>\
         <a href='mailto:a@b.example'>4</a><a href='javascript:void(0)'>5</a>",
        inside.at("/x")
    );
    let site = Pages::new()
        .page("/", &html)
        .page("/paid", "paid")
        .reply("/robots.txt", Reply::body("text/plain", "User-agent: *\nDisallow: /forbidden\n"))
        .open();
    let crawld = Crawld::new();
    let said = fetch(&crawld, 0, site.at("/"), &["--check"]);
    assert!(said.stdout.contains("no broken links"), "{}", said.stdout);
    assert!(crawld.export("broken", &[]).is_empty());
    let states = states(&crawld);
    assert_eq!(states[&site.at("/forbidden")], "excluded robots");
    assert_eq!(states[&inside.at("/x")], "excluded private");
    assert_eq!(
        states[&site.at("/paid")],
        "done",
        "a link that nobody vouches for may be broken too"
    );
    assert_eq!((inside.requests(), states.len()), (0, 4));
}

#[test]
fn a_broken_url_of_the_list_stands_on_no_page() {
    let site = Pages::new().page("/", "fine").open();
    let crawld = Crawld::new();
    let list = format!("{}\n{}\nhttp://127.0.0.1:1/\n", site.at("/"), site.at("/gone"));
    let said = fetch(&crawld, 3, list, &["--check", "--max-tries", "1", "--fail-on", "rate>10%"]);
    let broken = crawld.export("broken", &["--sorted"]);
    let rows: Vec<_> = broken.iter().map(row).collect();
    let gone = site.at("/gone");
    assert_eq!(
        rows,
        [["http://127.0.0.1:1/", "", "refused", "", ""], [&gone, "404", "http_404", "", ""]]
    );
    assert!(said.stdout.contains(&format!("http_404 {gone} of the list")), "{}", said.stdout);
}

#[test]
fn the_pace_of_a_host_holds_for_checks_by_both_methods() {
    let links: Vec<String> = (0..4).map(|n| format!("/{n}")).collect();
    let links: Vec<&str> = links.iter().map(String::as_str).collect();
    let site = Pages::new()
        .links("/", &links)
        .otherwise(|request| Reply::status(if request.method == "HEAD" { 405 } else { 200 }))
        .open();
    let crawld = Crawld::new();
    crawld.write("urls.txt", site.at("/"));
    crawld.expect(0, &["fetch", "urls.txt", "--check", "--delay", "120ms"]);
    let log = site.log();
    assert_eq!(log.len(), 1 + 1 + 2 * 4);
    let gap = log.windows(2).map(|pair| pair[1].at_micros - pair[0].at_micros).min().unwrap();
    assert!(gap >= 110_000, "{gap} µs between two requests");
    assert_eq!(site.max_in_flight(), 1);
}

#[test]
fn a_kill_in_mid_check_loses_and_repeats_nothing_but_what_was_in_flight() {
    let site = Pages::new()
        .route("/", |_| {
            let links: Vec<String> = (0..1_500).map(|n| format!("<a href=/{n}>{n}</a>")).collect();
            Reply::html(links.concat())
        })
        .otherwise(|_| Reply::html("leaf"))
        .open();
    let crawld = Crawld::new();
    crawld.write("urls.txt", site.at("/"));
    let options =
        ["fetch", "urls.txt", "--check", "--delay", "0ms", "--per-host", "4", "--concurrency", "4"];
    for more in [100, 300] {
        let running = crawld.spawn(&options);
        assert!(site.wait_for(site.requests() + more, Duration::from_mins(1)));
        running.kill();
        site.wait_until_alone();
    }
    crawld.expect(0, &options);
    let states = states(&crawld);
    assert_eq!(states.len(), 1_501);
    assert!(states.values().all(|state| state == "done"));
    let repeated: usize = methods(&site).values().map(|asked| asked.len() - 1).sum();
    assert!(repeated <= 2 * 2 * 4, "{repeated} asked again");
}

#[test]
fn links_are_asked_once_the_check_is_switched_on_and_the_list_asked_again() {
    let site = Pages::new().links("/", &["/a"]).page("/a", "a").open();
    let crawld = Crawld::new();
    fetch(&crawld, 0, site.at("/"), &[]);
    assert_eq!(site.hits("/a"), 0);
    let said = again(&crawld, 0, &["--check", "--again"]);
    assert_eq!(methods(&site)["/a"], ["HEAD"], "{}", said.stderr);
}

#[test]
fn a_head_that_is_never_answered_is_followed_by_get_on_a_connection_that_was_used_before() {
    let gate = Gate::new();
    let held = gate.clone();
    let site = Pages::new()
        .links("/", &["/slow-head"])
        .route("/slow-head", move |request| match request.method.as_str() {
            "HEAD" => Reply::html("").after(&held),
            _ => Reply::html("well"),
        })
        .open();
    let crawld = Crawld::new();
    let said = fetch(&crawld, 0, site.at("/"), &["--check", "--timeout", "1s", "--max-tries", "2"]);
    assert_eq!(methods(&site)["/slow-head"], ["HEAD", "GET"]);
    assert!(said.stdout.contains("no broken links"), "{}", said.stdout);
    gate.open();
}

#[test]
fn the_report_tells_of_the_links_that_the_export_tells_of() {
    let site = Pages::new()
        .links("/1", &["/r1", "/dead", "/fine"])
        .links("/2", &["/r1", "/dead", "/loop"])
        .links("/3", &["/dead"])
        .redirect("/r1", 301, "/r2")
        .redirect("/r2", 302, "/dead?via")
        .redirect("/loop", 302, "/loop2")
        .redirect("/loop2", 302, "/loop")
        .redirect("/listed", 302, "/dead")
        .page("/fine", "fine")
        .open();
    let crawld = Crawld::new();
    let list = ["/1", "/2", "/3", "/listed"].map(|path| site.at(path) + "\n").concat();
    let said = fetch(&crawld, 0, list, &["--check"]).stdout;
    let lines: BTreeSet<&str> =
        said.lines().skip_while(|line| *line != "  broken links:").skip(1).map(str::trim).collect();
    let at = |path: &str| site.at(path);
    let expected = [
        format!("http_404 {} of the list", at("/listed")),
        format!("http_404 {} on {} and 2 pages more", at("/dead"), at("/1")),
        format!("http_404 {} on {} and 1 page more", at("/r1"), at("/1")),
        format!("redirect_loop {} on {}", at("/loop"), at("/2")),
    ];
    assert_eq!(lines, expected.iter().map(String::as_str).collect(), "{said}");
    let exported = crawld.export("broken", &[]);
    let targets: BTreeSet<&String> = exported.iter().map(|row| &row["target"]).collect();
    let expected = ["/dead", "/listed", "/loop", "/r1"].map(at);
    assert_eq!(targets, expected.iter().collect());
    assert_eq!(exported.len(), 1 + 3 + 2 + 1);
}
