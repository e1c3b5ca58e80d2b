//! `config/crawld.toml` names every key with its default.
#![cfg(test)]

use std::path::Path;

use crawld::config::load;
use crawld::domain::job::JobSpec;

/// Keys whose value in the file is an example, not the default.
const EXAMPLES: [&str; 7] =
    ["user_agent", "headers", "ca_file", "proxy", "no_proxy", "robots_agent", "warc"];
/// Keys of a job without a default, and what a job cannot be without.
const OF_JOBS: [&str; 7] = [
    "max_depth",
    "max_pages",
    "max_pages_per_host",
    "max_hosts",
    "max_bytes",
    "max_per_template",
    "max_time",
];
/// Keys that are `None` by default and stand for what the file says.
const IMPLIED: [&str; 3] = ["grace", "log", "url"];

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
    std::fs::write(&file, without(&[])).unwrap();
    load(Some(&file), &[]).expect("every key is known");
    // A host of its own is an example from its heading on.
    let defaults = without(&[&EXAMPLES[..], &IMPLIED[..]].concat());
    let defaults = defaults.split("[hosts.").next().unwrap();
    std::fs::write(&file, defaults).unwrap();
    assert_eq!(load(Some(&file), &[]), load(None, &[]));
    let jobs = without(&[&OF_JOBS[..], &["schedule"]].concat());
    let (_, jobs) = jobs.split_once("[jobs.docs]").unwrap();
    std::fs::write(&file, format!("[jobs.docs]{jobs}")).unwrap();
    let job = load(Some(&file), &[]).unwrap().jobs.remove(0);
    let roots = vec!["https://docs.example.org/".to_owned()];
    assert_eq!(job.spec, JobSpec { roots, ..JobSpec::default() });
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
