//! What sitemaps need of the store: their cap, their sums, and those of robots.txt files known.

use std::collections::{BTreeMap, BTreeSet};

use diesel::prelude::*;
use diesel::{QueryableByName, sql_query, sql_types};

use super::claim::{RobotsParts, robots_row};
use super::connection::{Connection, both};
use super::error::Fault;
use super::insert::{self, Find};
use super::schema::{job_host, robots, urls};
use super::{Result, Store, this_pass};
use crate::domain::outcome::UrlState;
use crate::domain::role::Role;
use crate::domain::{JobId, Millis};
use crate::frontier::record::{NewUrl, RobotsRow, Settled};

/// Sitemap files that a job takes of one host.
pub(super) const MOST: i64 = 10_000;

/// What became of a job's sitemaps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SitemapSums {
    /// Answered and read.
    pub read: i64,
    /// Failed, with a reason.
    pub failed: i64,
    /// Not asked, by a rule.
    pub excluded: i64,
    /// Led to another address.
    pub redirected: i64,
    /// Still to be asked.
    pub queued: i64,
    /// URLs of pages listed in them, each once a sitemap.
    pub urls: i64,
    /// Of them, those that got a row because of it.
    pub new_urls: i64,
    /// Sitemaps of which some entries were left out, as there were too many.
    pub cut: i64,
}

impl SitemapSums {
    /// Sitemaps known in all.
    #[must_use]
    pub fn known(&self) -> i64 {
        self.read + self.failed + self.excluded + self.redirected + self.queued
    }
}

#[derive(QueryableByName)]
struct Group {
    #[diesel(sql_type = sql_types::SmallInt)]
    state: i16,
    #[diesel(sql_type = sql_types::BigInt)]
    files: i64,
    #[diesel(sql_type = sql_types::BigInt)]
    urls: i64,
    #[diesel(sql_type = sql_types::BigInt)]
    new_urls: i64,
    #[diesel(sql_type = sql_types::BigInt)]
    cut: i64,
}

const SUMS: &str = "SELECT state, COUNT(*) AS files, \
    CAST(COALESCE(SUM(links), 0) AS BIGINT) AS urls, \
    CAST(COALESCE(SUM(new_links), 0) AS BIGINT) AS new_urls, \
    CAST(SUM(CASE WHEN links_cut THEN 1 ELSE 0 END) AS BIGINT) AS cut \
    FROM urls WHERE job = $1 AND role = 1 GROUP BY state";

/// Sums up a job's sitemaps, of no older passes than this.
pub(super) fn sums(
    conn: &mut Connection,
    job: JobId,
    since: i32,
) -> std::result::Result<SitemapSums, Fault> {
    let groups: Vec<Group> = both!(conn, c =>
        sql_query(this_pass::only(SUMS, since)).bind::<sql_types::BigInt, _>(job.0).get_results(c))?;
    let mut sums = SitemapSums::default();
    for group in groups {
        let files = match UrlState::from_number(group.state) {
            Some(UrlState::Done) => &mut sums.read,
            Some(UrlState::Queued) => &mut sums.queued,
            Some(UrlState::Redirected) => &mut sums.redirected,
            Some(UrlState::Excluded) => &mut sums.excluded,
            Some(UrlState::Failed) | None => &mut sums.failed,
        };
        *files += group.files;
        sums.urls += group.urls;
        sums.new_urls += group.new_urls;
        sums.cut += group.cut;
    }
    Ok(sums)
}

/// Leaves out the sitemaps that a host has no room for any more; gives the places of the results
/// that had found them. (Repeats of known ones count until they are looked up: near the cap, a
/// sitemap that is known may be left out, which changes nothing.) `anew`: those of older passes take
/// no room.
pub(super) fn keep_within_cap(
    conn: &mut Connection,
    finds: &mut Vec<Find<'_>>,
    anew: bool,
) -> std::result::Result<BTreeSet<usize>, Fault> {
    let mut cut = BTreeSet::new();
    if finds.iter().all(|find| find.url.role == Role::Page) {
        return Ok(cut);
    }
    let mut room: BTreeMap<(i64, i64), i64> = BTreeMap::new();
    for find in finds.iter().filter(|find| find.url.role == Role::Sitemap) {
        let place = (find.job.0, find.url.host.0);
        if let std::collections::btree_map::Entry::Vacant(entry) = room.entry(place) {
            let since = if anew { find.pass } else { 0 };
            entry.insert(MOST - count(conn, place, since)?);
        }
    }
    finds.retain(|find| {
        let Some(left) = room.get_mut(&(find.job.0, find.url.host.0)) else { return true };
        if find.url.role == Role::Page {
            return true;
        }
        *left -= 1;
        if *left < 0 {
            cut.insert(find.page);
        }
        *left >= 0
    });
    Ok(cut)
}

/// Sitemaps that a job knows of a host, of no older passes than this; an index of their own holds them.
fn count(conn: &mut Connection, (job, host): (i64, i64), since: i32) -> QueryResult<i64> {
    #[derive(QueryableByName)]
    struct Count {
        #[diesel(sql_type = sql_types::BigInt)]
        files: i64,
    }
    const SQL: &str = "SELECT COUNT(*) AS files FROM urls \
        WHERE job = $1 AND host_key = $2 AND role = 1 AND pass >= $3";
    let found: Count = both!(conn, c => sql_query(SQL)
        .bind::<sql_types::BigInt, _>(job)
        .bind::<sql_types::BigInt, _>(host)
        .bind::<sql_types::Integer, _>(since)
        .get_result(c))?;
    Ok(found.files)
}

/// Writes down of which results the store left something out.
pub(super) fn note_cut(
    conn: &mut Connection,
    batch: &[Settled],
    cut: &BTreeSet<usize>,
) -> std::result::Result<(), Fault> {
    for settled in cut.iter().filter_map(|place| batch.get(*place)) {
        both!(conn, c => diesel::update(urls::table
                .filter(urls::job.eq(settled.job.0).and(urls::host_key.eq(settled.host.0)))
                .filter(urls::url_key.eq(settled.key.0).and(urls::id.eq(settled.id))))
            .set(urls::links_cut.eq(true))
            .execute(c))?;
    }
    Ok(())
}

impl Store {
    /// Up to `limit` robots.txt of the hosts that a job knows, after this origin, by origin. Empty
    /// at the end.
    ///
    /// # Errors
    /// When the store fails.
    pub fn robots_of_job(&self, job: JobId, after: &str, limit: usize) -> Result<Vec<RobotsRow>> {
        self.connections.read(|conn| {
            let hosts = job_host::table.filter(job_host::job.eq(job.0)).select(job_host::host_key);
            let rows: Vec<RobotsParts> = both!(conn, c => robots::table
                .filter(robots::origin.gt(after).and(robots::host_key.eq_any(hosts)))
                .order(robots::origin)
                .limit(i64::try_from(limit).unwrap_or(i64::MAX))
                .load(c))?;
            Ok(rows.into_iter().map(robots_row).collect())
        })
    }

    /// Makes sitemaps known to a job that does not run.
    ///
    /// # Errors
    /// `Missing` when there is no such job.
    pub fn list_sitemaps(&self, job: JobId, listed: &[NewUrl], now: Millis) -> Result<()> {
        self.connections.write_durably(|conn| {
            let row = super::job::by_id(conn, job)?;
            let (pass, anew) = (row.pass, row.counts_since() > 0);
            let found = |url| Find { job, pass, url, source_host: None, page: 0 };
            let mut finds: Vec<Find<'_>> = listed.iter().map(found).collect();
            keep_within_cap(conn, &mut finds, anew)?;
            insert::insert(conn, &finds, false, &self.ids, None, now)?;
            Ok(())
        })
    }
}
