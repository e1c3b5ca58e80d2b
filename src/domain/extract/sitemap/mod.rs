//! Sitemaps and feeds: what lists pages without being one. Streaming, bounded, pure.
//!
//! [`SitemapReader`] takes the body of a sitemap as it arrives: XML (`urlset`, `sitemapindex`, RSS,
//! Atom) or plain text, packed or not, in any charset. What was read of a broken one counts, and
//! reading goes on behind the fault where that can be told. Neither how the body was cut into chunks
//! nor anything in it changes what is found or costs more than time in proportion to its length.
//!
//! The tokenizer is ours: it is fed (no reader to pull from), never stops at a fault, and shares the
//! attributes, references and links of the page's extraction; entities are never expanded.
//!
//! ```text
//! unpack   gzip, told by its first bytes
//! xml      tags and text
//! listing  where URLs stand among them
//! lines    URLs one a line
//! ```

mod lines;
pub(in crate::domain::extract) mod listing;
#[cfg(test)]
mod tests;
mod unpack;
pub(in crate::domain::extract) mod xml;

use std::fmt;

use sha2::{Digest, Sha256};

use self::lines::Lines;
use self::listing::{Found, Kind, Listing, Reading};
use self::unpack::Unpack;
use self::xml::Xml;
use super::intake::Intake;
use super::links::Links;
use super::{charset, fields};
use crate::domain::link::{LinkKind, Outlink};
use crate::domain::url::CanonicalUrl;

/// URLs taken of one sitemap (sitemaps.org).
pub const MAX_URLS: usize = 50_000;
/// Bytes read of one sitemap, unpacked (sitemaps.org).
pub const MAX_BYTES: u64 = 50 * 1024 * 1024;
/// All its URLs together may be this long.
const MAX_TEXT: usize = 16 * 1024 * 1024;

/// What was found in a sitemap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sitemap {
    /// Media type, lower case, without parameters.
    pub content_type: Option<String>,
    /// The charset it was read in, lower case; `None` when nothing was read.
    pub charset: Option<String>,
    /// Bytes of the body as they came, content codings undone.
    pub bytes: u64,
    /// SHA-256 of them.
    pub digest: [u8; 32],
    /// The pages listed, in order, each once.
    pub pages: Vec<Outlink>,
    /// The sitemaps listed, in order, each once.
    pub sitemaps: Vec<Outlink>,
    /// It lists more than is taken of one sitemap.
    pub cut: bool,
    /// What is wrong with it, for people; what was found counts all the same.
    pub note: Option<String>,
}

/// Reads one sitemap.
pub struct SitemapReader {
    content_type: Option<String>,
    digest: Sha256,
    bytes: u64,
    unpack: Unpack,
    body: Body,
}

/// The body, unpacked.
struct Body {
    intake: Intake,
    charset: Option<&'static str>,
    bytes: u64,
    form: Form,
    listing: Listing,
    finds: Finds,
}

/// What the first byte that is no white space says.
enum Form {
    Undecided,
    Xml(Xml),
    Text(Lines),
}

struct Finds {
    pages: Links,
    sitemaps: Links,
}

impl fmt::Debug for SitemapReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SitemapReader")
            .field("content_type", &self.content_type)
            .field("bytes", &self.bytes)
            .finish_non_exhaustive()
    }
}

impl SitemapReader {
    /// A reader for the sitemap at `url` with these response headers (names in lower case).
    #[must_use]
    pub fn new(url: &CanonicalUrl, headers: &[(String, String)]) -> Self {
        let value = headers.iter().find(|(name, _)| name == "content-type").map(|(_, v)| v);
        let given = value.and_then(|value| fields::content_type(value));
        let declared = given.as_ref().and_then(|(_, label)| charset::labelled((*label)?));
        let links = || Links::new(url, MAX_URLS).with_room(MAX_TEXT);
        Self {
            content_type: given.map(|(essence, _)| essence),
            digest: Sha256::new(),
            bytes: 0,
            unpack: Unpack::new(),
            body: Body {
                intake: Intake::new(declared, None),
                charset: None,
                bytes: 0,
                form: Form::Undecided,
                listing: Listing::new(url),
                finds: Finds { pages: links(), sitemaps: links() },
            },
        }
    }

    /// Takes the next bytes of the body, all content codings undone; `false`: enough, no more will
    /// be read.
    pub fn feed(&mut self, decoded: &[u8]) -> bool {
        self.bytes = self.bytes.saturating_add(u64::try_from(decoded.len()).unwrap_or(u64::MAX));
        self.digest.update(decoded);
        let body = &mut self.body;
        self.unpack.feed(decoded, &mut |unpacked| body.feed(unpacked));
        body.wants_more()
    }

    /// Bytes of memory that what was found takes, about.
    #[must_use]
    pub fn held(&self) -> usize {
        self.body.finds.pages.held() + self.body.finds.sitemaps.held()
    }

    /// Ends the body.
    #[must_use]
    pub fn finish(self) -> Sitemap {
        let Self { mut body, .. } = self;
        let whole = self.unpack.finish(&mut |unpacked| body.feed(unpacked));
        let broken = body.finish();
        let long = body.bytes >= MAX_BYTES;
        let note = if whole || long { body.note(broken) } else { Some(PACKED.to_owned()) };
        let (pages, more_pages) = body.finds.pages.finish();
        let (sitemaps, more_sitemaps) = body.finds.sitemaps.finish();
        Sitemap {
            content_type: self.content_type,
            charset: body.charset.map(str::to_ascii_lowercase),
            bytes: self.bytes,
            digest: self.digest.finalize().into(),
            pages,
            sitemaps,
            cut: more_pages || more_sitemaps || long,
            note,
        }
    }
}

/// Said of a body that gzip cannot be undone of.
const PACKED: &str = "the gzip file is broken or ends early; what it held up to there counts";

impl Body {
    fn wants_more(&self) -> bool {
        let full = self.finds.pages.is_cut() || self.finds.sitemaps.is_cut();
        self.bytes < MAX_BYTES && !full
    }

    /// Takes unpacked bytes; says whether more are wanted.
    fn feed(&mut self, chunk: &[u8]) -> bool {
        let room = usize::try_from(MAX_BYTES - self.bytes).unwrap_or(usize::MAX);
        let chunk = chunk.get(..room).unwrap_or(chunk);
        self.bytes += u64::try_from(chunk.len()).unwrap_or(0);
        let Self { intake, charset, form, listing, finds, .. } = self;
        intake.feed(chunk, &mut |utf8, encoding| {
            *charset = Some(encoding.name());
            form.feed(utf8, listing, finds);
        });
        self.wants_more()
    }

    /// Ends the body; says whether it ended in the middle of something.
    fn finish(&mut self) -> bool {
        let Self { intake, charset, form, listing, finds, .. } = self;
        intake.finish(&mut |utf8, encoding| {
            *charset = Some(encoding.name());
            form.feed(utf8, listing, finds);
        });
        match form {
            Form::Undecided => false,
            Form::Text(lines) => {
                lines.end(&mut |url| finds.add(Found::Page, url));
                listing.too_long += lines.too_long;
                false
            }
            Form::Xml(xml) => {
                let found = |found, url: &str| finds.add(found, url);
                let between_tags = xml.finish(&mut Reading { listing, found });
                !between_tags || !self.listing.closed
            }
        }
    }

    /// What is wrong with it.
    fn note(&self, broken: bool) -> Option<String> {
        let empty = self.finds.pages.is_empty() && self.finds.sitemaps.is_empty();
        let root = self.listing.root.as_deref();
        let no_kind = matches!(self.listing.kind, Kind::Unknown | Kind::Html);
        match &self.form {
            Form::Undecided => return Some("no sitemap: it is empty".to_owned()),
            Form::Text(_) if empty => return Some("no sitemap: no line is a URL".to_owned()),
            Form::Xml(_) if empty && no_kind => {
                let root = root.unwrap_or_default();
                return Some(format!("no sitemap: its first element is <{}>", visible(root)));
            }
            _ => {}
        }
        if self.listing.too_long > 0 {
            let count = self.listing.too_long;
            return Some(format!("{count} of its URLs left out: longer than {}", listing::MAX_URL));
        }
        let early = broken && self.wants_more();
        early.then(|| format!("broken: no end of <{}>", visible(root.unwrap_or_default())))
    }
}

impl Form {
    fn feed(&mut self, utf8: &[u8], listing: &mut Listing, finds: &mut Finds) {
        match self {
            Self::Undecided => {
                let rest = utf8.trim_ascii_start();
                match rest.first() {
                    None => return,
                    Some(b'<') => *self = Self::Xml(Xml::new()),
                    Some(_) => *self = Self::Text(Lines::default()),
                }
                self.feed(rest, listing, finds);
            }
            Self::Xml(xml) => {
                let found = |found, url: &str| finds.add(found, url);
                xml.feed(utf8, &mut Reading { listing, found });
            }
            Self::Text(lines) => lines.feed(utf8, &mut |url| finds.add(Found::Page, url)),
        }
    }
}

impl Finds {
    fn add(&mut self, found: Found, url: &str) {
        let links = match found {
            Found::Page | Found::Item => &mut self.pages,
            Found::Sitemap => &mut self.sitemaps,
        };
        links.add(LinkKind::Sitemap, url, false);
    }
}

/// A name from outside, for people.
fn visible(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_graphic() { c } else { '?' }).collect()
}
