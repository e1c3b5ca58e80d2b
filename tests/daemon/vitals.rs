//! What the daemon measures, and what it does when the machine has too little of something.

use std::time::Duration;

use crate::common::exposition::Exposition;
use crate::common::http::{Gate, Reply};
use crate::common::site::Pages;
use crate::crawl;
use crate::service::{Service, folder};

const LONG: Duration = Duration::from_mins(1);
const FAST: &str = "delay = \"0ms\"";

fn metrics(service: &Service) -> Exposition {
    Exposition::parse(&service.ask("GET", "metrics", None).body)
}

#[test]
fn the_metrics_of_a_daemon_tell_what_it_did() {
    let site = Pages::new()
        .links("/", &["/a", "/gone"])
        .reply("/gone", Reply::status(404))
        .page("/a", "a")
        .open();
    let one = crawl("docs", &site.at("/"), FAST);
    let service = Service::start(&one);
    service.until_state("docs", "done");
    service.reload(0);
    service.configure("[daemon]\nconcurrency = \"many\"");
    service.reload(78);
    let seen = metrics(&service);
    assert_eq!(seen.get("crawld_fetches_total{what=\"page\",outcome=\"2xx\"}"), 2);
    assert_eq!(seen.get("crawld_fetches_total{what=\"page\",outcome=\"4xx\"}"), 1);
    assert_eq!(seen.get("crawld_settled_total{state=\"done\"}"), 2);
    assert_eq!(seen.get("crawld_queued{job=\"docs\"}"), 0);
    assert_eq!(seen.get("crawld_jobs{state=\"done\"}"), 1);
    assert_eq!(seen.get("crawld_reloads_total{result=\"unchanged\"}"), 1);
    assert_eq!(seen.get("crawld_reloads_total{result=\"invalid\"}"), 1);
    assert_eq!(seen.get("crawld_last_reload_success"), 0);
    assert!(seen.get("crawld_last_reload_timestamp_seconds") > 1_700_000_000);
    assert!(seen.get("process_start_time_seconds") > 1_700_000_000);
    assert!(seen.get("crawld_disk_free_bytes") > 0);
    service.end();
}

#[test]
fn a_daemon_on_a_disk_without_room_waits_says_so_and_goes_on_when_the_rule_is_relaxed() {
    let site = Pages::new().links("/", &["/a"]).page("/a", "a").open();
    let docs = crawl("docs", &site.at("/"), FAST);
    let rule = |least: &str| format!("[database]\nmin_free = \"{least}\"\n{docs}");
    let service = Service::start(&rule("8000000000GiB"));
    let told = service.told("STATUS=1 of 1 job running");
    assert!(told.contains("the disk is nearly full"), "{told}");
    let limited = service.status()["limited_by"].to_string();
    assert!(limited.contains("database.min_free"), "{limited}");
    assert_eq!(metrics(&service).get("crawld_disk_short"), 1);
    assert_eq!(site.requests(), 0);
    service.configure(&rule("0"));
    service.reload(0);
    service.until_state("docs", "done");
    assert_eq!(site.requests(), 2);
    let (_, finished) = service.end();
    assert!(finished.stderr.contains("nothing is asked until there is room"));
}

#[test]
fn a_reload_cannot_raise_the_concurrency_over_what_the_open_files_allow() {
    let gate = Gate::new();
    let held = gate.clone();
    let leaves: Vec<_> = (0..300).map(|n| format!("/{n}")).collect();
    let leaves: Vec<_> = leaves.iter().map(String::as_str).collect();
    let site =
        Pages::new().links("/", &leaves).otherwise(move |_| Reply::html("x").after(&held)).open();
    let docs = crawl("docs", &site.at("/"), &format!("{FAST}\nper_host = 1000"));
    let many = |most: u32| {
        let daemon = format!("[daemon]\nthreads = 2\nconcurrency = {most}\n");
        format!("{daemon}[http]\nper_address = 1000\n{docs}")
    };
    let service = Service::start_in(folder(&many(4)).open_files(128));
    assert!(site.wait_for(1 + 4, LONG));
    service.configure(&many(1000));
    service.reload(0);
    let arrived = site.wait_for(1 + 36, LONG);
    gate.open();
    assert!(arrived, "{} requests only", site.requests());
    service.until_state("docs", "done");
    assert_eq!(site.max_in_flight(), 36, "half of what is left but for 56 files of its own");
    let (_, finished) = service.end();
    let told = "128 files may be open (ulimit -n): at most 36 requests in flight instead of 1000";
    assert_eq!(finished.stderr.matches(told).count(), 1, "{}", finished.stderr);
}
