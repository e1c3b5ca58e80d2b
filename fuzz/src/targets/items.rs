//! Input: a byte that chooses what items are read from, then the body. Each item has the configured
//! fields and no other, numbers are numbers, URLs are absolute, and twice gives the same.

use std::sync::OnceLock;

use serde_json::{Value, json};

use crate::domain::items::{FieldSpec, ItemReader, ItemsSpec, MOST_ITEMS};
use crate::domain::url::CanonicalUrl;

fn field(name: &str, parse: &str, way: &str, place: &str) -> FieldSpec {
    let spec = json!({"name": name, "parse": parse, way: place});
    serde_json::from_value(spec).unwrap()
}

fn fields(way: &str, places: [&str; 4]) -> Vec<FieldSpec> {
    let [number, price, date, url] = places;
    vec![
        field("number", "number", way, number),
        field("price", "price", way, price),
        field("date", "date", way, date),
        field("url", "url", way, url),
    ]
}

/// A reader of each source, and one that takes every property.
fn readers() -> &'static [ItemReader; 5] {
    static READERS: OnceLock<[ItemReader; 5]> = OnceLock::new();
    READERS.get_or_init(|| {
        let typed = |source: &str, way: &str, fields| ItemsSpec {
            source: Some(source.to_owned()),
            kind: (way == "property").then(|| "Product".to_owned()),
            fields,
            ..ItemsSpec::default()
        };
        let properties = fields("property", ["n", "offers.price", "date", "url"]);
        let paths = fields("path", ["$.n", "$.price", "$.date", "$..url"]);
        let css = fields("css", ["b", ":scope", "time ~ i", "a"]);
        let specs = [
            ItemsSpec { item: Some("li, div > p".to_owned()), ..typed("css", "", css) },
            ItemsSpec { item: Some("$[*]".to_owned()), ..typed("json", "", paths) },
            typed("json_ld", "property", properties.clone()),
            typed("microdata", "property", properties),
            typed("microdata", "property", Vec::new()),
        ];
        specs.map(|spec| ItemReader::new(&spec).unwrap())
    })
}

pub(crate) fn run(data: &[u8]) {
    let Some((choice, body)) = data.split_first() else { return };
    let Some(reader) = readers().get(usize::from(choice % 5)) else { return };
    let url = CanonicalUrl::parse("https://shop.example.org/list?page=1").unwrap();
    let Ok(reading) = reader.read_bytes(&url, None, body) else { return };
    assert!(reading.items.len() <= MOST_ITEMS);
    let columns = reader.columns();
    for item in &reading.items {
        let names: Vec<_> = item.fields.iter().map(|(name, _)| name.clone()).collect();
        assert!(columns.is_empty() || names == columns, "{names:?}");
        for (name, value) in item.fields.iter().filter(|_| !columns.is_empty()) {
            let well = match (name.as_str(), value) {
                (_, Value::Null) | ("number" | "price", Value::Number(_)) => true,
                ("date", Value::String(date)) => date.len() >= 10,
                ("url", Value::String(url)) => url.contains(':'),
                ("price_currency", Value::String(sign)) => !sign.is_empty(),
                _ => false,
            };
            assert!(well, "{name}: {value}");
        }
    }
    assert_eq!(reader.read_bytes(&url, None, body), Ok(reading));
}
