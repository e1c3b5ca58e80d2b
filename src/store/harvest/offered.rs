//! Queries that were offered of late and have not been answered: what is known of them needs no
//! look-up then. A cache: what is not here is in the store.

use hashbrown::HashMap;

use crate::domain::UrlKey;
use crate::domain::harvest::Purpose;

/// Queries remembered: some 4 MiB.
const MOST: usize = 1 << 15;

/// A query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Query {
    /// As it is sent.
    pub(super) text: String,
    pub(super) purpose: Purpose,
    /// Has this pass no row of it yet?
    pub(super) fresh: bool,
}

/// Queries by the keys of their rows. Belongs to a machine, which is given up when a transaction
/// fails.
#[derive(Debug, Default)]
pub(super) struct Offered(HashMap<UrlKey, Query>);

impl Offered {
    /// A query has been stored.
    pub(super) fn add(&mut self, key: UrlKey, query: Query) {
        if self.0.len() >= MOST {
            // Many were never answered.
            self.0.clear();
        }
        self.0.insert(key, query);
    }

    /// The text of a query, if it is remembered.
    pub(super) fn text(&self, key: UrlKey) -> Option<&str> {
        self.0.get(&key).map(|query| query.text.as_str())
    }

    /// Takes a query that was answered, if it is remembered.
    pub(super) fn take(&mut self, key: UrlKey) -> Option<Query> {
        self.0.remove(&key)
    }
}
