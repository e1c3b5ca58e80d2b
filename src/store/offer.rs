//! What generators give: new URLs, and passes over known ones, each with the generator's position.

use std::marker::PhantomData;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Integer};

use super::connection::{Connection, both, by_age};
use super::error::Fault;
use super::insert::{self, Find};
use super::prepared::prepared;
use super::schema::{job, urls};
use super::{Node, Result, Store, named, node, wake};
use crate::domain::outcome::{Reason, UrlState};
use crate::domain::{HostKey, JobId, Millis};
use crate::frontier::record::NewUrl;

/// A job, in the pass that its run is in; `None`: in whichever it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JobPass {
    /// The job.
    pub job: JobId,
    /// The pass.
    pub pass: Option<i32>,
}

impl From<JobId> for JobPass {
    fn from(job: JobId) -> Self {
        Self { job, pass: None }
    }
}

impl JobPass {
    /// The pass of the job; `None` when somebody has begun another one.
    fn present(self, conn: &mut Connection) -> std::result::Result<Option<i32>, Fault> {
        let pass = super::job::by_id(conn, self.job)?.pass;
        Ok(self.pass.is_none_or(|known| known == pass).then_some(pass))
    }
}

/// What an offer changed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Offered {
    /// Nothing: another pass has begun.
    pub outrun: bool,
    /// URLs that were new, or became due again.
    pub added: usize,
    /// (job, host) pairs that got rows to ask.
    pub woken: Vec<(JobId, HostKey)>,
}

/// One step of a pass over known pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Revisited {
    /// No step was made: another pass has begun.
    pub outrun: bool,
    /// Where the next step goes on.
    pub last_id: i64,
    /// Rows made due again.
    pub count: usize,
    /// Was this the last step?
    pub exhausted: bool,
}

impl Store {
    /// Makes URLs known to a job and stores its generator's position, in one transaction. `None`
    /// leaves the position as it is; `exhausted` is set as given. With `revive` a row of an older
    /// pass becomes due again.
    ///
    /// # Errors
    /// `Fenced` when the node has been reaped; `Missing` when there is no such job.
    #[expect(clippy::too_many_arguments, reason = "one transaction, each part used once")]
    pub fn offer(
        &self,
        me: &Node,
        of: impl Into<JobPass>,
        offered: &[NewUrl],
        cursor: Option<&str>,
        exhausted: bool,
        revive: bool,
        now: Millis,
    ) -> Result<Offered> {
        let of: JobPass = of.into();
        let id = of.job;
        self.connections.write(|conn| {
            node::hold(conn, me)?;
            let Some(pass) = of.present(conn)? else {
                return Ok(Offered { outrun: true, ..Offered::default() });
            };
            let finds: Vec<Find<'_>> = offered
                .iter()
                .map(|url| Find { job: id, pass, url, source_host: None, page: 0 })
                .collect();
            let inserted = insert::insert(conn, &finds, revive, &self.ids, None, now)?;
            named::name(conn, id, offered)?;
            keep_position(conn, id, cursor, exhausted)?;
            let added = inserted.new.len() + inserted.revived.len();
            Ok(Offered { outrun: false, added, woken: inserted.woken })
        })
    }

    /// One step of a new pass over known pages: up to `limit` rows after `after_id` that belong to
    /// older passes become due again, with their last result kept until there is a new one. The
    /// position is stored as `revisit:ID`. URLs excluded for what they are stay excluded; those
    /// excluded by robots.txt or scope are judged again.
    ///
    /// # Errors
    /// `Fenced` when the node has been reaped; `Missing` when there is no such job.
    pub fn revisit(
        &self,
        me: &Node,
        of: impl Into<JobPass>,
        after_id: i64,
        limit: usize,
        now: Millis,
    ) -> Result<Revisited> {
        let of: JobPass = of.into();
        let id = of.job;
        self.connections.write(|conn| {
            node::hold(conn, me)?;
            let Some(pass) = of.present(conn)? else {
                return Ok(Revisited {
                    outrun: true,
                    last_id: after_id,
                    count: 0,
                    exhausted: false,
                });
            };
            let step = next_of_older_passes(conn, id, pass, after_id, limit)?;
            let last_id = step.last().map_or(after_id, |row| row.id);
            let exhausted = step.len() < limit.max(1);
            let due: Vec<&Older> = step.iter().filter(|row| row.is_judged_again()).collect();
            make_due(conn, id, &due, pass, now)?;
            keep_position(conn, id, Some(&format!("revisit:{last_id}")), exhausted)?;
            Ok(Revisited { outrun: false, last_id, count: due.len(), exhausted })
        })
    }
}

prepared! {
    /// A known row is to be asked again in this pass.
    MakeDue<'a> {
        "UPDATE urls SET state = 0, tries = 0, due_at = " due_at: i64 as BigInt,
        ", pass = " pass: i32 as Integer,
        ", was_digest = CASE WHEN state = 1 THEN COALESCE(digest, " none: &'a [u8] as Binary,
        ") WHEN state = 2 AND status IN (404, 410) THEN NULL ELSE was_digest END WHERE job = "
            job: i64 as BigInt,
        " AND host_key = " host: i64 as BigInt,
        " AND url_key = " key: i64 as BigInt,
        " AND id = " id: i64 as BigInt,
    } ""
}

#[derive(Queryable)]
struct Older {
    id: i64,
    host_key: i64,
    url_key: i64,
    state: i16,
    reason: Option<String>,
}

impl Older {
    fn is_judged_again(&self) -> bool {
        let reason = self.reason.as_deref().and_then(|name| name.parse().ok());
        self.state != UrlState::Excluded as i16
            || matches!(reason, Some(Reason::Robots | Reason::Scope))
    }
}

fn next_of_older_passes(
    conn: &mut Connection,
    id: JobId,
    pass: i32,
    after_id: i64,
    limit: usize,
) -> std::result::Result<Vec<Older>, Fault> {
    let limit = i64::try_from(limit.max(1)).unwrap_or(i64::MAX);
    Ok(by_age!(conn, id.0, (c, of_job) => urls::table
        .filter(of_job)
        .filter(urls::id.gt(after_id).and(urls::pass.lt(pass)))
        .order(urls::id)
        .limit(limit)
        .select((urls::id, urls::host_key, urls::url_key, urls::state, urls::reason))
        .load(c))?)
}

fn make_due(
    conn: &mut Connection,
    id: JobId,
    rows: &[&Older],
    pass: i32,
    now: Millis,
) -> std::result::Result<(), Fault> {
    for row in rows {
        let make = MakeDue {
            due_at: now,
            pass,
            none: &[],
            job: id.0,
            host: row.host_key,
            key: row.url_key,
            id: row.id,
            life: PhantomData,
        };
        both!(conn, c => make.execute(c))?;
    }
    let mut pairs: Vec<(i64, i64)> = rows.iter().map(|row| (id.0, row.host_key)).collect();
    pairs.sort_unstable();
    pairs.dedup();
    wake::wake(conn, &pairs, now)
}

fn keep_position(
    conn: &mut Connection,
    id: JobId,
    cursor: Option<&str>,
    exhausted: bool,
) -> std::result::Result<(), Fault> {
    let this = job::table.filter(job::id.eq(id.0));
    both!(conn, c => match cursor {
        Some(cursor) => diesel::update(this)
            .set((job::cursor.eq(cursor), job::exhausted.eq(exhausted)))
            .execute(c),
        None => diesel::update(this).set(job::exhausted.eq(exhausted)).execute(c),
    })?;
    Ok(())
}
