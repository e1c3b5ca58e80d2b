//! What became of single URLs.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::marker::PhantomData;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Bool, Integer, Nullable, SmallInt, Text};

use super::clean;
use super::commit::Passes;
use super::connection::{Connection, both};
use super::content::Original;
use super::error::Fault;
use super::prepared::prepared;
use super::schema::{link, urls};
use super::{changes, items, plain, unmodified};
use crate::domain::outcome::{Reason, UrlState};
use crate::domain::role::Role;
use crate::domain::url::CanonicalUrl;
use crate::domain::{HostKey, JobId, UrlKey};
use crate::frontier::gathered::Gathered;
use crate::frontier::record::{Deferred, LinkRow, Settled};

/// Redirects followed backwards in search of a loop; longer chains end at their own limit.
const CHAIN: usize = 64;
/// Links of one statement: 8 columns each.
const ROWS: usize = 1000;

/// URLs really asked and settled, by job and host.
pub(super) type Asked = BTreeMap<(JobId, HostKey), i64>;

/// What came of a batch.
#[derive(Default)]
pub(super) struct Settlement<'a> {
    pub(super) asked: Asked,
    /// Pages that had not changed, by job.
    pub(super) unmodified: BTreeMap<JobId, i64>,
    /// Results that are to be recorded in an archive.
    pub(super) recorded: Vec<&'a Settled>,
    /// Results that something was gathered from, each with its pass.
    pub(super) gathered: Vec<(&'a Settled, i32)>,
}

prepared! {
    /// A final result.
    SettleUrl<'a> {
        "UPDATE urls SET due_at = NULL, state = " state: i16 as SmallInt,
        ", tries = " tries: i32 as Integer,
        ", pass = " pass: i32 as Integer,
        ", status = " status: Option<i32> as Nullable<Integer>,
        ", reason = " reason: Option<String> as Nullable<Text>,
        ", evidence = " evidence: Option<Cow<'a, str>> as Nullable<Text>,
        ", redirect_to = " redirect_to: Option<Cow<'a, str>> as Nullable<Text>,
        ", redirect_key = " redirect_key: Option<i64> as Nullable<BigInt>,
        ", content_type = " content_type: Option<Cow<'a, str>> as Nullable<Text>,
        ", charset = " charset: Option<Cow<'a, str>> as Nullable<Text>,
        ", bytes = " bytes: Option<i64> as Nullable<BigInt>,
        ", links = " links: Option<i32> as Nullable<Integer>,
        ", new_links = " new_links: Option<i32> as Nullable<Integer>,
        ", title = " title: Option<Cow<'a, str>> as Nullable<Text>,
        ", digest = " digest: Option<&'a [u8]> as Nullable<Binary>,
        ", etag = " etag: Option<Cow<'a, str>> as Nullable<Text>,
        ", last_modified = " last_modified: Option<Cow<'a, str>> as Nullable<Text>,
        ", noindex = " noindex: bool as Bool,
        ", links_cut = " links_cut: bool as Bool,
        ", out_of_scope = " out_of_scope: Option<i32> as Nullable<Integer>,
        ", fetched_at = " fetched_at: Option<i64> as Nullable<BigInt>,
        ", elapsed_ms = " elapsed_ms: Option<i64> as Nullable<BigInt>,
        ", original = " original: Option<i64> as Nullable<BigInt>,
        ", original_host = " original_host: Option<i64> as Nullable<BigInt>,
        " WHERE job = " job: i64 as BigInt,
        " AND host_key = " host: i64 as BigInt,
        " AND url_key = " key: i64 as BigInt,
        " AND id = " id: i64 as BigInt,
    } " AND due_at IS NOT NULL"
}

prepared! {
    /// A failed try.
    DeferUrl<'a> {
        "UPDATE urls SET tries = " tries: i32 as Integer,
        ", task = " task: i16 as SmallInt,
        ", due_at = " due_at: i64 as BigInt,
        ", status = " status: Option<i32> as Nullable<Integer>,
        ", reason = " reason: String as Text,
        ", evidence = " evidence: Option<Cow<'a, str>> as Nullable<Text>,
        ", fetched_at = " fetched_at: Option<i64> as Nullable<BigInt>,
        ", elapsed_ms = " elapsed_ms: Option<i64> as Nullable<BigInt>,
        " WHERE job = " job: i64 as BigInt,
        " AND host_key = " host: i64 as BigInt,
        " AND url_key = " key: i64 as BigInt,
        " AND id = " id: i64 as BigInt,
    } " AND due_at IS NOT NULL"
}

/// Stores final results in their order. A row that is not queued any more stays as it is.
pub(super) fn settle_all<'a>(
    conn: &mut Connection,
    batch: &'a [Settled],
    originals: &[Option<Original>],
    new_links: &[i32],
    passes: &Passes,
) -> Result<Settlement<'a>, Fault> {
    let mut done = Settlement::default();
    for ((settled, original), added) in batch.iter().zip(originals).zip(new_links) {
        let Some(pass) = passes.get(&settled.job) else { continue };
        if settled.unmodified {
            if unmodified::keep(conn, settled, *pass)? == 0 {
                continue;
            }
            *done.unmodified.entry(settled.job).or_default() += 1;
        } else {
            let redirected = settled.state == UrlState::Redirected;
            let closes = redirected && closes_loop(conn, settled, *pass)?;
            if settle(conn, settled, *original, closes, *added, *pass)? == 0 {
                continue;
            }
            store_links(conn, settled)?;
            items::keep(conn, settled, *pass)?;
        }
        changes::note(conn, settled, *pass)?;
        if settled.gathered.is_some() {
            done.gathered.push((settled, *pass));
        }
        if settled.recording.is_some() {
            done.recorded.push(settled);
        }
        if settled.asked {
            *done.asked.entry((settled.job, settled.host)).or_default() += 1;
        }
    }
    Ok(done)
}

fn settle<'a>(
    conn: &mut Connection,
    settled: &'a Settled,
    original: Option<Original>,
    closes_loop: bool,
    added: i32,
    pass: i32,
) -> QueryResult<usize> {
    if added == 0 && original.is_none() && !closes_loop && plain::is(settled) {
        return plain::settle(conn, settled, pass);
    }
    let facts = &settled.facts;
    let (state, reason) = if closes_loop {
        (UrlState::Failed, Some(Reason::RedirectLoop))
    } else {
        (settled.state, settled.reason)
    };
    // Only a page that was read whole is asked by its version next time.
    let whole = state == UrlState::Done && facts.digest.is_some();
    let version = |value: &'a Option<String>| value.as_deref().filter(|_| whole).map(clean);
    let settle = SettleUrl {
        state: state as i16,
        tries: settled.tries,
        pass,
        status: facts.status.map(i32::from),
        reason: reason.map(|reason| reason.to_string()),
        evidence: settled.evidence.as_deref().map(clean),
        redirect_to: settled.redirect_to.as_deref().map(clean),
        redirect_key: settled.redirect_key.map(|key| key.0),
        content_type: facts.content_type.as_deref().map(clean),
        charset: facts.charset.as_deref().map(clean),
        bytes: facts.bytes,
        links: facts.links,
        new_links: (facts.links.is_some() || added > 0).then_some(added),
        title: facts.title.as_deref().map(clean),
        digest: facts.digest.as_ref().map(<[u8; 32]>::as_slice),
        etag: version(&facts.etag),
        last_modified: version(&facts.last_modified),
        noindex: facts.noindex,
        links_cut: facts.links_cut,
        out_of_scope: facts.out_of_scope,
        fetched_at: facts.fetched_at,
        elapsed_ms: facts.elapsed_ms,
        original: original.map(|(_, key)| key.0),
        original_host: original.map(|(host, _)| host.0),
        job: settled.job.0,
        host: settled.host.0,
        key: settled.key.0,
        id: settled.id,
        life: PhantomData,
    };
    both!(conn, c => settle.execute(c))
}

/// Does the chain of this pass's redirects from the target lead back to this URL? Two nodes that
/// settle two ends of a loop at the same moment may both miss it; it then ends all the same, since
/// neither target is queued twice.
fn closes_loop(conn: &mut Connection, settled: &Settled, pass: i32) -> QueryResult<bool> {
    if settled.redirect_key == Some(settled.key) {
        return Ok(true);
    }
    let mut next = settled.redirect_to.clone();
    for _ in 0..CHAIN {
        let Some((host, key)) = next.as_deref().and_then(|url| place(url, settled.role)) else {
            return Ok(false);
        };
        if key == settled.key {
            return Ok(true);
        }
        let found: Option<Option<String>> = both!(conn, c => urls::table
            .filter(urls::job.eq(settled.job.0).and(urls::host_key.eq(host.0)))
            .filter(urls::url_key.eq(key.0).and(urls::pass.eq(pass)))
            .filter(urls::state.eq(UrlState::Redirected as i16))
            .select(urls::redirect_to)
            .first(c)
            .optional())?;
        next = found.flatten();
    }
    Ok(false)
}

fn place(url: &str, role: Role) -> Option<(HostKey, UrlKey)> {
    CanonicalUrl::parse(url).ok().map(|url| (url.host_key(), role.key(&url)))
}

#[derive(Insertable)]
#[diesel(table_name = link, treat_none_as_default_value = false)]
struct NewLink<'a> {
    job: i64,
    source_host: i64,
    source: i64,
    ordinal: i32,
    target: &'a str,
    kind: i16,
    text: Option<Cow<'a, str>>,
    nofollow: bool,
}

/// Replaces the links of a page. A page with links of which none are given belongs to a job that
/// stores none, and the answer to a query has none: nothing to replace.
fn store_links(conn: &mut Connection, settled: &Settled) -> QueryResult<()> {
    let found = settled.facts.links.unwrap_or(0);
    let of_a_query = matches!(settled.gathered.as_deref(), Some(Gathered::Tips(_)));
    if settled.links.is_empty() && (found > 0 || of_a_query) {
        return Ok(());
    }
    both!(conn, c => diesel::delete(link::table
            .filter(link::job.eq(settled.job.0).and(link::source_host.eq(settled.host.0)))
            .filter(link::source.eq(settled.key.0)))
        .execute(c))?;
    let rows: Vec<NewLink<'_>> =
        (1..).zip(&settled.links).map(|(at, row)| new_link(settled, at, row)).collect();
    for chunk in rows.chunks(ROWS) {
        both!(conn, c => diesel::insert_into(link::table).values(chunk).execute(c))?;
    }
    Ok(())
}

fn new_link<'a>(settled: &Settled, ordinal: i32, row: &'a LinkRow) -> NewLink<'a> {
    NewLink {
        job: settled.job.0,
        source_host: settled.host.0,
        source: settled.key.0,
        ordinal,
        target: &row.target,
        kind: row.kind as i16,
        text: row.text.as_deref().map(clean),
        nofollow: row.nofollow,
    }
}

/// Stores failed tries; the rest of an earlier pass's result stays until there is a new one.
pub(super) fn defer_all(conn: &mut Connection, batch: &[Deferred]) -> Result<(), Fault> {
    for deferred in batch {
        let facts = &deferred.facts;
        let defer = DeferUrl {
            tries: deferred.tries,
            task: deferred.task as i16,
            due_at: deferred.due_at,
            status: facts.status.map(i32::from),
            reason: deferred.reason.to_string(),
            evidence: deferred.evidence.as_deref().map(clean),
            fetched_at: facts.fetched_at,
            elapsed_ms: facts.elapsed_ms,
            job: deferred.job.0,
            host: deferred.host.0,
            key: deferred.key.0,
            id: deferred.id,
            life: PhantomData,
        };
        both!(conn, c => defer.execute(c))?;
    }
    Ok(())
}
