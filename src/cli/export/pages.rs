//! The tables `pages` and `failures`: every URL with what became of it.

use super::table::{Sink, Table, in_batches, named};
use crate::cli::error::CommandError;
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

/// The URLs of a job.
pub(super) struct Pages {
    pub(super) job: JobRow,
    /// Only those that failed?
    pub(super) failed: bool,
}

impl Table for Pages {
    fn columns(&self) -> Vec<String> {
        named(&COLUMNS)
    }

    fn rows(&self, store: &Store, sink: &mut Sink<'_>) -> Result<(), CommandError> {
        each_page(store, &self.job, self.failed, |page| sink(&cells(&self.job, page)))
    }
}

/// Gives every URL of the job, by age.
pub(super) fn each_page(
    store: &Store,
    job: &JobRow,
    failed: bool,
    each: impl FnMut(&PageRecord) -> std::io::Result<()>,
) -> Result<(), CommandError> {
    let read = |after: Option<i64>, limit| {
        let after = after.unwrap_or(0);
        if failed {
            store.failures_after(job.id, after, limit)
        } else {
            store.pages_after(job.id, after, limit)
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
