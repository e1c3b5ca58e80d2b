//! A run that changes: jobs leave or go on under other rules, and more or less is asked at once.
//!
//! Invariant: a job leaves when nothing of it is in flight, every outcome of it is committed, and no
//! call of the store is under way; so whoever starts it again finds all that was done.

use std::sync::Arc;

use actix::{Context, Handler};

use super::{SchedulerActor, unreached};
use crate::actors::db::Call;
use crate::actors::messages::{Amend, Event, Halt, Ping, Resize};
use crate::domain::{JobId, Millis};
use crate::store::Node;

impl SchedulerActor {
    /// Lets go of jobs that are to leave; the last outcomes of one are written down first.
    pub(super) fn halting_call(&mut self, node: Node, now: Millis) -> Option<Call> {
        let still = self.jobs.values().filter(|run| run.halting && run.in_flight == 0);
        let (gone, last): (Vec<_>, Vec<_>) = still.partition(|run| run.written);
        let (gone, last): (Vec<JobId>, Option<JobId>) =
            (gone.iter().map(|run| run.job.id).collect(), last.first().map(|run| run.job.id));
        for id in gone {
            self.leave(id);
        }
        self.jobs.get_mut(&last?)?.written = true;
        Some(self.commit_call(node, now))
    }

    /// Somebody has begun another pass of these jobs: their runs leave, so that they are taken up in
    /// it.
    pub(super) fn outrun(&mut self, jobs: &[JobId]) {
        for id in jobs {
            if let Some(run) = self.jobs.get_mut(id).filter(|run| !run.halting) {
                log::info!("job={} pass={} another pass has begun", run.job.name, run.pass);
                (run.halting, run.written, run.ending) = (true, false, None);
                // In the new pass they are tried again.
                self.desk.giving_up.retain(|given_up| given_up.job != *id);
            }
        }
    }

    /// Nothing more of it is under way.
    fn leave(&mut self, id: JobId) {
        self.jobs.remove(&id);
        self.window.remove_job(id);
        self.desk.offers.retain(|offer| offer.job != id);
        self.desk.revisits.retain(|(job, ..)| *job != id);
        self.desk.refills.retain(|job| *job != id);
        self.desk.giving_up.retain(|given_up| given_up.job != id);
        self.tell(Event::JobHalted(id));
    }
}

impl Handler<Halt> for SchedulerActor {
    type Result = ();

    fn handle(&mut self, Halt(id): Halt, ctx: &mut Self::Context) {
        match self.jobs.get_mut(&id) {
            // Its end is being written down: that is told instead.
            Some(run) if run.ending.is_some() => {}
            Some(run) => {
                run.halting = true;
                run.written = false;
            }
            None => {}
        }
        self.pump(ctx);
    }
}

impl Handler<Amend> for SchedulerActor {
    type Result = ();

    fn handle(&mut self, Amend { job, revive }: Amend, ctx: &mut Self::Context) {
        let id = job.id;
        if let Some(run) = self.jobs.get_mut(&id) {
            // Hosts named while it ran stay named.
            job.named_hosts.add(run.job.named_hosts.all());
            run.job = Arc::clone(&job);
            run.left = None;
            run.written = false;
            self.window.amend_job(job, revive);
            if revive {
                self.desk.giving_up.retain(|given_up| given_up.job != id);
            }
            // What had been set aside may lie on hosts that nobody holds.
            self.desk.claim_wanted = true;
        }
        self.pump(ctx);
    }
}

impl Handler<Resize> for SchedulerActor {
    type Result = ();

    fn handle(&mut self, resize: Resize, ctx: &mut Context<Self>) {
        self.concurrency = resize.concurrency;
        self.most_uncommitted = resize.most_uncommitted;
        self.flights.resize(resize.concurrency);
        self.batches.resize(resize.concurrency);
        self.window.resize(resize.per_address, unreached(resize.concurrency));
        ctx.set_mailbox_capacity(4 * self.concurrency + 16);
        self.desk.claim_wanted = true;
        self.pump(ctx);
    }
}

impl Handler<Ping> for SchedulerActor {
    type Result = ();

    fn handle(&mut self, _: Ping, _: &mut Self::Context) {}
}
