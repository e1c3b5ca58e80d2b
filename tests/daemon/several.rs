//! Several daemons on one PostgreSQL.

use crawld::clock::Clock;
use crawld::store::{Access, Store};

use crate::common::http::{Gate, Reply};
use crate::common::run::{Crawld, postgres_database};
use crate::common::site::Pages;
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

#[test]
fn a_run_that_a_new_pass_overtakes_keeps_nothing_from_it() {
    let url = postgres_database("daemon_overtaken");
    let gate = Gate::new();
    let site = Pages::new()
        .links("/a", &["/x", "/y"])
        .reply("/b", Reply::links(&["/z"]).after(&gate))
        .otherwise(|_| Reply::html("leaf"))
        .open();
    let urls = format!("urls = [\"{}\", \"{}\"]", site.at("/a"), site.at("/b"));
    let keys = "robots = false\ndelay = \"0ms\"\nper_host = 8\ncheck = true";
    let job = format!("[jobs.links]\nkind = \"fetch\"\n{urls}\n{keys}\n");
    let service = Service::start_in(daemon(&url, &job));
    service.until("links", "all but one", |job| job["urls"]["done"] == 3);
    // As a daemon on another machine does, while the answer of /b is awaited.
    let store = Store::open(&url, Access::Owner).unwrap();
    let id = store.job_by_name("links").unwrap().unwrap().id;
    store.start_pass(id, Clock::start().now()).unwrap();
    gate.open();
    let job = service.until("links", "whole", |job| job["pass"] == 2 && job["state"] == "done");
    assert_eq!(job["urls"]["done"], 5, "{job:#}");
    let asked = asked(&site);
    let times = |path: &str| asked.get(path).copied().unwrap_or(0);
    assert_eq!(["/a", "/b", "/x", "/y", "/z"].map(times), [2, 2, 2, 2, 1], "{asked:?}");
    service.end();
}
