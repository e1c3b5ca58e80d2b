//! A list that cannot be read is seen in the status, and read as soon as it can be.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::common::http::{Gate, Reply};
use crate::common::locks;
use crate::common::site::{Pages, Site};
use crate::service::{Service, folder};
use crate::{asked, star};

const LONG: Duration = Duration::from_mins(1);

/// A job that asks the lines of `urls.txt`.
const JOB: &str =
    "[jobs.links]\nkind = \"fetch\"\nfile = \"urls.txt\"\nrobots = false\ndelay = \"0ms\"\n";

fn lines(site: &Site, paths: &[&str]) -> String {
    paths.iter().map(|path| site.at(path)).collect::<Vec<_>>().join("\n")
}

fn tells_of_the_list(job: &serde_json::Value) -> bool {
    let why = job["why"].as_str().unwrap_or_default();
    why.contains("/urls.txt: No such file")
}

#[test]
fn a_job_without_its_list_is_failed_with_the_path_until_the_list_is_there() {
    let site = Pages::new().otherwise(|_| Reply::html("leaf")).open();
    let service = Service::start(&format!("{JOB}{}", crate::crawl("docs", &site.at("/docs"), "")));
    service.until_state("docs", "done");
    let job = service.until_state("links", "failed");
    assert!(tells_of_the_list(&job), "{job:#}");
    let table = service.crawld(0, &["status"]).stdout;
    let row = table.lines().find(|line| line.starts_with("links ")).unwrap();
    assert!(row.contains("failed"), "{table}");
    let path = service.crawld.path().join("urls.txt");
    assert!(
        table.contains(&format!("links: the list {}: No such file", path.display())),
        "{table}"
    );
    let said = service.crawld(1, &["start", "links"]).stderr;
    assert!(said.contains("urls.txt"), "{said}");
    std::fs::create_dir(&path).unwrap();
    service.until("links", "told of the folder", |job| {
        job["state"] == "failed" && job["why"].as_str().unwrap().contains("folder")
    });
    std::fs::remove_dir(&path).unwrap();
    service.crawld.write("urls.txt", lines(&site, &["/a", "/b"]));
    let job = service.until_state("links", "done");
    assert_eq!((job["urls"]["done"].as_i64(), &job["why"]), (Some(2), &serde_json::Value::Null));
    let (_, finished) = service.end();
    let told = finished.stderr.matches("urls.txt: No such file").count();
    assert!(told <= 2, "not once a second: {}", finished.stderr);
}

#[test]
fn a_new_pass_waits_for_the_list_and_begins_when_it_is_there() {
    let site = Pages::new().otherwise(|_| Reply::html("leaf")).open();
    let crawld = folder(JOB);
    crawld.write("urls.txt", lines(&site, &["/a", "/b"]));
    let service = Service::start_in(crawld);
    service.until_state("links", "done");
    std::fs::remove_file(service.crawld.path().join("urls.txt")).unwrap();
    let said = service.crawld(0, &["start", "links"]).stdout;
    assert!(said.contains("links is failed: the list"), "{said}");
    assert_eq!(service.job("links")["pass"], 1);
    service.crawld.write("urls.txt", lines(&site, &["/a", "/b"]));
    service.until("links", "in its second pass", |job| job["pass"] == 2 && job["state"] == "done");
    assert_eq!(asked(&site).values().copied().collect::<Vec<_>>(), [2, 2]);
}

#[test]
fn what_is_queued_from_before_is_asked_without_the_list_and_new_lines_when_it_is_back() {
    let gate = Gate::new();
    let site = Pages::new()
        .reply("/a", Reply::html("slow").after(&gate))
        .otherwise(|_| Reply::html("leaf"))
        .open();
    let crawld = folder(JOB);
    crawld.write("urls.txt", lines(&site, &["/a", "/b", "/c"]));
    let service = Service::start_in(crawld);
    service.until("links", "read", |job| job["urls"]["known"] == 3);
    assert!(site.wait_for(1, LONG));
    let crawld = service.kill();
    std::fs::remove_file(crawld.path().join("urls.txt")).unwrap();
    let service = Service::start_in(crawld);
    let job = service.until("links", "told of", tells_of_the_list);
    assert_eq!(job["state"], "running");
    assert!(site.wait_for(2, LONG), "asked again");
    service.crawld.write("urls.txt", lines(&site, &["/a", "/b", "/c", "/d"]));
    gate.open();
    let job = service.until("links", "whole", |job| job["urls"]["done"] == 4);
    assert!(!tells_of_the_list(&job), "{job:#}");
    service.until_state("links", "done");
    let (_, finished) = service.end();
    assert_eq!(asked(&site).values().copied().collect::<Vec<_>>(), [2, 1, 1, 1], "{finished:#?}");
}

#[test]
fn lines_added_to_the_list_of_a_done_job_are_asked_after_a_reload_and_no_other() {
    let site = Pages::new().otherwise(|_| Reply::html("leaf")).open();
    let crawld = folder(JOB);
    crawld.write("urls.txt", lines(&site, &["/a", "/b"]));
    let service = Service::start_in(crawld);
    service.until_state("links", "done");
    let said = service.reload(0).stdout;
    assert!(said.contains("unchanged"), "{said}");
    for list in [&["/a", "/b", "/c"][..], &["/a", "/d", "/b", "/c"]] {
        service.crawld.write("urls.txt", lines(&site, list));
        let said = service.reload(0).stdout;
        assert!(said.contains("applied") && said.contains("read again of links"), "{said}");
        let whole = list.len() as u64;
        service.until("links", "done with all", |job| {
            job["state"] == "done" && job["urls"]["done"].as_u64() == Some(whole)
        });
        let said = service.reload(0).stdout;
        assert!(said.contains("unchanged"), "{said}");
    }
    assert_eq!(service.job("links")["pass"], 1);
    let (_, finished) = service.end();
    assert_eq!(asked(&site).values().copied().collect::<Vec<_>>(), [1; 4], "{finished:#?}");
}

#[test]
fn lines_added_to_the_list_of_a_running_job_are_asked_after_a_reload() {
    let gate = Gate::new();
    let site = Pages::new()
        .reply("/a", Reply::html("slow").after(&gate))
        .otherwise(|_| Reply::html("leaf"))
        .open();
    let crawld = folder(JOB);
    crawld.write("urls.txt", lines(&site, &["/a", "/b"]));
    let service = Service::start_in(crawld);
    assert!(site.wait_for(1, LONG));
    service.until("links", "read", |job| job["urls"]["known"] == 2);
    service.crawld.write("urls.txt", lines(&site, &["/a", "/b", "/c"]));
    let said = service.reload(0).stdout;
    assert!(said.contains("read again of links"), "{said}");
    gate.open();
    service
        .until("links", "done with all", |job| job["state"] == "done" && job["urls"]["done"] == 3);
    let (_, finished) = service.end();
    assert_eq!(asked(&site).values().copied().collect::<Vec<_>>(), [1; 3], "{finished:#?}");
}

#[test]
fn a_paused_job_reads_its_list_when_it_goes_on_and_no_reload_says_that_it_did() {
    let gate = Gate::new();
    let site = Pages::new()
        .reply("/a", Reply::html("slow").after(&gate))
        .otherwise(|_| Reply::html("leaf"))
        .open();
    let crawld = folder(JOB);
    crawld.write("urls.txt", lines(&site, &["/a", "/b"]));
    let service = Service::start_in(crawld);
    assert!(site.wait_for(1, LONG));
    service.until("links", "read", |job| job["urls"]["known"] == 2);
    service.crawld(0, &["pause", "links"]);
    gate.open();
    service.until_state("links", "paused");
    service.crawld.write("urls.txt", lines(&site, &["/a", "/b", "/c"]));
    for _ in 0..2 {
        let said = service.reload(0).stdout;
        assert!(said.contains("unchanged"), "{said}");
    }
    service.crawld(0, &["resume", "links"]);
    service
        .until("links", "done with all", |job| job["state"] == "done" && job["urls"]["done"] == 3);
    service.end();
}

#[test]
fn a_new_pass_asks_what_the_list_and_its_pages_hold_then() {
    let edition = Arc::new(AtomicUsize::new(0));
    let out = Arc::clone(&edition);
    let site = Pages::new()
        .route("/page", move |_| {
            Reply::links([&["/dead", "/fine"][..], &["/fine"]][out.load(Ordering::SeqCst)])
        })
        .page("/fine", "fine")
        .page("/other", "other")
        .open();
    let crawld = folder(&format!("{JOB}check = true\n"));
    crawld.write("urls.txt", lines(&site, &["/page", "/other"]));
    let service = Service::start_in(crawld);
    let job = service.until_state("links", "done");
    assert_eq!(job["urls"]["failed"], 1, "{job:#}");
    let told = service.crawld(0, &["explain", &site.at("/page")]).stdout;
    assert!(told.contains("rule      asked: "), "a list names its private hosts: {told}");
    edition.store(1, Ordering::SeqCst);
    service.crawld.write("urls.txt", lines(&site, &["/page"]));
    service.crawld(0, &["start", "links"]);
    let over = |job: &serde_json::Value| job["pass"] == 2 && job["state"] == "done";
    let job = service.until("links", "in its second pass", over);
    assert_eq!((&job["urls"]["done"], &job["urls"]["failed"]), (&2.into(), &0.into()), "{job:#}");
    // The link to /fine was known to this process, and is asked all the same.
    let asked = ["/page", "/fine", "/dead", "/other"].map(|path| asked(&site)[path]);
    assert_eq!(asked, [2, 2, 2, 1], "/dead by HEAD and GET, in the first pass alone");
    let report = service.crawld(0, &["report", "links"]).stdout;
    assert!(report.contains("no broken links"), "{report}");
}

#[test]
fn no_file_that_becomes_the_store_while_a_daemon_runs_is_opened() {
    let gate = Gate::new();
    let site = star(2).reply("/1", Reply::html("slow").after(&gate)).open();
    let docs = crate::crawl("docs", &site.at("/"), "delay = \"0ms\"");
    let crawld = folder(&format!("{JOB}{docs}"));
    std::fs::create_dir(crawld.path().join("conf.d")).unwrap();
    let service = Service::start_in(crawld);
    assert!(site.wait_for(2, LONG));
    service.until_state("links", "failed");
    let at = |name: &str| service.crawld.path().join(name);
    let link = |name: &str| std::os::unix::fs::symlink(at("crawld.db"), at(name)).unwrap();
    let held = || locks::are_held(service.running.id(), &at("crawld.db"));
    link("urls.txt");
    service.until("links", "told whose file it is", |job| {
        job["why"].as_str().is_some_and(|why| why.contains("the store's own"))
    });
    assert!(held(), "its closing would take the locks of the process");
    for what in ["url_file", "config"] {
        match what {
            "config" => link("conf.d/more.toml"),
            _ => service.configure(&format!("{docs}\n[database]\nurl_file = \"urls.txt\"\n")),
        }
        let said = service.reload(78).stderr;
        assert!(said.contains("the store's own"), "{what}: {said}");
        assert!(held(), "{what}");
    }
    std::fs::remove_file(at("conf.d/more.toml")).unwrap();
    service.configure(&format!("{JOB}{docs}max_depth = 3\n"));
    let said = service.reload(78).stderr;
    let words = "jobs.links.file: ";
    assert!(said.contains(words) && said.contains("the store's own"), "{said}");
    assert!(held());
    gate.open();
    service.until_state("docs", "done");
    service.end();
}
