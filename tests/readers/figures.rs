//! Reports, states and retries.

use crawld::cli::{report, retry, status};
use crawld::domain::outcome::UrlState;
use crawld::domain::{JobId, Millis};
use crawld::store::Waiting;

use crate::world::{START, World, ask};

fn json(text: &str) -> serde_json::Value {
    serde_json::from_str(text).unwrap()
}

#[test]
fn the_report_adds_up() {
    let world = World::crawled(false);
    let (exit, text) = ask(report::run, &world.store, &["docs"]);
    assert_eq!(exit, 0);
    let expected = "\
docs: running, crawl, pass 1
  finished  4 = done 1 + redirected 1 + failed 1 + excluded 1
  queued    1
  known     5
  speed     1.5 pages/s: 3 pages in 2.0 s, 500 ms of it waiting
  peak      3 requests in flight at once
  read      1.2 KiB with 5 links, from 1 host
  time      connect 1.0 ms, head 2.0 ms, body 3.0 ms, extract 4.0 ms
  per page  connect 333 µs, head 666 µs, body 1.0 ms, extract 1.3 ms
  status    200: 1, 301: 1, 404: 1
  failed    http_404: 1
  excluded  robots: 1
  slowest   h.example  19 ms mean of 3 URLs
  failing   h.example  1 URL failed
";
    assert_eq!(text, expected);
    assert_eq!(ask(report::run, &world.store, &[]).1, expected);
    assert_eq!(ask(report::run, &world.store, &["nope"]).0, 2);
}

#[test]
fn a_report_read_by_number_gives_its_counts() {
    let world = World::crawled(false);
    let job = world.store.job_by_name("docs").unwrap().unwrap();
    let report = report::Report::read(&world.store, job.id).unwrap();
    assert_eq!((report.count(UrlState::Failed), report.finished(), report.known()), (1, 4, 5));
    assert!(report::Report::read(&world.store, JobId(999)).is_err());
    assert!(report::hints(&world.store, &report).unwrap().is_empty());
}

#[test]
fn reports_of_all_jobs_are_one_json_object_a_line() {
    let world = World::crawled(false);
    world.job("news", "{}");
    let (_, text) = ask(report::run, &world.store, &["--json"]);
    let jobs: Vec<_> = text.lines().map(|line| json(line)["job"].clone()).collect();
    assert_eq!(jobs, ["docs", "news"]);
    assert_eq!(ask(report::run, &World::empty().store, &["--json"]), (0, String::new()));
    assert_eq!(ask(report::run, &World::empty().store, &[]).0, 0);
}

#[test]
fn the_status_is_a_table_that_says_what_is_waited_for() {
    let world = World::crawled(false);
    let (exit, text) = ask(status::run, &world.store, &[]);
    assert_eq!(exit, 0);
    let expected = "\
JOB   STATE    PASS  FINISHED  FAILED  QUEUED  PAGES/S     ETA
docs  running     1         4       1       1      1.5  666 ms
docs: 1 host held by a crawl
";
    assert_eq!(text, expected);
    let status = json(&ask(status::run, &world.store, &["docs", "--json"]).1);
    assert_eq!((&status["urls"]["queued"], &status["state"]), (&1.into(), &"running".into()));
    assert_eq!(status["hosts"]["leased"], 1);
    assert_eq!(ask(status::run, &world.store, &["nope"]).0, 2);
}

fn waiting(world: &World, now: Millis) -> Waiting {
    let job = world.store.job_by_name("docs").unwrap().unwrap().id;
    world.store.waiting(job, now).unwrap()
}

#[test]
fn a_leased_host_counts_as_asked_while_its_node_lives() {
    let world = World::crawled(false);
    let leased = Waiting { leased: 1, ..Waiting::default() };
    assert_eq!(waiting(&world, START + 5000), leased);
    let dead = waiting(&world, START * 2);
    assert_eq!(dead, Waiting { ready: 1, ..Waiting::default() });
    assert_eq!(world.store.waiting(JobId(999), START).unwrap(), Waiting::default());
}

#[test]
fn a_free_host_says_what_it_waits_for() {
    let world = World::crawled(false);
    world.give_back(START + 60_000, 0);
    assert_eq!(waiting(&world, START), Waiting { pausing: 1, ..Waiting::default() });
    assert_eq!(waiting(&world, START + 60_000), Waiting { ready: 1, ..Waiting::default() });

    let world = World::crawled(false);
    world.give_back(START + 60_000, 2);
    assert_eq!(waiting(&world, START), Waiting { unreachable: 1, ..Waiting::default() });

    let mut world = World::crawled(false);
    let job = world.store.job_by_name("docs").unwrap().unwrap().id;
    world.put_off(job, START + 9000);
    world.give_back(0, 0);
    assert_eq!(waiting(&world, START), Waiting { later: 1, ..Waiting::default() });
}

#[test]
fn a_retry_says_how_many_and_how_to_go_on() {
    let world = World::crawled(false);
    let (exit, text) = ask(retry::run, &world.store, &["docs", "--status", "4xx,500-503"]);
    let expected = "1 URL of job 'docs' will be asked again.\n\
        Resume with the command that began it (crawld crawl ...).\n";
    assert_eq!((exit, text.as_str()), (0, expected));
    let (exit, text) = ask(retry::run, &world.store, &["docs"]);
    assert_eq!(exit, 0);
    assert!(text.starts_with("No failed URL"), "{text}");
    assert_eq!(ask(retry::run, &world.store, &["nope"]).0, 2);
}

#[test]
fn a_retry_takes_only_what_is_asked_for() {
    let world = World::crawled(false);
    for none in [["--status", "5xx"], ["--host", "x.example"], ["--reason", "dns"]] {
        let (_, text) = ask(retry::run, &world.store, &["docs", none[0], none[1]]);
        assert!(text.starts_with("No failed URL"), "{none:?}: {text}");
    }
    let all = ["docs", "--status", "404", "--host", "h.example", "--reason", "http_404"];
    assert!(ask(retry::run, &world.store, &all).1.starts_with("1 URL "));
}
