//! The options that the one-off commands share: each stands for a configuration key.

use std::path::{Path, PathBuf};

use clap::Args;

use super::error::CommandError;
use super::way::WayOptions;
use crate::config::{Override, SYSTEM_FILE, Surroundings, Value, values};

/// Options of every command.
#[derive(Debug, Clone, Args)]
pub(super) struct Global {
    /// Where everything is kept: `sqlite://PATH`, a bare path, or `postgres://...`
    /// [default: `sqlite://crawld.db`, in `$STATE_DIRECTORY` where that is set]
    #[arg(long, value_name = "URL", global = true)]
    database: Option<String>,
    /// Read settings from this file, then from conf.d/*.toml beside it
    #[arg(long, value_name = "FILE", global = true)]
    config: Option<PathBuf>,
    /// How a log line is written [default: text]
    #[arg(long, value_parser = ["text", "json"], global = true)]
    log_format: Option<String>,
}

impl Global {
    /// The configuration file.
    pub(super) fn config(&self) -> Option<&Path> {
        self.config.as_deref()
    }

    /// The configuration of a daemon: the file that is named, or the system's.
    ///
    /// # Errors
    /// 2 if there is neither.
    pub(super) fn daemon_config(&self) -> Result<PathBuf, CommandError> {
        let system = || Surroundings::of_process().system_file();
        self.config.clone().or_else(system).ok_or_else(|| {
            CommandError::usage(format!("give --config FILE: there is no {SYSTEM_FILE}"))
        })
    }

    /// The configuration of the daemon that a command is for: the file that is named, or the
    /// system's where no other database is named.
    pub(super) fn daemon_of(&self) -> Option<PathBuf> {
        let system = || Surroundings::of_process().system_file();
        self.config.clone().or_else(|| self.database.is_none().then(system)?)
    }

    /// The configuration keys that these options override.
    pub(super) fn overrides(&self) -> Vec<Override> {
        let texts = [("database.url", &self.database), ("daemon.log_format", &self.log_format)];
        let given = texts.into_iter().filter_map(|(key, text)| Some((key, text.clone()?)));
        given.map(|(key, text)| Override { key, value: Value::Text(text) }).collect()
    }
}

/// Options shared by the one-off commands.
#[expect(clippy::struct_excessive_bools, reason = "a command line is made of switches")]
#[derive(Debug, Clone, Args)]
pub(super) struct Shared {
    /// Name of the job
    #[arg(long, value_name = "NAME")]
    pub(super) job: Option<String>,
    /// Begin a new pass: ask every known page once more; of a list or listings what they hold now
    #[arg(long)]
    pub(super) again: bool,
    /// Stop after N pages; raising it later goes on
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i64).range(1..))]
    max_pages: Option<i64>,
    /// Ask at most N pages of each host
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i64).range(1..))]
    max_pages_per_host: Option<i64>,
    /// Ask the first N hosts only
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i64).range(1..))]
    max_hosts: Option<i64>,
    /// Stop after so many bytes of decoded bodies
    #[arg(long, value_name = "SIZE", value_parser = size)]
    max_bytes: Option<String>,
    /// Ask at most N URLs that differ in numbers, dates, tokens and query values only
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i64).range(1..))]
    max_per_template: Option<i64>,
    /// Go no deeper than N links from a root
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i64).range(0..=1_000_000))]
    max_depth: Option<i64>,
    /// Stop after this running time, such as 1h30m
    #[arg(long, value_name = "D", value_parser = span)]
    max_time: Option<String>,
    /// Most requests in flight [default: 64]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i64).range(1..=100_000))]
    concurrency: Option<i64>,
    /// Most requests in flight to one host [default: 1]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i64).range(1..=100_000))]
    per_host: Option<i64>,
    /// Most requests in flight to one address, all hosts together; 0: no limit
    /// [default: 8, or --per-host where that is more]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i64).range(0..=100_000))]
    per_address: Option<i64>,
    /// Least time between two requests to one host [default: 500ms]
    #[arg(long, value_name = "D", value_parser = span)]
    delay: Option<String>,
    /// Limit of a whole request; the others shrink to fit [default: 2m]
    #[arg(long, value_name = "D", value_parser = span)]
    timeout: Option<String>,
    /// Tries of a URL, the first included [default: 4]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i64).range(1..=1_000))]
    max_tries: Option<i64>,
    /// Most redirects in a chain [default: 10]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i64).range(0..=1_000))]
    max_redirects: Option<i64>,
    /// Largest body [default: 10MiB]
    #[arg(long, value_name = "SIZE", value_parser = size)]
    max_body: Option<String>,
    /// Read at most so many bytes a second, all hosts together
    #[arg(long, value_name = "SIZE", value_parser = size)]
    limit_rate: Option<String>,
    /// Which links are followed [default: host]
    #[arg(long, value_parser = ["host", "domain", "prefix", "any"])]
    scope: Option<String>,
    /// Ask only URLs that match this regex (repeatable)
    #[arg(long, value_name = "RE")]
    include: Vec<String>,
    /// Ask no URL that matches this regex (repeatable)
    #[arg(long, value_name = "RE")]
    exclude: Vec<String>,
    /// Do not ask for robots.txt and do not obey it
    #[arg(long)]
    no_robots: bool,
    /// User-Agent header
    #[arg(long, value_name = "S")]
    user_agent: Option<String>,
    /// A further request header (repeatable); credentials go to the hosts of the roots only
    #[arg(long = "header", value_name = "K:V", value_parser = header)]
    headers: Vec<String>,
    /// Take no cookies and send none back
    #[arg(long)]
    no_cookies: bool,
    /// Ask private addresses too
    #[arg(long)]
    allow_private: bool,
    #[command(flatten)]
    pub(super) way: WayOptions,
    /// Record every exchange in this folder (WARC 1.1)
    #[arg(long, value_name = "DIR")]
    warc: Option<String>,
    /// Which links are stored [default: first]
    #[arg(long, value_parser = ["first", "all"])]
    links: Option<String>,
    /// Exit with 3 if more failed than this: failures>N or rate>P%
    #[arg(long, value_name = "LIMIT", value_parser = FailOn::parse)]
    pub(super) fail_on: Option<FailOn>,
    /// Print the report as JSON
    #[arg(long)]
    pub(super) json: bool,
    /// Only errors, no report
    #[arg(long, short)]
    pub(super) quiet: bool,
    /// Say more; twice: everything
    #[arg(long, short, action = clap::ArgAction::Count)]
    pub(super) verbose: u8,
}

impl Shared {
    /// The configuration keys that these options override.
    pub(super) fn overrides(&self) -> Vec<Override> {
        let mut list = Vec::new();
        let texts = [
            ("job.max_time", &self.max_time),
            ("job.max_bytes", &self.max_bytes),
            ("politeness.delay", &self.delay),
            ("http.total_timeout", &self.timeout),
            ("http.max_body", &self.max_body),
            ("http.limit_rate", &self.limit_rate),
            ("job.scope", &self.scope),
            ("http.user_agent", &self.user_agent),
            ("job.links", &self.links),
            ("http.warc", &self.warc),
        ];
        for (key, text) in texts {
            list.extend(text.clone().map(|text| Override { key, value: Value::Text(text) }));
        }
        let numbers = [
            ("job.max_pages", self.max_pages),
            ("job.max_pages_per_host", self.max_pages_per_host),
            ("job.max_hosts", self.max_hosts),
            ("job.max_per_template", self.max_per_template),
            ("job.max_depth", self.max_depth),
            ("daemon.concurrency", self.concurrency),
            ("politeness.per_host", self.per_host),
            ("http.per_address", self.per_address),
            ("politeness.max_tries", self.max_tries),
            ("http.max_redirects", self.max_redirects),
        ];
        for (key, number) in numbers {
            list.extend(number.map(|number| Override { key, value: Value::Number(number) }));
        }
        let lists = [
            ("job.include", &self.include),
            ("job.exclude", &self.exclude),
            ("http.headers", &self.headers),
        ];
        for (key, texts) in lists.into_iter().filter(|(_, texts)| !texts.is_empty()) {
            list.push(Override { key, value: Value::List(texts.clone()) });
        }
        if self.no_robots {
            list.push(Override { key: "politeness.robots", value: Value::Flag(false) });
        }
        if self.no_cookies {
            list.push(Override { key: "http.cookies", value: Value::Flag(false) });
        }
        list.extend(self.way.overrides());
        if self.allow_private {
            list.push(Override { key: "http.allow_private", value: Value::Flag(true) });
        }
        list
    }
}

/// Checks a span of time; it is read again with the settings.
fn span(text: &str) -> Result<String, String> {
    values::span_ms(text).map(|_| text.to_owned())
}

/// Checks a size.
fn size(text: &str) -> Result<String, String> {
    values::size(text).map(|_| text.to_owned())
}

/// Checks a header.
fn header(text: &str) -> Result<String, String> {
    let pair = text.split_once(':').filter(|(name, _)| !name.trim().is_empty());
    pair.map(|_| text.to_owned()).ok_or_else(|| format!("'{text}' is not 'Name: value'"))
}

/// When failures make the exit code 3.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum FailOn {
    /// More failed URLs than this.
    Failures(i64),
    /// A larger share of failed URLs than this, in percent.
    Rate(f64),
}

impl FailOn {
    /// Reads `failures>10` or `rate>5%`.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let wrong = || format!("'{text}': write failures>10 or rate>5%");
        let (what, limit) = text.split_once('>').ok_or_else(wrong)?;
        match (what.trim(), limit.trim()) {
            ("failures", n) => {
                n.parse::<u32>().map(|n| Self::Failures(n.into())).map_err(|_| wrong())
            }
            ("rate", share) => {
                let share = share.strip_suffix('%').ok_or_else(wrong)?;
                let share: f64 = share.trim().parse().map_err(|_| wrong())?;
                if (0.0..=100.0).contains(&share) { Ok(Self::Rate(share)) } else { Err(wrong()) }
            }
            _ => Err(wrong()),
        }
    }

    /// Is the limit exceeded?
    pub(super) fn trips(self, failed: i64, finished: i64) -> bool {
        match self {
            Self::Failures(limit) => failed > limit,
            Self::Rate(limit) => {
                let share = |n: i64| f64::from(i32::try_from(n).unwrap_or(i32::MAX));
                finished > 0 && 100.0 * share(failed) / share(finished) > limit
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fail_on_reads_counts_and_rates() {
        assert_eq!(FailOn::parse("failures>0"), Ok(FailOn::Failures(0)));
        assert_eq!(FailOn::parse("rate>2.5%"), Ok(FailOn::Rate(2.5)));
        assert!(FailOn::parse("rate>5").is_err());
        assert!(FailOn::Failures(0).trips(1, 10));
        assert!(!FailOn::Rate(10.0).trips(1, 10));
    }
}
