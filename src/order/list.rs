//! Can the list of a job be read, and is it another than before?

use std::fs;
use std::io::Read as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use crate::actors::generator::heading_lacks;
use crate::domain::job::JobSpec;
use crate::domain::list::{Column, ListReader, no_list};
use crate::named_file;

/// How much of a file shows what it is, in bytes.
const HEAD: u64 = 512;
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
    if named_file::is_own(Path::new(file)) {
        return Err(named_file::OF_THE_STORE.to_owned());
    }
    if metadata.is_dir() {
        return Err("it is a folder".to_owned());
    }
    if metadata.is_file() {
        let mut head = Vec::new();
        let opened = named_file::open(Path::new(file)).map_err(|error| error.to_string())?;
        opened.take(HEAD).read_to_end(&mut head).map_err(|error| error.to_string())?;
        return no_list(&head).map_or(Ok(()), Err);
    }
    Ok(())
}

/// Why there is no such column in this file, if it is a file that can be looked at: a heading without
/// its name, or no row with so many. The heading of standard input is waited for.
/// What cannot be read is told of by [`readable`].
#[must_use]
pub fn lacks_column(file: &str, column: &Column) -> Option<String> {
    if file == "-" {
        return heading_lacks(column);
    }
    if !fs::metadata(file).is_ok_and(|metadata| metadata.is_file()) {
        return None;
    }
    let mut head = Vec::new();
    named_file::open(Path::new(file)).ok()?.take(HEADING).read_to_end(&mut head).ok()?;
    let mut reader = ListReader::new(Some(column));
    reader.feed(&head, &mut |_| {});
    // The heading may be all that there is.
    reader.feed(b"\n", &mut |_| {});
    reader.lacks_its_column()
}

/// The files of a list as they were at one moment: enough to tell that they are others now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListLook(Vec<Option<Mark>>);

/// Device, number and length of a file, and when it was last changed: seconds, nanoseconds.
type Mark = (u64, u64, u64, i64, i64);

impl ListLook {
    /// How the files of a job's list are now.
    #[must_use]
    pub fn take(spec: &JobSpec) -> Self {
        let files = spec.fetch.iter().flat_map(|list| &list.files);
        Self(files.map(|file| mark(file)).collect())
    }

    /// Has the list of this job, which was so, another file now, or one with other contents? What
    /// can be read only once (standard input, a pipe) has not, nor what is gone.
    #[must_use]
    pub fn is_outdated(&self, spec: &JobSpec) -> bool {
        let now = Self::take(spec).0;
        now.len() == self.0.len()
            && now.iter().zip(&self.0).any(|(now, then)| now.is_some() && now != then)
    }
}

fn mark(file: &str) -> Option<Mark> {
    let about = fs::metadata(file).ok().filter(fs::Metadata::is_file)?;
    Some((about.dev(), about.ino(), about.len(), about.ctime(), about.ctime_nsec()))
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
