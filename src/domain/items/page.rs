//! What is told of a whole page: where the next one is, and whether there is one.

use scraper::ElementRef;
use serde_json::Value;
use serde_json_path::JsonPath;

use super::super::url::CanonicalUrl;
use super::base::Base;
use super::compile::Compiler;
use super::css::Css;
use super::element;
use super::rule::Parse;

/// A place on a page.
#[derive(Debug, Clone)]
pub(super) enum Spot {
    Css(Css),
    Path(JsonPath),
}

impl Spot {
    /// Reads what is configured; `json`: pages are JSON.
    pub(super) fn new(
        key: &str,
        text: Option<&String>,
        json: bool,
        compiler: &mut Compiler,
    ) -> Option<Self> {
        let text = text?;
        if json {
            compiler.path(key, text).map(Self::Path)
        } else {
            compiler.css(key, text).map(Self::Css)
        }
    }

    /// The page that the first reference found leads to.
    pub(super) fn page(&self, whole: Whole<'_>, base: &Base) -> Option<CanonicalUrl> {
        let reference = match (self, whole) {
            (Self::Path(path), Whole::Json(value)) => {
                path.query(value).first()?.as_str().map(str::to_owned)
            }
            (Self::Css(css), Whole::Html(root)) => link(css, root),
            _ => None,
        };
        base.page(&reference?)
    }

    /// Is there something, neither null nor false?
    pub(super) fn exists(&self, whole: Whole<'_>) -> bool {
        match (self, whole) {
            (Self::Path(path), Whole::Json(value)) => {
                path.query(value).iter().any(|v| !matches!(v, Value::Null | Value::Bool(false)))
            }
            (Self::Css(css), Whole::Html(root)) => css.first(root).is_some(),
            _ => false,
        }
    }
}

/// A page.
#[derive(Debug, Clone, Copy)]
pub(super) enum Whole<'a> {
    Html(ElementRef<'a>),
    Json(&'a Value),
}

/// The reference of the first element that has one.
fn link(css: &Css, root: ElementRef<'_>) -> Option<String> {
    let read = |found| element::read(found, &css.part, Some(Parse::Url));
    match &css.selector {
        None => read(root),
        Some(selector) => root.select(selector).find_map(read),
    }
}
