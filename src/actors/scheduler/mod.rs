//! The mailbox and the alarm clock of the [`Window`]: hands out requests, judges answers, commits.
//!
//! Invariants: in flight ≤ `concurrency`; in flight and uncommitted together < 2 × `concurrency`
//! whenever a request goes out; one call of the store at a time, so replies come in the order of
//! the calls; nothing leaves the window before the commit that settles it has been answered.

mod ahead;
mod batch;
mod changing;
mod desk;
mod flight;
mod job_run;
mod landing;
mod measure;
mod replies;
mod told;
mod waiting;

use std::collections::VecDeque;
use std::sync::Arc;

use actix::{
    Actor, ActorContext, Addr, AsyncContext, Context, Handler, MessageResult, Recipient,
    SpawnHandle,
};
use hashbrown::{HashMap, HashSet};

use super::contain::Notice;
use super::db::{Call, DbActor, Offer};
use super::fetcher::FetchActor;
use super::messages::{Drain, Event, Hire, Observation, Observe, Quit, StartJob};
use crate::clock::Clock;
use crate::domain::{JobId, Millis};
use crate::faults;
use crate::frontier::known::KnownUrls;
use crate::frontier::record::{GivenUp, Release};
use crate::frontier::window::Window;
use crate::metrics::Metrics;
use crate::store::Node;
use batch::Batches;
use flight::Flights;
use job_run::JobRun;
use measure::Measure;

/// Hosts leased per fetcher: enough to keep all busy where a delay rules.
const HOSTS_PER_FETCHER: usize = 4;

/// Requests that may be in flight to hosts that nobody has reached yet: three quarters, so that
/// names that hang cannot take every slot from hosts that answer.
fn unreached(concurrency: usize) -> usize {
    (concurrency - concurrency / 4).max(1)
}

/// The actor.
pub struct SchedulerActor {
    clock: Clock,
    concurrency: usize,
    /// Runs of jobs so far: tells what an earlier run of a job still says from the present one's.
    runs: u64,
    /// Bytes of uncommitted outcomes beyond which nothing goes out.
    most_uncommitted: usize,
    to_supervisor: Recipient<Event>,
    known: Arc<KnownUrls>,
    window: Window,
    jobs: HashMap<JobId, JobRun>,
    flights: Flights,
    batches: Batches,
    desk: Desk,
    draining: Option<Millis>,
    seen: Observation,
    measure: Measure,
    alarm: Option<(Millis, SpawnHandle)>,
    _notice: Notice,
}

/// What the Scheduler knows of the store and wants from it.
#[derive(Default)]
#[expect(clippy::struct_excessive_bools, reason = "each says that one kind of call is wanted")]
struct Desk {
    db: Option<Addr<DbActor>>,
    node: Option<Node>,
    /// The call under way or to be made again.
    current: Option<Call>,
    /// When it was made, while it is under way.
    called_at: Option<Millis>,
    trouble: Option<Trouble>,
    offers: VecDeque<Arc<Offer>>,
    revisits: VecDeque<(JobId, i32, i64)>,
    refills: VecDeque<JobId>,
    giving_up: VecDeque<GivenUp>,
    releases: Vec<Release>,
    claim_wanted: bool,
    /// Jobs that may have something to ask on hosts that are not held.
    wanting: HashSet<JobId>,
    claim_at: Option<Millis>,
    next_due_wanted: bool,
    signed_at: Millis,
    reaped_at: Millis,
    released_all: bool,
    /// Other nodes have our hosts: this scheduler is of no more use.
    fenced: bool,
    retired: bool,
    /// Waits for a store that does not work as long as it takes.
    patient: bool,
    /// The disks have no room for more.
    no_room: Option<Arc<str>>,
}

/// The store does not work for the moment.
struct Trouble {
    since: Millis,
    retry_at: Millis,
    said: bool,
    message: String,
}

impl SchedulerActor {
    /// A scheduler with an empty window.
    #[must_use]
    pub fn new(
        clock: Clock,
        concurrency: usize,
        per_address: usize,
        most_uncommitted: usize,
        known: Arc<KnownUrls>,
        to_supervisor: Recipient<Event>,
        notice: Notice,
    ) -> Self {
        Self {
            clock,
            concurrency,
            runs: 0,
            most_uncommitted,
            to_supervisor,
            known,
            window: Window::new(per_address, unreached(concurrency)),
            jobs: HashMap::new(),
            flights: Flights::new(concurrency),
            batches: Batches::of(concurrency),
            desk: Desk::default(),
            draining: None,
            seen: Observation::default(),
            measure: Measure::default(),
            alarm: None,
            _notice: notice,
        }
    }

    /// Whether it waits for a store that does not work as long as it takes.
    #[must_use]
    pub fn that_waits(mut self, endlessly: bool) -> Self {
        self.desk.patient = endlessly;
        self
    }

    /// Tells these what happens.
    #[must_use]
    pub fn that_counts(mut self, metrics: Option<Arc<Metrics>>) -> Self {
        self.measure = Measure::new(metrics);
        self
    }

    fn max_hosts(&self) -> usize {
        self.concurrency * HOSTS_PER_FETCHER
    }

    /// Does everything that can be done now.
    fn pump(&mut self, ctx: &mut Context<Self>) {
        let now = self.clock.now();
        if self.jobs.values().any(|run| run.has_opened(now)) {
            // A place has become free under max_pages: hosts that had found none look again.
            self.window.wake_all();
        }
        self.dispatch(now, ctx);
        for run in self.jobs.values_mut() {
            run.look_at_gate(now);
        }
        self.produce(ctx);
        self.call_store(now, ctx);
        self.set_alarm(now, ctx);
    }

    /// Asks idle generators for more.
    fn produce(&mut self, ctx: &mut Context<Self>) {
        if self.desk.no_room.is_some() {
            return;
        }
        let busy = |offers: &VecDeque<Arc<Offer>>, id| offers.iter().any(|o| o.job == id);
        for run in self.jobs.values_mut() {
            let id = run.job.id;
            let waits = busy(&self.desk.offers, id)
                || self.desk.revisits.iter().any(|(job, ..)| *job == id)
                || self.desk.refills.contains(&id)
                || run.ahead.is_some_and(|ahead| !ahead.wants_more())
                || self.draining.is_some();
            let Some(generator) = run
                .generator
                .as_ref()
                .filter(|_| !run.exhausted && !run.producing && !waits && run.goes_on())
            else {
                continue;
            };
            run.producing = true;
            flight::produce(run, generator.clone(), ctx.address());
        }
    }

    /// Sets the alarm for the earliest moment at which something will be due.
    fn set_alarm(&mut self, now: Millis, ctx: &mut Context<Self>) {
        let mut at = None;
        let mut consider = |moment: Option<Millis>| {
            if let Some(moment) = moment.filter(|moment| *moment > now) {
                at = Some(at.map_or(moment, |earliest: Millis| earliest.min(moment)));
            }
        };
        if self.has_credit() && self.draining.is_none() {
            consider(self.window.next_wake());
        }
        consider(self.desk.trouble.as_ref().map(|trouble| trouble.retry_at));
        consider(self.batches.due_at());
        consider(self.desk.claim_at);
        consider(self.draining);
        for run in self.jobs.values() {
            consider(run.time_is_up_at());
        }
        consider(self.desk.node.map(|_| self.desk.signed_at + super::db::LEASE / 3));
        let Some(at) = at else { return };
        if self.alarm.as_ref().is_some_and(|(set, _)| *set <= at && *set > now) {
            return;
        }
        if let Some((_, handle)) = self.alarm.take() {
            ctx.cancel_future(handle);
        }
        let wait = std::time::Duration::from_millis((at - now).max(1).unsigned_abs());
        let handle = ctx.run_later(wait, |act, ctx| {
            act.alarm = None;
            act.pump(ctx);
        });
        self.alarm = Some((at.max(now + 1), handle));
    }

    fn tell(&self, event: Event) {
        self.to_supervisor.do_send(event);
    }
}

impl Actor for SchedulerActor {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        // Every sender is bounded by credits of its own: one Landed per flight, one reply per call.
        ctx.set_mailbox_capacity(4 * self.concurrency + 16);
    }
}

impl Handler<Hire> for SchedulerActor {
    type Result = ();

    fn handle(&mut self, hire: Hire, ctx: &mut Self::Context) {
        match hire {
            // A call under way with the last one still has its reply, or its failure, to come.
            Hire::Db(db) => self.desk.db = Some(db),
            Hire::Fetcher(slot, fetcher) => self.hire(slot, fetcher),
            Hire::Generator(job, generator) => {
                if let Some(run) = self.jobs.get_mut(&job) {
                    run.generator = Some(generator);
                    run.producing = false;
                }
            }
        }
        self.pump(ctx);
    }
}

impl SchedulerActor {
    fn hire(&mut self, slot: usize, fetcher: Addr<FetchActor>) {
        self.flights.hire(slot, fetcher);
    }
}

impl Handler<StartJob> for SchedulerActor {
    type Result = ();

    fn handle(&mut self, start: StartJob, ctx: &mut Self::Context) {
        let id = start.job.id;
        self.window.add_job(Arc::clone(&start.job));
        self.window.look_everywhere(id);
        self.runs += 1;
        self.jobs.insert(id, JobRun::new(start.job, start.pass, self.runs, self.concurrency));
        self.desk.claim_wanted = true;
        self.desk.wanting.insert(id);
        self.pump(ctx);
    }
}

impl Handler<Quit> for SchedulerActor {
    type Result = ();

    fn handle(&mut self, _: Quit, ctx: &mut Self::Context) {
        ctx.terminate();
    }
}

impl Handler<Drain> for SchedulerActor {
    type Result = ();

    fn handle(&mut self, drain: Drain, ctx: &mut Self::Context) {
        self.draining = Some(drain.deadline);
        self.batches.nudge(self.clock.now());
        self.pump(ctx);
    }
}

impl Handler<Observe> for SchedulerActor {
    type Result = MessageResult<Observe>;

    fn handle(&mut self, _: Observe, _: &mut Self::Context) -> Self::Result {
        faults::pass("scheduler-observed", "");
        let now = self.clock.now();
        let mut seen = self.seen.clone();
        seen.in_flight = self.flights.len();
        seen.concurrency = self.concurrency;
        seen.hosts = self.window.len();
        seen.waiting = self.waiting(now);
        seen.limited_by = self.limited_by(now);
        seen.hosts_waiting = self.hosts_waiting(now);
        seen.store_trouble = self.store_trouble(now);
        self.tell_load(now);
        MessageResult(seen)
    }
}
