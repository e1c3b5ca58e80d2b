//! Settings: read from a file, the environment and the command line; decided and checked once.
//!
//! `raw` is the shape as written, `values` the units, and [`Settings`] what is meant. Nothing
//! downstream sees a raw value.

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
pub use proxies::ProxyKeys;
use raw::Raw;

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
    let raw = read(file, overrides).map_err(|error| {
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
    raw.decide()
}

/// A fault of syntax in one line, without the line of the file that it shows: it may be a password.
fn without_source(text: &str) -> String {
    let shown = |line: &str| {
        line.trim_start_matches(|c: char| c == ' ' || c.is_ascii_digit()).starts_with('|')
    };
    let words = text.lines().map(str::trim).filter(|line| !line.is_empty() && !shown(line));
    words.collect::<Vec<_>>().join(": ")
}

fn read(file: Option<&Path>, overrides: &[Override]) -> Result<Raw, config::ConfigError> {
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
    builder.build()?.try_deserialize()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(key: &'static str, text: &str) -> Override {
        Override { key, value: Value::Text(text.to_owned()) }
    }

    #[test]
    fn the_defaults_are_those_of_the_contract() {
        let settings = load(None, &[]).expect("defaults are valid");
        assert_eq!(settings.concurrency, 64);
        assert_eq!(settings.job, JobSpec::default());
        assert_eq!(settings.job.delay_ms, 500);
        assert_eq!(settings.known_cache, 128 << 20);
    }

    #[test]
    fn the_command_line_overrides() {
        let settings = load(None, &[given("politeness.delay", "2s")]).expect("valid");
        assert_eq!(settings.job.delay_ms, 2_000);
    }

    #[test]
    fn an_address_may_be_asked_as_much_as_a_host_unless_it_is_said_otherwise() {
        let number = |key, number| Override { key, value: Value::Number(number) };
        let places = |given: &[Override]| load(None, given).expect("valid").network.per_address;
        assert_eq!(places(&[]), 8);
        assert_eq!(places(&[number("politeness.per_host", 2)]), 8);
        let many = number("politeness.per_host", 64);
        assert_eq!(places(std::slice::from_ref(&many)), 64);
        assert_eq!(places(&[many, number("http.per_address", 8)]), 8);
    }

    #[test]
    fn every_fault_is_named_at_once() {
        let faults = [given("politeness.delay", "fast"), given("http.max_body", "10 parsecs")];
        let error = load(None, &faults).expect_err("invalid");
        assert_eq!(error.errors.len(), 2, "{error}");
        assert!(
            error.errors[0].contains("http.max_body") || error.errors[1].contains("http.max_body")
        );
    }

    #[test]
    fn a_file_with_an_unknown_key_is_refused_by_name() {
        let folder = tempfile::tempdir().expect("temp dir");
        let path = folder.path().join("crawld.toml");
        std::fs::write(&path, "[politeness]\ndelai = \"1s\"\n").expect("written");
        let error = load(Some(&path), &[]).expect_err("invalid");
        assert!(error.to_string().contains("delai"), "{error}");
        assert!(error.to_string().contains("crawld.toml"), "{error}");
    }

    #[test]
    fn a_fault_of_syntax_is_one_line_and_shows_no_password() {
        let folder = tempfile::tempdir().expect("temp dir");
        let path = folder.path().join("crawld.toml");
        for password in ["hunter2", "\"hunter2", "|hunter2", "12hunter2", "[\"hunter2\""] {
            let text = format!("[hosts.a]\nusername = \"u\"\npassword = {password}\n");
            std::fs::write(&path, text).expect("written");
            let error = load(Some(&path), &[]).expect_err("invalid").to_string();
            assert!(!error.contains("unter2") && !error.contains('\n'), "{error}");
            assert!(error.contains("line ") && error.contains("crawld.toml"), "{error}");
        }
    }

    #[test]
    fn a_section_for_what_is_no_host_or_for_no_request_is_refused() {
        let folder = tempfile::tempdir().expect("temp dir");
        let path = folder.path().join("crawld.toml");
        for (text, word) in [
            ("[hosts.\"http://a.test/\"]\ndelay = \"1s\"\n", "example.org:8443"),
            ("[hosts.\"a b\"]\nusername = \"u\"\n", "example.org:8443"),
            ("[hosts.\"a.test\"]\nper_host = 0\n", "hosts.a.test.per_host"),
            ("[http]\nheaders = { X = [1] }\n", "in quotes"),
        ] {
            std::fs::write(&path, text).expect("written");
            let error = load(Some(&path), &[]).expect_err(text).to_string();
            assert!(error.contains(word), "{error}");
        }
    }
}
