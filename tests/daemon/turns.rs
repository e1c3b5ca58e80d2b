//! When a host's turn comes, as everybody is told who asks.

use std::time::Duration;

use crate::common::http::Reply;
use crate::common::site::Pages;
use crate::crawl;
use crate::service::Service;

const LONG: Duration = Duration::from_mins(1);

#[test]
fn a_host_that_waits_for_its_crawl_delay_is_told_of_with_the_same_moment_everywhere() {
    let site = Pages::new()
        .reply("/robots.txt", Reply::body("text/plain", "User-agent: *\nCrawl-delay: 50\n"))
        .links("/", &["/a"])
        .page("/a", "a")
        .open();
    let job = crawl("docs", &site.at("/"), "delay = \"1s\"").replace("robots = false", "");
    let service = Service::start(&job);
    // The page waits for the robots.txt: what is due waits for its distance.
    assert!(site.wait_for(1, LONG));
    let status = loop {
        let status = service.status();
        if status["hosts"][0]["next_at"].is_i64() {
            break status;
        }
    };
    let (now, next_at) = (&status["now"], &status["hosts"][0]["next_at"]);
    assert!(next_at.as_i64() > now.as_i64(), "{status:#}");
    let text = service.crawld(0, &["status"]).stdout;
    assert!(text.contains("1 host waits for crawl-delay, next in "), "{text}");
    assert!(text.contains("docs: 1 host held by a crawl"), "{text}");
    let explained = |text: &str| {
        let next = text.lines().find(|line| line.contains("  next ")).unwrap();
        assert!(next.contains(" (in ") && next.contains("waits for crawl-delay"), "{text}");
    };
    explained(&service.crawld(0, &["explain", &site.at("/")]).stdout);
    let host = site.at("/").replace("http://", "").replace('/', "");
    let told = service.ask("GET", &format!("v1/hosts/{host}"), None).body;
    assert!(told.contains("the next URL may be asked ") && told.contains("crawl-delay"), "{told}");
    let (crawld, _) = service.end();
    // From the store alone.
    explained(&crawld.expect(0, &["explain", &site.at("/"), "--config", "crawld.toml"]).stdout);
}

#[test]
fn what_is_set_for_a_host_holds_in_place_of_its_crawl_delay_without_a_daemon_too() {
    let site = Pages::new()
        .reply("/robots.txt", Reply::body("text/plain", "User-agent: *\nCrawl-delay: 5\n"))
        .links("/", &["/a"])
        .page("/a", "a")
        .open();
    let host = site.at("/").replace("http://", "").replace('/', "");
    let own = format!("\n[hosts.\"{host}\"]\ndelay = \"30m\"\n");
    let job = crawl("docs", &site.at("/"), "delay = \"1s\"").replace("robots = false", "");
    let service = Service::start(&format!("{job}{own}"));
    assert!(site.wait_for(1, LONG));
    let (crawld, _) = service.end();
    let text = crawld.expect(0, &["explain", &site.at("/"), "--config", "crawld.toml"]).stdout;
    let next = text.lines().find(|line| line.contains("  next ")).unwrap();
    assert!(next.contains(" (in 2") && next.contains("waits for its delay"), "{text}");
}
