//! The composition root: finds or makes a job in the store, and runs the actor system over it.

mod changes;
mod sitemaps;

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use actix::{Actor, Addr};
use tokio::sync::oneshot;

use crate::actors::messages::{Observation, Observe, StartJob};
use crate::actors::supervisor::{End, Settings, Stop, Supervisor};
use crate::clock::Clock;
use crate::domain::job::{Job, JobError, JobSpec, SuggestSpec};
use crate::domain::{JobId, Millis};
use crate::signals::{self, OnSignal};
use crate::store::{JobRow, JobState, NewJob, Origin, Store, StoreError};

/// Options that decide what may be asked: what they had set aside is judged again when they change.
const RULES: [&str; 10] = [
    "scope ",
    "include ",
    "exclude ",
    "max_depth ",
    "roots ",
    "robots ",
    "robots_agent ",
    "user_agent ",
    "allow_private ",
    "sitemaps ",
];

/// Options that decide, as those do, what is taken from a page: when one of them changes, a page is
/// read anew even if it has not changed. (An archive wants its own copy of it.)
const READING: [&str; 7] =
    ["assets ", "all_links ", "max_links_per_page ", "headers", "warc ", "fetch.check ", "scrape."];

/// What a one-off command asks for.
#[derive(Debug, Clone)]
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

/// Finds the job of this name and brings it up to the order, or makes it.
///
/// # Errors
/// When the order makes no job, the name is taken by another kind, or the store fails.
pub fn prepare(store: &Store, order: &Order, clock: Clock) -> Result<Prepared, PrepareError> {
    // Nothing is stored of an order that makes no job.
    Job::new(JobId(0), &order.name, &order.spec)?;
    match store.job_by_name(&order.name)? {
        None => create(store, order, clock),
        Some(row) => resume(store, order, row, clock),
    }
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
    Ok(Prepared { start: StartJob { job, pass: row.pass }, notes: Vec::new(), complete: false })
}

fn resume(
    store: &Store,
    order: &Order,
    mut row: JobRow,
    clock: Clock,
) -> Result<Prepared, PrepareError> {
    if row.kind != order.spec.kind {
        return Err(PrepareError::OtherKind { name: order.name.clone(), kind: row.kind });
    }
    let now = clock.now();
    let old = read_spec(&row)?;
    if let Some(url) = old.suggest.as_ref().zip(order.spec.suggest.as_ref()).and_then(other) {
        return Err(PrepareError::OtherRequest { name: order.name.clone(), url });
    }
    let spec = merge(&old, &order.spec);
    let changes = changes::between(&old, &spec)?;
    let mut notes = apply(store, &row, &changes, (&old, &spec), now)?;
    let ended = row.state == JobState::Done;
    if ended && order.again {
        row = store.start_pass(row.id, now)?;
        notes.push(format!("job {}: pass {} begins", row.name, row.pass));
    } else if ended
        && changes.is_empty()
        && (row.limit_hit.is_some() || (spec.fetch.is_none() && store.is_drained(row.id)?))
    {
        let job = Arc::new(Job::new(row.id, &row.name, &spec)?);
        notes.push(already(&row));
        return Ok(Prepared { start: StartJob { job, pass: row.pass }, notes, complete: true });
    } else {
        if order.again && !ended {
            notes.push(format!(
                "job {}: pass {} is not finished; --again goes on with it",
                row.name, row.pass
            ));
        }
        store.set_job_state(row.id, JobState::Running, None, now)?;
        notes.push(if spec.fetch.is_some() && ended {
            format!("job {}: complete so far; looking for new lines in the list", row.name)
        } else {
            format!("job {}: resumed in pass {}, {} asked so far", row.name, row.pass, row.asked)
        });
    }
    if spec.fetch.is_some() {
        // A list is read anew in each run: what the job has of it already changes nothing.
        store.amend_job(row.id, &to_text(&spec)?, Some("list:0"))?;
    }
    let job = Job::new(row.id, &row.name, &spec)?;
    let start = StartJob { job: Arc::new(job), pass: row.pass };
    Ok(Prepared { start, notes, complete: false })
}

/// Stores what changed in a job, and what follows from it for what it knows; says so.
fn apply(
    store: &Store,
    row: &JobRow,
    changes: &[String],
    (old, spec): (&JobSpec, &JobSpec),
    now: Millis,
) -> Result<Vec<String>, PrepareError> {
    if changes.is_empty() {
        return Ok(Vec::new());
    }
    let touch = |options: &[&str]| {
        options.iter().any(|option| changes.iter().any(|change| change.starts_with(option)))
    };
    if touch(&RULES) {
        store.reinstate(row.id, now)?;
    }
    if touch(&["sitemaps ", "robots "]) {
        sitemaps::list(store, row.id, &row.name, spec, now)?;
    }
    if touch(&RULES) || touch(&READING) {
        store.forget_versions(row.id)?;
    }
    if spec.scrape.is_some() && touch(&["max_pages "]) {
        store.limit_listings(row.id, spec.max_pages, now)?;
    }
    if touch(&["max_per_template "]) {
        store.readmit(row.id, spec.max_per_template, now)?;
    }
    store.amend_job(row.id, &to_text(spec)?, new_cursor(old, spec, row).as_deref())?;
    Ok(vec![format!("job {}: changed {}", row.name, changes.join(", "))])
}

/// Where the generator must go back to for roots that have been added.
fn new_cursor(old: &JobSpec, spec: &JobSpec, row: &JobRow) -> Option<String> {
    let (first_new, all) = (old.roots.len(), spec.roots.len());
    if all == first_new {
        return None;
    }
    let given = row.cursor.as_deref()?.strip_prefix("roots:").and_then(|n| n.parse().ok());
    Some(format!("roots:{}", first_new.min(given.unwrap_or(first_new))))
}

fn already(row: &JobRow) -> String {
    match &row.limit_hit {
        Some(limit) => format!(
            "job {}: done (limit {limit}) after {} asked; raise the limit to go on, or give --again for a new pass",
            row.name, row.asked
        ),
        None => format!(
            "job {}: complete, nothing new; give --again to ask every page once more",
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

/// The order's options with the roots of both: old ones first, then those that are new.
fn merge(old: &JobSpec, order: &JobSpec) -> JobSpec {
    let mut spec = JobSpec { roots: old.roots.clone(), ..order.clone() };
    for root in &order.roots {
        if !spec.roots.contains(root) {
            spec.roots.push(root.clone());
        }
    }
    spec
}

/// The URL of a request if another is wanted.
fn other((old, new): (&SuggestSpec, &SuggestSpec)) -> Option<String> {
    (!old.asks_like(new)).then(|| old.request.url.clone())
}

/// Told of the run's progress, a few times a second.
pub trait Progress: 'static {
    /// How things are.
    fn show(&mut self, seen: &Observation);
    /// How often it wants to be told.
    fn period(&self) -> Duration;
}

struct ToSupervisor(Addr<Supervisor>);

impl OnSignal for ToSupervisor {
    fn stop(&mut self, signal: i32) {
        self.0.do_send(Stop { signal });
    }
}

/// Runs jobs in the foreground until all have ended or a signal comes.
///
/// # Errors
/// When signals cannot be watched.
pub fn run(
    settings: Settings,
    clock: Clock,
    store: Arc<Store>,
    jobs: Vec<StartJob>,
    mut progress: impl Progress,
) -> io::Result<End> {
    actix_rt::System::new().block_on(async move {
        let (done, ended) = oneshot::channel();
        let supervisor = Supervisor::new(settings, clock, store, jobs, done).start();
        let watch = signals::watch(ToSupervisor(supervisor.clone()))?;
        let observer = supervisor.clone();
        let shown = actix_rt::spawn(async move {
            let mut tick = tokio::time::interval(progress.period());
            loop {
                tick.tick().await;
                match observer.send(Observe).await {
                    Ok(seen) => progress.show(&seen),
                    Err(_) => return,
                }
            }
        });
        let end = ended.await.unwrap_or_else(|_| End::GaveUp("the supervisor is gone".to_owned()));
        shown.abort();
        watch.close();
        Ok(end)
    })
}
