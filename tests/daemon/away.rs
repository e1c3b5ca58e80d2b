//! The database goes away under a running daemon, and comes back.

use crate::common::run::postgres_database;
use crate::line::Line;
use crate::service::{Service, folder};
use crate::{asked, crawl, star};

#[test]
fn a_reload_while_the_database_is_away_takes_effect_when_it_is_back() {
    let url = postgres_database("daemon_away");
    let (server, name) = url.split_once('@').unwrap().1.split_once('/').unwrap();
    let line = Line::to(server);
    let (site, other) = (star(5).open(), star(5).open());
    let with = |jobs: &[String]| {
        let url = format!("postgres://postgres@{}/{name}", line.address());
        format!("[database]\nurl = \"{url}\"\n{}", jobs.concat())
    };
    let gone = crawl("gone", &other.at("/"), "delay = \"60s\"");
    let job = |name: &str, delay: &str| crawl(name, &site.at("/"), &format!("delay = \"{delay}\""));
    let service = Service::start_in(folder(&with(&[job("old", "60s"), gone])));
    for name in ["old", "gone"] {
        service.until(name, "at its links", |job| job["urls"]["known"] == 5);
    }
    line.cut();
    service.configure(&with(&[job("old", "0ms"), job("new", "0ms")]));
    let said = service.reload(0).stdout;
    for part in ["jobs.old.delay", "added new", "removed gone"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert!(line.turned_away() > 0, "the daemon has tried");
    assert_eq!((site.requests(), other.requests()), (1, 1), "nothing is asked without a store");
    line.mend();
    for name in ["old", "new"] {
        service.until(name, "whole", |job| job["state"] == "done" && job["urls"]["done"] == 5);
    }
    service.until("gone", "out", |job| job["why"] == "not configured");
    service.end();
    assert!(asked(&site).values().all(|times| *times == 2), "once a job: {:?}", asked(&site));
    assert_eq!(other.requests(), 1);
}
