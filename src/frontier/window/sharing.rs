//! Slots are shared between jobs. A job that is alone needs no turns.
//!
//! Invariant: a host that is `due` stands in the line of every job that has rows there, keeps its
//! ticket, and is not in the due heap; it leaves this state when it is looked at.

use std::sync::Arc;

use super::{Step, Window};
use crate::domain::job::Job;
use crate::domain::{HostKey, JobId, Millis};
use crate::frontier::turns::Turns;

impl Window {
    /// Lets a job take part, or gives it another share.
    pub fn add_job(&mut self, job: Arc<Job>) {
        let (id, priority) = (job.id, job.priority);
        self.jobs.insert(id, job);
        if let Some(turns) = &mut self.turns {
            turns.add(id, priority, 0);
        } else if self.jobs.len() > 1 {
            self.begin_turns();
        }
    }

    /// Takes a job out: its rows stay in the store.
    pub fn remove_job(&mut self, id: JobId) {
        self.jobs.remove(&id);
        self.places.forget(id);
        self.left_ways.forget(id);
        for host in self.hosts.values_mut() {
            host.queues.retain(|queue| queue.job.id != id);
            host.agree();
        }
        if let Some(turns) = &mut self.turns {
            turns.remove(id);
        }
        if self.jobs.len() < 2 {
            self.end_turns();
        }
        self.wake_all();
    }

    pub(super) fn begin_turns(&mut self) {
        let mut turns = Turns::default();
        for job in self.jobs.values() {
            let queues = self.hosts.values().flat_map(|host| &host.queues);
            let flying = queues.filter(|queue| queue.job.id == job.id).map(|queue| queue.flying);
            turns.add(job.id, job.priority, flying.sum());
        }
        self.turns = Some(turns);
    }

    fn end_turns(&mut self) {
        self.turns = None;
        for host in self.hosts.values_mut().filter(|host| host.due) {
            (host.due, host.ticket) = (false, None);
        }
    }

    /// As [`Window::next`], where several jobs take turns.
    pub(super) fn next_in_turn(
        &mut self,
        now: Millis,
        admits: &dyn Fn(JobId) -> bool,
    ) -> Option<Step> {
        loop {
            while let Some(key) = self.pop_due(now) {
                if !self.line_up(key, now)
                    && let Some(step) = self.look(key, now, admits)
                {
                    return Some(step);
                }
            }
            let key = self.turns.as_mut()?.next()?;
            let is_due = self.hosts.get(&key).is_some_and(|host| host.due);
            if is_due && let Some(step) = self.look(key, now, admits) {
                return Some(step);
            }
        }
    }

    /// A host that could be asked now stands in line for each job that has rows there. `false`: none
    /// has, so that nobody's turn need be awaited.
    fn line_up(&mut self, key: HostKey, now: Millis) -> bool {
        let Some(host) = self.hosts.get_mut(&key) else { return false };
        for queue in &mut host.queues {
            queue.look_for_overdue(now);
        }
        self.call_for_reads(key);
        self.stand_in_line(key);
        self.hosts.get(&key).is_some_and(|host| host.due)
    }

    pub(super) fn stand_in_line(&mut self, key: HostKey) {
        let (Some(turns), Some(host)) = (&mut self.turns, self.hosts.get_mut(&key)) else { return };
        let mut stands = false;
        for queue in host.queues.iter().filter(|queue| !queue.rows.is_empty()) {
            stands |= turns.stand(queue.job.id, key);
        }
        host.due |= stands;
    }

    /// Hosts have left the window.
    pub(super) fn forget_gone(&mut self) {
        let Some(turns) = &mut self.turns else { return };
        turns.forget(self.hosts.len(), |key| self.hosts.contains_key(&key));
    }

    pub(super) fn goes_out(&mut self, job: JobId) {
        if let Some(turns) = &mut self.turns {
            turns.goes_out(job);
        }
    }

    pub(super) fn comes_back(&mut self, job: JobId) {
        if let Some(turns) = &mut self.turns {
            turns.comes_back(job);
        }
    }
}
