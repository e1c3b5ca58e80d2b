//! Microdata (WHATWG HTML, chapter 5) as JSON like that of JSON-LD: `@type`, `@id`, and a value or
//! a list of values for each property.
//!
//! A `content` attribute counts on every element, not on `meta` alone: most pages write prices so.

use std::collections::{HashMap, HashSet};

use scraper::{ElementRef, Html};
use serde_json::{Map, Value};

use super::base::Base;
use super::element::text;
use super::property::is_type;
use super::rule::folded;
use super::work::Work;

/// Deepest nesting of items within items.
const DEEPEST: usize = 16;

/// Reads the items of one document.
pub(super) struct Microdata<'a, 'w> {
    root: ElementRef<'a>,
    base: &'w Base,
    work: &'w mut Work,
    /// The first element with each id, when there are references to them.
    ids: HashMap<&'a str, ElementRef<'a>>,
}

impl<'a, 'w> Microdata<'a, 'w> {
    pub(super) fn new(root: ElementRef<'a>, base: &'w Base, work: &'w mut Work) -> Self {
        let mut ids = HashMap::new();
        let elements = || root.descendent_elements();
        if elements().any(|element| element.attr("itemref").is_some()) {
            for element in elements() {
                if let Some(id) = element.value().id() {
                    ids.entry(id).or_insert(element);
                }
            }
        }
        Self { root, base, work, ids }
    }

    /// The items of a type, or without one those that are no property of another; those within one
    /// of them are part of it.
    pub(super) fn items(mut self, kind: Option<&str>) -> Vec<Value> {
        let mut found = Vec::new();
        let mut open = vec![self.root];
        while let Some(element) = open.pop() {
            if !self.work.steps(1) {
                break;
            }
            if element.attr("itemscope").is_some() && wanted(element, kind) {
                found.push(self.item(element, 0));
            } else {
                open.extend(children(element));
            }
        }
        found
    }

    fn item(&mut self, element: ElementRef<'a>, depth: usize) -> Value {
        let mut object = Map::new();
        let types: Vec<&str> = words(element.attr("itemtype")).collect();
        if let [first, rest @ ..] = types.as_slice() {
            let types = if rest.is_empty() { Value::from(*first) } else { types.into() };
            object.insert("@type".to_owned(), types);
        }
        if let Some(id) = element.attr("itemid") {
            object.insert("@id".to_owned(), id.trim().into());
        }
        let referred: Vec<_> =
            words(element.attr("itemref")).filter_map(|id| self.ids.get(id).copied()).collect();
        let mut seen = HashSet::from([element.id()]);
        let mut open: Vec<_> = referred.into_iter().rev().chain(children(element)).collect();
        while let Some(inner) = open.pop() {
            if !self.work.steps(1) {
                break;
            }
            if !seen.insert(inner.id()) {
                continue;
            }
            let names: Vec<&str> = words(inner.attr("itemprop")).collect();
            let scope = inner.attr("itemscope").is_some();
            if !names.is_empty() {
                let value = if scope { self.inner(inner, depth) } else { self.value(inner) };
                for name in names {
                    add(&mut object, name, value.clone());
                }
            }
            if !scope {
                open.extend(children(inner));
            }
        }
        Value::Object(object)
    }

    fn inner(&mut self, element: ElementRef<'a>, depth: usize) -> Value {
        if depth < DEEPEST { self.item(element, depth + 1) } else { Value::Null }
    }

    fn value(&mut self, element: ElementRef<'a>) -> Value {
        let url = |name: &str| {
            let given = element.attr(name).unwrap_or_default();
            self.base.absolute(given).unwrap_or_else(|| given.trim().to_owned())
        };
        let content = element.attr("content").map(|content| content.trim().to_owned());
        let own = || match element.value().name() {
            "audio" | "embed" | "iframe" | "img" | "source" | "track" | "video" => Some(url("src")),
            "a" | "area" | "link" => Some(url("href")),
            "object" => Some(url("data")),
            "data" | "meter" => element.attr("value").map(str::to_owned),
            "time" => element.attr("datetime").map(str::to_owned),
            _ => None,
        };
        let text = content.or_else(own).unwrap_or_else(|| folded(&text(element)));
        self.work.text(text.len());
        text.into()
    }
}

/// The microdata of a page that is no item's property.
pub(super) fn top(html: &Html, base: &Base, work: &mut Work) -> Vec<Value> {
    let root = super::tree::root(html);
    root.map_or_else(Vec::new, |root| Microdata::new(root, base, work).items(None))
}

fn wanted(element: ElementRef<'_>, kind: Option<&str>) -> bool {
    match kind {
        None => true,
        Some(kind) => words(element.attr("itemtype")).any(|name| is_type(name, kind)),
    }
}

fn words(attribute: Option<&str>) -> impl Iterator<Item = &str> {
    attribute.unwrap_or_default().split_ascii_whitespace()
}

/// The last first, for a stack.
fn children(element: ElementRef<'_>) -> impl Iterator<Item = ElementRef<'_>> {
    element.children().rev().filter_map(ElementRef::wrap)
}

/// A second value of a property makes it a list.
fn add(object: &mut Map<String, Value>, name: &str, value: Value) {
    match object.get_mut(name) {
        None => {
            object.insert(name.to_owned(), value);
        }
        Some(Value::Array(values)) => values.push(value),
        Some(first) => *first = Value::Array(vec![first.take(), value]),
    }
}
