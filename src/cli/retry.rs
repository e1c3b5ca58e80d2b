//! `crawld retry`: failed URLs are asked again.

use std::io::Write;

use serde_json::json;

use super::daemon::{Door, said};
use super::error::{CommandError, closed_pipe_is_success};
use super::{jobs, text};
use crate::clock::Clock;
use crate::domain::selectors;
use crate::store::{JobRow, Origin, Retry, Store};

/// Options of `crawld retry`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The job
    #[arg(value_name = "JOB")]
    job: String,
    /// Only URLs that answered so: 404, 5xx or 500-503; several with commas
    #[arg(long, value_name = "STATUS", value_delimiter = ',', value_parser = status)]
    status: Vec<String>,
    /// Only URLs of this host, such as example.org or example.org:8080
    #[arg(long, value_name = "HOST", value_parser = host)]
    host: Option<String>,
    /// Only URLs that failed for this reason, such as dns or refused
    #[arg(long, value_name = "REASON", value_parser = reason)]
    reason: Option<String>,
    /// Only URLs that were asked in this time up to now, such as 2h
    #[arg(long, value_name = "D", value_parser = humantime::parse_duration)]
    since: Option<std::time::Duration>,
}

fn status(text: &str) -> Result<String, String> {
    selectors::statuses(text).map(|_| text.to_owned())
}

fn host(text: &str) -> Result<String, String> {
    selectors::host(text).map(|_| text.to_owned())
}

fn reason(text: &str) -> Result<String, String> {
    selectors::reason(text).map(|_| text.to_owned())
}

impl Args {
    fn since(&self) -> Option<i64> {
        let span = i64::try_from(self.since?.as_millis()).unwrap_or(i64::MAX);
        Some(Clock::start().now().saturating_sub(span))
    }
}

/// Has the daemon make the URLs due again.
///
/// # Errors
/// When it says no.
pub(super) fn by_daemon(args: &Args, door: Door, out: &mut dyn Write) -> Result<u8, CommandError> {
    let wish = json!({
        "status": args.status,
        "host": args.host,
        "reason": args.reason,
        "since": args.since(),
    });
    said(&door.ask("POST", &["v1", "jobs", &args.job, "retry"], Some(&wish))?, out)
}

/// Makes the URLs due again, prints how many, and how the job goes on.
///
/// # Errors
/// 2 when there is no such job, 69 when the store fails.
pub fn run(args: &Args, store: &Store, out: &mut dyn Write) -> Result<u8, CommandError> {
    closed_pipe_is_success(retry(args, store, out))
}

fn retry(args: &Args, store: &Store, out: &mut dyn Write) -> Result<u8, CommandError> {
    let job = jobs::named(store, &args.job)?;
    let which =
        Retry::read(&args.status, args.host.as_deref(), args.reason.as_deref(), args.since());
    let which = Retry { job: job.id, ..which.map_err(CommandError::usage)? };
    let found = store.retry(&which, Clock::start().now())?;
    if found == 0 {
        writeln!(out, "No failed URL of job '{}' matches; nothing was changed.", job.name)?;
        return Ok(0);
    }
    let urls = text::counted(i64::try_from(found).unwrap_or(i64::MAX), "URL");
    writeln!(out, "{urls} of job '{}' will be asked again.", job.name)?;
    writeln!(out, "{}", resume(&job))?;
    Ok(0)
}

/// How the job goes on.
fn resume(job: &JobRow) -> String {
    if job.origin == Origin::File {
        return "The daemon asks them when it runs: crawld run --config FILE".to_owned();
    }
    // Spelling it out would leave options out, and an option left out is an option changed.
    format!("Resume with the command that began it (crawld {} ...).", job.kind)
}
