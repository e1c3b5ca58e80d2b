//! Can the list of a job be read?

use std::fs::{self, File};

use crate::domain::job::JobSpec;

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

/// Why the list of a job cannot be read, with the file; `None`: it can, or the job has none.
#[must_use]
pub fn unreadable(spec: &JobSpec) -> Option<String> {
    let mut files = spec.fetch.iter().flat_map(|list| &list.files);
    files.find_map(|file| {
        let why = readable(file).err()?;
        Some(format!("the list {file}: {why}; it is read as soon as it can be"))
    })
}
