//! Archives written by the real program, read back here and by warcio, which knows nothing of it.
//!
//! `CRAWLD_TEST_WARCIO` names the folder of warcio's programs (`scripts/test` installs it).
#![cfg(test)]

mod common;

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use common::http::{Framing, Reply};
use common::run::Crawld;
use common::site::{Pages, Site};
use common::warc::{Entry, digest, entries, files};

const FAST: [&str; 6] = ["--delay", "0ms", "--max-tries", "1", "--max-body", "40KiB"];
const ETAG: &str = "\"v1\"";

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    gzip.write_all(text).unwrap();
    gzip.finish().unwrap()
}

/// Bytes that no compression makes small.
fn noise(length: usize) -> Vec<u8> {
    let mut x = 0x2545_F491_4F6C_DD1D_u64;
    let mut next = || {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        x.to_le_bytes()[3]
    };
    (0..length).map(|_| next()).collect()
}

const TWIN: &[u8] = b"<title>Twin</title>one of two";

/// What is sent at each path, the status and the body as it must be recorded.
fn replies() -> BTreeMap<&'static str, (Reply, u16, Vec<u8>)> {
    let html = |text: &[u8]| Reply::html(text);
    let coded = gzip(b"<title>Coded</title>said at length");
    let binary = [&b"\0\r\n\r\nHTTP/1.1 500\r\n\xff"[..], &noise(9_000)].concat();
    let moved = |body: &[u8]| Reply { parts: vec![body.to_vec()], ..Reply::redirect(302, "/twin") };
    let until_close =
        b"HTTP/1.1 200 Fine\r\nContent-Type: text/plain\r\nX-Folded: a\r\n b\r\n\r\nto the end";
    let gone = Reply { status: 404, ..html(b"<title>Gone</title>") };
    let kept = html(b"<title>Kept</title>").header("ETag", ETAG);
    BTreeMap::from([
        (
            "/chunked",
            (
                html(b"<title>In pieces</title>")
                    .framed(Framing::Chunked)
                    .drip(7, std::time::Duration::ZERO),
                200,
                b"<title>In pieces</title>".to_vec(),
            ),
        ),
        ("/coded", (html(&coded).header("Content-Encoding", "gzip"), 200, coded)),
        ("/binary", (Reply::body("application/octet-stream", binary.clone()), 200, binary)),
        ("/empty", (html(b""), 200, vec![])),
        ("/nothing", (Reply::status(204), 204, vec![])),
        ("/gone", (gone, 404, b"<title>Gone</title>".to_vec())),
        ("/moved", (moved(b"elsewhere"), 302, b"elsewhere".to_vec())),
        ("/twin", (html(TWIN), 200, TWIN.to_vec())),
        ("/twin2", (html(TWIN), 200, TWIN.to_vec())),
        ("/until-close", (Reply::raw(&until_close[..]), 200, b"to the end".to_vec())),
        ("/kept", (kept, 200, b"<title>Kept</title>".to_vec())),
        // Cut by the limit, and by the server.
        ("/large", (Reply::body("image/png", noise(60_000)), 200, vec![])),
        ("/broken", (html(b"half of").framed(Framing::FalseLength(99)), 200, b"half of".to_vec())),
    ])
}

fn site() -> Site {
    let replies = replies();
    let mut links: Vec<&str> = replies.keys().copied().collect();
    links.extend(["/silent", "/robots-never-recorded"]);
    let mut pages = Pages::new().links("/", &links).reply("/silent", Reply::close());
    for (path, (reply, ..)) in replies {
        pages = pages.route(path, move |request| {
            if request.header("if-none-match") == Some(ETAG) {
                return Reply::status(304).header("ETag", ETAG);
            }
            reply.clone()
        });
    }
    pages.open()
}

fn crawl(crawld: &Crawld, site: &Site, more: &[&str]) {
    let root = site.at("/");
    crawld.expect(0, &[&["crawl", &root, "--warc", "archive"], &FAST[..], more].concat());
}

/// The answers recorded for each URL, in their order.
fn answers(entries: &[Entry]) -> BTreeMap<&str, Vec<&Entry>> {
    let mut answers: BTreeMap<&str, Vec<&Entry>> = BTreeMap::new();
    for entry in entries.iter().filter(|entry| entry.is_answer()) {
        answers.entry(entry.url()).or_default().push(entry);
    }
    answers
}

#[test]
fn every_answer_is_recorded_once_as_it_came() {
    let (crawld, site) = (Crawld::new(), site());
    crawl(&crawld, &site, &["--header", "Cookie: secret=1", "--header", "X-Mine: yes"]);
    let folder = crawld.path().join("archive");
    let entries = entries(&folder);
    let answers = answers(&entries);
    let rows = crawld.export("pages", &[]);
    let answered = rows.iter().filter(|row| !row["status"].is_empty());
    let mut urls: Vec<&str> = answered.map(|row| row["url"].as_str()).collect();
    urls.sort_unstable();
    assert_eq!(urls, answers.keys().copied().collect::<Vec<_>>(), "results with an answer");
    assert!(answers.values().all(|all| all.len() == 1));
    assert!(!urls.contains(&site.at("/silent").as_str()));
    let truth = check_payloads(&site, &answers);
    assert_eq!(answers[site.at("/broken").as_str()][0].header["WARC-Truncated"], "disconnect");
    check_heads(&site, &answers);
    check_company(&entries, &answers);
    check_twins(&site, &answers);
    warcio(&folder, &truth);
}

/// Every status and payload is what was sent; gives those of whole answers.
fn check_payloads(
    site: &Site,
    answers: &BTreeMap<&str, Vec<&Entry>>,
) -> BTreeMap<String, (u16, String)> {
    let mut truth = BTreeMap::new();
    for (path, (_, status, body)) in replies() {
        let url = site.at(path);
        let answer = answers[url.as_str()][0];
        assert_eq!(answer.status(), status, "{path}");
        if answer.kind() == "revisit" {
            assert!(path.starts_with("/twin"), "{path}");
            assert_eq!(answer.payload(), b"");
            continue;
        }
        if path == "/large" {
            assert_eq!(answer.header["WARC-Truncated"], "length");
            assert!(noise(60_000).starts_with(answer.payload()));
        } else {
            assert_eq!(answer.payload(), body, "{path}");
        }
        assert_eq!(answer.header["WARC-Payload-Digest"], digest(answer.payload()), "{path}");
        assert_eq!(answer.header["WARC-IP-Address"], "127.0.0.1");
        truth.insert(url, (status, digest(answer.payload())));
    }
    truth
}

/// Heads are as received, but for transfer codings.
fn check_heads(site: &Site, answers: &BTreeMap<&str, Vec<&Entry>>) {
    let head = |path: &str| answers[site.at(path).as_str()][0].http_head();
    assert_eq!(
        head("/until-close"),
        "HTTP/1.1 200 Fine\r\nContent-Type: text/plain\r\nX-Folded: a   b\r\n\r\n"
    );
    let chunked = head("/chunked");
    assert!(chunked.contains("X-Crawler-Transfer-Encoding: chunked\r\n"), "{chunked}");
    assert!(chunked.contains("\r\nContent-Length: 24\r\n"), "{chunked}");
    assert!(head("/coded").contains("Content-Encoding: gzip\r\n"));
}

/// Each answer has a request as it was sent, without secrets, and what crawld knows of it.
fn check_company(entries: &[Entry], answers: &BTreeMap<&str, Vec<&Entry>>) {
    for answer in answers.values().flatten() {
        let id = &answer.header["WARC-Record-ID"];
        let company: Vec<_> = entries
            .iter()
            .filter(|entry| entry.header.get("WARC-Concurrent-To") == Some(id))
            .collect();
        let kinds: Vec<_> = company.iter().map(|entry| entry.kind()).collect();
        assert_eq!(kinds, ["request", "metadata"], "{}", answer.url());
        let request = company[0].http_head();
        assert!(request.starts_with("GET /"), "{request}");
        assert!(request.contains("x-mine: yes") || request.contains("X-Mine: yes"), "{request}");
        assert!(request.to_lowercase().contains("cookie: (left out)"), "{request}");
        let facts = String::from_utf8(company[1].block.clone()).unwrap();
        let depth = i32::from(!answer.url().ends_with('/'));
        assert!(facts.contains(&format!("depth: {depth}\r\n")), "{facts}");
        assert_eq!(facts.contains("via: http://"), depth == 1, "{facts}");
    }
    let secret = entries.iter().find(|entry| entry.block.windows(6).any(|w| w == b"secret"));
    assert!(secret.is_none(), "{secret:?}");
}

/// Of two pages with the same body the second refers to the first.
fn check_twins(site: &Site, answers: &BTreeMap<&str, Vec<&Entry>>) {
    let twins = ["/twin", "/twin2"].map(|path| answers[site.at(path).as_str()][0]);
    let [again, first] = if twins[0].kind() == "revisit" { twins } else { [twins[1], twins[0]] };
    assert_eq!((again.kind(), first.kind()), ("revisit", "response"));
    assert!(again.header["WARC-Profile"].ends_with("/revisit/identical-payload-digest"));
    assert_eq!(again.header["WARC-Refers-To-Target-URI"], first.url());
    assert_eq!(again.header["WARC-Refers-To-Date"], first.header["WARC-Date"]);
    assert_eq!(again.header["WARC-Payload-Digest"], first.header["WARC-Payload-Digest"]);
}

#[test]
fn a_page_that_has_not_changed_refers_to_its_record() {
    let (crawld, site) = (Crawld::new(), site());
    // Without an archive first: what it does not hold is asked for whole.
    let root = site.at("/");
    crawld.expect(0, &[&["crawl", &root], &FAST[..]].concat());
    for _ in 0..3 {
        crawl(&crawld, &site, &["--again"]);
    }
    let folder = crawld.path().join("archive");
    let entries = entries(&folder);
    let answers = answers(&entries);
    let kept = &answers[site.at("/kept").as_str()];
    let kinds: Vec<_> = kept.iter().map(|entry| (entry.kind(), entry.status())).collect();
    assert_eq!(kinds, [("response", 200), ("revisit", 304), ("revisit", 304)]);
    for again in &kept[1..] {
        assert!(again.header["WARC-Profile"].ends_with("/revisit/server-not-modified"));
        assert_eq!(again.header["WARC-Refers-To-Target-URI"], kept[0].url());
        assert_eq!(again.header["WARC-Refers-To-Date"], kept[0].header["WARC-Date"]);
        assert_eq!(again.header["WARC-Payload-Digest"], kept[0].header["WARC-Payload-Digest"]);
    }
    // One record of each answer for each pass; bodies that stay the same are not kept again.
    for (url, all) in &answers {
        assert_eq!(all.len(), 3, "{url}");
        let whole =
            !["/", "/empty", "/nothing", "/large", "/broken"].contains(&&url[site.url().len()..]);
        let bodies = all.iter().filter(|entry| entry.kind() == "response").count();
        assert!(!whole || bodies <= 1, "{url}: {bodies} bodies");
    }
    warcio(&folder, &BTreeMap::new());
}

#[test]
fn a_full_file_is_followed_by_the_next() {
    let crawld = Crawld::new().env("CRAWLD__HTTP__WARC_SIZE", "20KiB");
    let links: Vec<String> = (0..40).map(|n| format!("/{n}")).collect();
    let links: Vec<&str> = links.iter().map(String::as_str).collect();
    let mut pages = Pages::new().links("/", &links);
    for (n, link) in links.iter().enumerate() {
        let body = noise(3_000 + n);
        pages = pages.reply(link, Reply::body("application/octet-stream", body[n..].to_vec()));
    }
    let site = pages.open();
    crawl(&crawld, &site, &["--concurrency", "2"]);
    let folder = crawld.path().join("archive");
    let sizes: Vec<_> = files(&folder).iter().map(|f| f.metadata().unwrap().len()).collect();
    assert!(sizes.len() >= 4, "{sizes:?}");
    // A file is full when a commit finds it so; a commit holds few pages here.
    assert!(sizes.iter().all(|size| *size < 60_000), "{sizes:?}");
    assert_eq!(answers(&entries(&folder)).len(), 41);
    warcio(&folder, &BTreeMap::new());
}

#[test]
fn a_folder_that_cannot_be_is_told_at_once() {
    let (crawld, site) = (Crawld::new(), site());
    std::fs::write(crawld.path().join("archive"), "a file").unwrap();
    let told = crawld.expect(2, &["crawl", &site.at("/"), "--warc", "archive"]).stderr;
    assert!(told.contains("--warc archive"), "{told}");
    assert_eq!(site.requests(), 0);
}

#[test]
fn without_the_option_nothing_is_recorded() {
    let (crawld, site) = (Crawld::new(), site());
    crawld.expect(0, &[&["crawl", &site.at("/")], &FAST[..]].concat());
    let names: Vec<_> =
        std::fs::read_dir(crawld.path()).unwrap().map(|e| e.unwrap().path()).collect();
    assert!(names.iter().all(|name| !name.to_str().unwrap().contains("warc")), "{names:?}");
}

/// Has warcio check and index the files, and find the statuses and payloads that are known.
fn warcio(folder: &Path, truth: &BTreeMap<String, (u16, String)>) {
    let programs = std::env::var_os("CRAWLD_TEST_WARCIO");
    let programs = programs.expect("CRAWLD_TEST_WARCIO: run scripts/test, which installs warcio");
    let programs = Path::new(&programs);
    let files = files(folder);
    let run = |mut command: Command| {
        let done = command.output().unwrap();
        let told = String::from_utf8_lossy(&done.stdout).into_owned();
        assert!(
            done.status.success(),
            "{command:?}: {told}{}",
            String::from_utf8_lossy(&done.stderr)
        );
        told
    };
    for verb in [&["check", "-v"][..], &["index", "-f", "warc-type,warc-target-uri,http:status"]] {
        let mut command = Command::new(programs.join("warcio"));
        command.args(verb).args(&files);
        let told = run(command);
        assert!(!told.contains("fail") && !told.is_empty(), "{told}");
    }
    let mut command = Command::new(programs.join("python"));
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/warc_payloads.py");
    command.arg(script).args(&files);
    let told: BTreeMap<String, (u16, String)> = serde_json::from_str(&run(command)).unwrap();
    for (url, known) in truth {
        assert_eq!(told.get(url), Some(known), "{url}");
    }
}
