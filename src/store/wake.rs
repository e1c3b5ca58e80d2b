//! Hosts get something to ask.

use std::marker::PhantomData;

use diesel::prelude::*;
use diesel::sql_types::BigInt;
use hashbrown::HashSet;

use super::connection::{Connection, Link, both};
use super::error::Fault;
use super::insert::Candidate;
use super::prepared::prepared;
use super::schema::{job_host, urls};
use crate::domain::outcome::UrlState;
use crate::domain::{HostKey, JobId, Millis};

/// Wakes the hosts of rows just queued, and gives the pairs that have something to ask now.
pub(super) fn wake_for(
    conn: &mut Connection,
    queued: &[&Candidate<'_>],
    now: Millis,
) -> Result<Vec<(JobId, HostKey)>, Fault> {
    let mut pairs: Vec<(i64, i64)> = queued.iter().map(|c| c.place()).collect();
    pairs.sort_unstable();
    pairs.dedup();
    wake(conn, &pairs, now)?;
    let given_up = fail_given_up(conn, &pairs, queued)?;
    Ok(pairs
        .into_iter()
        .filter(|pair| !given_up.contains(pair))
        .map(|(job, host)| (JobId(job), HostKey(host)))
        .collect())
}

prepared! {
    /// Something is due on a host. Where that is so already nothing is written.
    Wake<'a> {
        "INSERT INTO job_host (job, host_key, due_at) VALUES (" job: i64 as BigInt,
        ", " host: i64 as BigInt,
        ", " due_at: i64 as BigInt,
        ") ON CONFLICT (job, host_key) DO UPDATE SET due_at = excluded.due_at \
          WHERE job_host.due_at IS NULL OR job_host.due_at > " later: i64 as BigInt,
    } ""
}

/// Marks (job, host) pairs, sorted, as having something due now. Even where nothing changes the
/// pair is locked on PostgreSQL: parking (`queue::park`) waits, and then sees our rows.
pub(super) fn wake(conn: &mut Connection, pairs: &[(i64, i64)], now: Millis) -> Result<(), Fault> {
    for (job, host) in pairs {
        let wake = Wake { job: *job, host: *host, due_at: now, later: now, life: PhantomData };
        both!(conn, c => wake.execute(c))?;
    }
    Ok(())
}

/// What is found for a host that its job has given up fails at once, for the same reason.
fn fail_given_up(
    conn: &mut Connection,
    pairs: &[(i64, i64)],
    queued: &[&Candidate<'_>],
) -> Result<HashSet<(i64, i64)>, Fault> {
    let mut given_up = HashSet::new();
    for (job, host, reason) in reasons_of(conn, pairs)? {
        for candidate in queued.iter().filter(|c| c.place() == (job, host)) {
            let (_, key) = candidate.identity();
            fail_one(conn, (job, host, key), reason.as_deref())?;
        }
        given_up.insert((job, host));
    }
    Ok(given_up)
}

/// Which of these pairs are given up, and why: one cached lookup each on SQLite, one for all on
/// PostgreSQL.
fn reasons_of(
    conn: &mut Connection,
    pairs: &[(i64, i64)],
) -> QueryResult<Vec<(i64, i64, Option<String>)>> {
    let given_up = job_host::table.filter(job_host::given_up.is_not_null()).select((
        job_host::job,
        job_host::host_key,
        job_host::given_up,
    ));
    match &mut conn.link {
        Link::Sqlite(c) => {
            let mut found = Vec::new();
            for (job, host) in pairs {
                let this = job_host::job.eq(job).and(job_host::host_key.eq(host));
                found.extend(given_up.filter(this).load(c)?);
            }
            Ok(found)
        }
        Link::Pg(c) => {
            let hosts: Vec<i64> = pairs.iter().map(|(_, host)| *host).collect();
            given_up.filter(job_host::host_key.eq_any(hosts)).load(c)
        }
    }
}

fn fail_one(
    conn: &mut Connection,
    (job, host, key): (i64, i64, i64),
    reason: Option<&str>,
) -> Result<(), Fault> {
    both!(conn, c => diesel::update(urls::table
            .filter(urls::job.eq(job).and(urls::host_key.eq(host)).and(urls::url_key.eq(key)))
            .filter(urls::due_at.is_not_null()))
        .set((
            urls::state.eq(UrlState::Failed as i16),
            urls::due_at.eq(None::<i64>),
            urls::reason.eq(reason),
        ))
        .execute(c))?;
    Ok(())
}
