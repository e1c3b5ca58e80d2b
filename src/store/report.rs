//! Summing up a job.

use std::borrow::Cow;

use diesel::{OptionalExtension, QueryableByName, RunQueryDsl, sql_query, sql_types};

use super::changes::{self, Changes};
use super::connection::{Connection, both};
use super::harvested::{self, Harvested};
use super::item_rows::{self, ItemSums};
use super::sitemaps::{self, SitemapSums};
use super::templates::{self, Crowd};
use super::{Result, Store, this_pass};
use crate::domain::outcome::UrlState;
use crate::domain::{JobId, Millis};

/// Hosts named of each kind.
const NAMED: i64 = 5;

/// A job in figures.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct JobReport {
    /// URLs by state; states without URLs are left out.
    pub states: Vec<(UrlState, i64)>,
    /// Answered URLs by HTTP status.
    pub statuses: Vec<(u16, i64)>,
    /// Failed URLs by reason, most first.
    pub failures: Vec<(String, i64)>,
    /// Excluded URLs by reason, most first.
    pub exclusions: Vec<(String, i64)>,
    /// Decoded body bytes in all.
    pub bytes: i64,
    /// Links found in all.
    pub links: i64,
    /// Of them, those that got no row, as out of scope.
    pub out_of_scope: i64,
    /// Pages whose links were cut at `max_links_per_page`.
    pub links_cut: i64,
    /// Pages whose content another page had before, and how many such other pages there are.
    pub duplicates: (i64, i64),
    /// Hosts that the job knows.
    pub hosts: i64,
    /// First and last moment of sending.
    pub fetched: Option<(Millis, Millis)>,
    /// The five hosts with the longest mean answer; `figure` is milliseconds.
    pub slowest: Vec<HostSum>,
    /// The five hosts with the most failures; `figure` is their number.
    pub failing: Vec<HostSum>,
    /// Hosts given up, with the reason.
    pub given_up: Vec<(String, String)>,
    /// Templates with more than [`super::REPORTED`] URLs, or with URLs refused; the largest ten.
    pub crowds: Vec<Crowd>,
    /// A URL that each rule against traps has kept out: reason, evidence, URL.
    pub traps: Vec<(String, String, String)>,
    /// What the sitemaps came to; they are no pages and counted nowhere else.
    pub sitemaps: SitemapSums,
    /// What a harvest came to; `None` where nothing is harvested.
    pub harvest: Option<Harvested>,
    /// What the items of listings came to.
    pub items: ItemSums,
    /// What this pass has found new, changed and gone; `None` for a first one.
    pub changes: Option<Changes>,
}

/// A host with a figure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostSum {
    /// `example.org`.
    pub authority: String,
    /// URLs counted.
    pub urls: i64,
    /// What is compared.
    pub figure: i64,
}

#[derive(QueryableByName)]
struct Group {
    #[diesel(sql_type = sql_types::SmallInt)]
    state: i16,
    #[diesel(sql_type = sql_types::Nullable<sql_types::Integer>)]
    status: Option<i32>,
    #[diesel(sql_type = sql_types::Nullable<sql_types::Text>)]
    reason: Option<String>,
    #[diesel(sql_type = sql_types::BigInt)]
    urls: i64,
    #[diesel(sql_type = sql_types::BigInt)]
    bytes: i64,
    #[diesel(sql_type = sql_types::BigInt)]
    links: i64,
    #[diesel(sql_type = sql_types::BigInt)]
    out_of_scope: i64,
    #[diesel(sql_type = sql_types::BigInt)]
    links_cut: i64,
    #[diesel(sql_type = sql_types::BigInt)]
    timed: i64,
    #[diesel(sql_type = sql_types::BigInt)]
    elapsed_ms: i64,
    #[diesel(sql_type = sql_types::Nullable<sql_types::BigInt>)]
    first: Option<i64>,
    #[diesel(sql_type = sql_types::Nullable<sql_types::BigInt>)]
    last: Option<i64>,
}

#[derive(QueryableByName)]
struct HostFigure {
    #[diesel(sql_type = sql_types::Text)]
    authority: String,
    #[diesel(sql_type = sql_types::BigInt)]
    urls: i64,
    #[diesel(sql_type = sql_types::BigInt)]
    figure: i64,
}

#[derive(QueryableByName)]
struct Name {
    #[diesel(sql_type = sql_types::Text)]
    authority: String,
}

#[derive(QueryableByName)]
struct GivenUp {
    #[diesel(sql_type = sql_types::Text)]
    authority: String,
    #[diesel(sql_type = sql_types::Text)]
    given_up: String,
}

#[derive(QueryableByName)]
struct Duplicates {
    #[diesel(sql_type = sql_types::BigInt)]
    copies: i64,
    #[diesel(sql_type = sql_types::BigInt)]
    originals: i64,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = sql_types::BigInt)]
    rows: i64,
}

const GROUPED: &str = "SELECT state, status, reason, COUNT(*) AS urls, \
    CAST(COALESCE(SUM(bytes), 0) AS BIGINT) AS bytes, \
    CAST(COALESCE(SUM(links), 0) AS BIGINT) AS links, \
    CAST(COALESCE(SUM(out_of_scope), 0) AS BIGINT) AS out_of_scope, \
    CAST(SUM(CASE WHEN links_cut THEN 1 ELSE 0 END) AS BIGINT) AS links_cut, \
    COUNT(elapsed_ms) AS timed, CAST(COALESCE(SUM(elapsed_ms), 0) AS BIGINT) AS elapsed_ms, \
    MIN(fetched_at) AS first, MAX(fetched_at) AS last \
    FROM urls WHERE job = $1 AND role = 0";

/// The group that most rows are of; SQLite sorts what it groups, and these need not be.
const USUAL: &str = "state = 1 AND status = 200 AND reason IS NULL";

/// A duplicate counts while the page that came first still has that content.
const DUPLICATES: &str = "SELECT COUNT(*) AS copies, \
    COUNT(DISTINCT u.original) AS originals FROM urls u \
    JOIN urls o ON o.job = u.job AND o.host_key = u.original_host AND o.url_key = u.original \
    AND o.digest = u.digest AND o.state IN (0, 1) \
    WHERE u.job = $1 AND u.original IS NOT NULL";

const SLOWEST: &str = "SELECT h.authority, u.urls, u.figure FROM \
    (SELECT host_key, COUNT(*) AS urls, CAST(AVG(elapsed_ms) AS BIGINT) AS figure FROM urls \
     WHERE job = $1 AND role = 0 AND elapsed_ms IS NOT NULL GROUP BY host_key \
     ORDER BY 3 DESC, 1 LIMIT $2) u \
    JOIN host h ON h.host_key = u.host_key ORDER BY u.figure DESC, h.authority";

const NAMES: &str = "SELECT h.authority FROM job_host jh JOIN host h ON h.host_key = jh.host_key \
    WHERE jh.job = $1";

const FAILING: &str = "SELECT h.authority, u.urls, u.urls AS figure FROM \
    (SELECT host_key, COUNT(*) AS urls FROM urls WHERE job = $1 AND role = 0 AND state = 2 \
     GROUP BY host_key ORDER BY 2 DESC, 1 LIMIT $2) u \
    JOIN host h ON h.host_key = u.host_key ORDER BY u.urls DESC, h.authority";

const GIVEN_UP: &str = "SELECT h.authority, jh.given_up FROM job_host jh \
    JOIN host h ON h.host_key = jh.host_key \
    WHERE jh.job = $1 AND jh.given_up IS NOT NULL ORDER BY h.authority LIMIT 100";

impl Store {
    /// Sums up a job, from one state of the database.
    ///
    /// # Errors
    /// When the store fails.
    pub fn job_report(&self, job: JobId) -> Result<JobReport> {
        self.connections.snapshot(|conn| {
            let order = Order::best(conn)?;
            let row = super::job::by_id(conn, job)?;
            let since = row.counts_since();
            let narrowed = |sql| this_pass::only(&order.of(sql), since).into_owned();
            let groups = groups(conn, &narrowed(GROUPED), job)?;
            let given_up: Vec<GivenUp> = both!(conn, c =>
                sql_query(GIVEN_UP).bind::<sql_types::BigInt, _>(job.0).get_results(c))?;
            let hosts: Count = both!(conn, c =>
                sql_query("SELECT COUNT(*) AS rows FROM job_host WHERE job = $1")
                    .bind::<sql_types::BigInt, _>(job.0)
                    .get_result(c))?;
            let mut report = sum_up(&groups);
            report.duplicates = duplicates(conn, job, order, since)?;
            report.hosts = hosts.rows;
            report.sitemaps = sitemaps::sums(conn, job, since)?;
            // In a first pass there is nothing to tell apart.
            let answered = (row.pass == 1).then(|| done(&report.states));
            report.harvest = harvested::sums(conn, job, order, answered)?;
            report.items = item_rows::sums(conn, job)?;
            report.changes = changes::sums(conn, job, order)?;
            report.slowest = match hosts.rows {
                0 | 1 => only_host(conn, job, &groups)?,
                _ => hosts_by(conn, &narrowed(SLOWEST), job)?,
            };
            if !report.failures.is_empty() {
                report.failing = hosts_by(conn, &narrowed(FAILING), job)?;
            }
            report.given_up =
                given_up.into_iter().map(|row| (row.authority, row.given_up)).collect();
            report.crowds = templates::crowds(conn, job)?;
            report.traps = trapped(conn, job, &report.exclusions)?;
            Ok(report)
        })
    }
}

/// The rows by state, status and reason.
fn groups(conn: &mut Connection, sql: &str, job: JobId) -> diesel::QueryResult<Vec<Group>> {
    let read = |conn: &mut Connection, which: &str| -> diesel::QueryResult<Vec<Group>> {
        let sql = format!("{sql} {which} GROUP BY state, status, reason");
        both!(conn, c => sql_query(sql).bind::<sql_types::BigInt, _>(job.0).get_results(c))
    };
    if conn.is_postgres() {
        return read(conn, "");
    }
    let mut groups = read(conn, &format!("AND {USUAL}"))?;
    let all: Count = both!(conn, c => sql_query("SELECT COUNT(*) AS rows FROM urls WHERE job = $1")
        .bind::<sql_types::BigInt, _>(job.0)
        .get_result(c))?;
    if groups.iter().map(|group| group.urls).sum::<i64>() < all.rows {
        groups.extend(read(conn, &format!("AND ({USUAL}) IS NOT TRUE"))?);
    }
    Ok(groups)
}

/// In which order a job's URLs are read to be summed up. SQLite prefers the unique index, which
/// costs a look-up for each row; where the job is alone the table is read as it lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    AsTheyLie,
    OfTheJob,
}

impl Order {
    fn best(conn: &mut Connection) -> diesel::QueryResult<Self> {
        if conn.is_postgres() {
            return Ok(Self::OfTheJob);
        }
        let jobs: Count =
            both!(conn, c => sql_query("SELECT COUNT(*) AS rows FROM job").get_result(c))?;
        Ok(if jobs.rows > 1 { Self::OfTheJob } else { Self::AsTheyLie })
    }

    /// A statement that says `WHERE job = $1`, in this order.
    pub(super) fn of(self, sql: &str) -> Cow<'_, str> {
        match self {
            // Hidden in a sum, the job tempts it no more.
            Self::AsTheyLie => sql.replace("job = $1", "job + 0 = $1").into(),
            Self::OfTheJob => sql.into(),
        }
    }
}

#[derive(QueryableByName)]
struct Trapped {
    #[diesel(sql_type = sql_types::Text)]
    url: String,
    #[diesel(sql_type = sql_types::Nullable<sql_types::Text>)]
    evidence: Option<String>,
}

/// An example of each rule against traps; templates have a list of their own.
fn trapped(
    conn: &mut Connection,
    job: JobId,
    exclusions: &[(String, i64)],
) -> diesel::QueryResult<Vec<(String, String, String)>> {
    let sql = "SELECT url, evidence FROM urls WHERE job = $1 AND state = 4 AND reason = $2 \
               AND (evidence IS NULL OR evidence NOT LIKE 'max_per_template=%') LIMIT 1";
    let mut examples = Vec::new();
    for (reason, _) in exclusions.iter().filter(|(reason, _)| reason.starts_with("trap_")) {
        let found: Option<Trapped> = both!(conn, c => sql_query(sql)
            .bind::<sql_types::BigInt, _>(job.0)
            .bind::<sql_types::Text, _>(reason)
            .get_result(c)
            .optional())?;
        examples
            .extend(found.map(|row| (reason.clone(), row.evidence.unwrap_or_default(), row.url)));
    }
    Ok(examples)
}

/// Copies, and pages that have some. A job that never read a page whole has none.
fn duplicates(
    conn: &mut Connection,
    job: JobId,
    order: Order,
    since: i32,
) -> diesel::QueryResult<(i64, i64)> {
    let pages: Count = both!(conn, c =>
        sql_query("SELECT COUNT(*) AS rows FROM (SELECT 1 FROM content WHERE job = $1 LIMIT 1) c")
            .bind::<sql_types::BigInt, _>(job.0)
            .get_result(c))?;
    if pages.rows == 0 {
        return Ok((0, 0));
    }
    let sql = format!("{} AND u.pass >= {since}", order.of(DUPLICATES));
    let found: Duplicates = both!(conn, c => sql_query(&sql)
        .bind::<sql_types::BigInt, _>(job.0)
        .get_result(c))?;
    Ok((found.copies, found.originals))
}

fn hosts_by(conn: &mut Connection, sql: &str, job: JobId) -> diesel::QueryResult<Vec<HostSum>> {
    let rows: Vec<HostFigure> = both!(conn, c => sql_query(sql)
        .bind::<sql_types::BigInt, _>(job.0)
        .bind::<sql_types::BigInt, _>(NAMED)
        .get_results(c))?;
    Ok(rows
        .into_iter()
        .map(|row| HostSum { authority: row.authority, urls: row.urls, figure: row.figure })
        .collect())
}

/// The one host that a job knows, with its mean answer: what is summed up already tells it.
fn only_host(
    conn: &mut Connection,
    job: JobId,
    groups: &[Group],
) -> diesel::QueryResult<Vec<HostSum>> {
    let urls = groups.iter().map(|group| group.timed).sum();
    let all: i64 = groups.iter().map(|group| group.elapsed_ms).sum();
    let Some(figure) = all.checked_div(urls) else { return Ok(Vec::new()) };
    let hosts: Vec<Name> = both!(conn, c => sql_query(NAMES)
        .bind::<sql_types::BigInt, _>(job.0)
        .get_results(c))?;
    Ok(hosts.into_iter().map(|Name { authority }| HostSum { authority, urls, figure }).collect())
}

fn sum_up(groups: &[Group]) -> JobReport {
    let mut report = JobReport::default();
    for group in groups {
        let state = UrlState::from_number(group.state).unwrap_or(UrlState::Failed);
        add(&mut report.states, state, group.urls);
        if let Some(status) = group.status.and_then(|status| u16::try_from(status).ok())
            && state != UrlState::Queued
        {
            add(&mut report.statuses, status, group.urls);
        }
        if let Some(reason) = &group.reason {
            match state {
                UrlState::Failed => add(&mut report.failures, reason.clone(), group.urls),
                UrlState::Excluded => add(&mut report.exclusions, reason.clone(), group.urls),
                _ => {}
            }
        }
        report.bytes += group.bytes;
        report.links += group.links;
        report.out_of_scope += group.out_of_scope;
        report.links_cut += group.links_cut;
        if let (Some(first), Some(last)) = (group.first, group.last) {
            let (earliest, latest) = report.fetched.unwrap_or((first, last));
            report.fetched = Some((earliest.min(first), latest.max(last)));
        }
    }
    report.states.sort_unstable();
    report.statuses.sort_unstable();
    for reasons in [&mut report.failures, &mut report.exclusions] {
        reasons.sort_unstable_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    }
    report
}

fn done(states: &[(UrlState, i64)]) -> i64 {
    states.iter().filter(|(state, _)| *state == UrlState::Done).map(|(_, urls)| urls).sum()
}

fn add<K: PartialEq>(counts: &mut Vec<(K, i64)>, key: K, count: i64) {
    match counts.iter_mut().find(|(known, _)| *known == key) {
        Some((_, sum)) => *sum += count,
        None => counts.push((key, count)),
    }
}
