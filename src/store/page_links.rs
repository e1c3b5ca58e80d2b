//! The links of one page, the pages that hold a link, and the redirects on its way.

use diesel::prelude::*;

use super::connection::{both, by_age};
use super::schema::{link, urls};
use super::{JobRow, Result, Store};
use crate::domain::link::LinkKind;
use crate::domain::outcome::UrlState;
use crate::domain::role::Role;
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
#[derive(Debug, Clone, PartialEq, Eq, Queryable)]
pub struct Holders {
    /// The URL.
    pub target: String,
    /// The first of the pages, by their URLs.
    pub first: String,
    /// How many there are.
    pub pages: i64,
}

/// A URL that redirects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Way {
    /// It.
    pub url: String,
    /// Its key.
    pub key: UrlKey,
    /// Was it given, rather than found?
    pub given: bool,
    /// Where it leads.
    pub to: UrlKey,
}

impl Store {
    /// The URLs that redirect straight to one of these in the present pass of a job, up to `limit` of
    /// them. All pages of the job are read, once.
    ///
    /// # Errors
    /// `Missing` when there is no such job.
    pub fn ways_to(&self, job: &JobRow, targets: &[UrlKey], limit: usize) -> Result<Vec<Way>> {
        let keys: Vec<i64> = targets.iter().map(|key| key.0).collect();
        let rows: Vec<(String, i64, i16, Option<i64>)> = self.connections.read(|conn| {
            Ok(by_age!(conn, job.id.0, (c, of_job) => urls::table
                .filter(of_job)
                .filter(urls::role.eq(Role::Page as i16))
                .filter(urls::state.eq(UrlState::Redirected as i16).and(urls::due_at.is_null()))
                .filter(urls::redirect_key.eq_any(&keys))
                .filter(urls::pass.ge(job.counts_since()))
                .order(urls::id)
                .limit(i64::try_from(limit).unwrap_or(i64::MAX))
                .select((urls::url, urls::url_key, urls::via_kind, urls::redirect_key))
                .load(c))?)
        })?;
        let way = |(url, key, via, to): (String, i64, i16, Option<i64>)| {
            let given = [LinkKind::Root, LinkKind::Sitemap].map(|kind| kind as i16).contains(&via);
            Some(Way { url, key: UrlKey(key), given, to: UrlKey(to?) })
        };
        Ok(rows.into_iter().filter_map(way).collect())
    }

    /// The pages of the present pass of a job that hold links to these URLs. All links of the job are
    /// read, once.
    ///
    /// # Errors
    /// When the store fails.
    pub fn holders(&self, job: &JobRow, targets: &[String]) -> Result<Vec<Holders>> {
        use diesel::dsl::{count, min};
        self.connections.read(|conn| {
            Ok(both!(conn, c => link::table
                .inner_join(urls::table.on(urls::job
                    .eq(link::job)
                    .and(urls::host_key.eq(link::source_host))
                    .and(urls::url_key.eq(link::source))))
                .filter(link::job.eq(job.id.0).and(urls::pass.ge(job.counts_since())))
                .filter(link::target.eq_any(targets))
                .group_by(link::target)
                .select((
                    link::target,
                    min(urls::url).assume_not_null(),
                    count(urls::url).aggregate_distinct(),
                ))
                .load(c))?)
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
