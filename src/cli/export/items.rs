//! The table `items`: what the pages of listings hold, a column for each field.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::table::{Sink, Table, in_batches};
use crate::cli::error::CommandError;
use crate::order;
use crate::output::Cell;
use crate::store::{Change, ItemRecord, JobRow, Store};

/// The items of a job.
pub(super) struct Items {
    job: JobRow,
    /// Names of the fields, and of those of the items' own pages; none: all of them in one column.
    fields: Vec<String>,
    /// Only what is new, changed or gone in the last pass?
    since: bool,
}

impl Items {
    /// The items of a job that scrapes.
    pub(super) fn new(job: JobRow, since: bool) -> Result<Self, CommandError> {
        let spec = order::read_spec(&job)?;
        let Some(scrape) = spec.scrape else {
            let message = format!("job '{}' is a {}: only scrape gives items", job.name, job.kind);
            return Err(CommandError::usage(message));
        };
        let fields = scrape.columns();
        Ok(Self { job, fields, since })
    }

    fn cells<'r>(&'r self, item: &'r ItemRecord) -> Vec<Cell<'r>> {
        let mut cells = vec![
            Cell::text(&self.job.name),
            Cell::text(&item.page),
            Cell::Int(item.ordinal.into()),
        ];
        let now = merged(&item.fields, item.detail.as_deref());
        if self.since {
            cells.push(Cell::text(item.change.name()));
            cells.push(Cell::Text(changed(item, &now).into()));
        }
        if self.fields.is_empty() {
            cells.push(Cell::Json(Value::Object(now).to_string().into()));
        } else {
            cells.extend(self.fields.iter().map(|name| cell(now.get(name))));
        }
        cells
    }
}

/// The fields that were others before, by name.
fn changed(item: &ItemRecord, now: &Map<String, Value>) -> String {
    if item.change != Change::Changed {
        return String::new();
    }
    let (listed, detail) = &item.previous;
    let listed = listed.as_deref().unwrap_or(&item.fields);
    let old = merged(listed, detail.as_deref().or(item.detail.as_deref()));
    let names: BTreeSet<&String> = old.keys().chain(now.keys()).collect();
    let differ = names.into_iter().filter(|name| old.get(*name) != now.get(*name));
    differ.map(String::as_str).collect::<Vec<_>>().join(" ")
}

/// The fields of an item with those of its own page.
fn merged(fields: &str, detail: Option<&str>) -> Map<String, Value> {
    let read = |text: &str| serde_json::from_str::<Map<String, Value>>(text).unwrap_or_default();
    let mut all = read(fields);
    all.extend(detail.map(read).unwrap_or_default());
    all
}

fn cell(value: Option<&Value>) -> Cell<'static> {
    match value {
        None | Some(Value::Null) => Cell::Null,
        Some(Value::Bool(value)) => Cell::Bool(*value),
        Some(Value::String(text)) => Cell::Text(text.clone().into()),
        Some(other) => Cell::Json(other.to_string().into()),
    }
}

impl Table for Items {
    fn columns(&self) -> Vec<String> {
        let mut columns = vec!["job", "page", "ordinal"];
        if self.since {
            columns.extend(["change", "changed_fields"]);
        }
        if self.fields.is_empty() {
            columns.push("fields");
        }
        columns.into_iter().map(str::to_owned).chain(self.fields.iter().cloned()).collect()
    }

    fn rows(&self, store: &Store, sink: &mut Sink<'_>) -> Result<(), CommandError> {
        let read = |after, limit| store.items_after(self.job.id, after, limit, self.since);
        in_batches(read, |item: &ItemRecord| item.at, |item| sink(&self.cells(item)))
    }
}
