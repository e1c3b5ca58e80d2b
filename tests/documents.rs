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

#[test]
fn every_test_that_the_web_as_it_is_names_exists() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(root.join("docs/web-as-it-is.md")).unwrap();
    let (_, tables) = text.split_once("\n## ").unwrap();
    let mut named = 0;
    for word in tables.split('`').skip(1).step_by(2) {
        if let Some((file, test)) = word.split_once("::") {
            let head = format!("fn {test}(");
            assert!(sources(file).iter().any(|source| source.contains(&head)), "{word}");
            named += 1;
        } else if ["tests/", "src/", "scripts/"].iter().any(|folder| word.starts_with(folder)) {
            assert!(root.join(word).exists(), "{word}");
            named += 1;
        }
    }
    assert!(named > 60, "{named}");
}
