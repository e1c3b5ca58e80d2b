//! Commands to a running daemon; where none runs, what they mean for the store alone.

use std::io::Write;
use std::path::Path;

use serde_json::Value;

use super::error::CommandError;
use super::options::Global;
use super::{jobs, text};
use crate::clock::Clock;
use crate::config;
use crate::control::client::{Answer, Client};
use crate::control::{Failure, ReloadSaid, Said};
use crate::order;
use crate::store::{JobState, Store};

/// A store that a command finds in its own folder is what is meant.
const DEFAULT_FILE: &str = "crawld.db";

/// The job that a command is for.
#[derive(Debug, clap::Args)]
pub(super) struct Named {
    /// The job
    #[arg(value_name = "JOB")]
    pub(super) job: String,
}

/// What a job is told to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    Pause,
    Resume,
    Stop,
    Start,
}

impl Order {
    fn name(self) -> &'static str {
        match self {
            Self::Pause => "pause",
            Self::Resume => "resume",
            Self::Stop => "stop",
            Self::Start => "start",
        }
    }
}

/// The way to a running daemon.
pub(super) struct Door(Client);

impl Door {
    /// To the daemon that the options mean, if one answers: with `--config` that of this
    /// configuration, else the system's, unless another database is named or lies in this folder.
    pub(super) fn find(global: &Global) -> Result<Option<Self>, CommandError> {
        if global.config().is_none() && Path::new(DEFAULT_FILE).exists() {
            return Ok(None);
        }
        let file = global.daemon_of();
        let socket = match config::look(file.as_deref(), &global.overrides()) {
            Ok(settings) => settings.control.socket,
            // The daemon is to hear of it, and says what is wrong.
            Err(_) => config::usual_socket(file.as_deref()),
        };
        let Some(socket) = socket else { return Ok(None) };
        let failed = |error: std::io::Error| {
            let mend = if error.kind() == std::io::ErrorKind::PermissionDenied {
                "; be root, or a member of the daemon's group"
            } else {
                ""
            };
            CommandError { exit: 1, message: format!("{error}{mend}") }
        };
        if let Some(client) = Client::call(&socket).map_err(failed)? {
            return Ok(Some(Self(client)));
        }
        // The file may name another socket now than it did when the daemon began.
        let usual = file.as_deref().and_then(config::usual_place).filter(|usual| *usual != socket);
        let client = usual.map(|usual| Client::call(&usual)).transpose().map_err(failed)?.flatten();
        Ok(client.map(Self))
    }

    /// Asks one thing.
    pub(super) fn ask(
        self,
        method: &str,
        path: &[&str],
        body: Option<&Value>,
    ) -> Result<Answer, CommandError> {
        let answer = self.0.ask(method, path, &[], body);
        answer.map_err(|error| CommandError { exit: 1, message: error.to_string() })
    }

    /// Looks at one thing.
    pub(super) fn look(
        self,
        path: &[&str],
        query: &[(&str, &str)],
    ) -> Result<Answer, CommandError> {
        let answer = self.0.ask("GET", path, query, None);
        answer.map_err(|error| CommandError { exit: 1, message: error.to_string() })
    }
}

/// Prints a text of the daemon's.
pub(super) fn told(answer: &Answer, out: &mut dyn Write) -> Result<u8, CommandError> {
    if !answer.is_good() {
        return Err(refused(answer));
    }
    out.write_all(answer.body.as_bytes())?;
    Ok(0)
}

/// Prints what an order gave.
pub(super) fn said(answer: &Answer, out: &mut dyn Write) -> Result<u8, CommandError> {
    if !answer.is_good() {
        return Err(refused(answer));
    }
    match serde_json::from_str::<Said>(&answer.body) {
        Ok(said) => writeln!(out, "{}", text::clean(&said.message))?,
        Err(_) => writeln!(out, "{}", text::clean(&answer.body))?,
    }
    Ok(0)
}

/// What the daemon says no with.
pub(super) fn refused(answer: &Answer) -> CommandError {
    let message = serde_json::from_str::<Failure>(&answer.body)
        .map_or_else(|_| answer.body.clone(), |failure| failure.error);
    let exit = match answer.status {
        400 | 404 | 422 => 2,
        503 => 69,
        _ => 1,
    };
    CommandError { exit, message }
}

/// Has the daemon read its configuration again.
pub(super) fn reload(global: &Global, out: &mut dyn Write) -> Result<u8, CommandError> {
    let Some(door) = Door::find(global)? else {
        let message = "no daemon answers: it reads its configuration when it starts".to_owned();
        return Err(CommandError { exit: 1, message });
    };
    let answer = door.ask("POST", &["v1", "reload"], None)?;
    let Ok(said) = serde_json::from_str::<ReloadSaid>(&answer.body) else {
        return Err(refused(&answer));
    };
    if answer.is_good() {
        for line in said.message.lines() {
            writeln!(out, "reload {}: {}", said.outcome, text::clean(line))?;
        }
        return Ok(0);
    }
    let lines = said.message.lines().map(|line| format!("reload {}: {line}", said.outcome));
    let message = lines.collect::<Vec<_>>().join("\n");
    let exit = if said.outcome == "invalid" { 78 } else { 1 };
    Err(CommandError { exit, message })
}

/// Has the daemon do something about a job.
pub(super) fn order(
    order: Order,
    job: &str,
    door: Door,
    out: &mut dyn Write,
) -> Result<u8, CommandError> {
    said(&door.ask("POST", &["v1", "jobs", job, order.name()], None)?, out)
}

/// Has the daemon forget a job.
pub(super) fn forget(job: &str, door: Door, out: &mut dyn Write) -> Result<u8, CommandError> {
    said(&door.ask("DELETE", &["v1", "jobs", job], None)?, out)
}

/// Without a daemon: writes down what is to hold when one runs.
pub(super) fn order_stored(
    order: Order,
    job: &str,
    store: &Store,
    out: &mut dyn Write,
) -> Result<u8, CommandError> {
    let row = jobs::named(store, job)?;
    let name = text::clean(job);
    let state = match (order, row.state) {
        (Order::Pause, JobState::Paused) | (Order::Stop, JobState::Stopped) => {
            writeln!(out, "job {name} is {} already", row.state.name())?;
            return Ok(0);
        }
        (Order::Stop, JobState::Done) => {
            writeln!(out, "job {name} is done: there is nothing to stop")?;
            return Ok(0);
        }
        (Order::Pause, JobState::Stopped) => {
            let message =
                format!("job '{job}' is stopped: it rests until it is started: crawld start {job}");
            return Err(CommandError { exit: 1, message });
        }
        (Order::Resume, state) if state != JobState::Paused => {
            let hint = if state == JobState::Stopped { "; start lets it go on" } else { "" };
            writeln!(out, "job {name} is not paused{hint}")?;
            return Ok(0);
        }
        (Order::Start, JobState::Paused) => {
            let message = format!("job '{job}' is paused until it is resumed: crawld resume {job}");
            return Err(CommandError { exit: 1, message });
        }
        (Order::Start, JobState::Done) => {
            let message = format!(
                "job '{job}' is done, and no daemon runs that could begin a new pass; a command \
                 does with --again"
            );
            return Err(CommandError { exit: 1, message });
        }
        (Order::Pause, _) => JobState::Paused,
        (Order::Stop, _) => JobState::Stopped,
        (Order::Resume | Order::Start, _) => JobState::Running,
    };
    store.set_job_state(row.id, state, None, Clock::start().now())?;
    match state {
        JobState::Running => writeln!(out, "job {name} goes on when a daemon runs")?,
        state => writeln!(out, "job {name} is {}; no daemon runs", state.name())?,
    }
    Ok(0)
}

/// Without a daemon: removes a job and all that it stored.
pub(super) fn forget_stored(
    job: &str,
    configured: &config::Settings,
    store: &Store,
    out: &mut dyn Write,
) -> Result<u8, CommandError> {
    if configured.jobs.iter().any(|known| known.name == job) {
        let message = format!("job '{job}' is configured: take it out of the configuration first");
        return Err(CommandError { exit: 1, message });
    }
    let row = jobs::named(store, job)?;
    let clock = Clock::start();
    if store.waiting(row.id, clock.now())?.leased > 0 {
        let message = format!(
            "job '{job}' is being asked for by a daemon: take it out of its configuration first"
        );
        return Err(CommandError { exit: 1, message });
    }
    order::forget(store, row.id, clock)?;
    writeln!(out, "job {} is forgotten, with all that it stored", text::clean(job))?;
    Ok(0)
}
