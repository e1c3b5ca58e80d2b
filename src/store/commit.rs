//! A batch of results, applied whole or not at all.

use std::collections::{BTreeMap, BTreeSet};
use std::marker::PhantomData;
use std::sync::PoisonError;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer};

use super::connection::{Connection, both};
use super::error::Fault;
use super::insert::{self, Find};
use super::prepared::prepared;
use super::schema::{job, node, robots};
use super::settle::{self, Settlement};
use super::templates::Screen;
use super::{
    Ids, Node, Result, Store, amend, clean, content, cookies, harvest, limits, listing, sitemaps,
};
use crate::domain::task::Task;
use crate::domain::{JobId, Millis};
use crate::frontier::record::{Commit, Committed, HostRow, JobDelta, RobotsRow};

/// Rows of a given-up host that fail within the commit itself.
const GIVEN_UP_AT_ONCE: usize = 500;

/// Passes of the jobs that exist.
pub(super) type Passes = BTreeMap<JobId, i32>;

prepared! {
    /// The next number of a node's commits, and its lease.
    Advance<'a> {
        "UPDATE node SET seq = " seq: i64 as BigInt,
        ", expires_at = " expires_at: i64 as BigInt,
        " WHERE id = " id: i64 as BigInt,
        " AND seq = " last: i64 as BigInt,
    } ""
}

prepared! {
    /// The pace of a host that a node holds.
    Pace<'a> {
        "UPDATE host SET asked_at = " asked_at: i64 as BigInt,
        ", not_before = " not_before: i64 as BigInt,
        ", backoff_ms = " backoff_ms: i64 as BigInt,
        ", fails = " fails: i32 as Integer,
        ", failing_since = " failing_since: i64 as BigInt,
        ", answered_at = " answered_at: i64 as BigInt,
        " WHERE host_key = " key: i64 as BigInt,
        " AND owner = " owner: i64 as BigInt,
    } ""
}

prepared! {
    /// URLs asked on a host.
    CountAsked<'a> {
        "UPDATE job_host SET asked = asked + " count: i64 as BigInt,
        " WHERE job = " job: i64 as BigInt,
        " AND host_key = " host: i64 as BigInt,
    } ""
}

prepared! {
    /// A job's running totals.
    AddTotal<'a> {
        "UPDATE job SET asked = asked + " asked: i64 as BigInt,
        ", running_ms = running_ms + " running_ms: i64 as BigInt,
        ", waiting_ms = waiting_ms + " waiting_ms: i64 as BigInt,
        ", connect_us = connect_us + " connect_us: i64 as BigInt,
        ", head_us = head_us + " head_us: i64 as BigInt,
        ", body_us = body_us + " body_us: i64 as BigInt,
        ", extract_us = extract_us + " extract_us: i64 as BigInt,
        ", not_modified = not_modified + " not_modified: i64 as BigInt,
        ", bytes = bytes + " bytes: i64 as BigInt,
        ", peak_in_flight = CASE WHEN peak_in_flight < " peak: i32 as Integer,
        " THEN " same_peak: i32 as Integer,
        " ELSE peak_in_flight END WHERE id = " id: i64 as BigInt,
    } ""
}

impl Store {
    /// Applies a batch of results, whole or not at all; `seq` is one more than that of the last
    /// batch. A batch that was applied already does nothing and says so. The lease is renewed.
    ///
    /// # Errors
    /// `Fenced` when the node has been reaped: drop everything and register again.
    pub fn commit(
        &self,
        me: &Node,
        seq: i64,
        batch: &Commit,
        now: Millis,
        lease_ms: Millis,
    ) -> Result<Committed> {
        let mut archives = self.archives.lock().unwrap_or_else(PoisonError::into_inner);
        self.prepare_archives(&mut archives, &batch.settled, me, now)?;
        let mut machines = self.machines.lock().unwrap_or_else(PoisonError::into_inner);
        let (committed, kept) = self.connections.write(|conn| {
            if !advance(conn, me, seq, now.saturating_add(lease_ms))? {
                return Ok((Committed { repeated: true, ..Committed::default() }, Vec::new()));
            }
            let screen = Screen { sketch: &self.sketch, limits: &batch.template_limits };
            let passes = passes(conn)?;
            let outrun = outrun(&batch.jobs, &passes);
            let rest = (!outrun.is_empty()).then(|| batch.without(&outrun));
            let batch = rest.as_ref().unwrap_or(batch);
            let (mut committed, done) = apply(conn, me, batch, &passes, &self.ids, &screen, now)?;
            committed.outrun = outrun;
            let told = &done.gathered;
            let mut kept = Vec::new();
            for (machine, harvested, woken) in
                harvest::settle_all(conn, &mut machines, batch, told, &self.ids, now)?
            {
                committed.woken.extend(woken);
                committed.harvested.push(harvested);
                kept.push(machine);
            }
            // Last: what is appended belongs to a transaction that has only to be committed.
            archives.append(conn, &done.recorded, now)?;
            Ok((committed, kept))
        })?;
        machines.extend(kept.into_iter().map(|machine| (machine.job(), machine)));
        Ok(committed)
    }
}

/// Takes the next number; `false` when it was taken already.
fn advance(
    conn: &mut Connection,
    me: &Node,
    seq: i64,
    expires_at: Millis,
) -> std::result::Result<bool, Fault> {
    let last = seq.saturating_sub(1);
    let advance = Advance { seq, expires_at, id: me.id, last, life: PhantomData };
    let taken = both!(conn, c => advance.execute(c))?;
    if taken == 1 {
        return Ok(true);
    }
    let stored: Option<i64> = both!(conn, c => node::table
        .filter(node::id.eq(me.id))
        .select(node::seq)
        .first(c)
        .optional())?;
    if stored == Some(seq) { Ok(false) } else { Err(Fault::fenced()) }
}

fn apply<'a>(
    conn: &mut Connection,
    me: &Node,
    batch: &'a Commit,
    passes: &Passes,
    ids: &Ids,
    screen: &Screen<'_>,
    now: Millis,
) -> std::result::Result<(Committed, Settlement<'a>), Fault> {
    let originals = content::originals(conn, &batch.settled, passes)?;
    let listings = listing::screen(conn, batch, passes)?;
    let (mut finds, mut anew) = finds(batch, passes, &listings.repeats);
    let mut cut = sitemaps::keep_within_cap(conn, &mut finds, false)?;
    cut.append(&mut sitemaps::keep_within_cap(conn, &mut anew, true)?);
    let mut inserted = insert::insert(conn, &finds, false, ids, Some(screen), now)?;
    inserted.append(insert::insert(conn, &anew, true, ids, Some(screen), now)?);
    listing::hold(conn, &listings)?;

    let mut new_links = vec![0; batch.settled.len()];
    let mut new_urls: BTreeMap<JobId, i64> = BTreeMap::new();
    for (page, job) in inserted.new {
        if let Some(count) = new_links.get_mut(page) {
            *count += 1;
        }
        *new_urls.entry(job).or_default() += 1;
    }
    let done = settle::settle_all(conn, &batch.settled, &originals, &new_links, passes)?;
    sitemaps::note_cut(conn, &batch.settled, &cut)?;
    settle::defer_all(conn, &batch.deferred)?;
    pace(conn, me, &batch.hosts)?;
    for row in &batch.robots {
        keep_robots(conn, row)?;
    }
    add_totals(conn, &batch.jobs, &done)?;
    cookies::keep(conn, &batch.cookies, passes)?;
    for given_up in &batch.given_up {
        amend::give_up(conn, given_up, GIVEN_UP_AT_ONCE)?;
    }
    limits::set_beyond(conn, &batch.beyond)?;
    let committed = Committed {
        woken: inserted.woken,
        asked: by_job(&done.asked),
        new_urls: new_urls.into_iter().collect(),
        known: inserted.known,
        ..Committed::default()
    };
    Ok((committed, done))
}

/// Over all hosts.
fn by_job(asked: &settle::Asked) -> Vec<(JobId, i64)> {
    let mut sums: BTreeMap<JobId, i64> = BTreeMap::new();
    for ((job, _), count) in asked {
        *sums.entry(*job).or_default() += count;
    }
    sums.into_iter().collect()
}

/// Jobs that are in another pass than the run that says this of them.
fn outrun(deltas: &[JobDelta], passes: &Passes) -> Vec<JobId> {
    let jobs = deltas.iter().filter_map(|delta| {
        let known = passes.get(&delta.job?)?;
        delta.job.filter(|_| delta.pass != 0 && delta.pass != *known)
    });
    jobs.collect()
}

pub(super) fn passes(conn: &mut Connection) -> std::result::Result<Passes, Fault> {
    let rows: Vec<(i64, i32)> = both!(conn, c => job::table.select((job::id, job::pass)).load(c))?;
    Ok(rows.into_iter().map(|(id, pass)| (JobId(id), pass)).collect())
}

/// All that the pages of the batch found, and what was listed elsewhere (found on no page); apart
/// from it what jobs found that know their pages anew in each pass. A job that is gone meanwhile
/// finds nothing; of pages that repeat others the next page is not followed.
fn finds<'a>(
    batch: &'a Commit,
    passes: &Passes,
    repeats: &BTreeSet<usize>,
) -> (Vec<Find<'a>>, Vec<Find<'a>>) {
    let (mut finds, mut anew) = (Vec::new(), Vec::new());
    for (page, settled) in batch.settled.iter().enumerate() {
        let Some(pass) = passes.get(&settled.job) else { continue };
        let to = if batch.renewing.contains(&settled.job) { &mut anew } else { &mut finds };
        let stays = repeats.contains(&page);
        let followed = settled.found.iter().filter(|url| !stays || url.task != Task::Main);
        to.extend(followed.map(|url| Find {
            job: settled.job,
            pass: *pass,
            url,
            source_host: (url.referrer == Some(settled.key)).then_some(settled.host),
            page,
        }));
    }
    for (job, urls) in &batch.listed {
        let Some(pass) = passes.get(job) else { continue };
        let found_on = batch.settled.len();
        finds.extend(urls.iter().map(|url| Find {
            job: *job,
            pass: *pass,
            url,
            source_host: None,
            page: found_on,
        }));
    }
    (finds, anew)
}

/// Stores the pace of hosts that this node holds.
fn pace(conn: &mut Connection, me: &Node, hosts: &[HostRow]) -> std::result::Result<(), Fault> {
    for row in hosts {
        let pace = Pace {
            asked_at: row.asked_at,
            not_before: row.not_before,
            backoff_ms: row.backoff_ms,
            fails: row.fails,
            failing_since: row.failing_since,
            answered_at: row.answered_at,
            key: row.key.0,
            owner: me.id,
            life: PhantomData,
        };
        both!(conn, c => pace.execute(c))?;
    }
    Ok(())
}

fn keep_robots(conn: &mut Connection, row: &RobotsRow) -> std::result::Result<(), Fault> {
    let facts = (
        robots::host_key.eq(row.host.0),
        robots::fetched_at.eq(row.fetched_at),
        robots::expires_at.eq(row.expires_at),
        robots::status.eq(row.status.map(i32::from)),
        robots::body.eq(row.body.as_deref().map(clean)),
    );
    both!(conn, c => diesel::insert_into(robots::table)
        .values((robots::origin.eq(&row.origin), facts.clone()))
        .on_conflict(robots::origin)
        .do_update()
        .set(facts)
        .execute(c))?;
    Ok(())
}

fn add_totals(
    conn: &mut Connection,
    deltas: &[JobDelta],
    done: &Settlement<'_>,
) -> std::result::Result<(), Fault> {
    for ((job, host), count) in &done.asked {
        let asked = CountAsked { count: *count, job: job.0, host: host.0, life: PhantomData };
        both!(conn, c => asked.execute(c))?;
    }
    let mut totals: BTreeMap<JobId, JobDelta> = BTreeMap::new();
    for delta in deltas {
        let Some(job) = delta.job else { continue };
        let total = totals.entry(job).or_default();
        total.running_ms += delta.running_ms;
        total.waiting_ms += delta.waiting_ms;
        total.bytes += delta.bytes;
        total.peak_in_flight = total.peak_in_flight.max(delta.peak_in_flight);
        for (sum, part) in total.phases_us.iter_mut().zip(delta.phases_us) {
            *sum += part;
        }
    }
    let mut counts: BTreeMap<JobId, i64> = BTreeMap::new();
    for ((job, _), count) in &done.asked {
        *counts.entry(*job).or_default() += count;
        totals.entry(*job).or_default();
    }
    for (job, total) in totals {
        let of = |sums: &BTreeMap<JobId, i64>| sums.get(&job).copied().unwrap_or(0);
        add_total(conn, job, of(&counts), of(&done.unmodified), &total)?;
    }
    Ok(())
}

fn add_total(
    conn: &mut Connection,
    id: JobId,
    asked: i64,
    not_modified: i64,
    total: &JobDelta,
) -> std::result::Result<(), Fault> {
    let [connect_us, head_us, body_us, extract_us] = total.phases_us;
    let add = AddTotal {
        asked,
        running_ms: total.running_ms,
        waiting_ms: total.waiting_ms,
        connect_us,
        head_us,
        body_us,
        extract_us,
        not_modified,
        bytes: total.bytes,
        peak: total.peak_in_flight,
        same_peak: total.peak_in_flight,
        id: id.0,
        life: PhantomData,
    };
    both!(conn, c => add.execute(c))?;
    Ok(())
}
