//! Leases are given back: of hosts that have nothing to do, and of all at the end.

use super::Window;
use crate::domain::{HostKey, Millis};
use crate::frontier::host::Host;
use crate::frontier::record::Release;

/// A host that has nothing to do for longer gives its place to others when places are short.
const LINGER: Millis = 5_000;

impl Window {
    /// Hosts to give back: those with nothing to do; when `short` of places also those that have
    /// nothing to do for a while. They leave the window.
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
                quiet && (waits || h.ready_at() > now + LINGER)
            });
            let resting: Vec<HostKey> = resting.map(|h| h.key).take(spare).collect();
            keys.extend(resting);
        }
        keys.iter().filter_map(|key| self.hosts.remove(key)).map(|host| release(&host)).collect()
    }

    /// Gives every host back, for a clean end.
    pub fn give_back_all(&mut self) -> Vec<Release> {
        self.due.clear();
        self.crowd.clear();
        self.hosts.drain().map(|(_, host)| release(&host)).collect()
    }
}

fn release(host: &Host) -> Release {
    Release { host: host.row(), epoch: host.epoch, ready_at: host.ready_at() }
}
