//! The Scheduler's dealings with the store: which call comes next, and what its reply means.
//!
//! Invariant: one call at a time. A call whose reply was lost, or that failed for a reason that
//! may heal, is made again as it was; each is harmless when repeated, but for a claim, after which a
//! fresh scheduler starts. So replies come in the order of calls, and a read can never bring back a
//! row whose commit has been answered.

use std::sync::Arc;

use actix::{ActorContext, AsyncContext, Context, Handler, Message};

use super::SchedulerActor;
use super::flight::Produced;
use super::job_run::{Ending, JobRun};
use crate::actors::db::{Apply, Call, LEASE, Offer, Reply};
use crate::actors::messages::Batch;
use crate::domain::{JobId, Millis};
use crate::store::{Left, Node, StoreError};

/// Requests asked of a generator at once.
pub(super) const OFFER: usize = 1_000;
/// How soon to look again for hosts that other nodes hold.
pub(super) const LOOK_AGAIN: Millis = 2_000;
/// Time between two attempts while the store does not work.
pub(super) const TROUBLE_WAIT: Millis = 500;
/// How long an ordered end waits for a store that does not work, beyond its own grace.
pub(super) const TROUBLE_GRACE: Millis = 2_000;
/// How long a store may not work before the run of a one-off command ends.
pub(super) const TROUBLE_PATIENCE: Millis = 600_000;

/// A call's reply, on its way back.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub(super) struct Replied(Option<Result<Reply, StoreError>>);

impl SchedulerActor {
    /// Makes the next call, if none is under way.
    pub(super) fn call_store(&mut self, now: Millis, ctx: &mut Context<Self>) {
        if self.desk.called_at.is_some()
            || self.desk.trouble.as_ref().is_some_and(|t| t.retry_at > now)
        {
            return;
        }
        let Some(db) = self.desk.db.clone() else { return };
        let Some(call) = self.desk.current.take().or_else(|| self.next_call(now)) else { return };
        self.desk.current = Some(call.clone());
        self.desk.called_at = Some(now);
        self.measure.called(self.clock);
        let me = ctx.address();
        actix_rt::spawn(async move {
            let reply = db.send(Apply(call)).await.ok();
            me.do_send(Replied(reply));
        });
    }

    /// What is to be asked of the store now: first what lets others go on.
    fn next_call(&mut self, now: Millis) -> Option<Call> {
        let Some(node) = self.desk.node else {
            return (!self.desk.retired).then_some(Call::Register);
        };
        if let Some(run) = self.jobs.values().find(|run| !run.loaded) {
            let limits = &run.job.limits;
            return Some(Call::Load(run.job.id, run.job.name.clone(), limits.max_hosts));
        }
        if now - self.desk.reaped_at >= LEASE / 2 {
            return Some(Call::Heartbeat(node));
        }
        if self.batches.due_at().is_some_and(|at| at <= now || self.must_flush(now)) {
            return Some(self.commit_call(node, now));
        }
        if let Some(deadline) = self.draining {
            return self.drain_call(node, deadline, now);
        }
        if let Some(call) = self.halting_call(node, now) {
            return Some(call);
        }
        if let Some(given_up) = self.desk.giving_up.front() {
            return Some(Call::GiveUp(given_up.clone()));
        }
        if let Some(read) = self.window.next_read() {
            return Some(Call::Take(read));
        }
        if let Some(authority) = self.window.stray() {
            return Some(Call::ClaimHost(node, authority.to_owned()));
        }
        let room = self.desk.no_room.is_none();
        if let Some(call) = room.then(|| self.offer_call(node)).flatten() {
            return Some(call);
        }
        if let Some(call) = self.host_call(node, now) {
            return Some(call);
        }
        // It may make more requests.
        if let Some(call) = room.then(|| self.ending_call(node, now)).flatten() {
            return Some(call);
        }
        if now - self.desk.signed_at >= LEASE / 3 {
            // A commit is a sign of life, and writes the running time down.
            self.batches.nudge(now);
            return Some(self.commit_call(node, now));
        }
        None
    }

    /// Is waiting for more outcomes pointless? (None are under way, or credit has run out.)
    fn must_flush(&self, now: Millis) -> bool {
        let stuck = self.batches.len() + self.flights.len() >= 2 * self.concurrency;
        stuck || self.flights.len() == 0 || self.draining.is_some_and(|deadline| deadline <= now)
    }

    pub(super) fn commit_call(&mut self, node: Node, now: Millis) -> Call {
        let (mut commit, touched) = self.batches.take();
        commit.hosts = touched
            .iter()
            .filter_map(|key| self.window.host(*key))
            .map(crate::frontier::host::Host::row)
            .collect();
        commit.template_limits = self.jobs.values().filter_map(JobRun::template_limit).collect();
        commit.renewing = self.jobs.values().filter_map(JobRun::renews).collect();
        commit.listing = self.jobs.values().filter_map(JobRun::lists).collect();
        commit.jobs = self.jobs.values_mut().map(|run| run.take_delta(now)).collect();
        for run in self.jobs.values_mut() {
            let id = run.job.id;
            commit.cookies.extend(run.jar.take_changes().into_iter().map(|change| (id, change)));
        }
        let harvests = self.jobs.values().filter_map(|run| Some((run.job.id, run.job.harvest()?)));
        commit.harvests.0 = harvests.map(|(id, harvest)| (id, Arc::clone(harvest))).collect();
        let commit = Arc::new(commit);
        self.batches.send(Arc::clone(&commit));
        Call::Commit(node, node.seq + 1, commit)
    }

    fn offer_call(&mut self, node: Node) -> Option<Call> {
        if let Some(offer) = self.desk.offers.front() {
            return Some(Call::Offer(node, Arc::clone(offer)));
        }
        if let Some((job, pass, after)) = self.desk.revisits.front() {
            return Some(Call::Revisit(node, *job, *pass, *after, OFFER));
        }
        self.refill_call(node)
    }

    /// More queries of a harvest. A job that is gone wants none.
    fn refill_call(&mut self, node: Node) -> Option<Call> {
        while let Some(id) = self.desk.refills.front() {
            if let Some(call) = self.jobs.get(id).and_then(|run| run.refill_call(node)) {
                return Some(call);
            }
            self.desk.refills.pop_front();
        }
        None
    }

    /// Leases and returns.
    fn host_call(&mut self, node: Node, now: Millis) -> Option<Call> {
        let wanted = self.desk.claim_wanted || self.desk.claim_at.is_some_and(|at| at <= now);
        let room = self.max_hosts().saturating_sub(self.window.len());
        if self.desk.releases.is_empty() {
            let short = wanted && room == 0;
            self.desk.releases = self.window.give_back(short, now, self.concurrency);
            if short && self.desk.releases.is_empty() {
                let wanting = &self.desk.wanting;
                self.desk.releases = self.window.make_room(wanting, now, self.concurrency);
            }
        }
        if !self.desk.releases.is_empty() {
            return Some(Call::Release(node, Arc::new(self.desk.releases.clone())));
        }
        let jobs: Arc<[JobId]> =
            self.jobs.values().filter(|r| r.goes_on()).map(|r| r.job.id).collect();
        if jobs.is_empty() {
            return None;
        }
        if wanted && room > 0 {
            self.desk.claim_at = None;
            return Some(Call::Claim(node, jobs, room));
        }
        std::mem::take(&mut self.desk.next_due_wanted).then_some(Call::NextDue(jobs))
    }

    /// Finds jobs that have nothing more to do, and writes that down.
    fn ending_call(&mut self, node: Node, now: Millis) -> Option<Call> {
        for run in self.jobs.values_mut() {
            let id = run.job.id;
            if let Some(Ending(limit)) = &run.ending {
                return Some(Call::EndPass(id, run.pass, limit.clone()));
            }
            if run.in_flight > 0 {
                continue;
            }
            let limit = run.limit(now);
            let at_end = run.exhausted || run.ahead.is_some();
            let at_rest = at_end && !self.window.has_work(id);
            if limit.is_none() && !at_rest {
                continue;
            }
            match run.left {
                None if !run.written => {
                    // The running totals first.
                    run.written = true;
                    return Some(self.commit_call(node, now));
                }
                None => return Some(Call::Left(id, run.job.limits)),
                Some(Left::Nothing) if !run.exhausted && limit.is_none() => {
                    if let Some(call) = run.refill_call(node) {
                        self.desk.refills.push_back(id);
                        return Some(call);
                    }
                }
                Some(Left::Nothing) if run.exhausted => {
                    run.ending = Some(Ending(None));
                    return Some(Call::EndPass(id, run.pass, None));
                }
                Some(left) => {
                    let beyond = match left {
                        Left::Beyond(limit) => Some(limit.name()),
                        Left::Held => Some(run.job.page_limit()),
                        _ => None,
                    };
                    if let Some(limit) = limit.or(beyond) {
                        let limit = Some(limit.to_owned());
                        run.ending = Some(Ending(limit.clone()));
                        return Some(Call::EndPass(id, run.pass, limit));
                    }
                }
            }
        }
        None
    }

    /// The last calls of an ordered end.
    fn drain_call(&mut self, node: Node, deadline: Millis, now: Millis) -> Option<Call> {
        if self.flights.len() > 0 && now < deadline {
            return None;
        }
        if !self.desk.released_all {
            self.desk.released_all = true;
            let mut releases = self.window.give_back_all();
            releases.append(&mut self.desk.releases);
            if !releases.is_empty() {
                return Some(Call::Release(node, Arc::new(releases)));
            }
        }
        Some(Call::Retire(node))
    }
}

impl Handler<Replied> for SchedulerActor {
    type Result = ();

    fn handle(&mut self, Replied(reply): Replied, ctx: &mut Self::Context) {
        let now = self.clock.now();
        self.desk.called_at = None;
        if let Some(reply) = reply {
            self.replied(reply, now);
        } else {
            // The store's owner has died; its successor gets the same call.
            if !self.desk.db.as_ref().is_some_and(actix::Addr::connected) {
                self.desk.db = None;
            }
            self.known.clear();
            self.claim_lost();
        }
        if self.desk.fenced {
            // Its successor claims afresh, with every host asked just now.
            ctx.terminate();
            return;
        }
        self.pump(ctx);
    }
}

impl Handler<Produced> for SchedulerActor {
    type Result = ();

    fn handle(&mut self, produced: Produced, ctx: &mut Self::Context) {
        let run = self.jobs.get_mut(&produced.job).filter(|run| run.number == produced.run);
        if let Some(run) = run {
            run.producing = false;
            match produced.batch {
                Some(Batch::Offer { urls, cursor, exhausted }) => {
                    let (job, pass, cursor) = (produced.job, run.pass, Some(cursor));
                    let offer = Offer { job, pass, urls, cursor, exhausted };
                    self.desk.offers.push_back(Arc::new(offer));
                }
                Some(Batch::Revisit { after }) => {
                    self.desk.revisits.push_back((produced.job, run.pass, after));
                }
                Some(Batch::Refill) => self.desk.refills.push_back(produced.job),
                None => {
                    if !run.generator.as_ref().is_some_and(actix::Addr::connected) {
                        run.generator = None;
                    }
                }
            }
        }
        self.pump(ctx);
    }
}
