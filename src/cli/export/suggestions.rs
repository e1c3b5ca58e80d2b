//! The table `suggestions`: every tip with every query that showed it.

use super::table::{Sink, Table, in_batches, named};
use crate::cli::error::CommandError;
use crate::cli::jobs;
use crate::domain::job::COLUMNS;
use crate::output::Cell;
use crate::store::{JobRow, Store, SuggestionRecord};

/// The tips of jobs.
pub(super) struct Suggestions {
    jobs: Vec<JobRow>,
    /// Names of the fields that their kinds of result have.
    fields: Vec<String>,
    /// Only those that no earlier pass had found?
    new: bool,
}

impl Suggestions {
    /// The tips of the job of this name, or of all jobs that harvest.
    ///
    /// # Errors
    /// 2 when there is no job that has tips, or a specification cannot be read.
    pub(super) fn new(store: &Store, name: Option<&str>, new: bool) -> Result<Self, CommandError> {
        let why = "only suggest gives suggestions";
        let harvests = jobs::having(store, name, |spec| spec.suggest, why)?;
        let mut fields: Vec<String> = Vec::new();
        let mut jobs = Vec::with_capacity(harvests.len());
        for (job, own) in harvests {
            jobs.push(job);
            for field in own.results.into_iter().flat_map(|result| result.fields) {
                if !fields.contains(&field.name) {
                    fields.push(field.name);
                }
            }
        }
        Ok(Self { jobs, fields, new })
    }

    fn cells<'r>(&'r self, job: &'r JobRow, tip: &'r SuggestionRecord) -> Vec<Cell<'r>> {
        let mut cells = vec![
            Cell::text(&job.name),
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
        for job in &self.jobs {
            let read = |after, limit| store.suggestions_after(job.id, after, limit);
            let place = |tip: &SuggestionRecord| tip.at;
            in_batches(read, place, |tip| {
                if self.new && tip.first_pass != job.pass {
                    return Ok(());
                }
                sink(&self.cells(job, tip))
            })?;
        }
        Ok(())
    }
}
