//! Records.

use std::fmt::Write as _;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{self, Write as _};

use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};

use crate::domain::Millis;
use crate::output::cell::{digest_text, moment_text};

const SAME_PAYLOAD: &str = "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest";
const NOT_MODIFIED: &str = "http://netpreserve.org/warc/1.1/revisit/server-not-modified";

/// What the records of one exchange have in common.
#[derive(Debug, Clone, Copy)]
pub struct Exchange<'a> {
    /// Identity of the record of the answer.
    pub id: &'a str,
    /// When the request was sent.
    pub date: Millis,
    /// What was asked.
    pub url: &'a str,
    /// Who answered.
    pub address: Option<&'a str>,
}

/// Why an answer's body is not recorded again.
#[derive(Debug, Clone, Copy)]
pub struct Revisit<'a> {
    /// The server said that the page has not changed; else the body is one that is recorded.
    pub not_modified: bool,
    /// SHA-256 of that body.
    pub payload: Option<&'a [u8]>,
    /// The URL and the date under which it is recorded.
    pub refers_to: Option<(&'a str, Millis)>,
}

/// A new record's identity: a random UUID as a URN, in angle brackets.
#[must_use]
pub fn record_id() -> String {
    let half = || RandomState::new().build_hasher().finish();
    // Version 4, variant 1 (RFC 9562).
    let high = (half() & 0xffff_ffff_ffff_0fff) | 0x4000;
    let low = (half() & 0x3fff_ffff_ffff_ffff) | 0x8000_0000_0000_0000;
    format!(
        "<urn:uuid:{:08x}-{:04x}-{:04x}-{:04x}-{:012x}>",
        high >> 32,
        (high >> 16) & 0xffff,
        high & 0xffff,
        low >> 48,
        low & 0xffff_ffff_ffff,
    )
}

/// The record that begins the file of this name.
///
/// # Errors
/// Never by itself: the encoder's word is passed on.
pub fn info(file: &str, now: Millis) -> io::Result<Vec<u8>> {
    let block = concat!(
        "software: crawld/",
        env!("CARGO_PKG_VERSION"),
        "\r\nformat: WARC File Format 1.1\r\n\
         conformsTo: https://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/\r\n"
    );
    let mut header = Header::new("warcinfo", &record_id(), now);
    header.field("WARC-Filename", file);
    header.field("Content-Type", "application/warc-fields");
    header.member(block.as_bytes())
}

/// The record of a request.
///
/// # Errors
/// As [`info`].
pub fn request(of: &Exchange<'_>, block: &[u8]) -> io::Result<Vec<u8>> {
    let mut header = Header::beside(of, "request");
    header.field("Content-Type", "application/http;msgtype=request");
    header.member(block)
}

/// The record of an answer of which `payload` is the digest of the body that is recorded;
/// `cut`: why that is not all of it.
///
/// # Errors
/// As [`info`].
pub fn response(
    of: &Exchange<'_>,
    block: &[u8],
    payload: &[u8; 32],
    cut: Option<&str>,
) -> io::Result<Vec<u8>> {
    let mut header = Header::of(of, "response", of.id);
    header.field("WARC-Payload-Digest", &digest_text(payload));
    if let Some(cut) = cut {
        header.field("WARC-Truncated", cut);
    }
    header.field("Content-Type", "application/http;msgtype=response");
    header.member(block)
}

/// The record of an answer whose body is recorded already: `head` is the answer's head.
///
/// # Errors
/// As [`info`].
pub fn revisit(of: &Exchange<'_>, why: &Revisit<'_>, head: &[u8]) -> io::Result<Vec<u8>> {
    let mut header = Header::of(of, "revisit", of.id);
    header.field("WARC-Profile", if why.not_modified { NOT_MODIFIED } else { SAME_PAYLOAD });
    if let Some(payload) = why.payload {
        header.field("WARC-Payload-Digest", &digest_text(payload));
    }
    if let Some((url, date)) = why.refers_to {
        header.field("WARC-Refers-To-Target-URI", url);
        header.field("WARC-Refers-To-Date", &moment_text(date));
    }
    header.field("Content-Type", "application/http;msgtype=response");
    header.member(head)
}

/// The record of what crawld knows beside an exchange, as names and values.
///
/// # Errors
/// As [`info`].
pub fn metadata(of: &Exchange<'_>, facts: &[(&str, String)]) -> io::Result<Vec<u8>> {
    let mut block = String::new();
    for (name, value) in facts {
        let value = value.replace(char::is_control, " ");
        // Writing to a text does not fail.
        write!(block, "{name}: {value}\r\n").unwrap_or_default();
    }
    let mut header = Header::beside(of, "metadata");
    header.field("Content-Type", "application/warc-fields");
    header.member(block.as_bytes())
}

/// A record's header.
struct Header(String);

impl Header {
    fn new(kind: &str, id: &str, date: Millis) -> Self {
        let mut header = Self("WARC/1.1\r\n".to_owned());
        header.field("WARC-Type", kind);
        header.field("WARC-Record-ID", id);
        header.field("WARC-Date", &moment_text(date));
        header
    }

    fn of(exchange: &Exchange<'_>, kind: &str, id: &str) -> Self {
        let mut header = Self::new(kind, id, exchange.date);
        header.field("WARC-Target-URI", exchange.url);
        if let Some(address) = exchange.address {
            header.field("WARC-IP-Address", address);
        }
        header
    }

    /// The header of a record that accompanies that of an answer.
    fn beside(exchange: &Exchange<'_>, kind: &str) -> Self {
        let mut header = Self::of(exchange, kind, &record_id());
        header.field("WARC-Concurrent-To", exchange.id);
        header
    }

    fn field(&mut self, name: &str, value: &str) {
        // Writing to a text does not fail.
        write!(self.0, "{name}: {value}\r\n").unwrap_or_default();
    }

    /// The whole record as a gzip member of its own.
    fn member(mut self, block: &[u8]) -> io::Result<Vec<u8>> {
        self.field("WARC-Block-Digest", &digest_text(&Sha256::digest(block)));
        self.field("Content-Length", &block.len().to_string());
        let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
        gzip.write_all(self.0.as_bytes())?;
        gzip.write_all(b"\r\n")?;
        gzip.write_all(block)?;
        gzip.write_all(b"\r\n\r\n")?;
        gzip.finish()
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    const OF: Exchange<'_> = Exchange {
        id: "<urn:uuid:0>",
        date: 1_795_248_000_123,
        url: "http://h.example/?a=ö",
        address: Some("127.0.0.1"),
    };

    /// Header and block of a record that is one gzip member.
    fn read(bytes: &[u8]) -> (Vec<String>, Vec<u8>) {
        let mut text = Vec::new();
        let mut member = flate2::bufread::GzDecoder::new(bytes);
        member.read_to_end(&mut text).expect("gzip");
        assert!(member.into_inner().is_empty(), "one member");
        let end = text.windows(4).position(|w| w == b"\r\n\r\n").expect("an end");
        let header = String::from_utf8(text[..end].to_vec()).expect("text");
        let block = text[end + 4..].strip_suffix(b"\r\n\r\n").expect("two line ends");
        let fields: Vec<String> = header.split("\r\n").map(str::to_owned).collect();
        assert_eq!(fields.last(), Some(&format!("Content-Length: {}", block.len())));
        let digest = digest_text(&Sha256::digest(block));
        assert!(fields.contains(&format!("WARC-Block-Digest: {digest}")));
        assert_eq!(fields[0], "WARC/1.1");
        (fields, block.to_vec())
    }

    fn has(fields: &[String], field: &str) -> bool {
        fields.iter().any(|found| found == field)
    }

    #[test]
    fn a_response_has_its_digests_and_says_when_it_is_cut() {
        let block = b"HTTP/1.1 200 OK\r\n\r\n\0\xff";
        let record = response(&OF, block, &[0xab; 32], Some("length")).expect("a record");
        let (fields, found) = read(&record);
        assert_eq!(found, block);
        for field in [
            "WARC-Type: response",
            "WARC-Record-ID: <urn:uuid:0>",
            "WARC-Date: 2026-11-21T08:00:00.123Z",
            "WARC-Target-URI: http://h.example/?a=ö",
            "WARC-IP-Address: 127.0.0.1",
            "WARC-Truncated: length",
            "Content-Type: application/http;msgtype=response",
            &format!("WARC-Payload-Digest: sha256:{}", "ab".repeat(32)),
        ] {
            assert!(has(&fields, field), "{field}: {fields:?}");
        }
    }

    #[test]
    fn what_accompanies_an_answer_names_it() {
        let request = request(&OF, b"GET / HTTP/1.1\r\n\r\n").expect("a record");
        let facts = [("depth", "2".to_owned()), ("via", "http://h/\r\nforged: x".to_owned())];
        let metadata = metadata(&OF, &facts).expect("a record");
        for record in [&request, &metadata] {
            assert!(has(&read(record).0, "WARC-Concurrent-To: <urn:uuid:0>"));
        }
        assert_eq!(read(&metadata).1, b"depth: 2\r\nvia: http://h/  forged: x\r\n");
    }

    #[test]
    fn a_revisit_says_what_it_refers_to() {
        let why = Revisit {
            not_modified: false,
            payload: Some(&[1; 32]),
            refers_to: Some(("http://first.example/", 0)),
        };
        let (fields, _) = read(&revisit(&OF, &why, b"HTTP/1.1 200 OK\r\n\r\n").expect("a record"));
        for field in [
            "WARC-Type: revisit",
            &format!("WARC-Profile: {SAME_PAYLOAD}"),
            "WARC-Refers-To-Target-URI: http://first.example/",
            "WARC-Refers-To-Date: 1970-01-01T00:00:00.000Z",
        ] {
            assert!(has(&fields, field), "{field}: {fields:?}");
        }
        let why = Revisit { not_modified: true, payload: None, refers_to: None };
        let (fields, _) = read(&revisit(&OF, &why, b"HTTP/1.1 304 \r\n\r\n").expect("a record"));
        assert!(has(&fields, &format!("WARC-Profile: {NOT_MODIFIED}")));
    }

    #[test]
    fn identities_are_random_uuids() {
        let ids: std::collections::HashSet<String> = (0..1000).map(|_| record_id()).collect();
        assert_eq!(ids.len(), 1000);
        for id in ids {
            assert_eq!((id.len(), &id[..10], &id[24..25]), (47, "<urn:uuid:", "4"), "{id}");
            assert!("89ab".contains(&id[29..30]), "{id}");
        }
    }
}
