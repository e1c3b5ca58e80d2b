//! The table `suggestions`: every tip with every query that showed it.

use super::table::{Sink, Table, in_batches, named};
use crate::cli::error::CommandError;
use crate::domain::job::COLUMNS;
use crate::order::read_spec;
use crate::output::Cell;
use crate::store::{JobRow, Store, SuggestionRecord};

/// The tips of a job.
pub(super) struct Suggestions {
    job: JobRow,
    /// Names of the fields that its kinds of result have.
    fields: Vec<String>,
    /// Only those that no earlier pass had found?
    new: bool,
}

impl Suggestions {
    /// The tips of this job.
    ///
    /// # Errors
    /// 2 when it is no job that has tips, or its specification cannot be read.
    pub(super) fn new(job: JobRow, new: bool) -> Result<Self, CommandError> {
        let spec = read_spec(&job)?;
        let Some(own) = spec.suggest else {
            let message = format!("job '{}' is a {}: it has no suggestions", job.name, job.kind);
            return Err(CommandError::usage(message));
        };
        let mut fields: Vec<String> = Vec::new();
        for field in own.results.into_iter().flat_map(|result| result.fields) {
            if !fields.contains(&field.name) {
                fields.push(field.name);
            }
        }
        Ok(Self { job, fields, new })
    }

    fn cells<'r>(&'r self, tip: &'r SuggestionRecord) -> Vec<Cell<'r>> {
        let mut cells = vec![
            Cell::text(&self.job.name),
            Cell::text(&tip.result),
            Cell::text(&tip.query),
            Cell::Int(tip.rank.into()),
            Cell::text(&tip.text),
        ];
        let field = |name| Cell::maybe(tip.fields.get(name).map(String::as_str));
        cells.extend(self.fields.iter().map(field));
        cells
    }
}

impl Table for Suggestions {
    fn columns(&self) -> Vec<String> {
        let mut columns = named(&COLUMNS);
        columns.extend(self.fields.iter().cloned());
        columns
    }

    fn rows(&self, store: &Store, sink: &mut Sink<'_>) -> Result<(), CommandError> {
        let read = |after, limit| store.suggestions_after(self.job.id, after, limit);
        let place = |tip: &SuggestionRecord| tip.at;
        in_batches(read, place, |tip| {
            if self.new && tip.first_pass != self.job.pass {
                return Ok(());
            }
            sink(&self.cells(tip))
        })
    }
}
