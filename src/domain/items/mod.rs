//! Items taken from documents: HTML by CSS selectors, JSON by paths. Pure.
//!
//! [`ItemReader`] is made of an [`ItemsSpec`], which names every key that is wrong; it gives a
//! [`Reading`] of a document. A value that is missing is null and counted. However a document was
//! made, reading it takes time and memory in proportion to its length, up to the bounds of
//! `tree` and `reading`; what is beyond them is said.

mod base;
mod compile;
mod css;
mod currency;
mod date;
mod default;
mod detail;
mod document;
mod element;
mod field;
mod json_ld;
mod locale;
mod microdata;
mod months;
mod number;
mod page;
mod picker;
mod property;
mod reader;
mod reading;
mod rule;
mod source;
mod spec;
mod tree;
mod work;

pub use detail::{Detail, DetailReader};
pub(in crate::domain) use picker::{PickError, Picker};
pub use reader::ItemReader;
pub use reading::{Cut, FieldTally, Item, MOST_ITEMS, MOST_TEXT, Reading, Refusal};
pub use spec::{FieldSpec, ItemError, ItemsSpec};
pub use tree::{DEEPEST, MOST_NODES};
