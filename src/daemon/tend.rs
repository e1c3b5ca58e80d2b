//! What a job has to do now, and that it does it.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use super::ask::{Answer, Next, Question, ask, is_held};
use super::charge::{Charge, Run, Trouble, wanted};
use super::{Core, blocking, looked};
use crate::actors::supervisor::{AmendJob, HaltJob};
use crate::domain::outcome::UrlState;
use crate::domain::{JobId, Millis};
use crate::run_settings::warn_of_ways;
use crate::store::JobState;

/// How often the daemon looks whether a job has something to do.
pub(super) const LOOK: Duration = Duration::from_secs(1);

/// How often the states of jobs in the store are looked at.
const STATES: Millis = 5_000;

/// Why a run is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Left {
    /// It was told to leave.
    AsTold,
    /// It has come to its end, or to this limit.
    AtItsEnd(Option<String>),
}

impl Core {
    /// Takes the configured jobs into care, and tends them.
    pub(super) async fn begin(self: Rc<Self>) {
        let _turn = self.turn.lock().await;
        let jobs = wanted(&self.settings.borrow());
        // How they stand is known before anything is done about them.
        let reader = Arc::clone(&self.reader);
        let rows = looked(move || reader.jobs().unwrap_or_default()).await.unwrap_or_default();
        for (name, wanted) in &jobs {
            warn_of_ways(&wanted.order.spec);
            let row = rows.iter().find(|row| row.name == *name);
            let row = row.filter(|row| row.state != JobState::Forgotten).cloned();
            let charge = Charge { row, ..Charge::new(wanted.clone()) };
            self.charges.borrow_mut().insert(name.clone(), charge);
        }
        for (name, _) in jobs {
            self.tend(&name).await;
        }
    }

    /// Tends every job that has a reason.
    pub(super) async fn look_round(self: Rc<Self>) {
        // An errand under way looks after what it changes.
        let Ok(_turn) = self.turn.try_lock() else { return };
        let now = self.clock.now();
        if now - self.states_at.get() >= STATES {
            self.states_at.set(now);
            self.look_at_states().await;
        }
        let calls = |(name, charge): (&String, &Charge)| charge.calls(now).then(|| name.clone());
        let names: Vec<String> = self.charges.borrow().iter().filter_map(calls).collect();
        for name in names {
            self.tend(&name).await;
        }
    }

    /// Notes what others have done to our jobs in the store: an operator without a way to us, a
    /// daemon on another machine.
    async fn look_at_states(&self) {
        let reader = Arc::clone(&self.reader);
        let rows = blocking(move || reader.jobs()).await;
        let failed = rows.as_ref().ok().and_then(|rows| rows.as_ref().err());
        *self.away.borrow_mut() = failed.map(|error| error.message.clone());
        // It is told of by whoever needs the store.
        let Ok(Ok(rows)) = rows else { return };
        let mut charges = self.charges.borrow_mut();
        for row in rows {
            let Some(charge) = charges.get_mut(&row.name) else { continue };
            let held = matches!(row.state, JobState::Paused | JobState::Stopped);
            let was = charge.row.as_ref().is_some_and(|row| is_held(row, false));
            let stands = match charge.run {
                Some(_) => !held,
                None => !was || held || charge.hold.is_some(),
            };
            if !stands {
                charge.touched = true;
            }
        }
    }

    /// A run is over.
    pub(super) async fn left(self: Rc<Self>, id: JobId, how: Left) {
        let _turn = self.turn.lock().await;
        let name = {
            let mut charges = self.charges.borrow_mut();
            let found =
                charges.iter_mut().find(|(_, c)| c.run.as_ref().is_some_and(|r| r.id == id));
            let Some((name, charge)) = found else { return };
            // What was told to leave is to go on in another way, even if it came to its end then.
            let halting = charge.run.take().is_some_and(|run| run.halting);
            charge.fresh = halting || how == Left::AsTold;
            name.clone()
        };
        if let Left::AtItsEnd(limit) = how {
            self.account(&name, id, limit).await;
        }
        self.tend(&name).await;
    }

    /// Says what became of a pass.
    async fn account(&self, name: &str, id: JobId, limit: Option<String>) {
        let reader = Arc::clone(&self.reader);
        let (job, cut) = (name.to_owned(), limit.is_some());
        let counted =
            blocking(move || Some((reader.job_by_name(&job).ok()??, reader.counts(id).ok()?)));
        let Ok(Some((row, counts))) = counted.await else { return };
        let count = |state| counts.iter().filter(|(s, _)| *s == state).map(|(_, n)| n).sum::<i64>();
        let (done, failed) = (count(UrlState::Done), count(UrlState::Failed));
        let limit = limit.map_or_else(String::new, |limit| format!(" limit={limit}"));
        let (pass, asked) = (row.pass, row.asked);
        log::info!("job={name} pass={pass} ended{limit} asked={asked} done={done} failed={failed}");
        if done == 0 && !cut {
            let words = "not one page came of it; crawld report says why".to_owned();
            log::error!("job={name} {words}");
            if let Some(charge) = self.charges.borrow_mut().get_mut(name) {
                charge.trouble = Some(Trouble { words, heals: false });
            }
        }
    }

    /// Does what there is to do about a job.
    pub(super) async fn tend(&self, name: &str) {
        if self.ending.get() {
            return;
        }
        let now = self.clock.now();
        let question = {
            let mut charges = self.charges.borrow_mut();
            let Some(charge) = charges.get_mut(name) else { return };
            if charge.run.as_ref().is_some_and(|run| run.halting) {
                return;
            }
            charge.asking = charge.fresh || charge.is_due(now);
            match (&charge.wanted, &charge.run) {
                (None, None) => {
                    charges.remove(name);
                    return;
                }
                (None, Some(_)) => None,
                (Some(wanted), run) => Some(Question {
                    order: wanted.order.clone(),
                    running: run.as_ref().map(|run| run.spec.clone()),
                    fresh: charge.fresh || charge.touched,
                    again: charge.again,
                    unread: charge.unread.is_some(),
                    relist: charge.relist,
                    schedule: wanted.schedule.clone(),
                }),
            }
        };
        let Some(question) = question else { return self.halt(name).await };
        let hold = self.hold(name);
        let (store, clock) = (Arc::clone(&self.store), self.clock);
        let answer = blocking(move || ask(&store, question, hold, clock)).await;
        match answer.unwrap_or_else(|words| Err(Trouble { words, heals: true })) {
            Ok(answer) => self.carry_out(name, answer).await,
            Err(trouble) => self.in_trouble(name, trouble),
        }
    }

    fn hold(&self, name: &str) -> Option<JobState> {
        self.charges.borrow().get(name).and_then(|charge| charge.hold)
    }

    fn in_trouble(&self, name: &str, trouble: Trouble) {
        let mut charges = self.charges.borrow_mut();
        let Some(charge) = charges.get_mut(name) else { return };
        charge.asking = false;
        if charge.trouble.as_ref() != Some(&trouble) {
            log::error!("job={name} {}", trouble.words);
        }
        charge.trouble = Some(trouble);
    }

    async fn carry_out(&self, name: &str, answer: Answer) {
        let Answer { row, next, notes, spec, unread, list } = answer;
        for note in notes {
            log::info!("{note}");
        }
        {
            let mut charges = self.charges.borrow_mut();
            let Some(charge) = charges.get_mut(name) else { return };
            let lasting = charge.trouble.take().filter(|t| !t.heals && !charge.fresh);
            charge.trouble = lasting.filter(|_| matches!(next, Next::Rest));
            charge.row = row;
            charge.fresh = false;
            // A new pass that waits for its list is still asked for.
            charge.again &= unread.is_some() && matches!(next, Next::Rest);
            charge.touched = false;
            charge.asking = false;
            if let Some(words) =
                unread.as_ref().filter(|words| charge.unread.as_ref() != Some(words))
            {
                log::error!("job={name} {words}");
            }
            charge.unread = unread;
            charge.list = list.or_else(|| charge.list.take());
            charge.relist = false;
            if charge.run.is_none() {
                // Written down, with no run left that could write over it.
                charge.hold = None;
            }
            match &next {
                Next::Start(start) => {
                    charge.run = Some(Run { id: start.job.id, spec, halting: false });
                }
                Next::Amend(_) => {
                    if let Some(run) = &mut charge.run {
                        run.spec = spec;
                    }
                }
                Next::Halt | Next::Rest => {}
            }
        }
        match next {
            Next::Rest => {}
            Next::Start(start) => self.supervisor.do_send(start),
            // One that has ended just now is tended when that is told.
            Next::Amend(job) => self.supervisor.do_send(AmendJob { job, revive: false }),
            Next::Halt => self.halt(name).await,
        }
    }

    /// Tells the run of a job to leave.
    async fn halt(&self, name: &str) {
        let id = {
            let mut charges = self.charges.borrow_mut();
            let Some(run) = charges.get_mut(name).and_then(|charge| charge.run.as_mut()) else {
                return;
            };
            run.halting = true;
            run.id
        };
        // `false`: that it has ended is on its way to us.
        self.supervisor.send(HaltJob(id)).await.ok();
    }
}
