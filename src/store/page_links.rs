//! The links of one page.

use diesel::prelude::*;

use super::connection::both;
use super::schema::link;
use super::{Result, Store};
use crate::domain::{HostKey, JobId, UrlKey};

/// A link of a page, where it leads.
#[derive(Debug, Clone, PartialEq, Eq, Queryable)]
pub struct PageLink {
    /// Its place on the page, from 1.
    pub ordinal: i32,
    /// Its target's canonical URL.
    pub target: String,
}

impl Store {
    /// Up to `limit` links of a page after this place, of a job that stores all of them. Empty at
    /// the end.
    ///
    /// # Errors
    /// When the store fails.
    pub fn links_of(
        &self,
        job: JobId,
        host: HostKey,
        page: UrlKey,
        after: i32,
        limit: usize,
    ) -> Result<Vec<PageLink>> {
        self.connections.read(|conn| {
            Ok(both!(conn, c => link::table
                .filter(link::job.eq(job.0).and(link::source_host.eq(host.0)))
                .filter(link::source.eq(page.0).and(link::ordinal.gt(after)))
                .order(link::ordinal)
                .limit(i64::try_from(limit).unwrap_or(i64::MAX))
                .select((link::ordinal, link::target))
                .load(c))?)
        })
    }
}
