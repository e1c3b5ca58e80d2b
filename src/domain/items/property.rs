//! Properties of JSON-LD and microdata, both as JSON.

use serde_json::{Map, Value};

/// Most properties of an item that is taken whole.
const MOST: usize = 1_000;

/// All values at a dotted name, lists taken apart.
pub(super) fn find<'a>(item: &'a Value, names: &[String]) -> Vec<&'a Value> {
    let mut found = apart(item);
    for name in names {
        found = found.into_iter().filter_map(|value| value.get(name)).flat_map(apart).collect();
    }
    found
}

fn apart(value: &Value) -> Vec<&Value> {
    match value {
        Value::Null => Vec::new(),
        Value::Array(values) => values.iter().filter(|value| !value.is_null()).collect(),
        other => vec![other],
    }
}

/// The objects of a type, however deep they are; those within one of them are part of it.
pub(super) fn of_type<'a>(blocks: &'a [Value], kind: &str) -> Vec<&'a Value> {
    let mut found = Vec::new();
    for block in blocks {
        search(block, kind, &mut found);
    }
    found
}

fn search<'a>(value: &'a Value, kind: &str, found: &mut Vec<&'a Value>) {
    match value {
        Value::Array(values) => values.iter().for_each(|value| search(value, kind, found)),
        Value::Object(object) if is_of(object, kind) => found.push(value),
        Value::Object(object) => object.values().for_each(|value| search(value, kind, found)),
        _ => {}
    }
}

fn is_of(object: &Map<String, Value>, kind: &str) -> bool {
    let types = object.get("@type").map(apart).unwrap_or_default();
    types.into_iter().filter_map(Value::as_str).any(|name| is_type(name, kind))
}

/// Is this the type, in full (`https://schema.org/Product`) or by its name?
pub(super) fn is_type(name: &str, kind: &str) -> bool {
    let last = |name: &str| name.rsplit(['/', '#', ':']).next().unwrap_or_default().to_owned();
    name == kind || last(name) == last(kind)
}

/// The objects that stand for themselves: those of lists and of `@graph`.
pub(super) fn top(blocks: Vec<Value>) -> Vec<Value> {
    let mut found = Vec::new();
    for block in blocks {
        match block {
            Value::Array(values) => found.extend(top(values)),
            Value::Object(mut object) => match object.remove("@graph") {
                Some(graph @ Value::Array(_)) => found.extend(top(vec![graph])),
                _ => found.push(Value::Object(object)),
            },
            _ => {}
        }
    }
    found
}

/// Every property of an item with a dotted name, in the order of the alphabet. A list of several
/// objects stays a list.
pub(super) fn flat(item: &Value) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    flatten("", item, &mut found);
    found
}

fn flatten(name: &str, value: &Value, found: &mut Vec<(String, Value)>) {
    match value {
        _ if found.len() >= MOST => {}
        Value::Null => {}
        Value::Object(object) => {
            if let Some(value) = object.get("@value") {
                return flatten(name, value, found);
            }
            for (key, value) in object.iter().filter(|(key, _)| !is_about(key)) {
                let dot = if name.is_empty() { "" } else { "." };
                flatten(&format!("{name}{dot}{key}"), value, found);
            }
        }
        Value::Array(values) => match values.as_slice() {
            [one] => flatten(name, one, found),
            _ => found.push((name.to_owned(), value.clone())),
        },
        plain => found.push((name.to_owned(), plain.clone())),
    }
}

/// Does this key tell of the data and not of the item?
fn is_about(key: &str) -> bool {
    matches!(key, "@context" | "@type" | "@graph")
}
