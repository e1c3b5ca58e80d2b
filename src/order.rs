//! Orders: a job as a command or the configuration wants it, found or made in the store and brought
//! up to what is wanted.

mod amend;
mod changes;
mod list;
mod sitemaps;

use std::fmt;
use std::sync::Arc;

use crate::actors::messages::StartJob;
use crate::clock::Clock;
use crate::domain::JobId;
use crate::domain::job::{Job, JobError, JobSpec, SuggestSpec};
use crate::domain::masked::masked;
use crate::store::{JobRow, JobState, NewJob, Origin, Store, StoreError};
pub use amend::{Difference, amend, difference};
use amend::{apply, merge, only_taken};
pub use list::{ListLook, lacks_column, readable, unreadable};

/// Rows removed in one transaction: others may want the store meanwhile.
const FORGOTTEN_AT_ONCE: usize = 1_000;

/// What a command asks for, or the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// The job's name.
    pub name: String,
    /// What it is to be.
    pub spec: JobSpec,
    /// Begin a new pass if the last one is complete.
    pub again: bool,
    /// Who asks for it.
    pub origin: Origin,
}

/// A job found or made.
#[derive(Debug)]
pub struct Prepared {
    /// Ready to run, with how far it is.
    pub start: StartJob,
    /// What the operator should know.
    pub notes: Vec<String>,
    /// How a command goes on, when nothing is left to do.
    pub hint: Option<String>,
    /// The job is complete and nothing new is asked of it.
    pub complete: bool,
}

/// Why a job cannot be run.
#[derive(Debug)]
pub enum PrepareError {
    /// The store said no.
    Store(StoreError),
    /// The order makes no job.
    Job(JobError),
    /// A job of this name is of another kind.
    OtherKind {
        /// The name.
        name: String,
        /// The kind that it has.
        kind: String,
    },
    /// A job of this name asks other requests.
    OtherRequest {
        /// The name.
        name: String,
        /// The URL that it asks.
        url: String,
    },
    /// The stored specification cannot be read.
    Spec(String),
    /// There can be no archive.
    Archive(String),
}

impl PrepareError {
    /// It in words for a job of a configuration, which no option of a command mends.
    #[must_use]
    pub fn of_configured(&self) -> String {
        let (name, other) = match self {
            Self::OtherKind { name, kind } => {
                (name, format!("the store holds a {kind} job of this name"))
            }
            Self::OtherRequest { name, url } => (
                name,
                format!("the store holds a job of this name that asks other requests ({url})"),
            ),
            other => return other.to_string(),
        };
        format!(
            "{other}; give the job another name, or take it out of the configuration and forget \
             what is stored: crawld forget {name}"
        )
    }
}

impl fmt::Display for PrepareError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Store(error) => error.fmt(f),
            Self::Job(error) => error.fmt(f),
            Self::OtherKind { name, kind } => {
                write!(f, "job '{name}' exists and is a {kind}; choose another name with --job")
            }
            Self::OtherRequest { name, url } => write!(
                f,
                "job '{name}' exists and asks other requests ({url}); choose another name with --job"
            ),
            Self::Spec(why) => write!(f, "the stored job cannot be read: {why}"),
            Self::Archive(why) => f.write_str(why),
        }
    }
}

impl std::error::Error for PrepareError {}

impl From<StoreError> for PrepareError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<JobError> for PrepareError {
    fn from(error: JobError) -> Self {
        Self::Job(error)
    }
}

/// Can the order be carried out, as far as the store knows? The job's row, if there is one. Nothing
/// is changed.
///
/// # Errors
/// When the order makes no job, the name is taken by a job of another kind or with other requests,
/// or the store fails.
pub fn check(store: &Store, order: &Order) -> Result<Option<JobRow>, PrepareError> {
    Job::new(JobId(0), &order.name, &order.spec)?;
    let Some(row) = store.job_by_name(&order.name)? else { return Ok(None) };
    if row.state == JobState::Forgotten {
        return Ok(None);
    }
    if row.kind != order.spec.kind {
        return Err(PrepareError::OtherKind { name: order.name.clone(), kind: row.kind });
    }
    let old = read_spec(&row)?;
    match old.suggest.as_ref().zip(order.spec.suggest.as_ref()).and_then(other) {
        Some(url) => Err(PrepareError::OtherRequest { name: order.name.clone(), url }),
        None => Ok(Some(row)),
    }
}

/// Finds the job of this name and brings it up to the order, or makes it; either way it is running
/// then, unless it is complete.
///
/// # Errors
/// As [`check`].
pub fn prepare(store: &Store, order: &Order, clock: Clock) -> Result<Prepared, PrepareError> {
    // Nothing is stored of an order that makes no job.
    match check(store, order)? {
        None => {
            // What is left of one that was being removed goes first.
            match store.job_by_name(&order.name)? {
                Some(row) if row.state == JobState::Forgotten => forget(store, row.id, clock)?,
                // Another daemon has just made it.
                Some(row) => return resume(store, order, row, clock),
                None => {}
            }
            create(store, order, clock)
        }
        Some(row) => resume(store, order, row, clock),
    }
}

/// Removes a job with all that it stored. If that is cut short it is gone on with when somebody
/// asks for a job of this name, or for this once more.
///
/// # Errors
/// When the store fails.
pub fn forget(store: &Store, id: JobId, clock: Clock) -> Result<(), StoreError> {
    store.set_job_state(id, JobState::Forgotten, None, clock.now())?;
    while !store.forget(id, FORGOTTEN_AT_ONCE)? {}
    Ok(())
}

fn create(store: &Store, order: &Order, clock: Clock) -> Result<Prepared, PrepareError> {
    let new = NewJob {
        name: order.name.clone(),
        kind: order.spec.kind.clone(),
        origin: order.origin,
        spec: to_text(&order.spec)?,
    };
    let row = match store.create_job(&new, clock.now()) {
        Ok(row) => row,
        // A killed predecessor's last transaction may arrive at the database server after us.
        Err(error) => match store.job_by_name(&order.name)? {
            Some(row) => return resume(store, order, row, clock),
            None => return Err(error.into()),
        },
    };
    let job = Arc::new(Job::new(row.id, &order.name, &order.spec)?);
    let start = StartJob { job, pass: row.pass };
    Ok(Prepared { start, notes: Vec::new(), hint: None, complete: false })
}

fn resume(
    store: &Store,
    order: &Order,
    mut row: JobRow,
    clock: Clock,
) -> Result<Prepared, PrepareError> {
    let now = clock.now();
    let old = read_spec(&row)?;
    let ended = row.state == JobState::Done || order.again && row.state == JobState::Stopped;
    let begins = ended && order.again || row.is_leaving();
    let spec = merge(&old, order, begins);
    let changes = changes::between(&old, &spec)?;
    let mut notes = apply(store, (&row, order), &changes, (&old, &spec), now)?;
    if begins {
        row = store.start_pass_after(row.id, row.pass, now)?;
        notes.push(format!("job={} pass {} begins", row.name, row.pass));
    } else if ended
        && (changes.is_empty() || only_taken(&changes))
        && (row.limit_hit.is_some() || (spec.fetch.is_none() && store.is_drained(row.id)?))
    {
        let job = Arc::new(Job::new(row.id, &row.name, &spec)?);
        let hint = changes.is_empty().then(|| already(&row));
        let start = StartJob { job, pass: row.pass };
        return Ok(Prepared { start, notes, hint, complete: true });
    } else {
        if order.again && !ended {
            notes.push(format!(
                "job={} pass {} is not finished; --again goes on with it",
                row.name, row.pass
            ));
        }
        store.set_job_state(row.id, JobState::Running, None, now)?;
        notes.push(if spec.fetch.is_some() && ended && row.limit_hit.is_none() {
            format!("job={} complete so far; looking for new lines in the list", row.name)
        } else {
            format!("job={} resumed in pass {}, {} asked so far", row.name, row.pass, row.asked)
        });
    }
    if spec.fetch.is_some() {
        // A list is read anew in each run: what the job has of it already changes nothing.
        store.amend_job(row.id, &to_text(&spec)?, Some("list:0"), true)?;
    }
    let job = Job::new(row.id, &row.name, &spec)?;
    let start = StartJob { job: Arc::new(job), pass: row.pass };
    Ok(Prepared { start, notes, hint: None, complete: false })
}

fn already(row: &JobRow) -> String {
    match &row.limit_hit {
        Some(limit) => format!(
            "job={} done (limit {limit}) after {} asked; raise the limit to go on, or give --again for a new pass",
            row.name, row.asked
        ),
        None => format!(
            "job={} complete, nothing new; give --again to ask every page once more",
            row.name
        ),
    }
}

/// The job's stored specification.
///
/// # Errors
/// When it is not one of this version's.
pub fn read_spec(row: &JobRow) -> Result<JobSpec, PrepareError> {
    serde_json::from_str(&row.spec).map_err(|error| PrepareError::Spec(error.to_string()))
}

fn to_text(spec: &JobSpec) -> Result<String, PrepareError> {
    serde_json::to_string(spec).map_err(|error| PrepareError::Spec(error.to_string()))
}

/// The URL of a request if another is wanted.
fn other((old, new): (&SuggestSpec, &SuggestSpec)) -> Option<String> {
    (!old.asks_like(new)).then(|| masked(&old.request.url).into_owned())
}

/// The same job with its archive's folder made and by its full name.
///
/// # Errors
/// `Archive` when there can be no such folder.
pub fn with_archive(spec: JobSpec) -> Result<JobSpec, PrepareError> {
    let warc = spec.warc.as_deref().map(archive).transpose()?;
    Ok(JobSpec { warc, ..spec })
}

/// The folder of an archive, made if need be, by its full name: the job goes on from anywhere.
fn archive(folder: &str) -> Result<String, PrepareError> {
    let failed = |why: &dyn fmt::Display| {
        PrepareError::Archive(format!("--warc {folder}: {why}; name a folder that can be written"))
    };
    let path = std::path::absolute(folder).map_err(|e| failed(&e))?;
    std::fs::create_dir_all(&path).map_err(|e| failed(&e))?;
    path.to_str().map(str::to_owned).ok_or_else(|| failed(&"its full name is not UTF-8"))
}
