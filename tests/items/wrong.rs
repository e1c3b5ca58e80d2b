//! What is wrong in a configuration is said before anything is asked.

use crawld::domain::items::ItemReader;
use serde_json::{Value, json};

use crate::shared::spec;

fn errors(text: Value) -> Vec<String> {
    let errors = ItemReader::new(&spec(text)).unwrap_err();
    let errors: Vec<_> = errors.iter().map(ToString::to_string).collect();
    assert!(errors.iter().all(|error| !error.contains('\n')), "{errors:?}");
    errors
}

#[test]
fn every_error_is_reported_at_once_and_names_its_key() {
    let found = errors(json!({
        "item": "div[",
        "locale": "xx",
        "fields": [
            ["a", "h2["],
            ["b", {"css": "p", "parse": "money"}],
            ["c", {"css": "p", "regex": "("}],
            ["d", {"path": "$.x"}],
            ["e", {"css": "p", "path": "$"}],
            ["f", {"css": "p", "parse": "date", "format": "%d"}],
            ["f", {"css": "p", "parse": "number", "decimal": "ab"}],
            ["g", {"css": "p", "required": true, "default": 1}],
            ["h", {"css": "p", "replace": "x"}],
            ["i", {"css": "p", "parse": "exists", "list": true}],
            ["j", {"css": "p", "fields": [["k", "::x"]]}],
            ["l", {}],
            ["price", {"css": "p", "parse": "price"}],
            ["price_currency", "p"],
            ["m", {"css": "p", "format": "%Y"}],
            ["n", {"css": "p", "decimal": ",", "group": ","}],
        ],
        "key": ["a", "nothing"],
        "detail": "nobody",
        "detail_fields": [["area", {"css": "b", "regex": "["}], ["price", "i"]],
        "next": "a..b@href",
    }));
    let keys: Vec<_> = found.iter().map(|error| error.split(": ").next().unwrap()).collect();
    for key in [
        "item",
        "locale",
        "fields.a.css",
        "fields.b.parse",
        "fields.c.regex",
        "fields.d",
        "fields.e",
        "fields.f.format",
        "fields.f",
        "fields.f.decimal",
        "fields.g.default",
        "fields.h.replace",
        "fields.i",
        "fields.j.fields.k.css",
        "fields.l",
        "fields.price_currency",
        "fields.m.format",
        "fields.n.group",
        "key",
        "detail",
        "detail_fields.area.regex",
        "detail_fields.price",
        "next",
    ] {
        assert!(keys.contains(&key), "{key}: {found:#?}");
    }
    assert_eq!(keys.len(), 23, "each once: {found:#?}");
}

#[test]
fn a_source_says_what_it_needs() {
    let first = |text| errors(text).remove(0);
    let path = json!([["a", {"path": "$.a"}]]);
    for (text, problem) in [
        (json!({"fields": [["a", "b"]]}), "item: say what an item is: a CSS selector"),
        (json!({"item": "li"}), "fields: give at least one field"),
        (json!({"source": "xml"}), "source: \"xml\" is none of css, json, json_ld and microdata"),
        (json!({"source": "json", "fields": path}), "item: say what an item is: a JSON path"),
        (json!({"source": "json", "item": "li", "fields": path}), "item: \"li\" is no JSON path"),
        (json!({"source": "json", "item": "$", "next": "a"}), "next: \"a\" is no JSON path"),
        (json!({"source": "json", "item": "$", "fields": [["a", "b"]]}), "fields.a: say where"),
        (json!({"source": "json_ld"}), "type: say which items: a type such as \"Product\""),
        (json!({"source": "json_ld", "type": "X", "item": "y"}), "item: items of this source"),
        (json!({"item": "li", "type": "X", "fields": [["a", "b"]]}), "type: only the sources"),
        (
            json!({"source": "microdata", "type": "X", "fields": [["a", "b"]]}),
            "fields.a: say where",
        ),
        (json!({"item": "li", "fields": [["", "b"]]}), "fields.: a field needs a name"),
        (json!({"item": "li", "fields": [["a", "b"]], "detail_fields": [["c", "d"]]}), "detail: "),
    ] {
        let found = first(text);
        assert!(found.starts_with(problem), "{found}");
    }
}
