//! Jobs.

use diesel::prelude::*;
use diesel::result::Error::NotFound;

use super::connection::{Connection, both};
use super::error::{Fault, StoreErrorKind};
use super::job_state::{JobState, Origin};
use super::schema::{job, job_host};
use super::{Result, Store, cookies, items, this_pass};
use crate::domain::{JobId, Millis};

/// A job to be created.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewJob {
    /// Its unique name.
    pub name: String,
    /// `crawl`, `suggest`, `fetch` or `scrape`.
    pub kind: String,
    /// Where it comes from.
    pub origin: Origin,
    /// What it is, as JSON; opaque here.
    pub spec: String,
}

/// A job as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobRow {
    /// Its number.
    pub id: JobId,
    /// Its unique name.
    pub name: String,
    /// `crawl`, `suggest`, `fetch` or `scrape`.
    pub kind: String,
    /// Where it comes from.
    pub origin: Origin,
    /// What it is, as JSON; opaque here.
    pub spec: String,
    /// What it is doing.
    pub state: JobState,
    /// Number of the present pass, from 1.
    pub pass: i32,
    /// When that pass began.
    pub pass_started_at: Millis,
    /// Where its generator goes on; opaque here. `None` at the start of a pass.
    pub cursor: Option<String>,
    /// Has the generator given all it has in this pass?
    pub exhausted: bool,
    /// URLs asked and settled in this pass.
    pub asked: i64,
    /// Running time in this pass, over all resumes.
    pub running_ms: Millis,
    /// Of it, the time in which none of its pages was being asked: it waited for hosts, for
    /// robots.txt, for the store.
    pub waiting_ms: Millis,
    /// Most requests in flight at once in this pass.
    pub peak_in_flight: i32,
    /// Time by phase in this pass, microseconds: connect, head, body, extract.
    pub phases_us: [i64; 4],
    /// Decoded body bytes of this pass.
    pub bytes: i64,
    /// The limit that cut the pass.
    pub limit_hit: Option<String>,
    /// When the job was created.
    pub started_at: Millis,
    /// When it ended; `None` while it has not.
    pub finished_at: Option<Millis>,
    /// Pages of this pass that had not changed since they were last asked.
    pub not_modified: i64,
}

#[derive(Queryable)]
struct Row {
    id: i64,
    name: String,
    kind: String,
    origin: String,
    spec: String,
    state: i16,
    pass: i32,
    pass_started_at: i64,
    cursor: Option<String>,
    exhausted: bool,
    asked: i64,
    running_ms: i64,
    waiting_ms: i64,
    peak_in_flight: i32,
    phases_us: (i64, i64, i64, i64),
    bytes: i64,
    limit_hit: Option<String>,
    started_at: i64,
    finished_at: Option<i64>,
    not_modified: i64,
}

impl From<Row> for JobRow {
    fn from(row: Row) -> Self {
        let (connect, head, body, extract) = row.phases_us;
        Self {
            id: JobId(row.id),
            name: row.name,
            kind: row.kind,
            origin: if row.origin == Origin::File.name() { Origin::File } else { Origin::Cli },
            spec: row.spec,
            state: JobState::from_number(row.state).unwrap_or(JobState::Failed),
            pass: row.pass,
            pass_started_at: row.pass_started_at,
            cursor: row.cursor,
            exhausted: row.exhausted,
            asked: row.asked,
            running_ms: row.running_ms,
            waiting_ms: row.waiting_ms,
            peak_in_flight: row.peak_in_flight,
            phases_us: [connect, head, body, extract],
            bytes: row.bytes,
            limit_hit: row.limit_hit,
            started_at: row.started_at,
            finished_at: row.finished_at,
            not_modified: row.not_modified,
        }
    }
}

#[diesel::dsl::auto_type(no_type_alias)]
fn all() -> _ {
    job::table.select((
        job::id,
        job::name,
        job::kind,
        job::origin,
        job::spec,
        job::state,
        job::pass,
        job::pass_started_at,
        job::cursor,
        job::exhausted,
        job::asked,
        job::running_ms,
        job::waiting_ms,
        job::peak_in_flight,
        (job::connect_us, job::head_us, job::body_us, job::extract_us),
        job::bytes,
        job::limit_hit,
        job::started_at,
        job::finished_at,
        job::not_modified,
    ))
}

impl Store {
    /// The job of this name.
    ///
    /// # Errors
    /// When the store fails.
    pub fn job_by_name(&self, name: &str) -> Result<Option<JobRow>> {
        self.connections.read(|conn| by_name(conn, name))
    }

    /// Every job, by name.
    ///
    /// # Errors
    /// When the store fails.
    pub fn jobs(&self) -> Result<Vec<JobRow>> {
        self.connections.read(|conn| {
            let rows: Vec<Row> = both!(conn, c => all().order(job::name).load(c))?;
            Ok(rows.into_iter().map(JobRow::from).collect())
        })
    }

    /// Creates a job, running, in its first pass.
    ///
    /// # Errors
    /// `Bad` when the name is taken.
    pub fn create_job(&self, new: &NewJob, now: Millis) -> Result<JobRow> {
        self.connections.write_durably(|conn| {
            // Two nodes may take the same number; the slower one takes the next.
            while by_name(conn, &new.name)?.is_none() {
                if insert(conn, new, now)? == 1 {
                    return by_name(conn, &new.name)?.ok_or(Fault::Db(NotFound));
                }
            }
            let what = format!("there is a job named '{}' already", new.name);
            Err(Fault::Own(StoreErrorKind::Bad, what))
        })
    }

    /// Replaces what the job is: hosts beyond a limit are judged again. With a cursor, its generator
    /// goes on from there. `reopen`: it is running then, whatever it was.
    ///
    /// # Errors
    /// `Missing` when there is no such job.
    pub fn amend_job(
        &self,
        id: JobId,
        spec: &str,
        cursor: Option<&str>,
        reopen: bool,
    ) -> Result<()> {
        self.connections.write_durably(|conn| {
            both!(conn, c => diesel::update(job_host::table)
                .filter(job_host::job.eq(id.0).and(job_host::beyond.ne(0)))
                .set(job_host::beyond.eq(0))
                .execute(c))?;
            let this = job::table.filter(job::id.eq(id.0));
            let changed =
                both!(conn, c => diesel::update(this).set(job::spec.eq(spec)).execute(c))?;
            if let Some(cursor) = cursor {
                both!(conn, c => diesel::update(this)
                    .set((job::cursor.eq(cursor), job::exhausted.eq(false)))
                    .execute(c))?;
            }
            if reopen {
                both!(conn, c => diesel::update(this)
                    .set((
                        job::state.eq(JobState::Running as i16),
                        job::limit_hit.eq(None::<String>),
                        job::finished_at.eq(None::<i64>),
                    ))
                    .execute(c))?;
            }
            found(changed, id)
        })
    }

    /// Sets what the job is doing, and the limit that cut it.
    ///
    /// # Errors
    /// `Missing` when there is no such job.
    pub fn set_job_state(
        &self,
        id: JobId,
        state: JobState,
        limit_hit: Option<&str>,
        now: Millis,
    ) -> Result<()> {
        self.connections.write_durably(|conn| {
            let changed = both!(conn, c => diesel::update(job::table.filter(job::id.eq(id.0)))
                .set((
                    job::state.eq(state as i16),
                    job::limit_hit.eq(limit_hit),
                    job::finished_at.eq(state.is_final().then_some(now)),
                ))
                .execute(c))?;
            found(changed, id)
        })
    }

    /// Ends this pass of a job, with the limit that cut it. `false`: somebody has begun another one,
    /// which goes on.
    ///
    /// # Errors
    /// When the store fails.
    pub fn end_pass(
        &self,
        id: JobId,
        pass: i32,
        limit_hit: Option<&str>,
        now: Millis,
    ) -> Result<bool> {
        self.connections.write_durably(|conn| {
            let this = job::table.filter(job::id.eq(id.0).and(job::pass.eq(pass)));
            let changed = both!(conn, c => diesel::update(this)
                .set((
                    job::state.eq(JobState::Done as i16),
                    job::limit_hit.eq(limit_hit),
                    job::finished_at.eq(now),
                ))
                .execute(c))?;
            if changed == 0 {
                by_id(conn, id)?;
                return Ok(false);
            }
            items::end_pass(conn, id.0, limit_hit)?;
            Ok(true)
        })
    }

    /// The job belongs to the configuration from now on.
    ///
    /// # Errors
    /// `Missing` when there is no such job.
    pub fn adopt(&self, id: JobId) -> Result<()> {
        self.connections.write_durably(|conn| {
            let changed = both!(conn, c => diesel::update(job::table.filter(job::id.eq(id.0)))
                .set(job::origin.eq(Origin::File.name()))
                .execute(c))?;
            found(changed, id)
        })
    }

    /// Begins the next pass: cursor and totals start afresh, hosts given up are tried again, cookies
    /// without a date are gone. Known pages become due by [`Store::revisit`], or, of a job that finds
    /// its pages anew, by being given or found again; what was left in its queue is not asked.
    ///
    /// # Errors
    /// `Missing` when there is no such job.
    pub fn start_pass(&self, id: JobId, now: Millis) -> Result<JobRow> {
        let row = self.connections.read(|conn| by_id(conn, id))?;
        self.start_pass_after(id, row.pass, now)
    }

    /// Begins the pass after this one, unless somebody else has begun it already. Gives the job as it
    /// is then.
    ///
    /// # Errors
    /// `Missing` when there is no such job.
    pub fn start_pass_after(&self, id: JobId, pass: i32, now: Millis) -> Result<JobRow> {
        let row = self.connections.read(|conn| by_id(conn, id))?;
        if row.finds_anew() {
            self.leave_queue(id, pass)?;
        }
        self.connections.write_durably(|conn| {
            let this = job::table.filter(job::id.eq(id.0).and(job::pass.eq(pass)));
            let begun = both!(conn, c => diesel::update(this)
                .set((
                    job::state.eq(JobState::Running as i16),
                    job::pass.eq(job::pass + 1),
                    job::pass_started_at.eq(now),
                    job::cursor.eq(None::<String>),
                    job::exhausted.eq(false),
                    job::asked.eq(0),
                    job::running_ms.eq(0),
                    job::waiting_ms.eq(0),
                    job::peak_in_flight.eq(0),
                    job::connect_us.eq(0),
                    job::head_us.eq(0),
                    job::body_us.eq(0),
                    job::extract_us.eq(0),
                    job::not_modified.eq(0),
                    job::bytes.eq(0),
                    job::limit_hit.eq(None::<String>),
                    job::finished_at.eq(None::<i64>),
                ))
                .execute(c))?;
            if begun == 0 {
                return by_id(conn, id);
            }
            both!(conn, c => diesel::update(job_host::table.filter(job_host::job.eq(id.0)))
                .set((
                    job_host::given_up.eq(None::<String>),
                    job_host::asked.eq(0),
                    job_host::beyond.eq(0),
                ))
                .execute(c))?;
            cookies::end_session(conn, id)?;
            let row = by_id(conn, id)?;
            if row.counts_since() > 0 {
                this_pass::leave_rest(conn, id)?;
            }
            Ok(row)
        })
    }
}

/// The job, or `Missing`.
pub(super) fn by_id(conn: &mut Connection, id: JobId) -> std::result::Result<JobRow, Fault> {
    let row: Option<Row> = both!(conn, c => all().filter(job::id.eq(id.0)).first(c).optional())?;
    row.map(JobRow::from).ok_or_else(|| Fault::no_job(id.0))
}

fn by_name(conn: &mut Connection, name: &str) -> std::result::Result<Option<JobRow>, Fault> {
    let row: Option<Row> = both!(conn, c => all().filter(job::name.eq(name)).first(c).optional())?;
    Ok(row.map(JobRow::from))
}

fn found(changed: usize, id: JobId) -> std::result::Result<(), Fault> {
    if changed == 1 { Ok(()) } else { Err(Fault::no_job(id.0)) }
}

fn insert(conn: &mut Connection, new: &NewJob, now: Millis) -> QueryResult<usize> {
    let last: Option<i64> =
        both!(conn, c => job::table.select(diesel::dsl::max(job::id)).first(c))?;
    both!(conn, c => diesel::insert_into(job::table)
        .values((
            job::id.eq(last.unwrap_or(0) + 1),
            job::name.eq(&new.name),
            job::kind.eq(&new.kind),
            job::origin.eq(new.origin.name()),
            job::spec.eq(&new.spec),
            job::state.eq(JobState::Running as i16),
            job::pass.eq(1),
            job::pass_started_at.eq(now),
            job::exhausted.eq(false),
            job::asked.eq(0),
            job::running_ms.eq(0),
            job::waiting_ms.eq(0),
            job::peak_in_flight.eq(0),
            (job::connect_us.eq(0), job::head_us.eq(0), job::body_us.eq(0), job::extract_us.eq(0)),
            job::started_at.eq(now),
        ))
        .on_conflict_do_nothing()
        .execute(c))
}
