//! Pages of listings: which show what an earlier one has shown, and which lie beyond the limit.
//!
//! Invariant: a page that is held is queued without a date: it counts as queued, and nothing asks
//! it before the limit is raised, or a later pass comes to it within the limit.

use std::collections::BTreeSet;

use diesel::prelude::*;
use diesel::{sql_query, sql_types};

use super::commit::Passes;
use super::connection::{Connection, both};
use super::error::Fault;
use super::schema::{job, listing, urls};
use super::{Result, Store, wake};
use crate::domain::outcome::UrlState;
use crate::domain::task::Task;
use crate::domain::{HostKey, JobId, Millis, UrlKey};
use crate::frontier::gathered::Gathered;
use crate::frontier::listing::ListingPage;
use crate::frontier::record::{Commit, Settled};

/// A page of a job.
type Place = (i64, HostKey, UrlKey);

/// What is to be done with the next pages that a batch found.
#[derive(Debug, Default)]
pub(super) struct Screened {
    /// Pages of the batch, by their number in it, whose next page is not followed: they show what
    /// an earlier page of their listing has shown.
    pub(super) repeats: BTreeSet<usize>,
    /// Next pages beyond the limit, with the number of the page that led there.
    held: Vec<(Place, i32)>,
}

/// Notes the pages of listings in a batch, and to which listing those belong that they lead to.
pub(super) fn screen(
    conn: &mut Connection,
    batch: &Commit,
    passes: &Passes,
) -> std::result::Result<Screened, Fault> {
    let mut screened = Screened::default();
    for (at, settled) in batch.settled.iter().enumerate() {
        let pass = match passes.get(&settled.job) {
            Some(pass) if batch.listing.contains(&settled.job) => *pass,
            _ => continue,
        };
        if settled.task != Task::Main {
            continue;
        }
        let own = (settled.job.0, settled.host, settled.key);
        let start = start_of(conn, own, pass)?;
        let page = match settled.gathered.as_deref() {
            Some(Gathered::Listing(page)) => Some(page),
            _ => None,
        };
        if let Some(page) = page.filter(|page| !page.items.is_empty())
            && note(conn, own, start, page.fingerprint, pass)?
        {
            screened.repeats.insert(at);
            continue;
        }
        lead_on(conn, settled, start, page, pass, &mut screened)?;
    }
    Ok(screened)
}

/// The listing that a page belongs to; one that nothing led to begins its own.
fn start_of(conn: &mut Connection, (job, host, key): Place, pass: i32) -> QueryResult<i64> {
    let start: Option<i64> = both!(conn, c => listing::table
        .filter(listing::job.eq(job).and(listing::host_key.eq(host.0)))
        .filter(listing::url_key.eq(key.0).and(listing::pass.eq(pass)))
        .select(listing::start)
        .first(c)
        .optional())?;
    Ok(start.unwrap_or(key.0))
}

/// Writes down what a page shows, and says whether another page of its listing has shown the same.
fn note(
    conn: &mut Connection,
    (job, host, key): Place,
    start: i64,
    fingerprint: i64,
    pass: i32,
) -> QueryResult<bool> {
    let same: Option<i64> = both!(conn, c => listing::table
        .filter(listing::job.eq(job).and(listing::start.eq(start)))
        .filter(listing::pass.eq(pass).and(listing::fingerprint.eq(fingerprint)))
        .filter(listing::url_key.ne(key.0))
        .select(listing::url_key)
        .first(c)
        .optional())?;
    let facts = (
        listing::start.eq(start),
        listing::pass.eq(pass),
        listing::fingerprint.eq(fingerprint),
        listing::held.eq(false),
    );
    both!(conn, c => diesel::insert_into(listing::table)
        .values((
            listing::job.eq(job),
            listing::host_key.eq(host.0),
            listing::url_key.eq(key.0),
            facts,
        ))
        .on_conflict((listing::job, listing::host_key, listing::url_key))
        .do_update()
        .set(facts)
        .execute(c))?;
    Ok(same.is_some())
}

/// Notes to which listing the pages belong that this one leads to. One that was had in this pass
/// keeps what it has shown.
fn lead_on(
    conn: &mut Connection,
    settled: &Settled,
    start: i64,
    page: Option<&ListingPage>,
    pass: i32,
    screened: &mut Screened,
) -> QueryResult<()> {
    for found in settled.found.iter().filter(|found| found.task == Task::Main) {
        let sql = "INSERT INTO listing (job, host_key, url_key, start, pass, held) \
                   VALUES ($1, $2, $3, $4, $5, FALSE) \
                   ON CONFLICT (job, host_key, url_key) DO UPDATE SET start = excluded.start, \
                   pass = excluded.pass, fingerprint = NULL, held = FALSE \
                   WHERE listing.pass < excluded.pass";
        both!(conn, c => sql_query(sql)
            .bind::<sql_types::BigInt, _>(settled.job.0)
            .bind::<sql_types::BigInt, _>(found.host.0)
            .bind::<sql_types::BigInt, _>(found.key.0)
            .bind::<sql_types::BigInt, _>(start)
            .bind::<sql_types::Integer, _>(pass)
            .execute(c))?;
        if let Some(page) = page.filter(|page| page.beyond) {
            screened.held.push(((settled.job.0, found.host, found.key), page.number));
        }
    }
    Ok(())
}

/// Takes the date from next pages beyond the limit, now that they have rows.
pub(super) fn hold(conn: &mut Connection, screened: &Screened) -> QueryResult<()> {
    for ((job, host, key), number) in &screened.held {
        let held = both!(conn, c => diesel::update(urls::table
                .filter(urls::job.eq(job).and(urls::host_key.eq(host.0)))
                .filter(urls::url_key.eq(key.0).and(urls::due_at.is_not_null()))
                .filter(urls::depth.ge(number)))
            .set(urls::due_at.eq(None::<i64>))
            .execute(c))?;
        if held > 0 {
            both!(conn, c => diesel::update(listing::table
                    .filter(listing::job.eq(job).and(listing::host_key.eq(host.0)))
                    .filter(listing::url_key.eq(key.0)))
                .set(listing::held.eq(true))
                .execute(c))?;
        }
    }
    Ok(())
}

impl Store {
    /// Does a page of a listing lie beyond the limit in this pass?
    ///
    /// # Errors
    /// When the store fails.
    pub fn has_held(&self, id: JobId) -> Result<bool> {
        self.connections.read(|conn| {
            let one: Option<i64> = both!(conn, c => listing::table
                .inner_join(job::table.on(job::id.eq(listing::job).and(job::pass.eq(listing::pass))))
                .filter(listing::job.eq(id.0).and(listing::held.eq(true)))
                .select(listing::url_key)
                .first(c)
                .optional())?;
            Ok(one.is_some())
        })
    }

    /// Queues the pages of this pass that now lie within the limit, and holds those that lie
    /// beyond it. `None`: there is no limit. To be called before the limit itself is stored: a
    /// death in between costs a page more, never one less.
    ///
    /// # Errors
    /// When the store fails.
    pub fn limit_listings(&self, id: JobId, most: Option<i64>, now: Millis) -> Result<()> {
        let most = most.map_or(i32::MAX, |most| i32::try_from(most).unwrap_or(i32::MAX));
        self.connections.write_durably(|conn| {
            let pages: Vec<(i64, i64, bool, i32)> = both!(conn, c => listing::table
                .inner_join(job::table.on(job::id.eq(listing::job).and(job::pass.eq(listing::pass))))
                .inner_join(urls::table.on(urls::job
                    .eq(listing::job)
                    .and(urls::host_key.eq(listing::host_key))
                    .and(urls::url_key.eq(listing::url_key))))
                .filter(listing::job.eq(id.0).and(urls::state.eq(UrlState::Queued as i16)))
                .filter(urls::task.eq(Task::Main as i16))
                .select((listing::host_key, listing::url_key, listing::held, urls::depth))
                .load(c))?;
            for (host, key, held, depth) in pages {
                if held != (depth >= most) {
                    move_page(conn, (id.0, HostKey(host), UrlKey(key)), !held, now)?;
                }
            }
            Ok(())
        })
    }
}

fn move_page(
    conn: &mut Connection,
    (job, host, key): Place,
    held: bool,
    now: Millis,
) -> std::result::Result<(), Fault> {
    if !held {
        wake::wake(conn, &[(job, host.0)], now)?;
    }
    both!(conn, c => diesel::update(urls::table
            .filter(urls::job.eq(job).and(urls::host_key.eq(host.0)))
            .filter(urls::url_key.eq(key.0)))
        .set(urls::due_at.eq((!held).then_some(now)))
        .execute(c))?;
    both!(conn, c => diesel::update(listing::table
            .filter(listing::job.eq(job).and(listing::host_key.eq(host.0)))
            .filter(listing::url_key.eq(key.0)))
        .set(listing::held.eq(held))
        .execute(c))?;
    Ok(())
}
