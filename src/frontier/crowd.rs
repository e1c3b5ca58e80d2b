//! Spots where many hosts stand together and share few places: an address with a thousand names,
//! and the spot of all hosts that nobody has reached yet.
//!
//! Invariant: what is counted at a spot is the number of requests in flight to the hosts that stand
//! there. Such a request lands, so a host that waits for a place is woken some time.

use std::collections::VecDeque;
use std::net::IpAddr;

use hashbrown::HashMap;

use crate::domain::HostKey;

/// Where a host stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Spot {
    /// At this address.
    Address(IpAddr),
    /// Not reached yet: its name may hang in look-up, its address may be dead. Such hosts may not
    /// take all slots from those that answer.
    Unreached,
}

/// Requests in flight by spot, and hosts that wait there.
#[derive(Debug, Default)]
pub(super) struct Crowd {
    per_address: usize,
    unreached: usize,
    spots: HashMap<Spot, Places>,
}

#[derive(Debug, Default)]
struct Places {
    flying: usize,
    waiting: VecDeque<HostKey>,
}

impl Crowd {
    /// At most `per_address` requests in flight to an address, and `unreached` to all hosts that
    /// have not been reached; 0: no limit.
    pub(super) fn new(per_address: usize, unreached: usize) -> Self {
        Self { per_address, unreached, spots: HashMap::new() }
    }

    /// Other limits; what is in flight stays counted.
    pub(super) fn resize(&mut self, per_address: usize, unreached: usize) {
        (self.per_address, self.unreached) = (per_address, unreached);
    }

    fn limit(&self, spot: Spot) -> usize {
        match spot {
            Spot::Address(_) => self.per_address,
            Spot::Unreached => self.unreached,
        }
    }

    /// Is no place free there?
    pub(super) fn is_full(&self, spot: Spot) -> bool {
        let limit = self.limit(spot);
        limit > 0 && self.spots.get(&spot).is_some_and(|places| places.flying >= limit)
    }

    /// So many requests more are in flight there.
    pub(super) fn arrive(&mut self, spot: Spot, count: usize) {
        if self.limit(spot) > 0 && count > 0 {
            self.spots.entry(spot).or_default().flying += count;
        }
    }

    /// So many less.
    pub(super) fn leave(&mut self, spot: Spot, count: usize) {
        if let Some(places) = self.spots.get_mut(&spot) {
            places.flying = places.flying.saturating_sub(count);
            self.tidy(spot);
        }
    }

    /// A host waits there for a place.
    pub(super) fn wait(&mut self, spot: Spot, host: HostKey) {
        self.spots.entry(spot).or_default().waiting.push_back(host);
    }

    /// A host waits there no more.
    pub(super) fn quit(&mut self, spot: Spot, host: HostKey) {
        if let Some(places) = self.spots.get_mut(&spot) {
            places.waiting.retain(|waiting| *waiting != host);
            self.tidy(spot);
        }
    }

    /// The next host to look again, if a place is free.
    pub(super) fn next(&mut self, spot: Spot) -> Option<HostKey> {
        if self.is_full(spot) {
            return None;
        }
        let next = self.spots.get_mut(&spot)?.waiting.pop_front();
        self.tidy(spot);
        next
    }

    /// Forgets everything: no host is held any more.
    pub(super) fn clear(&mut self) {
        self.spots.clear();
    }

    fn tidy(&mut self, spot: Spot) {
        if self.spots.get(&spot).is_some_and(|p| p.flying == 0 && p.waiting.is_empty()) {
            self.spots.remove(&spot);
        }
    }

    /// Spots that are remembered.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.spots.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: Spot = Spot::Address(IpAddr::V4(std::net::Ipv4Addr::LOCALHOST));

    #[test]
    fn who_waits_is_called_in_order_when_a_place_is_free() {
        let mut crowd = Crowd::new(2, 0);
        crowd.arrive(HERE, 2);
        crowd.wait(HERE, HostKey(1));
        crowd.wait(HERE, HostKey(2));
        assert_eq!(crowd.next(HERE), None);
        crowd.leave(HERE, 1);
        assert_eq!(crowd.next(HERE), Some(HostKey(1)));
        assert_eq!(crowd.next(HERE), Some(HostKey(2)));
        assert_eq!(crowd.next(HERE), None);
        crowd.leave(HERE, 1);
        assert_eq!(crowd.len(), 0, "nothing is remembered of a spot without requests");
    }

    #[test]
    fn without_a_limit_nothing_is_counted() {
        let mut crowd = Crowd::new(0, 0);
        for spot in [HERE, Spot::Unreached] {
            crowd.arrive(spot, 1_000);
            assert!(!crowd.is_full(spot));
        }
        assert_eq!(crowd.len(), 0);
    }
}
