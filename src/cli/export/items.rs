//! The table `items`: what the pages of listings hold, a column for each field.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::table::{Sink, Table, in_batches};
use crate::cli::error::CommandError;
use crate::cli::jobs;
use crate::output::Cell;
use crate::store::{Change, ItemRecord, JobRow, Store};

/// The items of jobs.
pub(super) struct Items {
    /// Each with whether its fields are named; else all of them are in one column.
    jobs: Vec<(JobRow, bool)>,
    /// Names of the fields of all of them, and of those of the items' own pages.
    fields: Vec<String>,
    /// Only what is new, changed or gone in the last pass?
    since: bool,
}

impl Items {
    /// The items of the job of this name, or of all jobs that scrape.
    pub(super) fn new(
        store: &Store,
        name: Option<&str>,
        since: bool,
    ) -> Result<Self, CommandError> {
        let scrapes = jobs::having(store, name, |spec| spec.scrape, "only scrape gives items")?;
        let mut fields: Vec<String> = Vec::new();
        let mut jobs = Vec::with_capacity(scrapes.len());
        for (job, scrape) in scrapes {
            let own = scrape.columns();
            jobs.push((job, !own.is_empty()));
            for name in own {
                if !fields.contains(&name) {
                    fields.push(name);
                }
            }
        }
        Ok(Self { jobs, fields, since })
    }

    /// Is there a column for the items whose fields have no names?
    fn has_whole(&self) -> bool {
        self.jobs.iter().any(|(_, named)| !named)
    }

    fn cells<'r>(&'r self, job: &'r JobRow, named: bool, item: &'r ItemRecord) -> Vec<Cell<'r>> {
        let mut cells =
            vec![Cell::text(&job.name), Cell::text(&item.page), Cell::Int(item.ordinal.into())];
        let now = merged(&item.fields, item.detail.as_deref());
        if self.since {
            cells.push(Cell::text(item.change.name()));
            cells.push(Cell::Text(changed(item, &now).into()));
        }
        let of = |name| if named { cell(now.get(name)) } else { Cell::Null };
        let fields: Vec<Cell<'_>> = self.fields.iter().map(of).collect();
        if self.has_whole() {
            let whole = || Cell::Json(Value::Object(now).to_string().into());
            cells.push(if named { Cell::Null } else { whole() });
        }
        cells.extend(fields);
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
        if self.has_whole() {
            columns.push("fields");
        }
        columns.into_iter().map(str::to_owned).chain(self.fields.iter().cloned()).collect()
    }

    fn rows(&self, store: &Store, sink: &mut Sink<'_>) -> Result<(), CommandError> {
        for (job, named) in &self.jobs {
            let read = |after, limit| store.items_after(job.id, after, limit, self.since);
            let place = |item: &ItemRecord| item.at;
            in_batches(read, place, |item| sink(&self.cells(job, *named, item)))?;
        }
        Ok(())
    }
}
