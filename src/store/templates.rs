//! URLs counted by their template: those of large ones for the report, and, for a job with
//! `max_per_template`, all of them, so that none is asked beyond it.
//!
//! Of each template the first [`KEPT`] URLs that are refused get a row; the rest are only counted,
//! as a site that never ends would fill the store with them.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use diesel::prelude::*;
use diesel::{QueryableByName, sql_query, sql_types};
use hashbrown::HashSet;

use super::connection::{Connection, both};
use super::error::Fault;
use super::insert::Candidate;
use super::schema::{template as table, urls};
use super::sketch::Sketch;
use super::{Result, Store, clean, wake};
use crate::domain::outcome::{Reason, UrlState};
use crate::domain::role::Role;
use crate::domain::template::{Template, template};
use crate::domain::{JobId, Millis};

/// Templates with more URLs are named in the report.
pub const REPORTED: i64 = 10_000;
/// Refused URLs of a template that are kept.
const KEPT: i64 = 1_000;
/// How the evidence of a refused URL begins.
const EVIDENCE: &str = "max_per_template=";
/// Rows taken back at once.
const STEP: i64 = 1_000;
/// Templates named.
const NAMED: i64 = 10;

/// A template with many URLs.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct Crowd {
    /// `example.org/calendar/{n}`.
    #[diesel(sql_type = sql_types::Text)]
    pub pattern: String,
    /// One of its URLs.
    #[diesel(sql_type = sql_types::Text)]
    pub example: String,
    /// URLs that became known, at least.
    #[diesel(sql_type = sql_types::BigInt)]
    pub urls: i64,
    /// URLs refused, as beyond `max_per_template`.
    #[diesel(sql_type = sql_types::BigInt)]
    pub refused: i64,
}

/// Was a URL with this evidence refused for its template?
pub(super) fn is_evidence(text: &str) -> bool {
    text.starts_with(EVIDENCE)
}

/// What counts, and what limits.
pub(super) struct Screen<'a> {
    pub(super) sketch: &'a Mutex<Sketch>,
    /// Most URLs of one template, for the jobs that limit them.
    pub(super) limits: &'a [(JobId, i64)],
}

/// New URLs that are too many.
#[derive(Default)]
pub(super) struct Refused {
    /// Job and key of each.
    pub(super) all: HashSet<(i64, i64)>,
    /// Of them, those that have no row.
    pub(super) forgotten: HashSet<(i64, i64)>,
}

/// New URLs of one template.
struct Group<'a, 'b> {
    template: Template,
    members: Vec<&'b Candidate<'a>>,
}

impl Screen<'_> {
    /// Counts new URLs, whose rows are queued, and sets aside what is too many.
    pub(super) fn apply(
        &self,
        conn: &mut Connection,
        fresh: &[Candidate<'_>],
    ) -> std::result::Result<Refused, Fault> {
        // In one order everywhere, so that two nodes never wait for each other.
        let mut groups: BTreeMap<(i64, i64), Group<'_, '_>> = BTreeMap::new();
        for candidate in fresh.iter().filter(|c| c.is_wanted() && c.find.url.role == Role::Page) {
            if let Some(template) = template(&candidate.find.url.url) {
                groups
                    .entry((candidate.find.job.0, template.key))
                    .or_insert_with(|| Group { template, members: Vec::new() })
                    .members
                    .push(candidate);
            }
        }
        let mut refused = Refused::default();
        for ((job, key), group) in &groups {
            let limit = self.limits.iter().find(|(limited, _)| limited.0 == *job);
            match limit {
                Some((_, max)) => refuse(conn, *job, group, *max, &mut refused)?,
                None => self.count(conn, (*job, *key), group)?,
            }
        }
        Ok(refused)
    }

    fn count(
        &self,
        conn: &mut Connection,
        at: (i64, i64),
        group: &Group<'_, '_>,
    ) -> std::result::Result<(), Fault> {
        let urls = i64::try_from(group.members.len()).unwrap_or(i64::MAX);
        // It only counts: whatever a panic left is as good as any.
        let mut sketch = self.sketch.lock().unwrap_or_else(PoisonError::into_inner);
        let due = sketch.add(at, urls);
        if due > 0 {
            let stored = add(conn, at.0, group, due, 0)?;
            sketch.wrote(at, stored);
        }
        Ok(())
    }
}

/// Takes as many as there is room for, and sets the rest aside.
fn refuse(
    conn: &mut Connection,
    job: i64,
    group: &Group<'_, '_>,
    max: i64,
    refused: &mut Refused,
) -> std::result::Result<(), Fault> {
    let before: Option<(i64, i64)> = both!(conn, c => table::table
        .filter(table::job.eq(job).and(table::template_key.eq(group.template.key)))
        .select((table::urls, table::refused))
        .first(c)
        .optional())?;
    let (taken, mut gone) = before.unwrap_or((0, 0));
    let room = usize::try_from((max - taken).max(0)).unwrap_or(usize::MAX);
    let (admitted, rest) = group.members.split_at(room.min(group.members.len()));
    let count = |list: &[&Candidate<'_>]| i64::try_from(list.len()).unwrap_or(i64::MAX);
    add(conn, job, group, count(admitted), count(rest))?;
    let evidence = format!("{EVIDENCE}{max}: {}", group.template.text);
    for candidate in rest {
        refused.all.insert(candidate.identity());
        if gone >= KEPT {
            refused.forgotten.insert(candidate.identity());
        }
        set_aside(conn, candidate, (gone < KEPT).then_some(&*evidence))?;
        gone += 1;
    }
    Ok(())
}

/// Excludes the row of a URL with this evidence, or removes it where there is none.
fn set_aside(
    conn: &mut Connection,
    candidate: &Candidate<'_>,
    evidence: Option<&str>,
) -> std::result::Result<(), Fault> {
    let (job, key) = candidate.identity();
    let (_, host) = candidate.place();
    let this = urls::table
        .filter(urls::job.eq(job).and(urls::host_key.eq(host)).and(urls::url_key.eq(key)));
    let varies = candidate.find.url.url.contains('?');
    let reason = if varies { Reason::TrapQuery } else { Reason::TrapRepeat };
    match evidence {
        Some(evidence) => both!(conn, c => diesel::update(this)
            .set((
                urls::state.eq(UrlState::Excluded as i16),
                urls::due_at.eq(None::<i64>),
                urls::reason.eq(reason.to_string()),
                urls::evidence.eq(clean(evidence)),
            ))
            .execute(c))?,
        None => both!(conn, c => diesel::delete(this).execute(c))?,
    };
    Ok(())
}

/// Adds to a template's row; gives its URLs.
fn add(
    conn: &mut Connection,
    job: i64,
    group: &Group<'_, '_>,
    urls: i64,
    refused: i64,
) -> std::result::Result<i64, Fault> {
    let example = group.members.first().map_or("", |first| first.find.url.url.as_str());
    Ok(both!(conn, c => diesel::insert_into(table::table)
        .values((
            table::job.eq(job),
            table::template_key.eq(group.template.key),
            table::pattern.eq(clean(&group.template.text)),
            table::example.eq(clean(example)),
            table::urls.eq(urls),
            table::refused.eq(refused),
        ))
        .on_conflict((table::job, table::template_key))
        .do_update()
        .set((table::urls.eq(table::urls + urls), table::refused.eq(table::refused + refused)))
        .returning(table::urls)
        .get_result(c))?)
}

#[derive(QueryableByName)]
struct Aside {
    #[diesel(sql_type = sql_types::BigInt)]
    id: i64,
    #[diesel(sql_type = sql_types::BigInt)]
    host_key: i64,
    #[diesel(sql_type = sql_types::Text)]
    url: String,
}

impl Store {
    /// The job may ask so many URLs of a template now: those set aside before that count in its present
    /// pass are queued again as far as there is room. In steps, each durable: to be called before the new limit is stored, so
    /// that a death in between repeats it.
    ///
    /// # Errors
    /// `Missing` when there is no such job.
    pub fn readmit(&self, job: JobId, max: Option<i64>, now: Millis) -> Result<()> {
        let since =
            self.connections.read(|conn| Ok(super::job::by_id(conn, job)?.counts_since()))?;
        let mut after = i64::MIN;
        while let Some(last) = self.readmit_some((job, since), max, after, now)? {
            after = last;
        }
        Ok(())
    }

    /// One step, over the rows of no older passes than this that were set aside after this one; gives
    /// the last of them.
    fn readmit_some(
        &self,
        (job, since): (JobId, i32),
        max: Option<i64>,
        after: i64,
        now: Millis,
    ) -> Result<Option<i64>> {
        self.connections.write_durably(|conn| {
            let aside: Vec<Aside> = both!(conn, c => sql_query(SET_ASIDE)
                .bind::<sql_types::BigInt, _>(job.0)
                .bind::<sql_types::BigInt, _>(after)
                .bind::<sql_types::Integer, _>(since)
                .bind::<sql_types::BigInt, _>(STEP)
                .load(c))?;
            for row in &aside {
                let Some(template) = template(&row.url) else { continue };
                let this = table::table
                    .filter(table::job.eq(job.0).and(table::template_key.eq(template.key)))
                    .filter(table::urls.lt(max.unwrap_or(i64::MAX)));
                let taken = both!(conn, c => diesel::update(this)
                    .set((table::urls.eq(table::urls + 1), table::refused.eq(table::refused - 1)))
                    .execute(c))?;
                if taken == 0 {
                    continue;
                }
                wake::wake(conn, &[(job.0, row.host_key)], now)?;
                both!(conn, c => diesel::update(urls::table
                        .filter(urls::job.eq(job.0).and(urls::id.eq(row.id))))
                    .set((
                        urls::state.eq(UrlState::Queued as i16),
                        urls::due_at.eq(now),
                        urls::tries.eq(0),
                        urls::reason.eq(None::<String>),
                        urls::evidence.eq(None::<String>),
                    ))
                    .execute(c))?;
            }
            Ok(aside.last().map(|row| row.id))
        })
    }
}

const SET_ASIDE: &str = "SELECT id, host_key, url FROM urls WHERE job = $1 AND id > $2 \
    AND state = 4 AND pass >= $3 AND evidence LIKE 'max_per_template=%' ORDER BY id LIMIT $4";

const CROWDS: &str = "SELECT pattern, example, urls, refused FROM template \
    WHERE job = $1 AND (urls > $2 OR refused > 0) \
    ORDER BY urls + refused DESC, pattern LIMIT $3";

/// The largest templates of a job that are to be reported.
pub(super) fn crowds(conn: &mut Connection, job: JobId) -> QueryResult<Vec<Crowd>> {
    both!(conn, c => sql_query(CROWDS)
        .bind::<sql_types::BigInt, _>(job.0)
        .bind::<sql_types::BigInt, _>(REPORTED)
        .bind::<sql_types::BigInt, _>(NAMED)
        .get_results(c))
}
