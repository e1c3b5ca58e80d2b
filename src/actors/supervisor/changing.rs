//! A run that changes: jobs come, go on under other rules and leave; settings become others.
//!
//! Invariant: a job is in `jobs` from its start until the Scheduler says that it has ended or
//! halted (or is dead, and nothing of the job can be under way); so it is never run twice at once.

use std::sync::Arc;

use actix::{Context, Handler, Message};

use super::{Settings, Supervisor};
use crate::actors::messages::{Amend, Event, Halt, Resize, Role, StartJob};
use crate::domain::JobId;
use crate::domain::job::Job;

/// To Supervisor: this job is to leave the run. `true`: [`Event::JobHalted`] or
/// [`Event::JobEnded`] says when it has; else it is not under way.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "bool")]
pub struct HaltJob(pub JobId);

/// To Supervisor: a job under way goes on under other rules. Where its requests come from must be
/// as it was. `false`: it is not under way.
#[derive(Debug, Clone, Message)]
#[rtype(result = "bool")]
pub struct AmendJob {
    /// What it is from now on.
    pub job: Arc<Job>,
    /// Hosts that it had given up are tried again, as the store says already.
    pub revive: bool,
}

/// To Supervisor: other settings. Threads, the store, the node and who measures stay as they are; requests in
/// flight end under the old ones.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct Reconfigure {
    /// The settings.
    pub settings: Box<Settings>,
    /// Are those of the HTTP clients others than before?
    pub clients: bool,
}

impl Supervisor {
    /// Forgets a job that has left.
    pub(super) fn gone(&mut self, id: JobId) {
        self.jobs.remove(&id);
        self.halting.remove(&id);
        self.lists.remove(&id);
        self.generators.remove(&id);
        self.generations.remove(&Role::Generator(id));
    }

    /// With the scheduler dead nothing of a job that was to leave is under way any more.
    pub(super) fn let_halted_go(&mut self) {
        for id in std::mem::take(&mut self.halting) {
            self.gone(id);
            self.tell(Event::JobHalted(id));
        }
    }

    pub(super) fn bounds(&self) -> Resize {
        Resize {
            concurrency: self.settings.concurrency,
            per_address: self.settings.per_address,
            // The rest is for bodies.
            most_uncommitted: self.settings.client.budget.total() / 3,
        }
    }
}

impl Handler<StartJob> for Supervisor {
    type Result = ();

    fn handle(&mut self, start: StartJob, ctx: &mut Self::Context) {
        let id = start.job.id;
        if self.end.is_some() {
            // It goes on at the next start.
            return;
        }
        if self.jobs.contains_key(&id) {
            log::error!("job={} is not started: it is under way", start.job.name);
            return;
        }
        if start.pass > 1 && start.job.renews() {
            // What is found again is asked again.
            self.known.clear();
        }
        self.jobs.insert(id, start.clone());
        if let Some(scheduler) = &self.scheduler {
            scheduler.do_send(start);
        }
        self.start_generator(id, ctx);
    }
}

impl Handler<HaltJob> for Supervisor {
    type Result = bool;

    fn handle(&mut self, HaltJob(id): HaltJob, _: &mut Self::Context) -> bool {
        let known = self.jobs.contains_key(&id);
        if known {
            self.halting.insert(id);
            if let Some(scheduler) = &self.scheduler {
                scheduler.do_send(Halt(id));
            }
        }
        known
    }
}

impl Handler<AmendJob> for Supervisor {
    type Result = bool;

    fn handle(&mut self, AmendJob { job, revive }: AmendJob, _: &mut Self::Context) -> bool {
        let Some(start) = self.jobs.get_mut(&job.id) else { return false };
        start.job = Arc::clone(&job);
        if let Some(scheduler) = &self.scheduler {
            scheduler.do_send(Amend { job, revive });
        }
        true
    }
}

impl Handler<Reconfigure> for Supervisor {
    type Result = ();

    fn handle(&mut self, new: Reconfigure, ctx: &mut Context<Self>) {
        if self.end.is_some() {
            return;
        }
        let old = std::mem::replace(&mut self.settings, *new.settings);
        self.settings.threads = old.threads;
        self.settings.node_name = old.node_name;
        self.settings.metrics = old.metrics;
        if let Some(scheduler) = &self.scheduler {
            scheduler.do_send(self.bounds());
        }
        let first = if new.clients {
            self.client_edition += 1;
            0
        } else {
            self.settings.client = old.client;
            old.concurrency
        };
        // One that has no place any more, or a successor, ends when it has given its answer: then
        // nobody holds its address.
        self.fetchers.retain(|slot, _| *slot < first.min(self.settings.concurrency));
        for slot in self.settings.concurrency..old.concurrency {
            // Its end is no news.
            *self.generations.entry(Role::Fetcher(slot)).or_insert(0) += 1;
        }
        for slot in first..self.settings.concurrency {
            self.start_fetcher(slot, ctx);
        }
    }
}
