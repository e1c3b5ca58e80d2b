//! More queries are made when there is room for them: never more than a window ahead of what is
//! asked, however many combinations there are.

use std::sync::{Arc, PoisonError};

use diesel::prelude::*;

use super::facts::Shelf;
use super::machine::Machine;
use super::offers::{self, Placed};
use super::{Woken, failed, replay, small};
use crate::domain::harvest::Next;
use crate::domain::job::HarvestJob;
use crate::domain::outcome::UrlState;
use crate::domain::{JobId, Millis};
use crate::store::connection::{Connection, both};
use crate::store::error::Fault;
use crate::store::schema::{job, job_host, query, urls};
use crate::store::{Ids, Node, Result, Store, job as jobs, node};

/// Steps of one call: it ends in a bounded time.
const STEPS: usize = 32;
/// Queries at least made room for while facts of an earlier generation wait.
const BEHIND: i64 = 10_000;

/// What a refill came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Refilled {
    /// Rows of the job that are queued now, those in flight included.
    pub queued: i64,
    /// Nothing more will come.
    pub exhausted: bool,
    /// More can be made at once, and should be: facts wait, or the call was cut short.
    pub behind: bool,
    /// More can be made only when nothing is queued or in flight.
    pub waits: bool,
    /// (job, host) pairs that got rows to ask.
    pub woken: Woken,
    /// What the operator should know.
    pub warnings: Vec<String>,
}

impl Store {
    /// Makes queries of a harvest until `window` rows of the job are queued, in one transaction
    /// with how far it is. Harmless when repeated.
    ///
    /// # Errors
    /// `Fenced` when the node has been reaped; `Missing` when there is no such job; `Corrupt` when
    /// how far it is cannot be read.
    pub fn refill(
        &self,
        me: &Node,
        id: JobId,
        of: &Arc<HarvestJob>,
        window: i64,
        now: Millis,
    ) -> Result<Refilled> {
        let mut machines = self.machines.lock().unwrap_or_else(PoisonError::into_inner);
        let (machine, refilled) = self.connections.write(|conn| {
            node::hold(conn, me)?;
            let pass = jobs::by_id(conn, id)?.pass;
            let mut machine = Machine::fetch(conn, &mut machines, (id, pass), of)?;
            let refilled = refill(conn, &mut machine, window, &self.ids, now)?;
            both!(conn, c => diesel::update(job::table.filter(job::id.eq(id.0)))
                .set(job::exhausted.eq(refilled.exhausted))
                .execute(c))?;
            Ok((machine.keep(conn)?, refilled))
        })?;
        machines.insert(id, machine);
        Ok(refilled)
    }
}

fn refill(
    conn: &mut Connection,
    machine: &mut Machine,
    window: i64,
    ids: &Ids,
    now: Millis,
) -> std::result::Result<Refilled, Fault> {
    let mut refilled = Refilled { queued: queued(conn, machine.job)?, ..Refilled::default() };
    if is_hopeless(conn, machine, window, refilled.queued)? {
        refilled.exhausted = true;
        refilled.warnings = std::mem::take(&mut machine.warnings);
        return Ok(refilled);
    }
    let mut placed = Placed::default();
    refilled.behind = true;
    for _ in 0..STEPS {
        let behind = machine.harvest.is_behind();
        if refilled.queued >= window && !behind {
            refilled.behind = false;
            break;
        }
        let room = (window - refilled.queued).max(if behind { BEHIND } else { 1 });
        let (next, step) = step(conn, machine, room, refilled.queued == 0, ids, now)?;
        refilled.queued += step.added;
        placed.merge(step);
        refilled.exhausted = next == Next::Done;
        refilled.waits = next == Next::Wait;
        if next != Next::More {
            refilled.behind = false;
            break;
        }
    }
    refilled.woken = placed.woken;
    refilled.warnings.clone_from(&machine.warnings);
    Ok(refilled)
}

/// One step of the machine.
fn step(
    conn: &mut Connection,
    machine: &mut Machine,
    room: i64,
    idle: bool,
    ids: &Ids,
    now: Millis,
) -> std::result::Result<(Next, Placed), Fault> {
    let of = Arc::clone(&machine.of);
    let (job, pass) = (machine.job, machine.pass);
    let room = usize::try_from(room).unwrap_or(1);
    let mut shelf = Shelf { conn, job, pass, of: &of };
    let more = machine.harvest.refill(room, idle, &mut shelf)?;
    let generation = small(machine.harvest.record().generation());
    for text in more.renewed {
        let Ok(row) = of.template.row_url(&of.plan.query(&text)) else { continue };
        let numbers = urls::table
            .filter(urls::job.eq(job.0).and(urls::host_key.eq(row.host.0)))
            .filter(urls::url_key.eq(row.key.0))
            .select(urls::id);
        both!(conn, c => diesel::update(query::table
                .filter(query::job.eq(job.0).and(query::number.eq_any(numbers))))
            .set(query::generation.eq(generation))
            .execute(c))?;
    }
    failed::bridge(conn, machine, &more.bridged)?;
    machine.warnings.extend(more.warning.map(|warning| warning.to_string()));
    let mut placed = offers::place(conn, machine, &more.offers, ids, now)?;
    replay::all(conn, machine, &mut placed, ids, now)?;
    Ok((more.next, placed))
}

/// Rows of the job that wait to be asked or are being asked.
fn queued(conn: &mut Connection, job: JobId) -> QueryResult<i64> {
    both!(conn, c => urls::table
        .filter(urls::job.eq(job.0).and(urls::due_at.is_not_null()))
        .count()
        .first(c))
}

/// Is asking more of no use? The job has given the host up, or a whole window of queries was not
/// answered at all.
fn is_hopeless(
    conn: &mut Connection,
    machine: &mut Machine,
    window: i64,
    queued: i64,
) -> QueryResult<bool> {
    let given_up: Option<Option<String>> = both!(conn, c => job_host::table
        .filter(job_host::job.eq(machine.job.0))
        .filter(job_host::host_key.eq(machine.of.template.endpoint().host_key().0))
        .select(job_host::given_up)
        .first(c)
        .optional())?;
    if given_up.flatten().is_some() {
        return Ok(true);
    }
    if queued > 0 || machine.harvest.record().answered() > 0 {
        return Ok(false);
    }
    let of_pass = urls::table.filter(urls::job.eq(machine.job.0).and(urls::pass.eq(machine.pass)));
    let answered: i64 = both!(conn, c =>
        of_pass.filter(urls::state.eq(UrlState::Done as i16)).count().first(c))?;
    let asked: i64 = both!(conn, c => of_pass.count().first(c))?;
    if answered > 0 || asked < window {
        return Ok(false);
    }
    machine.warnings.push(format!(
        "none of the first {asked} queries was answered: no more are asked; see the failures, \
         correct the request, and try them again"
    ));
    Ok(true)
}
