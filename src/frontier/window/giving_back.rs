//! Leases are given back: of hosts that have nothing to do, and of all at the end.

use hashbrown::{HashMap, HashSet};

use super::Window;
use crate::domain::{HostKey, JobId, Millis};
use crate::frontier::host::Host;
use crate::frontier::record::Release;

/// A host that has nothing to do for longer gives its place to others when places are short.
const LINGER: Millis = 5_000;

impl Window {
    /// Hosts to give back: those with nothing to do; when `short` of places also those that have
    /// nothing to do for a while, and those that have found no place where they stand for as long:
    /// a thousand names on one server that hangs keep nobody else out. They leave the window.
    pub fn give_back(&mut self, short: bool, now: Millis, limit: usize) -> Vec<Release> {
        let mut keys = Vec::new();
        while let Some(key) = self.idle.pop_front() {
            let idle = |h: &Host| h.is_idle() && h.queues.iter().all(|q| q.next_due.is_none());
            if self.hosts.get(&key).is_some_and(idle) && !keys.contains(&key) {
                keys.push(key);
            }
        }
        if short {
            let spare = limit.saturating_sub(keys.len());
            let resting = self.hosts.values().filter(|h| {
                let quiet = h.in_flight() == 0 && h.held.is_empty() && h.errands.is_empty();
                let later = h.queues.iter().filter_map(|q| q.next_due).min();
                let waits = h.is_idle() && later.is_some_and(|due| due > now + LINGER);
                let rests = h.all_rest_until(now).is_some_and(|until| until > now + LINGER);
                quiet && (waits || rests || h.ready_at() > now + LINGER) || is_stuck(h, now)
            });
            let resting: Vec<HostKey> = resting.map(|h| h.key).take(spare).collect();
            keys.extend(resting);
        }
        let left = keys.iter().filter_map(|key| self.leave(*key, now)).collect();
        self.forget_gone();
        left
    }

    /// Hosts to give back so that jobs that want others, and have fewer than their share, find room:
    /// some of those on which only jobs with more have something to do. They leave the window.
    pub fn make_room(
        &mut self,
        wanting: &HashSet<JobId>,
        now: Millis,
        limit: usize,
    ) -> Vec<Release> {
        if self.jobs.len() < 2 || wanting.is_empty() {
            return Vec::new();
        }
        let mut held: HashMap<JobId, usize> = HashMap::new();
        for queue in self.hosts.values().flat_map(|host| &host.queues) {
            *held.entry(queue.job.id).or_default() += 1;
        }
        let held = |job: &JobId| held.get(job).copied().unwrap_or(0);
        let share = self.hosts.len() / self.jobs.len();
        let lacking: usize = wanting.iter().map(|job| share.saturating_sub(held(job))).sum();
        if lacking == 0 {
            return Vec::new();
        }
        // One for each job at least: the next claim takes from all of them in turn.
        let most = lacking.max(self.jobs.len()).min(limit);
        let may_go = |host: &&Host| {
            let quiet = host.in_flight() == 0 && host.held.is_empty() && host.errands.is_empty();
            quiet && host.queues.iter().all(|q| !q.reading && held(&q.job.id) > share)
        };
        let keys: Vec<HostKey> =
            self.hosts.values().filter(may_go).map(|host| host.key).take(most).collect();
        let left = keys.iter().filter_map(|key| self.leave(*key, now)).collect();
        self.forget_gone();
        left
    }

    fn leave(&mut self, key: HostKey, now: Millis) -> Option<Release> {
        let host = self.hosts.remove(&key)?;
        if let Some(spot) = host.spot {
            self.crowd.quit(spot, key);
        }
        for queue in host.queues.iter().filter(|queue| !queue.is_empty()) {
            self.left_ways.keep(queue.job.id, key, &queue.way);
        }
        let mut release = release(&host);
        if let Some(until) = host.all_rest_until(now) {
            release.ready_at = release.ready_at.max(until);
        }
        if is_stuck(&host, now) {
            // Others first.
            release.ready_at = release.ready_at.max(now + LINGER);
        }
        Some(release)
    }

    /// Gives every host back, for a clean end.
    pub fn give_back_all(&mut self) -> Vec<Release> {
        self.due.clear();
        self.crowd.clear();
        if self.turns.is_some() {
            self.begin_turns();
        }
        self.hosts.drain().map(|(_, host)| release(&host)).collect()
    }
}

/// Has it found no place for a while? (A robots.txt that is on its way for another host keeps it.)
fn is_stuck(host: &Host, now: Millis) -> bool {
    host.crowded_since.is_some_and(|since| since + LINGER < now)
        && host.in_flight() == 0
        && host.held.is_empty()
        && host.errands.iter().all(|errand| errand.home == host.key)
        && host.queues.iter().all(|queue| !queue.reading)
}

fn release(host: &Host) -> Release {
    Release { host: host.row(), epoch: host.epoch, ready_at: host.ready_at() }
}
