//! Items as they are configured and stored: nothing is checked here, all of it by
//! [`ItemReader::new`](super::ItemReader::new), which names each key that is wrong.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What is taken from the documents of a job.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ItemsSpec {
    /// `css` (default), `json`, `json_ld` or `microdata`.
    pub source: Option<String>,
    /// What is one item: a CSS selector, for `json` a JSON path.
    pub item: Option<String>,
    /// For `json_ld` and `microdata`: the type of the items, `Product`.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// The fields of an item, in the order in which they come out. `json`, `json_ld` and
    /// `microdata` may go without: then each property is one.
    pub fields: Vec<FieldSpec>,
    /// Fields that tell items apart: two items with the same values are one.
    pub key: Vec<String>,
    /// The field whose value is the URL of the item's own page.
    pub detail: Option<String>,
    /// Fields taken from that page.
    pub detail_fields: Vec<FieldSpec>,
    /// Where the next page is: `a.next@href`, for `json` a JSON path.
    pub next: Option<String>,
    /// What a page holds if there is a next one: a CSS selector, for `json` a JSON path.
    pub more: Option<String>,
    /// How numbers and dates are written where a field does not say.
    pub locale: Option<String>,
    /// Most items taken of a page, the first ones; without it all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_items: Option<usize>,
}

/// A field of an item.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct FieldSpec {
    /// Its name.
    pub name: String,
    /// CSS selector within the item, which may end in `@attribute`, `@text` or `@html`. Empty or
    /// `:scope`: the item itself.
    pub css: Option<String>,
    /// JSON path within the item, which is `$`.
    pub path: Option<String>,
    /// Property of JSON-LD or microdata, `offers.price`.
    pub property: Option<String>,
    /// `text`, `html`, `number`, `integer`, `price`, `date`, `url` or `exists`. Without it:
    /// `url` for `@href` and `@src` without a regex, the value as it is for JSON, else `text`.
    pub parse: Option<String>,
    /// A regex whose first group, or whole match, is kept.
    pub regex: Option<String>,
    /// With it each match is replaced (`$1` is a group) and the rest stays.
    pub replace: Option<String>,
    /// All that is found, not the first alone?
    pub list: bool,
    /// Fields of an item within this one.
    pub fields: Vec<FieldSpec>,
    /// The value when there is none, of the type that the field has.
    pub default: Option<Value>,
    /// Is an item without it left out?
    pub required: bool,
    /// How numbers and dates are written: `en`, `de-CH`, `sr`.
    pub locale: Option<String>,
    /// The mark before a number's fraction.
    pub decimal: Option<String>,
    /// The mark between a number's groups.
    pub group: Option<String>,
    /// How a date is written, in the manner of strftime: `%d.%m.%Y`.
    pub format: Option<String>,
}

impl FieldSpec {
    /// The field of a short form: `title = "h2"`, `url = "a@href"`.
    #[must_use]
    pub fn css(name: &str, css: &str) -> Self {
        Self { name: name.to_owned(), css: Some(css.to_owned()), ..Self::default() }
    }
}

/// Why items cannot be read as configured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemError {
    /// `item`, `fields.price.css`, `detail_fields.area.regex`.
    pub key: String,
    /// What is wrong and how to mend it, in one line.
    pub problem: String,
}

impl ItemError {
    pub(super) fn new(key: &str, problem: impl Into<String>) -> Self {
        Self { key: key.to_owned(), problem: problem.into() }
    }
}

impl fmt::Display for ItemError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.key, self.problem)
    }
}

impl std::error::Error for ItemError {}
