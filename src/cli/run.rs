//! `crawld run`: every job of a configuration in one process.

use std::path::PathBuf;
use std::sync::Arc;

use signal_hook::consts::SIGTERM;

use super::error::CommandError;
use super::one_off;
use super::options::{FailOn, Global};
use super::progress::{Counter, Live};
use super::report::Report;
use super::serve;
use crate::actors::messages::StartJob;
use crate::actors::supervisor::End;
use crate::app;
use crate::clock::Clock;
use crate::config::{self, ConfiguredJob, Settings};
use crate::domain::JobId;
use crate::notify::Notify;
use crate::order::{self, Order, PrepareError};
use crate::run_settings::{GRACE, decide_proxies, open_files, run_settings, warn_of_ways};
use crate::signals::Waiting;
use crate::store::{Access, JobState, Origin, Store};

/// Numbers of errno(3) for the service manager: what was given is wrong; all else.
const EINVAL: i32 = 22;
const EIO: i32 = 5;

/// Options of `crawld run`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Leave when every job is done, with the report of each; else it stays until a signal
    #[arg(long)]
    until_done: bool,
    /// Exit with 3 if more of a job failed than this: failures>N or rate>P%
    #[arg(long, value_name = "LIMIT", value_parser = FailOn::parse, requires = "until_done")]
    fail_on: Option<FailOn>,
    /// Print the reports as JSON, one object a line
    #[arg(long, requires = "until_done")]
    json: bool,
    /// Only errors, no reports
    #[arg(long, short)]
    quiet: bool,
    /// Say more; twice: everything
    #[arg(long, short, action = clap::ArgAction::Count)]
    verbose: u8,
}

/// The jobs of the configuration, as far as they could be made ready.
#[derive(Default)]
struct Jobs {
    /// Those that have something to do.
    starts: Vec<StartJob>,
    /// Every one, in the order of the file.
    all: Vec<JobId>,
    /// How many could not be made ready.
    bad: usize,
}

/// Runs the jobs and gives the exit code. A service manager is told why there is none.
pub(super) fn run(args: &Args, global: &Global) -> Result<u8, CommandError> {
    carry_out(args, global).inspect_err(|error| {
        let number = if error.exit == 78 { EINVAL } else { EIO };
        Notify::from_environment().failed(number, &error.message);
    })
}

fn carry_out(args: &Args, global: &Global) -> Result<u8, CommandError> {
    // From now on no signal kills a daemon: what has begun is ended in order.
    let waiting = if args.until_done { None } else { Some(Waiting::start()?) };
    let (settings, file) = settings(args, global)?;
    let level = one_off::level(args.quiet, args.verbose);
    one_off::start_log(&settings, level);
    if let Some(waiting) = waiting {
        return match serve::run(settings, &file, level, global, waiting)? {
            Ok(End::Stopped(signal)) | Err(signal) => Ok(code_of(signal)),
            Ok(end) => one_off::ended(&end).map(|()| 0),
        };
    }
    let run_settings = run_settings(&settings, GRACE);
    open_files::suffice(run_settings.threads)?;
    one_off::set_up_tls(&run_settings.client, false)?;
    let clock = Clock::start();
    let store = Arc::new(Store::open(settings.database_url(), Access::Owner)?);
    let jobs = Jobs::prepare(&settings.jobs, &store, clock)?;
    let end = if jobs.starts.is_empty() {
        End::Complete
    } else {
        let running = jobs.starts.iter().map(|start| start.job.as_ref());
        let counter = Counter::new(settings.database_url(), running);
        let live = Live::new(args.quiet, counter, clock);
        app::run(run_settings, clock, Arc::clone(&store), jobs.starts, live)
            .map_err(|error| CommandError { exit: 1, message: error.to_string() })?
    };
    match end {
        End::Complete => {}
        End::Stopped(signal) => return Ok(code_of(signal)),
        other => return one_off::ended(&other).map(|()| 0),
    }
    let codes = jobs.all.iter().map(|id| finish(*id, args, &store));
    let codes = codes.collect::<Result<Vec<u8>, CommandError>>()?;
    // What could not be done goes before what was done badly.
    let failed = jobs.bad > 0 || codes.contains(&1);
    Ok(if failed { 1 } else { codes.into_iter().max().unwrap_or(0) })
}

/// SIGTERM is how a daemon is asked to end.
fn code_of(signal: i32) -> u8 {
    if signal == SIGTERM { 0 } else { 128 + u8::try_from(signal).unwrap_or(0) }
}

fn settings(args: &Args, global: &Global) -> Result<(Settings, PathBuf), CommandError> {
    let path = global.daemon_config()?;
    let mut settings = config::load(Some(&path), &global.overrides())?;
    if settings.jobs.is_empty() && args.until_done {
        let message = format!("{}: no job; add a section [jobs.NAME]", path.display());
        return Err(CommandError { exit: 78, message });
    }
    decide_proxies(&mut settings)?;
    Ok((settings, path))
}

impl Jobs {
    /// Makes each job ready. One that cannot be is said and left out.
    fn prepare(
        configured: &[ConfiguredJob],
        store: &Store,
        clock: Clock,
    ) -> Result<Self, CommandError> {
        let mut jobs = Self::default();
        for job in configured {
            warn_of_ways(&job.spec);
            if let Some(row) = store
                .job_by_name(&job.name)?
                .filter(|row| matches!(row.state, JobState::Paused | JobState::Stopped))
            {
                let order = if row.state == JobState::Paused { "resume" } else { "start" };
                log::info!("job={} the operator holds it; crawld {order} lets it go on", job.name);
                jobs.all.push(row.id);
                continue;
            }
            match ready(job, store, clock) {
                Ok(prepared) => {
                    jobs.all.push(prepared.start.job.id);
                    for note in prepared.notes.iter().chain(&prepared.hint) {
                        log::info!("{note}");
                    }
                    if prepared.notes.is_empty() && prepared.hint.is_none() {
                        log::info!("job={} {} begins", job.name, job.spec.kind);
                    }
                    let amount = prepared.start.job.amount();
                    if let Some(amount) = amount.filter(|_| !prepared.complete) {
                        log::info!("job={} {amount}", job.name);
                    }
                    if !prepared.complete {
                        jobs.starts.push(prepared.start);
                    }
                }
                Err(error) if error.exit == 69 => return Err(error),
                Err(error) => {
                    log::error!("job={} {}", job.name, error.message);
                    jobs.bad += 1;
                }
            }
        }
        Ok(jobs)
    }
}

fn ready(
    job: &ConfiguredJob,
    store: &Store,
    clock: Clock,
) -> Result<order::Prepared, CommandError> {
    let spec = order::with_archive(job.spec.clone())?;
    let order = Order { name: job.name.clone(), spec, again: false, origin: Origin::File };
    order::prepare(store, &order, clock).map_err(|error| match error {
        other @ (PrepareError::OtherKind { .. } | PrepareError::OtherRequest { .. }) => {
            CommandError::usage(other.of_configured())
        }
        other => other.into(),
    })
}

/// Shows the report of a job that is done; gives its part of the exit code.
fn finish(id: JobId, args: &Args, store: &Store) -> Result<u8, CommandError> {
    let sum = Report::read(store, id)?;
    if !args.quiet {
        one_off::show(store, &sum, args.json)?;
    }
    for line in super::report::hints(store, &sum)? {
        log::warn!("{line}");
    }
    if one_off::is_empty(&sum) {
        log::error!("job={} not one page came of it; the report says why", sum.name());
        return Ok(1);
    }
    Ok(one_off::verdict(&sum, args.fail_on))
}
