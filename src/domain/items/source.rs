//! What the items of a job are read from.

use scraper::{ElementRef, Html};
use serde_json::Value;
use serde_json_path::JsonPath;

use super::compile::{Compiler, Ways};
use super::css::Css;
use super::field::{Place, Scene};
use super::json_ld;
use super::microdata::Microdata;
use super::property;
use super::reading::MOST_ITEMS;
use super::spec::ItemsSpec;

/// Where items are.
#[derive(Debug, Clone)]
pub(super) enum Source {
    /// Elements of HTML.
    Css(Css),
    /// Values of JSON.
    Json(JsonPath),
    /// JSON-LD of this type.
    Linked(String),
    /// Microdata of this type.
    Micro(String),
}

impl Source {
    /// Reads what is configured, with the ways by which its fields are found.
    pub(super) fn new(spec: &ItemsSpec, compiler: &mut Compiler) -> (Option<Self>, Ways) {
        match spec.source.as_deref().unwrap_or("css") {
            "css" => (Self::css(spec, compiler), Ways::Css),
            "json" => (Self::json(spec, compiler), Ways::Path),
            "json_ld" => (kind(spec, compiler).map(Self::Linked), Ways::Property),
            "microdata" => (kind(spec, compiler).map(Self::Micro), Ways::Property),
            other => {
                let problem = format!("{other:?} is none of css, json, json_ld and microdata");
                compiler.wrong("source", problem);
                (None, Ways::Css)
            }
        }
    }

    fn css(spec: &ItemsSpec, compiler: &mut Compiler) -> Option<Self> {
        no_type(spec, compiler);
        let Some(item) = &spec.item else {
            compiler.wrong("item", "say what an item is: a CSS selector such as \"div.offer\"");
            return None;
        };
        compiler.css("item", item).map(Self::Css)
    }

    fn json(spec: &ItemsSpec, compiler: &mut Compiler) -> Option<Self> {
        no_type(spec, compiler);
        let Some(item) = &spec.item else {
            compiler.wrong("item", "say what an item is: a JSON path such as \"$.offers[*]\"");
            return None;
        };
        compiler.path("item", item).map(Self::Json)
    }

    /// May its fields be left out, so that each property is one?
    pub(super) fn has_names(&self) -> bool {
        !matches!(self, Self::Css(_))
    }
}

fn no_type(spec: &ItemsSpec, compiler: &mut Compiler) {
    if spec.kind.is_some() {
        compiler.wrong("type", "only the sources json_ld and microdata have types");
    }
}

fn kind(spec: &ItemsSpec, compiler: &mut Compiler) -> Option<String> {
    if spec.item.is_some() {
        compiler.wrong("item", "items of this source are told by their type; take item out");
    }
    let kind = spec.kind.as_ref().filter(|kind| !kind.trim().is_empty());
    if kind.is_none() {
        compiler.wrong("type", "say which items: a type such as \"Product\"");
    }
    kind.map(|kind| kind.trim().to_owned())
}

/// The elements that are items: one more than is taken tells that there are more.
pub(super) fn elements<'a>(
    css: &Css,
    root: ElementRef<'a>,
    html: &'a Html,
    scene: &mut Scene,
) -> Vec<Place<'a>> {
    let Some(selector) = &css.selector else { return vec![Place::Element(root, 0)] };
    let nodes = html.tree.values().len();
    if !scene.work.steps(css.cost(nodes, scene.far)) {
        return Vec::new();
    }
    let itself = Some(root).filter(|root| selector.matches(root));
    let found = itself.into_iter().chain(root.select(selector));
    found.take(MOST_ITEMS + 1).map(|item| Place::Element(item, 0)).collect()
}

/// The items of a type that the page states in its own data, and how many blocks are broken.
pub(super) fn stated(
    source: &Source,
    root: ElementRef<'_>,
    html: &Html,
    scene: &mut Scene,
) -> (Vec<Value>, usize) {
    match source {
        Source::Linked(kind) => {
            let (blocks, broken) = json_ld::blocks(html);
            (property::of_type(&blocks, kind).into_iter().cloned().collect(), broken)
        }
        Source::Micro(kind) => {
            (Microdata::new(root, &scene.base, &mut scene.work).items(Some(kind)), 0)
        }
        _ => (Vec::new(), 0),
    }
}
