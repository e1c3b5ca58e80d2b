//! A hangup that comes before the daemon has begun: it is no end, and the reload is not lost.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;
use std::process::Command;

use crate::service::{Service, folder};
use crate::{crawl, star};

/// Bits of `SigCgt`.
const HUP: u64 = 1;
const TERM: u64 = 1 << 14;

/// A process that does not catch it by then never will: some ten seconds.
const LOOKS: usize = 1_000_000;

/// Signals that a process catches; `None`: it is gone.
fn caught(pid: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let mask = status.lines().find_map(|line| line.strip_prefix("SigCgt:"))?;
    u64::from_str_radix(mask.trim(), 16).ok()
}

/// Gives what reads this pipe a text, when it reads.
fn give(pipe: &Path, text: &str, meanwhile: impl FnOnce()) {
    // Opens when the other side does.
    let mut pipe = OpenOptions::new().write(true).open(pipe).unwrap();
    meanwhile();
    pipe.write_all(text.as_bytes()).unwrap();
}

#[test]
fn a_hangup_while_the_configuration_is_first_read_is_a_reload_once_the_daemon_runs() {
    let site = star(3).open();
    let crawld = folder("");
    let pipe = crawld.path().join("crawld.toml");
    std::fs::remove_file(&pipe).unwrap();
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let (one, two) = (crawl("one", &site.at("/"), ""), crawl("two", &site.at("/"), ""));
    let service = Service::begin(crawld);
    give(&pipe, &one, || service.running.signal("HUP"));
    // From then on nobody reads it but the reload.
    service.told("READY=1");
    give(&pipe, &(one + &two), || {});
    // The reload is over.
    service.told("READY=1");
    service.until("two", "configured", |job| job["state"].is_string());
    let reload = &service.status()["last_reload"];
    assert_eq!(reload["outcome"], "applied", "{reload:#}");
}

#[test]
fn it_is_caught_before_anything_else_and_a_storm_of_it_harms_no_start() {
    let site = star(3).open();
    let mut crawld = folder(&crawl("docs", &site.at("/"), "delay = \"0ms\""));
    let mut before_others = false;
    for _ in 0..50 {
        let service = Service::begin(crawld);
        let pid = service.running.id();
        let mut masks = std::iter::repeat_with(|| caught(pid).unwrap()).take(LOOKS);
        let first = masks.find(|mask| mask & HUP != 0);
        let first = first.expect("it catches SIGHUP");
        before_others |= first & TERM == 0;
        while !service.notice().is_some_and(|notice| notice.contains("READY=1")) {
            service.running.signal("HUP");
        }
        service.until_state("docs", "done");
        crawld = service.end().0;
        if before_others {
            break;
        }
    }
    assert!(before_others, "it is never seen that SIGHUP is caught and SIGTERM not yet");
    assert_eq!(site.requests(), 3);
}
