//! Queries that the server answered with a failure, for good: they have no fact. A row of `query` of
//! one tells in which generation it was looked at all the same.

use std::borrow::Cow;
use std::collections::HashSet;
use std::marker::PhantomData;
use std::ops::Range;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer, Nullable, Text};
use diesel::{QueryableByName, sql_query};

use super::facts::Shelf;
use super::machine::Machine;
use super::small;
use crate::domain::UrlKey;
use crate::domain::harvest::Failed;
use crate::domain::outcome::UrlState;
use crate::store::clean;
use crate::store::connection::{Connection, both};
use crate::store::prepared::prepared;
use crate::store::schema::urls;

/// Those of a pass: index `urls_failed` holds them.
const ALL: &str = "SELECT COUNT(*) AS rows FROM urls \
    WHERE job = $1 AND pass = $2 AND state = 2 AND status IS NOT NULL";

/// What was sent with some of them, the shortest first, that nobody has looked at in this generation.
const SENT: &str = "SELECT via_text FROM urls \
    WHERE job = $1 AND pass = $2 AND state = 2 AND status IS NOT NULL \
    AND length(via_text) >= $3 AND length(via_text) < $4 \
    AND NOT EXISTS (SELECT 1 FROM query q WHERE q.job = urls.job AND q.number = urls.id \
      AND q.pass = urls.pass AND (q.purpose IS NOT NULL OR q.generation >= $5)) \
    ORDER BY length(via_text), id LIMIT $6";

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    rows: i64,
}

#[derive(QueryableByName)]
struct Sent {
    #[diesel(sql_type = Nullable<Text>)]
    via_text: Option<String>,
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
    let all: Count = both!(shelf.conn, c => sql_query(ALL)
        .bind::<BigInt, _>(job.0)
        .bind::<Integer, _>(pass)
        .get_result(c))?;
    if all.rows == 0 {
        return Ok(Failed::default());
    }
    let around = shelf.of.plan.query("").chars().count();
    let sent: Vec<Sent> = both!(shelf.conn, c => sql_query(SENT)
        .bind::<BigInt, _>(job.0)
        .bind::<Integer, _>(pass)
        .bind::<Integer, _>(small(lengths.start + around))
        .bind::<Integer, _>(small(lengths.end + around))
        .bind::<Integer, _>(small(generation))
        .bind::<BigInt, _>(i64::try_from(limit).unwrap_or(i64::MAX))
        .get_results(c))?;
    let text = |sent: String| shelf.of.plan.text(&sent).map(str::to_owned);
    let texts = sent.into_iter().filter_map(|row| row.via_text).filter_map(text).collect();
    Ok(Failed { all: u64::try_from(all.rows).unwrap_or_default(), texts })
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Access, Store};

    #[derive(QueryableByName)]
    struct Step {
        #[diesel(sql_type = Text)]
        detail: String,
    }

    #[test]
    fn the_failed_are_found_without_looking_at_the_others() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("a.db").display());
        let store = Store::open(&url, Access::Owner).unwrap();
        for sql in [ALL, SENT] {
            let steps: Vec<Step> = store
                .connections
                .read(|conn| {
                    let explain = format!("EXPLAIN QUERY PLAN {sql}");
                    Ok(both!(conn, c => sql_query(explain).load(c))?)
                })
                .unwrap();
            let plan: Vec<&str> = steps.iter().map(|step| step.detail.as_str()).collect();
            assert!(plan[0].contains("INDEX urls_failed (job=? AND pass=?"), "{plan:?}");
            assert!(!plan.iter().any(|step| step.contains("TEMP B-TREE")), "{plan:?}");
        }
    }
}
