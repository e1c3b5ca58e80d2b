//! `crawld run` and `crawld check`: every job of a configuration in one process.
#![cfg(test)]

mod common;

use std::fs;
use std::time::Duration;

use common::http::Reply;
use common::run::{Crawld, postgres_database};
use common::site::{Pages, Site};

const LONG: Duration = Duration::from_mins(1);

/// A site of so many pages, all linked by the first.
fn site(pages: usize) -> Pages {
    let paths: Vec<String> = (1..pages).map(|n| format!("/{n}")).collect();
    let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
    Pages::new().links("/", &paths).otherwise(|_| Reply::html("leaf"))
}

/// A folder with this configuration in `crawld.toml`.
fn with(text: &str) -> Crawld {
    let crawld = Crawld::new();
    fs::write(crawld.path().join("crawld.toml"), text).unwrap();
    crawld
}

fn crawl_job(name: &str, root: &str, more: &str) -> String {
    format!("[jobs.{name}]\nkind = \"crawl\"\nroots = [\"{root}\"]\nrobots = false\n{more}\n")
}

/// Requests in flight, all jobs together; a death costs at most twice as many.
const CONCURRENCY: usize = 4;

fn daemon() -> String {
    format!("[daemon]\nconcurrency = {CONCURRENCY}\n")
}

const RUN: [&str; 3] = ["run", "--config", "crawld.toml"];
const UNTIL_DONE: [&str; 4] = ["run", "--config", "crawld.toml", "--until-done"];

/// Pages of the job by state.
fn states(crawld: &Crawld, job: &str, state: &str) -> usize {
    let rows = crawld.export("pages", &["--job", job]);
    rows.iter().filter(|row| row["state"] == state).count()
}

#[test]
fn jobs_share_a_hosts_pace_and_end_together() {
    let site = site(6).open();
    let job = |name| crawl_job(name, &site.at("/"), "delay = \"100ms\"\nlatency_factor = 0");
    let crawld = with(&(job("one") + &job("two")));
    let run = crawld.expect(0, &UNTIL_DONE);
    for name in ["one", "two"] {
        assert_eq!(states(&crawld, name, "done"), 6, "{name}");
        assert!(run.stderr.contains(&format!("job={name} crawl begins")), "{}", run.stderr);
        assert!(run.stdout.contains(name), "a report each: {}", run.stdout);
    }
    let gaps = site.log();
    let gaps: Vec<_> = gaps.windows(2).map(|w| w[1].at_micros - w[0].at_micros).collect();
    assert_eq!(gaps.len(), 11);
    assert!(gaps.iter().all(|gap| *gap >= 80_000), "one pace for both: {gaps:?}");
    let again = crawld.expect(0, &UNTIL_DONE);
    assert_eq!(site.requests(), 12, "nothing is new: {}", again.stderr);
}

#[test]
fn without_until_done_it_stays_and_ends_in_order_with_0_on_sigterm_and_130_on_sigint() {
    for (signal, code) in [("TERM", 0), ("INT", 130)] {
        let site = site(3).open();
        let crawld = with(&crawl_job("docs", &site.at("/"), "delay = \"0ms\""));
        let mut running = crawld.spawn(&RUN);
        assert!(site.wait_for(3, LONG));
        assert!(!running.ended_within(Duration::from_millis(1500)), "all is done, and it stays");
        running.signal(signal);
        assert_eq!(running.finish().code, Some(code));
        assert_eq!(states(&crawld, "docs", "done"), 3);
    }
}

#[test]
fn one_bad_job_does_not_stop_the_others() {
    let site = site(3).open();
    let gone = Pages::new().open();
    let jobs = crawl_job("good", &site.at("/"), "delay = \"0ms\"")
        + &crawl_job("gone", &gone.at("/"), "delay = \"0ms\"")
        + &crawl_job("archive", &site.at("/"), "delay = \"0ms\"\nwarc = \"crawld.toml/no\"");
    let crawld = with(&jobs);
    let run = crawld.expect(1, &UNTIL_DONE);
    assert_eq!(states(&crawld, "good", "done"), 3);
    assert!(run.stderr.contains("job=gone not one page came of it"), "{}", run.stderr);
    assert!(run.stderr.contains("job=archive "), "{}", run.stderr);
}

#[test]
fn failures_over_the_limit_are_3() {
    let site = Pages::new().links("/", &["/a", "/b"]).open();
    let crawld = with(&crawl_job("docs", &site.at("/"), "delay = \"0ms\""));
    let limit = |limit| [&UNTIL_DONE[..], &["--fail-on", limit]].concat();
    crawld.expect(3, &limit("failures>1"));
    crawld.expect(0, &limit("failures>2"));
}

fn killed_in_the_middle(database: Option<&str>) {
    let sites: Vec<Site> = (0..3).map(|_| site(120).open()).collect();
    let jobs: String = (0..)
        .zip(&sites)
        .map(|(n, site)| {
            crawl_job(&format!("job{n}"), &site.at("/"), "delay = \"2ms\"\nlatency_factor = 0")
        })
        .collect();
    let url = database.map(|url| format!("[database]\nurl = \"{url}\"\n"));
    let crawld = with(&(url.unwrap_or_default() + &daemon() + &jobs));
    for round in 1..4 {
        let running = crawld.spawn(&RUN);
        assert!(sites[0].wait_for(round * 30, LONG));
        running.kill();
    }
    crawld.expect(0, &UNTIL_DONE);
    let database = database.map_or(vec![], |url| vec!["--database", url]);
    for n in 0..sites.len() {
        let job = format!("job{n}");
        let rows = crawld.export("pages", &[&["--job", job.as_str()][..], &database].concat());
        assert_eq!(rows.len(), 120);
        assert!(rows.iter().all(|row| row["state"] == "done"));
    }
    let twice = sites.iter().map(Site::requests).sum::<usize>() - 3 * 120;
    assert!(twice <= 3 * 2 * CONCURRENCY, "{twice} asked again after three deaths");
}

#[test]
fn killed_and_run_again_the_totals_are_exact_on_sqlite() {
    killed_in_the_middle(None);
}

#[test]
fn killed_and_run_again_the_totals_are_exact_on_postgres() {
    killed_in_the_middle(Some(&postgres_database("run_killed")));
}

#[test]
fn what_is_wrong_is_told_whole_and_nothing_runs() {
    let site = site(3).open();
    let text = crawl_job("docs", &site.at("/"), "delay = \"soon\"\nmax_pges = 3")
        + "[jobs.odd]\nkind = \"crawl\"\n";
    let crawld = with(&text);
    for command in [&UNTIL_DONE[..], &["check", "--config", "crawld.toml"]] {
        let run = crawld.expect(78, command);
        for fault in [
            "crawld.toml:5:1: jobs.docs.delay: 'soon' is no span of time",
            "crawld.toml:6:1: jobs.docs.max_pges: unknown key; is max_pages meant?",
            "crawld.toml:7:7: jobs.odd.roots: missing",
        ] {
            assert!(run.stderr.contains(fault), "{fault}: {}", run.stderr);
        }
    }
    assert_eq!(site.requests(), 0);
    with("[politeness]\n").expect(78, &UNTIL_DONE);
    with("").expect(2, &["run"]);
    with("").expect(2, &["check"]);
}

#[test]
fn effective_tells_what_is_meant_without_a_secret() {
    let text = r#"
[database]
url = "postgres://me:hunter2@db.example/crawl"
[http]
headers = { Authorization = "Bearer hunter2", X-Open = "seen" }
proxy = "http://me:hunter2@proxy.example:3128"
[politeness]
delay = "1500ms"
[hosts."a.example"]
username = "me"
password = "hunter2"
[jobs.docs]
kind = "crawl"
roots = ["https://me:hunter2@docs.example/"]
max_time = "90m"
"#;
    let crawld = with(text);
    let told = crawld.expect(0, &["check", "--config", "crawld.toml"]);
    assert!(told.stdout.contains("valid, 1 job: docs"), "{}", told.stdout);
    let told = crawld.expect(0, &["check", "--config", "crawld.toml", "--effective"]).stdout;
    assert!(!told.contains("hunter2"), "{told}");
    let values: toml::Table = told.parse().unwrap();
    let job = &values["jobs"]["docs"];
    assert_eq!(job["delay"].as_str(), Some("1s500ms"));
    assert_eq!(job["max_time"].as_str(), Some("1h30m"));
    assert_eq!(job["head_timeout"].as_str(), Some("30s"));
    assert_eq!(job["roots"][0].as_str(), Some("https://docs.example/"));
    assert_eq!(job["headers"]["X-Open"].as_str(), Some("seen"));
    assert_eq!(job["headers"]["Authorization"].as_str(), Some("***"));
    assert_eq!(values["database"]["url"].as_str(), Some("postgres://me:***@db.example/crawl"));
}

/// A site with linked pages, an endpoint that completes queries, and a listing of four pages.
fn site_with_endpoint() -> Site {
    let paths: Vec<String> = (1..80).map(|n| format!("/{n}")).collect();
    let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
    let answer = |request: &common::http::Request| match request.path.strip_prefix("/find?q=") {
        Some(query) => {
            let tips: Vec<String> = (0..3).map(|n| format!("{query}{n}")).collect();
            Reply::body("application/json", serde_json::to_vec(&tips).unwrap())
        }
        None => Reply::html("leaf"),
    };
    let mut pages = Pages::new().links("/", &paths).otherwise(answer);
    for n in 1..=4 {
        let next = format!("<a class=next href='/list{}'>next</a>", n + 1);
        let next = if n < 4 { next } else { String::new() };
        pages = pages.page(&format!("/list{n}"), &format!("<li><b>{n}a</b><li><b>{n}b</b>{next}"));
    }
    pages.open()
}

/// What a job of each kind has found on that site, after so many deaths.
fn all_kinds(site: &Site, deaths: usize) -> [String; 4] {
    let jobs = crawl_job("pages", &site.at("/"), "delay = \"1ms\"\nlatency_factor = 0")
        + &format!(
            "[jobs.tips]\nkind = \"suggest\"\nrequest = {{ url = \"{}\" }}\nalphabet = \"a-j\"\n\
             max_length = 2\nresults.tips = {{ path = \"$[*]\" }}\nrobots = false\n\
             delay = \"1ms\"\nlatency_factor = 0\n",
            site.at("/find?q={query}")
        )
        + &format!(
            "[jobs.list]\nkind = \"fetch\"\nurls = {:?}\nrobots = false\ndelay = \"1ms\"\n",
            (0..20).map(|n| site.at(&format!("/u{n}"))).collect::<Vec<_>>()
        )
        + &format!(
            "[jobs.items]\nkind = \"scrape\"\nstart = [\"{}\"]\nitem = \"li\"\n\
             fields.name = \"b\"\nnext = \"a.next\"\nrobots = false\ndelay = \"1ms\"\n",
            site.at("/list1")
        );
    let crawld = with(&(daemon() + &jobs));
    for death in 1..=deaths {
        let before = site.requests();
        let running = crawld.spawn(&RUN);
        assert!(site.wait_for(before + 30, LONG), "death {death}");
        running.kill();
    }
    crawld.expect(0, &UNTIL_DONE);
    let states = |job| {
        let rows = crawld.export("pages", &["--job", job, "--sorted"]);
        let states = rows.iter().map(|row| format!("{} {}", row["url"], row["state"]));
        states.collect::<Vec<_>>().join("\n")
    };
    let table =
        |what, job| crawld.expect(0, &["export", "--what", what, "--job", job, "--sorted"]).stdout;
    [states("pages"), table("suggestions", "tips"), states("list"), table("items", "items")]
}

#[test]
fn jobs_of_all_kinds_find_the_same_however_often_they_die() {
    let site = site_with_endpoint();
    let undisturbed = all_kinds(&site, 0);
    let once = 80 + 110 + 20 + 4;
    assert_eq!(site.requests(), once);
    // Each query of one or two of ten letters shows three tips; a page of the listing has two items.
    let lines = undisturbed.each_ref().map(|table| table.lines().count());
    assert_eq!(lines, [80, 1 + 3 * 110, 20, 1 + 4 * 2], "{}", undisturbed[3]);
    assert_eq!(all_kinds(&site, 4), undisturbed);
    let twice = site.requests() - 2 * once;
    assert!(twice <= 4 * 2 * CONCURRENCY, "{twice} asked again after four deaths");
}
