//! The links of one page, and the pages that hold a link.

use diesel::prelude::*;
use diesel::{sql_query, sql_types};

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

/// Pages that hold a link to a URL.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct Holders {
    /// The URL.
    #[diesel(sql_type = sql_types::Text)]
    pub target: String,
    /// The first of the pages, by their URLs.
    #[diesel(sql_type = sql_types::Text)]
    pub first: String,
    /// How many there are.
    #[diesel(sql_type = sql_types::BigInt)]
    pub pages: i64,
}

/// All links of the job are read, once.
const HOLDERS: &str = "SELECT l.target AS target, MIN(s.url) AS first, \
    COUNT(DISTINCT s.url) AS pages FROM link l \
    JOIN urls s ON s.job = l.job AND s.host_key = l.source_host AND s.url_key = l.source \
    WHERE l.job = $1 AND l.target IN (SELECT f.url FROM urls f WHERE f.job = $1 AND f.role = 0 \
        AND f.state = 2 AND f.due_at IS NULL ORDER BY f.id LIMIT $2) \
    GROUP BY l.target";

impl Store {
    /// The pages that hold links to the first failed URLs of a job, those that
    /// [`Store::failures_after`] gives first.
    ///
    /// # Errors
    /// When the store fails.
    pub fn holders_of_failures(&self, job: JobId, limit: usize) -> Result<Vec<Holders>> {
        self.connections.read(|conn| {
            Ok(both!(conn, c => sql_query(HOLDERS)
                .bind::<sql_types::BigInt, _>(job.0)
                .bind::<sql_types::BigInt, _>(i64::try_from(limit).unwrap_or(i64::MAX))
                .get_results(c))?)
        })
    }

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
