//! The links of one page: resolved, canonical, each target once.

use encoding_rs::{Encoding, UTF_8};
use hashbrown::HashMap;

use super::reference::{with_query_in, worth};
use crate::domain::UrlKey;
use crate::domain::link::{LinkKind, Outlink};
use crate::domain::url::CanonicalUrl;

/// All targets of a page together may be this long. A long base would otherwise turn a few bytes
/// of markup into many of memory.
const MAX_BYTES: usize = 8 * 1024 * 1024;
/// Memory of a link besides its target: its parts and words, and its place.
const EACH: usize = 320;
/// A longer base is none.
const MAX_BASE: usize = 4096;

/// So many links of the head wait for a base.
const MAX_PENDING: usize = 64;
/// Room made for the links of a page with any.
const USUAL: usize = 48;

/// What a reference is relative to.
#[derive(Debug, Clone, Copy)]
enum Base {
    Page,
    Document,
}

/// A link whose base is not settled yet.
#[derive(Debug)]
struct Pending {
    kind: LinkKind,
    reference: String,
    nofollow: bool,
}

/// Collects links in order of appearance.
#[derive(Debug)]
pub(super) struct Links {
    page: CanonicalUrl,
    base: Option<CanonicalUrl>,
    base_seen: bool,
    /// A `<base>` was seen, or a link of the body: links of the head need wait no longer.
    settled: bool,
    pending: Vec<Pending>,
    charset: &'static Encoding,
    found: Vec<Outlink>,
    places: HashMap<UrlKey, usize>,
    max: usize,
    /// Bytes that may be kept in all.
    room: usize,
    /// References that may still be resolved, and bytes that may still be kept.
    tries_left: usize,
    bytes_left: usize,
    cut: bool,
}

impl Links {
    /// No links yet; at most `max` will be kept.
    pub(super) fn new(page: &CanonicalUrl, max: usize) -> Self {
        Self {
            page: page.clone(),
            base: None,
            base_seen: false,
            settled: false,
            pending: Vec::new(),
            charset: UTF_8,
            found: Vec::new(),
            places: HashMap::new(),
            max,
            tries_left: max.saturating_mul(4).saturating_add(100),
            room: MAX_BYTES,
            bytes_left: MAX_BYTES,
            cut: false,
        }
    }

    /// With so many bytes of room for all targets together.
    pub(super) fn with_room(self, bytes: usize) -> Self {
        Self { room: bytes, bytes_left: bytes, ..self }
    }

    /// Were there more than are kept?
    pub(super) fn is_cut(&self) -> bool {
        self.cut
    }

    /// Is none kept?
    pub(super) fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// The charset in which queries are encoded.
    pub(super) fn set_charset(&mut self, charset: &'static Encoding) {
        self.charset = charset;
    }

    /// A link of a header: relative to the page itself, whatever its base.
    pub(super) fn add_header(&mut self, kind: LinkKind, reference: &str, nofollow: bool) {
        if let Some(url) = self.target(Base::Page, reference) {
            self.keep(url, kind, nofollow);
        }
    }

    /// A link of the document's head: it waits, as a `<base>` may follow.
    pub(super) fn add_head(&mut self, kind: LinkKind, reference: &str, nofollow: bool) {
        if self.settled || self.pending.len() >= MAX_PENDING {
            self.add(kind, reference, nofollow);
        } else {
            self.pending.push(Pending { kind, reference: reference.to_owned(), nofollow });
        }
    }

    /// A link of the document. Returns its target's place among those found.
    pub(super) fn add(&mut self, kind: LinkKind, reference: &str, nofollow: bool) -> Option<usize> {
        self.settle();
        let url = self.target(Base::Document, reference)?;
        self.keep(url, kind, nofollow)
    }

    /// `<base href>`: the first one counts, even if it is of no use.
    pub(super) fn set_base(&mut self, reference: &str) {
        if !self.base_seen {
            self.base_seen = true;
            let base = worth(reference).and_then(|reference| self.page.join(reference).ok());
            self.base = base.filter(|base| base.as_str().len() <= MAX_BASE);
        }
        self.settle();
    }

    /// Resolves the links that waited for a base.
    fn settle(&mut self) {
        self.settled = true;
        for Pending { kind, reference, nofollow } in std::mem::take(&mut self.pending) {
            self.add(kind, &reference, nofollow);
        }
    }

    /// Where a reference leads; `None` when nowhere, or when enough have been resolved.
    fn target(&mut self, from: Base, reference: &str) -> Option<CanonicalUrl> {
        let reference = worth(reference)?;
        if self.cut || self.tries_left == 0 {
            self.cut = true;
            return None;
        }
        self.tries_left -= 1;
        let base = match from {
            Base::Page => &self.page,
            Base::Document => self.base.as_ref().unwrap_or(&self.page),
        };
        base.join(&with_query_in(self.charset, reference)).ok()
    }

    fn keep(&mut self, url: CanonicalUrl, kind: LinkKind, nofollow: bool) -> Option<usize> {
        let key = url.key();
        if let Some(&place) = self.places.get(&key) {
            if let Some(known) = self.found.get_mut(place) {
                known.nofollow &= nofollow;
            }
            return Some(place);
        }
        let length = url.as_str().len();
        if self.found.len() >= self.max || length > self.bytes_left {
            self.cut = true;
            return None;
        }
        self.bytes_left -= length;
        let place = self.found.len();
        if place == 0 {
            self.found.reserve(USUAL);
            self.places.reserve(USUAL);
        }
        self.places.insert(key, place);
        self.found.push(Outlink { url, kind, text: None, nofollow });
        Some(place)
    }

    /// Bytes of memory held, about.
    pub(super) fn held(&self) -> usize {
        self.room.saturating_sub(self.bytes_left) + self.found.len() * EACH
    }

    /// Does the link at this place have no words yet?
    pub(super) fn is_wordless(&self, place: usize) -> bool {
        self.found.get(place).is_some_and(|link| link.text.is_none())
    }

    /// Gives the link at this place its words.
    pub(super) fn set_text(&mut self, place: usize, text: Option<String>) {
        if let Some(link) = self.found.get_mut(place) {
            link.text = text;
        }
    }

    /// Every link, and whether some were left out.
    pub(super) fn finish(mut self) -> (Vec<Outlink>, bool) {
        self.settle();
        (self.found, self.cut)
    }
}
