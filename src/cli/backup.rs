//! `crawld backup`: a copy of the store, also while a crawl runs.

use std::io::Write;
use std::path::PathBuf;

use super::error::{CommandError, closed_pipe_is_success};
use super::text::size;
use crate::store::Store;

/// Options of `crawld backup`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A new file; it is a store itself
    file: PathBuf,
}

/// Copies the store, and says where to.
///
/// # Errors
/// 69 when the file exists or cannot be written, or the store cannot be read.
pub(super) fn run(args: &Args, store: &Store, out: &mut dyn Write) -> Result<u8, CommandError> {
    store.back_up(&args.file)?;
    let bytes = args.file.metadata()?.len();
    let said = writeln!(
        out,
        "{}: a copy of {}, {}",
        args.file.display(),
        store.name(),
        size(i64::try_from(bytes).unwrap_or(i64::MAX))
    );
    closed_pipe_is_success(said.map(|()| 0).map_err(CommandError::from))
}
