//! A page that came as XML: XHTML is read as HTML is, of a feed or a sitemap what it lists.
//!
//! Which it is, its first element says; until that has come at most [`LOOK`] bytes are held.

use super::attributes::Attributes;
use super::harvest::Harvest;
use super::sitemap::listing::{Found, Listing, Reading};
use super::sitemap::xml::{Name, Sink, Xml};
use super::tokenizer::Tokenizer;
use crate::domain::link::LinkKind;
use crate::domain::url::CanonicalUrl;

/// The first element must begin and end within so many bytes.
const LOOK: usize = 16 * 1024;
/// First look at what has come; each later one at twice as much, so that all are one in cost.
const FIRST_LOOK: usize = 256;

/// Does this media type mean XML of whatever kind?
pub(super) fn is_xml(essence: &str) -> bool {
    matches!(
        essence,
        "application/xml"
            | "text/xml"
            | "application/rss+xml"
            | "application/atom+xml"
            | "application/rdf+xml"
    )
}

/// The reader of one such page; it is given UTF-8.
#[derive(Debug)]
pub(super) struct XmlPage {
    reading: As,
    xml: Xml,
    listing: Listing,
}

#[derive(Debug)]
enum As {
    /// This has come, and is looked at when it is so long.
    Undecided(Vec<u8>, usize),
    Html,
    Listing,
}

impl XmlPage {
    pub(super) fn new(url: &CanonicalUrl) -> Self {
        let reading = As::Undecided(Vec::new(), FIRST_LOOK);
        Self { reading, xml: Xml::new(), listing: Listing::new(url) }
    }

    /// Takes the next bytes.
    pub(super) fn feed(&mut self, utf8: &[u8], html: &mut Tokenizer, harvest: &mut Harvest) {
        match &mut self.reading {
            As::Html => html.feed(utf8, harvest),
            As::Listing => {
                let found = |found, url: &str| harvest.listed(kind(found), url);
                self.xml.feed(utf8, &mut Reading { listing: &mut self.listing, found });
            }
            As::Undecided(held, look) => {
                held.extend_from_slice(utf8);
                if held.len() >= *look {
                    *look = held.len().saturating_mul(2).min(LOOK);
                    self.decide(false, html, harvest);
                }
            }
        }
    }

    /// Ends the page. What the tokenizer holds is the caller's to end.
    pub(super) fn finish(&mut self, html: &mut Tokenizer, harvest: &mut Harvest) {
        self.decide(true, html, harvest);
        let found = |found, url: &str| harvest.listed(kind(found), url);
        self.xml.finish(&mut Reading { listing: &mut self.listing, found });
    }

    /// Decides by what has come, if it can or must.
    fn decide(&mut self, last: bool, html: &mut Tokenizer, harvest: &mut Harvest) {
        let As::Undecided(held, _) = &mut self.reading else { return };
        let root = is_html(held.get(..LOOK).unwrap_or(held));
        if root.is_none() && !last && held.len() < LOOK {
            return;
        }
        let held = std::mem::take(held);
        self.reading = if root == Some(true) { As::Html } else { As::Listing };
        self.feed(&held, html, harvest);
    }
}

fn kind(found: Found) -> LinkKind {
    match found {
        Found::Page | Found::Sitemap => LinkKind::Sitemap,
        Found::Item => LinkKind::Feed,
    }
}

/// Is the first element `html`? `None` when it has not come.
fn is_html(head: &[u8]) -> Option<bool> {
    let mut root = Root(None);
    Xml::new().feed(head, &mut root);
    root.0
}

struct Root(Option<bool>);

impl Sink for Root {
    fn start(&mut self, name: Name<'_>, _attributes: Attributes<'_>, _empty: bool) {
        self.0.get_or_insert_with(|| name.local.eq_ignore_ascii_case(b"html"));
    }

    fn end(&mut self, _name: Name<'_>) {}

    fn text(&mut self, _text: &[u8]) {}

    fn verbatim(&mut self, _text: &[u8]) {}
}
