//! Settings: read from a file, the environment and the command line; decided and checked once.
//!
//! `files` are what is read, `raw` is the shape as written, `values` the units, and [`Settings`] what
//! is meant. Nothing downstream sees a raw value. `diff` says what a reload changes.

mod clash;
pub mod control;
pub mod diff;
pub mod effective;
mod files;
mod load;
mod places;
pub mod proxies;
mod raw;
mod surroundings;
pub mod values;

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

use crate::domain::job::JobSpec;
use crate::domain::prefer::Prefer;
use crate::domain::schedule::Schedule;
use crate::logging;
pub use control::Control;
pub use diff::{Change, Diff, diff};
pub use load::{load, load_in, look, usual_place, usual_socket};
pub use proxies::ProxyKeys;
pub use surroundings::{SYSTEM_FILE, Surroundings};

/// Where everything is kept unless it is said otherwise.
pub const DEFAULT_DATABASE: &str = "sqlite://crawld.db";

/// How long requests in flight of what stays or runs several jobs may go on after a signal,
/// milliseconds, unless it is said.
pub const GRACE_MS: i64 = 20_000;
/// What such a process logs unless it is said.
pub const LOG: &str = "crawld=info";
/// How long a daemon tries a host hourly that would be given up, milliseconds, unless it is said:
/// whoever mends it need not tell us.
pub const PERSISTENCE_MS: i64 = 24 * 3_600_000;

/// What a configuration means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Most requests in flight, all jobs together.
    pub concurrency: usize,
    /// Threads that fetch; 0: one per core.
    pub threads: usize,
    /// How long requests in flight may go on after a signal, milliseconds; `None`: the default.
    pub grace_ms: Option<i64>,
    /// Longest stop of all, the grace included, milliseconds: then the process ends as it is.
    pub stop_timeout_ms: i64,
    /// Log filter, as `env_logger` reads it.
    pub log: Option<String>,
    /// How a log line is written.
    pub log_format: logging::Format,
    /// URL of the store; `None`: the default. May hold a password.
    pub database: Option<String>,
    /// Bytes of memory for URLs known already.
    pub known_cache: usize,
    /// Bytes that must be free where the store lies.
    pub min_free: u64,
    /// Where the daemon is spoken to.
    pub control: Control,
    /// Further certificates to trust.
    pub ca_file: Option<PathBuf>,
    /// SHA-256 of that file; `None`: there is none, or it cannot be read.
    pub ca_digest: Option<String>,
    /// Proxies, but for the environment's: `job.proxy` is still without any.
    pub proxies: ProxyKeys,
    /// Name look-up and addresses.
    pub network: Network,
    /// A job with the defaults of `[http]` and `[politeness]`, and the options of the command.
    pub job: JobSpec,
    /// The jobs of `[jobs.NAME]`, in the order of the file.
    pub jobs: Vec<ConfiguredJob>,
    /// Files with secrets that could not be read by us, though perhaps by the service: one line each;
    /// a mask stands for the secret. Always empty where secrets are needed.
    pub unread: Vec<String>,
    /// What may be a mistake and may come right, one line each.
    pub doubts: Vec<String>,
}

impl Settings {
    /// URL of the store. May hold a password.
    #[must_use]
    pub fn database_url(&self) -> &str {
        self.database.as_deref().unwrap_or(DEFAULT_DATABASE)
    }
}

/// A job of a configuration file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfiguredJob {
    /// Its name.
    pub name: String,
    /// What it is to be, but for proxies from the environment.
    pub spec: JobSpec,
    /// Its proxies, but for the environment's.
    pub proxies: ProxyKeys,
    /// When it begins a new pass; `None`: it runs once.
    pub schedule: Option<Schedule>,
}

/// How hosts are found and how much is read, for all jobs together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Network {
    /// Name servers; none: those of the system.
    pub dns_servers: Vec<SocketAddr>,
    /// Which addresses of a host are tried first.
    pub dns_prefer: Prefer,
    /// Bytes of memory for bodies and outcomes.
    pub max_buffered: u64,
    /// Bytes a second; `None`: as many as come.
    pub limit_rate: Option<u64>,
    /// Is TLS 1.2 not good enough?
    pub only_tls13: bool,
    /// Most requests in flight to one address; 0: no limit.
    pub per_address: usize,
}

impl Default for Network {
    fn default() -> Self {
        Self {
            dns_servers: Vec::new(),
            dns_prefer: Prefer::default(),
            per_address: 8,
            max_buffered: 48 << 20,
            limit_rate: None,
            only_tls13: false,
        }
    }
}

/// Everything that is wrong with a configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    /// One line each.
    pub errors: Vec<String>,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.errors.join("\n"))
    }
}

impl std::error::Error for ConfigError {}

/// A value given on the command line, by the key that it stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Override {
    /// `politeness.delay`.
    pub key: &'static str,
    /// As written; lists are separate.
    pub value: Value,
}

/// An overriding value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// One text.
    Text(String),
    /// A number.
    Number(i64),
    /// A switch.
    Flag(bool),
    /// Several texts.
    List(Vec<String>),
}

#[cfg(test)]
mod tests;
