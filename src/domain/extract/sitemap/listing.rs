//! Where the URLs stand in a sitemap, a sitemap index, an RSS feed and an Atom feed.
//!
//! Elements are known by their names alone, whatever the prefix and the name space. What belongs to
//! an extension (`image:loc` within `image:image`) is told from what counts by its place: directly
//! in its container, with the container's prefix. Nothing relies on tags being balanced: a
//! container's start tag begins afresh, and so what is broken harms itself alone.

use std::borrow::Cow;

use crate::domain::extract::attributes::Attributes;
use crate::domain::extract::entity::{Context, decode};
use crate::domain::extract::reference::attribute;
use crate::domain::url::CanonicalUrl;

use super::xml::{Name, Sink};

/// A longer URL is none (the protocol's own limit).
pub(super) const MAX_URL: usize = 2048;
/// It may be written with references: as much of it is kept.
const MAX_RAW: usize = 4 * MAX_URL;
/// As much of a name is looked at.
const MAX_NAME: usize = 16;

/// What a document turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Nothing has said it yet.
    Unknown,
    /// `urlset`.
    Urlset,
    /// `sitemapindex`.
    Index,
    /// `rss` or `rdf:RDF`.
    Rss,
    /// `feed`.
    Atom,
    /// `html`.
    Html,
}

/// Something that a document lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::domain::extract) enum Found {
    /// A page of a sitemap.
    Page,
    /// A sitemap of an index.
    Sitemap,
    /// An item of a feed.
    Item,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Container {
    Url,
    Sitemap,
    Item,
    Entry,
}

/// The place within a document.
#[derive(Debug)]
pub(in crate::domain::extract) struct Listing {
    pub(super) kind: Kind,
    /// The first element's local name, and whether its end tag has come.
    pub(super) root: Option<String>,
    pub(super) closed: bool,
    /// URLs left out as longer than [`MAX_URL`].
    pub(super) too_long: usize,
    document: CanonicalUrl,
    /// `xml:base` of an Atom feed and of its present entry.
    bases: [Option<CanonicalUrl>; 2],
    within: Option<Container>,
    prefix: Vec<u8>,
    /// Elements open between the container and here.
    nested: usize,
    /// The text of the element that holds a URL.
    text: Option<Vec<u8>>,
}

/// A listing and where its finds go.
pub(in crate::domain::extract) struct Reading<'a, F: FnMut(Found, &str)> {
    pub(in crate::domain::extract) listing: &'a mut Listing,
    pub(in crate::domain::extract) found: F,
}

impl Listing {
    /// Of the document at this URL.
    pub(in crate::domain::extract) fn new(document: &CanonicalUrl) -> Self {
        Self {
            kind: Kind::Unknown,
            root: None,
            closed: false,
            too_long: 0,
            document: document.clone(),
            bases: [None, None],
            within: None,
            prefix: Vec::new(),
            nested: 0,
            text: None,
        }
    }

    /// Notes the root, and what it makes of the document.
    fn rooted(&mut self, local: &str) {
        if self.root.is_none() {
            self.root = Some(local.to_owned());
        }
        if self.kind == Kind::Unknown {
            self.kind = match local {
                "urlset" => Kind::Urlset,
                "sitemapindex" => Kind::Index,
                "rss" | "rdf" => Kind::Rss,
                "feed" => Kind::Atom,
                "html" => Kind::Html,
                _ => Kind::Unknown,
            };
        }
    }

    /// The container that an element is in this kind of document.
    fn container(&self, local: &str) -> Option<Container> {
        match (self.kind, local) {
            (Kind::Urlset | Kind::Index | Kind::Unknown, "url") => Some(Container::Url),
            (Kind::Urlset | Kind::Index | Kind::Unknown, "sitemap") => Some(Container::Sitemap),
            (Kind::Rss, "item") => Some(Container::Item),
            (Kind::Atom, "entry") => Some(Container::Entry),
            _ => None,
        }
    }

    fn enter(&mut self, container: Container, prefix: &[u8]) {
        self.within = Some(container);
        self.prefix.clear();
        self.prefix.extend_from_slice(prefix);
        self.nested = 0;
        self.text = None;
        let [_, entry] = &mut self.bases;
        *entry = None;
    }

    /// Reads an `xml:base`.
    fn based(&self, attributes: Attributes<'_>) -> Option<CanonicalUrl> {
        let [base] = attributes.pick(["xml:base"]);
        let [feed, _] = &self.bases;
        feed.as_ref().unwrap_or(&self.document).join(attribute(base?).trim()).ok()
    }

    /// A reference of an Atom feed, absolute where the feed has a base of its own.
    fn resolved<'a>(&self, reference: &'a str) -> Cow<'a, str> {
        let [feed, entry] = &self.bases;
        match entry.as_ref().or(feed.as_ref()).map(|base| base.join(reference)) {
            Some(Ok(url)) => Cow::Owned(url.as_str().to_owned()),
            _ => Cow::Borrowed(reference),
        }
    }
}

impl<F: FnMut(Found, &str)> Reading<'_, F> {
    /// Passes a URL on, if it can be one.
    fn give(&mut self, found: Found, reference: &str) {
        let reference = reference.trim();
        if reference.len() > MAX_URL {
            self.listing.too_long += 1;
        } else if !reference.is_empty() {
            (self.found)(found, reference);
        }
    }

    /// The text of the element that holds a URL is complete.
    fn complete(&mut self) {
        let Some(text) = self.listing.text.take() else { return };
        let found = match self.listing.within {
            Some(Container::Url) => Found::Page,
            Some(Container::Sitemap) => Found::Sitemap,
            _ => Found::Item,
        };
        if text.len() > MAX_RAW {
            self.listing.too_long += 1;
            return;
        }
        let text = String::from_utf8_lossy(&text);
        // As in an attribute: a bare `&copy=` is a parameter.
        self.give(found, &decode(&text, Context::Attribute));
    }

    /// A `link` of an Atom entry.
    fn entry_link(&mut self, attributes: Attributes<'_>) {
        let [href, rel] = attributes.pick(["href", "rel"]);
        let rel = rel.map(attribute);
        let leads_on = rel.is_none_or(|rel| rel.trim().eq_ignore_ascii_case("alternate"));
        if let Some(href) = href.filter(|_| leads_on) {
            let href = attribute(href);
            let resolved = self.listing.resolved(href.trim()).into_owned();
            self.give(Found::Item, &resolved);
        }
    }

    /// An element directly in its container, with the container's prefix.
    fn child(&mut self, local: &str, attributes: Attributes<'_>, empty: bool) {
        match (self.listing.within, local) {
            (Some(Container::Url | Container::Sitemap), "loc")
            | (Some(Container::Item), "link")
                if !empty =>
            {
                self.listing.text = Some(Vec::new());
            }
            (Some(Container::Entry), "link") => self.entry_link(attributes),
            _ => {}
        }
    }
}

impl<F: FnMut(Found, &str)> Sink for Reading<'_, F> {
    fn start(&mut self, name: Name<'_>, attributes: Attributes<'_>, empty: bool) {
        // Its own end tag is missing.
        self.complete();
        let local = &*lower(name.local);
        self.listing.rooted(local);
        if local == "feed" && self.listing.kind == Kind::Atom {
            self.listing.bases = [self.listing.based(attributes), None];
            return;
        }
        if let Some(container) = self.listing.container(local) {
            self.listing.enter(container, name.prefix);
            if container == Container::Entry {
                let base = self.listing.based(attributes);
                let [_, entry] = &mut self.listing.bases;
                *entry = base;
            }
            self.listing.within = self.listing.within.filter(|_| !empty);
            return;
        }
        if self.listing.within.is_none() {
            return;
        }
        if self.listing.nested == 0 && name.prefix == self.listing.prefix {
            self.child(local, attributes, empty);
        }
        self.listing.nested = self.listing.nested.saturating_add(usize::from(!empty));
    }

    fn end(&mut self, name: Name<'_>) {
        self.complete();
        let local = &*lower(name.local);
        if self.listing.root.as_deref() == Some(local) {
            self.listing.closed = true;
        }
        if self.listing.container(local).is_some() && name.prefix == self.listing.prefix {
            self.listing.within = None;
        }
        self.listing.nested = self.listing.nested.saturating_sub(1);
    }

    fn text(&mut self, text: &[u8]) {
        if let Some(held) = &mut self.listing.text {
            // One byte more tells that it is too long.
            let room = (MAX_RAW + 1).saturating_sub(held.len());
            held.extend_from_slice(text.get(..room).unwrap_or(text));
        }
    }

    fn verbatim(&mut self, text: &[u8]) {
        for (at, part) in text.split(|&b| b == b'&').enumerate() {
            if at > 0 {
                self.text(b"&amp;");
            }
            self.text(part);
        }
    }
}

/// The beginning of a name, in lower case.
fn lower(name: &[u8]) -> String {
    let name = name.get(..MAX_NAME).unwrap_or(name).to_ascii_lowercase();
    String::from_utf8_lossy(&name).into_owned()
}
