//! What an element says: its text as people see it, its markup, its attributes.

use ego_tree::iter::Edge;
use scraper::{ElementRef, Node};

use super::super::extract::parts_words;
use super::css::Part;
use super::rule::Parse;

/// What is read of an element, which `parse` says when the selector does not; `None` when it has no
/// such attribute.
pub(super) fn read(element: ElementRef<'_>, part: &Part, parse: Option<Parse>) -> Option<String> {
    match part {
        Part::Html => Some(element.inner_html()),
        Part::Attribute(name) => element.attr(name).map(str::to_owned),
        Part::Default if parse == Some(Parse::Html) => Some(element.inner_html()),
        Part::Default if parse == Some(Parse::Url) => {
            let holder = holder(element.value().name());
            holder
                .and_then(|name| element.attr(name))
                .map(str::to_owned)
                .or_else(|| holder.is_none().then(|| text(element)))
        }
        Part::Text | Part::Default => Some(text(element)),
    }
}

/// The attribute that holds an element's URL.
fn holder(name: &str) -> Option<&'static str> {
    match name {
        "a" | "area" | "link" | "base" => Some("href"),
        "img" | "source" | "iframe" | "embed" | "audio" | "video" | "script" => Some("src"),
        "form" => Some("action"),
        "object" => Some("data"),
        "meta" => Some("content"),
        _ => None,
    }
}

/// The text, with a line's end where an element starts or ends a line, without scripts, styles
/// and templates within it.
pub(super) fn text(element: ElementRef<'_>) -> String {
    let mut text = String::new();
    let mut unseen = None;
    for edge in element.traverse() {
        match edge {
            Edge::Open(node) => match node.value() {
                Node::Text(piece) if unseen.is_none() => text.push_str(piece),
                Node::Element(inner) if unseen.is_none() => {
                    let hidden = matches!(inner.name(), "script" | "style" | "template");
                    if hidden && node != *element {
                        unseen = Some(node.id());
                    } else if parts_words(inner.name()) {
                        text.push('\n');
                    }
                }
                _ => {}
            },
            Edge::Close(node) => {
                if unseen == Some(node.id()) {
                    unseen = None;
                } else if unseen.is_none()
                    && node.value().as_element().is_some_and(|inner| parts_words(inner.name()))
                {
                    text.push('\n');
                }
            }
        }
    }
    text
}
