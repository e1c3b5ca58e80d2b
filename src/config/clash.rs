//! What two files of one configuration must not do: give one job, or different values to one key.

use std::collections::HashMap;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::files::Document;

/// A value of a file, and where its key stands.
struct Given<'a> {
    place: String,
    value: &'a DeValue<'a>,
}

/// What has been given so far, by its key, each part apart.
type Seen<'a> = HashMap<Vec<&'a str>, Given<'a>>;

/// A fault for each clash, which names both places.
pub(super) fn between(documents: &[Document]) -> Vec<String> {
    let tables: Vec<_> = documents.iter().map(Document::table).collect();
    let (mut seen, mut faults) = (Seen::new(), Vec::new());
    for (document, table) in documents.iter().zip(&tables) {
        // A file never clashes with itself: TOML has no key twice.
        let mut own = Seen::new();
        if let Some(table) = table {
            gather(document, &mut Vec::new(), table.get_ref(), &mut own);
        }
        let mut own: Vec<_> = own.into_iter().collect();
        own.sort_by(|(one, _), (other, _)| one.cmp(other));
        for (key, given) in own {
            let Some(before) = seen.get(&key) else {
                seen.insert(key, given);
                continue;
            };
            if is_job(&key) {
                let mend = "a job stands in one file";
                faults.push(format!("{}: also in {}; {mend}", told(&given, &key), before.place));
            } else if key.first().is_none_or(|section| *section != "jobs")
                && !same(before.value, given.value)
            {
                let mend = "keep one of them";
                let also = &before.place;
                faults.push(format!("{}: given otherwise in {also}; {mend}", told(&given, &key)));
            }
        }
    }
    faults
}

fn told(given: &Given<'_>, key: &[&str]) -> String {
    format!("{}: {}", given.place, key.join("."))
}

fn is_job(key: &[&str]) -> bool {
    matches!(key, ["jobs", _])
}

/// Every value that is no table, and every job.
fn gather<'a>(
    document: &Document,
    key: &mut Vec<&'a str>,
    table: &'a DeTable<'a>,
    seen: &mut Seen<'a>,
) {
    for (name, value) in table {
        key.push(name.get_ref());
        let given = |value: &'a Spanned<DeValue<'a>>| Given {
            place: document.place(name.span().start),
            value: value.get_ref(),
        };
        match value.get_ref() {
            DeValue::Table(inner) if !is_job(key) => gather(document, key, inner, seen),
            _ => {
                seen.insert(key.clone(), given(value));
            }
        }
        key.pop();
    }
}

/// Do they mean the same, however they are written?
fn same(one: &DeValue<'_>, other: &DeValue<'_>) -> bool {
    match (one, other) {
        (DeValue::Array(one), DeValue::Array(other)) => {
            one.len() == other.len()
                && one.iter().zip(other.iter()).all(|(a, b)| same(a.get_ref(), b.get_ref()))
        }
        (DeValue::Table(one), DeValue::Table(other)) => {
            one.len() == other.len()
                && one.iter().zip(other.iter()).all(|((a, one), (b, other))| {
                    a.get_ref() == b.get_ref() && same(one.get_ref(), other.get_ref())
                })
        }
        (DeValue::String(one), DeValue::String(other)) => one == other,
        (DeValue::Boolean(one), DeValue::Boolean(other)) => one == other,
        (DeValue::Integer(one), DeValue::Integer(other)) => one.to_string() == other.to_string(),
        (DeValue::Float(one), DeValue::Float(other)) => one.to_string() == other.to_string(),
        _ => false,
    }
}
