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
    let inner = name.is_empty() || KINDS.contains(&name);
    if let (Value::Object(old), Value::Object(new), true) = (old, new, inner) {
        for (key, value) in new {
            let whole = if name.is_empty() { key.clone() } else { format!("{name}.{key}") };
            compare(&whole, old.get(key).unwrap_or(&Value::Null), value, changes);
        }
        return;
    }
    if name == "headers" || name.ends_with(".request") {
        // They may be secrets.
        return changes.push(name.to_owned());
    }
    let before = if old.is_null() { "-".to_owned() } else { old.to_string() };
    changes.push(format!("{name} {before} -> {new}"));
}

#[cfg(test)]
mod tests {
    use super::*;
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
}
