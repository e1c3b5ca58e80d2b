//! Can the list of a job be read?

use std::fs::{self, File};
use std::io::Read as _;

use crate::domain::job::JobSpec;
use crate::domain::list::{Column, ListReader};

/// How far a heading is looked for in a file, in bytes.
const HEADING: u64 = 64 * 1024;

/// Can this file of a list be read? A pipe is taken at its word: looking into it would empty it.
///
/// # Errors
/// Why not.
pub fn readable(file: &str) -> Result<(), String> {
    if file == "-" {
        return Ok(());
    }
    let metadata = fs::metadata(file).map_err(|error| error.to_string())?;
    if metadata.is_dir() {
        return Err("it is a folder".to_owned());
    }
    if metadata.is_file() {
        File::open(file).map_err(|error| error.to_string())?;
    }
    Ok(())
}

/// Why there is no such column in this file, if it is a file that can be looked at: a heading without
/// its name, or no row with so many.
/// What cannot be read is told of by [`readable`].
#[must_use]
pub fn lacks_column(file: &str, column: &Column) -> Option<String> {
    if file == "-" || !fs::metadata(file).is_ok_and(|metadata| metadata.is_file()) {
        return None;
    }
    let mut head = Vec::new();
    File::open(file).ok()?.take(HEADING).read_to_end(&mut head).ok()?;
    let mut reader = ListReader::new(Some(column));
    reader.feed(&head, &mut |_| {});
    // The heading may be all that there is.
    reader.feed(b"\n", &mut |_| {});
    reader.lacks_its_column()
}

/// Why the list of a job cannot be read, with the file; `None`: it can, or the job has none.
#[must_use]
pub fn unreadable(spec: &JobSpec) -> Option<String> {
    let mut files = spec.fetch.iter().flat_map(|list| &list.files);
    files.find_map(|file| {
        let why = readable(file).err()?;
        Some(format!("the list {file}: {why}; it is read as soon as it can be"))
    })
}
