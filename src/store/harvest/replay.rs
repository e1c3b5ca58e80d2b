//! Queries that an earlier plan of this pass had answered are told again to the machine of the new
//! one, from the store: nothing is asked twice because the alphabet has grown.

use std::sync::Arc;

use diesel::prelude::*;

use super::machine::Machine;
use super::offers::Placed;
use super::settle::{Asked, tell};
use super::{OF_ANOTHER_PLAN, read_counts, write_counts};
use crate::domain::harvest::{Purpose, Shown};
use crate::domain::job::HarvestJob;
use crate::domain::outcome::UrlState;
use crate::domain::{Millis, UrlKey};
use crate::store::Ids;
use crate::store::connection::{Connection, both};
use crate::store::error::Fault;
use crate::store::schema::{query, sighting, suggestion, urls};

/// Tells the machine what had been answered, and all that this makes it offer of the same sort.
pub(super) fn all(
    conn: &mut Connection,
    machine: &mut Machine,
    placed: &mut Placed,
    ids: &Ids,
    now: Millis,
) -> Result<(), Fault> {
    while let Some(answered) = placed.answered.pop() {
        if let Some(asked) = asked(conn, machine, answered)? {
            let number = asked.number;
            placed.merge(tell(conn, machine, asked, ids, now)?);
            see(conn, machine, number)?;
        }
    }
    Ok(())
}

/// Was it answered in this pass, and has not been told to the machine of this plan? One that showed
/// nothing may have no row: it is told once more then, which is harmless.
pub(super) fn is_set_aside(
    conn: &mut Connection,
    machine: &Machine,
    key: UrlKey,
) -> QueryResult<bool> {
    let Some(number) = done(conn, machine, key)? else { return Ok(false) };
    let row = row(conn, machine, number)?;
    Ok(row.is_none_or(|row| row.generation == OF_ANOTHER_PLAN))
}

/// The number of a query that was answered in this pass.
fn done(conn: &mut Connection, machine: &Machine, key: UrlKey) -> QueryResult<Option<i64>> {
    let host = machine.of.template.endpoint().host_key();
    both!(conn, c => urls::table
        .filter(urls::job.eq(machine.job.0).and(urls::host_key.eq(host.0)))
        .filter(urls::url_key.eq(key.0).and(urls::pass.eq(machine.pass)))
        .filter(urls::state.eq(UrlState::Done as i16))
        .select(urls::id)
        .get_result(c)
        .optional())
}

#[derive(Queryable)]
struct Row {
    counts: Option<String>,
    tips: Option<i32>,
    generation: i32,
}

fn row(conn: &mut Connection, machine: &Machine, number: i64) -> QueryResult<Option<Row>> {
    both!(conn, c => query::table
        .filter(query::job.eq(machine.job.0).and(query::number.eq(number)))
        .filter(query::pass.eq(machine.pass))
        .select((query::counts, query::tips, query::generation))
        .get_result(c)
        .optional())
}

/// What a query showed, as it is stored; `None` when it has been told already.
fn asked(
    conn: &mut Connection,
    machine: &Machine,
    (key, text, purpose): (UrlKey, String, Purpose),
) -> Result<Option<Asked>, Fault> {
    let Some(number) = done(conn, machine, key)? else { return Ok(None) };
    let of = Arc::clone(&machine.of);
    let Some(Row { counts, tips: count, .. }) = row(conn, machine, number)?
        .map_or_else(|| Some(nothing(&of)), Some)
        .filter(|row| row.generation == OF_ANOTHER_PLAN)
    else {
        return Ok(None);
    };
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
        text,
        fresh: false,
        purpose,
        tips: shows.collect(),
        counts: read_counts(counts.as_deref()),
        shown: usize::try_from(count.unwrap_or(0)).unwrap_or(0),
    }))
}

/// The row of a query that has none.
fn nothing(of: &HarvestJob) -> Row {
    let kinds = of.results.iter().filter(|kind| !kind.aside).count();
    Row { counts: Some(write_counts(&vec![0; kinds])), tips: Some(0), generation: OF_ANOTHER_PLAN }
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
