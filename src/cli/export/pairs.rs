//! The table `pairs`: each URL that was asked for, with each link of the page that it led to.
//!
//! A URL that redirects has the links of the page at the end of its way: nobody who gave a list
//! looks for the URLs in between. One that the list of the present pass does not hold has none.

use super::links::keeps_all_links;
use super::table::{BATCH, Sink, Table, named};
use crate::cli::error::CommandError;
use crate::domain::link::LinkKind;
use crate::domain::outcome::UrlState;
use crate::domain::url::CanonicalUrl;
use crate::output::Cell;
use crate::store::{JobRow, PageRecord, Store};

/// Redirects followed on the way to a page; the crawl follows no more.
const MOST_HOPS: usize = 1_000;

/// Pairs of a job that stores all links.
pub(super) struct Pairs {
    pub(super) job: JobRow,
}

impl Table for Pairs {
    fn columns(&self) -> Vec<String> {
        named(&["source_url", "parsed_url"])
    }

    fn rows(&self, store: &Store, sink: &mut Sink<'_>) -> Result<(), CommandError> {
        let job = &self.job;
        if !keeps_all_links(job) {
            return Err(CommandError::usage(format!(
                "job {} keeps only the first link to each URL: run it with --links all",
                job.name
            )));
        }
        let (mut after, since) = (0, job.counts_since());
        loop {
            let batch = store.pages_after(job.id, after, BATCH)?;
            let Some(last) = batch.last() else { return Ok(()) };
            after = last.id;
            let source = |page: &PageRecord| page.via != LinkKind::Redirect && page.pass >= since;
            for page in batch.into_iter().filter(source) {
                self.pairs_of(store, page, sink)?;
            }
        }
    }
}

impl Pairs {
    fn pairs_of(
        &self,
        store: &Store,
        page: PageRecord,
        sink: &mut Sink<'_>,
    ) -> Result<(), CommandError> {
        let source = page.url.clone();
        let Some(end) = end_of(store, &self.job, page)? else { return Ok(()) };
        if end.links.is_none_or(|links| links == 0) {
            return Ok(());
        }
        let Ok(url) = CanonicalUrl::parse(&end.url) else { return Ok(()) };
        let mut after = 0;
        loop {
            let links = store.links_of(self.job.id, url.host_key(), url.key(), after, BATCH)?;
            let Some(last) = links.last() else { return Ok(()) };
            after = last.ordinal;
            for link in &links {
                sink(&[Cell::text(&source), Cell::text(&link.target)])?;
            }
        }
    }
}

/// What stands at the end of a page's redirects; `None`: that is not known (yet).
pub(super) fn end_of(
    store: &Store,
    job: &JobRow,
    mut page: PageRecord,
) -> Result<Option<PageRecord>, CommandError> {
    for _ in 0..MOST_HOPS {
        let target = page.redirect_to.take().filter(|_| page.state == UrlState::Redirected);
        let Some(target) = target else { return Ok(Some(page)) };
        let Ok(target) = CanonicalUrl::parse(&target) else { return Ok(None) };
        let Some(next) = store.page(job.id, target.host_key(), target.key())? else {
            return Ok(None);
        };
        page = next;
    }
    Ok(None)
}
