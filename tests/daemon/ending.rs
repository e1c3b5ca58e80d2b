//! How a daemon ends, dies and hangs.

use std::time::Duration;

use crate::common::http::{Gate, Reply};
use crate::service::{Service, folder};
use crate::{asked, crawl, star, states};

const LONG: Duration = Duration::from_mins(1);

#[test]
fn an_end_takes_in_what_is_in_flight_and_keeps_the_manager_patient() {
    let gate = Gate::new();
    let site = star(4).reply("/1", Reply::html("slow").after(&gate)).open();
    let service = Service::start(&crawl("docs", &site.at("/"), "delay = \"0ms\""));
    assert!(site.wait_for(2, LONG));
    service.running.signal("TERM");
    service.told("STOPPING=1");
    service.told("EXTEND_TIMEOUT_USEC=");
    service.told("STATUS=ending: 1 request in flight to be taken in");
    let said = service.crawld(0, &["pause", "docs"]).stdout;
    assert_eq!(said, "job docs is paused; this daemon is ending\n");
    gate.open();
    let finished = service.running.finish();
    assert_eq!(finished.code, Some(0), "{finished:#?}");
    assert_eq!(states(&service.crawld, "docs", "done"), 2);
    let service = Service::start_in(service.crawld);
    service.until_state("docs", "paused");
    service.crawld(0, &["resume", "docs"]);
    service.until_state("docs", "done");
    assert!(asked(&site).values().all(|times| *times == 1), "{:?}", asked(&site));
}

#[test]
fn an_end_that_takes_too_long_is_cut_at_its_grace_and_loses_nothing() {
    let gate = Gate::new();
    let site = star(3).reply("/1", Reply::html("never").after(&gate)).open();
    let text =
        format!("[daemon]\ngrace = \"1s\"\n{}", crawl("docs", &site.at("/"), "delay = \"0ms\""));
    let service = Service::start(&text);
    assert!(site.wait_for(2, LONG));
    let (crawld, _) = service.end();
    gate.open();
    let service = Service::start_in(crawld);
    service.until_state("docs", "done");
    assert_eq!(states(&service.end().0, "docs", "done"), 3);
}

#[test]
fn killed_and_started_again_it_goes_on_and_every_page_is_stored_once() {
    let site = star(120).open();
    let text =
        format!("[daemon]\nconcurrency = 4\n{}", crawl("docs", &site.at("/"), "delay = \"2ms\""));
    let mut crawld = folder(&text);
    for part in 1..=4 {
        let service = Service::begin(crawld);
        assert!(site.wait_for(part * 25, LONG));
        crawld = service.kill();
    }
    let service = Service::start_in(crawld);
    service.until_state("docs", "done");
    let (crawld, _) = service.end();
    assert_eq!(states(&crawld, "docs", "done"), 120);
    assert!(site.requests() <= 120 + 4 * 2 * 4, "{}", site.requests());
}

#[test]
fn the_watchdog_is_fed_while_all_answer_and_a_stuck_actor_is_named() {
    let site = star(50).open();
    let crawld = folder(&crawl("docs", &site.at("/"), "delay = \"100ms\""));
    let service = Service::start_in(crawld.env("WATCHDOG_USEC", "300000"));
    service.told("WATCHDOG=1");
    service.told("WATCHDOG=1");
    drop(service);
    let crawld = folder(&crawl("docs", &site.at("/"), "delay = \"1ms\""));
    let crawld = crawld.env("WATCHDOG_USEC", "300000").env("CRAWLD_FAULTS", "db@9!");
    let service = Service::begin(crawld);
    assert!(site.wait_for(2, LONG));
    // It is told how things stand every two seconds, and fed every tenth of one while all is well.
    let mut unfed = 0;
    while unfed < 3 {
        unfed = service.told_but("STATUS=", "WATCHDOG=1").map_or(0, |()| unfed + 1);
    }
    let finished = service.running.kill();
    assert!(finished.stderr.contains("no answer from: db"), "{}", finished.stderr);
}

#[test]
fn a_database_that_is_away_at_the_start_is_waited_for_and_that_is_said() {
    let crawld = folder("[database]\nurl = \"postgres://nobody@127.0.0.1:9/none\"\n");
    let service = Service::begin(crawld);
    let told = service.told("STATUS=waiting for the store");
    assert!(told.contains("127.0.0.1"), "{told}");
    service.told("EXTEND_TIMEOUT_USEC=");
    service.running.signal("HUP");
    let (_, finished) = service.end();
    assert!(!finished.stderr.contains("panicked"), "{}", finished.stderr);
}

#[test]
fn a_wrong_configuration_ends_it_at_once_with_78_and_the_place() {
    let service = Service::begin(folder("[daemon]\nconcurrency = \"many\"\n"));
    let finished = service.running.finish();
    assert_eq!(finished.code, Some(78), "{finished:#?}");
    assert!(finished.stderr.contains("crawld.toml:2:"), "{}", finished.stderr);
}

#[test]
fn a_daemon_without_a_job_is_ready_and_idle() {
    let service = Service::start("");
    assert_eq!(service.status()["limited_by"], "no job is configured");
    service.told("STATUS=0 of 0 jobs running");
    service.end();
}
