//! What differs between the options that a job had and those that it is given.

use serde_json::Value;

use super::PrepareError;
use crate::domain::job::JobSpec;

/// What is a kind's own is told key by key.
const KINDS: [&str; 3] = ["suggest", "fetch", "scrape"];

/// The options that differ, as `name old -> new`.
pub(super) fn between(old: &JobSpec, new: &JobSpec) -> Result<Vec<String>, PrepareError> {
    let value = |spec| serde_json::to_value(spec).map_err(|e| PrepareError::Spec(e.to_string()));
    let mut changes = Vec::new();
    compare("", &value(old)?, &value(new)?, &mut changes);
    Ok(changes)
}

fn compare(name: &str, old: &Value, new: &Value, changes: &mut Vec<String>) {
    if old == new {
        return;
    }
    if name == "headers" || name.ends_with(".request") {
        // They may be secrets.
        return changes.push(name.to_owned());
    }
    let kind = name.split('.').next().unwrap_or_default();
    let inner = name.is_empty() || KINDS.contains(&kind);
    if let Some((old, new)) = parts(old).zip(parts(new)).filter(|_| inner) {
        let gone = old.iter().filter(|(key, _)| !new.iter().any(|(other, _)| other == key));
        let gone = gone.map(|(key, value)| (*key, *value, &Value::Null));
        let before = |key: &str| old.iter().find(|(other, _)| *other == key).map(|(_, old)| *old);
        let there = new.iter().map(|(key, new)| (*key, before(key).unwrap_or(&Value::Null), *new));
        for (key, old, new) in there.chain(gone) {
            let whole = if name.is_empty() { key.to_owned() } else { format!("{name}.{key}") };
            compare(&whole, old, new, changes);
        }
        return;
    }
    match (old, new) {
        (Value::Null, new) if inner && parts(new).is_some() => {
            return changes.push(format!("{name} added"));
        }
        (old, Value::Null) if inner && parts(old).is_some() => {
            return changes.push(format!("{name} gone"));
        }
        _ => {}
    }
    let before = if old.is_null() { "-".to_owned() } else { old.to_string() };
    changes.push(format!("{name} {before} -> {new}"));
}

/// What has parts of its own, by name: an object, or a list of objects that have names.
fn parts(value: &Value) -> Option<Vec<(&str, &Value)>> {
    match value {
        Value::Object(parts) => {
            Some(parts.iter().map(|(key, value)| (key.as_str(), value)).collect())
        }
        Value::Array(list) => {
            list.iter().map(|value| Some((value.get("name")?.as_str()?, value))).collect()
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::harvest::ResultSpec;
    use crate::domain::job::SuggestSpec;

    #[test]
    fn what_is_a_kinds_own_is_told_key_by_key_and_no_header_is_shown() {
        let own = |alphabet: &str| {
            let mut own = SuggestSpec { alphabet: alphabet.to_owned(), ..SuggestSpec::default() };
            own.request.headers = vec![("X-Key".to_owned(), alphabet.to_owned())];
            own
        };
        let spec = |alphabet: &str, delay_ms| JobSpec {
            headers: vec![("X-Other".to_owned(), alphabet.to_owned())],
            suggest: Some(own(alphabet)),
            max_pages: Some(delay_ms),
            delay_ms,
            ..JobSpec::default()
        };
        let changes = between(&spec("a-z", 5), &spec("0-9", 7)).unwrap();
        let expected = [
            "delay_ms 5 -> 7",
            "headers",
            "max_pages 5 -> 7",
            "suggest.alphabet \"a-z\" -> \"0-9\"",
            "suggest.request",
        ];
        assert_eq!(changes, expected);
        assert!(between(&spec("a", 1), &spec("a", 1)).unwrap().is_empty());
    }

    #[test]
    fn rules_of_reading_are_told_by_name_and_never_as_a_whole() {
        let kind = |(name, path): &(&str, &str)| ResultSpec {
            name: (*name).to_owned(),
            path: (*path).to_owned(),
            ..ResultSpec::default()
        };
        let spec = |kinds: &[(&str, &str)]| JobSpec {
            suggest: Some(SuggestSpec {
                results: kinds.iter().map(kind).collect(),
                ..SuggestSpec::default()
            }),
            ..JobSpec::default()
        };
        let changes =
            between(&spec(&[("a", "$.a"), ("b", "$.b")]), &spec(&[("c", "$.c"), ("a", "$.d")]));
        let expected = [
            "suggest.results.c added",
            "suggest.results.a.path \"$.a\" -> \"$.d\"",
            "suggest.results.b gone",
        ];
        assert_eq!(changes.unwrap(), expected);
    }
}
