//! A hundred hosts, four of them bad: the others do not wait for these, through the real program.
#![cfg(test)]

mod common;

use std::net::TcpListener;
use std::time::Duration;

use common::http::{Gate, Reply};
use common::run::Crawld;
use common::site::{Pages, Site};

const LONG: Duration = Duration::from_mins(1);
const HEALTHY: usize = 96;

#[test]
fn of_a_hundred_hosts_one_hangs_one_drips_one_redirects_for_ever_one_is_down_and_the_rest_is_done()
{
    let healthy: Vec<Site> = (0..HEALTHY)
        .map(|_| Pages::new().links("/", &["/a", "/b"]).otherwise(|_| Reply::html("x")).open())
        .collect();
    let gate = Gate::new();
    let hanging = Pages::new().reply("/", Reply::close().after(&gate)).open();
    let body = Reply::html("x".repeat(4_000)).drip(1, Duration::from_millis(100));
    let dripping = Pages::new().reply("/", body).open();
    let circling = Pages::new()
        .otherwise(|request| Reply::redirect(302, &format!("{}x", request.path)))
        .open();
    let down = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let bad = [hanging.at("/"), dripping.at("/"), circling.at("/"), format!("http://{down}/")];
    let good: Vec<String> = healthy.iter().map(|site| site.at("/")).collect();
    let roots: Vec<&str> = bad.iter().chain(&good).map(String::as_str).collect();
    let options = ["--no-robots", "--delay", "20ms", "--timeout", "14s", "--max-tries", "1"];
    let crawld = Crawld::new();
    let running = crawld.spawn(&[&["crawl"], &roots[..], &options[..]].concat());
    for site in &healthy {
        assert!(site.wait_for(3, LONG), "a healthy host waits for another");
    }
    // The first request to the host that hangs is still without its answer.
    gate.open();
    let finished = running.finish();
    assert_eq!(finished.code, Some(0), "{finished:#?}");
    let pages = crawld.export("pages", &["--job", "127.0.0.1"]);
    let done = pages.iter().filter(|page| page["state"] == "done").count();
    assert_eq!(done, 3 * HEALTHY);
    let failed = |url: &str| {
        let page = pages.iter().find(|page| page["url"] == url);
        page.map(|page| page["reason"].clone()).unwrap_or_default()
    };
    assert_eq!(failed(&bad[0]), "closed", "only when it was let go");
    assert_eq!(failed(&bad[1]), "timeout_total");
    assert_eq!(failed(&format!("{}xxxxxxxxxx", bad[2])), "redirect_limit");
    assert_eq!(failed(&bad[3]), "refused");
    for url in &bad {
        let authority = url.trim_start_matches("http://").trim_end_matches('/');
        assert!(finished.stdout.contains(authority), "{authority}: {}", finished.stdout);
    }
    let told = format!("waits for an answer (127.0.0.1:{}, ", dripping.port());
    assert!(finished.stderr.contains(&told), "{}", finished.stderr);
}
