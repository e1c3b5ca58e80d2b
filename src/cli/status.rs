//! `crawld status`: what each job is doing, and the daemon that runs it.

use std::io::{IsTerminal, Write};
use std::time::Duration;

use super::daemon::{Door, refused};
use super::error::{CommandError, closed_pipe_is_success};
use super::jobs;
use super::text::{clean, count, counted, moment_from, size, span};
use crate::clock::Clock;
use crate::daemon::overview;
use crate::daemon::view::{JobView, StatusView, WaitingView};
use crate::domain::Millis;
use crate::frontier::waits::of_one;
use crate::signals::{Came, Waiting};
use crate::store::Store;

/// Heads of the table's columns.
const HEADS: [&str; 8] = ["JOB", "STATE", "PASS", "FINISHED", "FAILED", "QUEUED", "PAGES/S", "ETA"];
/// How often a watched status is shown anew.
const PERIOD: Duration = Duration::from_secs(2);
/// Clears a terminal and begins at its top.
const CLEAR: &str = "\x1b[2J\x1b[H";

/// Options of `crawld status`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Of this job; without one of every job
    #[arg(value_name = "JOB")]
    job: Option<String>,
    /// One JSON object a line for each job
    #[arg(long)]
    json: bool,
    /// Show it again every two seconds, until it is interrupted
    #[arg(long)]
    watch: bool,
}

/// Prints the state of a job, or of all, from the store.
///
/// # Errors
/// 2 when there is no such job, 69 when the store fails.
pub fn run(args: &Args, store: &Store, out: &mut dyn Write) -> Result<u8, CommandError> {
    closed_pipe_is_success(again_and_again(args, out, |out| {
        let now = Clock::start().now();
        let rows = jobs::several(store, args.job.as_deref())?;
        let views = rows.iter().map(|row| overview::job(store, row, now));
        let views = views.collect::<Result<Vec<_>, _>>()?;
        show(args, &views, now, out)
    }))
}

/// Prints what a running daemon says: `door` leads to it, and `next` gives further ones.
pub(super) fn by_daemon(
    args: &Args,
    door: Door,
    next: impl Fn() -> Result<Option<Door>, CommandError>,
    out: &mut dyn Write,
) -> Result<u8, CommandError> {
    let mut door = Some(door);
    closed_pipe_is_success(again_and_again(args, out, |out| {
        let gone = || CommandError { exit: 1, message: "the daemon is gone".to_owned() };
        let door = match door.take() {
            Some(door) => door,
            None => next()?.ok_or_else(gone)?,
        };
        let answer = door.ask("GET", &["v1", "status"], None)?;
        if !answer.is_good() {
            return Err(refused(&answer));
        }
        let mut seen: StatusView = serde_json::from_str(&answer.body)
            .map_err(|error| CommandError { exit: 1, message: error.to_string() })?;
        if let Some(name) = &args.job {
            let names: Vec<String> = seen.jobs.iter().map(|job| job.job.clone()).collect();
            seen.jobs.retain(|job| job.job == *name);
            if seen.jobs.is_empty() {
                let names = names.join(", ");
                let words = format!("there is no job '{name}'; there are: {names}");
                return Err(CommandError::usage(words));
            }
        }
        show(args, &seen.jobs, seen.now, out)?;
        if !args.json && args.job.is_none() {
            writeln!(out)?;
            daemon(&seen, out)?;
        }
        Ok(())
    }))
}

fn again_and_again(
    args: &Args,
    out: &mut dyn Write,
    mut show: impl FnMut(&mut dyn Write) -> Result<(), CommandError>,
) -> Result<u8, CommandError> {
    if !args.watch {
        return show(out).map(|()| 0);
    }
    let waiting = Waiting::start()?;
    loop {
        if !args.json && std::io::stdout().is_terminal() {
            write!(out, "{CLEAR}")?;
        }
        show(out)?;
        out.flush()?;
        match waiting.pause(PERIOD) {
            Some(Came::Stop(signal)) => return Ok(128 + u8::try_from(signal).unwrap_or(0)),
            // The terminal is gone.
            Some(Came::Reload) => return Ok(129),
            None => {}
        }
        if !args.json && !std::io::stdout().is_terminal() {
            writeln!(out)?;
        }
    }
}

fn show(
    args: &Args,
    list: &[JobView],
    now: Millis,
    out: &mut dyn Write,
) -> Result<(), CommandError> {
    if args.json {
        for job in list {
            serde_json::to_writer(&mut *out, job).map_err(std::io::Error::from)?;
            writeln!(out)?;
        }
        return Ok(());
    }
    if list.is_empty() {
        writeln!(out, "The store holds no job yet.")?;
        return Ok(());
    }
    table(list, out)?;
    for job in list {
        let name = clean(&job.job);
        if let Some(why) = &job.why {
            writeln!(out, "{name}: {}", clean(why))?;
        }
        if let Some(why) = waits(job, now) {
            writeln!(out, "{name}: {why}")?;
        }
        if let Some(at) = job.next_run_at {
            writeln!(out, "{name}: the next pass begins {}", moment_from(at, now))?;
        }
    }
    Ok(())
}

/// What there is to say of the daemon itself.
fn daemon(seen: &StatusView, out: &mut dyn Write) -> std::io::Result<()> {
    let up = span(seen.now - seen.started_at);
    let StatusView { version, pid, state, .. } = seen;
    writeln!(out, "daemon      crawld {version}, process {pid}, {state} for {up}")?;
    writeln!(
        out,
        "requests    {:.1} pages/s, {} of at most {} in flight; {} settled, {} failed",
        seen.pages_per_second,
        seen.in_flight,
        seen.concurrency,
        counted(i64::try_from(seen.settled).unwrap_or(i64::MAX), "URL"),
        seen.failed
    )?;
    writeln!(out, "limited by  {}", clean(&seen.limited_by))?;
    for hosts in &seen.hosts {
        let number = i64::try_from(hosts.hosts).unwrap_or(i64::MAX);
        let why = if number == 1 { of_one(&hosts.why) } else { hosts.why.clone() };
        let next = match hosts.next_at - seen.now {
            wait @ 1.. => format!(", next in {}", span(wait)),
            _ => ", next now".to_owned(),
        };
        writeln!(out, "hosts       {} {}{next}", counted(number, "host"), clean(&why))?;
    }
    let actors = seen.actors.iter().map(|actor| {
        let restarts = match actor.restarts {
            0 => String::new(),
            n => format!(" ({n} replaced)"),
        };
        format!("{} {}{restarts}", clean(&actor.name), actor.alive)
    });
    writeln!(out, "actors      {}", actors.collect::<Vec<_>>().join(", "))?;
    if let Some(bytes) = seen.store_bytes {
        writeln!(out, "store       {}", size(bytes))?;
    }
    writeln!(out, "loaded      {}", moment_from(seen.loaded_at, seen.now))?;
    if let Some(reload) = &seen.last_reload {
        let first = reload.words.lines().next().unwrap_or_default();
        let at = moment_from(reload.at, seen.now);
        writeln!(out, "reload      {} {at}: {}", reload.outcome, clean(first))?;
    }
    Ok(())
}

fn cells(job: &JobView) -> [String; 8] {
    let state = match &job.limit {
        Some(limit) => format!("{} (limit {})", job.state, clean(limit)),
        None => job.state.clone(),
    };
    [
        clean(&job.job),
        state,
        job.pass.to_string(),
        count(job.urls.finished),
        count(job.urls.failed),
        count(job.urls.queued),
        format!("{:.1}", job.pages_per_second),
        job.eta_ms.map_or_else(|| "-".to_owned(), span),
    ]
}

/// What a job with a queue waits for.
fn waits(job: &JobView, now: Millis) -> Option<String> {
    let WaitingView { leased, unreachable, pausing, later, ready } = job.hosts;
    if job.state != "running" {
        return None;
    }
    let hosts = [
        (leased, "held by a crawl"),
        (unreachable, "resting after failures to reach them"),
        (pausing, "pausing as they wished, or after bad answers"),
        (later, "with nothing due yet"),
        (ready, "ready for a crawl to take up"),
    ];
    let told = hosts.iter().filter(|(hosts, _)| *hosts > 0);
    let mut parts: Vec<String> =
        told.map(|(hosts, why)| format!("{} {why}", counted(*hosts, "host"))).collect();
    if parts.is_empty() {
        return None;
    }
    let due = job.next_due_at.filter(|due| *due > now);
    parts.extend(due.map(|due| format!("next URL due in {}", span(due - now))));
    Some(parts.join("; "))
}

/// Names to the left, figures to the right.
fn table(list: &[JobView], out: &mut dyn Write) -> std::io::Result<()> {
    let heads = HEADS.map(str::to_owned);
    let rows: Vec<[String; 8]> = std::iter::once(heads).chain(list.iter().map(cells)).collect();
    let mut widths = [0; 8];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    for row in &rows {
        let cells = row.iter().zip(widths).enumerate().map(|(at, (cell, width))| {
            if at < 2 { format!("{cell:<width$}") } else { format!("{cell:>width$}") }
        });
        writeln!(out, "{}", cells.collect::<Vec<_>>().join("  ").trim_end())?;
    }
    Ok(())
}
