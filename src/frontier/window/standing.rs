//! Where the hosts of the window stand, and who may go when a place becomes free.

use std::net::IpAddr;

use super::Window;
use crate::domain::{HostKey, JobId, Millis};
use crate::frontier::crowd::Spot;
use crate::frontier::host::Work;
use crate::frontier::verdict::Verdict;

/// When a host that waits for a place looks again though nobody called it: the request that held
/// the place may have died without a word.
const LOOK_AGAIN: Millis = 1_000;

impl Window {
    /// Where a request to a host was sent, or where there was no place for it.
    pub fn seen_at(&mut self, key: HostKey, address: IpAddr) {
        self.stand(key, Some(Spot::Address(address)));
    }

    /// A host has been reached, even if nobody says at which address: a proxy may stand between.
    pub(super) fn reached(&mut self, key: HostKey) {
        if self.hosts.get(&key).is_some_and(|host| host.spot == Some(Spot::Unreached)) {
            self.stand(key, None);
        }
    }

    /// The request found no place at the host's address: it goes back as if it had never gone
    /// out.
    pub fn crowded(
        &mut self,
        key: HostKey,
        work: Work,
        reported: bool,
        now: Millis,
    ) -> Option<Verdict> {
        let host = self.hosts.get_mut(&key)?;
        host.never_asked();
        let job = work.job();
        let verdict = match work {
            Work::Robots(errand, _) => {
                host.errands.push_front(errand);
                Some(Verdict::Again)
            }
            Work::Page(row, _) => self.jobs.get(&row.job).map(|job| {
                let mut verdict = Verdict::Again;
                host.landed(job, row, false, &mut verdict);
                verdict
            }),
        };
        host.ended(reported);
        // Nobody is called: it had no place to give back.
        if let Some(spot) = host.spot {
            self.crowd.leave(spot, 1);
        }
        self.comes_back(job);
        self.note_given_up(key);
        self.wait_for_place(key, now);
        verdict
    }

    /// A request to the host has ended.
    pub(super) fn ended(&mut self, key: HostKey, job: JobId, reported: bool) {
        self.comes_back(job);
        let Some(host) = self.hosts.get_mut(&key) else { return };
        host.ended(reported);
        host.crowded_since = None;
        if let Some(spot) = host.spot {
            self.crowd.leave(spot, 1);
            self.call(spot);
        }
    }

    /// The host stands there from now on, with all its requests in flight.
    pub(super) fn stand(&mut self, key: HostKey, spot: Option<Spot>) {
        let Some(host) = self.hosts.get_mut(&key) else { return };
        if host.spot == spot {
            return;
        }
        let (before, count) = (host.spot, host.in_flight());
        host.spot = spot;
        host.waits = None;
        if let Some(spot) = spot {
            self.crowd.arrive(spot, count);
        }
        if let Some(spot) = before {
            self.crowd.leave(spot, count);
            self.call(spot);
        }
    }

    /// The host has something to ask but no place.
    pub(super) fn wait_for_place(&mut self, key: HostKey, now: Millis) {
        let Some(host) = self.hosts.get_mut(&key) else { return };
        host.crowded_since.get_or_insert(now);
        let until = host.waits.filter(|until| *until > now).unwrap_or(now + LOOK_AGAIN);
        if let Some(spot) = host.spot
            && host.waits.replace(until).is_none()
        {
            self.crowd.wait(spot, key);
        }
        self.wake_at(key, until);
    }

    /// Has the next host that waits there look again, if a place is free; that host calls the next.
    pub(super) fn call(&mut self, spot: Spot) {
        while let Some(key) = self.crowd.next(spot) {
            if let Some(host) = self.hosts.get_mut(&key) {
                host.waits = None;
                let stands_here = host.spot == Some(spot);
                self.wake(key);
                if stands_here {
                    return;
                }
            }
        }
    }
}
