//! What `load` makes of files.

use std::collections::HashMap;
use std::fs;

use super::*;

mod daemon;
mod reload;
mod several;
mod wrong;

/// A folder with these files.
fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

/// What these files mean in these surroundings, or their faults without the folder that they lie in.
/// The first one is that which is named.
fn files(around: &Surroundings, files: &[(&str, &str)]) -> Result<Settings, Vec<String>> {
    let folder = folder(files);
    let path = folder.path().join(files[0].0);
    let before = format!("{}/", folder.path().display());
    load_in(around, Some(&path), &[])
        .map_err(|error| error.errors.iter().map(|fault| fault.replace(&before, "")).collect())
}

/// Surroundings without a variable.
fn nothing() -> Surroundings {
    Surroundings { variables: Some(HashMap::new()), ..Surroundings::default() }
}

/// What a file with this text means, or its faults without the folder that it lies in.
fn file(text: &str) -> Result<Settings, Vec<String>> {
    files(&nothing(), &[("crawld.toml", text)])
}

#[test]
fn a_job_stands_on_the_defaults_of_the_file_and_has_its_own() {
    let text = r#"
[http]
user_agent = "me/1"
headers = { Accept-Language = "en", X-Mine = "all" }
[politeness]
delay = "2s"
per_host = 3
[hosts."a.example"]
delay = "9s"
[jobs.news]
kind = "crawl"
roots = ["https://news.example/", "a.example"]
scope = "domain"
exclude = ["\\.pdf$"]
max_pages = 7
max_time = "1h"
links = "all"
per_host = 20
robots = false
headers = { x-mine = "job" }
total_timeout = "5s"
schedule = "24h"
[jobs."my docs"]
kind = "crawl"
roots = ["https://docs.example/"]
schedule = "0 4 * * mon"
"#;
    let settings = file(text).unwrap();
    let [news, docs] = &settings.jobs[..] else { panic!("{:?}", settings.jobs) };
    assert_eq!((news.name.as_str(), docs.name.as_str()), ("news", "my docs"), "as in the file");
    let spec = &news.spec;
    assert_eq!(spec.roots, ["https://news.example/", "a.example/"]);
    assert_eq!((spec.scope.as_str(), spec.max_pages), ("domain", Some(7)));
    assert_eq!((spec.delay_ms, spec.per_host, spec.robots), (2000, 20, false));
    assert_eq!((spec.total_timeout_ms, spec.max_time_ms), (5000, Some(3_600_000)));
    assert!(spec.all_links && spec.user_agent == "me/1");
    let headers: Vec<_> = spec.headers.iter().map(|(n, v)| format!("{n}={v}")).collect();
    assert_eq!(headers, ["Accept-Language=en", "x-mine=job"]);
    assert_eq!(spec.hosts["a.example"].delay_ms, Some(9000));
    assert_eq!(news.schedule, Some(Schedule::Every(86_400_000)));
    assert!(matches!(docs.schedule, Some(Schedule::Cron(_))));
    assert_eq!((docs.spec.per_host, docs.spec.headers[1].1.as_str()), (3, "all"));
    assert_eq!(settings.network.per_address, 20, "what a job may ask of a host");
}

#[test]
fn all_that_is_wrong_is_told_at_once_with_line_and_key() {
    let text = r#"[http]
max_body = "huge"
[politeness]
delai = "1s"
per_host = "many"

[jobs.docs]
kind = "crawl"
roots = ["https://docs.example/"]
scope = "galaxy"
max_pages = 0
links = "some"
exclude = "x"
threads = 4
delay = "soon"
schedule = "61 * * * *"
include = [1, [2]]

[jobs.none]
roots = ["https://docs.example/"]

[jobs.empty]
kind = "crawl"

[jobs.odd]
kind = "knit"

[jobs.regex]
kind = "crawl"
roots = ["https://docs.example/"]
include = ["("]

[hosts."http://a.example/"]
delay = "1s"

[jobs.root]
kind = "crawl"
roots = ["ftp://me:hunter2@docs.example/"]
"#;
    let faults = file(text).unwrap_err();
    let places = [
        ("crawld.toml:2:1: http.max_body: ", "10MiB"),
        ("crawld.toml:4:1: politeness.delai: ", "is delay meant?"),
        ("crawld.toml:5:1: politeness.per_host: ", "\"many\""),
        ("crawld.toml:10:1: jobs.docs.scope: ", "galaxy"),
        ("crawld.toml:11:1: jobs.docs.max_pages: ", "1 or more"),
        ("crawld.toml:12:1: jobs.docs.links: ", "'first' nor 'all'"),
        ("crawld.toml:13:1: jobs.docs.exclude: ", "a text is not a list; write it as"),
        ("crawld.toml:14:1: jobs.docs.threads: ", "unknown key"),
        ("crawld.toml:15:1: jobs.docs.delay: ", "250ms"),
        ("crawld.toml:16:1: jobs.docs.schedule: ", "minute"),
        ("crawld.toml:17:1: jobs.docs.include[1]: ", "a list is not a text"),
        ("crawld.toml:19:7: jobs.none.kind: ", "missing"),
        ("crawld.toml:22:7: jobs.empty.roots: ", "missing"),
        ("crawld.toml:26:1: jobs.odd.kind: ", "crawl"),
        ("crawld.toml:31:1: jobs.regex.include: ", "'(' is no regex"),
        ("crawld.toml:33:2: hosts: ", "http://a.example/"),
        ("crawld.toml:38:1: jobs.root.roots: ", "docs.example"),
    ];
    for (place, word) in places {
        let found = faults.iter().any(|fault| fault.starts_with(place) && fault.contains(word));
        assert!(found, "{place}{word}: {faults:#?}");
    }
    assert_eq!(faults.len(), places.len(), "{faults:#?}");
    assert!(!faults.concat().contains("hunter2"));
}

#[test]
fn a_login_in_a_root_is_kept_out_of_the_job() {
    let text = "[jobs.a]\nkind = \"crawl\"\nroots = [\"https://me:hunter2@a.example/\"]\n";
    let job = file(text).unwrap().jobs.remove(0);
    assert_eq!(job.spec.roots, ["https://a.example/"]);
    assert!(job.spec.secrets.origins.contains_key("https://a.example"));
    assert!(!serde_json::to_string(&job.spec).unwrap().contains("hunter2"));
}

#[test]
fn a_fault_that_came_with_an_option_is_not_blamed_on_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("crawld.toml");
    fs::write(&path, "[politeness]\ndelay = \"1s\"\n").unwrap();
    let wrong = Override { key: "politeness.delay", value: Value::Text("fast".to_owned()) };
    let error = load(Some(&path), &[wrong]).unwrap_err();
    assert!(error.errors[0].starts_with("politeness.delay: 'fast'"), "{error}");
}

fn given(key: &'static str, text: &str) -> Override {
    Override { key, value: Value::Text(text.to_owned()) }
}

#[test]
fn the_defaults_are_those_of_the_contract() {
    let settings = load(None, &[]).expect("defaults are valid");
    assert_eq!(settings.concurrency, 64);
    assert_eq!(settings.job, JobSpec::default());
    assert_eq!(settings.job.delay_ms, 500);
    assert_eq!(settings.known_cache, 128 << 20);
}

#[test]
fn the_command_line_overrides() {
    let settings = load(None, &[given("politeness.delay", "2s")]).expect("valid");
    assert_eq!(settings.job.delay_ms, 2_000);
}

#[test]
fn an_address_may_be_asked_as_much_as_a_host_unless_it_is_said_otherwise() {
    let number = |key, number| Override { key, value: Value::Number(number) };
    let places = |given: &[Override]| load(None, given).expect("valid").network.per_address;
    assert_eq!(places(&[]), 8);
    assert_eq!(places(&[number("politeness.per_host", 2)]), 8);
    let many = number("politeness.per_host", 64);
    assert_eq!(places(std::slice::from_ref(&many)), 64);
    assert_eq!(places(&[many, number("http.per_address", 8)]), 8);
}

#[test]
fn every_fault_is_named_at_once() {
    let faults = [given("politeness.delay", "fast"), given("http.max_body", "10 parsecs")];
    let error = load(None, &faults).expect_err("invalid");
    assert_eq!(error.errors.len(), 2, "{error}");
    assert!(error.errors[0].contains("http.max_body") || error.errors[1].contains("http.max_body"));
}

#[test]
fn a_file_with_an_unknown_key_is_refused_by_name() {
    let folder = tempfile::tempdir().expect("temp dir");
    let path = folder.path().join("crawld.toml");
    std::fs::write(&path, "[politeness]\ndelai = \"1s\"\n").expect("written");
    let error = load(Some(&path), &[]).expect_err("invalid");
    assert!(error.to_string().contains("delai"), "{error}");
    assert!(error.to_string().contains("crawld.toml"), "{error}");
}

#[test]
fn a_fault_of_syntax_is_one_line_and_shows_no_password() {
    let folder = tempfile::tempdir().expect("temp dir");
    let path = folder.path().join("crawld.toml");
    for password in ["hunter2", "\"hunter2", "|hunter2", "12hunter2", "[\"hunter2\""] {
        let text = format!("[hosts.a]\nusername = \"u\"\npassword = {password}\n");
        std::fs::write(&path, text).expect("written");
        let error = load(Some(&path), &[]).expect_err("invalid").to_string();
        assert!(!error.contains("unter2") && !error.contains('\n'), "{error}");
        assert!(error.contains("crawld.toml:3:"), "{error}");
    }
}

#[test]
fn a_section_for_what_is_no_host_or_for_no_request_is_refused() {
    let folder = tempfile::tempdir().expect("temp dir");
    let path = folder.path().join("crawld.toml");
    for (text, word) in [
        ("[hosts.\"http://a.test/\"]\ndelay = \"1s\"\n", "example.org:8443"),
        ("[hosts.\"a b\"]\nusername = \"u\"\n", "example.org:8443"),
        ("[hosts.\"a.test\"]\nper_host = 0\n", "hosts.a.test.per_host"),
        ("[http]\nheaders = { X = [1] }\n", "http.headers.X: a list is not a text"),
    ] {
        std::fs::write(&path, text).expect("written");
        let error = load(Some(&path), &[]).expect_err(text).to_string();
        assert!(error.contains(word), "{error}");
    }
}

#[test]
fn a_job_that_scrapes_is_read_with_its_fields_in_order() {
    let text = r#"
[jobs.flats]
kind = "scrape"
start = ["https://flats.example/list"]
item = "div.offer"
locale = "sr"
fields.title = "h2"
fields.url = "a@href"
fields.price = { css = ".price", parse = "number", required = true }
fields.seller = { css = ".seller", fields = { name = "b", phone = "i" } }
page_url = "{start}?page={page}"
first_page = 0
key = ["url"]
pause = ["500ms", "1s"]
max_pages = 5
[jobs.api]
kind = "scrape"
source = "json"
item = "$.offers[*]"
fields.title = "$.title"
page_url = "https://api.example/?from={offset}"
offset_step = 20
"#;
    let settings = file(text).unwrap();
    let spec = &settings.jobs[0].spec;
    let scrape = spec.scrape.as_ref().unwrap();
    let names: Vec<&str> = scrape.items.fields.iter().map(|field| field.name.as_str()).collect();
    assert_eq!(names, ["title", "url", "price", "seller"]);
    assert!(scrape.items.fields[2].required);
    assert_eq!(scrape.items.fields[3].fields[1].css.as_deref(), Some("i"));
    assert_eq!((scrape.pause_ms, spec.max_pages), (Some((500, 1000)), Some(5)));
    assert_eq!(scrape.page_url.as_ref().unwrap().first_page, 0);
    let api = settings.jobs[1].spec.scrape.as_ref().unwrap();
    assert_eq!(api.items.fields[0].path.as_deref(), Some("$.title"));
    assert_eq!(api.page_url.as_ref().unwrap().offset_step, Some(20));
}

#[test]
fn all_that_is_wrong_with_a_job_that_scrapes_is_told_at_once_by_key() {
    let text = r#"
[jobs.flats]
kind = "scrape"
item = "div["
fields.title = { css = "h2", parsed = "text" }
fields.price = { css = ".price", parse = "money" }
next = "a.next"
page_url = "https://flats.example/list"
pause = ["1s"]
[jobs.pages]
kind = "scrape"
start = ["flats.example"]
item = "li"
key = ["nothing"]
fields.price = { css = ".price >", parse = "money" }
next = "a.next"
page_url = "{start}?page={page}"
detail = "where"
roots = []
"#;
    let faults = file(text).unwrap_err();
    let told = |start: &str| {
        assert!(faults.iter().any(|fault| fault.contains(start)), "{start}: {faults:#?}");
    };
    told("jobs.flats.pause: give the shortest and the longest");
    told("parsed");
    told("jobs.flats.item: ");
    told("jobs.flats.page_url: ");
    told("jobs.pages.fields.price.css: ");
    told("jobs.pages.fields.price.parse: ");
    told("jobs.pages.key: ");
    told("jobs.pages.detail: ");
    told("jobs.pages.next: ");
    told("jobs.pages.roots: is for kind = \"crawl\"");
}

#[test]
fn a_list_is_asked_as_it_stands_and_is_told_what_is_wrong_with_it() {
    let read = |text: &str| file(&format!("[jobs.l]\nkind = \"fetch\"\n{text}\n"));
    let text = "file = \"a.txt\"\nurls = [\"http://a.example/\"]\ncheck = true";
    let job = read(text).unwrap().jobs.remove(0).spec;
    let list = job.fetch.unwrap();
    assert!(list.files[0].starts_with('/') && list.files[0].ends_with("/a.txt"), "{list:?}");
    assert!(list.check && job.all_links && job.scope == "any");
    for (text, key) in [
        ("", "jobs.l.file"),
        ("urls = [\"oops\"]", "jobs.l.urls"),
        ("urls = [\"http://a.example/\"]\ncolumn = \"0\"", "jobs.l.column"),
        ("file = \"a\"\nscope = \"host\"", "jobs.l.scope"),
        ("file = \"a\"\ncheck = true\nlinks = \"first\"", "jobs.l.check"),
        ("sitemap = [\"ftp://a.example/\"]", "jobs.l.sitemap"),
    ] {
        let error = read(text).unwrap_err().join("\n");
        assert!(error.contains(key), "{text}: {error}");
    }
}
