//! Specifications in short form, and readings.

use crawld::domain::items::{FieldSpec, ItemReader, ItemsSpec, Reading};
use crawld::domain::url::CanonicalUrl;
use serde_json::{Map, Value};

/// A specification as people write it; a field may be a selector alone.
pub(crate) fn spec(text: Value) -> ItemsSpec {
    let mut text = text;
    for key in ["fields", "detail_fields"] {
        if let Some(fields) = text.get_mut(key) {
            *fields = listed(fields);
        }
    }
    serde_json::from_value(text).unwrap()
}

fn listed(fields: &Value) -> Value {
    let field = |pair: &Value| {
        let [name, spec] = pair.as_array().unwrap().as_slice() else { panic!("{pair}") };
        let mut field = match spec {
            Value::String(css) => serde_json::to_value(FieldSpec::css("", css)).unwrap(),
            spec => spec.clone(),
        };
        field["name"] = name.clone();
        if let Some(inner) = field.get("fields").filter(|inner| inner[0].is_array()) {
            field["fields"] = listed(inner);
        }
        field
    };
    fields.as_array().unwrap().iter().map(field).collect()
}

pub(crate) fn reader(text: Value) -> ItemReader {
    ItemReader::new(&spec(text)).unwrap_or_else(|errors| panic!("{errors:?}"))
}

pub(crate) fn url(text: &str) -> CanonicalUrl {
    CanonicalUrl::parse(text).unwrap()
}

/// The items of a page at `http://shop.test/list/`, as objects.
pub(crate) fn read(reader: &ItemReader, page: &str) -> (Vec<Value>, Reading) {
    let reading = reader.read(&url("http://shop.test/list/"), Some("text/html"), page).unwrap();
    (objects(&reading), reading)
}

pub(crate) fn objects(reading: &Reading) -> Vec<Value> {
    let object =
        |fields: &[(String, Value)]| Value::Object(fields.iter().cloned().collect::<Map<_, _>>());
    reading.items.iter().map(|item| object(&item.fields)).collect()
}

/// `field: missing/unread` of each field that has any.
pub(crate) fn tallies(reading: &Reading) -> Vec<String> {
    let counted = reading.tallies.iter().filter(|tally| tally.missing + tally.unread > 0);
    counted.map(|tally| format!("{} {}/{}", tally.field, tally.missing, tally.unread)).collect()
}
