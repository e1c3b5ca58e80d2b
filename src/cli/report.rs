//! `crawld report`: a job in figures.

use std::io::{self, Write};

use super::daemon::{Door, told};
use super::error::{CommandError, closed_pipe_is_success};
use super::jobs;
use crate::domain::JobId;
use crate::domain::outcome::UrlState;
use crate::frontier::verdict::{NEEDS_SCRIPTS, OUT_OF_SCOPE};
use crate::store::{Changes, JobReport, JobRow, PageRecord, Store, StoreError, StoreErrorKind};

mod broken;
mod harvest;
mod items;
mod json;
mod words;

pub use broken::print_broken;

/// Roots are among a job's first rows.
const FIRST_ROWS: usize = 100;

/// Options of `crawld report`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Of this job; without one of every job
    #[arg(value_name = "JOB")]
    job: Option<String>,
    /// One JSON object a line for each job
    #[arg(long)]
    json: bool,
}

/// A job with its figures.
#[derive(Debug, Clone)]
pub struct Report {
    job: JobRow,
    sums: JobReport,
}

impl Report {
    /// The report of the job with this number.
    ///
    /// # Errors
    /// When there is no such job, or the store fails.
    pub fn read(store: &Store, id: JobId) -> Result<Self, StoreError> {
        let job = store.jobs()?.into_iter().find(|job| job.id == id).ok_or_else(|| StoreError {
            kind: StoreErrorKind::Missing,
            message: "the job is gone from the store".to_owned(),
        })?;
        Self::of(store, job)
    }

    /// The report of this job.
    ///
    /// # Errors
    /// When the store fails.
    pub fn of(store: &Store, job: JobRow) -> Result<Self, StoreError> {
        let mut sums = store.job_report(job.id)?;
        items::add_bare(&job, &mut sums.items);
        Ok(Self { job, sums })
    }

    /// The job's number.
    #[must_use]
    pub fn id(&self) -> JobId {
        self.job.id
    }

    /// The job's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.job.name
    }

    /// URLs in this state.
    #[must_use]
    pub fn count(&self, state: UrlState) -> i64 {
        self.sums.states.iter().filter(|(known, _)| *known == state).map(|(_, urls)| urls).sum()
    }

    /// URLs in every state.
    #[must_use]
    pub fn known(&self) -> i64 {
        self.sums.states.iter().map(|(_, urls)| urls).sum()
    }

    /// URLs that are settled: done, redirected, failed or excluded.
    #[must_use]
    pub fn finished(&self) -> i64 {
        self.known() - self.count(UrlState::Queued)
    }

    /// Sitemaps that are still to be asked.
    #[must_use]
    pub fn sitemaps_queued(&self) -> i64 {
        self.sums.sitemaps.queued
    }

    /// What this pass has found new, changed and gone among pages, where pages are asked for their
    /// own sake.
    #[must_use]
    pub fn changes(&self) -> Option<Changes> {
        self.sums.changes.filter(|_| asks_for_pages(&self.job))
    }

    /// Has a job that is for items asked for pages, and none of them had one?
    fn lacks_items(&self) -> bool {
        let items = &self.sums.items;
        let read = self.count(UrlState::Done) + self.count(UrlState::Failed);
        items::are_wanted(&self.job) && read > 0 && items.items + items.dropped == 0
    }

    /// The limit that cut the crawl, if one did.
    #[must_use]
    pub fn limit(&self) -> Option<&str> {
        self.job.limit_hit.as_deref()
    }

    /// The job's state, with the limit that cut it.
    pub(super) fn state(&self) -> String {
        match &self.job.limit_hit {
            Some(limit) => format!("{} (limit {limit})", self.job.state.name()),
            None => self.job.state.name().to_owned(),
        }
    }
}

/// Does the job ask for pages for their own sake? Others tell of changes in what they take from them.
pub(super) fn asks_for_pages(job: &JobRow) -> bool {
    matches!(&*job.kind, "crawl" | "fetch")
}

/// Prints the report of a job, or of all.
///
/// # Errors
/// 2 when there is no such job, 69 when the store fails.
pub fn run(args: &Args, store: &Store, out: &mut dyn Write) -> Result<u8, CommandError> {
    closed_pipe_is_success(print_all(args, store, out))
}

/// The same as text, for the control interface.
///
/// # Errors
/// With what is wrong.
pub(super) fn text(store: &Store, job: Option<&str>, json: bool) -> Result<String, String> {
    let args = Args { job: job.map(str::to_owned), json };
    let mut out = Vec::new();
    print_all(&args, store, &mut out).map_err(|error| error.message)?;
    Ok(String::from_utf8_lossy(&out).into_owned())
}

/// Has a running daemon say it.
pub(super) fn by_daemon(args: &Args, door: Door, out: &mut dyn Write) -> Result<u8, CommandError> {
    let job = args.job.as_deref().map(|job| ("job", job));
    let query: Vec<_> = job.into_iter().chain(args.json.then_some(("json", "true"))).collect();
    closed_pipe_is_success(told(&door.look(&["v1", "report"], &query)?, out))
}

fn print_all(args: &Args, store: &Store, out: &mut dyn Write) -> Result<u8, CommandError> {
    let jobs = jobs::several(store, args.job.as_deref())?;
    if jobs.is_empty() && !args.json {
        writeln!(out, "The store holds no job yet.")?;
    }
    for (at, job) in jobs.into_iter().enumerate() {
        let report = Report::of(store, job)?;
        if args.json {
            print_json(&report, out)?;
            continue;
        }
        if at > 0 {
            writeln!(out)?;
        }
        print(&report, out)?;
        print_broken(store, &report, out)?;
        for hint in hints(store, &report)? {
            writeln!(out, "  {hint}")?;
        }
    }
    Ok(0)
}

/// Prints a report for people: at most 40 lines.
///
/// # Errors
/// When the place written to fails.
pub fn print(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    words::print(report, out)
}

/// Prints a report as one JSON object on a line; its keys are stable.
///
/// # Errors
/// When the place written to fails.
pub fn print_json(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    json::print(report, out)
}

/// What the operator should know of roots that led nowhere, and of pages without an item: one line
/// each, at most six.
///
/// # Errors
/// When the store fails.
pub fn hints(store: &Store, report: &Report) -> Result<Vec<String>, StoreError> {
    let rows = store.pages_after(report.job.id, 0, FIRST_ROWS)?;
    let mut hints: Vec<String> = rows.iter().filter_map(root_hint).take(5).collect();
    if let Some(page) = rows.first().filter(|_| report.lacks_items()) {
        hints.push(items::hint(&report.job.name, &page.url));
    }
    Ok(hints)
}

/// A root that redirects out of scope leaves nothing to crawl, and the way on is another command; a
/// root that scripts would fill leaves little.
fn root_hint(row: &PageRecord) -> Option<String> {
    if row.evidence.as_deref() == Some(NEEDS_SCRIPTS) {
        return Some(format!("{} {NEEDS_SCRIPTS}", row.url));
    }
    let left = row.evidence.as_deref() == Some(OUT_OF_SCOPE);
    let target = row.redirect_to.as_deref().filter(|_| left && row.referrer.is_none())?;
    let command = super::text::shell(target);
    Some(format!("{} redirects out of scope; to follow: crawld crawl {command}", row.url))
}

#[cfg(test)]
mod tests;
