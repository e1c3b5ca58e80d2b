//! Where in the files a fault is: a fault begins with its key, and the files are searched for it.

use std::path::Path;

use config::{Config, Value, ValueKind};
use toml::de::{DeTable, DeValue};

use super::files::{Document, FOLDER};

/// The same fault with file, line and column before it, if a file is to blame. What came from
/// elsewhere says so itself, or is an option of the command.
pub(super) fn name(documents: &[Document], config: &Config, fault: &str) -> String {
    match origin(&config.cache, fault) {
        Origin::Option => fault.to_owned(),
        Origin::Environment => format!("in the environment: {fault}"),
        Origin::File => match place(documents, fault) {
            Some(place) => format!("{place}: {fault}"),
            None => fault.to_owned(),
        },
    }
}

/// The place that knows most of the key that the fault begins with: of two such the later one, which
/// is the one that holds. What no file knows is missing in the first.
fn place(documents: &[Document], fault: &str) -> Option<String> {
    let found = documents.iter().filter_map(|document| {
        let (depth, at) = offset(document.table()?.get_ref(), fault)?;
        Some((depth, document.place(at)))
    });
    let best = found.max_by_key(|(depth, _)| *depth).map(|(_, place)| place);
    best.or_else(|| documents.first().map(|document| document.name.clone()))
}

/// What sorts faults as the files are read: by file, line and column. What is in no file comes last.
pub(super) fn order(first: Option<&Path>, fault: &str) -> (u8, String, usize, usize) {
    let after = |name: String| fault.strip_prefix(&name);
    let further = |path: &Path| format!("{}/", path.with_file_name(FOLDER).display());
    let place = |rest: &str| {
        let mut numbers = rest.split(':').map_while(|part| part.parse().ok());
        (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0))
    };
    if let Some(rest) = first.and_then(|path| after(format!("{}:", path.display()))) {
        let (line, column) = place(rest);
        return (0, String::new(), line, column);
    }
    match first.and_then(|path| after(further(path))).and_then(|rest| rest.split_once(".toml:")) {
        Some((name, rest)) => {
            let (line, column) = place(rest);
            (1, format!("{name}.toml"), line, column)
        }
        None => (2, String::new(), 0, 0),
    }
}

/// Was this value read in a file?
pub(super) fn is_of_file(value: &Value) -> bool {
    value.origin().is_some_and(|origin| origin != ENVIRONMENT)
}

/// What the reader of variables calls itself.
const ENVIRONMENT: &str = "the environment";

/// Is all that stands here from the environment?
fn is_of_environment(value: &Value) -> bool {
    match &value.kind {
        ValueKind::Table(table) => !table.is_empty() && table.values().all(is_of_environment),
        _ => value.origin() == Some(ENVIRONMENT),
    }
}

/// Where a value comes from; what is missing is missing in a file, but in a section that only the
/// environment has.
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
            // What is missing here, or wrong with all of it.
            None if is_of_environment(value) => Origin::Environment,
            None => Origin::File,
        };
    }
    match value.origin() {
        None => Origin::Option,
        Some(ENVIRONMENT) => Origin::Environment,
        Some(_) => Origin::File,
    }
}

/// Where the key stands that the fault begins with, or the last section on the way to it, and how
/// many sections lead there.
fn offset(table: &DeTable<'_>, fault: &str) -> Option<(usize, usize)> {
    let keys = table.iter().map(|(key, value)| (key.get_ref().as_ref(), (key.span().start, value)));
    let ((at, value), rest) = longest(keys, fault)?;
    let inner = match value.get_ref() {
        DeValue::Table(inner) => offset(inner, rest),
        _ => None,
    };
    Some(inner.map_or((1, at), |(depth, at)| (depth + 1, at)))
}

/// The longest of these keys that the fault begins with, and what follows it.
fn longest<'k, 'f, V>(
    keys: impl Iterator<Item = (&'k str, V)>,
    fault: &'f str,
) -> Option<(V, &'f str)> {
    let fits = keys.filter_map(|(key, value)| {
        let rest = fault.strip_prefix(key)?;
        let ends = rest.starts_with(['.', ':', '[']);
        ends.then(|| (key.len(), (value, rest.strip_prefix('.').unwrap_or(rest))))
    });
    fits.max_by_key(|(length, _)| *length).map(|(_, found)| found)
}
