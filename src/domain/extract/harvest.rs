//! What is gathered from a document: links with their words, title, directives.

use encoding_rs::Encoding;

use super::PageOptions;
use super::attributes::Attributes;
use super::fields::{self, Directives, Rel, refresh_url};
use super::links::Links;
use super::reference::attribute;
use super::srcset;
use super::tag::Tag;
use super::tokenizer::Sink;
use super::words::Words;
use crate::domain::link::{LinkKind, Outlink};
use crate::domain::url::CanonicalUrl;

/// Longest title, and words of a link, in characters; and the raw bytes kept of each.
const TITLE: (usize, usize) = (500, 4096);
const LINK_TEXT: (usize, usize) = (200, 2048);
/// A page with scripts, no links and less visible text (bytes without white space) needs JavaScript.
const LITTLE_TEXT: usize = 300;

/// Whose words are being collected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Listening {
    No,
    Title,
    Link(usize),
}

/// The findings of one page so far.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "independent facts, not states of a machine")]
pub(super) struct Harvest {
    options: PageOptions,
    links: Links,
    directives: Directives,
    title: Option<String>,
    title_seen: bool,
    listening: Listening,
    words: Words,
    /// Open `template` elements: what they hold is not part of the page.
    inert: u32,
    in_noscript: bool,
    scripts: bool,
    /// Was there a link that a visitor can follow?
    ways_on: bool,
    visible: usize,
}

/// The findings of one page.
pub(super) struct Yield {
    pub(super) title: Option<String>,
    pub(super) outlinks: Vec<Outlink>,
    pub(super) links_cut: bool,
    pub(super) directives: Directives,
    pub(super) looks_scripted: bool,
}

impl Harvest {
    /// Nothing found yet on the page at `url`.
    pub(super) fn new(url: &CanonicalUrl, options: &PageOptions) -> Self {
        Self {
            options: options.clone(),
            links: Links::new(url, options.max_links),
            directives: Directives::default(),
            title: None,
            title_seen: false,
            listening: Listening::No,
            words: Words::default(),
            inert: 0,
            in_noscript: false,
            scripts: false,
            ways_on: false,
            visible: 0,
        }
    }

    /// The document's charset.
    pub(super) fn set_charset(&mut self, charset: &'static Encoding) {
        self.links.set_charset(charset);
    }

    /// Reads a response header; `name` is lower case.
    pub(super) fn header(&mut self, name: &str, value: &str) {
        match name {
            "link" => {
                for (reference, rel) in fields::links(value) {
                    if let Some(kind) = rel.kind {
                        self.links.add_header(kind, reference, rel.nofollow);
                    }
                }
            }
            "refresh" => {
                if let Some(url) = refresh_url(value) {
                    self.ways_on |= !url.is_empty();
                    self.links.add_header(LinkKind::Refresh, url, false);
                }
            }
            "x-robots-tag" => self.directives.add_header(value, &self.options.robots_agent),
            _ => {}
        }
    }

    /// Bytes of memory held, about.
    pub(super) fn held(&self) -> usize {
        self.links.held()
    }

    /// Ends the page.
    pub(super) fn finish(mut self) -> Yield {
        self.stop_listening();
        let (outlinks, links_cut) = self.links.finish();
        Yield {
            title: self.title,
            outlinks,
            links_cut,
            directives: self.directives,
            looks_scripted: self.scripts && !self.ways_on && self.visible < LITTLE_TEXT,
        }
    }

    /// Something that a feed or a sitemap lists.
    pub(super) fn listed(&mut self, kind: LinkKind, reference: &str) {
        self.ways_on = true;
        self.links.add(kind, reference, false);
    }

    fn way_on(&mut self, kind: LinkKind, raw: Option<&[u8]>, nofollow: bool) -> Option<usize> {
        let place = self.links.add(kind, &attribute(raw?), nofollow)?;
        self.ways_on |= !self.in_noscript;
        Some(place)
    }

    fn anchor(&mut self, kind: LinkKind, attributes: Attributes<'_>) {
        let [href, rel, xlink] = attributes.pick(["href", "rel", "xlink:href"]);
        let nofollow = rel.is_some_and(|rel| Rel::parse(&attribute(rel)).nofollow);
        let place = self.way_on(kind, href.or(xlink), nofollow);
        if kind == LinkKind::A {
            self.stop_listening();
            if let Some(place) =
                place.filter(|&at| self.options.link_text && self.links.is_wordless(at))
            {
                self.listening = Listening::Link(place);
            }
        }
    }

    fn link(&mut self, attributes: Attributes<'_>) {
        if let [Some(href), Some(rel)] = attributes.pick(["href", "rel"]) {
            let rel = Rel::parse(&attribute(rel));
            if let Some(kind) = rel.kind {
                self.ways_on |= kind == LinkKind::Next && !self.in_noscript;
                self.links.add_head(kind, &attribute(href), rel.nofollow);
            }
        }
    }

    fn meta(&mut self, attributes: Attributes<'_>) {
        let [name, equiv, content] = attributes.pick(["name", "http-equiv", "content"]);
        let Some(content) = content else {
            return;
        };
        if let Some(name) = name {
            let name = attribute(name);
            let name = name.trim();
            if name.eq_ignore_ascii_case("robots")
                || name.eq_ignore_ascii_case(&self.options.robots_agent)
            {
                self.directives.add_meta(&attribute(content));
            }
        }
        if equiv.is_some_and(|equiv| equiv.eq_ignore_ascii_case(b"refresh"))
            && let Some(url) = refresh_url(&attribute(content))
        {
            self.ways_on |= !url.is_empty() && !self.in_noscript;
            self.links.add_head(LinkKind::Refresh, url, false);
        }
    }

    fn image(&mut self, attributes: Attributes<'_>) {
        let [src, srcset] = attributes.pick(["src", "srcset"]);
        if let Some(src) = src {
            self.links.add(LinkKind::Image, &attribute(src), false);
        }
        if let Some(srcset) = srcset {
            for url in srcset::urls(&attribute(srcset)) {
                self.links.add(LinkKind::Image, url, false);
            }
        }
    }

    fn template(&mut self, attributes: Attributes<'_>) {
        // A declarative shadow root is shown as it stands.
        let [shadow] = attributes.pick(["shadowrootmode"]);
        if self.inert > 0 || shadow.is_none() {
            self.inert = self.inert.saturating_add(1);
        }
    }

    fn stop_listening(&mut self) {
        match self.listening {
            Listening::No => {}
            Listening::Title => self.title = self.words.take(TITLE.0),
            Listening::Link(place) => self.links.set_text(place, self.words.take(LINK_TEXT.0)),
        }
        self.listening = Listening::No;
    }
}

impl Sink for Harvest {
    fn reads(&self, tag: Tag) -> bool {
        match tag {
            Tag::A
            | Tag::Area
            | Tag::Base
            | Tag::Frame
            | Tag::Iframe
            | Tag::Link
            | Tag::Meta
            | Tag::Template => true,
            Tag::Img | Tag::Source => self.options.assets,
            _ => false,
        }
    }

    fn start(&mut self, tag: Tag, attributes: Attributes<'_>, foreign: bool) {
        match tag {
            Tag::Script => self.scripts = true,
            Tag::Noscript => self.in_noscript = true,
            Tag::Template => self.template(attributes),
            Tag::Block => self.words.space(),
            _ if self.inert > 0 => {}
            Tag::A => self.anchor(LinkKind::A, attributes),
            Tag::Area => self.anchor(LinkKind::Area, attributes),
            Tag::Link => self.link(attributes),
            Tag::Meta => self.meta(attributes),
            Tag::Base => {
                if let [Some(href)] = attributes.pick(["href"]) {
                    self.links.set_base(&attribute(href));
                }
            }
            Tag::Frame => {
                let [src] = attributes.pick(["src"]);
                self.way_on(LinkKind::Frame, src, false);
            }
            Tag::Iframe => {
                if let [Some(src)] = attributes.pick(["src"]) {
                    self.links.add(LinkKind::Iframe, &attribute(src), false);
                }
            }
            Tag::Img | Tag::Source if self.options.assets => self.image(attributes),
            Tag::Title if !foreign && !self.title_seen => {
                self.stop_listening();
                self.title_seen = true;
                self.listening = Listening::Title;
            }
            _ => {}
        }
    }

    fn end(&mut self, tag: Tag) {
        match tag {
            Tag::Template => self.inert = self.inert.saturating_sub(1),
            Tag::Noscript => self.in_noscript = false,
            Tag::Block => self.words.space(),
            Tag::A if matches!(self.listening, Listening::Link(_)) => self.stop_listening(),
            Tag::Title if self.listening == Listening::Title => self.stop_listening(),
            _ => {}
        }
    }

    fn text(&mut self, text: &[u8]) {
        match self.listening {
            Listening::Title => return self.words.push(text, TITLE.1),
            Listening::Link(_) => self.words.push(text, LINK_TEXT.1),
            Listening::No => {}
        }
        if self.visible < LITTLE_TEXT && !self.in_noscript && self.inert == 0 {
            self.visible += text.iter().filter(|b| !b.is_ascii_whitespace()).count();
        }
    }
}
