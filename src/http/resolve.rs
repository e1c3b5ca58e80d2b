//! Host names to the addresses that may be connected to.

mod cache;
mod lookup;

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use super::FetchError;
use crate::clock::Clock;
use crate::domain::address::{is_local_name, is_public};
use crate::domain::outcome::Reason;
use crate::domain::prefer::Prefer;
use cache::Found;
pub use cache::NameCache;
use lookup::{Answer, Lookups};

/// Addresses of one host tried at most.
const MOST_ADDRESSES: usize = 6;

/// Addresses by host name, in place of a look-up.
pub type Names = HashMap<String, Vec<IpAddr>>;

/// How names are looked up. Clones share what has been learned.
#[derive(Debug, Clone, Default)]
pub struct Dns {
    /// The name servers; none: those of the system.
    pub servers: Vec<SocketAddr>,
    /// Which addresses are tried first.
    pub prefer: Prefer,
    /// Names that nobody is asked for.
    pub names: Option<Arc<Names>>,
    /// What has been learned.
    pub cache: Arc<NameCache>,
}

/// Looks host names up, and remembers the answers for as long as they say.
#[derive(Debug)]
pub(super) struct Resolver {
    names: Option<Arc<Names>>,
    cache: Arc<NameCache>,
    lookups: Lookups,
}

impl Resolver {
    /// A resolver for the present thread.
    pub(super) fn new(dns: &Dns) -> Self {
        Self {
            names: dns.names.clone(),
            cache: Arc::clone(&dns.cache),
            lookups: Lookups::new(&dns.servers, dns.prefer),
        }
    }

    /// The addresses of `host` (a name, or an address with or without brackets) that may be
    /// connected to, in the resolver's order. What is checked here is what is connected to: a
    /// name cannot mean something else a moment later.
    ///
    /// # Errors
    /// `dns` when there is no address, `private` when there is none but private ones.
    pub(super) async fn addresses(
        &self,
        host: &str,
        allow_private: bool,
        clock: Clock,
    ) -> Result<Vec<IpAddr>, FetchError> {
        let all = self.all(host, allow_private, clock).await?;
        permitted(host, &all, allow_private)
    }

    /// Refuses a host of which any address is known to be private: for hosts that somebody else
    /// will look up and connect to. A name that is not found here is let pass.
    ///
    /// # Errors
    /// `private`.
    pub(super) async fn refuse_private(&self, host: &str, clock: Clock) -> Result<(), FetchError> {
        match self.all(host, false, clock).await {
            Ok(all) => all.iter().try_for_each(|&ip| permitted(host, &[ip], false).map(|_| ())),
            Err(error) if error.reason == Reason::Private => Err(error),
            Err(_) => Ok(()),
        }
    }

    /// Every address of a host.
    async fn all(&self, host: &str, allow_private: bool, clock: Clock) -> Found {
        if host.is_empty() {
            return Err(FetchError::new(Reason::Dns, "empty host name"));
        }
        let bare = host.strip_prefix('[').and_then(|h| h.strip_suffix(']')).unwrap_or(host);
        if let Ok(address) = bare.parse() {
            return Ok([address].into());
        }
        if !allow_private && is_local_name(host) {
            return Err(FetchError::new(Reason::Private, format!("{host} is a local name")));
        }
        match self.cache.get(host, clock.now()) {
            Some(found) => found,
            None => self.look_up(host, clock).await,
        }
    }

    /// Forgets a host none of whose addresses answered.
    pub(super) fn forget(&self, host: &str) {
        self.cache.forget(host);
    }

    async fn look_up(&self, host: &str, clock: Clock) -> Found {
        if let Some(all) = self.names.as_ref().and_then(|names| names.get(host)) {
            return Ok(self.arranged(all));
        }
        let Answer { found, ttl } = self.lookups.ask(host).await;
        let found = found.map(|all| self.arranged(&all));
        let found = found.map_err(|words| FetchError::new(Reason::Dns, format!("{host}: {words}")));
        self.cache.put(host, clock.now().saturating_add(ttl), found.clone());
        found
    }

    fn arranged(&self, all: &[IpAddr]) -> Arc<[IpAddr]> {
        self.lookups.prefer().arrange(all, MOST_ADDRESSES).into()
    }
}

fn permitted(host: &str, all: &[IpAddr], allow_private: bool) -> Result<Vec<IpAddr>, FetchError> {
    let usable: Vec<IpAddr> =
        all.iter().copied().filter(|&ip| allow_private || is_public(ip)).collect();
    match (usable.is_empty(), all.first()) {
        (false, _) => Ok(usable),
        (true, None) => Err(FetchError::new(Reason::Dns, format!("{host}: no address"))),
        (true, Some(ip)) => {
            Err(FetchError::new(Reason::Private, format!("{host} is {ip}, which is not public")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn ask(host: &str, allow_private: bool) -> Result<Vec<IpAddr>, Reason> {
        let names = Names::from([
            ("mixed.test".into(), vec![[127, 0, 0, 1].into(), [8, 8, 8, 8].into()]),
            ("inner.test".into(), vec![[10, 0, 0, 1].into()]),
            ("none.test".into(), vec![]),
        ]);
        let dns = Dns { names: Some(Arc::new(names)), ..Dns::default() };
        let resolver = Resolver::new(&dns);
        resolver.addresses(host, allow_private, Clock::start()).await.map_err(|error| error.reason)
    }

    #[actix_rt::test]
    async fn only_public_addresses_are_given_unless_private_ones_are_allowed() {
        assert_eq!(ask("mixed.test", false).await, Ok(vec![[8, 8, 8, 8].into()]));
        assert_eq!(ask("mixed.test", true).await.map(|all| all.len()), Ok(2));
        assert_eq!(ask("inner.test", false).await, Err(Reason::Private));
        assert_eq!(ask("inner.test", true).await, Ok(vec![[10, 0, 0, 1].into()]));
    }

    #[actix_rt::test]
    async fn for_a_proxy_one_private_address_is_enough_and_none_is_not() {
        let names = Names::from([
            ("mixed.test".into(), vec![[8, 8, 8, 8].into(), [127, 0, 0, 1].into()]),
            ("outer.test".into(), vec![[8, 8, 8, 8].into()]),
            ("none.test".into(), vec![]),
        ]);
        let dns = Dns { names: Some(Arc::new(names)), ..Dns::default() };
        let resolver = Resolver::new(&dns);
        for (host, expected) in [
            ("outer.test", Ok(())),
            ("none.test", Ok(())),
            ("8.8.8.8", Ok(())),
            ("mixed.test", Err(Reason::Private)),
            ("localhost", Err(Reason::Private)),
            ("[::1]", Err(Reason::Private)),
        ] {
            let got = resolver.refuse_private(host, Clock::start()).await;
            assert_eq!(got.map_err(|error| error.reason), expected, "{host}");
        }
    }

    #[actix_rt::test]
    async fn an_address_is_checked_without_a_lookup() {
        assert_eq!(ask("[::1]", false).await, Err(Reason::Private));
        assert_eq!(ask("[::ffff:127.0.0.1]", false).await, Err(Reason::Private));
        assert_eq!(ask("127.0.0.1", false).await, Err(Reason::Private));
        assert_eq!(ask("[::1]", true).await, Ok(vec!["::1".parse().unwrap()]));
    }

    #[actix_rt::test]
    async fn no_name_and_no_address_are_dns() {
        assert_eq!(ask("", true).await, Err(Reason::Dns));
        assert_eq!(ask("none.test", true).await, Err(Reason::Dns));
    }

    #[actix_rt::test]
    async fn a_local_name_is_private_without_a_lookup() {
        assert_eq!(ask("localhost", false).await, Err(Reason::Private));
    }
}
