//! Host names to the addresses that may be connected to.

use std::cell::RefCell;
use std::collections::HashMap;
use std::net::IpAddr;
use std::rc::Rc;
use std::sync::Arc;

use super::FetchError;
use crate::domain::Millis;
use crate::domain::address::{is_local_name, is_public};
use crate::domain::outcome::Reason;

/// How long an answer is used again: long enough to spare the resolver a lookup per connection,
/// short enough to follow a site that moves.
const FRESH: Millis = 60_000;
/// Answers kept at most.
const MOST: usize = 2048;
/// Addresses of one host tried at most.
const MOST_ADDRESSES: usize = 6;

/// Addresses by host name, in place of the system's resolver.
pub type Names = HashMap<String, Vec<IpAddr>>;

type Known = (Millis, Rc<[IpAddr]>);

/// Looks host names up, and remembers the answers for a minute.
#[derive(Debug)]
pub(super) struct Resolver {
    names: Option<Arc<Names>>,
    /// By host name: good until, addresses.
    known: RefCell<HashMap<String, Known>>,
}

impl Resolver {
    /// A resolver that asks `names` first, then the system.
    pub(super) fn new(names: Option<Arc<Names>>) -> Self {
        Self { names, known: RefCell::default() }
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
        now: Millis,
    ) -> Result<Vec<IpAddr>, FetchError> {
        if host.is_empty() {
            return Err(FetchError::new(Reason::Dns, "empty host name"));
        }
        let bare = host.strip_prefix('[').and_then(|h| h.strip_suffix(']')).unwrap_or(host);
        if let Ok(address) = bare.parse() {
            return permitted(host, &[address], allow_private);
        }
        if !allow_private && is_local_name(host) {
            return Err(FetchError::new(Reason::Private, format!("{host} is a local name")));
        }
        let all = match self.remembered(host, now) {
            Some(all) => all,
            None => self.look_up(host, now).await?,
        };
        permitted(host, &all, allow_private)
    }

    /// Forgets a host none of whose addresses answered.
    pub(super) fn forget(&self, host: &str) {
        self.known.borrow_mut().remove(host);
    }

    fn remembered(&self, host: &str, now: Millis) -> Option<Rc<[IpAddr]>> {
        let known = self.known.borrow();
        known.get(host).filter(|(until, _)| now < *until).map(|(_, all)| Rc::clone(all))
    }

    async fn look_up(&self, host: &str, now: Millis) -> Result<Rc<[IpAddr]>, FetchError> {
        if let Some(all) = self.names.as_ref().and_then(|names| names.get(host)) {
            return Ok(all.as_slice().into());
        }
        let found = tokio::net::lookup_host((host, 0))
            .await
            .map_err(|error| FetchError::new(Reason::Dns, format!("{host}: {error}")))?;
        let mut all = Vec::new();
        for address in found.map(|socket| socket.ip()) {
            if !all.contains(&address) && all.len() < MOST_ADDRESSES {
                all.push(address);
            }
        }
        let all: Rc<[IpAddr]> = all.into();
        let mut known = self.known.borrow_mut();
        if known.len() >= MOST {
            known.clear();
        }
        known.insert(host.to_owned(), (now.saturating_add(FRESH), Rc::clone(&all)));
        Ok(all)
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
        let resolver = Resolver::new(Some(Arc::new(names)));
        resolver.addresses(host, allow_private, 0).await.map_err(|error| error.reason)
    }

    #[actix_rt::test]
    async fn only_public_addresses_are_given_unless_private_ones_are_allowed() {
        assert_eq!(ask("mixed.test", false).await, Ok(vec![[8, 8, 8, 8].into()]));
        assert_eq!(ask("mixed.test", true).await.map(|all| all.len()), Ok(2));
        assert_eq!(ask("inner.test", false).await, Err(Reason::Private));
        assert_eq!(ask("inner.test", true).await, Ok(vec![[10, 0, 0, 1].into()]));
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
