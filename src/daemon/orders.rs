//! What an operator orders: jobs held and let go, tried again and forgotten, and what is logged.

use std::rc::Rc;
use std::sync::Arc;

use actix::{Handler, Message, ResponseFuture};

use super::charge::Charge;
use super::{Core, Daemon, blocking};
use crate::actors::supervisor::AmendJob;
use crate::domain::JobId;
use crate::domain::counted::counted;
use crate::domain::job::Job;
use crate::logging;
use crate::order;
use crate::store::{JobRow, JobState, Retry, StoreError};

/// Why an order is not carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// There is no such job.
    Unknown(String),
    /// The job stands in a way in which this cannot be done.
    Conflict(String),
    /// What was given cannot be used.
    Bad(String),
    /// The store fails.
    Store(String),
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self::Store(error.message)
    }
}

/// What an order gives: one line that says what follows from it.
pub(super) type Ordered = Result<String, Refusal>;

/// What a job is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// Rest until it is resumed, restarts included.
    Pause,
    /// Go on after a pause.
    Resume,
    /// End the pass and leave the queue.
    Stop,
    /// Go on after a stop, or begin a new pass.
    Start,
}

/// To the daemon: a job is to do this.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Ordered")]
pub struct OrderJob {
    /// Its name.
    pub job: String,
    /// What it is to do.
    pub what: What,
}

/// To the daemon: failed URLs of a job are to be asked again.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Ordered")]
pub struct RetryJob {
    /// The job's name.
    pub job: String,
    /// Which URLs; the job in it does not matter.
    pub which: Retry,
}

/// To the daemon: remove a job that is no longer configured, with all that it stored.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Ordered")]
pub struct Forget {
    /// Its name.
    pub job: String,
}

/// To the daemon: log this from now on, until the next reload that says otherwise.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Ordered")]
pub struct SetLog {
    /// As `daemon.log`.
    pub filter: String,
}

impl Core {
    /// The job's row as it is now; it must be one in our care.
    async fn own(&self, name: &str) -> Result<JobRow, Refusal> {
        if self.charges.borrow().get(name).is_none_or(|charge| charge.wanted.is_none()) {
            return Err(self.unknown(name));
        }
        self.stored(name).await?.ok_or_else(|| {
            let why = self.charges.borrow().get(name).and_then(|c| c.state().1);
            let why = why.map_or_else(String::new, |why| format!(": {why}"));
            Refusal::Conflict(format!("job '{name}' has not begun yet{why}"))
        })
    }

    async fn stored(&self, name: &str) -> Result<Option<JobRow>, Refusal> {
        let (reader, job) = (Arc::clone(&self.reader), name.to_owned());
        let row = blocking(move || reader.job_by_name(&job)).await.map_err(Refusal::Store)??;
        Ok(row.filter(|row| row.state != JobState::Forgotten))
    }

    fn unknown(&self, name: &str) -> Refusal {
        let charges = self.charges.borrow();
        let names: Vec<&str> = charges.keys().map(String::as_str).collect();
        Refusal::Unknown(if names.is_empty() {
            format!("no job '{name}' is configured; none is")
        } else {
            format!("no job '{name}' is configured; there are: {}", names.join(", "))
        })
    }

    async fn order(self: Rc<Self>, order: OrderJob) -> Ordered {
        let _turn = self.turn.lock().await;
        let OrderJob { job: name, what } = order;
        let row = self.own(&name).await?;
        let runs = self.charges.borrow().get(&name).is_some_and(|charge| charge.run.is_some());
        match what {
            What::Pause if row.state == JobState::Stopped => {
                let words = format!(
                    "job '{name}' is stopped: it rests until it is started: crawld start {name}"
                );
                return Err(Refusal::Conflict(words));
            }
            What::Pause => self.hold_job(&name, &row, JobState::Paused).await?,
            What::Stop => self.hold_job(&name, &row, JobState::Stopped).await?,
            What::Resume if row.state == JobState::Paused => self.let_go(&name, &row).await?,
            What::Resume if row.state == JobState::Stopped => {
                return Ok(format!("job {name} is stopped, not paused: start lets it go on"));
            }
            What::Resume => return Ok(format!("job {name} is not paused")),
            What::Start if row.state == JobState::Paused => {
                let words =
                    format!("job '{name}' is paused until it is resumed: crawld resume {name}");
                return Err(Refusal::Conflict(words));
            }
            What::Start if row.state == JobState::Stopped => self.let_go(&name, &row).await?,
            What::Start if self.ending.get() => {
                let words = "the daemon is ending: no new pass begins".to_owned();
                return Err(Refusal::Conflict(words));
            }
            What::Start if runs => {
                return Err(Refusal::Conflict(format!("job '{name}' is running already")));
            }
            What::Start => self.change(&name, |charge| charge.again = true),
        }
        if self.ending.get() {
            let holds = match what {
                What::Pause => "is paused",
                What::Stop => "is stopped",
                What::Resume | What::Start => "goes on when a daemon runs again",
            };
            log::info!("job={name} operator={what:?} ending");
            return Ok(format!("job {name} {holds}; this daemon is ending"));
        }
        self.tend(&name).await;
        let charges = self.charges.borrow();
        let (state, why) = charges.get(&name).map_or(("unknown", None), Charge::state);
        let why = why.map_or_else(String::new, |why| format!(": {why}"));
        log::info!("job={name} operator={what:?} state={state}");
        Ok(format!("job {name} is {state}{why}"))
    }

    fn change(&self, name: &str, change: impl FnOnce(&mut Charge)) {
        if let Some(charge) = self.charges.borrow_mut().get_mut(name) {
            change(charge);
        }
    }

    /// Written down before anything else happens: it holds whatever comes.
    async fn set_state(&self, row: &JobRow, state: JobState) -> Result<(), Refusal> {
        let (store, id, now) = (Arc::clone(&self.store), row.id, self.clock.now());
        let written = blocking(move || store.set_job_state(id, state, None, now)).await;
        Ok(written.map_err(Refusal::Store)??)
    }

    async fn hold_job(&self, name: &str, row: &JobRow, state: JobState) -> Result<(), Refusal> {
        if state == JobState::Stopped && row.state == JobState::Done {
            let words = format!(
                "job '{name}' is done: there is nothing to stop; pause holds back its next pass"
            );
            return Err(Refusal::Conflict(words));
        }
        self.set_state(row, state).await?;
        self.change(name, |charge| {
            charge.again = false;
            charge.hold = (state == JobState::Paused).then_some(state);
        });
        Ok(())
    }

    async fn let_go(&self, name: &str, row: &JobRow) -> Result<(), Refusal> {
        self.set_state(row, JobState::Running).await?;
        self.change(name, |charge| {
            charge.hold = None;
            charge.fresh = true;
        });
        Ok(())
    }

    async fn retry(self: Rc<Self>, order: RetryJob) -> Ordered {
        let _turn = self.turn.lock().await;
        let row = self.own(&order.job).await?;
        let (store, now) = (Arc::clone(&self.store), self.clock.now());
        let held = matches!(row.state, JobState::Paused | JobState::Stopped);
        let which = Retry { job: row.id, ..order.which };
        let (name, state) = (order.job, row.state);
        let revived = blocking(move || {
            let count = store.retry(&which, now)?;
            if held && count > 0 {
                store.set_job_state(which.job, state, None, now)?;
            }
            Ok::<_, StoreError>(count)
        });
        let count = revived.await.map_err(Refusal::Store)??;
        if count == 0 {
            return Ok(format!("no failed URL of job {name} matches; nothing was changed"));
        }
        self.look_again(&name, row.id).await;
        log::info!("job={name} retried={count}");
        let urls = counted(count, "URL");
        let when = if held { ", once it goes on" } else { "" };
        Ok(format!("{urls} of job {name} will be asked again{when}"))
    }

    /// The queue of a job has become another.
    async fn look_again(&self, name: &str, id: JobId) {
        let spec = {
            let mut charges = self.charges.borrow_mut();
            let Some(charge) = charges.get_mut(name) else { return };
            charge.fresh = charge.run.is_none();
            charge.run.as_ref().map(|run| run.spec.clone())
        };
        match spec.map(|spec| Job::new(id, name, &spec)) {
            Some(Ok(job)) => {
                let amend = AmendJob { job: Arc::new(job), revive: true };
                self.supervisor.send(amend).await.ok();
            }
            Some(Err(error)) => log::error!("job={name} {error}"),
            None => self.tend(name).await,
        }
    }

    async fn forget(self: Rc<Self>, name: String) -> Ordered {
        let _turn = self.turn.lock().await;
        let conflict = |why: &str| Err(Refusal::Conflict(format!("job '{name}' {why}")));
        match self.charges.borrow().get(&name) {
            Some(charge) if charge.wanted.is_some() => {
                return conflict(
                    "is configured: take it out of the configuration and reload first",
                );
            }
            Some(_) => return conflict("is still ending; try again in a moment"),
            None => {}
        }
        let (store, job, clock) = (Arc::clone(&self.store), name.clone(), self.clock);
        let gone = blocking(move || {
            let Some(row) = store.job_by_name(&job)? else { return Ok(false) };
            order::forget(&store, row.id, clock).map(|()| true)
        });
        if gone.await.map_err(Refusal::Store)?? {
            log::info!("job={name} forgotten");
            Ok(format!("job {name} is forgotten, with all that it stored"))
        } else {
            Err(Refusal::Unknown(format!("the store holds no job '{name}'")))
        }
    }
}

impl Handler<OrderJob> for Daemon {
    type Result = ResponseFuture<Ordered>;

    fn handle(&mut self, order: OrderJob, _: &mut Self::Context) -> Self::Result {
        Box::pin(Rc::clone(&self.core).order(order))
    }
}

impl Handler<RetryJob> for Daemon {
    type Result = ResponseFuture<Ordered>;

    fn handle(&mut self, order: RetryJob, _: &mut Self::Context) -> Self::Result {
        Box::pin(Rc::clone(&self.core).retry(order))
    }
}

impl Handler<Forget> for Daemon {
    type Result = ResponseFuture<Ordered>;

    fn handle(&mut self, order: Forget, _: &mut Self::Context) -> Self::Result {
        Box::pin(Rc::clone(&self.core).forget(order.job))
    }
}

impl Handler<SetLog> for Daemon {
    type Result = Ordered;

    fn handle(&mut self, order: SetLog, _: &mut Self::Context) -> Ordered {
        logging::set_filter(&order.filter).map_err(Refusal::Bad)?;
        log::info!("log={}", order.filter);
        Ok(format!("logging {}", order.filter))
    }
}
