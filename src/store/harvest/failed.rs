//! Queries that the server answered with a failure, for good: they have no fact. A row of `query` of
//! one tells in which generation it was looked at all the same.

use std::borrow::Cow;
use std::collections::HashSet;
use std::marker::PhantomData;
use std::ops::Range;

use diesel::dsl::{exists, not};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer, Text};

use super::facts::Shelf;
use super::machine::Machine;
use super::small;
use crate::domain::UrlKey;
use crate::domain::harvest::Failed;
use crate::domain::outcome::UrlState;
use crate::store::clean;
use crate::store::connection::{Connection, both};
use crate::store::prepared::prepared;
use crate::store::schema::{query, urls};

define_sql_function! {
    /// Characters of a text.
    fn length(text: diesel::sql_types::Nullable<Text>) -> diesel::sql_types::Nullable<Integer>;
}

prepared! {
    /// A failed query was looked at.
    Bridge<'a> {
        "INSERT INTO query (job, number, text, pass, generation) SELECT job, id, "
            text: Cow<'a, str> as Text,
        ", pass, " generation: i32 as Integer,
        " FROM urls WHERE job = " job: i64 as BigInt,
        " AND host_key = " host: i64 as BigInt,
        " AND url_key = " key: i64 as BigInt,
    } " AND state = 2 ON CONFLICT (job, number) DO UPDATE SET pass = excluded.pass, \
        purpose = NULL, tips = NULL, counts = NULL, last = NULL, \
        generation = excluded.generation, letters = NULL"
}

/// Those of this generation before, of so many letters, and how many failed in all.
pub(super) fn failed(
    shelf: &mut Shelf<'_>,
    generation: u32,
    lengths: Range<usize>,
    limit: usize,
) -> QueryResult<Failed> {
    let (job, pass) = (shelf.job, shelf.pass);
    let of_pass = || {
        urls::table
            .filter(urls::job.eq(job.0).and(urls::pass.eq(pass)))
            .filter(urls::state.eq(UrlState::Failed as i16).and(urls::status.is_not_null()))
    };
    let all: i64 = both!(shelf.conn, c => of_pass().count().first(c))?;
    if all == 0 {
        return Ok(Failed::default());
    }
    let around = shelf.of.plan.query("").chars().count();
    let looked_at = query::table
        .filter(query::job.eq(urls::job).and(query::number.eq(urls::id)))
        .filter(query::pass.eq(pass))
        .filter(query::purpose.is_not_null().or(query::generation.ge(small(generation))));
    let sent: Vec<Option<String>> = both!(shelf.conn, c => of_pass()
        .filter(length(urls::via_text).ge(small(lengths.start + around)))
        .filter(length(urls::via_text).lt(small(lengths.end + around)))
        .filter(not(exists(looked_at)))
        .order((length(urls::via_text), urls::id))
        .limit(i64::try_from(limit).unwrap_or(i64::MAX))
        .select(urls::via_text)
        .load(c))?;
    let text = |sent: String| shelf.of.plan.text(&sent).map(str::to_owned);
    let texts = sent.into_iter().flatten().filter_map(text).collect();
    Ok(Failed { all: u64::try_from(all).unwrap_or_default(), texts })
}

/// Those of these keys.
pub(super) fn failed_of(shelf: &mut Shelf<'_>, keys: &[UrlKey]) -> QueryResult<HashSet<i64>> {
    let keys: Vec<i64> = keys.iter().map(|key| key.0).collect();
    let host = shelf.of.template.endpoint().host_key();
    let failed: Vec<i64> = both!(shelf.conn, c => urls::table
        .filter(urls::job.eq(shelf.job.0).and(urls::host_key.eq(host.0)))
        .filter(urls::url_key.eq_any(&keys).and(urls::pass.eq(shelf.pass)))
        .filter(urls::state.eq(UrlState::Failed as i16).and(urls::status.is_not_null()))
        .select(urls::url_key)
        .load(c))?;
    Ok(failed.into_iter().collect())
}

/// Remembers that these were looked at.
pub(super) fn bridge(
    conn: &mut Connection,
    machine: &Machine,
    texts: &[String],
) -> QueryResult<()> {
    for text in texts {
        let sent = machine.of.plan.query(text);
        let Ok(row) = machine.of.template.row_url(&sent) else { continue };
        let bridge = Bridge {
            text: clean(&sent),
            generation: small(machine.harvest.record().generation()),
            job: machine.job.0,
            host: row.host.0,
            key: row.key.0,
            life: PhantomData,
        };
        both!(conn, c => bridge.execute(c))?;
    }
    Ok(())
}
