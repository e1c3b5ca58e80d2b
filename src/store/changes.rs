//! What a pass over known pages finds new, changed or gone.
//!
//! Invariant: while a row is asked again, `was_digest` is the digest of the last result that was
//! done (empty where that had none), and NULL where there is none or the page was gone since: it is
//! written where a row becomes due in a later pass. `changed`, written in the commit of a result,
//! says in which pass a row was last found to be another, and how.

use std::marker::PhantomData;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Integer};
use diesel::{QueryableByName, sql_query, sql_types};

use super::connection::{Connection, both};
use super::error::Fault;
use super::item_rows::Change;
use super::prepared::prepared;
use super::report::Order;
use crate::domain::JobId;
use crate::domain::role::Role;
use crate::frontier::record::Settled;

/// `changed` is the pass by this and the kind of change.
const KINDS: i32 = 4;
const NEW: i32 = 1;
const CHANGED: i32 = 2;
const GONE: i32 = 3;

/// A row that becomes due again keeps what its last result was, with `x` for one without a digest.
macro_rules! keep_what_was {
    ($x:expr) => {
        diesel::dsl::sql::<diesel::sql_types::Nullable<diesel::sql_types::Binary>>(
            "CASE WHEN state = 1 THEN COALESCE(digest, ",
        )
        .bind::<diesel::sql_types::Binary, _>($x)
        .sql(") WHEN state = 2 AND status IN (404, 410) THEN NULL ELSE was_digest END")
    };
}
pub(super) use keep_what_was;

/// What a pass has found, in pages.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Changes {
    /// Done for the first time, or again after they were gone.
    pub new: i64,
    /// Done before, and now with another digest.
    pub changed: i64,
    /// Done before, and now 404 or 410.
    pub gone: i64,
}

prepared! {
    /// A result of a later pass stands beside the one before.
    Note<'a> {
        "UPDATE urls SET changed = CASE \
          WHEN state = 2 AND status IN (404, 410) AND was_digest IS NOT NULL THEN "
            gone: i32 as Integer,
        " WHEN state = 1 AND was_digest IS NULL THEN " new: i32 as Integer,
        " WHEN state = 1 AND digest <> was_digest AND was_digest <> " none: &'a [u8] as Binary,
        " THEN " other: i32 as Integer,
        " END WHERE job = " job: i64 as BigInt,
        " AND host_key = " host: i64 as BigInt,
        " AND url_key = " key: i64 as BigInt,
        " AND id = " id: i64 as BigInt,
        " AND (changed >= " first: i32 as Integer,
    } " OR (state = 2 AND status IN (404, 410) AND was_digest IS NOT NULL) \
        OR (state = 1 AND (was_digest IS NULL OR digest <> was_digest)))"
}

/// Notes how a result that was just stored differs from that of an earlier pass. A first pass has
/// nothing to differ from, and a harvest and a listing tell of their changes otherwise.
pub(super) fn note(conn: &mut Connection, settled: &Settled, pass: i32) -> QueryResult<()> {
    if pass < 2 || settled.role != Role::Page || settled.gathered.is_some() {
        return Ok(());
    }
    let note = Note {
        gone: code(pass, GONE),
        new: code(pass, NEW),
        none: &[],
        other: code(pass, CHANGED),
        job: settled.job.0,
        host: settled.host.0,
        key: settled.key.0,
        id: settled.id,
        first: code(pass, NEW),
        life: PhantomData,
    };
    both!(conn, c => note.execute(c))?;
    Ok(())
}

/// The first and the last code of a pass.
pub(super) fn codes(pass: i32) -> (i32, i32) {
    (code(pass, NEW), code(pass, GONE))
}

fn code(pass: i32, kind: i32) -> i32 {
    pass.saturating_mul(KINDS).saturating_add(kind)
}

/// How a row was found to be another, last.
pub(super) fn read(code: Option<i32>) -> Change {
    match code.map(|code| code % KINDS) {
        Some(NEW) => Change::New,
        Some(CHANGED) => Change::Changed,
        Some(GONE) => Change::Gone,
        _ => Change::Same,
    }
}

#[derive(QueryableByName)]
struct Group {
    #[diesel(sql_type = sql_types::Integer)]
    changed: i32,
    #[diesel(sql_type = sql_types::BigInt)]
    rows: i64,
}

const GROUPS: &str = "SELECT changed, COUNT(*) AS rows FROM urls \
    WHERE job = $1 AND role = 0 AND changed BETWEEN $2 AND $3 AND due_at IS NULL GROUP BY changed";

/// What a pass of a job has found; `None` for a first one.
pub(super) fn sums(
    conn: &mut Connection,
    job: JobId,
    order: Order,
) -> Result<Option<Changes>, Fault> {
    let pass = super::job::by_id(conn, job)?.pass;
    if pass < 2 {
        return Ok(None);
    }
    let (first, last) = codes(pass);
    let groups: Vec<Group> = both!(conn, c => sql_query(order.of(GROUPS))
        .bind::<sql_types::BigInt, _>(job.0)
        .bind::<sql_types::Integer, _>(first)
        .bind::<sql_types::Integer, _>(last)
        .get_results(c))?;
    let mut changes = Changes::default();
    for group in groups {
        match read(Some(group.changed)) {
            Change::New => changes.new = group.rows,
            Change::Changed => changes.changed = group.rows,
            Change::Gone => changes.gone = group.rows,
            Change::Same => {}
        }
    }
    Ok(Some(changes))
}
