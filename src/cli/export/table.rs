//! What can be exported: columns, and rows read in short batches.

use std::io;

use crate::cli::error::CommandError;
use crate::output::Cell;
use crate::store::{self, Store};

/// Rows read in one short transaction.
pub(super) const BATCH: usize = 1000;

/// Takes a row: a cell for each column.
pub(super) type Sink<'s> = dyn FnMut(&[Cell<'_>]) -> io::Result<()> + 's;

/// One table of the export. Its first columns tell its rows apart, as `--sorted` sorts by the cells
/// from left to right.
pub(super) trait Table {
    /// Names of the columns. Those of a graph have `source` and `target`.
    fn columns(&self) -> Vec<String>;

    /// Gives every row to `sink`. The store is read in short batches ([`in_batches`]), so that a
    /// job that is running is not held up.
    fn rows(&self, store: &Store, sink: &mut Sink<'_>) -> Result<(), CommandError>;
}

/// Names of columns that are always the same.
pub(super) fn named(columns: &[&str]) -> Vec<String> {
    columns.iter().map(|&name| name.to_owned()).collect()
}

/// Reads batch after batch until one is empty. `read` gets where the last one ended (`None` at the
/// start) and the size of a batch; `place` tells where a row stands.
pub(super) fn in_batches<R, P>(
    read: impl Fn(Option<P>, usize) -> store::Result<Vec<R>>,
    place: impl Fn(&R) -> P,
    mut each: impl FnMut(&R) -> io::Result<()>,
) -> Result<(), CommandError> {
    let mut after = None;
    loop {
        let batch = read(after, BATCH)?;
        let Some(last) = batch.last() else { return Ok(()) };
        after = Some(place(last));
        batch.iter().try_for_each(&mut each)?;
    }
}
