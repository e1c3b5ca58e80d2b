//! Reading the queue of a host, and giving hosts back.

use diesel::prelude::*;

use super::connection::{Connection, both};
use super::error::Fault;
use super::schema::{host, job_host, urls};
use super::{LONGEST_WAIT, Node, Result, Store};
use crate::domain::role::Role;
use crate::domain::task::Task;
use crate::domain::{HostKey, JobId, Millis, UrlKey};
use crate::frontier::record::{QueuedUrl, Release, Taken};
use crate::frontier::validators::Validators;

#[derive(Queryable)]
struct Row {
    id: i64,
    url_key: i64,
    url: String,
    depth: i32,
    hops: i32,
    tries: i32,
    due_at: i64,
    role: i16,
    task: i16,
    etag: Option<String>,
    last_modified: Option<String>,
}

impl Store {
    /// Reads up to `limit` due rows of a host, by depth, then age. Nothing is changed: until they
    /// are settled they are read again.
    ///
    /// # Errors
    /// When the store fails.
    pub fn take(&self, job: JobId, host: HostKey, limit: usize, now: Millis) -> Result<Taken> {
        self.connections.read(|conn| {
            let rows: Vec<Row> = both!(conn, c => due(job, host, now)
                .order((urls::depth, urls::due_at, urls::id))
                .limit(i64::try_from(limit).unwrap_or(i64::MAX))
                .select((
                    urls::id,
                    urls::url_key,
                    urls::url,
                    urls::depth,
                    urls::hops,
                    urls::tries,
                    urls::due_at.assume_not_null(),
                    urls::role,
                    urls::task,
                    urls::etag,
                    urls::last_modified,
                ))
                .load(c))?;
            let complete = rows.len() < limit;
            let next_due = if complete { later(conn, job, host, now)? } else { None };
            let rows = rows.into_iter().map(|row| queued(job, host, row, now)).collect();
            Ok(Taken { rows, complete, next_due, asked: None })
        })
    }

    /// Gives hosts back: stores their pace, and for each job when its next URL there is due, if
    /// there is one. A host that this node does not hold with that epoch is left alone.
    ///
    /// # Errors
    /// When the store fails.
    pub fn release(&self, me: &Node, hosts: &[Release], now: Millis) -> Result<()> {
        self.connections.write(|conn| {
            for release in hosts {
                if give_back(conn, me, release)? == 1 {
                    park(conn, release.host.key.0, release.ready_at, now)?;
                }
            }
            Ok(())
        })
    }

    /// Has the job no queued URL?
    ///
    /// # Errors
    /// When the store fails.
    pub fn is_drained(&self, job: JobId) -> Result<bool> {
        self.connections.read(|conn| {
            let one: Option<i64> = both!(conn, c => urls::table
                .filter(urls::job.eq(job.0).and(urls::due_at.is_not_null()))
                .order((urls::host_key, urls::depth))
                .select(urls::id)
                .first(c)
                .optional())?;
            Ok(one.is_none())
        })
    }
}

#[diesel::dsl::auto_type(no_type_alias)]
fn due(job: JobId, host: HostKey, now: Millis) -> _ {
    let (job, host): (i64, i64) = (job.0, host.0);
    let horizon: Millis = now.saturating_add(LONGEST_WAIT);
    urls::table
        .filter(urls::job.eq(job))
        .filter(urls::host_key.eq(host))
        .filter(urls::due_at.is_not_null())
        .filter(urls::due_at.le(now).or(urls::due_at.gt(horizon)))
}

/// The earliest moment after `now` at which a row becomes due.
fn later(
    conn: &mut Connection,
    job: JobId,
    host: HostKey,
    now: Millis,
) -> QueryResult<Option<Millis>> {
    both!(conn, c => urls::table
        .filter(urls::job.eq(job.0).and(urls::host_key.eq(host.0)))
        .filter(urls::due_at.gt(now).and(urls::due_at.le(now.saturating_add(LONGEST_WAIT))))
        .select(diesel::dsl::min(urls::due_at))
        .first(c))
}

/// A row as the window takes it: what was due only far beyond any legal wait is due now.
fn queued(job: JobId, host: HostKey, row: Row, now: Millis) -> QueuedUrl {
    let role = Role::from_number(row.role);
    // A sitemap is read for the pages it lists now, changed or not.
    let validators = Validators::stored(row.etag, row.last_modified).filter(|_| role == Role::Page);
    QueuedUrl {
        id: row.id,
        job,
        host,
        key: UrlKey(row.url_key),
        url: row.url,
        role,
        task: Task::from_number(row.task),
        depth: row.depth,
        hops: row.hops,
        tries: row.tries,
        due_at: row.due_at.min(now),
        validators,
        query: None,
    }
}

fn give_back(conn: &mut Connection, me: &Node, release: &Release) -> QueryResult<usize> {
    let Release { host: row, epoch, .. } = release;
    both!(conn, c => diesel::update(host::table
            .filter(host::host_key.eq(row.key.0).and(host::owner.eq(me.id)))
            .filter(host::epoch.eq(*epoch)))
        .set((
            host::asked_at.eq(row.asked_at),
            host::not_before.eq(row.not_before),
            host::backoff_ms.eq(row.backoff_ms),
            host::fails.eq(row.fails),
            host::failing_since.eq(row.failing_since),
            host::answered_at.eq(row.answered_at),
            host::owner.eq(0),
        ))
        .execute(c))
}

/// Sets, for each job, when it has something to ask of the host: never before the host may be
/// asked, and never if nothing is queued.
///
/// The rows are written to before the queue is read: on PostgreSQL that waits for whoever is
/// adding URLs just now (`wake::wake`), and the reading statement then sees them.
pub(super) fn park(
    conn: &mut Connection,
    host: i64,
    not_before: Millis,
    now: Millis,
) -> std::result::Result<(), Fault> {
    let mut jobs: Vec<i64> = both!(conn, c => diesel::update(
            job_host::table.filter(job_host::host_key.eq(host)))
        .set(job_host::due_at.eq(job_host::due_at))
        .returning(job_host::job)
        .get_results(c))?;
    jobs.sort_unstable();
    for job in jobs {
        let earliest = earliest(conn, JobId(job), HostKey(host), now)?;
        let rest = if not_before > now.saturating_add(LONGEST_WAIT) { 0 } else { not_before };
        both!(conn, c => diesel::update(job_host::table
                .filter(job_host::job.eq(job).and(job_host::host_key.eq(host))))
            .set(job_host::due_at.eq(earliest.map(|at| at.max(rest))))
            .execute(c))?;
    }
    Ok(())
}

/// When the first queued row is due; any moment in the past will do, which spares long queues.
fn earliest(
    conn: &mut Connection,
    job: JobId,
    host: HostKey,
    now: Millis,
) -> QueryResult<Option<Millis>> {
    let one: Option<i64> = both!(conn, c => due(job, host, now)
        .order((urls::depth, urls::due_at, urls::id))
        .select(urls::due_at.assume_not_null())
        .first(c)
        .optional())?;
    match one {
        Some(at) => Ok(Some(at.min(now))),
        None => later(conn, job, host, now),
    }
}
