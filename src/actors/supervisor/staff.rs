//! The factories: each builds an actor and tells the Scheduler of it.

use std::sync::Arc;

use actix::{Actor, Addr, AsyncContext, Context};

use super::Supervisor;
use crate::actors::db::DbActor;
use crate::actors::fetcher::{FetchActor, Outbox, Tools, client_of_thread};
use crate::actors::generator::{GeneratorActor, ListSource};
use crate::actors::messages::{FetcherUp, Hire, Quit, Role};
use crate::actors::scheduler::SchedulerActor;
use crate::domain::JobId;
use crate::domain::job::Generator;
use crate::http::client::HttpClient;

impl Supervisor {
    pub(super) fn start_scheduler(&mut self, ctx: &mut Context<Self>) {
        let notice = self.notice(Role::Scheduler, ctx);
        let scheduler = SchedulerActor::new(
            self.clock,
            self.settings.concurrency,
            self.settings.per_address,
            // The rest is for bodies.
            self.settings.client.budget.total() / 3,
            Arc::clone(&self.known),
            ctx.address().recipient(),
            notice,
        );
        let metrics = self.settings.metrics.clone();
        let scheduler = scheduler.that_waits(self.settings.stays).that_counts(metrics).start();
        scheduler.do_send(self.no_room());
        for start in self.jobs.values() {
            scheduler.do_send(start.clone());
        }
        self.scheduler = Some(scheduler);
    }

    pub(super) fn start_db(&mut self, ctx: &mut Context<Self>) {
        let notice = self.notice(Role::Db, ctx);
        let (store, clock) = (Arc::clone(&self.store), self.clock);
        let name = self.settings.node_name.clone();
        let Some(arbiter) = self.arbiters.first() else { return };
        let db = DbActor::start_in_arbiter(&arbiter.handle(), move |_| {
            DbActor::new(store, clock, name, notice)
        });
        self.db = Some(db.clone());
        self.hire(Hire::Db(db));
    }

    pub(super) fn start_fetcher(&mut self, slot: usize, ctx: &mut Context<Self>) {
        let notice = self.notice(Role::Fetcher(slot), ctx);
        let generation = self.generation(Role::Fetcher(slot));
        let (clock, known) = (self.clock, Arc::clone(&self.known));
        let (options, edition) = (self.settings.client.clone(), self.client_edition);
        let fetching = self.arbiters.len().saturating_sub(1).max(1);
        let Some(arbiter) = self.arbiters.get(1 + slot % fetching) else { return };
        let me = ctx.address();
        let started = arbiter.spawn_fn(move || {
            match client_of_thread(edition, || HttpClient::new(clock, &options)) {
                Ok(client) => {
                    let (budget, outbox) = (options.budget, Outbox::of_thread());
                    let tools = Tools { client, clock, budget, known, outbox };
                    let fetcher = FetchActor::new(slot, tools, notice).start();
                    me.do_send(FetcherUp { slot, generation, fetcher });
                }
                // The notice is dropped: the Supervisor hears of a death.
                Err(error) => log::error!("no HTTP client: {error}"),
            }
        });
        if !started {
            log::error!("thread of fetcher {slot} has ended");
        }
    }

    pub(super) fn start_generator(&mut self, id: JobId, ctx: &mut Context<Self>) {
        let Some(start) = self.jobs.get(&id).cloned() else { return };
        let notice = self.notice(Role::Generator(id), ctx);
        let list = match &start.job.generator {
            Generator::List(list) => {
                let open = || ListSource::open(list, &start.job.name);
                Some(self.lists.entry(id).or_insert_with(open).clone())
            }
            _ => None,
        };
        let generator = GeneratorActor::new(start.job, start.pass, list, notice).start();
        self.generators.insert(id, generator.clone());
        self.hire(Hire::Generator(id, generator));
    }

    pub(super) fn hire(&self, hire: Hire) {
        if let Some(scheduler) = &self.scheduler {
            scheduler.do_send(hire);
        }
    }

    /// Starts everybody but the threads.
    pub(super) fn start_all(&mut self, ctx: &mut Context<Self>) {
        self.let_halted_go();
        self.start_scheduler(ctx);
        match self.db.clone().filter(Addr::connected) {
            Some(db) => self.hire(Hire::Db(db)),
            None => self.start_db(ctx),
        }
        let jobs: Vec<JobId> = self.jobs.keys().copied().collect();
        for job in jobs {
            self.start_generator(job, ctx);
        }
        for slot in 0..self.settings.concurrency {
            self.start_fetcher(slot, ctx);
        }
    }

    /// Replaces the scheduler and, because their answers are for the old one, everybody else.
    pub(super) fn start_afresh(&mut self, ctx: &mut Context<Self>) {
        self.known.clear();
        self.start_all(ctx);
    }

    /// Breaks off what the fetchers are doing for a scheduler that is no more: before its successor
    /// counts every host as asked.
    pub(super) fn dismiss_fetchers(&mut self) {
        for (slot, fetcher) in self.fetchers.drain() {
            // Their deaths are no news.
            *self.generations.entry(Role::Fetcher(slot)).or_insert(0) += 1;
            fetcher.do_send(Quit);
        }
    }
}
