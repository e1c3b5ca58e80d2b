//! How many exchanges are under way at each address, over all hosts, jobs and threads.
//!
//! Invariant: an address is counted exactly as often as a [`Place`] there is alive, so the table
//! holds no more addresses than there are exchanges.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use hashbrown::HashMap;

/// Places at addresses. Clones share one table.
#[derive(Debug, Clone, Default)]
pub struct Places {
    most: usize,
    taken: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

/// A place at an address, given back when it is dropped.
#[derive(Debug)]
pub(super) struct Place {
    address: IpAddr,
    taken: Option<Arc<Mutex<HashMap<IpAddr, usize>>>>,
}

impl Places {
    /// At most `most` at each address; 0: as many as you like.
    #[must_use]
    pub fn new(most: usize) -> Self {
        Self { most, taken: Arc::default() }
    }

    /// Takes a place, if one is free.
    pub(super) fn take(&self, address: IpAddr) -> Option<Place> {
        if self.most == 0 {
            return Some(Place { address, taken: None });
        }
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let count = taken.entry(address).or_insert(0);
        if *count >= self.most {
            return None;
        }
        *count += 1;
        Some(Place { address, taken: Some(Arc::clone(&self.taken)) })
    }
}

impl Place {
    /// Where it is.
    pub(super) fn address(&self) -> IpAddr {
        self.address
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let Some(taken) = &self.taken else { return };
        let mut taken = taken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = taken.get_mut(&self.address) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                taken.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_so_many_places_and_is_forgotten_when_all_are_free() {
        let places = Places::new(2);
        let [here, there] = [[8, 8, 8, 8], [9, 9, 9, 9]].map(IpAddr::from);
        let held = [places.take(here), places.clone().take(here)];
        assert!(held.iter().all(Option::is_some));
        assert!(places.take(here).is_none());
        assert!(places.take(there).is_some());
        drop(held);
        assert!(places.take(here).is_some());
        assert!(places.taken.lock().unwrap().is_empty());
    }

    #[test]
    fn without_a_limit_nothing_is_counted() {
        let places = Places::new(0);
        let held: Vec<_> = (0..100).map(|_| places.take([8, 8, 8, 8].into())).collect();
        assert!(held.iter().all(Option::is_some));
        assert!(places.taken.lock().unwrap().is_empty());
    }
}
