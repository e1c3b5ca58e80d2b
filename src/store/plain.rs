//! The result of an answer that led nowhere and said nothing of itself, such as that to a query:
//! half of what a page's result binds need not be bound.

use std::borrow::Cow;
use std::marker::PhantomData;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Integer, Nullable, Text};

use super::clean;
use super::connection::{Connection, both};
use super::prepared::prepared;
use crate::domain::outcome::UrlState;
use crate::frontier::record::Settled;

prepared! {
    /// All that is not named here is as it was before the first try.
    SettlePlain<'a> {
        "UPDATE urls SET due_at = NULL, state = 1, reason = NULL, evidence = NULL, \
          redirect_to = NULL, redirect_key = NULL, links = NULL, new_links = NULL, title = NULL, \
          etag = NULL, last_modified = NULL, noindex = FALSE, links_cut = FALSE, \
          out_of_scope = NULL, original = NULL, original_host = NULL, tries = "
            tries: i32 as Integer,
        ", pass = " pass: i32 as Integer,
        ", status = " status: Option<i32> as Nullable<Integer>,
        ", content_type = " content_type: Option<Cow<'a, str>> as Nullable<Text>,
        ", charset = " charset: Option<Cow<'a, str>> as Nullable<Text>,
        ", bytes = " bytes: Option<i64> as Nullable<BigInt>,
        ", digest = " digest: Option<&'a [u8]> as Nullable<Binary>,
        ", fetched_at = " fetched_at: Option<i64> as Nullable<BigInt>,
        ", elapsed_ms = " elapsed_ms: Option<i64> as Nullable<BigInt>,
        " WHERE job = " job: i64 as BigInt,
        " AND host_key = " host: i64 as BigInt,
        " AND url_key = " key: i64 as BigInt,
        " AND id = " id: i64 as BigInt,
    } " AND due_at IS NOT NULL"
}

/// Is it such an answer? (That it duplicates no page and found nothing new is the caller's to know.)
pub(super) fn is(settled: &Settled) -> bool {
    let facts = &settled.facts;
    settled.state == UrlState::Done
        && settled.reason.is_none()
        && settled.evidence.is_none()
        && settled.redirect_to.is_none()
        && settled.redirect_key.is_none()
        && facts.links.is_none()
        && facts.title.is_none()
        && facts.etag.is_none()
        && facts.last_modified.is_none()
        && facts.out_of_scope.is_none()
        && !facts.noindex
        && !facts.links_cut
}

/// Stores it; gives the number of rows that were waiting for it.
pub(super) fn settle(conn: &mut Connection, settled: &Settled, pass: i32) -> QueryResult<usize> {
    let facts = &settled.facts;
    let settle = SettlePlain {
        tries: settled.tries,
        pass,
        status: facts.status.map(i32::from),
        content_type: facts.content_type.as_deref().map(clean),
        charset: facts.charset.as_deref().map(clean),
        bytes: facts.bytes,
        digest: facts.digest.as_ref().map(<[u8; 32]>::as_slice),
        fetched_at: facts.fetched_at,
        elapsed_ms: facts.elapsed_ms,
        job: settled.job.0,
        host: settled.host.0,
        key: settled.key.0,
        id: settled.id,
        life: PhantomData,
    };
    both!(conn, c => settle.execute(c))
}
