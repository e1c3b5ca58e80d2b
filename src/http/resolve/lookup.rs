//! Asks for the addresses of a name: the name servers, or the system where those are not known.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use futures_util::future::{Either, select};
use hickory_resolver::config::{
    ConnectionConfig, NameServerConfig, ResolverConfig, ResolverOpts, ServerOrderingStrategy,
};
use hickory_resolver::lookup::Lookup;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::proto::rr::Name;
use hickory_resolver::{TokioResolver, system_conf};

use crate::domain::Millis;
use crate::domain::prefer::Prefer;

/// How long an answer of the system is used again, which comes without a time to live.
const SYSTEM_TTL: Millis = 60_000;
/// How long a failure that may pass is believed: less than the first rest of a host, so that every
/// try asks anew.
const TROUBLE_TTL: Millis = 1_000;
/// No answer is believed for less, whatever its time to live.
const LEAST_TTL: Millis = 1_000;
/// Nor for more.
const MOST_TTL: Millis = 3_600_000;
/// Nor that there is no such name.
const MOST_NEGATIVE_TTL: Millis = 300_000;
/// Longest wait for one reply of a name server.
const PATIENCE: Duration = Duration::from_secs(3);
/// How long the other kind of address is waited for when the preferred one is there (RFC 8305,
/// section 3).
const RESOLUTION_DELAY: Duration = Duration::from_millis(50);
/// Questions under way at once over one TCP connection to a name server.
const MOST_QUESTIONS: usize = 1024;

/// What a look-up brought, and for how long it is true.
pub(super) struct Answer {
    /// The addresses, or why there are none.
    pub(super) found: Result<Vec<IpAddr>, String>,
    /// Milliseconds.
    pub(super) ttl: Millis,
}

/// Who is asked.
pub(super) enum Lookups {
    /// The name servers of the configuration, or those of `/etc/resolv.conf`; `/etc/hosts` first.
    Servers(Box<TokioResolver>, Prefer),
    /// The system's own look-up.
    System(Prefer),
}

impl fmt::Debug for Lookups {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Servers(..) => "Servers",
            Self::System(_) => "System",
        })
    }
}

impl Lookups {
    /// Asks `servers`; when there are none, those of the system.
    pub(super) fn new(servers: &[SocketAddr], prefer: Prefer) -> Self {
        let conf = if servers.is_empty() {
            system_conf::read_system_conf()
        } else {
            let servers = servers.iter().map(name_server).collect();
            Ok((ResolverConfig::from_name_servers(servers), ResolverOpts::default()))
        };
        let built = conf.and_then(|(config, options)| {
            let provider = TokioRuntimeProvider::default();
            TokioResolver::builder_with_config(config, provider)
                .with_options(tempered(options))
                .build()
        });
        match built {
            Ok(resolver) => Self::Servers(Box::new(resolver), prefer),
            Err(error) => {
                log::info!("no name servers ({error}): names are looked up by the system");
                Self::System(prefer)
            }
        }
    }

    /// The addresses of a name.
    pub(super) async fn ask(&self, host: &str) -> Answer {
        match self {
            Self::Servers(resolver, prefer) => ask_servers(resolver, *prefer, host).await,
            Self::System(_) => ask_system(host).await,
        }
    }

    /// The order in which addresses are to be tried.
    pub(super) fn prefer(&self) -> Prefer {
        match self {
            Self::Servers(_, prefer) | Self::System(prefer) => *prefer,
        }
    }
}

fn name_server(address: &SocketAddr) -> NameServerConfig {
    let connections = [ConnectionConfig::udp(), ConnectionConfig::tcp()].map(|mut connection| {
        connection.port = address.port();
        connection
    });
    NameServerConfig::new(address.ip(), true, connections.into())
}

/// The system's options, but with an end in sight and no cache: ours is shared by all threads.
fn tempered(options: ResolverOpts) -> ResolverOpts {
    let mut options = options;
    options.timeout = options.timeout.min(PATIENCE);
    options.attempts = options.attempts.min(1);
    options.cache_size = 0;
    options.max_active_requests = MOST_QUESTIONS;
    options.server_ordering_strategy = ServerOrderingStrategy::UserProvidedOrder;
    options
}

async fn ask_servers(resolver: &TokioResolver, prefer: Prefer, host: &str) -> Answer {
    let Ok(mut name) = Name::from_ascii(host) else {
        return Answer { found: Err("no name that can be looked up".into()), ttl: MOST_TTL };
    };
    // The search list is for names of one label. Otherwise a wildcard in the own domain would turn
    // every name that does not exist into a host inside.
    name.set_fqdn(name.num_labels() > 1);
    let four = Box::pin(resolver.ipv4_lookup(name.clone()));
    let six = Box::pin(resolver.ipv6_lookup(name));
    let (first, second) = match prefer {
        Prefer::Ipv4 => both(four, six, false).await,
        Prefer::Ipv6 => both(six, four, false).await,
        Prefer::Any => both(four, six, true).await,
    };
    together(first, second)
}

type Looked = Result<Lookup, NetError>;

/// Both answers, but when the preferred one (if `either`: the one that comes first) has an address
/// the other is waited for no longer than a moment.
async fn both<A, B>(preferred: A, other: B, either: bool) -> (Looked, Option<Looked>)
where
    A: Future<Output = Looked> + Unpin,
    B: Future<Output = Looked> + Unpin,
{
    match select(preferred, other).await {
        Either::Left((first, other)) => rest(first, other).await,
        Either::Right((first, preferred)) if either => rest(first, preferred).await,
        Either::Right((second, preferred)) => (preferred.await, Some(second)),
    }
}

async fn rest(first: Looked, other: impl Future<Output = Looked>) -> (Looked, Option<Looked>) {
    if first.as_ref().is_ok_and(|lookup| addresses(lookup).next().is_some()) {
        let other = tokio::time::timeout(RESOLUTION_DELAY, other).await.ok();
        return (first, other);
    }
    (first, Some(other.await))
}

fn addresses(lookup: &Lookup) -> impl Iterator<Item = IpAddr> + '_ {
    lookup.answers().iter().filter_map(|record| record.data.ip_addr())
}

/// One answer of two. Where one kind of address failed and the other does not exist, nothing is
/// known for long.
fn together(first: Looked, second: Option<Looked>) -> Answer {
    let all = [Some(first), second];
    let good: Vec<&Lookup> =
        all.iter().flatten().filter_map(|looked| looked.as_ref().ok()).collect();
    let found: Vec<IpAddr> = good.iter().flat_map(|lookup| addresses(lookup)).collect();
    if !found.is_empty() {
        let seconds = good.iter().flat_map(|lookup| lookup.answers()).map(|record| record.ttl);
        let ttl = Millis::from(seconds.min().unwrap_or(0)) * 1000;
        return Answer { found: Ok(found), ttl: ttl.clamp(LEAST_TTL, MOST_TTL) };
    }
    let failures = all.iter().flatten().filter_map(|looked| looked.as_ref().err()).map(failure);
    let soonest = failures.min_by_key(|(ttl, _)| *ttl);
    let (ttl, words) = soonest.unwrap_or_else(|| (TROUBLE_TTL, "no address".to_owned()));
    Answer { found: Err(words), ttl: ttl.max(LEAST_TTL) }
}

/// How long a failure is true, and the words for it.
fn failure(error: &NetError) -> (Millis, String) {
    match error {
        NetError::Dns(DnsError::NoRecordsFound(none)) => {
            let ttl = none.negative_ttl.map_or(TROUBLE_TTL, |ttl| Millis::from(ttl) * 1000);
            (ttl.min(MOST_NEGATIVE_TTL), none.response_code.to_string())
        }
        NetError::Timeout => (TROUBLE_TTL, "the name server does not answer".to_owned()),
        other => (TROUBLE_TTL, other.to_string()),
    }
}

async fn ask_system(host: &str) -> Answer {
    match tokio::net::lookup_host((host, 0)).await {
        Ok(found) => Answer { found: Ok(found.map(|s| s.ip()).collect()), ttl: SYSTEM_TTL },
        Err(error) => Answer { found: Err(error.to_string()), ttl: TROUBLE_TTL },
    }
}
