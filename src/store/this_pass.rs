//! Which URLs belong to the present pass of a job.
//!
//! Invariant: a harvest, a list and a listing are asked as they are now. What a later pass does not come
//! to keeps its last result and the number of its last pass; it is neither queued nor counted. What the
//! last pass left in the queue is set aside step by step before the next one begins: a job of which a
//! part may be set aside bears a mark, and can only begin its next pass.

use std::borrow::Cow;

use diesel::prelude::*;
use diesel::{QueryableByName, sql_query, sql_types};

use super::connection::{Connection, both};
use super::job::JobRow;
use super::schema::job;
use super::{Result, Store};
use crate::domain::JobId;
use crate::domain::outcome::Reason;

/// Rows set aside at once; others commit in between.
const STEP: u32 = 5_000;

/// The cursor of a job that is leaving its pass for the next one.
const LEAVING: &str = "leaving";

/// Why what was never asked is not, and how that is told.
const NEVER_ASKED: (Reason, &str) =
    (Reason::Scope, "a later pass was neither given it nor found it");

impl JobRow {
    /// The oldest pass whose results count in the present one: itself for a job that finds its pages
    /// anew in each pass; any (0) for one that goes over all that it knows.
    #[must_use]
    pub fn counts_since(&self) -> i32 {
        if self.finds_anew() && self.pass > 1 { self.pass } else { 0 }
    }

    /// Does each pass ask only what it is given or finds?
    pub(super) fn finds_anew(&self) -> bool {
        matches!(&*self.kind, "suggest" | "fetch" | "scrape")
    }

    /// Was the next pass about to begin when its beginning was cut short? It can only begin then: what
    /// this one left may be set aside already.
    #[must_use]
    pub fn is_leaving(&self) -> bool {
        self.cursor.as_deref() == Some(LEAVING)
    }
}

/// A statement that says `role = N`, of no older passes than this.
pub(super) fn only(sql: &str, since: i32) -> Cow<'_, str> {
    if since == 0 {
        return sql.into();
    }
    let mut narrowed = sql.to_owned();
    for role in ["role = 0", "role = 1"] {
        narrowed = narrowed.replace(role, &format!("{role} AND pass >= {since}"));
    }
    narrowed.into()
}

/// A place in the queue of a job.
#[derive(Clone, Copy, QueryableByName)]
struct Place {
    #[diesel(sql_type = sql_types::BigInt)]
    host_key: i64,
    #[diesel(sql_type = sql_types::Integer)]
    depth: i32,
    #[diesel(sql_type = sql_types::BigInt)]
    due_at: i64,
    #[diesel(sql_type = sql_types::BigInt)]
    id: i64,
}

/// Before all others.
const FIRST: Place = Place { host_key: i64::MIN, depth: i32::MIN, due_at: i64::MIN, id: i64::MIN };

impl Store {
    /// Sets aside what a pass that is over left in the queue, in steps. It ends at once when
    /// somebody else begins the next pass.
    pub(super) fn leave_queue(&self, id: JobId, pass: i32) -> Result<()> {
        let mut place = Some(FIRST);
        while let Some(after) = place {
            place = self.connections.write(|conn| {
                // First, so that two nodes take turns.
                let this = job::table.filter(job::id.eq(id.0).and(job::pass.eq(pass)));
                let marked = both!(conn, c =>
                    diesel::update(this).set(job::cursor.eq(LEAVING)).execute(c))?;
                Ok(if marked == 0 { None } else { leave_some(conn, id, after)? })
            })?;
        }
        Ok(())
    }
}

/// All that is queued: after the steps, little.
pub(super) fn leave_rest(conn: &mut Connection, id: JobId) -> QueryResult<()> {
    let mut place = Some(FIRST);
    while let Some(after) = place {
        place = leave_some(conn, id, after)?;
    }
    Ok(())
}

/// One step; gives the place that was come to if there may be more.
fn leave_some(conn: &mut Connection, id: JobId, after: Place) -> QueryResult<Option<Place>> {
    let postgres = conn.is_postgres();
    if postgres {
        // It would sort all that is queued in each step while it does not know how much that is.
        conn.execute("SET LOCAL enable_sort = off")?;
    }
    // All are numbers, so nothing needs binding.
    let Place { host_key, depth, due_at, id: row } = after;
    let queue = format!(
        "FROM urls WHERE job = {} AND due_at IS NOT NULL \
         AND (host_key, depth, due_at, id) > ({host_key}, {depth}, {due_at}, {row}) \
         ORDER BY host_key, depth, due_at, id",
        id.0
    );
    let last = format!("SELECT host_key, depth, due_at, id {queue} LIMIT 1 OFFSET {}", STEP - 1);
    let last: Option<Place> = both!(conn, c => sql_query(last).get_result(c).optional())?;
    let key = if postgres { "job, host_key, url_key" } else { "id" };
    let rows = format!("({key}) IN (SELECT {key} {queue} LIMIT {STEP})");
    both!(conn, c => sql_query(give_back(NEVER_ASKED, &rows)).execute(c))?;
    Ok(last)
}

/// The statement that gives these rows the result that they had before they were queued again. A
/// failed one still bears its reason, and a done one is known by its digest if it was tried since; what
/// that try wrote is then put right. Of any other, a failed try is the last that is known. What was
/// never asked is excluded.
pub(super) fn give_back((reason, evidence): (Reason, &str), rows: &str) -> String {
    format!(
        "UPDATE urls SET due_at = NULL, \
         state = CASE WHEN status IS NULL AND reason IS NULL THEN 4 \
           WHEN reason IS NOT NULL AND (was_digest = digest) IS NOT TRUE THEN 2 \
           WHEN redirect_to IS NOT NULL THEN 3 ELSE 1 END, \
         status = CASE WHEN reason IS NOT NULL AND was_digest = digest \
           AND (status BETWEEN 200 AND 299) IS NOT TRUE THEN 200 ELSE status END, \
         reason = CASE WHEN status IS NULL AND reason IS NULL THEN '{reason}' \
           WHEN was_digest = digest THEN NULL ELSE reason END, \
         evidence = CASE WHEN status IS NULL AND reason IS NULL THEN '{evidence}' \
           WHEN reason IS NOT NULL AND was_digest = digest THEN NULL ELSE evidence END \
         WHERE {rows}"
    )
}
