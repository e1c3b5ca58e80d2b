//! `crawld status`: what each job is doing.

use std::io::Write;

use serde::Serialize;

use super::error::{CommandError, closed_pipe_is_success};
use super::jobs;
use super::report::{Report, Urls};
use super::text::{clean, count, counted, per_second, span};
use crate::clock::Clock;
use crate::domain::Millis;
use crate::domain::outcome::UrlState;
use crate::store::{JobRow, JobState, Store, Waiting};

/// Heads of the table's columns.
const HEADS: [&str; 7] = ["JOB", "STATE", "PASS", "FINISHED", "FAILED", "QUEUED", "PAGES/S"];

/// Options of `crawld status`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Of this job; without one of every job
    #[arg(value_name = "JOB")]
    job: Option<String>,
    /// One JSON object a line for each job
    #[arg(long)]
    json: bool,
}

/// A job as it is now.
struct Status {
    job: JobRow,
    report: Report,
    waiting: Waiting,
    /// When one of its hosts that nobody asks may be asked: not before `now`.
    next_due: Option<Millis>,
}

#[derive(Serialize)]
struct Json<'a> {
    job: &'a str,
    kind: &'a str,
    state: &'a str,
    limit: Option<&'a str>,
    pass: i32,
    asked: i64,
    running_ms: Millis,
    pages_per_second: f64,
    urls: Urls,
    hosts: Hosts,
    next_due_at: Option<Millis>,
}

/// Hosts with something to ask, each counted once.
#[derive(Serialize)]
struct Hosts {
    leased: i64,
    unreachable: i64,
    pausing: i64,
    later: i64,
    ready: i64,
}

/// Prints the state of a job, or of all.
///
/// # Errors
/// 2 when there is no such job, 69 when the store fails.
pub fn run(args: &Args, store: &Store, out: &mut dyn Write) -> Result<u8, CommandError> {
    closed_pipe_is_success(show(args, store, out))
}

fn show(args: &Args, store: &Store, out: &mut dyn Write) -> Result<u8, CommandError> {
    let now = Clock::start().now();
    let mut list = Vec::new();
    for job in jobs::several(store, args.job.as_deref())? {
        let report = Report::of(store, job.clone())?;
        let next_due = store.next_due(&[job.id], now)?;
        let waiting = store.waiting(job.id, now)?;
        list.push(Status { job, report, waiting, next_due });
    }
    if args.json {
        for status in &list {
            serde_json::to_writer(&mut *out, &status.json()).map_err(std::io::Error::from)?;
            writeln!(out)?;
        }
    } else if list.is_empty() {
        writeln!(out, "The store holds no job yet.")?;
    } else {
        table(&list, out)?;
        for status in &list {
            if let Some(why) = status.waits(now) {
                writeln!(out, "{}: {why}", clean(&status.job.name))?;
            }
        }
    }
    Ok(0)
}

impl Status {
    fn cells(&self) -> [String; 7] {
        let job = &self.job;
        [
            clean(&job.name),
            self.report.state(),
            job.pass.to_string(),
            count(self.report.finished()),
            count(self.report.count(UrlState::Failed)),
            count(self.report.count(UrlState::Queued)),
            format!("{:.1}", per_second(job.asked, job.running_ms)),
        ]
    }

    /// What a job with a queue waits for.
    fn waits(&self, now: Millis) -> Option<String> {
        let queued = self.report.count(UrlState::Queued) + self.report.sitemaps_queued();
        if self.job.state != JobState::Running || queued == 0 {
            return None;
        }
        let Waiting { leased, unreachable, pausing, later, ready } = self.waiting;
        let hosts = [
            (leased, "being asked by a crawl"),
            (unreachable, "resting after failures to reach them"),
            (pausing, "pausing as they wished, or after bad answers"),
            (later, "with nothing due yet"),
            (ready, "ready, but no crawl is asking them"),
        ];
        let told = hosts.iter().filter(|(hosts, _)| *hosts > 0);
        let mut parts: Vec<String> =
            told.map(|(hosts, why)| format!("{} {why}", counted(*hosts, "host"))).collect();
        let due = self.next_due.filter(|due| *due > now);
        parts.extend(due.map(|due| format!("next URL due in {}", span(due - now))));
        (!parts.is_empty()).then(|| parts.join("; "))
    }

    fn hosts(&self) -> Hosts {
        let Waiting { leased, unreachable, pausing, later, ready } = self.waiting;
        Hosts { leased, unreachable, pausing, later, ready }
    }

    fn json(&self) -> Json<'_> {
        let job = &self.job;
        Json {
            job: &job.name,
            kind: &job.kind,
            state: job.state.name(),
            limit: job.limit_hit.as_deref(),
            pass: job.pass,
            asked: job.asked,
            running_ms: job.running_ms,
            pages_per_second: per_second(job.asked, job.running_ms),
            urls: Urls::of(&self.report),
            hosts: self.hosts(),
            next_due_at: self.next_due,
        }
    }
}

/// Names to the left, figures to the right.
fn table(list: &[Status], out: &mut dyn Write) -> std::io::Result<()> {
    let heads = HEADS.map(str::to_owned);
    let rows: Vec<[String; 7]> =
        std::iter::once(heads).chain(list.iter().map(Status::cells)).collect();
    let mut widths = [0; 7];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    for row in &rows {
        let cells = row.iter().zip(widths).enumerate().map(|(at, (cell, width))| {
            if at < 2 { format!("{cell:<width$}") } else { format!("{cell:>width$}") }
        });
        writeln!(out, "{}", cells.collect::<Vec<_>>().join("  "))?;
    }
    Ok(())
}
