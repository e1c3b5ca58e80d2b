//! What a reload changes.

use super::*;

/// A configuration with something of everything.
const ALL: &str = r#"
[daemon]
concurrency = 32
log = "info"
[database]
url = "postgres://me:hunter2@db.example/crawl"
[control]
socket = "/tmp/x.sock"
[http]
headers = { Accept-Language = "en", Authorization = "hunter2" }
proxy = "http://me:hunter2@proxy.example:3128"
no_proxy = [".example.org"]
dns_servers = ["9.9.9.9"]
limit_rate = "100KiB"
[politeness]
delay = "1500ms"
robots_agent = "me"
[hosts."a.example"]
delay = "9s"
username = "me"
password = "hunter2"
[hosts."b.example:8080"]
token = "hunter2"
insecure = true
proxy = ""
[jobs.docs]
kind = "crawl"
roots = ["https://me:hunter2@docs.example/", "b.example"]
include = ["\\.html$"]
max_pages = 7
max_time = "90m"
schedule = "*/5 4 * * mon-fri"
insecure = ["c.example"]
[jobs."two words"]
kind = "fetch"
urls = ["https://a.example/1"]
check = true
schedule = "24h"
[jobs.tips]
kind = "suggest"
request = { method = "post", url = "https://shop.example/?api_key=hunter2", form = { q = "{query}", A = "1", password = "hunter2" }, headers = { X-B = "1", X-A = "2" } }
strategy = "adaptive"
budget = 100
results.query = { path = "$.query[*]", trim = true }
results.pages = { css = "li.page", html = "$.list", text = "b", fields = { url = "a@href", price = { css = "i", trim = true } } }
[jobs.flats]
kind = "scrape"
start = ["https://flats.example/list"]
item = "div.offer"
fields.title = "h2"
fields.again = { css = "i", parse = "number", list = true, default = [1, 2.5] }
fields.seller = { css = ".seller", fields = { name = "b", call = "i" } }
page_url = "{start}?page={page}"
first_page = 0
key = ["title"]
pause = ["500ms", "1s"]
"#;

/// What becomes of `ALL` with one text in it replaced.
fn replaced(from: &str, to: &str) -> Diff {
    assert!(ALL.contains(from), "{from}");
    diff(&file(ALL).unwrap(), &file(&ALL.replace(from, to)).unwrap())
}

fn told(changes: &[Change]) -> Vec<String> {
    changes.iter().map(ToString::to_string).collect()
}

#[test]
fn what_is_meant_is_itself_a_configuration_that_means_the_same() {
    let settings = file(ALL).unwrap();
    let text = effective::text(&settings);
    assert!(!text.contains("hunter2"), "{text}");
    let again = file(&text.replace("***", "hunter2")).unwrap_or_else(|e| panic!("{e:#?}\n{text}"));
    assert_eq!(effective::text(&again), text);
    let spec = |settings: &Settings| -> Vec<JobSpec> {
        let mut specs: Vec<_> = settings.jobs.iter().map(|job| job.spec.clone()).collect();
        for spec in &mut specs {
            // The logins of roots are not shown.
            spec.secrets.origins.clear();
            // What a daemon takes where nothing is said.
            spec.host_persistence_ms.get_or_insert(PERSISTENCE_MS);
        }
        specs
    };
    assert_eq!(spec(&again), spec(&settings), "{text}");
    let schedules = |settings: &Settings| {
        settings.jobs.iter().map(|job| job.schedule.clone()).collect::<Vec<_>>()
    };
    assert_eq!(schedules(&again), schedules(&settings));
    assert_eq!((again.network, again.control), (settings.network, settings.control));
}

#[test]
fn every_value_that_holds_for_a_daemon_is_shown_and_a_query_as_it_is_written() {
    let text = "[control]\nsocket = \"/tmp/x\"\n[jobs.s]\nkind = \"suggest\"\nresults.a = { path = \"$[*]\" }\n\
                request = { url = \"https://a.test/ü/{query}?q={query}&token=hunter2&n=a+b%20c\" }\n";
    let shown = effective::text(&file(text).unwrap());
    for line in [
        "grace = \"20s\"",
        "log = \"crawld=info\"",
        "host_persistence = \"1day\"",
        "https://a.test/ü/{query}?q={query}&token=***&n=a+b%20c",
    ] {
        assert!(shown.contains(line), "{line}\n{shown}");
    }
    // To say what holds anyway changes nothing.
    let said = "[daemon]\ngrace = \"20s\"\nlog = \"crawld=info\"\n";
    assert!(diff(&file(text).unwrap(), &file(&format!("{said}{text}")).unwrap()).is_empty());
}

#[test]
fn a_host_that_comes_is_told_by_what_is_different_for_it() {
    let with = |more: &str| format!("{ALL}\n[hosts.\"new.example\"]\n{more}");
    let told_of = |more| told(&diff(&file(ALL).unwrap(), &file(&with(more)).unwrap()).live);
    assert_eq!(told_of("delay = \"9s\"\n"), ["hosts.new.example.delay - -> \"9s\""]);
    assert_eq!(told_of("insecure = true\n"), ["hosts.new.example.insecure - -> true"]);
}

#[test]
fn nothing_differs_where_nothing_changed() {
    let settings = file(ALL).unwrap();
    assert!(diff(&settings, &file(&format!("# a remark\n{ALL}")).unwrap()).is_empty());
    assert!(diff::diff_text(&effective::text(&settings), &settings).unwrap().is_empty());
}

#[test]
fn what_needs_a_restart_is_told_apart_with_old_and_new_value() {
    for (from, to, said) in [
        ("concurrency = 32", "threads = 3\nconcurrency = 32", "daemon.threads 0 -> 3"),
        (
            "db.example/crawl",
            "db.example/other",
            "database.url \"postgres://me:***@db.example/crawl\" -> \
             \"postgres://me:***@db.example/other\"",
        ),
        ("hunter2@db.example", "hunter3@db.example", "database.url (what it hides)"),
        ("/tmp/x.sock", "/tmp/y.sock", "control.socket \"/tmp/x.sock\" -> \"/tmp/y.sock\""),
    ] {
        let diff = replaced(from, to);
        assert_eq!(told(&diff.restart), [said]);
        assert!(diff.live.is_empty() && diff.jobs == diff::JobsDiff::default(), "{diff:?}");
    }
}

#[test]
fn a_live_key_is_told_and_every_job_that_has_it() {
    let diff = replaced("delay = \"1500ms\"", "delay = \"2s\"");
    assert_eq!(told(&diff.live), ["politeness.delay \"1s500ms\" -> \"2s\""]);
    assert!(diff.restart.is_empty());
    let names: Vec<&str> = diff.jobs.changed.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["docs", "two words", "tips", "flats"]);
    assert_eq!(told(&diff.jobs.changed[1].1), ["jobs.two words.delay \"1s500ms\" -> \"2s\""]);
    let diff = replaced("delay = \"9s\"", "delay = \"8s\"");
    assert_eq!(told(&diff.live), ["hosts.a.example.delay \"9s\" -> \"8s\""]);
    assert_eq!(diff.jobs.changed.len(), 4, "a host's rules are every job's");
    let diff = replaced("limit_rate = \"100KiB\"\n", "");
    assert_eq!(told(&diff.live), ["http.limit_rate \"100KiB\" -> \"0\""]);
    assert!(diff.jobs.changed.is_empty());
}

#[test]
fn a_new_secret_is_a_change_that_shows_nothing() {
    for (from, key) in [
        ("hunter2", "http.headers"),
        ("hunter2@proxy", "http.proxy"),
        ("password = \"hunter2", "hosts.a.example.password"),
        ("token = \"hunter2", "hosts.b.example:8080.token"),
        ("hunter2@docs", "jobs.docs.roots"),
    ] {
        let diff = replaced(from, &from.replace("hunter2", "hunter3"));
        let mut all = diff.live.clone();
        all.extend(diff.jobs.changed.iter().flat_map(|(_, changes)| changes.clone()));
        assert!(all.iter().any(|change| change.key == key), "{key}: {all:?}");
        assert!(!format!("{diff:?}").contains("hunter"), "{diff:?}");
    }
}

#[test]
fn jobs_come_go_and_change() {
    let diff = replaced("[jobs.docs]", "[jobs.papers]");
    assert_eq!((diff.jobs.added, diff.jobs.removed), (vec!["papers".into()], vec!["docs".into()]));
    assert!(diff.jobs.changed.is_empty() && diff.live.is_empty());
    for (from, to, said) in [
        ("max_pages = 7", "max_pages = 8", "jobs.docs.max_pages 7 -> 8"),
        ("max_pages = 7\n", "", "jobs.docs.max_pages 7 -> -"),
        ("max_pages = 7", "max_pages = 7\npriority = 20", "jobs.docs.priority 10 -> 20"),
        ("24h", "25h", "jobs.two words.schedule \"1day\" -> \"1day1h\""),
        (
            "[\"500ms\", \"1s\"]",
            "[\"1s\", \"1s\"]",
            "jobs.flats.pause [\"500ms\", \"1s\"] -> [\"1s\", \"1s\"]",
        ),
    ] {
        let diff = replaced(from, to);
        let [(_, changes)] = &diff.jobs.changed[..] else { panic!("{diff:?}") };
        assert_eq!(told(changes), [said]);
        assert!(diff.live.is_empty() && diff.restart.is_empty());
    }
    // The order of fields is that of columns.
    let (title, again) = ("fields.title = \"h2\"\n", "fields.again = { css = \"i\"");
    let moved = ALL.replace(title, "").replace("fields.seller", &format!("{title}fields.seller"));
    assert!(moved.contains(again) && moved != ALL);
    let jobs = diff::diff(&file(ALL).unwrap(), &file(&moved).unwrap()).jobs;
    assert_eq!(jobs.changed.len(), 1, "{jobs:?}");
    assert_eq!(jobs.changed[0].1[0].key, "jobs.flats.fields");
}

#[test]
fn a_file_that_is_named_counts_by_what_it_holds() {
    let one =
        |name: &str| rcgen::generate_simple_self_signed([name.to_owned()]).unwrap().cert.pem();
    let folder = folder(&[("ca.pem", &one("one"))]);
    let path = folder.path().join("ca.pem");
    let text = format!("[control]\nsocket = \"x\"\n[http]\nca_file = {path:?}\n");
    let before = file(&text).unwrap();
    assert!(diff(&before, &file(&text).unwrap()).is_empty());
    fs::write(&path, one("two")).unwrap();
    let changed = diff(&before, &file(&text).unwrap());
    assert_eq!(told(&changed.live), ["http.ca_file (what it hides)"]);
}

#[test]
fn a_text_of_the_running_daemon_is_compared_as_far_as_it_shows() {
    let running = effective::text(&file(ALL).unwrap());
    let changed = ALL.replace("max_pages = 7", "max_pages = 8").replace("/tmp/x.sock", "/tmp/y");
    let diff = diff::diff_text(&running, &file(&changed).unwrap()).unwrap();
    assert_eq!(told(&diff.restart), ["control.socket \"/tmp/x.sock\" -> \"/tmp/y\""]);
    assert_eq!(told(&diff.jobs.changed[0].1), ["jobs.docs.max_pages 7 -> 8"]);
    assert_eq!((diff.jobs.changed.len(), diff.live.len()), (1, 0));
    assert!(diff::diff_text("no = = toml", &file(ALL).unwrap()).is_err());
}
