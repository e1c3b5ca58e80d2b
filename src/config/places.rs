//! Where in the file a fault is: a fault begins with its key, and the file is searched for it.

use std::fs;
use std::path::Path;

use config::{Config, Value, ValueKind};
use toml::de::{DeTable, DeValue};

use super::ConfigError;

/// The same faults with file, line and column before those that the file is to blame for. What came
/// from elsewhere says so itself, or is an option of the command.
pub(super) fn name(path: &Path, config: &Config, error: ConfigError) -> ConfigError {
    let text = fs::read_to_string(path).unwrap_or_default();
    let Ok(document) = DeTable::parse(&text) else { return error };
    let file = path.to_string_lossy();
    let named = |fault: String| match origin(&config.cache, &fault) {
        Origin::Option => fault,
        Origin::Environment => format!("in the environment: {fault}"),
        Origin::File => match offset(document.get_ref(), &fault) {
            Some(at) => {
                let (line, column) = position(&text, at);
                format!("{file}:{line}:{column}: {fault}")
            }
            None => format!("{file}: {fault}"),
        },
    };
    ConfigError { errors: error.errors.into_iter().map(named).collect() }
}

/// What the reader of variables calls itself.
const ENVIRONMENT: &str = "the environment";

/// Where a value comes from; what is missing is missing in the file.
enum Origin {
    Option,
    Environment,
    File,
}

fn origin(value: &Value, fault: &str) -> Origin {
    if let ValueKind::Table(table) = &value.kind {
        let keys = table.iter().map(|(key, value)| (key.as_str(), value));
        return match longest(keys, fault) {
            Some((inner, rest)) => origin(inner, rest),
            None => Origin::File,
        };
    }
    match value.origin() {
        None => Origin::Option,
        Some(ENVIRONMENT) => Origin::Environment,
        Some(_) => Origin::File,
    }
}

/// Where the key stands that the fault begins with, or the last section on the way to it.
fn offset(table: &DeTable<'_>, fault: &str) -> Option<usize> {
    let keys = table.iter().map(|(key, value)| (key.get_ref().as_ref(), (key.span().start, value)));
    let ((at, value), rest) = longest(keys, fault)?;
    match value.get_ref() {
        DeValue::Table(inner) => offset(inner, rest).or(Some(at)),
        _ => Some(at),
    }
}

/// The longest of these keys that the fault begins with, and what follows it.
fn longest<'k, 'f, V>(
    keys: impl Iterator<Item = (&'k str, V)>,
    fault: &'f str,
) -> Option<(V, &'f str)> {
    let fits = keys.filter_map(|(key, value)| {
        let rest = fault.strip_prefix(key)?;
        let ends = rest.starts_with(['.', ':', '[']);
        ends.then(|| (key.len(), (value, rest.trim_start_matches('.'))))
    });
    fits.max_by_key(|(length, _)| *length).map(|(_, found)| found)
}

/// Line and column, from 1.
fn position(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or(text);
    let line = before.rsplit('\n').next().unwrap_or_default();
    (before.matches('\n').count() + 1, line.chars().count() + 1)
}
