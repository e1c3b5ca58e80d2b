//! URLs become known: once each, however often and by however many they are found.

use std::borrow::Cow;
use std::marker::PhantomData;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Integer, Nullable, SmallInt, Text};
use hashbrown::{HashMap, HashSet};

use super::connection::{Connection, Link};
use super::error::Fault;
use super::known_rows::{self, Existing};
use super::prepared::prepared;
use super::schema::{host, urls};
use super::templates::{Refused, Screen};
use super::{Ids, clean, given, wake};
use crate::domain::outcome::{Reason, UrlState};
use crate::domain::role::Role;
use crate::domain::{HostKey, JobId, Millis, UrlKey};
use crate::frontier::record::NewUrl;

/// Rows of one statement: 19 columns each, and PostgreSQL binds 65,535 values at most.
const ROWS: usize = 500;

/// A URL that was found, and by whom.
pub(super) struct Find<'a> {
    pub(super) job: JobId,
    pub(super) pass: i32,
    pub(super) url: &'a NewUrl,
    /// Host of the referrer.
    pub(super) source_host: Option<HostKey>,
    /// Which of the pages of the batch found it.
    pub(super) page: usize,
}

/// What came of it.
#[derive(Default)]
pub(super) struct Inserted {
    /// (page, job) of each new row that is a page.
    pub(super) new: Vec<(usize, JobId)>,
    /// Pages whose finds are known rows that became due again.
    pub(super) revived: Vec<usize>,
    /// (job, host) pairs that got rows to ask.
    pub(super) woken: Vec<(JobId, HostKey)>,
    /// Every URL found, with its depth in the store.
    pub(super) known: Vec<(JobId, UrlKey, i32)>,
}

impl Inserted {
    /// Takes in what came of further finds.
    pub(super) fn append(&mut self, other: Self) {
        self.new.extend(other.new);
        self.revived.extend(other.revived);
        self.woken.extend(other.woken);
        self.known.extend(other.known);
    }
}

/// One URL of the batch, its repeats folded in.
pub(super) struct Candidate<'a> {
    pub(super) find: &'a Find<'a>,
    pub(super) depth: i32,
    pub(super) hops: i32,
    pub(super) id: i64,
}

impl Candidate<'_> {
    pub(super) fn is_wanted(&self) -> bool {
        self.find.url.excluded.is_none()
    }

    pub(super) fn identity(&self) -> (i64, i64) {
        (self.find.job.0, self.find.url.key.0)
    }

    pub(super) fn place(&self) -> (i64, i64) {
        (self.find.job.0, self.find.url.host.0)
    }
}

#[derive(Insertable)]
#[diesel(table_name = urls, treat_none_as_default_value = false)]
struct UrlRow<'a> {
    id: i64,
    job: i64,
    host_key: i64,
    url_key: i64,
    url: &'a str,
    depth: i32,
    hops: i32,
    state: i16,
    due_at: Option<i64>,
    pass: i32,
    reason: Option<String>,
    evidence: Option<Cow<'a, str>>,
    referrer: Option<i64>,
    referrer_host: Option<i64>,
    via_kind: i16,
    via_text: Option<Cow<'a, str>>,
    via_nofollow: bool,
    role: i16,
    task: i16,
}

prepared! {
    /// One row, where it is not known.
    InsertUrl<'a> {
        "INSERT INTO urls (id, job, host_key, url_key, url, depth, hops, state, due_at, pass, \
          reason, evidence, referrer, referrer_host, via_kind, via_text, via_nofollow, role, task) \
          VALUES (" id: i64 as BigInt,
        ", " job: i64 as BigInt,
        ", " host_key: i64 as BigInt,
        ", " url_key: i64 as BigInt,
        ", " url: &'a str as Text,
        ", " depth: i32 as Integer,
        ", " hops: i32 as Integer,
        ", " state: i16 as SmallInt,
        ", " due_at: Option<i64> as Nullable<BigInt>,
        ", " pass: i32 as Integer,
        ", " reason: Option<String> as Nullable<Text>,
        ", " evidence: Option<Cow<'a, str>> as Nullable<Text>,
        ", " referrer: Option<i64> as Nullable<BigInt>,
        ", " referrer_host: Option<i64> as Nullable<BigInt>,
        ", " via_kind: i16 as SmallInt,
        ", " via_text: Option<Cow<'a, str>> as Nullable<Text>,
        ", " via_nofollow: bool as Bool,
        ", " role: i16 as SmallInt,
        ", " task: i16 as SmallInt,
    } ") ON CONFLICT DO NOTHING"
}

#[derive(Insertable)]
#[diesel(table_name = host, treat_none_as_default_value = false)]
struct HostName<'a> {
    host_key: i64,
    authority: &'a str,
}

/// Stores what is new, lowers depths, wakes hosts. `revive` makes rows of older passes due again;
/// `screen` counts new URLs by their template and refuses those that are too many.
pub(super) fn insert(
    conn: &mut Connection,
    finds: &[Find<'_>],
    revive: bool,
    ids: &Ids,
    screen: Option<&Screen<'_>>,
    now: Millis,
) -> Result<Inserted, Fault> {
    if finds.is_empty() {
        return Ok(Inserted::default());
    }
    let mut candidates = fold(finds, ids, now);
    if conn.is_postgres() {
        // In one order everywhere, so that two nodes never wait for each other.
        candidates.sort_unstable_by_key(|c| (c.place(), c.identity()));
    }
    let new = insert_urls(conn, &candidates, now)?;
    let (fresh, stale): (Vec<_>, Vec<_>) =
        candidates.into_iter().partition(|c| new.contains(&c.identity()));

    let mut result = Inserted::default();
    let mut queued = Vec::new();
    let refused = match screen {
        Some(screen) => screen.apply(conn, &fresh)?,
        None => Refused::default(),
    };
    for candidate in &fresh {
        let stored = !refused.forgotten.contains(&candidate.identity());
        if candidate.find.url.role == Role::Page && stored {
            result.new.push((candidate.find.page, candidate.find.job));
        }
        result.known.push((candidate.find.job, candidate.find.url.key, candidate.depth));
        if candidate.is_wanted() && !refused.all.contains(&candidate.identity()) {
            queued.push(candidate);
        }
    }
    for (candidate, existing) in known_rows::load(conn, &stale)? {
        let Existing { depth, revived } =
            known_rows::amend(conn, candidate, &existing, revive, now)?;
        result.known.push((candidate.find.job, candidate.find.url.key, depth));
        if revived {
            result.revived.push(candidate.find.page);
            queued.push(candidate);
        }
    }
    name_hosts(conn, &fresh)?;
    result.woken = wake::wake_for(conn, &queued, now)?;
    Ok(result)
}

/// One candidate for each URL, in the order of discovery; its depth is the smallest found.
fn fold<'a>(finds: &'a [Find<'a>], ids: &Ids, now: Millis) -> Vec<Candidate<'a>> {
    let mut at: HashMap<(i64, i64), usize> = HashMap::with_capacity(finds.len());
    let mut candidates: Vec<Candidate<'a>> = Vec::with_capacity(finds.len());
    let first_id = ids.take(finds.len(), now);
    for (id, find) in (first_id..).zip(finds) {
        let candidate = Candidate { find, depth: find.url.depth, hops: find.url.hops, id };
        let place = *at.entry(candidate.identity()).or_insert(candidates.len());
        match candidates.get_mut(place) {
            None => candidates.push(candidate),
            Some(earlier) => {
                earlier.depth = earlier.depth.min(candidate.depth);
                earlier.hops = earlier.hops.min(candidate.hops);
                if candidate.is_wanted() && !earlier.is_wanted() {
                    earlier.find = find;
                }
            }
        }
    }
    candidates
}

fn insert_urls(
    conn: &mut Connection,
    candidates: &[Candidate<'_>],
    now: Millis,
) -> Result<HashSet<(i64, i64)>, Fault> {
    let mut new = HashSet::with_capacity(candidates.len());
    match &mut conn.link {
        // One prepared statement, run for each row, costs a third less than parsing one with
        // hundreds of values; there are no round trips to save.
        Link::Sqlite(c) => {
            for candidate in candidates {
                let stored = if given::is(candidate) {
                    given::insert(c, candidate, now)?
                } else {
                    one(row(candidate, now)).execute(c)?
                };
                if stored == 1 {
                    new.insert(candidate.identity());
                }
            }
        }
        Link::Pg(c) => {
            for chunk in candidates.chunks(ROWS) {
                let rows: Vec<UrlRow<'_>> = chunk.iter().map(|c| row(c, now)).collect();
                let inserted: Vec<(i64, i64)> = diesel::insert_into(urls::table)
                    .values(&rows)
                    .on_conflict_do_nothing()
                    .returning((urls::job, urls::url_key))
                    .get_results(c)?;
                new.extend(inserted);
            }
        }
    }
    Ok(new)
}

fn row<'a>(candidate: &Candidate<'a>, now: Millis) -> UrlRow<'a> {
    let Find { job, pass, url, source_host, .. } = candidate.find;
    let wanted = candidate.is_wanted();
    UrlRow {
        id: candidate.id,
        job: job.0,
        host_key: url.host.0,
        url_key: url.key.0,
        url: &url.url,
        depth: candidate.depth,
        hops: candidate.hops,
        state: if wanted { UrlState::Queued } else { UrlState::Excluded } as i16,
        due_at: wanted.then_some(now),
        pass: *pass,
        reason: url.excluded.as_ref().map(|(reason, _)| reason.to_string()),
        evidence: url.excluded.as_ref().map(|(_, evidence)| clean(evidence)),
        referrer: url.referrer.map(|key| key.0),
        referrer_host: source_host.filter(|_| url.referrer.is_some()).map(|key| key.0),
        via_kind: url.kind as i16,
        via_text: url.text.as_deref().map(clean),
        via_nofollow: url.nofollow,
        role: url.role as i16,
        task: url.task as i16,
    }
}

fn one(row: UrlRow<'_>) -> InsertUrl<'_> {
    InsertUrl {
        id: row.id,
        job: row.job,
        host_key: row.host_key,
        url_key: row.url_key,
        url: row.url,
        depth: row.depth,
        hops: row.hops,
        state: row.state,
        due_at: row.due_at,
        pass: row.pass,
        reason: row.reason,
        evidence: row.evidence,
        referrer: row.referrer,
        referrer_host: row.referrer_host,
        via_kind: row.via_kind,
        via_text: row.via_text,
        via_nofollow: row.via_nofollow,
        role: row.role,
        task: row.task,
        life: PhantomData,
    }
}

fn name_hosts(conn: &mut Connection, fresh: &[Candidate<'_>]) -> Result<(), Fault> {
    let mut hosts: Vec<HostName<'_>> = fresh
        .iter()
        .map(|c| HostName { host_key: c.find.url.host.0, authority: &c.find.url.authority })
        .collect();
    hosts.sort_unstable_by_key(|h| h.host_key);
    hosts.dedup_by_key(|h| h.host_key);
    match &mut conn.link {
        Link::Sqlite(c) => {
            for host in &hosts {
                diesel::insert_into(host::table)
                    .values(host)
                    .on_conflict_do_nothing()
                    .execute(c)?;
            }
        }
        Link::Pg(c) => {
            for chunk in hosts.chunks(ROWS) {
                diesel::insert_into(host::table)
                    .values(chunk)
                    .on_conflict_do_nothing()
                    .execute(c)?;
            }
        }
    }
    Ok(())
}

/// Exclusions that depend on the way a URL was found, or on settings: found admissible, it is
/// queued after all. The others are decided when it is asked.
pub(super) fn is_liftable(reason: Option<&str>) -> bool {
    matches!(
        reason.and_then(|name| name.parse().ok()),
        Some(
            Reason::Depth
                | Reason::Scope
                | Reason::TrapLength
                | Reason::TrapDepth
                | Reason::TrapRepeat
                | Reason::TrapQuery
        )
    )
}
