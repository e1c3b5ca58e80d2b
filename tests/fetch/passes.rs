//! Later passes: what the list holds now is asked, and what its pages link to now.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, SqliteConnection};

use crate::common::http::Reply;
use crate::common::run::{Crawld, Record, postgres_database};
use crate::common::site::{Pages, Site};
use crate::ground::{FAST, again, fetch, pages, pairs, states};

const LONG: Duration = Duration::from_mins(1);

/// How often each path has been asked since the last call.
#[derive(Default)]
struct Counted(BTreeMap<String, usize>);

impl Counted {
    fn since(&mut self, site: &Site) -> Vec<(String, usize)> {
        let mut now: BTreeMap<String, usize> = BTreeMap::new();
        for path in site.paths() {
            *now.entry(path).or_default() += 1;
        }
        let before = std::mem::replace(&mut self.0, now);
        let more = self.0.iter().map(|(path, count)| {
            (path.clone(), count - before.get(path).copied().unwrap_or_default())
        });
        more.filter(|(_, count)| *count > 0).collect()
    }
}

/// A site whose page `/page` holds the links of the edition that is out.
fn edited(editions: &'static [&'static [&'static str]]) -> (Pages, Arc<AtomicUsize>) {
    let edition = Arc::new(AtomicUsize::new(0));
    let out = Arc::clone(&edition);
    let pages = Pages::new()
        .route("/page", move |_| {
            Reply::links(editions[out.load(Ordering::SeqCst)]).header("ETag", "\"same\"")
        })
        .page("/fine", "fine");
    (pages, edition)
}

fn paths(counted: &[(String, usize)]) -> Vec<&str> {
    counted.iter().map(|(path, _)| path.as_str()).collect()
}

fn a_mended_link_is_no_longer_asked(database: &str) {
    let (pages, edition) = edited(&[&["/dead", "/fine"], &["/fine"], &["/dead", "/fine"]]);
    let (site, crawld, mut counted) = (pages.open(), Crawld::new(), Counted::default());
    crawld.write("urls.txt", site.at("/page"));
    let run = |code, more: &[&str]| {
        let options = ["--check", "--fail-on", "failures>0", "--database", database];
        again(&crawld, code, &[&options[..], more].concat()).stdout
    };
    let broken = || crawld.export("broken", &["--database", database]).len();
    let failures = || crawld.export("failures", &["--database", database]).len();
    let told = format!("http_404 {} on {}\n", site.at("/dead"), site.at("/page"));
    let report = run(3, &[]);
    assert!(report.contains(&told), "{report}");
    assert_eq!((broken(), failures()), (1, 1));
    counted.since(&site);
    edition.store(1, Ordering::SeqCst);
    for _ in 0..2 {
        let report = run(0, &["--again"]);
        assert_eq!(paths(&counted.since(&site)), ["/fine", "/page"]);
        assert!(report.contains("no broken links"), "{report}");
        assert!(report.contains("finished  2 = done 2"), "{report}");
        assert_eq!((broken(), failures()), (0, 0));
    }
    // What nobody counts is not tried again either.
    let retried = crawld.expect(0, &["retry", "fetch-urls", "--database", database]);
    assert!(retried.stdout.contains("nothing was changed"), "{}", retried.stdout);
    edition.store(2, Ordering::SeqCst);
    let report = run(3, &["--again"]);
    assert_eq!(paths(&counted.since(&site)), ["/dead", "/fine", "/page"]);
    assert!(report.contains(&told), "{report}");
}

#[test]
fn a_mended_link_is_no_longer_asked_nor_told_on_sqlite() {
    a_mended_link_is_no_longer_asked("sqlite://crawld.db");
}

#[test]
fn a_mended_link_is_no_longer_asked_nor_told_on_postgresql() {
    a_mended_link_is_no_longer_asked(&postgres_database("mended_link"));
}

#[test]
fn a_line_that_is_gone_is_neither_asked_nor_counted_and_keeps_its_result() {
    let site =
        Pages::new().links("/a", &["/x"]).redirect("/b", 301, "/c").links("/c", &["/y"]).open();
    let (crawld, mut counted) = (Crawld::new(), Counted::default());
    let list = |paths: &[&str]| paths.iter().map(|path| site.at(path) + "\n").collect::<String>();
    fetch(&crawld, 0, list(&["/a", "/b", "/gone"]), &[]);
    counted.since(&site);
    let said = fetch(&crawld, 0, list(&["/a"]), &["--again", "--fail-on", "failures>0"]);
    assert_eq!(paths(&counted.since(&site)), ["/a"]);
    assert!(said.stdout.contains("known     1"), "{}", said.stdout);
    assert_eq!(pairs(&crawld), [(site.at("/a"), site.at("/x"))]);
    assert!(crawld.export("failures", &[]).is_empty());
    let kept = states(&crawld);
    assert_eq!(kept[&site.at("/c")], "done");
    assert_eq!(kept[&site.at("/gone")], "failed http_404");
    let why = crawld.expect(0, &["explain", &site.at("/c")]).stdout;
    assert!(why.contains("not in this pass"), "{why}");
    // A line that is back is new to this pass.
    fetch(&crawld, 0, list(&["/a", "/b"]), &[]);
    assert_eq!(paths(&counted.since(&site)), ["/b", "/c"]);
    assert_eq!(pairs(&crawld).len(), 2);
}

#[test]
fn a_url_of_the_list_that_is_only_linked_now_is_only_checked() {
    let site = Pages::new().links("/a", &["/b"]).links("/b", &["/z"]).page("/z", "z").open();
    let (crawld, mut counted) = (Crawld::new(), Counted::default());
    fetch(&crawld, 0, format!("{}\n{}\n", site.at("/a"), site.at("/b")), &["--check"]);
    assert_eq!(paths(&counted.since(&site)), ["/a", "/b", "/z"]);
    fetch(&crawld, 0, site.at("/a"), &["--check", "--again"]);
    assert_eq!(paths(&counted.since(&site)), ["/a", "/b"]);
    assert_eq!(site.log().last().unwrap().method, "HEAD");
    assert_eq!(pages(&crawld)[&site.at("/b")]["referrer"], site.at("/a"));
}

#[test]
fn what_a_limit_left_in_the_queue_is_not_asked_in_a_pass_that_does_not_find_it() {
    let site = Pages::new().otherwise(|_| Reply::html("leaf")).open();
    let (crawld, mut counted) = (Crawld::new(), Counted::default());
    let list = |numbers: std::ops::Range<usize>| {
        numbers.map(|n| site.at(&format!("/{n}")) + "\n").collect::<String>()
    };
    fetch(&crawld, 0, list(0..9), &["--max-pages", "3"]);
    assert_eq!(counted.since(&site).len(), 3);
    let said = fetch(&crawld, 0, list(7..10), &["--again"]);
    assert_eq!(paths(&counted.since(&site)), ["/7", "/8", "/9"]);
    assert!(said.stdout.contains("queued    0"), "{}", said.stdout);
    let states = states(&crawld);
    assert_eq!(states.values().filter(|state| *state == "excluded scope").count(), 4);
    assert_eq!(states.len(), 10);
    // Other rules bring back nothing that this pass was not given.
    let said = again(&crawld, 0, &["--exclude", "/nothing"]).stdout;
    assert_eq!(counted.since(&site), [], "{said}");
}

fn what_a_cut_pass_did_not_ask_keeps_its_result(database: &str) {
    let site = Pages::new().otherwise(|_| Reply::html("leaf")).redirect("/moved", 301, "/0").open();
    let (crawld, mut counted) = (Crawld::new(), Counted::default());
    let list = |paths: &[&str]| paths.iter().map(|path| site.at(path) + "\n").collect::<String>();
    let run = |text: String, more: &[&str]| {
        fetch(&crawld, 0, text, &[&["--database", database], more].concat());
    };
    let results = || {
        let rows = crawld.export("pages", &["--database", database]);
        let result = |row: &Record| (row["url"].clone(), row["state"].clone() + &row["reason"]);
        rows.iter().map(result).collect::<BTreeMap<_, _>>()
    };
    let all = ["/0", "/1", "/moved", "/2"];
    run(list(&all), &[]);
    let first = results();
    assert_eq!(first[&site.at("/moved")], "redirected");
    run(list(&all), &["--again", "--max-pages", "1"]);
    counted.since(&site);
    run(list(&["/0"]), &["--again"]);
    assert_eq!(paths(&counted.since(&site)), ["/0"]);
    assert_eq!(results(), first);
}

#[test]
fn what_a_cut_pass_did_not_ask_keeps_its_result_on_sqlite() {
    what_a_cut_pass_did_not_ask_keeps_its_result("sqlite://crawld.db");
}

#[test]
fn what_a_cut_pass_did_not_ask_keeps_its_result_on_postgresql() {
    what_a_cut_pass_did_not_ask_keeps_its_result(&postgres_database("cut_pass"));
}

#[test]
fn a_pass_whose_beginning_was_cut_short_begins_with_the_next_run() {
    let site = Pages::new().otherwise(|_| Reply::html("leaf")).open();
    let (crawld, mut counted) = (Crawld::new(), Counted::default());
    let list = |numbers: std::ops::Range<usize>| {
        numbers.map(|n| site.at(&format!("/{n}")) + "\n").collect::<String>()
    };
    fetch(&crawld, 0, list(0..6), &["--max-pages", "2"]);
    // What a kill leaves between two steps: some of the queue is set aside, the pass not begun.
    let mut store =
        SqliteConnection::establish(crawld.path().join("crawld.db").to_str().unwrap()).unwrap();
    store
        .batch_execute(
            "UPDATE job SET cursor = 'leaving'; UPDATE urls SET state = 4, due_at = NULL, \
             reason = 'scope' WHERE id IN (SELECT id FROM urls WHERE due_at IS NOT NULL LIMIT 2)",
        )
        .unwrap();
    drop(store);
    counted.since(&site);
    let said = fetch(&crawld, 0, list(0..6), &["--max-pages", "100"]);
    assert!(said.stderr.contains("pass 2 begins"), "{}", said.stderr);
    assert_eq!(counted.since(&site).len(), 6);
    let states = states(&crawld);
    assert!(states.len() == 6 && states.values().all(|state| state == "done"), "{states:?}");
}

#[test]
fn the_entries_of_a_sitemap_are_those_that_it_has_now() {
    let edition = Arc::new(AtomicUsize::new(0));
    let out = Arc::clone(&edition);
    let site = Pages::new()
        .route("/map.xml", move |request| {
            let host = request.header("host").unwrap().to_owned();
            let paths: &[&str] = [&["/1", "/2"][..], &["/2"]][out.load(Ordering::SeqCst)];
            let entry = |path| format!("<url><loc>http://{host}{path}</loc></url>");
            let entries: String = paths.iter().map(entry).collect();
            Reply::body("application/xml", format!("<urlset>{entries}</urlset>"))
        })
        .otherwise(|_| Reply::html("leaf"))
        .open();
    let (crawld, mut counted) = (Crawld::new(), Counted::default());
    let map = site.at("/map.xml");
    let arguments = [&["fetch", "--sitemap", &map, "--job", "map"], &FAST[..]].concat();
    crawld.expect(0, &arguments);
    assert_eq!(paths(&counted.since(&site)), ["/1", "/2", "/map.xml"]);
    edition.store(1, Ordering::SeqCst);
    crawld.expect(0, &[&arguments[..], &["--again"]].concat());
    assert_eq!(paths(&counted.since(&site)), ["/2", "/map.xml"]);
}

fn a_kill_in_a_later_pass_brings_nothing_back(database: &str) {
    const LINKS: usize = 600;
    let edition = Arc::new(AtomicUsize::new(0));
    let out = Arc::clone(&edition);
    let site = Pages::new()
        .route("/page", move |_| {
            let first = out.load(Ordering::SeqCst) * LINKS / 2;
            let links: Vec<String> = (first..first + LINKS).map(|n| format!("/{n}")).collect();
            Reply::links(&links.iter().map(String::as_str).collect::<Vec<_>>())
        })
        .otherwise(|_| Reply::html("leaf"))
        .open();
    let (crawld, mut counted) = (Crawld::new(), Counted::default());
    crawld.write("urls.txt", site.at("/page"));
    let options = ["--check", "--quiet", "--concurrency", "4", "--database", database];
    let arguments = [&["fetch", "urls.txt"], &FAST[..], &options].concat();
    crawld.expect(0, &arguments);
    counted.since(&site);
    edition.store(1, Ordering::SeqCst);
    let mut later = arguments.clone();
    later.push("--again");
    for more in [50, 200] {
        let running = crawld.spawn(&later);
        assert!(site.wait_for(site.requests() + more, LONG));
        running.kill();
        site.wait_until_alone();
        later.clone_from(&arguments);
    }
    crawld.expect(0, &arguments);
    let asked = counted.since(&site);
    let expected: Vec<String> = (LINKS / 2..LINKS / 2 + LINKS).map(|n| format!("/{n}")).collect();
    let mut expected: Vec<&str> = expected.iter().map(String::as_str).collect();
    expected.push("/page");
    expected.sort_unstable();
    assert_eq!(paths(&asked), expected, "those that the page links to now, all of them");
    let repeated: usize = asked.iter().map(|(_, count)| count - 1).sum();
    assert!(repeated <= 2 * 2 * 4, "{repeated} asked again");
    let report = crawld.expect(0, &["report", "--database", database]).stdout;
    assert!(report.contains(&format!("finished  {} = done {0} +", LINKS + 1)), "{report}");
}

#[test]
fn a_kill_in_a_later_pass_brings_nothing_back_on_sqlite() {
    a_kill_in_a_later_pass_brings_nothing_back("sqlite://crawld.db");
}

#[test]
fn a_kill_in_a_later_pass_brings_nothing_back_on_postgresql() {
    a_kill_in_a_later_pass_brings_nothing_back(&postgres_database("fetch_later"));
}
