//! What is known of host names, for a while.
//!
//! Invariant: no more than [`MOST`] names are kept, and an answer is given only before its end.
//! Names are held in two halves. A name that is used moves to the young half; when that is full it
//! becomes the old one, and what nobody used since is forgotten.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use crate::domain::Millis;
use crate::http::FetchError;

/// Names kept at most.
const MOST: usize = 8192;

/// The addresses of a name, or why there are none.
pub(super) type Found = Result<Arc<[IpAddr]>, FetchError>;

type Half = HashMap<String, (Millis, Found)>;

/// Names and their addresses, shared by all threads.
#[derive(Debug, Default)]
pub struct NameCache(Mutex<[Half; 2]>);

impl NameCache {
    /// What is known of `host`.
    pub(super) fn get(&self, host: &str, now: Millis) -> Option<Found> {
        let mut halves = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let [young, old] = &mut *halves;
        let known = young.get(host).cloned().or_else(|| {
            let (name, known) = old.remove_entry(host)?;
            young.insert(name, known.clone());
            Some(known)
        });
        turn(&mut halves);
        known.filter(|(until, _)| now < *until).map(|(_, found)| found)
    }

    /// Notes what is true of `host` until then.
    pub(super) fn put(&self, host: &str, until: Millis, found: Found) {
        let mut halves = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let [young, old] = &mut *halves;
        old.remove(host);
        young.insert(host.to_owned(), (until, found));
        turn(&mut halves);
    }

    /// Forgets a host.
    pub(super) fn forget(&self, host: &str) {
        let mut halves = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for half in &mut *halves {
            half.remove(host);
        }
    }

    #[cfg(test)]
    fn len(&self) -> usize {
        self.0.lock().unwrap().iter().map(HashMap::len).sum()
    }
}

/// A young half that is full becomes the old one.
fn turn(halves: &mut [Half; 2]) {
    let [young, old] = halves;
    if young.len() >= MOST / 2 {
        *old = std::mem::take(young);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::outcome::Reason;

    fn address() -> Arc<[IpAddr]> {
        Arc::from([IpAddr::from([8, 8, 8, 8])])
    }

    #[test]
    fn an_answer_good_or_bad_is_given_until_its_end() {
        let cache = NameCache::default();
        cache.put("a", 10, Ok(address()));
        cache.put("b", 10, Err(FetchError::new(Reason::Dns, "none")));
        assert_eq!(cache.get("a", 9), Some(Ok(address())));
        assert!(cache.get("b", 9).is_some_and(|found: Found| found.is_err()));
        assert_eq!((cache.get("a", 10), cache.get("b", 10), cache.get("c", 0)), (None, None, None));
        cache.put("a", 30, Ok(address()));
        assert!(cache.get("a", 20).is_some());
        cache.forget("a");
        assert_eq!(cache.get("a", 20), None);
    }

    #[test]
    fn it_stays_bounded_and_keeps_what_is_used() {
        let cache = NameCache::default();
        cache.put("used", 10, Ok(address()));
        for number in 0..5 * MOST {
            cache.put(&number.to_string(), 10, Ok(address()));
            assert!(cache.get("used", 0).is_some(), "{number}");
        }
        assert!(cache.len() <= MOST, "{}", cache.len());
        assert_eq!(cache.get("0", 0), None);
    }
}
