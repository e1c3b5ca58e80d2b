//! Queries that an earlier plan of this pass had answered are told again to the machine of the new
//! one, from the store: nothing is asked twice because the alphabet has grown.

use std::sync::Arc;

use diesel::prelude::*;

use super::machine::Machine;
use super::offers::Placed;
use super::settle::{Asked, tell};
use super::{OF_ANOTHER_PLAN, read_counts};
use crate::domain::harvest::{Purpose, Shown};
use crate::domain::{Millis, UrlKey};
use crate::store::Ids;
use crate::store::connection::{Connection, both};
use crate::store::error::Fault;
use crate::store::schema::{query, sighting, suggestion};

/// Tells the machine what had been answered, and all that this makes it offer of the same sort.
pub(super) fn all(
    conn: &mut Connection,
    machine: &mut Machine,
    placed: &mut Placed,
    ids: &Ids,
    now: Millis,
) -> Result<(), Fault> {
    while let Some((key, purpose)) = placed.answered.pop() {
        if let Some(asked) = asked(conn, machine, key, purpose)? {
            let number = asked.number;
            placed.merge(tell(conn, machine, asked, ids, now)?);
            see(conn, machine, number)?;
        }
    }
    Ok(())
}

/// What a query showed, as it is stored; `None` when it has been told already.
fn asked(
    conn: &mut Connection,
    machine: &Machine,
    key: UrlKey,
    purpose: Purpose,
) -> Result<Option<Asked>, Fault> {
    let row: Option<(i64, String, Option<String>, Option<i32>)> = both!(conn, c => query::table
        .filter(query::job.eq(machine.job.0).and(query::url_key.eq(key.0)))
        .filter(query::generation.eq(OF_ANOTHER_PLAN))
        .select((query::number, query::text, query::counts, query::tips))
        .first(c)
        .optional())?;
    let of = Arc::clone(&machine.of);
    let Some((number, text, counts, count)) = row else { return Ok(None) };
    let Some(text) = of.plan.text(&text) else { return Ok(None) };
    let tips: Vec<(String, String, i32)> = both!(conn, c => sighting::table
        .inner_join(suggestion::table.on(suggestion::job
            .eq(sighting::job)
            .and(suggestion::tip_key.eq(sighting::tip_key))))
        .filter(sighting::job.eq(machine.job.0).and(sighting::query.eq(number)))
        .filter(sighting::pass.eq(machine.pass))
        .order(sighting::rank)
        .select((suggestion::result, suggestion::text, suggestion::seen))
        .load(c))?;
    let deciding = of.results.iter().filter(|kind| !kind.aside);
    let shows =
        deciding.flat_map(|kind| tips.iter().filter(move |(result, ..)| *result == kind.name));
    let shows = shows.map(|(_, text, seen)| Shown {
        text: text.clone(),
        before: u64::try_from(*seen).unwrap_or(0),
    });
    Ok(Some(Asked {
        number,
        text: text.to_owned(),
        purpose,
        tips: shows.collect(),
        counts: read_counts(counts.as_deref()),
        shown: usize::try_from(count.unwrap_or(0)).unwrap_or(0),
    }))
}

/// Its tips are shown by one query more.
fn see(conn: &mut Connection, machine: &Machine, number: i64) -> QueryResult<()> {
    let shown = sighting::table
        .filter(sighting::job.eq(machine.job.0).and(sighting::query.eq(number)))
        .filter(sighting::pass.eq(machine.pass))
        .select(sighting::tip_key);
    both!(conn, c => diesel::update(suggestion::table
            .filter(suggestion::job.eq(machine.job.0))
            .filter(suggestion::tip_key.eq_any(shown)))
        .set(suggestion::seen.eq(suggestion::seen + 1))
        .execute(c))?;
    Ok(())
}
