//! A job in the daemon's care: what is wanted of it and how it stands.

use crate::config::{PERSISTENCE_MS, Settings};
use crate::domain::job::JobSpec;
use crate::domain::schedule::Schedule;
use crate::domain::{JobId, Millis};
use crate::order::{ListLook, Order};
use crate::store::{JobRow, JobState, Origin};

/// A job in the daemon's care.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each says one thing that is to be looked at")]
pub(super) struct Charge {
    /// What the configuration wants; `None`: it is no longer configured, and leaves.
    pub(super) wanted: Option<Wanted>,
    /// Its run, if it is under way.
    pub(super) run: Option<Run>,
    /// Its row, as last read.
    pub(super) row: Option<JobRow>,
    /// It is to be looked at though it is done: it is new here, or something was changed.
    pub(super) fresh: bool,
    /// Somebody else has changed how it stands in the store.
    pub(super) touched: bool,
    /// The store is just being asked what it has to do.
    pub(super) asking: bool,
    /// The operator asks for a new pass.
    pub(super) again: bool,
    /// What the operator has said is to hold, whatever a run that ends just now writes down.
    pub(super) hold: Option<JobState>,
    /// Why it cannot be carried out.
    pub(super) trouble: Option<Trouble>,
    /// Why its list cannot be read: it waits for it, but for what is queued from before.
    pub(super) unread: Option<String>,
    /// Its list as it was when its last run here began to read it.
    pub(super) list: Option<ListLook>,
    /// Its list is another now, and is to be read again.
    pub(super) relist: bool,
}

/// What a configuration wants of a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) order: Order,
    pub(super) schedule: Option<Schedule>,
}

/// The jobs of a configuration, as they are wanted.
pub(super) fn wanted(settings: &Settings) -> Vec<(String, Wanted)> {
    let jobs = settings.jobs.iter().map(|job| {
        let order = Order {
            name: job.name.clone(),
            spec: JobSpec {
                host_persistence_ms: job.spec.host_persistence_ms.or(Some(PERSISTENCE_MS)),
                ..job.spec.clone()
            },
            again: false,
            origin: Origin::File,
        };
        (job.name.clone(), Wanted { order, schedule: job.schedule.clone() })
    });
    jobs.collect()
}

/// A job under way.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) id: JobId,
    /// Under these rules.
    pub(super) spec: JobSpec,
    /// It has been told to leave.
    pub(super) halting: bool,
}

/// Why a job cannot be carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Trouble {
    pub(super) words: String,
    /// May it heal by itself?
    pub(super) heals: bool,
}

impl Charge {
    /// A job that has just been configured.
    pub(super) fn new(wanted: Wanted) -> Self {
        Self {
            wanted: Some(wanted),
            run: None,
            row: None,
            fresh: true,
            touched: false,
            asking: false,
            again: false,
            hold: None,
            trouble: None,
            unread: None,
            list: None,
            relist: false,
        }
    }

    /// Is it held by the operator?
    pub(super) fn is_held(&self) -> bool {
        self.row.as_ref().is_some_and(|row| row.state == JobState::Paused)
    }

    /// When its next pass begins, if one is scheduled and none is under way. In the past: now.
    pub(super) fn next_run(&self) -> Option<Millis> {
        let schedule = self.wanted.as_ref()?.schedule.as_ref()?;
        let row = self.row.as_ref().filter(|_| self.run.is_none() && !self.is_held())?;
        row.state.is_final().then(|| schedule.next(row.pass_started_at))?
    }

    /// Has its next pass to begin?
    pub(super) fn is_due(&self, now: Millis) -> bool {
        self.again || self.next_run().is_some_and(|at| at <= now)
    }

    /// Is there a reason to look at it?
    pub(super) fn calls(&self, now: Millis) -> bool {
        let heals = self.trouble.as_ref().is_some_and(|trouble| trouble.heals);
        let idle = self.run.is_none();
        self.touched || heals || self.unread.is_some() || (idle && self.is_due(now))
    }

    /// How it stands, in a word of the contract, and why where that needs saying.
    pub(super) fn state(&self) -> (&'static str, Option<String>) {
        if self.wanted.is_none() {
            let why = match self.run {
                Some(_) => "no longer configured; what is in flight is taken in",
                None => "no longer configured",
            };
            return ("paused", Some(why.to_owned()));
        }
        if let Some(trouble) = &self.trouble {
            let state = if self.run.is_some() { "running" } else { "failed" };
            return (state, Some(trouble.words.clone()));
        }
        match (&self.run, &self.row) {
            (Some(run), Some(row)) if run.halting && row.state != JobState::Running => {
                let state = match row.state {
                    JobState::Paused => "paused",
                    JobState::Stopped => "stopped",
                    _ => "done",
                };
                (state, Some("what is in flight is taken in".to_owned()))
            }
            (Some(run), _) if run.halting => {
                ("running", Some("begins anew when what is in flight is taken in".to_owned()))
            }
            (Some(_), _) => ("running", self.unread.clone()),
            (None, _) if self.unread.is_some() => ("failed", self.unread.clone()),
            (None, _) if self.is_held() => ("paused", Some("until it is resumed".to_owned())),
            (None, Some(row)) if row.state == JobState::Stopped && !self.again => {
                ("stopped", Some("until it is started".to_owned()))
            }
            (None, _) if self.asking => ("queued", None),
            (None, Some(row)) if row.state.is_final() && !self.fresh => {
                (if self.next_run().is_some() { "waiting" } else { "done" }, None)
            }
            _ => ("queued", None),
        }
    }
}
