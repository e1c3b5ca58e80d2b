//! The table `broken`: links that lead nowhere, each with the page that holds it; and URLs of the list
//! themselves, which stand on no page. Both as they are in the present pass.

use std::collections::HashMap;

use super::pairs::end_of;
use super::table::{BATCH, Sink, Table, named};
use crate::cli::error::CommandError;
use crate::domain::UrlKey;
use crate::domain::link::LinkKind;
use crate::domain::outcome::UrlState;
use crate::domain::url::CanonicalUrl;
use crate::output::Cell;
use crate::store::{JobRow, PageRecord, Store};

/// Targets whose end is remembered: pages of a site link the same ones.
const REMEMBERED: usize = 50_000;

/// Broken links of a job that asked for each.
pub(super) struct Broken {
    pub(super) job: JobRow,
}

/// How a broken target ended.
#[derive(Clone)]
struct Failure {
    status: Option<u16>,
    reason: Option<String>,
}

/// What is known of targets; never more than [`REMEMBERED`] of them.
type Ends = HashMap<UrlKey, Option<Failure>>;

impl Table for Broken {
    fn columns(&self) -> Vec<String> {
        named(&["target", "status", "reason", "source", "text"])
    }

    fn rows(&self, store: &Store, sink: &mut Sink<'_>) -> Result<(), CommandError> {
        self.listed(store, sink)?;
        self.linked(store, sink)
    }
}

impl Broken {
    /// Of the URLs that were given.
    fn listed(&self, store: &Store, sink: &mut Sink<'_>) -> Result<(), CommandError> {
        let (mut after, since) = (0, self.job.counts_since());
        loop {
            let batch = store.pages_after(self.job.id, after, BATCH)?;
            let Some(last) = batch.last() else { return Ok(()) };
            after = last.id;
            let given = |page: &PageRecord| {
                matches!(page.via, LinkKind::Root | LinkKind::Sitemap) && page.pass >= since
            };
            for page in batch.into_iter().filter(given) {
                let target = page.url.clone();
                if let Some(failure) = failure(end_of(store, &self.job, page)?) {
                    sink(&cells(&target, &failure, None, None))?;
                }
            }
        }
    }

    /// Of the links on their pages.
    fn linked(&self, store: &Store, sink: &mut Sink<'_>) -> Result<(), CommandError> {
        let (mut after, mut ends) = (None, Ends::new());
        loop {
            let batch = store.links_after(self.job.id, after, BATCH)?;
            let Some(last) = batch.last() else { return Ok(()) };
            after = Some(last.at);
            for link in batch.iter().filter(|link| link.pass >= self.job.counts_since()) {
                if let Some(failure) = self.end(store, &link.target, &mut ends)? {
                    let (source, text) = (Some(link.source.as_str()), link.text.as_deref());
                    sink(&cells(&link.target, &failure, source, text))?;
                }
            }
        }
    }

    /// How this target failed, if it did.
    fn end(
        &self,
        store: &Store,
        target: &str,
        ends: &mut Ends,
    ) -> Result<Option<Failure>, CommandError> {
        let Ok(url) = CanonicalUrl::parse(target) else { return Ok(None) };
        if let Some(known) = ends.get(&url.key()) {
            return Ok(known.clone());
        }
        let page = store.page(self.job.id, url.host_key(), url.key())?;
        let end = match page {
            Some(page) => failure(end_of(store, &self.job, page)?),
            None => None,
        };
        if ends.len() >= REMEMBERED {
            ends.clear();
        }
        ends.insert(url.key(), end.clone());
        Ok(end)
    }
}

/// A result that is a failure. What is queued may still be well.
fn failure(end: Option<PageRecord>) -> Option<Failure> {
    let end = end.filter(|end| end.state == UrlState::Failed && end.due_at.is_none())?;
    Some(Failure { status: end.status, reason: end.reason })
}

fn cells<'r>(
    target: &'r str,
    failure: &'r Failure,
    source: Option<&'r str>,
    text: Option<&'r str>,
) -> [Cell<'r>; 5] {
    [
        Cell::text(target),
        Cell::number(failure.status),
        Cell::maybe(failure.reason.as_deref()),
        Cell::maybe(source),
        Cell::maybe(text),
    ]
}
