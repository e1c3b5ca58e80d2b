//! What the operator orders holds until the operator says otherwise.

use std::time::Duration;

use serde_json::json;

use crate::common::http::{Gate, Reply};
use crate::common::site::Pages;
use crate::service::Service;
use crate::{asked, crawl, star, states};

const LONG: Duration = Duration::from_mins(1);

#[test]
fn a_pause_outlives_a_crash_and_a_changed_configuration_until_it_is_resumed() {
    let site = star(6).open();
    let slow = crawl("docs", &site.at("/"), "delay = \"60s\"");
    let service = Service::start(&slow);
    assert!(site.wait_for(1, LONG));
    let said = service.crawld(0, &["pause", "docs"]).stdout;
    assert!(said.contains("docs is paused"), "{said}");
    let crawld = service.kill();
    crawld.write("crawld.toml", crawl("docs", &site.at("/"), "delay = \"0ms\""));
    let service = Service::start_in(crawld);
    let job = service.until_state("docs", "paused");
    assert_eq!(job["urls"]["queued"], 5);
    assert_eq!(site.requests(), 1, "it rests");
    service.crawld(0, &["resume", "docs"]);
    service.until_state("docs", "done");
    assert_eq!(site.requests(), 6);
    let said = service.crawld(0, &["resume", "docs"]).stdout;
    assert!(said.contains("not paused"), "{said}");
}

#[test]
fn a_stop_ends_the_pass_and_leaves_the_queue_and_a_start_goes_on_with_it() {
    let gate = Gate::new();
    let site = star(5).reply("/1", Reply::html("slow").after(&gate)).open();
    let service = Service::start(&crawl("docs", &site.at("/"), "delay = \"0ms\""));
    assert!(site.wait_for(2, LONG));
    let said = service.crawld(0, &["stop", "docs"]).stdout;
    assert!(said.contains("in flight"), "{said}");
    gate.open();
    let job = service.until("docs", "out", |job| job["why"] == "until it is started");
    assert_eq!((&job["state"], job["urls"]["queued"].as_i64()), (&json!("stopped"), Some(3)));
    let said = service.crawld(1, &["pause", "docs"]).stderr;
    assert!(said.contains("is stopped") && said.contains("crawld start docs"), "{said}");
    let said = service.crawld(0, &["resume", "docs"]).stdout;
    assert!(said.contains("is stopped, not paused"), "{said}");
    let (crawld, _) = service.end();
    let alone = |code: i32, what: &str| {
        let finished = crawld.expect(code, &[what, "docs", "--config", "crawld.toml"]);
        finished.stdout + &finished.stderr
    };
    assert!(alone(0, "status").contains("stopped"), "the same without a daemon");
    assert!(alone(1, "pause").contains("is stopped"), "nor is it forgotten there");
    let service = Service::start_in(crawld);
    let states: Vec<String> = (0..20).map(|_| service.state("docs")).collect();
    assert!(states.iter().all(|state| state == "stopped"), "{states:?}");
    service.crawld(0, &["start", "docs"]);
    service.until("docs", "whole", |job| job["urls"]["queued"] == 0 && job["state"] == "done");
    assert_eq!((site.requests(), asked(&site).len()), (5, 5));
    service.crawld(0, &["start", "docs"]);
    let job = service.until("docs", "in its second pass", |job| job["pass"] == 2);
    assert_eq!(job["job"], "docs");
    service.until("docs", "done", |job| job["pass"] == 2 && job["state"] == "done");
    assert_eq!(site.requests(), 10, "a new pass asks every page again");
}

#[test]
fn failed_urls_are_asked_again_by_a_running_and_by_a_resting_job() {
    let broken = vec![Reply::status(500), Reply::status(500), Reply::html("well again")];
    let site = Pages::new()
        .links("/", &["/broken", "/gone"])
        .sequence("/broken", broken)
        .reply("/gone", Reply::status(404))
        .open();
    let more = "delay = \"0ms\"\nmax_tries = 1";
    let service = Service::start(&crawl("docs", &site.at("/"), more));
    service.until_state("docs", "done");
    let said = service.crawld(0, &["retry", "docs", "--status", "5xx"]).stdout;
    assert!(said.contains("1 URL of job docs will be asked again"), "{said}");
    service.until("docs", "done", |job| job["state"] == "done" && site.hits("/broken") == 2);
    service.crawld(0, &["retry", "docs", "--status", "500", "--since", "1h"]);
    service.until("docs", "mended", |job| job["urls"]["done"] == 2);
    assert_eq!((site.hits("/broken"), site.hits("/gone")), (3, 1));
    let said = service.crawld(0, &["retry", "docs", "--reason", "dns"]).stdout;
    assert!(said.contains("nothing was changed"), "{said}");
    for wrong in [json!({"status": ["soon"]}), json!({"host": "a/b"})] {
        assert_eq!(service.ask("POST", "v1/jobs/docs/retry", Some(&wrong)).status, 422);
    }
    let said = service.crawld(2, &["retry", "docs", "--host", "a/b"]).stderr;
    assert!(said.contains("write a host such as example.org"), "{said}");
}

#[test]
fn only_a_job_that_is_no_longer_configured_can_be_forgotten() {
    let site = star(4).open();
    let (old, new) = (crawl("old", &site.at("/"), ""), crawl("new", &site.at("/"), ""));
    let service = Service::start(&(old + &new));
    let said = service.crawld(1, &["forget", "old"]).stderr;
    assert!(said.contains("is configured"), "{said}");
    service.configure(&new);
    service.reload(0);
    service.until("old", "out", |job| job["why"] == "not configured");
    service.crawld(0, &["forget", "old"]);
    assert_eq!(service.state("old"), "none");
    let said = service.crawld(2, &["forget", "old"]).stderr;
    assert!(said.contains("no job 'old'"), "{said}");
    let (crawld, _) = service.end();
    let said = crawld.expect(2, &["report", "old"]).stderr;
    assert!(said.contains("there are: new"), "{said}");
}

#[test]
fn without_a_daemon_orders_are_written_down_for_the_next_one() {
    let site = star(4).open();
    let service = Service::start(&crawl("docs", &site.at("/"), "delay = \"60s\""));
    assert!(site.wait_for(1, LONG));
    let (crawld, _) = service.end();
    let config = ["--config", "crawld.toml"];
    let order = |what: &str| crawld.expect(0, &[&[what, "docs"], &config[..]].concat()).stdout;
    assert!(order("pause").contains("paused"), "it says so");
    assert!(order("status").contains("paused"));
    let said = crawld.expect(1, &[&["reload"], &config[..]].concat()).stderr;
    assert!(said.contains("no daemon answers"), "{said}");
    crawld.write("crawld.toml", crawl("docs", &site.at("/"), "delay = \"0ms\""));
    let service = Service::start_in(crawld);
    service.until_state("docs", "paused");
    assert_eq!(site.requests(), 1);
    let crawld = service.kill();
    let order = |what: &str| crawld.expect(0, &[&[what, "docs"], &config[..]].concat()).stdout;
    assert!(order("resume").contains("goes on"));
    let service = Service::start_in(crawld);
    service.until_state("docs", "done");
    assert_eq!(states(&service.end().0, "docs", "done"), 4);
}

#[test]
fn an_order_for_a_job_that_is_not_there_names_those_that_are() {
    let site = star(2).open();
    let service = Service::start(&crawl("docs", &site.at("/"), ""));
    for what in ["pause", "resume", "stop", "start"] {
        let said = service.crawld(2, &[what, "dox"]).stderr;
        assert!(said.contains("no job 'dox'") && said.contains("docs"), "{said}");
    }
}

#[test]
fn a_run_until_done_leaves_a_paused_job_alone() {
    let site = star(3).open();
    let service = Service::start(&crawl("docs", &site.at("/"), "delay = \"60s\""));
    assert!(site.wait_for(1, LONG));
    service.crawld(0, &["pause", "docs"]);
    let (crawld, _) = service.end();
    let run = crawld.run(&["run", "--config", "crawld.toml", "--until-done"]);
    assert!(run.stderr.contains("the operator holds it"), "{run:?}");
    assert_eq!(site.requests(), 1);
}

#[test]
fn a_host_that_cannot_be_reached_is_not_given_up_by_the_daemon_for_a_day() {
    let site = star(2).open();
    let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let roots = format!("{}\", \"http://{gone}/", site.at("/"));
    let service = Service::start(&crawl("docs", &roots, "delay = \"0ms\"\nmax_tries = 1"));
    let job = service.until("docs", "resting", |job| {
        let hosts = service.status()["hosts"].to_string();
        job["urls"]["done"] == 2 && hosts.contains("rest after failures")
    });
    assert_eq!((&job["state"], job["urls"]["failed"].as_i64()), (&json!("running"), Some(0)));
    let answer = service.ask("GET", &format!("v1/hosts/{gone}"), None);
    assert!(answer.body.contains("rests until"), "{answer:?}");
}

#[test]
fn what_is_ordered_past_the_daemon_is_seen_by_it() {
    let url = crate::common::run::postgres_database("daemon_past");
    let site = star(6).open();
    let database = format!("[database]\nurl = \"{url}\"\n");
    let job = crawl("docs", &site.at("/"), "delay = \"60s\"");
    let service = Service::start(&(database.clone() + &job));
    assert!(site.wait_for(1, LONG));
    let alone = ["--database", &url];
    let elsewhere = crate::common::run::Crawld::new();
    elsewhere.expect(0, &[&["pause", "docs"], &alone[..]].concat());
    service.until_state("docs", "paused");
    service.configure(&(database + &crawl("docs", &site.at("/"), "delay = \"0ms\"")));
    service.reload(0);
    elsewhere.expect(0, &[&["resume", "docs"], &alone[..]].concat());
    service.until_state("docs", "done");
    assert_eq!(site.requests(), 6);
}

#[test]
fn reports_and_reasons_are_told_by_the_daemon_to_whoever_may_not_read_its_store() {
    let site = star(3).open();
    let service = Service::start(&crawl("docs", &site.at("/"), "delay = \"0ms\""));
    service.until_state("docs", "done");
    let stored = |arguments: &[&str]| {
        let alone = ["--database", "crawld.db"];
        service.crawld.expect(0, &[arguments, &alone[..]].concat()).stdout
    };
    let report = service.crawld(0, &["report", "docs"]).stdout;
    assert_eq!(report, stored(&["report", "docs"]));
    let json = service.crawld(0, &["report", "--json"]).stdout;
    assert!(json.starts_with('{') && json.contains("\"docs\""), "{json}");
    let why = service.crawld(0, &["explain", &site.at("/1")]).stdout;
    assert!(why.contains("docs: done, pass 1"), "{why}");
    service.crawld(2, &["report", "nobody"]);
    service.crawld(2, &["explain", "nonsense"]);
}

#[test]
fn a_start_of_a_paused_job_is_refused_and_says_how_to_resume() {
    let site = star(6).open();
    let service = Service::start(&crawl("docs", &site.at("/"), "delay = \"60s\""));
    assert!(site.wait_for(1, LONG));
    service.crawld(0, &["pause", "docs"]);
    let refused = |said: String| assert!(said.contains("crawld resume docs"), "{said}");
    refused(service.crawld(1, &["start", "docs"]).stderr);
    let answer = service.ask("POST", "v1/jobs/docs/start", None);
    assert_eq!(answer.status, 409, "{answer:?}");
    service.until_state("docs", "paused");
    service.status_with("no job is running; one is paused until it is resumed");
    let (crawld, _) = service.end();
    refused(crawld.expect(1, &["start", "docs", "--config", "crawld.toml"]).stderr);
    assert!(crawld.export("pages", &["--job", "docs"]).len() == 6, "and the store holds it");
    assert_eq!(site.requests(), 1);
}
