//! The blocks of JSON-LD in a document.

use scraper::{ElementRef, Html};
use serde_json::Value;

use super::super::harvest::check_shape;

/// The blocks in the document's order, and how many are no JSON, too deep or too large.
pub(super) fn blocks(html: &Html) -> (Vec<Value>, usize) {
    let (mut blocks, mut broken) = (Vec::new(), 0);
    let scripts = html.tree.nodes().filter_map(ElementRef::wrap).filter(is_block);
    for script in scripts {
        let text: String = script.text().collect();
        match parse(&text) {
            Some(Value::Null) => {}
            Some(value) => blocks.push(value),
            None => broken += 1,
        }
    }
    (blocks, broken)
}

fn is_block(element: &ElementRef<'_>) -> bool {
    let kind = || element.attr("type").and_then(|kind| kind.split(';').next());
    element.value().name() == "script"
        && kind().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/ld+json"))
}

/// What opens and closes the comments that some wrap a block into, as scripts once were:
/// `/*<![CDATA[*/ ... /*]]>*/`, `<!-- ... -->`. No JSON begins or ends so.
const WRAPPERS: [&str; 9] = ["<!--", "-->", "<![CDATA[", "]]>", "//", "/*", "*/", "<!", ">"];

/// Nothing at all is null.
fn parse(text: &str) -> Option<Value> {
    let text = unwrapped(text);
    if text.is_empty() {
        return Some(Value::Null);
    }
    check_shape(text).ok()?;
    serde_json::from_str(text).ok()
}

fn unwrapped(text: &str) -> &str {
    let mut text = text.trim();
    while let Some(less) = WRAPPERS
        .iter()
        .find_map(|mark| text.strip_prefix(mark).or_else(|| text.strip_suffix(mark)).map(str::trim))
    {
        text = less;
    }
    text
}
