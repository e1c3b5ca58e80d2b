//! How often each path was asked.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};

/// Paths that are counted each by itself; further ones count in the total only.
const MOST_PATHS: usize = 10_000;

/// The counts of a site.
#[derive(Debug, Default)]
pub(super) struct Counts(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    requests: u64,
    paths: BTreeMap<String, u64>,
}

impl Counts {
    /// Counts a request; returns how often its path has been asked, now included.
    pub(super) fn add(&self, path: &str) -> u64 {
        let mut inner = self.inner();
        inner.requests += 1;
        if let Some(times) = inner.paths.get_mut(path) {
            *times += 1;
            return *times;
        }
        if inner.paths.len() < MOST_PATHS {
            inner.paths.insert(path.to_owned(), 1);
        }
        1
    }

    /// All requests so far.
    pub(super) fn requests(&self) -> u64 {
        self.inner().requests
    }

    /// How often a path was asked.
    pub(super) fn hits(&self, path: &str) -> u64 {
        self.inner().paths.get(path).copied().unwrap_or(0)
    }

    /// `{"requests": N, "paths": {"/": 1}}`.
    pub(super) fn json(&self) -> Value {
        let inner = self.inner();
        json!({ "requests": inner.requests, "paths": inner.paths })
    }

    /// Counting cannot leave the counts half changed, so a panic elsewhere spoils nothing.
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_beyond_the_bound_count_in_the_total_only() {
        let counts = Counts::default();
        for number in 0..MOST_PATHS + 5 {
            assert_eq!(counts.add(&format!("/{number}")), 1);
        }
        assert_eq!(counts.add("/7"), 2);
        assert_eq!((counts.hits("/7"), counts.hits("/10004")), (2, 0));
        assert_eq!(counts.requests(), MOST_PATHS as u64 + 6);
        assert_eq!(counts.inner().paths.len(), MOST_PATHS);
    }
}
