//! `config/crawld.toml` names every key with its default.
#![cfg(test)]

use std::path::{Path, PathBuf};

use crawld::config::{effective, load};
use crawld::domain::JobId;
use crawld::domain::harvest::{RequestSpec, ResultSpec};
use crawld::domain::job::{Job, JobSpec, SuggestSpec};

/// Keys whose value in the file is an example, not the default.
const EXAMPLES: [&str; 11] = [
    "user_agent",
    "headers",
    "ca_file",
    "proxy",
    "no_proxy",
    "robots_agent",
    "warc",
    "listen",
    "token_file",
    "url_file",
    "password_file",
];
/// Keys of a job without a default, and what a job cannot be without.
const OF_JOBS: [&str; 8] = [
    "max_depth",
    "max_pages",
    "max_pages_per_host",
    "max_hosts",
    "max_bytes",
    "max_per_template",
    "max_time",
    "budget",
];
/// Keys that are `None` by default and stand for what the file says.
const IMPLIED: [&str; 5] = ["grace", "log", "url", "socket", "host_persistence"];

/// What is good as a file of either.
fn secret_and_certificate() -> String {
    let certified = rcgen::generate_simple_self_signed(["a.example".to_owned()]).unwrap();
    format!("secret\n{}", certified.cert.pem())
}

#[test]
fn the_commented_file_is_valid_and_holds_the_defaults() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/crawld.toml");
    let text = std::fs::read_to_string(path).unwrap();
    let key = |line: &str| line.trim_start_matches("# ").split(' ').next().unwrap_or("").to_owned();
    let without = |names: &[&str]| -> String {
        let lines = text.lines().filter(|line| !names.contains(&key(line).as_str()));
        lines.map(uncommented).collect::<Vec<_>>().join("\n")
    };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("crawld.toml");
    let secret = folder.path().join("secret");
    std::fs::write(&secret, secret_and_certificate()).unwrap();
    let all = without(&["url_file"])
        .replace("\"PATH\"", &format!("{secret:?}"))
        .replace("\"ca.pem\"", &format!("{secret:?}"));
    let all = all.replace("sqlite://crawld.db", "postgres://me@db.example/crawl");
    std::fs::write(&file, all).unwrap();
    load(Some(&file), &[]).expect("every key is known");
    // A host of its own is an example from its heading on.
    let defaults = without(&[&EXAMPLES[..], &IMPLIED[..]].concat());
    let defaults = defaults.split("[hosts.").next().unwrap();
    std::fs::write(&file, defaults).unwrap();
    let socket = PathBuf::from("/run/crawld/control.sock");
    let mut meant = load(Some(&file), &[]).unwrap();
    meant.control.socket = Some(socket);
    assert_eq!(meant, load(None, &[]).unwrap());
    let jobs = without(&[&OF_JOBS[..], &["schedule"]].concat());
    let (_, jobs) = jobs.split_once("[jobs.docs]").unwrap();
    std::fs::write(&file, format!("[jobs.docs]{jobs}")).unwrap();
    let jobs = load(Some(&file), &[]).unwrap().jobs;
    let spec = |name: &str| jobs.iter().find(|job| job.name == name).unwrap().spec.clone();
    let roots = vec!["https://docs.example.org/".to_owned()];
    assert_eq!(spec("docs"), JobSpec { roots, ..JobSpec::default() });
    assert_eq!(spec("tips"), tips());
}

#[test]
fn what_is_told_of_a_configuration_is_every_key_that_the_commented_file_names() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/crawld.toml");
    let text = std::fs::read_to_string(path).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (file, secret) = (folder.path().join("crawld.toml"), folder.path().join("secret"));
    std::fs::write(&secret, secret_and_certificate()).unwrap();
    let lines = text.lines().filter(|line| !line.starts_with("# url_file"));
    let all = lines.map(uncommented).collect::<Vec<_>>().join("\n");
    let all = all
        .replace("\"PATH\"", &format!("{secret:?}"))
        .replace("\"ca.pem\"", &format!("{secret:?}"));
    let all = all.replace("sqlite://crawld.db", "postgres://me@db.example/crawl");
    std::fs::write(&file, &all).unwrap();
    let documented: toml::Table = all.parse().unwrap();
    let told: toml::Table = effective::text(&load(Some(&file), &[]).unwrap()).parse().unwrap();
    let (mut missing, mut unknown) = (Vec::new(), Vec::new());
    compare("", &documented, &told, &mut missing);
    compare("", &told, &documented, &mut unknown);
    // The password is told in the URL; a list has one name for its files.
    missing.retain(|key| !["database.password_file", "jobs.links.file"].contains(&key.as_str()));
    assert_eq!(missing, Vec::<String>::new(), "documented, and not told");
    // One job and one host have them all.
    unknown.retain(|key| !key.starts_with("jobs.") && !key.starts_with("hosts."));
    assert_eq!(unknown, Vec::<String>::new(), "told, and not documented");
}

/// Keys of one table that the other has not, those of sections with their names.
fn compare(before: &str, one: &toml::Table, other: &toml::Table, missing: &mut Vec<String>) {
    for (key, value) in one {
        let name = format!("{before}{key}");
        let inner = matches!(before, "" | "hosts." | "jobs.");
        match (value, other.get(key)) {
            (toml::Value::Table(one), Some(toml::Value::Table(other))) if inner => {
                compare(&format!("{name}."), one, other, missing);
            }
            (_, Some(_)) => {}
            // An empty list says nothing.
            (toml::Value::Array(items), None) if items.is_empty() => {}
            (_, None) => missing.push(name),
        }
    }
}

/// The job `tips` of the file: what it cannot be without, and defaults.
fn tips() -> JobSpec {
    let url = "https://shop.example/suggest?q={query}".to_owned();
    let (name, path) = ("query".to_owned(), "$.query[*]".to_owned());
    let own = SuggestSpec {
        request: RequestSpec { url, ..RequestSpec::default() },
        results: vec![ResultSpec { name, path, ..ResultSpec::default() }],
        ..SuggestSpec::default()
    };
    JobSpec { kind: "suggest".to_owned(), suggest: Some(own), ..JobSpec::default() }
}

#[test]
fn a_suggest_job_is_written_as_the_contract_says() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("crawld.toml");
    let text = r#"
[jobs.tips]
kind = "suggest"
request = { method = "post", url = "https://me:pass@shop.example/suggest", form = { q = "{query}", A = "1" }, headers = { X-Requested-With = "XMLHttpRequest", cookie = "secret=1" } }
alphabet = "a-z0-9"
strategy = "adaptive"
budget = 10000
results.query = { path = "$.query[*]", trim = true }
results.products = { path = "$.products[*]", fields = { name = "$.name", price = { path = "$.price", strip_tags = true } } }
results.pages = { css = "li.page", html = "$.list", fields = { url = "a@href", price = { css = "i", trim = true } } }
"#;
    std::fs::write(&file, text).unwrap();
    let job = load(Some(&file), &[]).unwrap().jobs.remove(0);
    let own = job.spec.suggest.clone().unwrap();
    assert_eq!(own.request.url, "https://shop.example/suggest");
    assert_eq!(own.request.form, [("q".into(), "{query}".into()), ("A".into(), "1".into())]);
    assert_eq!(own.request.headers, [("X-Requested-With".into(), "XMLHttpRequest".into())]);
    let secrets = &job.spec.secrets;
    assert_eq!((secrets.headers.len(), secrets.origins.len()), (1, 1));
    let stored = serde_json::to_string(&job.spec).unwrap();
    assert!(!stored.contains("secret=1") && !stored.contains("pass"), "{stored}");
    let products = own.results.iter().find(|result| result.name == "products").unwrap();
    assert!(products.fields.iter().any(|f| f.name == "price" && f.cleaning.strip_tags));
    let pages = own.results.iter().find(|result| result.name == "pages").unwrap();
    assert_eq!((pages.css.as_deref(), pages.html.as_deref()), (Some("li.page"), Some("$.list")));
    let css: Vec<_> = pages.fields.iter().filter_map(|field| field.css.as_deref()).collect();
    assert_eq!(css, ["i", "a@href"], "price, url");
    assert_eq!(Job::new(JobId(0), "tips", &job.spec).unwrap().limits.max_pages, Some(10_000));
}

#[test]
fn faults_of_a_suggest_job_name_their_keys() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("crawld.toml");
    for (lines, said) in [
        ("alphabet = \"z-a\"", "jobs.tips.alphabet"),
        ("request = { url = \"https://a.test/\" }", "jobs.tips.request: {query} is nowhere"),
        ("request = { url = \"a.test/{query}\", verb = \"GET\" }", "verb"),
        ("request = { url = \"a.test/{query}\", method = \"PUT\" }", "jobs.tips.request.method"),
        ("strategy = \"clever\"", "jobs.tips.strategy"),
        ("results = { a = { path = \"query\" } }", "jobs.tips.results.a.path"),
        ("results = { a = { path = \"$.a\", fields = { n = 1 } } }", "jobs.tips.results"),
        ("results = { a = { css = \"li[\" } }", "jobs.tips.results.a.css"),
        ("item = \"div\"", "jobs.tips.item"),
    ] {
        let mut text = "[jobs.tips]\nkind = \"suggest\"\n".to_owned();
        for line in [
            "request = { url = \"https://a.test/?q={query}\" }",
            "results = { a = { path = \"$.a[*]\" } }",
        ] {
            if line.split(' ').next() != lines.split(' ').next() {
                text = format!("{text}{line}\n");
            }
        }
        std::fs::write(&file, format!("{text}{lines}\n")).unwrap();
        let error = load(Some(&file), &[]).expect_err(lines).to_string();
        assert!(error.contains(said), "{said}: {error}");
    }
}

/// `# key = value` and `# [heading]` without their sign; prose stays a comment.
fn uncommented(line: &str) -> &str {
    let key_value = line.strip_prefix("# ").filter(|rest| {
        if rest.starts_with('[') {
            return true;
        }
        let word = rest.split(' ').next().unwrap_or_default();
        rest[word.len()..].starts_with(" = ")
            && word.chars().all(|c| c == '_' || c.is_ascii_lowercase())
    });
    key_value.unwrap_or(line)
}
