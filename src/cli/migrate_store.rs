//! `crawld migrate-store`: a store goes on in another database.

use std::io::Write;

use super::error::{CommandError, closed_pipe_is_success};
use super::text::counted;
use crate::clock::Clock;
use crate::logging;
use crate::store::{Access, Store, StoreErrorKind};

/// Options of `crawld migrate-store`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The store: `sqlite://PATH`, a bare path, or `postgres://...`; nobody may be using it
    from: String,
    /// The database that it is copied into; it must hold no store yet
    to: String,
}

/// Copies everything in one transaction, and tells what.
///
/// # Errors
/// 69 when one of the two is in use, not there, or fails, or the second holds a store: nothing has
/// changed then.
pub(super) fn run(args: &Args, out: &mut dyn Write) -> Result<u8, CommandError> {
    logging::start("crawld=warn");
    // An owner would make a store that is not there.
    if let Err(error) = Store::open(&args.from, Access::Reader)
        && error.kind == StoreErrorKind::Missing
    {
        return Err(error.into());
    }
    let from = Store::open(&args.from, Access::Owner)?;
    let to = Store::open(&args.to, Access::Owner)?;
    let mut tables = Vec::new();
    let rows = from.copy_to(&to, Clock::start().now(), |table, rows| {
        tables.push((table.to_owned(), rows));
    })?;
    closed_pipe_is_success(tell(&tables, rows, &to, out))
}

fn tell(
    tables: &[(String, u64)],
    rows: u64,
    to: &Store,
    out: &mut dyn Write,
) -> Result<u8, CommandError> {
    for (table, rows) in tables.iter().filter(|(_, rows)| *rows > 0) {
        writeln!(out, "{table:<14} {rows:>12}")?;
    }
    let rows = counted(i64::try_from(rows).unwrap_or(i64::MAX), "row");
    writeln!(out, "Copied {rows} to {}.", to.name())?;
    writeln!(out, "Go on there: the same commands with --database, or database.url in the file.")?;
    Ok(0)
}
