//! The layers of the crate, read from its source: who may name whom, what the pure layers may not
//! know, and how long a file may be.
#![cfg(test)]

use std::fs;
use std::path::{Path, PathBuf};

/// Longest file, in lines.
const LONGEST: usize = 400;

/// Each module of the crate with those that it may name besides itself; `*` is all of them.
/// Nobody but `*` names `app` and `cli`: they are the top.
const LAYERS: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("clock", &["domain"]),
    ("frontier", &["domain"]),
    ("config", &["domain", "logging", "named_file"]),
    ("output", &["domain"]),
    ("http", &["domain", "clock"]),
    ("store", &["domain", "frontier", "output", "named_file"]),
    ("metrics", &["domain", "frontier", "store", "clock"]),
    (
        "actors",
        &[
            "domain",
            "frontier",
            "http",
            "output",
            "store",
            "clock",
            "faults",
            "metrics",
            "disk",
            "named_file",
        ],
    ),
    ("order", &["domain", "frontier", "store", "clock", "actors", "named_file"]),
    ("run_settings", &["domain", "config", "http", "store", "actors", "disk"]),
    (
        "daemon",
        &[
            "actors",
            "clock",
            "config",
            "domain",
            "frontier",
            "logging",
            "metrics",
            "notify",
            "order",
            "run_settings",
            "store",
        ],
    ),
    ("control", &["actors", "clock", "daemon", "domain", "metrics", "store"]),
    ("demo", &["domain"]),
    ("disk", &[]),
    ("faults", &[]),
    ("logging", &["domain"]),
    ("named_file", &[]),
    ("notify", &["clock"]),
    ("signals", &["clock"]),
    ("app", &["*"]),
    ("cli", &["*"]),
    ("main", &["*"]),
];

/// The layers that know no clock, no I/O and no framework.
const PURE: [&str; 2] = ["domain", "frontier"];

/// Paths that the pure layers never name; a single word is meant anywhere in a path.
const IMPURE: [&str; 22] = [
    "actix",
    "actix_rt",
    "actix_http",
    "awc",
    "diesel",
    "diesel_migrations",
    "r2d2",
    "tokio",
    "rustls",
    "signal_hook",
    "Instant",
    "SystemTime",
    "TcpStream",
    "TcpListener",
    "UdpSocket",
    "ToSocketAddrs",
    "std::fs",
    "std::env",
    "std::process",
    "std::thread",
    "std::os",
    "log",
];

/// A source file, its name from the crate's root on and its text.
struct Source {
    name: String,
    text: String,
}

fn sources(folders: &[&str]) -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    let mut open: Vec<PathBuf> = folders.iter().map(|folder| root.join(folder)).collect();
    while let Some(folder) = open.pop() {
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for path in entries.map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
                found.push(Source { name, text: fs::read_to_string(&path).unwrap() });
            }
        }
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    found
}

/// The modules that lead to a file of src/: `src/domain/url.rs` -> domain, url; lib.rs -> none.
fn modules(name: &str) -> Vec<&str> {
    let inner = name.trim_start_matches("src/").trim_end_matches(".rs");
    inner.split('/').filter(|part| !matches!(*part, "mod" | "lib")).collect()
}

/// Words and signs of a source text, without comments, strings and characters.
fn tokens(text: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = skipped(rest).unwrap_or_else(|| {
            let word = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
            let length = match word {
                0 if rest.starts_with("::") => 2,
                0 => first.len_utf8(),
                word => word,
            };
            if !first.is_whitespace() {
                tokens.push(rest[..length].to_owned());
            }
            length
        });
        rest = &rest[length..];
    }
    tokens
}

/// The length of the comment, string or character that a text starts with.
fn skipped(text: &str) -> Option<usize> {
    let until = |end: &str, from: usize| text[from..].find(end).map(|at| from + at + end.len());
    if text.starts_with("//") {
        return until("\n", 2).or(Some(text.len()));
    }
    if text.starts_with("/*") {
        return until("*/", 2).or(Some(text.len()));
    }
    let raw = text.strip_prefix('b').unwrap_or(text);
    if let Some(hashes) = raw.strip_prefix('r').and_then(|rest| {
        let quote = rest.find(|c| c != '#')?;
        rest[quote..].starts_with('"').then_some(quote)
    }) {
        return until(&format!("\"{}", "#".repeat(hashes)), text.len() - raw.len() + hashes + 2);
    }
    match raw.chars().next()? {
        '"' => quoted(text, '"', text.len() - raw.len() + 1),
        // A lifetime has no closing quote after its first character.
        '\'' if raw[1..].starts_with('\\') || raw.chars().nth(2) == Some('\'') => {
            quoted(text, '\'', text.len() - raw.len() + 1)
        }
        _ => None,
    }
}

/// Where a quoted text ends whose contents begin at `from`.
fn quoted(text: &str, quote: char, from: usize) -> Option<usize> {
    let mut escaped = false;
    for (at, c) in text[from..].char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == quote => return Some(from + at + c.len_utf8()),
            _ => {}
        }
    }
    None
}

fn is_word(token: &str) -> bool {
    token.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

/// Every path that a text names, groups of `use` taken apart: `a::{b, c::d}` -> `a::b`, `a::c::d`.
fn paths(text: &str) -> Vec<Vec<String>> {
    let tokens = tokens(text);
    let mut found = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let starts = is_word(&tokens[at]) && (at == 0 || tokens[at - 1] != "::");
        at = if starts { expand(&tokens, at, &[], &mut found) } else { at + 1 };
    }
    found
}

/// Adds the paths that begin with the word at `at`; returns where they end.
fn expand(tokens: &[String], at: usize, before: &[String], found: &mut Vec<Vec<String>>) -> usize {
    let mut path = before.to_vec();
    let mut at = at;
    while tokens.get(at).is_some_and(|token| is_word(token)) {
        path.push(tokens[at].clone());
        at += 1;
        if tokens.get(at).is_none_or(|token| token != "::") {
            found.push(path);
            return at;
        }
        at += 1;
    }
    if tokens.get(at).is_none_or(|token| token != "{") {
        found.push(path);
        return at;
    }
    at += 1;
    while tokens.get(at).is_some_and(|token| token != "}") {
        at = if is_word(&tokens[at]) { expand(tokens, at, &path, found) } else { at + 1 };
    }
    at + 1
}

/// The module of the crate that a path of this file leads to, if it leads to one.
fn target<'a>(file: &str, path: &'a [String]) -> Option<&'a str> {
    let known = |name: &&str| LAYERS.iter().any(|(module, _)| module == name);
    let named = |at: usize| path.get(at).map(String::as_str).filter(known);
    match path.first()?.as_str() {
        "crate" | "crawld" => named(1),
        "super" => {
            let ups = path.iter().take_while(|word| *word == "super").count();
            named(ups).filter(|_| ups >= modules(file).len())
        }
        _ => None,
    }
}

/// What this file names though its layer may not.
fn breaches(source: &Source) -> Vec<String> {
    let layer = modules(&source.name).first().copied().unwrap_or("lib");
    if layer == "lib" {
        return Vec::new();
    }
    let Some((_, allowed)) = LAYERS.iter().find(|(module, _)| *module == layer) else {
        return vec![format!("{}: '{layer}' is in no layer: add it to LAYERS", source.name)];
    };
    let mut found = Vec::new();
    for path in paths(&source.text) {
        let text = path.join("::");
        if let Some(target) = target(&source.name, &path)
            && target != layer
            && !allowed.contains(&"*")
            && !allowed.contains(&target)
        {
            found.push(format!("{}: {layer} names {target}: {text}", source.name));
        }
        if PURE.contains(&layer) && is_impure(&path, &text) {
            found.push(format!("{}: {layer} is pure but names {text}", source.name));
        }
    }
    found
}

/// A word with a capital counts anywhere in a path, a crate only at its start.
fn is_impure(path: &[String], text: &str) -> bool {
    IMPURE.iter().any(|word| {
        if word.starts_with(char::is_uppercase) {
            path.iter().any(|part| part == word)
        } else {
            path.len() > 1 && format!("{text}::").starts_with(&format!("{word}::"))
        }
    })
}

#[test]
fn every_layer_names_only_those_below_it() {
    let found: Vec<_> = sources(&["src"]).iter().flat_map(breaches).collect();
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

#[test]
fn no_file_is_longer_than_it_can_be_read() {
    let long: Vec<_> = sources(&["src", "tests", "benches", "examples", "fuzz"])
        .into_iter()
        .map(|source| (source.text.lines().count(), source.name))
        .filter(|(lines, _)| *lines >= LONGEST)
        .collect();
    assert!(long.is_empty(), "{LONGEST} lines or more: {long:?}");
}

#[test]
fn the_reader_of_sources_sees_what_is_named_and_nothing_else() {
    let text = r##"
        // use crate::store; "quoted
        /* crate::store */
        use crate::{app, domain::{url, http::X}};
        const A: &str = "crate::store \" tokio::x";
        const B: &str = r#"crate::actors " tokio::y"#;
        fn f<'a>(x: &'a str) -> char { let t = std::time::Instant::now(); '"' }
        use super::super::store::Db;
    "##;
    let source = |name: &str| Source { name: name.to_owned(), text: text.to_owned() };
    let named = |source: &Source| -> Vec<String> {
        let paths = paths(&source.text);
        paths.iter().filter_map(|path| target(&source.name, path)).map(str::to_owned).collect()
    };
    assert_eq!(named(&source("src/domain/url.rs")), ["app", "domain", "domain", "store"]);
    assert_eq!(named(&source("src/domain/extract/x.rs")), ["app", "domain", "domain"]);
    let found = breaches(&source("src/domain/url.rs"));
    assert_eq!(found.len(), 3, "app, store and Instant: {found:?}");
    assert!(breaches(&source("src/cli/crawl.rs")).is_empty());
    assert_eq!(breaches(&source("src/strange.rs")).len(), 1);
}
