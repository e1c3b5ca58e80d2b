//! URLs that are found again: their depth may fall, and some become due again.

use std::collections::BTreeMap;

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{Nullable, Text};
use hashbrown::HashMap;

use super::connection::{Connection, both};
use super::error::Fault;
use super::insert::{Candidate, is_liftable};
use super::schema::urls;
use super::{changes, clean, templates};
use crate::domain::Millis;
use crate::domain::link::LinkKind;
use crate::domain::outcome::UrlState;
use crate::domain::task::Task;

/// Keys of one question.
const KEYS: usize = 500;

/// A row as it stands.
#[derive(Queryable)]
pub(super) struct Row {
    id: i64,
    url_key: i64,
    depth: i32,
    hops: i32,
    state: i16,
    reason: Option<String>,
    evidence: Option<String>,
    pass: i32,
    via_kind: i16,
    task: i16,
    due_at: Option<i64>,
}

/// What became of it.
pub(super) struct Existing {
    /// Its depth now.
    pub(super) depth: i32,
    /// Was it made due again?
    pub(super) revived: bool,
}

/// The rows of these URLs. Asked host by host, as that is how PostgreSQL's key begins.
pub(super) fn load<'a, 'b>(
    conn: &mut Connection,
    candidates: &'b [Candidate<'a>],
) -> Result<Vec<(&'b Candidate<'a>, Row)>, Fault> {
    let mut places: BTreeMap<(i64, i64), Vec<&Candidate<'a>>> = BTreeMap::new();
    for candidate in candidates {
        let place = (candidate.find.job.0, candidate.find.url.host.0);
        places.entry(place).or_default().push(candidate);
    }
    let mut found = Vec::with_capacity(candidates.len());
    for ((job, host), group) in places {
        for chunk in group.chunks(KEYS) {
            let keys: Vec<i64> = chunk.iter().map(|c| c.find.url.key.0).collect();
            let rows: Vec<Row> = both!(conn, c => urls::table
                .filter(urls::job.eq(job).and(urls::host_key.eq(host)))
                .filter(urls::url_key.eq_any(&keys))
                .select((
                    urls::id,
                    urls::url_key,
                    urls::depth,
                    urls::hops,
                    urls::state,
                    urls::reason,
                    urls::evidence,
                    urls::pass,
                    urls::via_kind,
                    urls::task,
                    urls::due_at,
                ))
                .load(c))?;
            let mut rows: HashMap<i64, Row> =
                rows.into_iter().map(|row| (row.url_key, row)).collect();
            found.extend(
                chunk.iter().filter_map(|c| rows.remove(&c.find.url.key.0).map(|row| (*c, row))),
            );
        }
    }
    Ok(found)
}

/// Applies what the new find changes.
pub(super) fn amend(
    conn: &mut Connection,
    candidate: &Candidate<'_>,
    row: &Row,
    revive: bool,
    now: Millis,
) -> Result<Existing, Fault> {
    let only_checked = Task::from_number(row.task).is_check();
    let given = candidate.find.url.kind == LinkKind::Root;
    if given && (only_checked || row.via_kind == LinkKind::Redirect as i16) {
        adopt(conn, candidate, row)?;
    }
    // (One without a date was held back by the limit of a listing in the pass that found it.)
    let queued = row.state == UrlState::Queued as i16 && row.due_at.is_some();
    if queued {
        return lower(conn, candidate, row);
    }
    if given && only_checked && candidate.is_wanted() {
        requeue(conn, candidate, row, now)?;
        return Ok(Existing { depth: candidate.depth, revived: true });
    }
    // Too many of its kind are too many however often it is found.
    let one_of_many = row.evidence.as_deref().is_some_and(templates::is_evidence);
    let wanted = candidate.is_wanted() && !one_of_many;
    let excluded = row.state == UrlState::Excluded as i16;
    let lifted = excluded && is_liftable(row.reason.as_deref());
    let anew = revive && row.pass < candidate.find.pass;
    if wanted && (lifted || anew) {
        if anew {
            find_anew(conn, candidate, row)?;
        }
        requeue(conn, candidate, row, now)?;
        return Ok(Existing { depth: candidate.depth, revived: true });
    }
    if anew && excluded {
        // It is met in this pass, and excluded as before.
        both!(conn, c => diesel::update(this(candidate, row))
            .set(urls::pass.eq(candidate.find.pass))
            .execute(c))?;
    }
    Ok(Existing { depth: row.depth, revived: false })
}

/// How a row of an older pass was found in this one, and what it is asked for. (That a server's
/// answer to HEAD says nothing stays known.)
fn find_anew(conn: &mut Connection, candidate: &Candidate<'_>, row: &Row) -> Result<(), Fault> {
    let url = candidate.find.url;
    let both_check = url.task.is_check() && Task::from_number(row.task).is_check();
    let source_host = candidate.find.source_host.filter(|_| url.referrer.is_some());
    both!(conn, c => diesel::update(this(candidate, row))
        .set((
            urls::via_kind.eq(url.kind as i16),
            urls::via_text.eq(url.text.as_deref().map(clean)),
            urls::via_nofollow.eq(url.nofollow),
            urls::referrer.eq(url.referrer.map(|key| key.0)),
            urls::referrer_host.eq(source_host.map(|key| key.0)),
            urls::task.eq(if both_check { row.task } else { url.task as i16 }),
        ))
        .execute(c))?;
    Ok(())
}

/// A URL that was found is given after all, and asked for what is given.
fn adopt(conn: &mut Connection, candidate: &Candidate<'_>, row: &Row) -> Result<(), Fault> {
    both!(conn, c => diesel::update(this(candidate, row))
        .set((
            urls::via_kind.eq(LinkKind::Root as i16),
            urls::via_text.eq(candidate.find.url.text.as_deref().map(clean)),
            urls::via_nofollow.eq(false),
            urls::referrer.eq(None::<i64>),
            urls::referrer_host.eq(None::<i64>),
            urls::task.eq(candidate.find.url.task as i16),
        ))
        .execute(c))?;
    Ok(())
}

fn lower(conn: &mut Connection, candidate: &Candidate<'_>, row: &Row) -> Result<Existing, Fault> {
    let (depth, hops) = (row.depth.min(candidate.depth), row.hops.min(candidate.hops));
    if (depth, hops) != (row.depth, row.hops) {
        both!(conn, c => diesel::update(this(candidate, row).filter(urls::due_at.is_not_null()))
            .set((
                urls::depth.eq(depth),
                urls::hops.eq(hops),
                // Links that were too deep may not be so now: the page is to be read again.
                urls::etag.eq(None::<String>),
                urls::last_modified.eq(None::<String>),
            ))
            .execute(c))?;
    }
    Ok(Existing { depth, revived: false })
}

/// Why it was not asked no longer holds; any other result stays until there is a new one.
const UNLESS_EXCLUDED: &str = "CASE WHEN state <> 4 THEN ";

fn requeue(
    conn: &mut Connection,
    candidate: &Candidate<'_>,
    row: &Row,
    now: Millis,
) -> Result<(), Fault> {
    both!(conn, c => diesel::update(this(candidate, row).filter(urls::due_at.is_null()))
        .set((
            urls::state.eq(UrlState::Queued as i16),
            urls::due_at.eq(now),
            urls::tries.eq(0),
            urls::pass.eq(candidate.find.pass),
            urls::was_digest.eq(changes::keep_what_was!(Vec::new())),
            urls::depth.eq(candidate.depth),
            urls::hops.eq(candidate.hops),
            urls::reason.eq(sql::<Nullable<Text>>(UNLESS_EXCLUDED).sql("reason END")),
            urls::evidence.eq(sql::<Nullable<Text>>(UNLESS_EXCLUDED).sql("evidence END")),
        ))
        .execute(c))?;
    Ok(())
}

/// The row by its number, which SQLite likes, and by its key, which PostgreSQL likes.
#[diesel::dsl::auto_type(no_type_alias)]
fn this<'a>(candidate: &'a Candidate<'a>, row: &'a Row) -> _ {
    let job: i64 = candidate.find.job.0;
    let host: i64 = candidate.find.url.host.0;
    let key: i64 = candidate.find.url.key.0;
    let id: i64 = row.id;
    urls::table
        .filter(urls::job.eq(job))
        .filter(urls::host_key.eq(host))
        .filter(urls::url_key.eq(key))
        .filter(urls::id.eq(id))
}
