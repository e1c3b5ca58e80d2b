//! `crawld check`: is a configuration right, what does it mean, and what would a reload of it do?

use std::io::Write;

use super::daemon::{self, Door};
use super::error::CommandError;
use super::options::Global;
use super::text::{clean, counted};
use crate::config::diff::diff_text;
use crate::config::{self, Change, Diff, Settings, effective};
use crate::daemon::touched;
use crate::domain::JobId;
use crate::domain::job::{Job, JobSpec};
use crate::logging;
use crate::run_settings::decide_proxies;

/// Options of `crawld check`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Print what is meant: every value decided, secrets masked
    #[arg(long)]
    effective: bool,
    /// Tell what differs from what the running daemon has, and whether a reload can take it up;
    /// exit code 1 if it cannot, because a key needs a restart or the store holds another job of
    /// the same name
    #[arg(long, conflicts_with = "effective")]
    diff: bool,
}

/// Says that the configuration is right, or all that is wrong with it.
///
/// # Errors
/// 2 without a file, 78 with every fault.
pub(super) fn run(args: &Args, global: &Global, out: &mut dyn Write) -> Result<u8, CommandError> {
    let path = global.daemon_config()?;
    let mut settings = config::look(Some(&path), &global.overrides())?;
    decide_proxies(&mut settings)?;
    for line in &settings.unread {
        logging::complain(&format!("not checked: {line}"))?;
    }
    for line in &settings.doubts {
        logging::complain(&format!("warning: {line}"))?;
    }
    if args.effective {
        out.write_all(effective::text(&settings).as_bytes())?;
        return Ok(0);
    }
    if args.diff {
        return tell(&running(&settings, global)?, out);
    }
    let names: Vec<&str> = settings.jobs.iter().map(|job| job.name.as_str()).collect();
    let jobs = counted(i64::try_from(names.len()).unwrap_or(i64::MAX), "job");
    let list = if names.is_empty() { String::new() } else { format!(": {}", names.join(", ")) };
    writeln!(out, "{}: valid, {jobs}{list}", path.display())?;
    for job in &settings.jobs {
        let made = Job::new(JobId(0), &job.name, &job.spec).ok();
        if let Some(amount) = made.as_ref().and_then(Job::amount) {
            writeln!(out, "{}: {amount}", clean(&job.name))?;
        }
    }
    Ok(0)
}

/// What a reload would find.
struct Prospect {
    /// What differs from the settings of the running daemon.
    diff: Diff,
    /// Jobs that it would refuse, and why; `Err`: why that is not known.
    refused: Result<Vec<String>, String>,
}

/// Asks the running daemon what it has, and whether its store lets it have this.
fn running(settings: &Settings, global: &Global) -> Result<Prospect, CommandError> {
    let find = || {
        let message = "no daemon answers that this could be compared with".to_owned();
        Door::find(global)?.ok_or(CommandError { exit: 1, message })
    };
    let answer = find()?.ask("GET", &["v1", "config"], None)?;
    if !answer.is_good() {
        return Err(daemon::refused(&answer));
    }
    let diff = diff_text(&answer.body, settings).map_err(|error| CommandError {
        exit: 1,
        message: format!("what the daemon has cannot be read: {error}"),
    })?;
    let jobs = touched(&diff, settings);
    let refused = if jobs.is_empty() { Ok(Vec::new()) } else { judged(find()?, &jobs)? };
    Ok(Prospect { diff, refused })
}

/// What the daemon says of these jobs.
fn judged(
    door: Door,
    jobs: &[(String, JobSpec)],
) -> Result<Result<Vec<String>, String>, CommandError> {
    let unread = |error: serde_json::Error| error.to_string();
    let jobs = match serde_json::to_value(jobs).map_err(unread) {
        Ok(jobs) => jobs,
        Err(why) => return Ok(Err(why)),
    };
    let answer = door.ask("POST", &["v1", "judge"], Some(&jobs))?;
    if !answer.is_good() {
        return Ok(Err(daemon::refused(&answer).message));
    }
    Ok(serde_json::from_str(&answer.body).map_err(unread))
}

fn tell(prospect: &Prospect, out: &mut dyn Write) -> Result<u8, CommandError> {
    let Prospect { diff, refused } = prospect;
    let mut each = |what: &str, changes: &[Change]| {
        changes.iter().try_for_each(|change| writeln!(out, "{what}: {change}"))
    };
    each("restart", &diff.restart)?;
    each("live", &diff.live)?;
    for (_, changes) in &diff.jobs.changed {
        // A host's rules have been told once.
        let own: Vec<_> =
            changes.iter().filter(|change| change.key.starts_with("jobs.")).cloned().collect();
        each("live", &own)?;
    }
    let jobs = [("new", &diff.jobs.added), ("gone", &diff.jobs.removed)];
    for (what, names) in jobs {
        names.iter().try_for_each(|name| writeln!(out, "{what}: jobs.{name}"))?;
    }
    for line in refused.iter().flatten() {
        writeln!(out, "refused: {}", clean(line))?;
    }
    if let Err(why) = refused {
        writeln!(out, "not known: whether the store lets jobs be changed so: {}", clean(why))?;
    }
    let refuses = refused.as_ref().is_ok_and(|lines| !lines.is_empty());
    let verdict = match (diff.is_empty(), diff.restart.is_empty()) {
        (true, _) => "no changes",
        (false, false) => "it needs a restart: a reload is refused",
        (false, true) if refuses => "a reload is refused",
        (false, true) if refused.is_err() => "crawld reload takes it up, unless the store says no",
        (false, true) => "crawld reload takes it up",
    };
    writeln!(out, "{verdict}")?;
    Ok(u8::from(refuses || refused.is_err() || !diff.restart.is_empty()))
}
