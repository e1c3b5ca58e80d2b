//! Queries that a machine offers become rows; those that an earlier plan had answered are answered
//! from the store.

use std::borrow::Cow;

use std::marker::PhantomData;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer, Text};
use hashbrown::HashSet;

use super::machine::Machine;
use super::offered::Query;
use super::{Woken, replay, write_purpose};
use crate::domain::harvest::{Offer, Purpose, RowUrl};
use crate::domain::link::LinkKind;
use crate::domain::role::Role;
use crate::domain::task::Task;
use crate::domain::{JobId, Millis, UrlKey};
use crate::frontier::record::NewUrl;
use crate::store::Ids;
use crate::store::clean;
use crate::store::connection::{Connection, both};
use crate::store::error::Fault;
use crate::store::insert::{self, Find};
use crate::store::prepared::prepared;

/// What came of offers.
#[derive(Debug, Default)]
pub(super) struct Placed {
    /// Rows to ask that there were not before.
    pub(super) added: i64,
    /// (job, host) pairs that got rows to ask.
    pub(super) woken: Woken,
    /// Queries that were answered under another plan, by their letters, with what they are offered
    /// for now.
    pub(super) answered: Vec<(UrlKey, String, Purpose)>,
}

impl Placed {
    /// Both together.
    pub(super) fn merge(&mut self, more: Self) {
        self.added += more.added;
        self.woken.extend(more.woken);
        self.woken.sort_unstable();
        self.woken.dedup();
        self.answered.extend(more.answered);
    }
}

prepared! {
    /// A query that is asked for another reason than its tips: its row is there before its answer.
    InsertQuery<'a> {
        "INSERT INTO query (job, number, text, purpose, pass, generation) SELECT job, id, "
            text: Cow<'a, str> as Text,
        ", " purpose: String as Text,
        ", pass, 0 FROM urls WHERE job = " job: i64 as BigInt,
        " AND host_key = " host: i64 as BigInt,
        " AND url_key = " key: i64 as BigInt,
    } " ON CONFLICT (job, number) DO UPDATE SET pass = excluded.pass, \
        purpose = excluded.purpose, tips = NULL, counts = NULL, last = NULL, generation = 0, \
        letters = NULL"
}

prepared! {
    /// A query has become more urgent.
    RaiseUrl<'a> {
        "UPDATE urls SET depth = " depth: i32 as Integer,
        " WHERE job = " job: i64 as BigInt,
        " AND host_key = " host: i64 as BigInt,
        " AND url_key = " key: i64 as BigInt,
        " AND due_at IS NOT NULL AND depth > " above: i32 as Integer,
    } ""
}

/// Stores queries of which this pass does not know yet.
pub(super) fn place(
    conn: &mut Connection,
    machine: &mut Machine,
    offers: &[Offer],
    ids: &Ids,
    now: Millis,
) -> Result<Placed, Fault> {
    let (mut queries, mut urls) = (Vec::new(), Vec::with_capacity(offers.len()));
    for offer in offers {
        let text = machine.of.plan.query(&offer.text);
        let Ok(row) = machine.of.template.row_url(&text) else {
            let told = machine.harvest.leave_out(&text);
            machine.warnings.extend(told.map(|warning| warning.to_string()));
            continue;
        };
        urls.push(new_url(row, &text, offer.priority));
        queries.push((text, offer));
    }
    let (job, pass) = (machine.job, machine.pass);
    let finds: Vec<Find<'_>> = (0..)
        .zip(&urls)
        .map(|(page, url)| Find { job, pass, url, source_host: None, page })
        .collect();
    // By its number a query is known: the harvest's row, which is held, keeps nodes from giving two
    // queries the same.
    ids.pass_over(machine.last);
    let inserted = insert::insert(conn, &finds, true, ids, None, now)?;
    machine.last = ids.last();
    let new: HashSet<usize> =
        inserted.new.iter().map(|(page, _)| *page).chain(inserted.revived).collect();
    let mut placed = Placed {
        added: i64::try_from(new.len()).unwrap_or(i64::MAX),
        woken: inserted.woken,
        answered: Vec::new(),
    };
    for (page, (url, (text, offer))) in urls.iter().zip(queries).enumerate() {
        let purpose = &offer.purpose;
        if new.contains(&page) {
            if *purpose != Purpose::Tips {
                keep_purpose(conn, job, url, &text, purpose)?;
            }
            let fresh = *purpose == Purpose::Tips;
            machine.offered.add(url.key, Query { text, purpose: purpose.clone(), fresh });
        } else if replay::is_set_aside(conn, machine, url.key)? {
            placed.answered.push((url.key, offer.text.clone(), purpose.clone()));
        }
    }
    Ok(placed)
}

/// The row of a query.
fn new_url(row: RowUrl, text: &str, priority: i32) -> NewUrl {
    NewUrl {
        host: row.host,
        authority: row.authority,
        key: row.key,
        url: row.url,
        role: Role::Page,
        task: Task::Main,
        depth: priority,
        hops: 0,
        referrer: None,
        kind: LinkKind::Root,
        text: Some(text.to_owned()),
        nofollow: false,
        excluded: None,
    }
}

fn keep_purpose(
    conn: &mut Connection,
    job: JobId,
    url: &NewUrl,
    text: &str,
    purpose: &Purpose,
) -> Result<(), Fault> {
    let Some(purpose) = write_purpose(purpose) else { return Ok(()) };
    let (text, life) = (clean(text), PhantomData);
    let insert = InsertQuery { text, purpose, job: job.0, host: url.host.0, key: url.key.0, life };
    both!(conn, c => insert.execute(c))?;
    Ok(())
}

/// Gives queries that are still queued a new priority.
pub(super) fn raise(
    conn: &mut Connection,
    machine: &Machine,
    raised: &[(String, i32)],
) -> QueryResult<()> {
    for (text, priority) in raised {
        let text = machine.of.plan.query(text);
        let Ok(row) = machine.of.template.row_url(&text) else { continue };
        let raise = RaiseUrl {
            depth: *priority,
            job: machine.job.0,
            host: row.host.0,
            key: row.key.0,
            above: *priority,
            life: PhantomData,
        };
        both!(conn, c => raise.execute(c))?;
    }
    Ok(())
}
