//! What the store, and the list of a job, say is to be done about it.

use std::sync::Arc;

use super::charge::Trouble;
use crate::actors::messages::StartJob;
use crate::clock::Clock;
use crate::domain::Millis;
use crate::domain::job::{Job, JobSpec};
use crate::domain::schedule::Schedule;
use crate::order::{self, ListLook, Order, PrepareError, Prepared};
use crate::store::{JobRow, JobState, Origin, Store, StoreError};

/// What is to be done about a job, once the store has been asked.
pub(super) enum Next {
    /// Nothing.
    Rest,
    /// It begins, or goes on.
    Start(StartJob),
    /// Its run goes on under these rules.
    Amend(Arc<Job>),
    /// Its run must leave.
    Halt,
}

/// What the store was asked about a job.
#[expect(clippy::struct_excessive_bools, reason = "each says one thing that is to be looked at")]
pub(super) struct Question {
    pub(super) order: Order,
    /// Rules of its run, if one is under way.
    pub(super) running: Option<JobSpec>,
    /// Is a job that is done to be looked at?
    pub(super) fresh: bool,
    /// Does the operator want a new pass?
    pub(super) again: bool,
    /// Could its list not be read when it was last looked at?
    pub(super) unread: bool,
    /// Is its list to be read again?
    pub(super) relist: bool,
    /// When else one begins.
    pub(super) schedule: Option<Schedule>,
}

/// What the store said.
pub(super) struct Answer {
    pub(super) row: Option<JobRow>,
    pub(super) next: Next,
    pub(super) notes: Vec<String>,
    /// The rules that it was asked for.
    pub(super) spec: JobSpec,
    /// Why its list cannot be read, if that matters now.
    pub(super) unread: Option<String>,
    /// Its list as it was before anything of it was read.
    pub(super) list: Option<ListLook>,
}

/// What the store says is to be done about a job; brings it up to what is wanted.
pub(super) fn ask(
    store: &Store,
    question: Question,
    asserted: Option<JobState>,
    clock: Clock,
) -> Result<Answer, Trouble> {
    let Question { order, running, fresh, again, unread, relist, schedule } = question;
    let spec = order::with_archive(order.spec).map_err(trouble)?;
    let order = Order { spec, ..order };
    let mut row = order::check(store, &order).map_err(trouble)?;
    // By the row as it is now: another daemon may have begun the pass.
    let due = |row: &JobRow| schedule.as_ref().and_then(|it| it.next(row.pass_started_at));
    let due = |row: &JobRow| row.state.is_final() && due(row).is_some_and(|at| at <= clock.now());
    let again = again || running.is_none() && row.as_ref().is_some_and(due);
    let order = Order { again, ..order };
    if let (Some(state), Some(row)) = (asserted, &mut row)
        && row.state != state
    {
        store.set_job_state(row.id, state, row.limit_hit.as_deref(), clock.now()).map_err(lost)?;
        row.state = state;
    }
    let held = row.as_ref().is_some_and(|row| is_held(row, again));
    // A run reads its list once, when it begins: for another list it must begin again.
    let list = if unread || running.is_none() { order::unreadable(&order.spec) } else { None };
    match (running, row) {
        (Some(_), Some(row)) if (unread && list.is_none() || relist) && !held => {
            answer(store, &order, Next::Halt, Vec::new(), Some(row))
        }
        (Some(_), Some(row)) if held => answer(store, &order, Next::Halt, Vec::new(), Some(row)),
        (Some(spec), Some(row)) => {
            let answer = go_on(store, &order, &spec, row, clock)?;
            Ok(Answer { unread: list, ..answer })
        }
        (Some(_), None) => answer(store, &order, Next::Halt, Vec::new(), None),
        (None, Some(row)) if held => {
            let notes = keep(store, &order, &row, clock.now())?;
            answer(store, &order, Next::Rest, notes, None)
        }
        (None, Some(row)) if row.state.is_final() && !(fresh || again || unread || relist) => {
            answer(store, &order, Next::Rest, Vec::new(), Some(row))
        }
        (None, row) => start(store, &order, row, list, clock),
    }
}

/// Does the operator want it to rest? (A stopped job goes on when its next pass is due.)
pub(super) fn is_held(row: &JobRow, again: bool) -> bool {
    row.state == JobState::Paused || (row.state == JobState::Stopped && !again)
}

/// A run is under way: it goes on, under other rules if need be, or must begin again.
fn go_on(
    store: &Store,
    order: &Order,
    running: &JobSpec,
    row: JobRow,
    clock: Clock,
) -> Result<Answer, Trouble> {
    if *running == order.spec {
        return answer(store, order, Next::Rest, Vec::new(), Some(row));
    }
    let difference = order::difference(&row, order).map_err(trouble)?;
    if !difference.in_place {
        return answer(store, order, Next::Halt, Vec::new(), Some(row));
    }
    let notes = order::amend(store, &row, order, clock.now()).map_err(trouble)?;
    let job = Job::new(row.id, &row.name, &order.spec).map_err(|e| trouble(e.into()))?;
    answer(store, order, Next::Amend(Arc::new(job)), notes, None)
}

/// Brings a job that rests up to what is wanted.
fn keep(store: &Store, order: &Order, row: &JobRow, now: Millis) -> Result<Vec<String>, Trouble> {
    if row.origin != Origin::File {
        store.adopt(row.id).map_err(lost)?;
    }
    order::amend(store, row, order, now).map_err(trouble)
}

/// What is queued from before is asked without the list; else the job waits until it can be read.
fn start(
    store: &Store,
    order: &Order,
    row: Option<JobRow>,
    unread: Option<String>,
    clock: Clock,
) -> Result<Answer, Trouble> {
    let begins = |row: &JobRow| order.again || row.is_leaving();
    let queued = |row: &JobRow| Ok(!begins(row) && !store.is_drained(row.id).map_err(lost)?);
    let (new, queued) = (row.is_none(), row.as_ref().map_or(Ok(false), queued)?);
    if unread.is_some() && !queued {
        let rest = answer(store, order, Next::Rest, Vec::new(), row)?;
        return Ok(Answer { unread, ..rest });
    }
    let look = ListLook::take(&order.spec);
    let Prepared { start, mut notes, complete, .. } =
        order::prepare(store, order, clock).map_err(trouble)?;
    if new {
        notes.push(format!("job={} {} begins", order.name, order.spec.kind));
    }
    store.adopt(start.job.id).map_err(lost)?;
    if let Some(amount) = start.job.amount().filter(|_| !complete) {
        notes.push(format!("job={} {amount}", order.name));
    }
    let next = if complete { Next::Rest } else { Next::Start(start) };
    let answer = answer(store, order, next, notes, None)?;
    Ok(Answer { unread, list: Some(look), ..answer })
}

/// With the row as it is now, unless it is known.
fn answer(
    store: &Store,
    order: &Order,
    next: Next,
    notes: Vec<String>,
    row: Option<JobRow>,
) -> Result<Answer, Trouble> {
    let row = match row {
        Some(row) => Some(row),
        None => store.job_by_name(&order.name).map_err(lost)?,
    };
    Ok(Answer { row, next, notes, spec: order.spec.clone(), unread: None, list: None })
}

/// What cannot be carried out; a store that is away may come back.
fn trouble(error: PrepareError) -> Trouble {
    match error {
        PrepareError::Store(error) => lost(error),
        other => Trouble { words: other.of_configured(), heals: false },
    }
}

fn lost(error: StoreError) -> Trouble {
    Trouble { heals: error.may_heal(), words: error.message }
}
