//! What a server writes stays text: no log, terminal, table, spreadsheet or graph obeys it.
#![cfg(test)]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail loudly")]

mod common;
#[path = "common/raw_server.rs"]
mod raw_server;

use std::collections::HashSet;

use common::run::Crawld;
use raw_server::{Act, Asked, RawServer};

/// What steers terminals, spreadsheets, XML, HTML, DOT and log files.
const EVIL: [&str; 9] = [
    "=cmd|'/C calc'!A0",
    "@SUM(1+1)",
    "\u{1b}[31mred\u{1b}]0;title\u{7}",
    "]]></data></graph><!--",
    "a\u{202e}gpj.exe\u{2066}\u{200f}",
    "\u{9b}31m\u{85}",
    "quote\" \\ 'q' -> \"x\" [evil]; }",
    "NUL\0byte\u{7f}",
    "<script>alert(1)</script>&lt;&amp;",
];

/// A text as HTML that gives it back.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}

/// A page whose title and link texts are evil, and answers whose headers are.
fn answer(asked: &Asked) -> Vec<Act> {
    let body = match asked.path() {
        "/" => {
            EVIL.iter().enumerate().fold(String::from("<title>root</title>"), |page, (n, evil)| {
                let evil = escaped(evil);
                format!("{page}<a href=\"/page/{n}\">{evil}</a><a href=\"/{evil}\">{n}</a>")
            })
        }
        path => {
            let number = path.strip_prefix("/page/").and_then(|n| n.parse::<usize>().ok());
            let evil = number.and_then(|n| EVIL.get(n)).copied().unwrap_or("\u{1b}c");
            format!("<title>{}</title>", escaped(evil))
        }
    };
    let wide = "\u{202e}\u{9b}31m";
    let status = match asked.path() {
        "/page/0" => format!("404 {wide}"),
        path if path.starts_with("/%1B") => format!("302 Found\r\nLocation: ftp://h/{wide}"),
        path if path.starts_with("/a%E2") => format!("200 OK\r\nContent-Encoding: {wide}"),
        path if path.starts_with("/@") => format!("200 OK\r\nContent-Type: text/html{wide}"),
        _ => "200 OK\r\nContent-Type: text/html; charset=utf-8".to_owned(),
    };
    let length = body.len();
    vec![raw_server::send(format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\n\r\n{body}"))]
}

/// Does this text leave a terminal alone?
fn is_harmless(text: &str) -> bool {
    !text.chars().any(|c| {
        (c.is_control() && c != '\n' && c != '\t')
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    })
}

/// The crawled site, in a store of its own.
fn crawled() -> (Crawld, RawServer) {
    let server = RawServer::start(answer);
    let crawld = Crawld::new();
    let root = server.url("/");
    let options = ["--no-robots", "--delay", "0ms", "--max-tries", "1", "--links", "all", "-vv"];
    let finished = crawld.expect(0, &[&["crawl", &root], &options[..]].concat());
    assert!(is_harmless(&finished.stderr), "{:?}", finished.stderr);
    assert!(is_harmless(&finished.stdout), "{:?}", finished.stdout);
    (crawld, server)
}

/// A text as the store keeps it.
fn kept(text: &str) -> String {
    text.replace('\0', "\u{fffd}").split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn no_command_lets_foreign_text_steer_the_terminal() {
    let (crawld, _server) = crawled();
    let pages = crawld.export("pages", &[]);
    assert_eq!(pages.len(), 1 + 2 * EVIL.len());
    for reason in ["redirect_bad_target", "bad_encoding", "http_404"] {
        assert!(pages.iter().any(|page| page["reason"] == reason), "{reason}: {pages:#?}");
    }
    for arguments in [vec!["status"], vec!["report"], vec!["report", "--json"]] {
        let text = crawld.expect(0, &arguments).stdout;
        assert!(is_harmless(&text), "{arguments:?}: {text:?}");
    }
    for page in &pages {
        let text = crawld.expect(0, &["explain", &page["url"]]).stdout;
        assert!(is_harmless(&text), "{text:?}");
    }
}

#[test]
fn tables_give_foreign_text_back_as_it_was() {
    let (crawld, _server) = crawled();
    let pages = crawld.export("pages", &[]);
    let titles: HashSet<_> = pages.iter().map(|page| page["title"].clone()).collect();
    let lines = crawld.expect(0, &["export", "--what", "links", "--format", "jsonl"]).stdout;
    let texts: HashSet<_> = lines
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
        .map(|link| link["text"].as_str().unwrap_or_default().to_owned())
        .collect();
    for evil in EVIL.map(kept) {
        assert!(titles.contains(&evil), "{evil:?} in {titles:?}");
        assert!(texts.contains(&evil), "{evil:?} in {texts:?}");
    }
    for what in ["pages", "links", "failures"] {
        for row in crawld.export(what, &["--spreadsheet"]) {
            let formula =
                row.values().find(|cell| cell.starts_with(['=', '+', '-', '@', '\t', '\r']));
            assert_eq!(formula, None, "{what}");
        }
    }
}

#[test]
fn graphs_hold_foreign_text_as_text() {
    let (crawld, _server) = crawled();
    let graph =
        |format| crawld.expect(0, &["export", "--what", "links", "--format", format]).stdout;
    let texts = xml_texts(&graph("graphml"));
    for evil in EVIL.map(kept) {
        let legal = evil.replace(|c: char| c < ' ', "\u{fffd}");
        assert!(texts.contains(&legal), "{legal:?} in {texts:?}");
    }
    let (outside, strings) = dot_strings(&graph("dot"));
    assert!(
        outside.bytes().all(|b| b.is_ascii_lowercase() || b" \n{}[]=,;->".contains(&b)),
        "{outside}"
    );
    for evil in EVIL.map(kept) {
        assert!(strings.contains(&evil), "{evil:?} in {strings:?}");
    }
}

/// The texts of an XML document, read strictly: every tag closed in turn, no other entity than
/// those five, no character that XML 1.0 forbids.
fn xml_texts(document: &str) -> HashSet<String> {
    assert!(!document.contains(|c: char| c < ' ' && !"\t\n".contains(c)));
    let (mut open, mut texts) = (Vec::new(), HashSet::new());
    for piece in document.split('<').skip(1) {
        let (tag, text) = piece.split_once('>').unwrap();
        assert!(!text.contains("]]>") && tag.matches('"').count() % 2 == 0, "{piece}");
        let name = tag.split(' ').next().unwrap();
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name), "{tag}");
        } else if !tag.starts_with('?') && !tag.ends_with('/') {
            assert!(name.bytes().all(|b| b.is_ascii_lowercase()), "{tag}");
            open.push(name);
        }
        let parts: Vec<_> = text.split('&').collect();
        let entities = ["lt;", "gt;", "amp;", "quot;", "#13;"];
        assert!(
            parts[1..].iter().all(|part| entities.iter().any(|e| part.starts_with(e))),
            "{text}"
        );
        let plain = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"");
        texts.insert(plain.replace("&amp;", "&"));
    }
    assert!(open.is_empty(), "{open:?}");
    texts
}

/// A DOT file without its quoted strings, and these.
fn dot_strings(text: &str) -> (String, HashSet<String>) {
    let (mut outside, mut strings) = (String::new(), HashSet::new());
    let mut characters = text.chars();
    while let Some(c) = characters.next() {
        if c != '"' {
            outside.push(c);
            continue;
        }
        let mut string = String::new();
        while let Some(c) = characters.next().filter(|c| *c != '"') {
            string.push(if c == '\\' { characters.next().unwrap() } else { c });
        }
        strings.insert(string);
    }
    (outside, strings)
}
