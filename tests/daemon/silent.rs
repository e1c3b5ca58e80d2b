//! A store that does not answer under a running daemon: it is said everywhere, and nothing is wrong
//! when it answers again.

use diesel::connection::SimpleConnection;
use diesel::{Connection, SqliteConnection};

use crate::common::run::postgres_database;
use crate::line::Line;
use crate::service::{Service, folder};
use crate::{asked, crawl, star};

fn is_ready(service: &Service) -> (u16, String) {
    let answer = service.ask("GET", "readyz", None);
    (answer.status, answer.body)
}

#[test]
fn a_database_that_hangs_is_what_limits_the_speed_and_nothing_is_ready_meanwhile() {
    let url = postgres_database("silent");
    let (server, name) = url.split_once('@').unwrap().1.split_once('/').unwrap();
    let line = Line::to(server);
    let site = star(40).open();
    let job = crawl("docs", &site.at("/"), "delay = \"100ms\"");
    let url = format!("postgres://postgres@{}/{name}", line.address());
    let service = Service::start_in(folder(&format!("[database]\nurl = \"{url}\"\n{job}")));
    service.until("docs", "under way", |job| job["urls"]["done"].as_i64() > Some(1));
    assert_eq!(is_ready(&service), (200, "ready\n".to_owned()));
    line.hold(true);
    service.status_with("; the store: no answer for ");
    let (status, why) = is_ready(&service);
    assert_eq!(status, 503);
    assert!(why.contains("the store: no answer for "), "{why}");
    line.hold(false);
    service.until_state("docs", "done");
    assert_eq!(is_ready(&service).0, 200);
    service.end();
    assert!(asked(&site).values().all(|times| *times == 1), "{:?}", asked(&site));
}

#[test]
fn a_store_that_others_hold_at_the_start_is_told_of_and_an_end_meanwhile_is_no_fault() {
    let site = star(3).open();
    let service = Service::start(&crawl("docs", &site.at("/"), "delay = \"60s\""));
    assert!(site.wait_for(1, std::time::Duration::from_mins(1)));
    let crawld = service.kill();
    let path = crawld.path().join("crawld.db");
    let mut other = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
    other.batch_execute("BEGIN IMMEDIATE").unwrap();
    let service = Service::start_in(crawld);
    let told = service.status_with("; the store does not answer: ");
    assert!(told.contains("STATUS=0 of 1 job running"), "{told}");
    service.status_with("database is locked");
    let (status, why) = is_ready(&service);
    assert_eq!(status, 503);
    assert!(why.contains("is locked"), "{why}");
    service.running.signal("TERM");
    service.told("STOPPING=1");
    other.batch_execute("ROLLBACK").unwrap();
    let ended = service.running.finish();
    assert_eq!(ended.code, Some(0), "{ended:#?}");
    assert!(!ended.stderr.contains("is not started"), "{}", ended.stderr);
    assert_eq!(site.requests(), 1);
}
