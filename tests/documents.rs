//! What the documentation names is there.
#![cfg(test)]

use std::fs;
use std::path::{Path, PathBuf};

/// The texts of `tests/NAME.rs` or of all files in `tests/NAME/`.
fn sources(name: &str) -> Vec<String> {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let mut files = vec![tests.join(format!("{name}.rs"))];
    if let Ok(folder) = fs::read_dir(tests.join(name)) {
        files.extend(folder.map(|entry| entry.unwrap().path()));
    }
    files.iter().filter_map(|file| fs::read_to_string(file).ok()).collect()
}

fn document(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(name)).unwrap()
}

/// How many tests and files a text names; each must be there.
fn named(text: &str) -> usize {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let mut named = 0;
    for word in text.split('`').skip(1).step_by(2) {
        let is_path = ["tests/", "src/", "scripts/", "docs/", "config/"]
            .iter()
            .any(|folder| word.starts_with(folder));
        if is_path {
            assert!(root.join(word).exists(), "{word}");
            named += 1;
        } else if let Some((file, test)) = word.split_once("::") {
            let head = format!("fn {test}(");
            assert!(sources(file).iter().any(|source| source.contains(&head)), "{word}");
            named += 1;
        }
    }
    named
}

/// The cells of each row of a document's tables, heads and rules left out.
fn rows(text: &str) -> Vec<Vec<&str>> {
    let lines: Vec<&str> = text.lines().collect();
    let is_rule = |line: Option<&&str>| line.is_some_and(|line| line.starts_with("|--"));
    let row = |at: usize, line: &&str| {
        line.starts_with('|') && !is_rule(Some(line)) && !is_rule(lines.get(at + 1))
    };
    let rows = lines.iter().enumerate().filter(|(at, line)| row(*at, line));
    // A bar within a cell is written `\|`.
    rows.map(|(_, line)| line.trim_matches('|').split(" | ").map(str::trim).collect()).collect()
}

#[test]
fn every_test_that_the_web_as_it_is_names_exists() {
    let text = document("web-as-it-is.md");
    let (_, tables) = text.split_once("\n## ").unwrap();
    let named = named(tables);
    assert!(named > 60, "{named}");
}

#[test]
fn every_row_of_the_systems_that_crawld_replaces_names_the_tests_that_hold_it() {
    let text = document("seeds.md");
    let (_, tables) = text.split_once("\n## ").unwrap();
    let rows = rows(tables);
    assert!(rows.len() > 100, "{}", rows.len());
    for row in rows {
        assert_eq!(row.len(), 4, "{row:?}");
        let held = row.last().unwrap();
        assert!(named(held) > 0 || held.starts_with("– "), "nothing holds {row:?}");
    }
}
