//! The table `links`: of each URL the link that found it, or every link of every page.

use super::pages::{Which, each_page};
use super::table::{Sink, Table, in_batches, named};
use crate::cli::error::CommandError;
use crate::output::Cell;
use crate::store::{JobRow, LinkRecord, PageRecord, Store};

const COLUMNS: [&str; 6] = ["job", "source", "target", "kind", "text", "nofollow"];

/// The links of a job.
pub(super) struct Links {
    pub(super) job: JobRow,
}

impl Table for Links {
    fn columns(&self) -> Vec<String> {
        named(&COLUMNS)
    }

    fn rows(&self, store: &Store, sink: &mut Sink<'_>) -> Result<(), CommandError> {
        let job = &self.job;
        if !keeps_all_links(job) {
            return each_page(store, job, Which::All, |page| match finder(job, page) {
                Some(cells) => sink(&cells),
                None => Ok(()),
            });
        }
        let read = |after, limit| store.links_after(job.id, after, limit);
        in_batches(read, |link: &LinkRecord| link.at, |link| sink(&cells(job, link)))
    }
}

/// Does the job store every link, or only the one that found each URL?
pub(super) fn keeps_all_links(job: &JobRow) -> bool {
    let spec: Option<serde_json::Value> = serde_json::from_str(&job.spec).ok();
    spec.and_then(|spec| spec.get("all_links")?.as_bool()).unwrap_or(false)
}

fn cells<'r>(job: &'r JobRow, link: &'r LinkRecord) -> [Cell<'r>; 6] {
    [
        Cell::text(&job.name),
        Cell::text(&link.source),
        Cell::text(&link.target),
        Cell::text(link.kind.name()),
        Cell::maybe(link.text.as_deref()),
        Cell::Bool(link.nofollow),
    ]
}

/// The one link by which a URL was found; roots have none.
fn finder<'r>(job: &'r JobRow, page: &'r PageRecord) -> Option<[Cell<'r>; 6]> {
    let source = page.referrer.as_deref()?;
    Some([
        Cell::text(&job.name),
        Cell::text(source),
        Cell::text(&page.url),
        Cell::text(page.via.name()),
        Cell::maybe(page.via_text.as_deref()),
        Cell::Bool(page.via_nofollow),
    ])
}
