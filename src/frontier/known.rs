//! URLs already known to a job: an exact, bounded, shared set that spares the store most links.
//!
//! Exact: it holds the very 64-bit keys of the store, so it never calls an unknown URL known (as a
//! Bloom filter would: a lost page). Bounded: beyond its size the older half is forgotten, and the
//! store decides. It is filled only with what the store has confirmed.

use std::fmt;
use std::mem;
use std::sync::{Mutex, MutexGuard, PoisonError};

use hashbrown::HashTable;

use crate::domain::{JobId, UrlKey};

/// Shards: threads seldom meet, and no growth doubles more than a small part.
const SHARDS: usize = 64;
/// Bytes of an entry: key, depth, and the table's control byte.
const ENTRY: usize = 11;
/// A table is doubled in size beyond this share of its buckets.
const LOAD: (usize, usize) = (7, 8);
/// Smallest table worth having.
const LEAST_BUCKETS: usize = 16;

/// Known URLs with their depth, shared by threads.
pub struct KnownUrls {
    shards: Vec<Mutex<Shard>>,
    /// Entries of one generation of one shard.
    capacity: usize,
}

#[derive(Default)]
struct Shard {
    young: HashTable<Entry>,
    old: HashTable<Entry>,
}

/// Packed, since there are millions.
#[derive(Clone, Copy)]
#[repr(C, packed)]
struct Entry {
    key: u64,
    depth: u16,
}

impl KnownUrls {
    /// A set that never takes more than about `bytes` of memory; it grows as it is used.
    #[must_use]
    pub fn new(bytes: usize) -> Self {
        let affordable = bytes / (SHARDS * 2 * ENTRY);
        // The greatest power of two that fits: a table's buckets come in such numbers.
        let buckets = (affordable / 2 + 1).next_power_of_two().max(LEAST_BUCKETS);
        Self {
            shards: (0..SHARDS).map(|_| Mutex::default()).collect(),
            capacity: buckets / LOAD.1 * LOAD.0,
        }
    }

    /// Is the URL known to the job with this depth or a smaller one?
    #[must_use]
    pub fn covers(&self, job: JobId, key: UrlKey, depth: i32) -> bool {
        let key = mixed(job, key);
        let found = self.shard(key).find(key);
        found.is_some_and(|known| i32::from(known) <= depth)
    }

    /// The depth that a URL is known with, if it is known here.
    #[must_use]
    pub fn depth(&self, job: JobId, key: UrlKey) -> Option<i32> {
        let key = mixed(job, key);
        self.shard(key).find(key).map(i32::from)
    }

    /// Takes note of a URL that the store holds with this depth.
    pub fn learn(&self, job: JobId, key: UrlKey, depth: i32) {
        // A depth that does not fit is left to the store.
        if let Ok(depth) = u16::try_from(depth) {
            let key = mixed(job, key);
            self.shard(key).note(key, depth, self.capacity);
        }
    }

    /// Forgets everything: after a lost connection nobody knows what the store really holds, and at
    /// the start of a pass known URLs become due again.
    pub fn clear(&self) {
        for shard in &self.shards {
            *shard.lock().unwrap_or_else(PoisonError::into_inner) = Shard::default();
        }
    }

    /// URLs held.
    #[must_use]
    pub fn len(&self) -> usize {
        let held = |shard: &Mutex<Shard>| {
            let shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
            shard.young.len() + shard.old.len()
        };
        self.shards.iter().map(held).sum()
    }

    /// Is nothing held?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes of memory held.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let held = |shard: &Mutex<Shard>| {
            let shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
            shard.young.allocation_size() + shard.old.allocation_size()
        };
        self.shards.iter().map(held).sum()
    }

    #[expect(clippy::indexing_slicing, reason = "a remainder by the number of shards")]
    fn shard(&self, key: u64) -> MutexGuard<'_, Shard> {
        // Not the bits that the tables go by.
        let at = (key >> 32) as usize % SHARDS;
        self.shards[at].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for KnownUrls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KnownUrls").field("len", &self.len()).finish_non_exhaustive()
    }
}

impl Shard {
    fn find(&self, key: u64) -> Option<u16> {
        let same = |entry: &Entry| entry.key == key;
        self.young.find(key, same).or_else(|| self.old.find(key, same)).map(|entry| entry.depth)
    }

    fn note(&mut self, key: u64, depth: u16, capacity: usize) {
        let depth = self.find(key).map_or(depth, |known| known.min(depth));
        if let Some(entry) = self.young.find_mut(key, |entry| entry.key == key) {
            entry.depth = depth;
            return;
        }
        if self.young.len() >= capacity {
            self.old = mem::take(&mut self.young);
        }
        if let Ok(entry) = self.old.find_entry(key, |entry| entry.key == key) {
            entry.remove();
        }
        self.young.insert_unique(key, Entry { key, depth }, |entry| entry.key);
    }
}

/// One key of both: a job's number turns the bits of the URL's key, and nothing is lost.
fn mixed(job: JobId, key: UrlKey) -> u64 {
    key.0.cast_unsigned() ^ job.0.cast_unsigned().wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

#[cfg(test)]
mod tests {
    use super::*;

    const JOB: JobId = JobId(1);

    fn key(n: u64) -> UrlKey {
        UrlKey(xxhash_rust::xxh3::xxh3_64(&n.to_le_bytes()).cast_signed())
    }

    #[test]
    fn only_what_was_learnt_is_covered_and_only_at_its_depth_or_deeper() {
        let known = KnownUrls::new(1 << 20);
        assert!(!known.covers(JOB, key(1), 9));
        known.learn(JOB, key(1), 3);
        assert!(known.covers(JOB, key(1), 3) && known.covers(JOB, key(1), 4));
        assert!(!known.covers(JOB, key(1), 2), "a shorter way must reach the store");
        assert!(!known.covers(JobId(2), key(1), 3), "jobs know their own");
        known.learn(JOB, key(1), 1);
        known.learn(JOB, key(1), 7);
        assert!(known.covers(JOB, key(1), 1), "the smallest depth stays");
        assert_eq!(known.len(), 1);
    }

    #[test]
    fn memory_is_bounded_and_the_latest_stay() {
        let bytes = 1 << 20;
        let known = KnownUrls::new(bytes);
        for n in 0..1_000_000 {
            known.learn(JOB, key(n), 0);
            if n % 100_000 == 0 {
                assert!(known.bytes() <= bytes, "{} bytes", known.bytes());
            }
        }
        assert!(known.bytes() <= bytes && known.bytes() > bytes / 4, "{} bytes", known.bytes());
        assert!((990_000..1_000_000).all(|n| known.covers(JOB, key(n), 0)), "the latest");
        assert!((0..900_000).all(|n| !known.covers(JOB, key(n), 0)), "the oldest are gone");
    }

    #[test]
    fn nothing_is_ever_called_known_that_is_not() {
        let known = KnownUrls::new(1 << 22);
        for n in 0..100_000 {
            known.learn(JOB, key(n), 0);
        }
        assert!((0..100_000).all(|n| known.covers(JOB, key(n), 0)));
        assert!((100_000..600_000).all(|n| !known.covers(JOB, key(n), i32::MAX)));
    }

    #[test]
    fn what_was_learnt_again_outlives_its_generation() {
        let known = KnownUrls::new(SHARDS * 2 * ENTRY * LEAST_BUCKETS);
        for n in 0..100_000 {
            known.learn(JOB, key(u64::MAX), 2);
            known.learn(JOB, key(n), 0);
        }
        assert!(known.covers(JOB, key(u64::MAX), 2));
        assert!(!known.covers(JOB, key(u64::MAX), 1));
    }

    #[test]
    fn clearing_forgets_all_and_gives_the_memory_back() {
        let known = KnownUrls::new(1 << 20);
        known.learn(JOB, key(1), 0);
        known.learn(JOB, key(2), 70_000);
        assert_eq!(known.len(), 1, "a depth that does not fit is left to the store");
        known.clear();
        assert!(known.is_empty() && known.bytes() == 0);
        assert!(!known.covers(JOB, key(1), 0));
    }
}
