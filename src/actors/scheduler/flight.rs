//! Requests go out and come back.

use std::sync::Arc;

use actix::prelude::SendError;
use actix::{Addr, AsyncContext, Context, Handler, Message};
use hashbrown::{HashMap, HashSet};

use super::SchedulerActor;
use super::job_run::JobRun;
use crate::actors::fetcher::FetchActor;
use crate::actors::generator::GeneratorActor;
use crate::actors::messages::{Batch, Fetch, Landed, Landing, Produce, Started};
use crate::actors::way_back::WayBack;
use crate::domain::outcome::Reason;
use crate::domain::role::Role;
use crate::domain::{HostKey, JobId, Millis};
use crate::faults;
use crate::frontier::answer::{Answer, RobotsAnswer};
use crate::frontier::host::Work;
use crate::frontier::window::Step;

/// Rows noted as asked once more for one reason.
const MOST_NOTED: usize = 10_000;

/// Fetchers and what they are doing.
pub(super) struct Flights {
    fetchers: Vec<Option<Addr<FetchActor>>>,
    idle: Vec<usize>,
    under_way: HashMap<usize, Flight>,
    /// Rows that met a stale connection, and are asked once more.
    pub(super) stale: HashSet<i64>,
    /// Rows that redirected to themselves with new cookies, and are asked once more.
    pub(super) renewed: HashSet<i64>,
    numbers: u64,
}

/// One request under way.
struct Flight {
    number: u64,
    takeoff: Takeoff,
    work: Arc<Work>,
}

/// How a request went out.
#[derive(Clone, Copy)]
pub(super) struct Takeoff {
    pub(super) host: HostKey,
    /// Its start has been said, or need not be.
    pub(super) reported: bool,
    pub(super) begun_at: Millis,
}

impl Flights {
    pub(super) fn new(slots: usize) -> Self {
        Self {
            fetchers: (0..slots).map(|_| None).collect(),
            idle: Vec::with_capacity(slots),
            under_way: HashMap::new(),
            stale: HashSet::new(),
            renewed: HashSet::new(),
            numbers: 0,
        }
    }

    pub(super) fn hire(&mut self, slot: usize, fetcher: Addr<FetchActor>) {
        if let Some(place) = self.fetchers.get_mut(slot) {
            *place = Some(fetcher);
            if !self.under_way.contains_key(&slot) && !self.idle.contains(&slot) {
                self.idle.push(slot);
            }
        }
    }

    /// The slot has nothing to do; one that there is no longer is forgotten.
    fn rests(&mut self, slot: usize) {
        if slot < self.fetchers.len() {
            self.idle.push(slot);
        }
    }

    /// So many slots from now on. What is in flight from one beyond them comes back all the same.
    pub(super) fn resize(&mut self, slots: usize) {
        self.fetchers.resize_with(slots, || None);
        self.idle.retain(|slot| *slot < slots);
    }

    pub(super) fn len(&self) -> usize {
        self.under_way.len()
    }

    /// The requests under way: to which host, since when.
    pub(super) fn begun(&self) -> impl Iterator<Item = (HostKey, Millis)> {
        self.under_way.values().map(|flight| (flight.takeoff.host, flight.takeoff.begun_at))
    }

    fn address(&self, slot: usize) -> Option<&Addr<FetchActor>> {
        self.fetchers.get(slot).and_then(Option::as_ref)
    }
}

/// Notes that a row is asked once more. Rows that leave with their host before they are settled stay
/// noted; beyond a bound all are forgotten, and such a row may be asked once more again.
pub(super) fn note(rows: &mut HashSet<i64>, id: i64) {
    if rows.len() >= MOST_NOTED {
        rows.clear();
    }
    rows.insert(id);
}

impl SchedulerActor {
    /// Do the limits let another request go out?
    pub(super) fn has_credit(&self) -> bool {
        !self.flights.idle.is_empty()
            && self.flights.len() + self.batches.len() < 2 * self.concurrency
            && self.batches.weight() < self.most_uncommitted
            && self.desk.trouble.is_none()
            && self.desk.no_room.is_none()
    }

    /// Sends out whatever may go out now.
    pub(super) fn dispatch(&mut self, now: Millis, ctx: &mut Context<Self>) {
        self.send_all(now, ctx);
        while let Some((job, host, limit)) = self.window.next_beyond() {
            if let Some(run) = self.jobs.get_mut(&job) {
                run.written = false;
            }
            self.batches.beyond(job, host, limit, now);
        }
    }

    fn send_all(&mut self, now: Millis, ctx: &mut Context<Self>) {
        while self.draining.is_none() && self.has_credit() {
            let jobs = &self.jobs;
            let admits = |id| jobs.get(&id).is_some_and(|run| run.admits(now));
            match self.window.next(now, &admits) {
                Some(Step::Ask(host, work)) => self.send(host, work, now, ctx),
                Some(Step::Unasked(_, settled)) => self.take_in(*settled, 512, [0; 4], now),
                Some(Step::Listed(job, sitemaps)) => self.listed(job, sitemaps, now),
                None => return,
            }
        }
    }

    fn send(&mut self, host: HostKey, mut work: Work, now: Millis, ctx: &mut Context<Self>) {
        if let Work::Page(row, _) = &mut work
            && let Some(depth) = self.lowered(row)
        {
            // Its links are wanted, which an unchanged page would not show.
            row.depth = depth;
            row.validators = None;
        }
        let job = match &work {
            Work::Page(row, _) => row.job,
            Work::Robots(_, job) => *job,
        };
        let mut cookies = None;
        let job = match self.jobs.get_mut(&job) {
            Some(run) => {
                if let Work::Page(row, _) = &mut work {
                    run.takes_off(now);
                    if run.job.reads_anew(row.task) {
                        row.validators = None;
                    }
                    if row.role == Role::Page {
                        cookies = run.cookies(&row.url, now);
                    }
                }
                Arc::clone(&run.job)
            }
            // An errand on a host where no job has work is asked in any job's name.
            None => match self.jobs.values().next() {
                Some(run) => Arc::clone(&run.job),
                None => return,
            },
        };
        let Some(slot) = self.flights.idle.pop() else { return };
        let reports =
            self.window.host(host).is_some_and(crate::frontier::host::Host::reports_start);
        self.flights.numbers += 1;
        let number = self.flights.numbers;
        let me = ctx.address();
        let start = reports.then(|| me.clone().recipient::<Started>());
        let takeoff = Takeoff { host, reported: !reports, begun_at: now };
        let work = Arc::new(work);
        let flight = Flight { number, takeoff, work: Arc::clone(&work) };
        self.flights.under_way.insert(slot, flight);
        let in_flight = self.flights.len();
        self.seen.peak_in_flight = self.seen.peak_in_flight.max(in_flight);
        if let Some(run) = self.jobs.get_mut(&job.id) {
            let peak = i32::try_from(in_flight).unwrap_or(i32::MAX);
            run.delta.peak_in_flight = run.delta.peak_in_flight.max(peak);
        }
        let back = WayBack::new(me.recipient(), self.measure.post(), slot, number);
        let fetch = Fetch { job, host, work, start, cookies, keep_alive: true, back };
        let Some(fetcher) = self.flights.address(slot) else { return };
        // One that is gone drops it, which tells so.
        if let Err(SendError::Full(fetch)) = fetcher.try_send(fetch) {
            fetcher.do_send(fetch);
        }
    }
}

impl Handler<Started> for SchedulerActor {
    type Result = ();

    fn handle(&mut self, started: Started, ctx: &mut Self::Context) {
        let Some(flight) = self.flights.under_way.get_mut(&started.slot) else { return };
        if flight.takeoff.host == started.host && !flight.takeoff.reported {
            flight.takeoff.reported = true;
            self.window.started(started.host, started.at);
            self.pump(ctx);
        }
    }
}

impl Handler<Landed> for SchedulerActor {
    type Result = ();

    fn handle(&mut self, landed: Landed, ctx: &mut Self::Context) {
        self.measure.post().taken();
        let slot = landed.slot;
        let known = self.flights.under_way.get(&slot).map(|flight| flight.number);
        if known != Some(landed.flight) {
            return;
        }
        let Some(Flight { takeoff, work, .. }) = self.flights.under_way.remove(&slot) else {
            return;
        };
        faults::pass("scheduler", "");
        // If the fetcher is dead, the slot is idle again when another has been hired.
        if landed.returned.is_some() || self.flights.address(slot).is_some_and(Addr::connected) {
            self.flights.rests(slot);
        } else if let Some(place) = self.flights.fetchers.get_mut(slot) {
            *place = None;
        }
        let now = self.clock.now();
        let died = || "the fetcher died of it".to_owned();
        let (landing, address) =
            landed.returned.map_or((None, None), |back| (Some(back.landing), back.address));
        if let Some(address) = address {
            self.window.seen_at(takeoff.host, address);
        }
        match (Arc::unwrap_or_clone(work), landing) {
            (work, Some(Landing::Crowded)) => self.turned_away(takeoff, work, now),
            (Work::Page(row, _), Some(Landing::Page(answer, permit))) => {
                self.batches.hold(permit);
                self.page_landed(takeoff, row, *answer, now);
            }
            (Work::Page(row, _), _) => {
                let answer = Answer::of_the_dead(takeoff.begun_at, died());
                self.page_landed(takeoff, row, answer, now);
            }
            (Work::Robots(errand, _), Some(Landing::Robots(answer))) => {
                self.robots_landed(takeoff, &errand, &answer, now);
            }
            (Work::Robots(errand, _), _) => {
                let failure = Some((Reason::Poison, died()));
                let begun_at = takeoff.begun_at;
                let answer = RobotsAnswer { failure, begun_at, ..RobotsAnswer::default() };
                self.robots_landed(takeoff, &errand, &answer, now);
            }
        }
        self.pump(ctx);
    }
}

/// Scheduler to itself: a generator has answered, or died.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub(super) struct Produced {
    pub(super) job: JobId,
    /// In this run of it.
    pub(super) run: u64,
    pub(super) batch: Option<Batch>,
}

/// Asks a generator for its next batch.
pub(super) fn produce(run: &JobRun, generator: Addr<GeneratorActor>, me: Addr<SchedulerActor>) {
    let (job, run, cursor) = (run.job.id, run.number, run.cursor.clone());
    actix_rt::spawn(async move {
        let batch = generator.send(Produce { cursor, room: super::desk::OFFER }).await.ok();
        me.do_send(Produced { job, run, batch });
    });
}
