//! The tables `pages` and `failures`: every URL with what became of it.

use super::table::{Sink, Table, in_batches, named};
use crate::cli::error::CommandError;
use crate::cli::report::asks_for_pages;
use crate::domain::outcome::UrlState;
use crate::output::Cell;
use crate::store::{JobRow, PageRecord, Store};

const COLUMNS: [&str; 19] = [
    "job",
    "url",
    "state",
    "status",
    "redirect_to",
    "reason",
    "content_type",
    "charset",
    "bytes",
    "depth",
    "referrer",
    "tries",
    "links",
    "new_links",
    "title",
    "digest",
    "fetched_at",
    "elapsed_ms",
    "duplicate_of",
];

/// Which URLs of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Which {
    All,
    Failed,
    /// Those that its last pass found new, changed or gone, with a column that says so.
    Changed,
}

/// The URLs of a job.
pub(super) struct Pages {
    pub(super) job: JobRow,
    pub(super) which: Which,
}

impl Pages {
    /// What the last pass of a job that asks for pages found to be another.
    pub(super) fn since(job: JobRow) -> Result<Self, CommandError> {
        if asks_for_pages(&job) {
            return Ok(Self { job, which: Which::Changed });
        }
        let message = format!(
            "job '{}' is a {}: --since shows pages of crawl and fetch, items of scrape",
            job.name, job.kind
        );
        Err(CommandError::usage(message))
    }
}

impl Table for Pages {
    fn columns(&self) -> Vec<String> {
        let change = (self.which == Which::Changed).then(|| "change".to_owned());
        named(&COLUMNS).into_iter().chain(change).collect()
    }

    fn rows(&self, store: &Store, sink: &mut Sink<'_>) -> Result<(), CommandError> {
        each_page(store, &self.job, self.which, |page| {
            let mut cells = cells(&self.job, page).to_vec();
            if self.which == Which::Changed {
                cells.push(Cell::text(page.change.name()));
            }
            sink(&cells)
        })
    }
}

/// Gives every URL of the job, by age.
pub(super) fn each_page(
    store: &Store,
    job: &JobRow,
    which: Which,
    each: impl FnMut(&PageRecord) -> std::io::Result<()>,
) -> Result<(), CommandError> {
    let read = |after: Option<i64>, limit| {
        let after = after.unwrap_or(0);
        match which {
            Which::All => store.pages_after(job.id, after, limit),
            Which::Failed => store.failures_after(job.id, after, limit),
            Which::Changed => store.changes_after(job, after, limit),
        }
    };
    in_batches(read, |page| page.id, each)
}

fn cells<'r>(job: &'r JobRow, page: &'r PageRecord) -> [Cell<'r>; 19] {
    // A URL that is to be asked again is queued, whatever its last result.
    let state = if page.due_at.is_some() { UrlState::Queued } else { page.state };
    [
        Cell::text(&job.name),
        Cell::text(&page.url),
        Cell::text(state.name()),
        Cell::number(page.status),
        Cell::maybe(page.redirect_to.as_deref()),
        Cell::maybe(page.reason.as_deref()),
        Cell::maybe(page.content_type.as_deref()),
        Cell::maybe(page.charset.as_deref()),
        Cell::number(page.bytes),
        Cell::Int(page.depth.into()),
        Cell::maybe(page.referrer.as_deref()),
        Cell::Int(page.tries.into()),
        Cell::number(page.links),
        Cell::number(page.new_links),
        Cell::maybe(page.title.as_deref()),
        Cell::digest(page.digest.as_deref()),
        Cell::time(page.fetched_at),
        Cell::number(page.elapsed_ms),
        Cell::maybe(page.duplicate_of.as_deref()),
    ]
}
