//! Starts the actors by factories, replaces the dead, ends the run. It touches no URL.
//!
//! Phases: running, then draining (on a signal, or when every job has ended), then ended. A death
//! while running is answered with a fresh actor after a pause that grows; a role that dies too
//! often ends the process, which loses nothing and may be started again.

mod changing;
mod pulse;
mod room;
mod staff;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use actix::{Actor, Addr, Arbiter, AsyncContext, Context, Handler, Message, Recipient};
use tokio::sync::oneshot;

use super::contain::Notice;
use super::db::DbActor;
use super::fetcher::FetchActor;
use super::generator::{GeneratorActor, ListSource};
use super::messages::{
    Died, Drain, Event, FetcherUp, Hire, HostWaits, Observation, Observe, Quit, Role, StartJob,
};
use super::restart::{Deaths, Remedy};
use super::scheduler::SchedulerActor;
use crate::clock::Clock;
use crate::disk;
use crate::domain::{JobId, Millis};
use crate::frontier::known::KnownUrls;
use crate::frontier::waits::Wait;
use crate::http::client::ClientOptions;
use crate::metrics::Metrics;
use crate::store::{Store, StoreError};
pub use changing::{AmendJob, HaltJob, Reconfigure};
pub use pulse::{ActorSeen, Pulse, Roster};
use room::Disks;

/// What a run is made of.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Most requests in flight.
    pub concurrency: usize,
    /// Most requests in flight to one address; 0: no limit.
    pub per_address: usize,
    /// Threads that fetch.
    pub threads: usize,
    /// How long requests in flight may go on after a signal.
    pub grace: Duration,
    /// Bytes of memory for URLs known already.
    pub known_cache: usize,
    /// Settings of the HTTP clients.
    pub client: ClientOptions,
    /// Who counts and measures, if anybody wants to know.
    pub metrics: Option<Arc<Metrics>>,
    /// How much of the disks must stay free.
    pub disk: disk::Rule,
    /// This process's name among nodes.
    pub node_name: String,
    /// Does it stay when every job has ended, and wait for a store that is away without end?
    pub stays: bool,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// Every job has ended.
    Complete,
    /// The last job goes on in a pass that somebody else has begun.
    Overtaken,
    /// A signal asked for it.
    Stopped(i32),
    /// The store is of no more use.
    StoreLost(StoreError),
    /// An actor died too often.
    GaveUp(String),
}

/// Signals to Supervisor: end in order.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "()")]
pub struct Stop {
    /// The signal's number.
    pub signal: i32,
}

/// To Supervisor: an end that was asked for comes now, whatever is under way: that is asked again in
/// the next run.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "()")]
pub struct Abandon;

/// The root of the tree.
pub struct Supervisor {
    settings: Settings,
    clock: Clock,
    store: Arc<Store>,
    known: Arc<KnownUrls>,
    jobs: HashMap<JobId, StartJob>,
    /// Those of them that are to leave.
    halting: HashSet<JobId>,
    /// Who is told what becomes of jobs.
    watcher: Option<Recipient<Event>>,
    /// The lists that jobs are reading: each once, whoever dies.
    lists: HashMap<JobId, ListSource>,
    arbiters: Vec<Arbiter>,
    scheduler: Option<Addr<SchedulerActor>>,
    db: Option<Addr<DbActor>>,
    fetchers: HashMap<usize, Addr<FetchActor>>,
    generators: HashMap<JobId, Addr<GeneratorActor>>,
    /// Which settings the HTTP clients are built from.
    client_edition: u64,
    deaths: HashMap<Role, Deaths>,
    generations: HashMap<Role, u64>,
    disks: Disks,
    done: Option<oneshot::Sender<End>>,
    end: Option<End>,
}

impl Supervisor {
    /// A supervisor that runs these jobs until all have ended or a signal comes, and then says how
    /// it ended.
    #[must_use]
    pub fn new(
        settings: Settings,
        clock: Clock,
        store: Arc<Store>,
        jobs: Vec<StartJob>,
        done: oneshot::Sender<End>,
    ) -> Self {
        Self {
            known: Arc::new(KnownUrls::new(settings.known_cache)),
            settings,
            clock,
            store,
            jobs: jobs.into_iter().map(|start| (start.job.id, start)).collect(),
            halting: HashSet::new(),
            watcher: None,
            lists: HashMap::new(),
            arbiters: Vec::new(),
            scheduler: None,
            db: None,
            fetchers: HashMap::new(),
            generators: HashMap::new(),
            client_edition: 0,
            deaths: HashMap::new(),
            generations: HashMap::new(),
            disks: Disks::default(),
            done: Some(done),
            end: None,
        }
    }

    /// Tells this one what becomes of jobs.
    #[must_use]
    pub fn watched_by(mut self, watcher: Recipient<Event>) -> Self {
        self.watcher = Some(watcher);
        self
    }

    fn tell(&self, event: Event) {
        if let Some(watcher) = &self.watcher {
            watcher.do_send(event);
        }
    }

    /// A notice for a fresh actor of this role.
    fn notice(&mut self, role: Role, ctx: &Context<Self>) -> Notice {
        let generation = self.generations.entry(role).or_insert(0);
        *generation += 1;
        Notice::new(ctx.address().recipient(), role, *generation)
    }

    /// The present generation of this role.
    fn generation(&self, role: Role) -> u64 {
        self.generations.get(&role).copied().unwrap_or(0)
    }

    fn restart(&mut self, role: Role, ctx: &mut Context<Self>) {
        if let Some(end) = self.end.clone() {
            if role == Role::Scheduler {
                // It died before the end was asked for, so nobody has drained.
                self.finish(end);
            }
            if role != Role::Db {
                return;
            }
        }
        match role {
            Role::Scheduler => self.start_afresh(ctx),
            Role::Db => self.start_db(ctx),
            Role::Fetcher(slot) => self.start_fetcher(slot, ctx),
            Role::Generator(job) => self.start_generator(job, ctx),
        }
    }

    /// Begins the end, if it has not begun.
    fn drain(&mut self, end: End) {
        if self.end.is_some() {
            return;
        }
        let grace = match end {
            End::Complete | End::Overtaken => Duration::ZERO,
            _ => self.settings.grace,
        };
        self.end = Some(end);
        let grace = i64::try_from(grace.as_millis()).unwrap_or(i64::MAX / 4);
        if let Some(scheduler) = &self.scheduler {
            scheduler.do_send(Drain { deadline: self.clock.now() + grace });
        }
    }

    /// Ends at once; the store already holds all that must be kept.
    fn finish(&mut self, end: End) {
        if let Some(Err(_)) = self.done.take().map(|done| done.send(end)) {
            log::debug!("nobody waits for the end");
        }
        for arbiter in &self.arbiters {
            arbiter.stop();
        }
    }
}

impl Actor for Supervisor {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        // One thread for the store, the rest for fetching.
        for _ in 0..=self.settings.threads.max(1) {
            self.arbiters.push(Arbiter::new());
        }
        if self.finds_room(ctx) {
            self.start_all(ctx);
        }
    }
}

impl Handler<Died> for Supervisor {
    type Result = ();

    fn handle(&mut self, died: Died, ctx: &mut Self::Context) {
        let current = self.generations.get(&died.role).copied();
        if current != Some(died.generation) || self.done.is_none() {
            return;
        }
        if died.role == Role::Scheduler {
            self.dismiss_fetchers();
        }
        if let Some(end) = self.end.clone().filter(|_| died.role == Role::Scheduler) {
            // Nobody is left to drain; what is not committed will be asked again.
            self.finish(end);
            return;
        }
        let cause = if died.panicked { "panicked" } else { "ended" };
        let now = self.clock.now();
        match self.deaths.entry(died.role).or_default().count(now) {
            Remedy::Restart(wait) => {
                self.count_restart(died.role);
                log::warn!(
                    "actor={:?} {cause}; a new one starts in {} ms",
                    died.role,
                    wait.as_millis()
                );
                ctx.run_later(wait, move |act, ctx| act.restart(died.role, ctx));
            }
            Remedy::GiveUp => {
                let why = format!(
                    "{:?} {cause} more than {} times in {} s; run the same command again to resume",
                    died.role,
                    super::restart::INTENSITY,
                    super::restart::PERIOD / 1000
                );
                self.finish(End::GaveUp(why));
            }
        }
    }
}

impl Handler<FetcherUp> for Supervisor {
    type Result = ();

    fn handle(&mut self, up: FetcherUp, _: &mut Self::Context) {
        if self.generation(Role::Fetcher(up.slot)) == up.generation {
            self.fetchers.insert(up.slot, up.fetcher.clone());
            self.hire(Hire::Fetcher(up.slot, up.fetcher));
        } else {
            up.fetcher.do_send(Quit);
        }
    }
}

impl Handler<Event> for Supervisor {
    type Result = ();

    fn handle(&mut self, event: Event, _: &mut Self::Context) {
        match event {
            Event::JobEnded(job, _) | Event::JobHalted(job) => {
                let overtaken =
                    matches!(event, Event::JobHalted(_)) && !self.halting.contains(&job);
                self.gone(job);
                self.tell(event);
                if self.jobs.is_empty() && !self.settings.stays {
                    self.drain(if overtaken { End::Overtaken } else { End::Complete });
                }
            }
            Event::Drained => {
                let end = self.end.clone().unwrap_or(End::Complete);
                self.finish(end);
            }
            Event::StoreLost(error) => self.finish(End::StoreLost(error)),
        }
    }
}

impl Handler<Stop> for Supervisor {
    type Result = ();

    fn handle(&mut self, stop: Stop, _: &mut Self::Context) {
        self.drain(End::Stopped(stop.signal));
    }
}

impl Handler<Abandon> for Supervisor {
    type Result = ();

    fn handle(&mut self, _: Abandon, _: &mut Self::Context) {
        if let Some(end) = self.end.clone() {
            self.finish(end);
        }
    }
}

impl Handler<HostWaits> for Supervisor {
    type Result = actix::ResponseFuture<Option<(Wait, Millis)>>;

    fn handle(&mut self, host: HostWaits, _: &mut Self::Context) -> Self::Result {
        let scheduler = self.scheduler.clone();
        Box::pin(async move { scheduler?.send(host).await.ok()? })
    }
}

impl Handler<Observe> for Supervisor {
    type Result = actix::ResponseFuture<Observation>;

    fn handle(&mut self, _: Observe, _: &mut Self::Context) -> Self::Result {
        let scheduler = self.scheduler.clone();
        Box::pin(async move {
            match scheduler {
                Some(scheduler) => scheduler.send(Observe).await.unwrap_or_default(),
                None => Observation::default(),
            }
        })
    }
}
