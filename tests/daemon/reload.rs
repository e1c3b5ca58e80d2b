//! A reload applies all of a configuration or nothing, and loses nothing.

use std::time::Duration;

use crate::common::http::{Gate, Reply};
use crate::common::site::Pages;
use crate::service::Service;
use crate::{asked, crawl, star, states};

const LONG: Duration = Duration::from_mins(1);

/// A slow crawl that is still under way while things are changed.
const SLOW: &str = "delay = \"60s\"";
const FAST: &str = "delay = \"0ms\"";

#[test]
fn a_running_job_goes_on_under_a_new_delay_and_asks_nothing_twice() {
    let site = star(6).open();
    let service = Service::start(&crawl("docs", &site.at("/"), SLOW));
    assert!(site.wait_for(1, LONG));
    service.configure(&crawl("docs", &site.at("/"), FAST));
    let said = service.reload(0).stdout;
    assert!(said.contains("reload applied") && said.contains("jobs.docs.delay"), "{said}");
    service.until_state("docs", "done");
    assert_eq!(site.requests(), 6);
    assert!(asked(&site).values().all(|times| *times == 1), "{:?}", asked(&site));
    let said = service.reload(0).stdout;
    assert!(said.contains("unchanged"), "{said}");
}

#[test]
fn jobs_come_and_go_and_one_that_comes_back_goes_on_where_it_was() {
    let site = star(8).open();
    let (one, two) = (crawl("one", &site.at("/"), FAST), crawl("two", &site.at("/"), SLOW));
    let service = Service::start(&two);
    assert!(site.wait_for(1, LONG));
    service.configure(&one);
    let said = service.reload(0).stdout;
    assert!(said.contains("added one") && said.contains("removed two"), "{said}");
    service.until_state("one", "done");
    let gone = service.until_state("two", "paused");
    assert_eq!(gone["why"], "not configured");
    assert_eq!(gone["urls"]["known"], 8, "its rows stay");
    service.configure(&(one + &crawl("two", &site.at("/"), FAST)));
    service.reload(0);
    service.until_state("two", "done");
    let (crawld, _) = service.end();
    assert_eq!((states(&crawld, "one", "done"), states(&crawld, "two", "done")), (8, 8));
    assert_eq!(site.requests(), 16, "each page once for each job: {:?}", asked(&site));
}

#[test]
fn a_renamed_job_begins_anew_and_the_old_one_keeps_what_it_has() {
    let gate = Gate::new();
    let site = star(5).reply("/1", Reply::html("slow").after(&gate)).open();
    let service = Service::start(&crawl("old", &site.at("/"), "delay = \"0ms\"\nper_host = 1"));
    assert!(site.wait_for(2, LONG));
    service.configure(&crawl("new", &site.at("/"), "delay = \"0ms\"\nper_host = 1"));
    service.reload(0);
    assert_eq!(service.job("old")["state"], "paused");
    gate.open();
    service.until_state("new", "done");
    service.until("old", "out", |job| job["why"] == "not configured");
    let (crawld, _) = service.end();
    assert_eq!(states(&crawld, "new", "done"), 5);
    assert_eq!(states(&crawld, "old", "done"), 2, "what was in flight was taken in");
    assert_eq!(site.max_in_flight(), 1, "never two at once on the host");
}

#[test]
fn a_wrong_configuration_changes_nothing_and_every_fault_is_told() {
    let site = star(4).open();
    let good = crawl("docs", &site.at("/"), SLOW);
    let service = Service::start(&good);
    assert!(site.wait_for(1, LONG));
    service.configure(
        &(good + "[daemon]\nconcurrency = 0\ngrase = \"1s\"\n[jobs.x]\nkind = \"crawk\"\n"),
    );
    let said = service.reload(78).stderr;
    for word in ["concurrency", "grase", "crawk", "crawld.toml:"] {
        assert!(said.contains(word), "{word}: {said}");
    }
    assert!(said.contains("still running the configuration loaded "), "{said}");
    let status = service.status();
    assert_eq!(status["last_reload"]["outcome"], "invalid");
    assert_eq!(service.state("docs"), "running");
    assert_eq!(service.state("x"), "none");
    let line = service.told("STATUS=running the OLD configuration since ");
    assert!(line.contains(" UTC was invalid: crawld.toml:"), "{line}");
}

#[test]
fn what_needs_a_restart_is_refused_with_both_values_and_the_rest_of_it_too() {
    let site = star(4).open();
    let good = crawl("docs", &site.at("/"), SLOW);
    let service = Service::start(&good);
    assert!(site.wait_for(1, LONG));
    let other = crawl("docs", &site.at("/"), FAST);
    service.configure(&(other + "[database]\nurl = \"postgres://me:hidden@127.0.0.1/other\"\n"));
    let said = service.reload(1).stderr;
    assert!(said.contains("database.url") && said.contains("other"), "{said}");
    assert!(said.contains("systemctl restart crawld"), "{said}");
    assert!(!said.contains("hidden"), "{said}");
    assert_eq!(service.status()["last_reload"]["outcome"], "refused");
    assert_eq!(site.requests(), 1, "the new delay does not hold");
    service.configure(&crawl("docs", &site.at("/"), FAST));
    service.reload(0);
    service.until_state("docs", "done");
}

#[test]
fn a_job_that_the_store_holds_as_another_kind_is_refused() {
    let site = star(3).open();
    let service = Service::start(&crawl("docs", &site.at("/"), FAST));
    service.until_state("docs", "done");
    service.configure("[jobs.docs]\nkind = \"fetch\"\nurls = [\"http://127.0.0.1:9/\"]\n");
    let said = service.reload(1).stderr;
    assert!(said.contains("jobs.docs") && said.contains("crawl"), "{said}");
    assert_eq!(service.state("docs"), "done");
}

#[test]
fn concurrency_is_raised_and_lowered_without_breaking_anything_off() {
    let gate = Gate::new();
    let held = gate.clone();
    let pages = star(31).otherwise(move |_| Reply::html("leaf").after(&held));
    let site = pages.open();
    let wide = "delay = \"0ms\"\nper_host = 100\nlatency_factor = 0";
    let with = |concurrency: usize| {
        let http = "[http]\nper_address = 0\n";
        format!(
            "[daemon]\nconcurrency = {concurrency}\n{http}{}",
            crawl("docs", &site.at("/"), wide)
        )
    };
    let service = Service::start(&with(2));
    assert!(site.wait_for(3, LONG));
    service.configure(&with(10));
    service.reload(0);
    assert!(site.wait_for(11, LONG), "ten in flight: {}", site.requests());
    assert_eq!(site.max_in_flight(), 10);
    service.configure(&with(3));
    service.reload(0);
    assert_eq!(service.status()["concurrency"], 3);
    gate.open();
    service.until_state("docs", "done");
    assert_eq!(service.status()["actors"][2]["alive"], 3, "{:#}", service.status());
    assert!(asked(&site).values().all(|times| *times == 1), "{:?}", asked(&site));
    assert_eq!(site.requests(), 31);
}

#[test]
fn urls_out_of_a_narrowed_scope_are_set_aside_and_come_back_when_it_is_widened() {
    let pages = Pages::new()
        .links("/", &["/a/1", "/a/2", "/b/1", "/b/2", "/b/3"])
        .otherwise(|_| Reply::html("leaf"));
    let site = pages.open();
    let with = |more: &str| crawl("docs", &site.at("/"), more);
    let service = Service::start(&with(SLOW));
    assert!(site.wait_for(1, LONG));
    service.until("docs", "six known", |job| job["urls"]["known"] == 6);
    service.configure(&with("delay = \"0ms\"\nexclude = [\"/b/\"]"));
    service.reload(0);
    let job = service.until_state("docs", "done");
    assert_eq!(
        (job["urls"]["done"].as_i64(), job["urls"]["excluded"].as_i64()),
        (Some(3), Some(3))
    );
    service.configure(&with(FAST));
    service.reload(0);
    let job = service.until("docs", "whole", |job| job["urls"]["done"] == 6);
    assert_eq!(job["urls"]["excluded"], 0);
    assert_eq!(site.requests(), 6, "{:?}", asked(&site));
}

#[test]
fn the_user_agent_and_headers_of_requests_are_those_of_the_last_reload() {
    let site = star(3).open();
    let with = |delay: &str, agent: &str| {
        format!(
            "[http]\nuser_agent = \"{agent}\"\nheaders = {{ X-Who = \"{agent}\" }}\n{}",
            crawl("docs", &site.at("/"), delay)
        )
    };
    let service = Service::start(&with(SLOW, "first/1"));
    assert!(site.wait_for(1, LONG));
    service.configure(&with(FAST, "second/2"));
    service.reload(0);
    service.until_state("docs", "done");
    let log = site.log();
    assert_eq!(log[0].header("user-agent"), Some("first/1"));
    for request in &log[1..] {
        assert_eq!(request.header("user-agent"), Some("second/2"));
        assert_eq!(request.header("x-who"), Some("second/2"));
    }
}

#[test]
fn new_roots_are_asked_and_old_ones_that_are_gone_set_nothing_free() {
    let site = Pages::new()
        .links("/a/", &["/a/1"])
        .links("/b/", &["/b/1"])
        .otherwise(|_| Reply::html("leaf"))
        .open();
    let with = |root: &str| crawl("docs", &site.at(root), "delay = \"0ms\"\nscope = \"prefix\"");
    let service = Service::start(&with("/a/"));
    service.until_state("docs", "done");
    assert_eq!(site.requests(), 2);
    service.configure(&with("/b/"));
    service.reload(0);
    service.until("docs", "whole", |job| job["urls"]["done"] == 4);
    assert_eq!(asked(&site).len(), 4);
    assert_eq!(site.requests(), 4, "nothing twice: {:?}", asked(&site));
}

#[test]
fn a_storm_of_reloads_loses_and_doubles_nothing() {
    let site = star(200).open();
    let with = |delay: usize| crawl("docs", &site.at("/"), &format!("delay = \"{delay}ms\""));
    let service = Service::start(&with(1));
    for round in 0..40 {
        service.configure(&with(1 + round % 3));
        service.running.signal("HUP");
        service.notice();
    }
    service.until_state("docs", "done");
    assert_eq!(site.requests(), 200);
    assert!(asked(&site).values().all(|times| *times == 1));
    assert_eq!(service.status()["jobs"].as_array().unwrap().len(), 1);
}

#[test]
fn a_hangup_during_the_end_is_ignored_and_said() {
    let gate = Gate::new();
    let site = star(3).reply("/1", Reply::html("slow").after(&gate)).open();
    let service = Service::start(&crawl("docs", &site.at("/"), FAST));
    assert!(site.wait_for(2, LONG));
    service.running.signal("TERM");
    service.told("STOPPING=1");
    service.configure(&crawl("other", &site.at("/"), FAST));
    service.running.signal("HUP");
    service.told("STATUS=ending");
    gate.open();
    let finished = service.running.finish();
    assert_eq!(finished.code, Some(0), "{finished:#?}");
    assert!(finished.stderr.contains("reload=ignored"), "{}", finished.stderr);
    assert_eq!(states(&service.crawld, "docs", "done"), 2);
}

#[test]
fn systemd_hears_of_the_beginning_and_of_the_end_of_every_reload() {
    let site = star(2).open();
    let service = Service::start(&crawl("docs", &site.at("/"), FAST));
    for (text, code) in [("nonsense", 78), (&*crawl("docs", &site.at("/"), SLOW), 0)] {
        service.configure(text);
        service.reload(code);
        let began = service.told("RELOADING=1");
        assert!(began.contains("MONOTONIC_USEC="), "{began}");
        service.told("READY=1");
    }
}

#[test]
fn an_end_that_comes_in_the_midst_of_reloads_loses_nothing() {
    let site = star(60).open();
    let with = |delay: usize| crawl("docs", &site.at("/"), &format!("delay = \"{delay}ms\""));
    let mut crawld = crate::service::folder(&with(1));
    for round in 0..3 {
        let service = Service::start_in(crawld);
        for delay in [2, 1, 3] {
            service.configure(&with(delay + round));
            service.running.signal("HUP");
        }
        (crawld, _) = service.end();
    }
    let service = Service::start_in(crawld);
    service.until_state("docs", "done");
    assert_eq!(states(&service.end().0, "docs", "done"), 60);
    assert!(asked(&site).values().all(|times| *times == 1), "{:?}", asked(&site));
}

#[test]
fn a_file_that_is_taken_away_takes_its_jobs_along_and_one_that_is_added_brings_them() {
    let site = star(4).open();
    let service = Service::start("");
    let folder = service.crawld.path().join("conf.d");
    std::fs::create_dir(&folder).unwrap();
    let file = folder.join("docs.toml");
    std::fs::write(&file, crawl("docs", &site.at("/"), FAST)).unwrap();
    service.reload(0);
    service.until_state("docs", "done");
    std::fs::remove_file(&file).unwrap();
    service.reload(0);
    let job = service.until("docs", "out", |job| job["why"] == "not configured");
    assert_eq!(job["urls"]["done"], 4, "what it found stays");
    std::fs::write(&file, crawl("docs", &site.at("/"), FAST)).unwrap();
    service.reload(0);
    service.until_state("docs", "done");
    assert_eq!(site.requests(), 4);
}

#[test]
fn a_new_certificate_authority_is_trusted_after_a_reload() {
    let authority = crate::tls::Authority::new();
    let server = authority.server("localhost", |_| {});
    let service = Service::start("");
    let root = format!("https://localhost:{}/", server.port());
    let job = crawl("docs", &root, "delay = \"0ms\"\nmax_tries = 1\nhost_persistence = \"0s\"");
    service.configure(&job);
    service.reload(0);
    let failed = service.until_state("docs", "failed");
    assert!(failed["why"].as_str().unwrap().contains("not one page"), "{failed:#}");
    let trusted = format!("[http]\nca_file = {:?}\n{job}", authority.file());
    service.configure(&trusted);
    service.reload(0);
    service.crawld(0, &["start", "docs"]);
    service.until("docs", "done", |job| job["urls"]["done"] == 1);
}

#[test]
fn a_job_that_begins_to_obey_robots_txt_asks_nothing_more_that_it_forbids() {
    let robots = Reply::body("text/plain", "User-agent: *\nDisallow: /secret/\n");
    let site = Pages::new()
        .reply("/robots.txt", robots)
        .links("/", &["/open/1", "/secret/1", "/secret/2"])
        .otherwise(|_| Reply::html("leaf"))
        .open();
    let with = |robots: bool, delay: &str| {
        crawl("docs", &site.at("/"), delay).replace("robots = false", &format!("robots = {robots}"))
    };
    let service = Service::start(&with(false, SLOW));
    assert!(site.wait_for(1, LONG));
    service.configure(&with(true, FAST));
    service.reload(0);
    let job = service.until_state("docs", "done");
    assert_eq!(
        (job["urls"]["done"].as_i64(), job["urls"]["excluded"].as_i64()),
        (Some(2), Some(2))
    );
    assert!(!site.paths().iter().any(|path| path.starts_with("/secret")), "{:?}", asked(&site));
}

#[test]
fn a_changed_list_of_options_that_cannot_be_changed_in_place_begins_the_run_anew() {
    let gate = Gate::new();
    let site = star(6).reply("/1", Reply::html("slow").after(&gate)).open();
    let with = |more: &str| crawl("docs", &site.at("/"), &format!("delay = \"0ms\"\n{more}"));
    let service = Service::start(&with(""));
    assert!(site.wait_for(2, LONG));
    service.configure(&with("max_hosts = 1\nmax_pages = 4"));
    service.reload(0);
    let job = service.job("docs");
    assert!(job["why"].as_str().unwrap_or_default().contains("begins anew"), "{job:#}");
    gate.open();
    let job = service.until_state("docs", "done");
    assert_eq!((&job["limit"], job["asked"].as_i64()), (&serde_json::json!("max_pages"), Some(4)));
    service.configure(&with("max_hosts = 1"));
    service.reload(0);
    service.until("docs", "whole", |job| job["urls"]["done"] == 6);
    assert_eq!(site.requests(), 6, "{:?}", asked(&site));
}
