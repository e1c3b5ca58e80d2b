//! The hosts that the operator named: they may be private.

use std::sync::{Arc, PoisonError, RwLock};

use hashbrown::HashSet;

use super::HostKey;

/// Them, by their keys. Clones share one set, which grows while a list is read: some 16 bytes for
/// each host that the operator lists. What servers say names nobody.
#[derive(Debug, Clone, Default)]
pub struct NamedHosts(Arc<RwLock<HashSet<HostKey>>>);

impl NamedHosts {
    /// Adds hosts.
    pub fn add(&self, hosts: impl IntoIterator<Item = HostKey>) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).extend(hosts);
    }

    /// Every one of them, as they are now.
    #[must_use]
    pub fn all(&self) -> Vec<HostKey> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).iter().copied().collect()
    }

    /// Is this one of them?
    #[must_use]
    pub fn contains(&self, host: HostKey) -> bool {
        self.0.read().unwrap_or_else(PoisonError::into_inner).contains(&host)
    }
}

impl FromIterator<HostKey> for NamedHosts {
    fn from_iter<I: IntoIterator<Item = HostKey>>(hosts: I) -> Self {
        let named = Self::default();
        named.add(hosts);
        named
    }
}
