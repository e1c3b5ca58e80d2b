//! Changes to whole queues: giving a host up, trying failures again, forgetting a job.

use std::borrow::Cow;
use std::marker::PhantomData;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer, Nullable, Text};
use diesel::{sql_query, sql_types};

use super::connection::{Connection, both};
use super::error::Fault;
use super::job_state::JobState;
use super::prepared::prepared;
use super::schema::{host, job, job_host, urls};
use super::{Result, Store, clean, wake};
use crate::domain::outcome::{Reason, UrlState};
use crate::domain::{HostKey, JobId, Millis, selectors};
use crate::frontier::record::GivenUp;

/// Which failed URLs are to be tried again; all conditions must hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retry {
    /// Of this job.
    pub job: JobId,
    /// With a status in one of these ranges, ends included; empty: whatever the status.
    pub statuses: Vec<(u16, u16)>,
    /// On this host.
    pub host: Option<HostKey>,
    /// Failed for this reason.
    pub reason: Option<Reason>,
    /// Asked at this moment or later.
    pub since: Option<Millis>,
}

impl Retry {
    /// From what an operator writes: statuses (`404`, `5xx`, `500-503`), a host, a reason. The job is
    /// still to be named.
    ///
    /// # Errors
    /// With what cannot be read, and the right form.
    pub fn read(
        statuses: &[String],
        host: Option<&str>,
        reason: Option<&str>,
        since: Option<Millis>,
    ) -> std::result::Result<Self, String> {
        let statuses = statuses.iter().map(|text| selectors::statuses(text));
        Ok(Self {
            job: JobId(0),
            statuses: statuses.collect::<std::result::Result<_, String>>()?,
            host: host.map(selectors::host).transpose()?,
            reason: reason.map(selectors::reason).transpose()?,
            since,
        })
    }
}

impl Store {
    /// Gives a host up for a job in this pass: up to `limit` of its queued rows fail with that
    /// reason, unasked, and so does what is found for it later. Repeat until 0 comes back.
    ///
    /// # Errors
    /// When the store fails.
    pub fn give_up(&self, given_up: &GivenUp, limit: usize) -> Result<usize> {
        self.connections.write(|conn| give_up(conn, given_up, limit))
    }

    /// Makes failed URLs that count in the present pass due again with no try used up, clears the
    /// failures of their hosts, and reopens the job. Gives the number of URLs.
    ///
    /// # Errors
    /// `Missing` when there is no such job.
    pub fn retry(&self, which: &Retry, now: Millis) -> Result<usize> {
        self.connections.write_durably(|conn| {
            let since = super::job::by_id(conn, which.job)?.counts_since();
            let condition = condition(which, since);
            let hosts = hosts_of(conn, &condition)?;
            if hosts.is_empty() {
                return Ok(0);
            }
            // The pairs first: parking waits, and then sees the rows.
            let pairs: Vec<(i64, i64)> = hosts.iter().map(|host| (which.job.0, *host)).collect();
            wake::wake(conn, &pairs, now)?;
            let mut count = 0;
            for host in hosts {
                count += revive(conn, &condition, host, now)?;
                reopen_host(conn, which.job, host)?;
            }
            both!(conn, c => diesel::update(job::table.filter(job::id.eq(which.job.0)))
                .set((
                    job::state.eq(JobState::Running as i16),
                    job::limit_hit.eq(None::<String>),
                    job::finished_at.eq(None::<i64>),
                ))
                .execute(c))?;
            Ok(count)
        })
    }

    /// Removes a job and all that it stored, about `limit` rows at a time; `true` when it is gone.
    ///
    /// # Errors
    /// When the store fails.
    pub fn forget(&self, id: JobId, limit: usize) -> Result<bool> {
        const STEPS: [(&str, &str); 14] = [
            ("sighting", "job, query, tip_key"),
            ("suggestion", "job, tip_key"),
            ("query", "job, number"),
            ("harvest", "job"),
            ("content", "job, digest_key"),
            ("item", "job, item_key"),
            ("item_tally", "job, pass, what, field"),
            ("detail", "job, host_key, url_key"),
            ("listing", "job, host_key, url_key"),
            ("cookie", "job, domain, path, name"),
            ("link", "job, source_host, source, ordinal"),
            ("urls", "job, host_key, url_key"),
            ("job_host", "job, host_key"),
            ("template", "job, template_key"),
        ];
        self.connections.write_durably(|conn| {
            for (table, key) in STEPS {
                let sql = format!(
                    "DELETE FROM {table} WHERE ({key}) IN \
                     (SELECT {key} FROM {table} WHERE job = $1 LIMIT $2)"
                );
                let gone = both!(conn, c => sql_query(&sql)
                    .bind::<sql_types::BigInt, _>(id.0)
                    .bind::<sql_types::BigInt, _>(i64::try_from(limit.max(1)).unwrap_or(i64::MAX))
                    .execute(c))?;
                if gone > 0 {
                    return Ok(false);
                }
            }
            both!(conn, c => diesel::delete(job::table.filter(job::id.eq(id.0))).execute(c))?;
            Ok(true)
        })
    }
}

prepared! {
    /// A queued row fails without being asked.
    FailUnasked<'a> {
        "UPDATE urls SET state = 2, due_at = NULL, status = NULL, \
         reason = " reason: &'a str as Text,
        ", evidence = " evidence: Option<Cow<'a, str>> as Nullable<Text>,
        ", pass = " pass: i32 as Integer,
        " WHERE job = " job: i64 as BigInt,
        " AND host_key = " host: i64 as BigInt,
        " AND url_key = " key: i64 as BigInt,
        " AND id = " id: i64 as BigInt,
    } " AND due_at IS NOT NULL"
}

/// One bounded step of giving a host up.
pub(super) fn give_up(
    conn: &mut Connection,
    given_up: &GivenUp,
    limit: usize,
) -> std::result::Result<usize, Fault> {
    let GivenUp { job, host, .. } = *given_up;
    let reason = given_up.reason.to_string();
    both!(conn, c => diesel::update(job_host::table
            .filter(job_host::job.eq(job.0).and(job_host::host_key.eq(host.0))))
        .set(job_host::given_up.eq(&reason))
        .execute(c))?;
    let queued: Vec<(i64, i64)> = both!(conn, c => urls::table
        .filter(urls::job.eq(job.0).and(urls::host_key.eq(host.0)))
        .filter(urls::due_at.is_not_null())
        .order((urls::depth, urls::due_at, urls::id))
        .limit(i64::try_from(limit).unwrap_or(i64::MAX))
        .select((urls::id, urls::url_key))
        .load(c))?;
    let pass: Option<i32> = both!(conn, c =>
        job::table.filter(job::id.eq(job.0)).select(job::pass).first(c).optional())?;
    for (id, key) in &queued {
        let fail = FailUnasked {
            reason: &reason,
            evidence: given_up.evidence.as_deref().map(clean),
            pass: pass.unwrap_or(1),
            job: job.0,
            host: host.0,
            key: *key,
            id: *id,
            life: PhantomData,
        };
        both!(conn, c => fail.execute(c))?;
    }
    Ok(queued.len())
}

/// A condition on `urls` that stands for the selectors: numbers, and a reason from a closed list of
/// names without quotes, so nothing needs binding.
fn condition(which: &Retry, since: i32) -> String {
    let mut terms =
        vec![format!("job = {}", which.job.0), format!("state = {}", UrlState::Failed as i16)];
    if since > 0 {
        terms.push(format!("pass >= {since}"));
    }
    if let Some(host) = which.host {
        terms.push(format!("host_key = {}", host.0));
    }
    let ranges: Vec<String> =
        which.statuses.iter().map(|(from, to)| format!("status BETWEEN {from} AND {to}")).collect();
    if !ranges.is_empty() {
        terms.push(format!("({})", ranges.join(" OR ")));
    }
    if let Some(since) = which.since {
        terms.push(format!("fetched_at >= {since}"));
    }
    if let Some(reason) = which.reason {
        terms.push(format!("reason = '{reason}'"));
    }
    terms.join(" AND ")
}

#[derive(QueryableByName)]
struct Host {
    #[diesel(sql_type = sql_types::BigInt)]
    host_key: i64,
}

fn hosts_of(conn: &mut Connection, condition: &str) -> QueryResult<Vec<i64>> {
    let sql = format!("SELECT DISTINCT host_key FROM urls WHERE {condition} ORDER BY 1");
    let hosts: Vec<Host> = both!(conn, c => sql_query(&sql).get_results(c))?;
    Ok(hosts.into_iter().map(|host| host.host_key).collect())
}

fn revive(conn: &mut Connection, condition: &str, host: i64, now: Millis) -> QueryResult<usize> {
    let sql = format!(
        "UPDATE urls SET state = 0, due_at = $1, tries = 0 WHERE {condition} AND host_key = $2"
    );
    both!(conn, c => sql_query(&sql)
        .bind::<sql_types::BigInt, _>(now)
        .bind::<sql_types::BigInt, _>(host)
        .execute(c))
}

/// Ends the rest that a host takes after failures; a Retry-After still counts. The pace of a host
/// that a node holds is in that node's memory.
fn reopen_host(conn: &mut Connection, id: JobId, key: i64) -> QueryResult<()> {
    both!(conn, c => diesel::update(job_host::table
            .filter(job_host::job.eq(id.0).and(job_host::host_key.eq(key))))
        .set(job_host::given_up.eq(None::<String>))
        .execute(c))?;
    both!(conn, c => diesel::update(host::table
            .filter(host::host_key.eq(key).and(host::owner.eq(0)).and(host::fails.gt(0))))
        .set((host::fails.eq(0), host::failing_since.eq(0), host::not_before.eq(0)))
        .execute(c))?;
    Ok(())
}
