//! The tree of an HTML document, of bounded depth and size.
//!
//! The tree builder's time grows with the number of open elements for each tag, it can make many
//! elements of one tag, and it compares each attribute of a tag with all others. So the document
//! goes in by small pieces, and after each the tree is measured: nothing that a document can hold
//! gets further than one piece beyond a bound.

use ego_tree::iter::Edge;
use html5ever::driver::{ParseOpts, parse_document};
use html5ever::tendril::{StrTendril, TendrilSink};
use html5ever::tree_builder::TreeBuilderOpts;
use scraper::{ElementRef, Html, HtmlTreeSink, Node};

use super::reading::Refusal;

/// Deepest nesting of elements, give or take those of one piece.
pub const DEEPEST: usize = 512;
/// Most nodes: elements, texts, comments.
pub const MOST_NODES: usize = 400_000;
/// So many bytes go in between two looks.
const PIECE: usize = 1024;
/// Most comparisons of attributes with each other, about a third of a second.
const MOST_COMPARED: usize = 1_000_000_000;

/// The tree of a document.
///
/// # Errors
/// When it is deeper or larger than is taken.
pub(super) fn parse(text: &str) -> Result<Html, Refusal> {
    // What stands in `noscript` is content to a reader that runs no scripts.
    let tree_builder = TreeBuilderOpts { scripting_enabled: false, ..TreeBuilderOpts::default() };
    let options = ParseOpts { tree_builder, ..ParseOpts::default() };
    let mut parser = parse_document(HtmlTreeSink::new(Html::new_document()), options);
    let (mut rest, mut progress) = (text, Progress::default());
    while !rest.is_empty() {
        let (piece, after) = rest.split_at(rest.floor_char_boundary(PIECE));
        parser.process(StrTendril::from_slice(piece));
        rest = after;
        let html = parser.tokenizer.sink.sink.0.borrow();
        measure(&html)?;
        progress.add(piece, &html)?;
    }
    let html = parser.finish();
    measure(&html)?;
    Ok(html)
}

fn measure(html: &Html) -> Result<(), Refusal> {
    let nodes = html.tree.nodes();
    if nodes.len() > MOST_NODES {
        return Err(Refusal::Large);
    }
    // Further back than a piece can reach nothing is new.
    let last = nodes.rev().take(PIECE).find(|node| node.value().is_element());
    let depth = last.map_or(0, |last| last.ancestors().take(DEEPEST + 1).count());
    if depth > DEEPEST { Err(Refusal::Deep) } else { Ok(()) }
}

/// While the tree does not grow, what goes in may be the attributes of one tag, and then each is
/// compared with all before it; or it is a long comment or value, whose words count alike.
#[derive(Debug, Default)]
struct Progress {
    /// Nodes, and bytes of the last one.
    grown: (usize, usize),
    /// Words since it last grew.
    words: usize,
    compared: usize,
}

impl Progress {
    fn add(&mut self, piece: &str, html: &Html) -> Result<(), Refusal> {
        let last = html.tree.values().next_back().and_then(Node::as_text);
        let grown = (html.tree.values().len(), last.map_or(0, |text| text.len()));
        if grown != self.grown {
            self.grown = grown;
            self.words = 0;
            return Ok(());
        }
        let before = self.words;
        self.words += words(piece);
        let compared = self.words.saturating_mul(self.words) - before.saturating_mul(before);
        self.compared = self.compared.saturating_add(compared);
        if self.compared > MOST_COMPARED { Err(Refusal::Attributes) } else { Ok(()) }
    }
}

/// No more attributes than so many begin in a piece of text.
fn words(piece: &str) -> usize {
    let parts = |b: u8| b.is_ascii_whitespace() || matches!(b, b'/' | b'"' | b'\'');
    let mut between = true;
    let mut words = 0;
    for byte in piece.bytes() {
        words += usize::from(between && !parts(byte));
        between = parts(byte);
    }
    words
}

/// The root element of a document.
pub(super) fn root(html: &Html) -> Option<ElementRef<'_>> {
    html.tree.root().children().find_map(ElementRef::wrap)
}

/// The value of the first `<base href>`.
pub(super) fn base(html: &Html) -> Option<&str> {
    let elements = html.tree.values().filter_map(scraper::Node::as_element);
    elements.filter(|element| element.name() == "base").find_map(|element| element.attr("href"))
}

/// The most children that an element has, or the deepest nesting if that is more: what a selector
/// that looks at siblings or inside costs for one element, at most.
pub(super) fn far(html: &Html) -> usize {
    let widths = html.tree.nodes().map(|node| node.children().count());
    let (mut depth, mut deepest) = (0_usize, 0);
    for edge in html.tree.root().traverse() {
        match edge {
            Edge::Open(_) => depth += 1,
            Edge::Close(_) => depth = depth.saturating_sub(1),
        }
        deepest = deepest.max(depth);
    }
    widths.max().unwrap_or(0).max(deepest)
}
