//! Values as TOML has them.

use std::time::Duration;

use config::{Value, ValueKind};
use serde_json::Value as Json;

/// A span of time, from milliseconds.
pub(super) fn span(ms: i64) -> String {
    let span = Duration::from_millis(ms.max(0).unsigned_abs());
    quoted(&humantime::format_duration(span).to_string().replace(' ', ""))
}

/// A size in the largest unit that says it exactly.
pub(super) fn size(bytes: u64) -> String {
    let units = [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
    let fit = units.iter().find(|(unit, _)| bytes > 0 && bytes.is_multiple_of(*unit));
    let (unit, name) = fit.copied().unwrap_or((1, ""));
    quoted(&format!("{}{name}", bytes / unit))
}

/// A text in quotes. JSON's are those of TOML but for one character.
pub(super) fn quoted(text: &str) -> String {
    Json::from(text).to_string().replace('\u{7f}', "\\u007F")
}

/// The name of a key or section, in quotes if it needs them.
pub(super) fn key(name: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    if !name.is_empty() && name.chars().all(bare) { name.to_owned() } else { quoted(name) }
}

/// A list of texts.
pub(super) fn texts(each: impl IntoIterator<Item = String>) -> String {
    list(each.into_iter().map(|text| quoted(&text)))
}

/// A list of values.
pub(super) fn list(each: impl IntoIterator<Item = String>) -> String {
    format!("[{}]", each.into_iter().collect::<Vec<_>>().join(", "))
}

/// A table of values.
pub(super) fn table(each: impl IntoIterator<Item = (String, String)>) -> String {
    let parts: Vec<String> =
        each.into_iter().map(|(name, value)| format!("{} = {value}", key(&name))).collect();
    if parts.is_empty() { "{}".to_owned() } else { format!("{{ {} }}", parts.join(", ")) }
}

/// A value that was read.
pub(super) fn value(value: &Value) -> String {
    let inner = self::value;
    match &value.kind {
        ValueKind::Array(items) => list(items.iter().map(inner)),
        ValueKind::Table(items) => {
            table(items.iter().map(|(key, item)| (key.clone(), inner(item))))
        }
        ValueKind::String(text) => quoted(text),
        other => other.to_string(),
    }
}

/// A value as the specification of a job holds it: what has no value is left out, and what has names
/// is a table.
pub(super) fn json(value: &Json) -> String {
    match value {
        Json::Object(keys) => table(fields(keys)),
        Json::Array(items) => {
            let named: Option<Vec<_>> = items.iter().map(named).collect();
            match named.filter(|named| !named.is_empty()) {
                Some(named) => table(named),
                None => list(items.iter().map(json)),
            }
        }
        Json::String(text) => quoted(text),
        other => other.to_string(),
    }
}

/// The keys of an object that have a value.
pub(super) fn fields(keys: &serde_json::Map<String, Json>) -> Vec<(String, String)> {
    let mut fields = Vec::new();
    for (key, value) in keys {
        match (key.as_str(), value) {
            (_, Json::Null) => {}
            (_, Json::Array(items)) if items.is_empty() => {}
            // What is done to a text stands beside where it is.
            ("cleaning", Json::Object(cleaning)) => fields.extend(self::fields(cleaning)),
            ("text", Json::Object(keys)) => fields.push((key.clone(), table(nameless(keys)))),
            ("default", value) => fields.push((key.clone(), plain(value))),
            _ => fields.push((key.clone(), json(value))),
        }
    }
    fields
}

/// The fields of what has a name elsewhere.
fn nameless(keys: &serde_json::Map<String, Json>) -> Vec<(String, String)> {
    let mut fields = fields(keys);
    fields.retain(|(key, _)| key != "name");
    fields
}

/// A name with its value: `["X", "1"]`, or an object with a name.
fn named(item: &Json) -> Option<(String, String)> {
    match item {
        Json::Object(keys) => Some((keys.get("name")?.as_str()?.to_owned(), table(nameless(keys)))),
        Json::Array(pair) => match pair.as_slice() {
            [Json::String(name), Json::String(value)] => Some((name.clone(), quoted(value))),
            _ => None,
        },
        _ => None,
    }
}

/// A value of the operator's own.
fn plain(value: &Json) -> String {
    match value {
        Json::Object(keys) => table(keys.iter().map(|(key, value)| (key.clone(), plain(value)))),
        Json::Array(items) => list(items.iter().map(plain)),
        other => json(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_told_exactly_in_the_largest_unit() {
        for (bytes, told) in [(0, "0"), (1, "1"), (10 << 20, "10MiB"), (1025, "1025")] {
            assert_eq!(size(bytes), format!("\"{told}\""));
        }
    }

    #[test]
    fn names_and_texts_are_read_as_they_were() {
        for text in ["a.example", "", "a\"b\\c\n\u{7f}\u{1}", "ключ"] {
            let line = format!("{} = {}", key(text), quoted(text));
            let read: toml::Table = line.parse().unwrap();
            assert_eq!(read[text].as_str(), Some(text), "{line}");
        }
        assert_eq!(key("max-2_b"), "max-2_b");
    }
}
