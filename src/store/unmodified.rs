//! Pages that have not changed: their last result stays, with the date of the new answer.
//!
//! Invariant: a row has validators exactly while its last result is a page that was read whole, and
//! read as the job would read it now. So whoever asks by them may keep that result.

use std::borrow::Cow;
use std::marker::PhantomData;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer, Nullable, Text};
use diesel::{sql_query, sql_types};

use super::connection::{Connection, both};
use super::prepared::prepared;
use super::{Result, Store, clean};
use crate::domain::JobId;
use crate::frontier::record::Settled;

prepared! {
    /// The last result holds. What failed tries of this pass have written over it is put right.
    KeepUrl<'a> {
        "UPDATE urls SET due_at = NULL, state = 1, tries = " tries: i32 as Integer,
        ", pass = " pass: i32 as Integer,
        ", etag = COALESCE(" etag: Option<Cow<'a, str>> as Nullable<Text>,
        ", etag), last_modified = COALESCE(" last_modified: Option<Cow<'a, str>> as Nullable<Text>,
        ", last_modified), fetched_at = " fetched_at: Option<i64> as Nullable<BigInt>,
        ", elapsed_ms = " elapsed_ms: Option<i64> as Nullable<BigInt>,
        ", status = CASE WHEN status BETWEEN 200 AND 299 THEN status ELSE 200 END, \
           evidence = CASE WHEN reason IS NULL THEN evidence END, reason = NULL \
           WHERE job = " job: i64 as BigInt,
        " AND host_key = " host: i64 as BigInt,
        " AND url_key = " key: i64 as BigInt,
        " AND id = " id: i64 as BigInt,
    } " AND due_at IS NOT NULL"
}

/// Stores that the page of an older pass still is what it was.
pub(super) fn keep(conn: &mut Connection, settled: &Settled, pass: i32) -> QueryResult<usize> {
    let facts = &settled.facts;
    let keep = KeepUrl {
        tries: settled.tries,
        pass,
        etag: facts.etag.as_deref().map(clean),
        last_modified: facts.last_modified.as_deref().map(clean),
        fetched_at: facts.fetched_at,
        elapsed_ms: facts.elapsed_ms,
        job: settled.job.0,
        host: settled.host.0,
        key: settled.key.0,
        id: settled.id,
        life: PhantomData,
    };
    both!(conn, c => keep.execute(c))
}

impl Store {
    /// Has every page of a job read anew when it is asked next, unchanged or not. To be called
    /// before options are stored that change what is taken from a page: a death in between then
    /// costs a request, never a link.
    ///
    /// # Errors
    /// When the store fails.
    pub fn forget_versions(&self, job: JobId) -> Result<()> {
        let sql = "UPDATE urls SET etag = NULL, last_modified = NULL \
                   WHERE job = $1 AND (etag IS NOT NULL OR last_modified IS NOT NULL)";
        self.connections.write_durably(|conn| {
            both!(conn, c => sql_query(sql).bind::<sql_types::BigInt, _>(job.0).execute(c))?;
            Ok(())
        })
    }
}
