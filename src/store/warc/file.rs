//! An archive's file in the store, and what its failures mean.

use std::io::{Error, ErrorKind};
use std::path::Path;

use diesel::prelude::*;

use super::{Fault, StoreError, StoreErrorKind, warc_file};
use crate::output::warc::OpenFile;

/// The row of a file.
#[diesel::dsl::auto_type(no_type_alias)]
pub(super) fn row<'a>(file: &'a OpenFile) -> _ {
    let (folder, name): (&'a str, &'a str) = (file.folder(), file.name());
    warc_file::table.filter(warc_file::folder.eq(folder)).filter(warc_file::name.eq(name))
}

/// A failure of the file system outside a transaction.
pub(super) fn failed(path: &Path, error: &Error) -> StoreError {
    StoreError::new(kind(error), &path.display().to_string(), &error.to_string())
}

/// A failure of the file system within a transaction, which it ends.
pub(super) fn fault(file: &OpenFile, error: &Error) -> Fault {
    Fault::Own(kind(error), format!("archive {}: {error}", file.path().display()))
}

/// A disk that is full or away may be back; a folder that may not be written stays so.
fn kind(error: &Error) -> StoreErrorKind {
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => StoreErrorKind::Full,
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => StoreErrorKind::ReadOnly,
        ErrorKind::NotADirectory | ErrorKind::AlreadyExists => StoreErrorKind::Bad,
        _ => StoreErrorKind::Gone,
    }
}
