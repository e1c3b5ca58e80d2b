//! The crawl's own vocabulary. Pure: no clock, no I/O, no actor, no database, no HTTP client.

pub mod address;
pub mod cookies;
pub mod counted;
pub mod credentials;
pub mod extract;
pub mod figures;
pub mod harvest;
pub mod items;
pub mod job;
pub mod link;
pub mod list;
pub mod listing;
pub mod masked;
pub mod named_hosts;
pub mod outcome;
pub mod page_url;
pub mod politeness;
pub mod prefer;
pub mod proxy;
pub mod recording;
pub mod request;
pub mod robots;
pub mod role;
pub mod schedule;
pub mod scope;
pub mod secret;
pub mod selectors;
pub mod task;
pub mod template;
pub mod traps;
pub mod url;

/// Unix time or a span of it, in milliseconds.
pub type Millis = i64;

/// A job's number in its store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct JobId(pub i64);

/// xxh3-64 of a host's authority (`example.org`, `example.org:8080`); ports 80 of http and 443 of
/// https are one host. Fixed for ever: it is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct HostKey(pub i64);

/// xxh3-64 of a canonical URL's text. Fixed for ever: it is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UrlKey(pub i64);
