//! `crawld export`: what a job has found, as a table or a graph.
//!
//! A table is a file below that says its columns and reads its rows (`table::Table`); how rows are
//! written, sorted and put in place is the same for all and done here.

mod broken;
mod items;
mod links;
mod pages;
mod pairs;
mod suggestions;
mod table;

use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use clap::builder::{PossibleValuesParser, TypedValueParser};

use self::broken::Broken;
use self::items::Items;
use self::links::Links;
use self::pages::{Pages, Which};
use self::pairs::Pairs;
use self::suggestions::Suggestions;
use self::table::Table;
use super::error::{CommandError, closed_pipe_is_success};
use super::jobs;
use crate::named_file;
use crate::output::{self, AtomicFile, Format, Sorted};
use crate::store::Store;

/// What is exported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum What {
    /// Every URL with what became of it
    Pages,
    /// The links by which URLs were found; of a job with --links all every link of every page
    Links,
    /// The URLs that failed, with the reason
    Failures,
    /// Each URL with each link of its page, redirects left out: of a job with --links all
    Pairs,
    /// The tips of an endpoint with the queries that showed them
    Suggestions,
    /// What scrape took from the pages of listings: a column for each field
    Items,
    /// Links that lead nowhere, with the pages that hold them: of a job with --check
    Broken,
}

/// Since when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Since {
    /// The pass before the last
    Last,
}

/// Options of `crawld export`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Which table
    #[arg(long, value_enum, default_value = "pages")]
    what: What,
    /// Of pages and items only those that are new, changed or gone since the pass before
    #[arg(long, value_enum, value_name = "WHEN")]
    since: Option<Since>,
    /// How it is written; graphml and dot show links as a graph
    #[arg(long, default_value = "csv", value_parser = format_parser())]
    format: Format,
    /// Of this job; without it items and suggestions are those of all jobs, and for the rest it is
    /// needed when there are several
    #[arg(long, value_name = "NAME")]
    job: Option<String>,
    /// Write to this file, which appears whole or not at all, instead of to standard output (-)
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Keep spreadsheets from executing cells: those that begin with = + - @ get an apostrophe
    #[arg(long)]
    spreadsheet: bool,
    /// Of suggestions only those that no earlier pass had found
    #[arg(long)]
    new: bool,
    /// Sort the rows by their cells from left to right, so that the same results are always the
    /// same file; takes room for them in the folder for temporary files
    #[arg(long)]
    sorted: bool,
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
    if args.since.is_some() && !matches!(args.what, What::Items | What::Pages) {
        return Err(CommandError::usage("--since is for --what pages and items"));
    }
    if args.spreadsheet && !args.format.is_sheet() {
        return Err(CommandError::usage("--spreadsheet is for csv and tsv"));
    }
    if args.new && args.what != What::Suggestions {
        return Err(CommandError::usage("--new is for --what suggestions"));
    }
    let table = table(args, store)?;
    match args.output.as_deref().filter(|path| *path != Path::new("-")) {
        None => write(args, store, &*table, &mut BufWriter::with_capacity(1 << 16, out))?,
        Some(path) => write_file(args, store, &*table, path)?,
    }
    Ok(0)
}

/// The table that is asked for, of the job or the jobs that are asked for.
fn table(args: &Args, store: &Store) -> Result<Box<dyn Table>, CommandError> {
    let name = args.job.as_deref();
    let only = || jobs::only(store, name);
    Ok(match args.what {
        What::Pages if args.since.is_some() => Box::new(Pages::since(only()?)?),
        What::Pages => Box::new(Pages { job: only()?, which: Which::All }),
        What::Failures => Box::new(Pages { job: only()?, which: Which::Failed }),
        What::Links => Box::new(Links { job: only()? }),
        What::Pairs => Box::new(Pairs { job: only()? }),
        What::Suggestions => Box::new(Suggestions::new(store, name, args.new)?),
        What::Items => Box::new(Items::new(store, name, args.since.is_some())?),
        What::Broken => Box::new(Broken { job: only()? }),
    })
}

fn write_file(
    args: &Args,
    store: &Store,
    table: &dyn Table,
    path: &Path,
) -> Result<(), CommandError> {
    let failed = |error: io::Error| CommandError {
        exit: 1,
        message: format!("cannot write {}: {error}", path.display()),
    };
    if named_file::is_own(path) {
        let why = named_file::OF_THE_STORE;
        let message = format!("--output {}: {why}; name another file", path.display());
        return Err(CommandError::usage(message));
    }
    let mut file = AtomicFile::create(path).map_err(failed)?;
    write(args, store, table, &mut file).map_err(|error| match error.exit {
        1 => failed(io::Error::other(error.message)),
        _ => error,
    })?;
    file.commit().map_err(failed)
}

fn write(
    args: &Args,
    store: &Store,
    table: &dyn Table,
    out: &mut dyn Write,
) -> Result<(), CommandError> {
    let names = table.columns();
    let columns: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut rows = output::begin(args.format, &columns, args.spreadsheet, out)?;
    if args.sorted {
        rows = Box::new(Sorted::new(rows));
    }
    table.rows(store, &mut |cells| rows.row(cells))?;
    rows.finish()?;
    Ok(())
}
