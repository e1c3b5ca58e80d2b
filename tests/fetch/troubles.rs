//! Servers that fail: the rest of the list goes on.

use std::time::Duration;

use crate::common::http::{Framing, Reply};
use crate::common::run::Crawld;
use crate::common::site::Pages;
use crate::ground::{fetch, pairs, states};
use crate::tls::Authority;

#[test]
fn one_bad_url_of_any_kind_stays_one_bad_url() {
    let authority = Authority::new();
    let untrusted = authority.server("127.0.0.1", |_| {});
    let site = Pages::new()
        .links("/good", &["/a"])
        .reply("/charset", Reply::body("text/html; charset=klingon", *b"<a href=/b>\xff\xfe</a>"))
        .reply("/cut", Reply::html("<a href=/c>").framed(Framing::FalseLength(1_000)))
        .reply("/bad", Reply::raw("nonsense\r\n\r\n"))
        .open();
    let crawld = Crawld::new();
    let refused = "http://127.0.0.1:1/";
    let nowhere = "http://no-such-host.invalid/";
    let https = format!("https://127.0.0.1:{}/", untrusted.port());
    let list = format!(
        "{refused}\n{nowhere}\n{https}\n{0}/gone\n{0}/cut\n{0}/bad\n{0}/charset\n{0}/good\n",
        site.url()
    );
    fetch(&crawld, 0, list, &["--max-tries", "1"]);
    let states = states(&crawld);
    for (url, state) in [
        (refused.to_owned(), "failed refused"),
        (nowhere.to_owned(), "failed dns"),
        (https, "failed tls_untrusted"),
        (site.at("/gone"), "failed http_404"),
        (site.at("/cut"), "failed truncated"),
        (site.at("/bad"), "failed bad_http"),
        (site.at("/charset"), "done"),
        (site.at("/good"), "done"),
    ] {
        assert_eq!(states[&url], state, "{url}");
    }
    // Of a page that broke off counts what had come of it.
    let expected = [("/charset", "/b"), ("/cut", "/c"), ("/good", "/a")];
    let expected = expected.map(|(page, link)| (site.at(page), site.at(link)));
    assert_eq!(pairs(&crawld), expected);
}

#[test]
fn a_list_of_which_nothing_came_is_a_failure() {
    let (site, crawld) = (Pages::new().open(), Crawld::new());
    let said = fetch(&crawld, 1, site.at("/gone"), &[]).stderr;
    assert!(said.contains("no URL of the list gave a page"), "{said}");
}

#[test]
fn a_chain_of_redirects_ends_at_its_limit_on_any_host() {
    let mut pages = Pages::new();
    for n in 1..=11 {
        pages = pages.redirect(&format!("/{n}"), 302, &format!("/{}", n + 1));
    }
    let other = Pages::new().links("/end", &["/z"]).open_at("127.0.0.2:0");
    let site = pages.links("/12", &["/x"]).redirect("/out", 308, &other.at("/end")).open();
    let crawld = Crawld::new();
    // The second host is private: it is named by a line of its own.
    let list = format!("{}\n{}\n{}\n", other.at("/"), site.at("/1"), site.at("/out"));
    fetch(&crawld, 0, list, &[]);
    let states = states(&crawld);
    assert_eq!(states[&site.at("/10")], "redirected");
    assert_eq!(states[&site.at("/11")], "failed redirect_limit", "eleven redirects are too many");
    assert_eq!(site.hits("/12"), 0);
    assert_eq!(pairs(&crawld), [(site.at("/out"), other.at("/z"))]);
}

#[test]
fn a_private_host_is_asked_if_a_line_names_it_and_not_if_a_server_does() {
    let inside = Pages::new().otherwise(|_| Reply::html("secret")).open_at("127.0.0.3:0");
    let site = Pages::new().redirect("/trap", 302, &inside.at("/metadata")).open();
    let crawld = Crawld::new();
    fetch(&crawld, 1, site.at("/trap"), &[]);
    assert_eq!(inside.requests(), 0);
    assert_eq!(states(&crawld)[&site.at("/trap")], "failed redirect_private");
    for (url, rule) in [
        (site.at("/trap"), "rule      asked: "),
        (inside.at("/metadata"), "rule      not asked: a private address"),
    ] {
        let told = crawld.expect(0, &["explain", &url]).stdout;
        assert!(told.contains(rule), "{told}");
    }
}

#[test]
fn a_server_that_drips_costs_its_own_time_and_no_one_elses() {
    let site = Pages::new()
        .reply("/slow", Reply::html("x".repeat(10_000)).drip(10, Duration::from_millis(50)))
        .otherwise(|_| Reply::html("quick"))
        .open();
    let crawld = Crawld::new();
    let quick: String = (0..20).map(|n| site.at(&format!("/{n}")) + "\n").collect();
    let list = format!("{}\n{quick}", site.at("/slow"));
    fetch(&crawld, 0, list, &["--timeout", "700ms", "--max-tries", "1"]);
    let states = states(&crawld);
    assert_eq!(states[&site.at("/slow")], "failed timeout_total");
    assert_eq!(states.values().filter(|state| *state == "done").count(), 20);
}

#[test]
fn limits_hold_for_one_host_and_for_all() {
    for (per_host, all, most) in [("3", "64", 3), ("64", "5", 5), ("2", "2", 2)] {
        let reply = Reply::html("<p>page</p>".repeat(50)).drip(200, Duration::from_millis(5));
        let site = Pages::new().otherwise(move |_| reply.clone()).open();
        let crawld = Crawld::new();
        let list: String = (0..40).map(|n| site.at(&format!("/{n}")) + "\n").collect();
        crawld.write("urls.txt", list);
        let options = ["--delay", "0ms", "--per-host", per_host, "--concurrency", all];
        crawld.expect(0, &[&["fetch", "urls.txt"], &options[..]].concat());
        assert_eq!(site.max_in_flight(), most, "per_host {per_host}, concurrency {all}");
        assert_eq!(site.paths().len(), 40);
    }
}

#[test]
fn a_deadline_ends_the_job_and_what_is_left_stays_queued() {
    let site = Pages::new().otherwise(|_| Reply::html("page")).open();
    let crawld = Crawld::new();
    let list: String = (0..200).map(|n| site.at(&format!("/{n}")) + "\n").collect();
    crawld.write("urls.txt", list);
    let options = ["--delay", "100ms", "--max-time", "1s"];
    let said = crawld.expect(0, &[&["fetch", "urls.txt"], &options[..]].concat());
    assert!(said.stdout.contains("max_time"), "{}", said.stdout);
    let states = states(&crawld);
    let queued = states.values().filter(|state| *state == "queued").count();
    assert_eq!(states.len(), 200);
    assert!((100..200).contains(&queued), "{queued}");
    assert_eq!(site.paths().len(), 200 - queued, "raising it goes on where it ended");
}
