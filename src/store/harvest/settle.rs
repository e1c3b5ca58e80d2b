//! Answers of queries are told to their machines, and what follows is stored with them.

use std::borrow::Cow;
use std::marker::PhantomData;
use std::sync::Arc;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer, Nullable, Text};

use super::facts::Shelf;
use super::machine::Machine;
use super::offered::Query;
use super::offers::{self, Placed};
use super::tips::Met;
use super::{Machines, Woken, read_purpose, replay, small, tips, write_counts, write_purpose};
use crate::domain::harvest::{Answer, Purpose, Reading, Shown};
use crate::domain::{JobId, Millis};
use crate::frontier::gathered::Gathered;
use crate::frontier::harvests::Harvested;
use crate::frontier::record::{Commit, Settled};
use crate::store::connection::{Connection, both};
use crate::store::error::Fault;
use crate::store::prepared::prepared;
use crate::store::schema::{query, urls};
use crate::store::{Ids, clean};

prepared! {
    /// What a query showed.
    SettleQuery<'a> {
        "INSERT INTO query (job, number, text, purpose, pass, tips, counts, last, generation, \
          letters) VALUES (" job: i64 as BigInt,
        ", " number: i64 as BigInt,
        ", " text: Cow<'a, str> as Text,
        ", " purpose: Option<String> as Nullable<Text>,
        ", " pass: i32 as Integer,
        ", " tips: i32 as Integer,
        ", " counts: String as Text,
        ", " last: Option<&'a str> as Nullable<Text>,
        ", " generation: i32 as Integer,
        ", " letters: Option<i32> as Nullable<Integer>,
    } ") ON CONFLICT (job, number) DO UPDATE SET pass = excluded.pass, \
        purpose = excluded.purpose, tips = excluded.tips, counts = excluded.counts, \
        last = excluded.last, generation = excluded.generation, letters = excluded.letters"
}

/// A query that is told to its machine.
pub(super) struct Asked {
    pub(super) number: i64,
    /// Its letters.
    pub(super) text: String,
    /// Has this pass no row of it yet?
    pub(super) fresh: bool,
    /// Why it was asked.
    pub(super) purpose: Purpose,
    /// Tips shown that decide.
    pub(super) tips: Vec<Shown>,
    /// How many the server gave of each kind that decides.
    pub(super) counts: Vec<usize>,
    /// Tips shown of all kinds.
    pub(super) shown: usize,
}

/// Tells the machines what these rows showed. They are to be put back when the transaction has
/// ended well.
pub(in crate::store) fn settle_all(
    conn: &mut Connection,
    machines: &mut Machines,
    batch: &Commit,
    settled: &[(&Settled, i32)],
    ids: &Ids,
    now: Millis,
) -> Result<Vec<(Machine, Harvested, Woken)>, Fault> {
    let mut kept = Vec::new();
    for (id, of) in &batch.harvests.0 {
        let mut answers = settled.iter().filter(|(settled, _)| settled.job == *id).peekable();
        let Some((_, pass)) = answers.peek() else { continue };
        let mut machine = Machine::fetch(conn, machines, (*id, *pass), of)?;
        let (mut placed, mut met) = (Placed::default(), Met::default());
        for (answer, _) in answers {
            if let Some(Gathered::Tips(reading)) = answer.gathered.as_deref() {
                let answer = (*answer, reading);
                placed.merge(answered(conn, &mut machine, &mut met, answer, ids, now)?);
            }
        }
        met.write(conn, (machine.job, machine.pass))?;
        replay::all(conn, &mut machine, &mut placed, ids, now)?;
        let harvested = Harvested {
            job: *id,
            offered: placed.added,
            behind: machine.harvest.is_behind(),
            warnings: machine.warnings.clone(),
        };
        let woken = placed.woken;
        kept.push((machine.keep(conn)?, harvested, woken));
    }
    Ok(kept)
}

/// Tells the machine what a query showed, and stores it with what follows.
fn answered(
    conn: &mut Connection,
    machine: &mut Machine,
    met: &mut Met,
    (settled, reading): (&Settled, &Reading),
    ids: &Ids,
    now: Millis,
) -> Result<Placed, Fault> {
    let row = match machine.offered.take(settled.key) {
        Some(row) => Some(row),
        None => stored(conn, (machine.job, machine.pass), settled)?,
    };
    let (of, number) = (Arc::clone(&machine.of), settled.id);
    let Some(Query { text, purpose, fresh }) = row else { return Ok(Placed::default()) };
    let Some(letters) = of.plan.text(&text) else { return Ok(Placed::default()) };
    let mut shows = tips::distinct(&of, reading);
    shows.retain(|shown| shown.kind.aside || !machine.harvest.is_echo(&text, &shown.text));
    let deciding = || shows.iter().filter(|shown| !shown.kind.aside);
    let texts = deciding().map(|shown| shown.text.as_ref());
    let before = if machine.harvest.is_nothing(&purpose, texts) {
        // Not kept, and never counted.
        vec![0; shows.len()]
    } else {
        met.keep(conn, (machine.job, machine.pass, number), &shows, now)?
    };
    let deciding = shows.iter().zip(before).filter(|(shown, _)| !shown.kind.aside);
    let counts = of.results.iter().zip(&reading.counts).filter(|(kind, _)| !kind.aside);
    let asked = Asked {
        number,
        text: letters.to_owned(),
        fresh,
        purpose,
        tips: deciding
            .map(|(shown, before)| Shown { text: shown.text.to_string(), before })
            .collect(),
        counts: counts.map(|(_, count)| *count).collect(),
        shown: shows.len(),
    };
    tell(conn, machine, asked, ids, now)
}

/// A query that is not remembered.
fn stored(
    conn: &mut Connection,
    (job, pass): (JobId, i32),
    settled: &Settled,
) -> QueryResult<Option<Query>> {
    let text: Option<Option<String>> = both!(conn, c => urls::table
        .filter(urls::job.eq(job.0).and(urls::host_key.eq(settled.host.0)))
        .filter(urls::url_key.eq(settled.key.0))
        .select(urls::via_text)
        .get_result(c)
        .optional())?;
    let Some(text) = text.flatten() else { return Ok(None) };
    let purpose: Option<Option<String>> = both!(conn, c => query::table
        .filter(query::job.eq(job.0).and(query::number.eq(settled.id)))
        .filter(query::pass.eq(pass))
        .select(query::purpose)
        .get_result(c)
        .optional())?;
    let purpose = read_purpose(purpose.flatten().as_deref());
    Ok(Some(Query { text, purpose, fresh: false }))
}

/// Tells the machine; stores the fact and what follows from it. A machine that never looks back
/// needs no row of a query that showed nothing.
pub(super) fn tell(
    conn: &mut Connection,
    machine: &mut Machine,
    asked: Asked,
    ids: &Ids,
    now: Millis,
) -> Result<Placed, Fault> {
    let Asked { number, text, fresh, purpose, tips, counts, shown } = asked;
    let answer = Answer { text, purpose, tips, counts };
    let of = Arc::clone(&machine.of);
    let mut shelf = Shelf { conn, job: machine.job, pass: machine.pass, of: &of };
    let settled = machine.harvest.settle(&answer, &mut shelf)?;
    let fact = &settled.fact;
    let grows = fact.shows() && of.plan.looks_again();
    let tips = if settled.nothing { 0 } else { i32::try_from(shown).unwrap_or(i32::MAX) };
    if tips > 0 || fact.shows() || !fresh || of.plan.looks_again() {
        let sent = of.plan.query(&fact.text);
        let settle = SettleQuery {
            job: machine.job.0,
            number,
            text: clean(&sent),
            purpose: write_purpose(&answer.purpose),
            pass: machine.pass,
            tips,
            counts: write_counts(&fact.counts),
            last: fact.last.as_deref(),
            generation: small(fact.generation),
            letters: grows.then(|| small(fact.text.chars().count())),
            life: PhantomData,
        };
        both!(conn, c => settle.execute(c))?;
    }
    let placed = offers::place(conn, machine, &settled.offers, ids, now)?;
    offers::raise(conn, machine, &settled.raised)?;
    machine.warnings.extend(settled.warning.map(|warning| warning.to_string()));
    Ok(placed)
}
