//! Reads archives back, record by record.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::run::Record as Row;

/// One record.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    /// The file it stands in.
    pub(crate) file: PathBuf,
    /// Header fields, each once.
    pub(crate) header: BTreeMap<String, String>,
    pub(crate) block: Vec<u8>,
}

impl Entry {
    pub(crate) fn kind(&self) -> &str {
        &self.header["WARC-Type"]
    }

    pub(crate) fn url(&self) -> &str {
        self.header.get("WARC-Target-URI").map_or("", String::as_str)
    }

    /// Does it stand for what a server answered?
    pub(crate) fn is_answer(&self) -> bool {
        matches!(self.kind(), "response" | "revisit")
    }

    /// The head of the HTTP message in it.
    pub(crate) fn http_head(&self) -> String {
        String::from_utf8_lossy(&self.block[..self.body_at()]).into_owned()
    }

    /// The HTTP status in it.
    pub(crate) fn status(&self) -> u16 {
        self.http_head().split(' ').nth(1).unwrap().parse().unwrap()
    }

    /// The body of the HTTP message in it.
    pub(crate) fn payload(&self) -> &[u8] {
        &self.block[self.body_at()..]
    }

    fn body_at(&self) -> usize {
        self.block.windows(4).position(|w| w == b"\r\n\r\n").unwrap() + 4
    }
}

/// Complete files of an archive, by name; there must be no other.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let strange: Vec<_> =
        files.iter().filter(|p| !p.to_str().unwrap().ends_with(".warc.gz")).collect();
    assert!(strange.is_empty(), "{strange:?}");
    files
}

/// Every record of an archive; each is checked to be one gzip member with the length and the digest
/// of its block that it says, and each file to begin with its own description.
pub(crate) fn entries(folder: &Path) -> Vec<Entry> {
    let mut entries = Vec::new();
    for file in files(folder) {
        let bytes = fs::read(&file).unwrap();
        let mut rest = &bytes[..];
        let mut first = true;
        while !rest.is_empty() {
            let mut member = flate2::bufread::GzDecoder::new(rest);
            let mut text = Vec::new();
            member.read_to_end(&mut text).unwrap();
            rest = member.into_inner();
            let entry = entry(&file, &text);
            assert_eq!(entry.kind() == "warcinfo", first, "{entry:?}");
            first = false;
            entries.push(entry);
        }
        assert!(!first, "{} is empty", file.display());
    }
    entries
}

fn entry(file: &Path, text: &[u8]) -> Entry {
    let end = text.windows(4).position(|w| w == b"\r\n\r\n").unwrap();
    let head = std::str::from_utf8(&text[..end]).unwrap();
    let mut lines = head.split("\r\n");
    assert_eq!(lines.next(), Some("WARC/1.1"));
    let mut header = BTreeMap::new();
    for line in lines {
        let (name, value) = line.split_once(": ").unwrap();
        assert!(header.insert(name.to_owned(), value.to_owned()).is_none(), "{name} twice");
    }
    let block = text[end + 4..].strip_suffix(b"\r\n\r\n").unwrap().to_vec();
    assert_eq!(header["Content-Length"], block.len().to_string());
    assert_eq!(header["WARC-Block-Digest"], digest(&block));
    Entry { file: file.to_owned(), header, block }
}

/// A digest as records and exports write it.
pub(crate) fn digest(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    let mut text = String::from("sha256:");
    for byte in Sha256::digest(bytes) {
        write!(text, "{byte:02x}").unwrap();
    }
    text
}

/// The archive holds one record of an answer for each of these results, of the moment that the
/// result is of, and no other; each with its request.
pub(crate) fn assert_recorded_once(folder: &Path, rows: &[Row]) {
    let entries = entries(folder);
    let mut answers: BTreeMap<&str, &str> = BTreeMap::new();
    for entry in entries.iter().filter(|entry| entry.is_answer()) {
        let before = answers.insert(entry.url(), &entry.header["WARC-Date"]);
        assert!(before.is_none(), "{} is recorded twice", entry.url());
    }
    let requests = entries.iter().filter(|entry| entry.kind() == "request").count();
    assert_eq!(requests, answers.len());
    for row in rows {
        let date = answers.remove(row["url"].as_str());
        assert_eq!(date, Some(row["fetched_at"].as_str()), "{}", row["url"]);
    }
    assert!(answers.is_empty(), "recorded, not stored: {answers:?}");
}
