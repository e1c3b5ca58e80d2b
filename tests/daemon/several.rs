//! Several daemons on one PostgreSQL.

use crate::common::run::{Crawld, postgres_database};
use crate::service::{Service, folder};
use crate::{asked, crawl, star};

fn daemon(url: &str, jobs: &str) -> Crawld {
    folder(&format!("[database]\nurl = \"{url}\"\n{jobs}"))
}

#[test]
fn daemons_that_begin_together_on_a_fresh_store_make_each_job_once() {
    let url = postgres_database("daemon_together");
    let site = star(30).open();
    let jobs: String = ["one", "two", "three", "four"]
        .map(|name| crawl(name, &site.at("/"), "delay = \"1ms\""))
        .concat();
    let services = [0, 1, 2].map(|_| Service::begin(daemon(&url, &jobs)));
    for service in &services {
        service.told("READY=1");
        for name in ["one", "two", "three", "four"] {
            service.until(name, "done", |job| job["state"] == "done" && job["urls"]["done"] == 30);
        }
    }
    assert_eq!(site.requests(), 4 * 30, "{:?}", asked(&site));
    for service in services {
        service.end();
    }
}

#[test]
fn a_scheduled_pass_is_begun_by_one_of_them() {
    let url = postgres_database("daemon_schedule");
    let site = star(3).open();
    let job = |span: &str| {
        crawl("docs", &site.at("/"), &format!("delay = \"0ms\"\nschedule = \"{span}\""))
    };
    let services = [0, 1].map(|_| Service::start_in(daemon(&url, &job("3s"))));
    let [one, two] = &services;
    one.until("docs", "in its third pass", |job| job["pass"].as_i64() >= Some(3));
    for service in &services {
        service.configure(&format!("[database]\nurl = \"{url}\"\n{}", job("24h")));
        service.reload(0);
    }
    one.until_state("docs", "waiting");
    let job = two.until_state("docs", "waiting");
    let passes = usize::try_from(job["pass"].as_i64().unwrap()).unwrap();
    let span = site.log().last().unwrap().at_micros - site.log()[0].at_micros;
    assert!(i64::try_from(passes - 1).unwrap() * 2_900_000 <= span + 100_000, "{passes} in {span}");
}

#[test]
fn a_job_that_another_forgets_ends_there_and_the_rest_goes_on() {
    let url = postgres_database("daemon_forget");
    let (here, there) = (star(400).open(), star(2_000).open());
    let one = crawl("one", &here.at("/"), "delay = \"5ms\"");
    let two = crawl("two", &there.at("/"), "delay = \"5ms\"");
    let asks = Service::start_in(daemon(&url, &(one.clone() + &two)));
    asks.until("two", "under way", |job| job["asked"].as_i64() > Some(3));
    let forgets = Service::start_in(daemon(&url, &one));
    forgets.crawld(0, &["forget", "two"]);
    asks.until("one", "whole", |job| job["urls"]["done"] == 400);
    forgets.end();
    asks.end();
}
