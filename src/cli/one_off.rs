//! A one-off command: one job in the foreground until done.

use std::sync::Arc;
use std::time::Duration;

use super::error::CommandError;
use super::options::{FailOn, Global, Shared};
use super::progress::{Counter, Live};
use super::report;
use super::text::without_login;
use crate::actors::supervisor::End;
use crate::app;
use crate::clock::Clock;
use crate::config::{self, Override, Settings};
use crate::domain::job::{JobSpec, Root};
use crate::domain::outcome::UrlState;
use crate::http::ClientOptions;
use crate::logging;
use crate::order::{self, Order, PrepareError};
use crate::run_settings::{decide_proxies, open_files, run_settings, warn_of_ways};
use crate::store::{Access, Origin, Store};

/// How long requests in flight of a one-off may go on after a signal.
const GRACE: Duration = Duration::from_secs(5);

/// What is a command's own.
pub(super) trait OneOff {
    /// The options that all of them have.
    fn shared(&self) -> &Shared;

    /// What its own options say, by keys of the configuration.
    fn overrides(&self) -> Vec<Override>;

    /// The job that it asks for.
    fn order(&self, settings: &Settings) -> Result<Order, CommandError>;

    /// What is said when no page came of it.
    fn without_result(&self, _store: &Store, _sum: &report::Report) -> CommandError {
        let message = "no root gave a page; the report says why".to_owned();
        CommandError { exit: 1, message }
    }

    /// Told of the order before anything is done for it. `new`: the store has no such job yet.
    fn before(&self, _order: &Order, _new: bool) -> Result<(), CommandError> {
        Ok(())
    }
}

/// Runs a command and gives the exit code.
pub(super) fn run(command: &impl OneOff, global: &Global) -> Result<u8, CommandError> {
    let shared = command.shared();
    let settings = settings(command, global)?;
    start_log(&settings, level(shared.quiet, shared.verbose));
    let run_settings = run_settings(&settings, GRACE);
    open_files::suffice(run_settings.threads)?;
    set_up_tls(&run_settings.client, shared.way.names_ca_file())?;
    warn_of_ways(&settings.job);
    let clock = Clock::start();
    let order = command.order(&settings)?;
    let store = Arc::new(Store::open(settings.database_url(), Access::Owner)?);
    command.before(&order, store.job_by_name(&order.name)?.is_none())?;
    let prepared = order::prepare(&store, &order, clock)?;
    for note in prepared.notes.iter().chain(&prepared.hint) {
        log::info!("{note}");
    }
    let id = prepared.start.job.id;
    let end = if prepared.complete {
        End::Complete
    } else {
        let job = [prepared.start.job.as_ref()];
        let counter = Counter::new(settings.database_url(), job.into_iter());
        let live = Live::new(shared.quiet, counter, clock);
        let jobs = vec![prepared.start];
        app::run(run_settings, clock, Arc::clone(&store), jobs, live)
            .map_err(|error| CommandError { exit: 1, message: error.to_string() })?
    };
    let sum = report::Report::read(&store, id)?;
    if !shared.quiet {
        show(&store, &sum, shared.json)?;
    }
    for line in report::hints(&store, &sum)? {
        log::warn!("{line}");
    }
    exit_code(command, &end, &store, &sum)
}

fn settings(command: &impl OneOff, global: &Global) -> Result<Settings, CommandError> {
    let shared = command.shared();
    shared.way.check()?;
    let mut overrides = global.overrides();
    overrides.extend(shared.overrides());
    overrides.extend(command.overrides());
    let mut settings = config::load(global.config(), &overrides).map_err(|error| {
        // What is wrong with the options alone is no fault of the configuration.
        let by_option = config::load(global.config(), &[]).is_ok();
        if by_option { CommandError::usage(error.to_string()) } else { error.into() }
    })?;
    decide_proxies(&mut settings)?;
    Ok(settings)
}

/// Builds what all clients share, so that a file of certificates that is none is told at once.
pub(super) fn set_up_tls(client: &ClientOptions, by_flag: bool) -> Result<(), CommandError> {
    client.set_up_tls().map_err(|error| CommandError {
        exit: if by_flag { 2 } else { 78 },
        message: error.to_string(),
    })
}

/// Starts logging as it is configured; `usual`: what is logged unless that is said.
pub(super) fn start_log(settings: &Settings, usual: &str) {
    logging::set_format(settings.log_format);
    logging::set_format(settings.log_format);
    logging::start(settings.log.as_deref().unwrap_or(usual));
}

/// What is logged unless the configuration says it.
pub(super) fn level(quiet: bool, verbose: u8) -> &'static str {
    match (quiet, verbose) {
        (true, _) => "error",
        (false, 0) => config::LOG,
        (false, 1) => "crawld=debug",
        (false, _) => "trace",
    }
}

/// The URLs that a job begins with, and the secrets that came with them: a login in a URL is for
/// that origin.
pub(super) fn roots(given: &[String], spec: JobSpec) -> Result<(Vec<Root>, JobSpec), CommandError> {
    let (mut roots, mut secrets) = (Vec::new(), spec.secrets.clone());
    for text in given {
        let root = Root::parse(text).map_err(|error| CommandError {
            exit: 2,
            message: format!(
                "'{}': {error}; give a URL such as https://example.org/",
                without_login(text)
            ),
        })?;
        if let Some(origin) = secrets.take_from(text, &root) {
            log::warn!(
                "the login in the URL is sent to {origin} only; while this runs other users of \
                 this machine may read it: username and password_file under [hosts] are safe"
            );
        }
        roots.push(root);
    }
    let texts = roots.iter().map(|root| root.text().to_owned()).collect();
    Ok((roots, JobSpec { roots: texts, secrets, ..spec }))
}

/// The order for a job, by the name given with `--job` or else by this one.
pub(super) fn order(shared: &Shared, name: String, spec: JobSpec) -> Result<Order, CommandError> {
    let spec = order::with_archive(spec)?;
    let name = shared.job.clone().unwrap_or(name);
    if name.trim().is_empty() || name.chars().any(char::is_control) {
        return Err(CommandError::usage("--job: give a name of visible characters"));
    }
    Ok(Order { name, spec, again: shared.again, origin: Origin::Cli })
}

/// Prints the report of a job.
pub(super) fn show(store: &Store, sum: &report::Report, json: bool) -> Result<(), CommandError> {
    let mut out = std::io::stdout().lock();
    let shown = if json {
        report::print_json(sum, &mut out).map_err(CommandError::from)
    } else {
        let printed = report::print(sum, &mut out).map_err(CommandError::from);
        printed.and_then(|()| report::print_broken(store, sum, &mut out))
    };
    // A reader that has had enough is no failure of the job.
    shown.or_else(|error| if error.exit == 0 { Ok(()) } else { Err(error) })
}

fn exit_code(
    command: &impl OneOff,
    end: &End,
    store: &Store,
    sum: &report::Report,
) -> Result<u8, CommandError> {
    if let End::Stopped(signal) = end {
        return Ok(128 + u8::try_from(*signal).unwrap_or(0));
    }
    ended(end)?;
    if is_empty(sum) {
        return Err(command.without_result(store, sum));
    }
    Ok(verdict(sum, command.shared().fail_on))
}

/// Did the run come to its end, or what kept it from it?
pub(super) fn ended(end: &End) -> Result<(), CommandError> {
    match end {
        End::Complete | End::Stopped(_) => Ok(()),
        End::Overtaken => Err(CommandError {
            exit: 1,
            message: "somebody has begun the next pass of this job elsewhere; it goes on there, \
                      and crawld status tells how far it is"
                .to_owned(),
        }),
        End::StoreLost(error) => Err(CommandError { exit: 69, message: error.to_string() }),
        End::GaveUp(why) => Err(CommandError { exit: 1, message: why.clone() }),
    }
}

/// Has the job come to nothing, though no limit cut it?
pub(super) fn is_empty(sum: &report::Report) -> bool {
    sum.count(UrlState::Done) == 0 && sum.limit().is_none()
}

/// The exit code of a job that has come to something.
pub(super) fn verdict(sum: &report::Report, fail_on: Option<FailOn>) -> u8 {
    let (failed, finished) = (sum.count(UrlState::Failed), sum.finished());
    let trips = fail_on.is_some_and(|limit| limit.trips(failed, finished));
    if trips { 3 } else { 0 }
}

impl From<PrepareError> for CommandError {
    fn from(error: PrepareError) -> Self {
        match error {
            PrepareError::Store(error) => error.into(),
            other => Self { exit: 2, message: other.to_string() },
        }
    }
}
