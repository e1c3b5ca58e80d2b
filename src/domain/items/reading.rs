//! What was read from a document, and why one was not read.

use std::fmt;

use serde_json::Value;

use super::super::harvest::ShapeError;
use super::super::url::CanonicalUrl;

/// Most items of one document.
pub const MOST_ITEMS: usize = 10_000;
/// Most bytes of text that the items of one document come to.
pub const MOST_TEXT: usize = 16 << 20;

/// An item.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Item {
    /// Its fields, in the configured order. One that is missing is null.
    pub fields: Vec<(String, Value)>,
    /// The values of the key fields as a JSON array; `None` without a key, or when all are null.
    pub key: Option<String>,
    /// Its own page.
    pub detail: Option<CanonicalUrl>,
}

impl Item {
    /// The value of a field.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.fields.iter().find(|(field, _)| field == name).map(|(_, value)| value)
    }
}

/// How a field fared on one document.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FieldTally {
    /// Its name; a nested one's with a dot, `seller.name`; one of a detail page alike.
    pub field: String,
    /// Nothing was found for it.
    pub missing: usize,
    /// Something was found that is no number, date, URL, or is not what its regex asks for.
    pub unread: usize,
    /// The first of those, cut short.
    pub sample: Option<String>,
}

/// What ended the reading of a document before its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// [`MOST_ITEMS`].
    Items,
    /// [`MOST_TEXT`].
    Text,
    /// Finding the elements took too many steps.
    Work,
}

impl fmt::Display for Cut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Items => write!(f, "more than {MOST_ITEMS} items"),
            Self::Text => write!(f, "items of more than {MOST_TEXT} bytes"),
            Self::Work => f.write_str("the selectors take too many steps on it"),
        }
    }
}

/// What a document holds.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Reading {
    /// The items, in the order of the document.
    pub items: Vec<Item>,
    /// One for each field, in the configured order.
    pub tallies: Vec<FieldTally>,
    /// Items left out because a required field had no value.
    pub dropped: usize,
    /// Blocks of JSON-LD that are no JSON.
    pub broken: usize,
    /// Not all was read.
    pub cut: Option<Cut>,
    /// The next page, if the document leads to one.
    pub next: Option<CanonicalUrl>,
    /// Does it hold what says that there is a next page? `None` when nothing is configured.
    pub more: Option<bool>,
}

/// Why a document gives no items at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// Its media type is not what the items are read from.
    Type(String),
    /// Elements nested too deep.
    Deep,
    /// Too many elements.
    Large,
    /// An element with too many attributes.
    Attributes,
    /// JSON too deep or too large to be parsed.
    Shape(ShapeError),
    /// No JSON; what the parser said.
    Json(String),
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Type(essence) => write!(f, "no items are read from {essence}"),
            Self::Deep => f.write_str("elements nested too deep"),
            Self::Large => f.write_str("too many elements"),
            Self::Attributes => f.write_str("an element with too many attributes"),
            Self::Shape(error) => error.fmt(f),
            Self::Json(error) => write!(f, "no JSON: {error}"),
        }
    }
}

impl std::error::Error for Refusal {}
