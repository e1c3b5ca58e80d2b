//! A list, a site, a run.

use std::collections::BTreeMap;

use crate::common::run::{Crawld, Finished, Record};

/// As fast as the site allows; robots.txt stays on.
pub(crate) const FAST: [&str; 4] = ["--delay", "0ms", "--per-host", "8"];

/// Fetches the list `urls.txt` with this text.
pub(crate) fn fetch(crawld: &Crawld, code: i32, list: impl AsRef<[u8]>, more: &[&str]) -> Finished {
    crawld.write("urls.txt", list);
    again(crawld, code, more)
}

/// Fetches `urls.txt` as it is.
pub(crate) fn again(crawld: &Crawld, code: i32, more: &[&str]) -> Finished {
    crawld.expect(code, &[&["fetch", "urls.txt"], &FAST[..], more].concat())
}

/// The stored pages by URL, each once.
pub(crate) fn pages(crawld: &Crawld) -> BTreeMap<String, Record> {
    let rows = crawld.export("pages", &[]);
    let count = rows.len();
    let pages: BTreeMap<_, _> = rows.into_iter().map(|row| (row["url"].clone(), row)).collect();
    assert_eq!(pages.len(), count, "a page is stored once");
    pages
}

/// State and reason of each page, joined.
pub(crate) fn states(crawld: &Crawld) -> BTreeMap<String, String> {
    let state = |row: &Record| format!("{} {}", row["state"], row["reason"]).trim().to_owned();
    pages(crawld).iter().map(|(url, row)| (url.clone(), state(row))).collect()
}

/// The pairs, sorted.
pub(crate) fn pairs(crawld: &Crawld) -> Vec<(String, String)> {
    let arguments = ["export", "--what", "pairs", "--format", "tsv", "--sorted"];
    let text = crawld.expect(0, &arguments).stdout;
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("source_url\tparsed_url"), "the header, once");
    let pair = |line: &str| {
        let (source, target) = line.split_once('\t').unwrap();
        (source.to_owned(), target.to_owned())
    };
    lines.map(pair).collect()
}
