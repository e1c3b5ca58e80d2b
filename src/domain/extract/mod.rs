//! Streaming extraction: what a page says of itself, and where it leads. Pure.
//!
//! [`PageReader`] takes the decoded body as it arrives and keeps none of it: at most the first
//! 16 KiB while the charset is unknown, and 64 KiB of a tag that is not complete yet. Neither how the
//! body was cut into chunks nor anything a server can write into it changes what is found or costs
//! more than time in proportion to its length.
//!
//! The tokenizer is ours because a rewriter does what extraction has no use for (a stack of open
//! elements, the markup kept for output): `lol_html` took 34 µs to find the links of an 8.7 kB page,
//! 46 with their words, before any was resolved, and gave up at 8,000 unclosed elements per MiB of
//! memory. It serves the tests as oracle. `benches/extract.rs` measures ours.

mod attributes;
mod charset;
mod document;
mod entity;
mod fields;
mod harvest;
mod intake;
mod links;
mod reference;
pub mod sitemap;
mod srcset;
mod tag;
mod text;
mod tokenizer;
mod words;
mod xml_page;

use std::fmt;

use encoding_rs::Encoding;
use sha2::{Digest, Sha256};

pub(in crate::domain) use self::document::is_json;
pub use self::document::{Document, document};
use self::harvest::Harvest;
use self::intake::Intake;
pub(in crate::domain) use self::reference::{with_query_in, worth};
pub(in crate::domain) use self::tag::parts_words;
pub use self::text::text;
use self::tokenizer::Tokenizer;
use self::xml_page::{XmlPage, is_xml};
use super::link::Outlink;
use super::url::CanonicalUrl;

/// What a job wants of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageOptions {
    /// Take the images, too (`img` and `source`).
    pub assets: bool,
    /// Keep at most so many distinct targets; a cut is recorded.
    pub max_links: usize,
    /// The agent whose own directives bind us: `<meta name="AGENT">`, `X-Robots-Tag: AGENT: ...`.
    pub robots_agent: String,
    /// Take the words of links.
    pub link_text: bool,
}

impl Default for PageOptions {
    fn default() -> Self {
        Self {
            assets: false,
            max_links: 10_000,
            robots_agent: env!("CARGO_PKG_NAME").to_owned(),
            link_text: true,
        }
    }
}

/// What was found on a page.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[expect(clippy::struct_excessive_bools, reason = "independent facts, not states of a machine")]
pub struct Page {
    /// Media type, lower case, without parameters.
    pub content_type: Option<String>,
    /// The charset that the body was read in, lower case; `None` when it was not read.
    pub charset: Option<String>,
    /// Bytes of the decoded body.
    pub bytes: u64,
    /// SHA-256 of the decoded body, also of one that was not read.
    pub digest: [u8; 32],
    /// The title: white space folded, at most 500 characters.
    pub title: Option<String>,
    /// Links in order of appearance, those of headers first; each target once. Of several links to
    /// one target the first gives kind and place, the first with words the words, and it is
    /// nofollow only if all are.
    pub outlinks: Vec<Outlink>,
    /// There were more links than are kept.
    pub links_cut: bool,
    /// The page asks that none of its links be followed.
    pub nofollow: bool,
    /// The page asks not to be indexed.
    pub noindex: bool,
    /// It has scripts, no links and little text: it probably needs JavaScript.
    pub looks_scripted: bool,
}

/// Is the body HTML, or XML of some kind?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Body {
    Html,
    Xml,
    /// Without a content type it is HTML if it starts with `<`.
    Unknown,
    Other,
}

/// Reads one response.
pub struct PageReader {
    content_type: Option<String>,
    charset: Option<&'static Encoding>,
    body: Body,
    bytes: u64,
    digest: Sha256,
    intake: Intake,
    tokenizer: Tokenizer,
    /// Of a page that came as XML.
    xml: Option<Box<XmlPage>>,
    harvest: Harvest,
}

impl fmt::Debug for PageReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PageReader")
            .field("content_type", &self.content_type)
            .field("bytes", &self.bytes)
            .finish_non_exhaustive()
    }
}

impl PageReader {
    /// A reader for the response of `url` with these headers (names in lower case).
    #[must_use]
    pub fn new(url: &CanonicalUrl, headers: &[(String, String)], options: &PageOptions) -> Self {
        let mut harvest = Harvest::new(url, options);
        let mut given = None;
        for (name, value) in headers {
            if name == "content-type" {
                given = given.or_else(|| fields::content_type(value));
            } else {
                harvest.header(name, value);
            }
        }
        let declared = given.as_ref().and_then(|(_, charset)| charset::labelled((*charset)?));
        let content_type = given.map(|(essence, _)| essence);
        let came_as_xml = content_type.as_deref().is_some_and(is_xml);
        let xml = came_as_xml || content_type.as_deref() == Some("application/xhtml+xml");
        let body = match content_type.as_deref() {
            Some("text/html" | "application/xhtml+xml") => Body::Html,
            Some(_) if came_as_xml => Body::Xml,
            Some(_) => Body::Other,
            None => Body::Unknown,
        };
        let tld = url.host().rsplit_once('.').map(|(_, tld)| tld.to_owned());
        Self {
            content_type,
            charset: None,
            body,
            bytes: 0,
            digest: Sha256::new(),
            intake: Intake::new(declared, tld),
            tokenizer: Tokenizer::new(xml),
            xml: came_as_xml.then(|| Box::new(XmlPage::new(url))),
            harvest,
        }
    }

    /// Is the body one that is read: HTML, XHTML, another XML, or of no given type? Of any other only length and
    /// digest are taken.
    #[must_use]
    pub fn wants_body(&self) -> bool {
        self.body != Body::Other
    }

    /// Takes the next bytes of the body, all content codings undone.
    pub fn feed(&mut self, decoded: &[u8]) {
        self.bytes = self.bytes.saturating_add(u64::try_from(decoded.len()).unwrap_or(u64::MAX));
        self.digest.update(decoded);
        let decoded = match self.body {
            Body::Unknown => self.sniff(decoded),
            _ => decoded,
        };
        if matches!(self.body, Body::Html | Body::Xml) {
            self.intake.feed(decoded, &mut |utf8, charset| {
                if self.charset != Some(charset) {
                    self.charset = Some(charset);
                    self.harvest.set_charset(charset);
                }
                match &mut self.xml {
                    None => self.tokenizer.feed(utf8, &mut self.harvest),
                    Some(xml) => xml.feed(utf8, &mut self.tokenizer, &mut self.harvest),
                }
            });
        }
    }

    /// Decides by the first byte that is no white space; returns the bytes from there.
    fn sniff<'a>(&mut self, decoded: &'a [u8]) -> &'a [u8] {
        let rest = decoded.trim_ascii_start();
        match rest.first() {
            None => {}
            // Or a byte order mark.
            Some(b'<' | 0xef | 0xfe | 0xff) => self.body = Body::Html,
            Some(_) => self.body = Body::Other,
        }
        rest
    }

    /// Bytes of memory that what was found takes, about.
    #[must_use]
    pub fn held(&self) -> usize {
        self.harvest.held()
    }

    /// Ends the body. Broken markup gives what was found in it.
    #[must_use]
    pub fn finish(mut self) -> Page {
        if matches!(self.body, Body::Html | Body::Xml) {
            self.intake.finish(&mut |utf8, charset| {
                self.charset = Some(charset);
                self.harvest.set_charset(charset);
                match &mut self.xml {
                    None => self.tokenizer.feed(utf8, &mut self.harvest),
                    Some(xml) => xml.feed(utf8, &mut self.tokenizer, &mut self.harvest),
                }
            });
            if let Some(xml) = &mut self.xml {
                xml.finish(&mut self.tokenizer, &mut self.harvest);
            }
            self.tokenizer.finish(&mut self.harvest);
        }
        let found = self.harvest.finish();
        Page {
            content_type: self.content_type,
            charset: self.charset.map(|charset| charset.name().to_ascii_lowercase()),
            bytes: self.bytes,
            digest: self.digest.finalize().into(),
            title: found.title,
            outlinks: found.outlinks,
            links_cut: found.links_cut,
            nofollow: found.directives.nofollow,
            noindex: found.directives.noindex,
            looks_scripted: found.looks_scripted,
        }
    }
}
