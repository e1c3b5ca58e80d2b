//! Queries that a machine offers become rows; those that an earlier plan had answered are answered
//! from the store.

use std::borrow::Cow;
use std::marker::PhantomData;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer, Nullable, Text};

use super::machine::Machine;
use super::offered::Query;
use super::{OF_ANOTHER_PLAN, Woken};
use crate::domain::harvest::{Offer, Purpose};
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
use crate::store::schema::query;

/// What came of offers.
#[derive(Debug, Default)]
pub(super) struct Placed {
    /// Rows to ask that there were not before.
    pub(super) added: i64,
    /// (job, host) pairs that got rows to ask.
    pub(super) woken: Woken,
    /// Rows that were answered under another plan, with what they are offered for now.
    pub(super) answered: Vec<(UrlKey, Purpose)>,
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
    /// A query that this pass does not have yet.
    InsertQuery<'a> {
        "INSERT INTO query (job, number, url_key, text, purpose, pass, generation) VALUES ("
            job: i64 as BigInt,
        ", " number: i64 as BigInt,
        ", " key: i64 as BigInt,
        ", " text: Cow<'a, str> as Text,
        ", " purpose: Option<String> as Nullable<Text>,
        ", " pass: i32 as Integer,
    } ", 0) ON CONFLICT (job, url_key) DO UPDATE SET pass = excluded.pass, \
        purpose = excluded.purpose, tips = NULL, counts = NULL, last = NULL, generation = 0, \
        letters = NULL WHERE query.pass < excluded.pass"
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

/// Stores queries of which the job does not know yet.
pub(super) fn place(
    conn: &mut Connection,
    machine: &mut Machine,
    offers: &[Offer],
    ids: &Ids,
    now: Millis,
) -> Result<Placed, Fault> {
    let mut placed = Placed::default();
    let mut urls = Vec::with_capacity(offers.len());
    for offer in offers {
        let text = machine.of.plan.query(&offer.text);
        // What no URL can hold cannot be asked.
        let Ok(row) = machine.of.template.row_url(&text) else { continue };
        if is_new(conn, machine, row.key, &text, &offer.purpose)? {
            // In later passes it may have the number of an earlier one.
            if machine.pass == 1 {
                let (number, purpose) = (machine.queries, offer.purpose.clone());
                machine.offered.add(row.key, Query { number, text, purpose });
            }
            urls.push(NewUrl {
                host: row.host,
                authority: row.authority,
                key: row.key,
                url: row.url,
                role: Role::Page,
                task: Task::Main,
                depth: offer.priority,
                hops: 0,
                referrer: None,
                kind: LinkKind::Root,
                text: None,
                nofollow: false,
                excluded: None,
            });
        } else if is_set_aside(conn, machine.job, row.key)? {
            placed.answered.push((row.key, offer.purpose.clone()));
        }
    }
    let (job, pass) = (machine.job, machine.pass);
    let find = |url| Find { job, pass, url, source_host: None, page: 0 };
    let finds: Vec<Find<'_>> = urls.iter().map(find).collect();
    let inserted = insert::insert(conn, &finds, true, ids, None, now)?;
    placed.added = i64::try_from(inserted.new.len() + inserted.revived).unwrap_or(i64::MAX);
    placed.woken = inserted.woken;
    Ok(placed)
}

fn is_new(
    conn: &mut Connection,
    machine: &mut Machine,
    key: UrlKey,
    text: &str,
    purpose: &Purpose,
) -> QueryResult<bool> {
    let number = machine.queries + 1;
    let insert = InsertQuery {
        job: machine.job.0,
        number,
        key: key.0,
        text: clean(text),
        purpose: (*purpose != Purpose::Tips).then(|| serde_json::to_string(purpose).ok()).flatten(),
        pass: machine.pass,
        life: PhantomData,
    };
    let new = both!(conn, c => insert.execute(c))? == 1;
    if new {
        machine.queries = number;
    }
    Ok(new)
}

fn is_set_aside(conn: &mut Connection, job: JobId, key: UrlKey) -> QueryResult<bool> {
    let generation: Option<i32> = both!(conn, c => query::table
        .filter(query::job.eq(job.0).and(query::url_key.eq(key.0)))
        .select(query::generation)
        .get_result(c)
        .optional())?;
    Ok(generation == Some(OF_ANOTHER_PLAN))
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
