//! Passes begin when they are due, and ask known pages whether they have changed.

use crate::common::http::Reply;
use crate::common::site::Pages;
use crate::service::Service;
use crate::{crawl, star};

#[test]
fn a_pass_begins_when_it_is_due_and_asks_with_the_validators_of_the_last() {
    let page = |request: &crate::common::http::Request| match request.header("if-none-match") {
        Some("\"v1\"") => Reply::status(304).header("ETag", "\"v1\""),
        _ => Reply::html("leaf").header("ETag", "\"v1\""),
    };
    let site = Pages::new().links("/", &["/1", "/2"]).otherwise(page).open();
    let more = "delay = \"0ms\"\nschedule = \"2s\"";
    let service = Service::start(&crawl("docs", &site.at("/"), more));
    let waiting = service.until_state("docs", "waiting");
    assert_eq!(waiting["pass"], 1);
    assert!(waiting["next_run_at"].as_i64() > Some(0), "{waiting:#}");
    service.until("docs", "in its third pass", |job| job["pass"] == 3 && job["state"] == "waiting");
    let conditional = site.log().iter().filter(|it| it.header("if-none-match").is_some()).count();
    assert_eq!(conditional, 4, "two pages in two later passes");
}

#[test]
fn a_pass_that_was_missed_while_no_daemon_ran_is_made_up_for_once() {
    let site = star(2).open();
    let every = |span: &str| {
        crawl("docs", &site.at("/"), &format!("delay = \"0ms\"\nschedule = \"{span}\""))
    };
    let service = Service::start(&every("24h"));
    service.until_state("docs", "waiting");
    let (crawld, _) = service.end();
    crawld.write("crawld.toml", every("1ms"));
    let service = Service::start_in(crawld);
    service.until("docs", "in a later pass", |job| job["pass"].as_i64() >= Some(2));
    service.configure(&every("24h"));
    service.reload(0);
    let job = service.until_state("docs", "waiting");
    let pass = job["pass"].clone();
    let (crawld, _) = service.end();
    let service = Service::start_in(crawld);
    let job = service.until_state("docs", "waiting");
    assert_eq!(job["pass"], pass, "it is not due");
}

#[test]
fn a_paused_job_misses_its_passes_and_a_removed_schedule_begins_none() {
    let site = star(2).open();
    let with = |more: &str| crawl("docs", &site.at("/"), &format!("delay = \"0ms\"\n{more}"));
    let service = Service::start(&with("schedule = \"24h\""));
    service.until_state("docs", "waiting");
    service.crawld(0, &["pause", "docs"]);
    service.configure(&with("schedule = \"1s\""));
    service.reload(0);
    assert_eq!(service.job("docs")["next_run_at"], serde_json::Value::Null);
    service.crawld(0, &["resume", "docs"]);
    service.until("docs", "in its second pass", |job| job["pass"].as_i64() >= Some(2));
    service.configure(&with(""));
    service.reload(0);
    service.until_state("docs", "done");
}

#[test]
fn a_schedule_is_told_as_it_was_written() {
    let site = star(1).open();
    let with = |schedule: &str| crawl("docs", &site.at("/"), &format!("schedule = \"{schedule}\""));
    let service = Service::start(&with("24h"));
    service.configure(&with("0 5 31 * *"));
    let told = service.reload(0).stdout;
    assert!(told.contains("\"0 5 31 * *\""), "{told}");
    let shown = service.crawld(0, &["check", "--effective"]).stdout;
    assert!(shown.contains("schedule = \"0 5 31 * *\""), "{shown}");
}
