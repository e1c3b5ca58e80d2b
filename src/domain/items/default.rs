//! Is a field's default what the field gives? It stands in for values, so it has their type.

use serde_json::{Map, Value};
use url::Url;

use super::date::{self, DateRule};
use super::field::{Field, Take};
use super::reader::columns;
use super::rule::Parse;

/// What is wrong with a default, and how to mend it; `None` when it fits.
pub(super) fn wrong(take: &Take, list: bool, default: &Value) -> Option<String> {
    if !list {
        return wrong_value(take, default);
    }
    match default {
        Value::Array(values) => values.iter().find_map(|value| wrong_value(take, value)),
        other => Some(format!("{other} is no list, which the field is; write [{other}]")),
    }
}

fn wrong_value(take: &Take, value: &Value) -> Option<String> {
    match take {
        Take::Item(fields) => match value {
            Value::Object(values) => wrong_item(fields, values),
            other => Some(format!("{other} is no item; write a table of the fields within")),
        },
        Take::Exists => None,
        Take::Value(rule) => match rule.parse {
            Some(parse) => wrong_type(parse, value),
            // JSON as it is may be anything; what a regex takes is text.
            None => rule.regex.as_ref().and_then(|_| wrong_type(Parse::Text, value)),
        },
    }
}

fn wrong_item(fields: &[Field], values: &Map<String, Value>) -> Option<String> {
    let known = columns(fields);
    if let Some(name) = values.keys().find(|name| !known.contains(name)) {
        return Some(format!("there is no field {name} within"));
    }
    fields.iter().find_map(|field| {
        let value = values.get(&field.name).filter(|value| !value.is_null())?;
        wrong(&field.take, field.list, value).map(|problem| format!("{}: {problem}", field.name))
    })
}

fn wrong_type(parse: Parse, value: &Value) -> Option<String> {
    let (fits, what) = match parse {
        Parse::Text | Parse::Html => (value.is_string(), "no text; write it in quotes"),
        Parse::Number | Parse::Price => (value.is_number(), "no number; write one such as 0"),
        Parse::Integer => {
            (value.is_i64() || value.is_u64(), "no whole number; write one such as 0")
        }
        Parse::Date => (value.as_str().is_some_and(is_date), "no date; write \"2026-11-21\""),
        Parse::Url => (
            value.as_str().is_some_and(|text| Url::parse(text).is_ok()),
            "no absolute URL; write one such as \"https://example.org/\"",
        ),
    };
    (!fits).then(|| format!("{value} is {what}"))
}

/// As dates come out.
fn is_date(text: &str) -> bool {
    date::read(text, &DateRule::default()).as_deref() == Some(text)
}
