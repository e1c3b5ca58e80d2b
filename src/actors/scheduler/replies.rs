//! What the store's replies mean.

use super::desk::{LOOK_AGAIN, TROUBLE_GRACE, TROUBLE_PATIENCE, TROUBLE_WAIT};
use super::{SchedulerActor, Trouble};
use crate::actors::db::{Call, GIVE_UP_STEP, Loaded, Offer, Reply};
use crate::actors::messages::Event;
use crate::domain::{HostKey, JobId, Millis};
use crate::frontier::record::{ClaimedHost, Commit, Committed, GivenUp};
use crate::store::{Left, Offered, Refilled, Revisited, StoreError, StoreErrorKind};

impl SchedulerActor {
    /// The answer to the call under way.
    pub(super) fn replied(&mut self, reply: Result<Reply, StoreError>, now: Millis) {
        match reply {
            Ok(reply) => {
                if let Some(trouble) = self.desk.trouble.take() {
                    log::info!(
                        "store=back the store works again after {} s",
                        (now - trouble.since) / 1000
                    );
                    self.known.clear();
                }
                if let Some(call) = self.desk.current.take() {
                    self.accept(call, reply, now);
                }
            }
            Err(error) if error.kind == StoreErrorKind::Fenced => {
                log::warn!("store=fenced {error}; claiming hosts afresh");
                self.desk.fenced = true;
            }
            Err(error) if error.kind == StoreErrorKind::Missing && !self.jobs.is_empty() => {
                // A job was removed under way: its successor finds out which.
                log::warn!("{error}; claiming hosts afresh");
                self.desk.fenced = true;
            }
            Err(error) if error.may_heal() => self.store_in_trouble(error, now),
            Err(error) => {
                self.desk.db = None;
                self.tell(Event::StoreLost(error));
            }
        }
    }

    /// The one call that cannot be repeated when its reply is lost: nobody knows which hosts it
    /// leased. A fresh node gets them all.
    pub(super) fn claim_lost(&mut self) {
        let claim = matches!(self.desk.current, Some(Call::Claim(..) | Call::ClaimHost(..)));
        self.desk.fenced |= claim;
    }

    fn store_in_trouble(&mut self, error: StoreError, now: Millis) {
        if error.kind == StoreErrorKind::Gone {
            self.claim_lost();
        }
        let (since, said) = self
            .desk
            .trouble
            .as_ref()
            .map_or((now, false), |trouble| (trouble.since, trouble.said));
        if !said {
            log::error!("store=away {error}; nothing is asked until the store works again");
        }
        if self.draining.is_some_and(|deadline| now >= deadline + TROUBLE_GRACE) {
            // What cannot be committed will be asked again.
            log::warn!("store=away ending without the store: {error}");
            self.tell(Event::Drained);
            return;
        }
        if !self.desk.patient && now - since >= TROUBLE_PATIENCE {
            self.tell(Event::StoreLost(error));
            return;
        }
        let message = error.message;
        self.desk.trouble =
            Some(Trouble { since, retry_at: now + TROUBLE_WAIT, said: true, message });
    }

    fn accept(&mut self, call: Call, reply: Reply, now: Millis) {
        match (call, reply) {
            (Call::Register, Reply::Registered(node)) => {
                self.desk.node = Some(node);
                self.desk.signed_at = now;
                self.desk.reaped_at = now;
            }
            (Call::Load(job, name, _), Reply::Loaded(loaded)) => {
                self.loaded(job, &name, *loaded, now);
            }
            (Call::Commit(_, seq, commit), Reply::Committed(committed)) => {
                self.committed(seq, &commit, &committed, now);
            }
            (Call::Take(read), Reply::Taken(taken)) => {
                // What stands for a query no page leads to.
                for row in taken.rows.iter().filter(|_| !read.queries) {
                    self.known.learn(row.job, row.key, row.depth);
                }
                self.window.took(read.job, read.host, taken);
            }
            (Call::Offer(_, offer), Reply::Offered(offered)) => self.offered(&offer, &offered),
            (Call::Revisit(_, job, ..), Reply::Revisited(revisited)) => {
                self.revisited(job, revisited);
            }
            (Call::Refill(_, job, ..), Reply::Refilled(refilled)) => self.refilled(job, &refilled),
            (Call::Claim(_, _, limit), Reply::Claimed(claimed)) => {
                self.desk.claim_wanted = claimed.len() >= limit;
                self.desk.next_due_wanted = claimed.len() < limit;
                let due = || claimed.iter().flat_map(|host| &host.jobs).filter(|job| job.waiting);
                self.desk.wanting.retain(|id| due().any(|job| job.job == *id));
                for run in self.jobs.values_mut() {
                    // Other nodes may have settled what was left.
                    run.left = run.left.filter(|left| *left == Left::Nothing);
                }
                for host in &claimed {
                    self.lease(host, now);
                }
            }
            (Call::ClaimHost(_, authority), Reply::Claimed(claimed)) => match claimed.first() {
                Some(host) => self.lease(host, now),
                None => self.window.stray_lost(&authority, now),
            },
            (call, reply) => self.accept_change(call, reply, now),
        }
    }

    /// The answer to a call that changes how jobs and hosts stand.
    fn accept_change(&mut self, call: Call, reply: Reply, now: Millis) {
        match (call, reply) {
            (Call::GiveUp(given_up), Reply::GaveUp(count)) => {
                if count < GIVE_UP_STEP {
                    self.desk.giving_up.pop_front();
                }
                if let Some(run) = self.jobs.get_mut(&given_up.job) {
                    run.left = None;
                }
            }
            (Call::NextDue(_), Reply::NextDue(at)) => {
                // Rows that no free host accounts for lie on hosts that other nodes hold.
                let at = at.map(|at| at.max(now + 10));
                self.desk.claim_at =
                    at.or_else(|| self.window.is_empty().then_some(now + LOOK_AGAIN));
            }
            (Call::Left(job, _), Reply::Left(left)) => {
                if let Some(run) = self.jobs.get_mut(&job) {
                    run.left = Some(left);
                }
                self.desk.next_due_wanted |= left == Left::More;
            }
            (Call::EndPass(job, _, limit), Reply::Ended(true)) => {
                self.jobs.remove(&job);
                self.window.remove_job(job);
                self.tell(Event::JobEnded(job, limit));
            }
            (Call::EndPass(job, ..), Reply::Ended(false)) => self.outrun(&[job]),
            (Call::Heartbeat(_), Reply::Done) => {
                self.desk.signed_at = now;
                self.desk.reaped_at = now;
            }
            (Call::Release(..), Reply::Done) => {
                self.desk.releases.clear();
                self.desk.claim_wanted = true;
            }
            (Call::Retire(_), Reply::Done) => {
                self.desk.node = None;
                self.desk.retired = true;
                self.tell(Event::Drained);
            }
            (call, reply) => log::error!("the store answered {call:?} with {reply:?}"),
        }
    }

    fn loaded(&mut self, job: JobId, name: &str, loaded: Loaded, now: Millis) {
        self.window.asked_before(job, loaded.asked);
        match (loaded.row, self.jobs.get_mut(&job)) {
            (Some(row), Some(run)) => {
                run.job.named_hosts.add(loaded.named);
                run.load(&row, loaded.cookies, now);
                if row.pass != run.pass {
                    self.outrun(&[job]);
                }
            }
            (None, Some(_)) => {
                log::warn!("job={name} is no longer in the store");
                self.jobs.remove(&job);
                self.window.remove_job(job);
                self.tell(Event::JobEnded(job, None));
            }
            (_, None) => {}
        }
    }

    fn revisited(&mut self, job: JobId, revisited: Revisited) {
        self.desk.revisits.pop_front();
        if revisited.outrun {
            return self.outrun(&[job]);
        }
        if let Some(run) = self.jobs.get_mut(&job) {
            run.cursor = Some(format!("revisit:{}", revisited.last_id));
            run.exhausted = revisited.exhausted;
            run.left = None;
        }
        self.desk.claim_wanted |= revisited.count > 0;
        self.window.look_again(job);
    }

    fn refilled(&mut self, job: JobId, refilled: &Refilled) {
        self.desk.refills.pop_front();
        if let Some(run) = self.jobs.get_mut(&job) {
            if let Some(ahead) = &mut run.ahead {
                ahead.refilled(refilled);
            }
            run.exhausted = refilled.exhausted;
            run.left = None;
            run.warn(&refilled.warnings);
        }
        self.woken(&refilled.woken);
    }

    fn lease(&mut self, host: &ClaimedHost, now: Millis) {
        for share in &host.jobs {
            if let Some(run) = self.jobs.get_mut(&share.job) {
                run.left = None;
            }
            if let Some(reason) = share.given_up.filter(|_| share.waiting) {
                let (job, host) = (share.job, host.host.key);
                self.desk.giving_up.push_back(GivenUp::new(job, host, reason));
            }
        }
        self.window.lease(host, now);
    }

    fn offered(&mut self, offer: &Offer, offered: &Offered) {
        self.desk.offers.pop_front();
        if offered.outrun {
            return self.outrun(&[offer.job]);
        }
        if let Some(run) = self.jobs.get_mut(&offer.job) {
            if offer.cursor.is_some() {
                run.cursor.clone_from(&offer.cursor);
            }
            run.exhausted = offer.exhausted;
            run.left = None;
        }
        self.woken(&offered.woken);
    }

    /// These hosts have something to ask.
    fn woken(&mut self, pairs: &[(JobId, HostKey)]) {
        for (job, host) in pairs {
            if !self.window.woken(*job, *host) {
                self.desk.claim_wanted = true;
                self.desk.wanting.insert(*job);
            }
        }
    }

    fn committed(&mut self, seq: i64, commit: &Commit, committed: &Committed, now: Millis) {
        self.desk.signed_at = now;
        if let Some(node) = &mut self.desk.node {
            node.seq = seq;
        }
        self.measure.committed(commit, committed, self.clock);
        let Some(under_way) = self.batches.answered() else { return };
        for (job, sent) in &under_way.asked {
            let counted = committed.asked.iter().find(|(of, _)| of == job).map_or(0, |(_, n)| *n);
            // Of a batch that had been applied before nothing better is known than what was sent.
            let counted = if committed.repeated { *sent } else { counted };
            if let Some(run) = self.jobs.get_mut(job) {
                run.committed(*sent, counted);
            }
        }
        self.outrun(&committed.outrun);
        for (job, key, depth) in &committed.known {
            self.known.learn(*job, *key, *depth);
        }
        if committed.repeated {
            // Which hosts it woke was told to the reply that got lost: look everywhere.
            self.desk.claim_wanted = true;
            for run in self.jobs.values_mut() {
                run.left = None;
                self.window.look_again(run.job.id);
            }
        }
        self.woken(&committed.woken);
        self.harvested(commit, committed);
        for deferred in &commit.deferred {
            self.window.deferred(deferred.job, deferred.host, deferred.due_at);
            self.window.committed(deferred.host, deferred.id);
        }
        for settled in &commit.settled {
            self.window.committed(settled.host, settled.id);
        }
        for row in &commit.robots {
            self.window.robots_stored(row);
        }
        let stored = commit.given_up.iter().filter(|it| !committed.outrun.contains(&it.job));
        for given_up in stored {
            self.desk.giving_up.push_back(given_up.clone());
        }
    }

    /// Moves what is known of the queues of harvests.
    fn harvested(&mut self, commit: &Commit, committed: &Committed) {
        for (job, _) in &commit.harvests.0 {
            let Some(run) = self.jobs.get_mut(job) else { continue };
            let Some(ahead) = &mut run.ahead else { continue };
            let settled = commit.settled.iter().filter(|settled| settled.job == *job).count();
            ahead.settled(i64::try_from(settled).unwrap_or(i64::MAX));
            if committed.repeated {
                // What it led to was told to the reply that got lost.
                ahead.forget();
            }
            let own = committed.harvested.iter().find(|harvested| harvested.job == *job);
            if let Some(harvested) = own {
                ahead.harvested(harvested);
                run.warn(&harvested.warnings);
            }
        }
    }
}
