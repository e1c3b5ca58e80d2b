//! URLs that were given rather than found, such as the queries of a harvest: half of what the row
//! of a found one binds need not be bound.

use std::borrow::Cow;
use std::marker::PhantomData;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer, Nullable, SmallInt, Text};

use super::clean;
use super::insert::Candidate;
use super::prepared::prepared;
use crate::domain::Millis;
use crate::domain::role::Role;

prepared! {
    /// One row, where it is not known.
    InsertGiven<'a> {
        "INSERT INTO urls (hops, state, via_nofollow, role, id, job, host_key, url_key, url, depth, \
          due_at, pass, via_kind, via_text, task) VALUES (0, 0, FALSE, 0, " id: i64 as BigInt,
        ", " job: i64 as BigInt,
        ", " host_key: i64 as BigInt,
        ", " url_key: i64 as BigInt,
        ", " url: &'a str as Text,
        ", " depth: i32 as Integer,
        ", " due_at: i64 as BigInt,
        ", " pass: i32 as Integer,
        ", " via_kind: i16 as SmallInt,
        ", " via_text: Option<Cow<'a, str>> as Nullable<Text>,
        ", " task: i16 as SmallInt,
    } ") ON CONFLICT DO NOTHING"
}

/// Is it such a URL, and to be asked?
pub(super) fn is(candidate: &Candidate<'_>) -> bool {
    let url = candidate.find.url;
    url.referrer.is_none()
        && url.excluded.is_none()
        && url.role == Role::Page
        && candidate.hops == 0
        && !url.nofollow
}

/// Stores it, if it is not known; gives the number of rows stored.
pub(super) fn insert(
    conn: &mut SqliteConnection,
    candidate: &Candidate<'_>,
    now: Millis,
) -> QueryResult<usize> {
    let (find, url) = (candidate.find, candidate.find.url);
    let insert = InsertGiven {
        id: candidate.id,
        job: find.job.0,
        host_key: url.host.0,
        url_key: url.key.0,
        url: &url.url,
        depth: candidate.depth,
        due_at: now,
        pass: find.pass,
        via_kind: url.kind as i16,
        via_text: url.text.as_deref().map(clean),
        task: url.task as i16,
        life: PhantomData,
    };
    insert.execute(conn)
}
