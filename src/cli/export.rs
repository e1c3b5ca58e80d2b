//! `crawld export`: what a job has found, as a table or a graph.

use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

use clap::ValueEnum;
use clap::builder::{PossibleValuesParser, TypedValueParser};

use super::error::{CommandError, closed_pipe_is_success};
use super::jobs;
use crate::domain::outcome::UrlState;
use crate::output::{self, AtomicFile, Cell, Format, RecordWriter};
use crate::store::{JobRow, LinkRecord, PageRecord, Store};

/// Rows read in one short transaction.
const BATCH: usize = 1000;

/// Columns of pages and failures.
const PAGE_COLUMNS: [&str; 19] = [
    "job",
    "url",
    "state",
    "status",
    "redirect_to",
    "reason",
    "content_type",
    "charset",
    "bytes",
    "depth",
    "referrer",
    "tries",
    "links",
    "new_links",
    "title",
    "digest",
    "fetched_at",
    "elapsed_ms",
    "duplicate_of",
];

/// Columns of links.
const LINK_COLUMNS: [&str; 6] = ["job", "source", "target", "kind", "text", "nofollow"];

/// What is exported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum What {
    /// Every URL with what became of it
    Pages,
    /// The links by which URLs were found; of a job with --links all every link of every page
    Links,
    /// The URLs that failed, with the reason
    Failures,
}

/// Options of `crawld export`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Which table
    #[arg(long, value_enum, default_value = "pages")]
    what: What,
    /// How it is written; graphml and dot show links as a graph
    #[arg(long, default_value = "csv", value_parser = format_parser())]
    format: Format,
    /// Of this job; needed when there are several
    #[arg(long, value_name = "NAME")]
    job: Option<String>,
    /// Write to this file, which appears whole or not at all, instead of to standard output
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Keep spreadsheets from executing cells: those that begin with = + - @ get an apostrophe
    #[arg(long)]
    spreadsheet: bool,
}

fn format_parser() -> impl TypedValueParser<Value = Format> {
    PossibleValuesParser::new(Format::ALL.map(Format::name)).try_map(|name| name.parse::<Format>())
}

/// Writes the export to `out`, or to the file named.
///
/// # Errors
/// 2 when the options do not go together or the job is not clear, 69 when the store fails, 1 when
/// the place written to does.
pub fn run(args: &Args, store: &Store, out: &mut dyn Write) -> Result<u8, CommandError> {
    closed_pipe_is_success(export(args, store, out))
}

fn export(args: &Args, store: &Store, out: &mut dyn Write) -> Result<u8, CommandError> {
    if args.format.is_graph() && args.what != What::Links {
        let name = args.format.name();
        return Err(CommandError::usage(format!("{name} shows links only: add --what links")));
    }
    if args.spreadsheet && !args.format.is_sheet() {
        return Err(CommandError::usage("--spreadsheet is for csv and tsv"));
    }
    let job = jobs::only(store, args.job.as_deref())?;
    let Some(path) = &args.output else {
        write_table(args, store, &job, &mut BufWriter::with_capacity(1 << 16, out))?;
        return Ok(0);
    };
    let failed = |error: io::Error| CommandError {
        exit: 1,
        message: format!("cannot write {}: {error}", path.display()),
    };
    let mut file = AtomicFile::create(path).map_err(failed)?;
    write_table(args, store, &job, &mut file)?;
    file.commit().map_err(failed)?;
    Ok(0)
}

fn write_table(
    args: &Args,
    store: &Store,
    job: &JobRow,
    out: &mut dyn Write,
) -> Result<(), CommandError> {
    let columns: &[&str] = if args.what == What::Links { &LINK_COLUMNS } else { &PAGE_COLUMNS };
    let mut table = output::begin(args.format, columns, args.spreadsheet, out)?;
    match args.what {
        What::Links if keeps_all_links(job) => {
            each_link(store, job, &mut |link| write_link(&mut *table, job, link))?;
        }
        What::Links => {
            each_page(store, job, false, &mut |page| write_finder(&mut *table, job, page))?;
        }
        What::Pages | What::Failures => {
            let failed = args.what == What::Failures;
            each_page(store, job, failed, &mut |page| write_page(&mut *table, job, page))?;
        }
    }
    table.finish()?;
    Ok(())
}

/// Does the job store every link, or only the one that found each URL?
fn keeps_all_links(job: &JobRow) -> bool {
    let spec: Option<serde_json::Value> = serde_json::from_str(&job.spec).ok();
    spec.and_then(|spec| spec.get("all_links")?.as_bool()).unwrap_or(false)
}

fn each_page(
    store: &Store,
    job: &JobRow,
    failed: bool,
    each: &mut dyn FnMut(&PageRecord) -> io::Result<()>,
) -> Result<(), CommandError> {
    let mut after = 0;
    loop {
        let batch = if failed {
            store.failures_after(job.id, after, BATCH)?
        } else {
            store.pages_after(job.id, after, BATCH)?
        };
        let Some(last) = batch.last() else { return Ok(()) };
        after = last.id;
        batch.iter().try_for_each(&mut *each)?;
    }
}

fn each_link(
    store: &Store,
    job: &JobRow,
    each: &mut dyn FnMut(&LinkRecord) -> io::Result<()>,
) -> Result<(), CommandError> {
    let mut after = None;
    loop {
        let batch = store.links_after(job.id, after, BATCH)?;
        let Some(last) = batch.last() else { return Ok(()) };
        after = Some(last.at);
        batch.iter().try_for_each(&mut *each)?;
    }
}

fn write_page(table: &mut dyn RecordWriter, job: &JobRow, page: &PageRecord) -> io::Result<()> {
    // A URL that is to be asked again is queued, whatever its last result.
    let state = if page.due_at.is_some() { UrlState::Queued } else { page.state };
    table.row(&[
        Cell::text(&job.name),
        Cell::text(&page.url),
        Cell::text(state.name()),
        Cell::number(page.status),
        Cell::maybe(page.redirect_to.as_deref()),
        Cell::maybe(page.reason.as_deref()),
        Cell::maybe(page.content_type.as_deref()),
        Cell::maybe(page.charset.as_deref()),
        Cell::number(page.bytes),
        Cell::Int(page.depth.into()),
        Cell::maybe(page.referrer.as_deref()),
        Cell::Int(page.tries.into()),
        Cell::number(page.links),
        Cell::number(page.new_links),
        Cell::maybe(page.title.as_deref()),
        Cell::digest(page.digest.as_deref()),
        Cell::time(page.fetched_at),
        Cell::number(page.elapsed_ms),
        Cell::maybe(page.duplicate_of.as_deref()),
    ])
}

fn write_link(table: &mut dyn RecordWriter, job: &JobRow, link: &LinkRecord) -> io::Result<()> {
    table.row(&[
        Cell::text(&job.name),
        Cell::text(&link.source),
        Cell::text(&link.target),
        Cell::text(link.kind.name()),
        Cell::maybe(link.text.as_deref()),
        Cell::Bool(link.nofollow),
    ])
}

/// The one link by which a URL was found; roots have none.
fn write_finder(table: &mut dyn RecordWriter, job: &JobRow, page: &PageRecord) -> io::Result<()> {
    let Some(source) = &page.referrer else { return Ok(()) };
    table.row(&[
        Cell::text(&job.name),
        Cell::text(source),
        Cell::text(&page.url),
        Cell::text(page.via.name()),
        Cell::maybe(page.via_text.as_deref()),
        Cell::Bool(page.via_nofollow),
    ])
}
