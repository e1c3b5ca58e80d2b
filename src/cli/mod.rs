//! The command line. Text for people is made here and nowhere else.

mod backup;
mod check;
mod crawl;
mod daemon;
mod demo;
pub mod error;
pub mod explain;
pub mod export;
mod fetch;
mod hosts;
mod jobs;
mod man;
mod migrate_store;
mod one_off;
mod opening;
mod options;
mod progress;
pub mod report;
pub mod retry;
pub mod robots;
mod run;
mod scrape;
mod serve;
pub mod status;
mod suggest;
mod text;
mod try_out;
mod way;

use std::env;
use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

use crate::config;
use crate::logging;
use crate::run_settings::open_files;
use crate::signals;
use crate::store::{Access, Store};
use daemon::{Door, Order};
use error::{CommandError, closed_pipe_is_success};
use options::Global;

/// A polite, resumable web crawler that loses nothing
#[derive(Debug, Parser)]
#[command(name = "crawld", version, propagate_version = true, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    global: Global,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Crawl a site from its roots; the same command again resumes
    Crawl(Box<crawl::Args>),
    /// Ask for each URL of a list, and record the links of its page
    Fetch(Box<fetch::Args>),
    /// Harvest an endpoint that completes queries; the same command again resumes
    Suggest(Box<suggest::Args>),
    /// Take the items of paginated listings; the same command again resumes
    Scrape(Box<scrape::Args>),
    /// Run every job of a configuration in one process
    Run(run::Args),
    /// Validate a configuration and tell every error in it
    Check(check::Args),
    /// Show how each job stands
    Status(status::Args),
    /// Sum up what came of a job
    Report(report::Args),
    /// Say why a URL is asked or not, and what is known of it
    Explain(explain::Args),
    /// Write pages, links, items or suggestions as a table or a graph
    Export(export::Args),
    /// Make failed URLs due again
    Retry(retry::Args),
    /// Hold a job until it is resumed, restarts included
    Pause(daemon::Named),
    /// Let a paused job go on
    Resume(daemon::Named),
    /// End the pass of a job and leave its queue
    Stop(daemon::Named),
    /// Let a stopped job go on, or begin a new pass of one that is done
    Start(daemon::Named),
    /// Remove a job that is no longer configured, with all that it stored
    Forget(daemon::Named),
    /// Have the daemon read its configuration again: all of it holds then, or nothing has changed
    Reload,
    /// Write a copy of the store (SQLite), also while a crawl runs
    Backup(backup::Args),
    /// Copy a store into another database, where its crawls go on
    MigrateStore(migrate_store::Args),
    /// Show what a job of a configuration would take from a page, and follow
    Try(try_out::Args),
    /// Judge a URL by a robots.txt file
    Robots(robots::Args),
    /// Show what crawld does, on a small site of its own
    Demo(demo::Args),
    /// Print shell completions
    Completions {
        /// For this shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page, or write all of them to a folder
    Man(man::Args),
}

/// Runs the program and gives its exit code.
#[must_use]
pub fn main() -> ExitCode {
    if begins_a_daemon(env::args_os()) {
        // What fails here fails again, and is told, where the daemon begins to wait.
        signals::remember_hangups().ok();
    }
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // clap prints help to stdout with 0 and mistakes to stderr with 2.
            let code = ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
            return match error.print() {
                // A reader that has had enough of the help is no failure.
                Ok(()) | Err(_) => code,
            };
        }
    };
    open_files::raise();
    let result = closed_pipe_is_success(run(&cli));
    ExitCode::from(result.unwrap_or_else(|error| complain(&error)))
}

/// Is this `crawld run ...` that stays? Seen without reading the command line, which takes a while
/// in which SIGHUP would be the end of it. With options before `run` the daemon itself sees to it,
/// a moment later.
fn begins_a_daemon(arguments: impl Iterator<Item = OsString>) -> bool {
    let mut arguments = arguments.skip(1);
    arguments.next().is_some_and(|command| command == "run")
        && !arguments.any(|argument| argument == "--until-done")
}

fn run(cli: &Cli) -> Result<u8, CommandError> {
    match &cli.command {
        Command::Crawl(args) => one_off::run(args.as_ref(), &cli.global),
        Command::Fetch(args) => one_off::run(args.as_ref(), &cli.global),
        Command::Suggest(args) => one_off::run(args.as_ref(), &cli.global),
        Command::Scrape(args) => one_off::run(args.as_ref(), &cli.global),
        Command::Run(args) => run::run(args, &cli.global),
        _ => {
            let mut out = io::BufWriter::new(io::stdout().lock());
            let code = print(cli, &mut out)?;
            out.flush()?;
            Ok(code)
        }
    }
}

/// Runs a command that is no run of jobs.
fn print(cli: &Cli, out: &mut dyn Write) -> Result<u8, CommandError> {
    match &cli.command {
        Command::Check(args) => check::run(args, &cli.global, out),
        Command::Robots(args) => robots::run(args, out),
        Command::Demo(args) => demo::run(args, out),
        Command::Try(args) => try_out::run(args, &cli.global, out),
        Command::Man(args) => man::run(args, Cli::command(), out),
        Command::Completions { shell } => {
            // The generator panics when its writer fails: it writes to memory.
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut Cli::command(), "crawld", &mut script);
            out.write_all(&script)?;
            Ok(0)
        }
        Command::Reload => daemon::reload(&cli.global, out),
        Command::Status(args) => match Door::find(&cli.global)? {
            Some(door) => status::by_daemon(args, door, || Door::find(&cli.global), out),
            None => status::run(args, &open(cli, Access::Reader)?, out),
        },
        Command::Report(args) => match Door::find(&cli.global)? {
            Some(door) => report::by_daemon(args, door, out),
            None => report::run(args, &open(cli, Access::Reader)?, out),
        },
        Command::Explain(args) => match Door::find(&cli.global)? {
            Some(door) => explain::by_daemon(args, door, out),
            None => explain::run(args, &open(cli, Access::Reader)?, out),
        },
        Command::Retry(_)
        | Command::Pause(_)
        | Command::Resume(_)
        | Command::Stop(_)
        | Command::Start(_)
        | Command::Forget(_) => change(cli, out),
        Command::MigrateStore(args) => migrate_store::run(args, out),
        Command::Backup(args) => backup::run(args, &open(cli, Access::Reader)?, out),
        Command::Export(args) => export::run(args, &open(cli, Access::Reader)?, out),
        Command::Crawl(_)
        | Command::Fetch(_)
        | Command::Suggest(_)
        | Command::Scrape(_)
        | Command::Run(_) => Err(CommandError::usage("that command runs jobs")),
    }
}

/// Runs a command that changes a job: the daemon does it, or it is done in the store.
fn change(cli: &Cli, out: &mut dyn Write) -> Result<u8, CommandError> {
    let (order, named) = match &cli.command {
        Command::Pause(named) => (Order::Pause, named),
        Command::Resume(named) => (Order::Resume, named),
        Command::Stop(named) => (Order::Stop, named),
        Command::Start(named) => (Order::Start, named),
        other => return change_otherwise(cli, other, out),
    };
    match Door::find(&cli.global)? {
        Some(door) => daemon::order(order, &named.job, door, out),
        None => daemon::order_stored(order, &named.job, &own(cli)?, out),
    }
}

fn change_otherwise(cli: &Cli, command: &Command, out: &mut dyn Write) -> Result<u8, CommandError> {
    match (command, Door::find(&cli.global)?) {
        (Command::Retry(args), Some(door)) => retry::by_daemon(args, door, out),
        (Command::Retry(args), None) => retry::run(args, &own(cli)?, out),
        (Command::Forget(named), Some(door)) => daemon::forget(&named.job, door, out),
        (Command::Forget(named), None) => {
            let settings = config::look(cli.global.config(), &cli.global.overrides())?;
            daemon::forget_stored(&named.job, &settings, &own(cli)?, out)
        }
        _ => Err(CommandError::usage("that is no command for a job")),
    }
}

/// Opens the store to change it. An owner would make one that is not there.
fn own(cli: &Cli) -> Result<Store, CommandError> {
    drop(open(cli, Access::Reader)?);
    open(cli, Access::Owner)
}

/// Opens the store that the options name.
fn open(cli: &Cli, access: Access) -> Result<Store, CommandError> {
    let settings = config::load(cli.global.config(), &cli.global.overrides())?;
    one_off::start_log(&settings, "crawld=warn");
    Ok(Store::open(settings.database_url(), access)?)
}

fn complain(error: &CommandError) -> u8 {
    for line in error.message.lines().map(text::clean) {
        // Nothing is left to be done if even stderr is gone.
        if logging::complain(&line).is_err() {
            break;
        }
    }
    error.exit
}

impl From<config::ConfigError> for CommandError {
    fn from(error: config::ConfigError) -> Self {
        Self { exit: 78, message: error.to_string() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_daemon_is_told_from_other_commands_without_reading_all_of_its_line() {
        let begins = |line: &str| begins_a_daemon(line.split(' ').map(OsString::from));
        assert!(begins("crawld run") && begins("crawld run --config run"));
        for other in ["crawld", "crawld run --until-done", "crawld pause run", "crawld crawl run"] {
            assert!(!begins(other), "{other}");
        }
    }

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
