//! Settings: read from a file, the environment and the command line; decided and checked once.
//!
//! `raw` is the shape as written, `values` the units, and [`Settings`] what is meant. Nothing
//! downstream sees a raw value.

mod places;
pub mod proxies;
mod raw;
pub mod values;

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use config::builder::DefaultState;
use config::{Config, ConfigBuilder, Environment, File, FileFormat};

use crate::domain::job::JobSpec;
use crate::domain::prefer::Prefer;
use crate::domain::schedule::Schedule;
pub use proxies::ProxyKeys;

/// What a configuration means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Most requests in flight, all jobs together.
    pub concurrency: usize,
    /// Threads that fetch; 0: one per core.
    pub threads: usize,
    /// How long requests in flight may go on after a signal, milliseconds; `None`: the default.
    pub grace_ms: Option<i64>,
    /// Log filter, as `env_logger` reads it.
    pub log: Option<String>,
    /// URL of the store; `None`: the default.
    pub database: Option<String>,
    /// Bytes of memory for URLs known already.
    pub known_cache: usize,
    /// Further certificates to trust.
    pub ca_file: Option<PathBuf>,
    /// Proxies, but for the environment's: `job.proxy` is still without any.
    pub proxies: ProxyKeys,
    /// Name look-up and addresses.
    pub network: Network,
    /// A job with the defaults of `[http]` and `[politeness]`, and the options of the command.
    pub job: JobSpec,
    /// The jobs of `[jobs.NAME]`, in the order of the file.
    pub jobs: Vec<ConfiguredJob>,
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

/// Reads the settings: defaults, then the file, then `CRAWLD__SECTION__KEY`, then the command line.
///
/// # Errors
/// With every fault found, each naming its file or key and the mend.
pub fn load(file: Option<&Path>, overrides: &[Override]) -> Result<Settings, ConfigError> {
    let config = read(file, overrides).map_err(|error| {
        let why = without_source(&error.to_string());
        ConfigError {
            errors: vec![match file {
                Some(path) if !why.contains(&*path.to_string_lossy()) => {
                    format!("{}: {why}", path.display())
                }
                _ => why,
            }],
        }
    })?;
    raw::decide(&config).map_err(|error| match file {
        Some(path) => places::name(path, &config, error),
        None => error,
    })
}

/// A fault of syntax in one line, without the line of the file that it shows: it may be a password.
fn without_source(text: &str) -> String {
    let shown = |line: &str| {
        line.trim_start_matches(|c: char| c == ' ' || c.is_ascii_digit()).starts_with('|')
    };
    let words = text.lines().map(str::trim).filter(|line| !line.is_empty() && !shown(line));
    words.collect::<Vec<_>>().join(": ")
}

fn read(file: Option<&Path>, overrides: &[Override]) -> Result<Config, config::ConfigError> {
    let mut builder: ConfigBuilder<DefaultState> = Config::builder();
    if let Some(path) = file {
        builder = builder.add_source(File::from(path).format(FileFormat::Toml));
    }
    let environment = Environment::with_prefix("CRAWLD").prefix_separator("__").separator("__");
    builder = builder.add_source(environment.try_parsing(true));
    if builder.clone().build()?.get_table("job").is_ok() {
        let what = "unknown key 'job': jobs stand under [jobs.NAME]".to_owned();
        return Err(config::ConfigError::Message(what));
    }
    for given in overrides {
        builder = match &given.value {
            Value::Text(text) => builder.set_override(given.key, text.as_str())?,
            Value::Number(number) => builder.set_override(given.key, *number)?,
            Value::Flag(flag) => builder.set_override(given.key, *flag)?,
            Value::List(list) => builder.set_override(given.key, list.clone())?,
        };
    }
    builder.build()
}

#[cfg(test)]
mod tests;
