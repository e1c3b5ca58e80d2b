//! The file that is being written.
//!
//! Invariant: while it is written the file has `.open` at the end of its name and a lock of the
//! operating system. What lies beyond the length that the store has committed is not recorded: it
//! is cut away before anything is appended and before the file gets its final name.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use crate::domain::Millis;
use crate::output::cell::moment_text;

/// Ends the name of a file that is being written.
const OPEN: &str = ".open";

/// The final name of a file that this node begins now, after so many others of its store.
#[must_use]
pub fn file_name(now: Millis, before: i64, node: i64) -> String {
    let digits: String = moment_text(now).chars().filter(char::is_ascii_digit).take(14).collect();
    format!("crawld-{digits}-{before:05}-{node:016x}.warc.gz")
}

/// Where the file of this name stands when it is complete.
#[must_use]
pub fn final_path(folder: &str, name: &str) -> PathBuf {
    Path::new(folder).join(name)
}

/// Where it stands while it is written.
#[must_use]
pub fn open_path(folder: &str, name: &str) -> PathBuf {
    final_path(folder, &format!("{name}{OPEN}"))
}

/// A file that is being written.
#[derive(Debug)]
pub struct OpenFile {
    file: File,
    folder: String,
    name: String,
}

impl OpenFile {
    /// Begins a file; its folder is made where it is missing.
    ///
    /// # Errors
    /// When it cannot be created, or is there already.
    pub fn create(folder: &str, name: String) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        let path = open_path(folder, &name);
        let file = OpenOptions::new().write(true).create_new(true).open(path)?;
        file.try_lock()?;
        sync_folder(folder)?;
        Ok(Self { file, folder: folder.to_owned(), name })
    }

    /// Takes over a file that somebody left behind, under whichever name; `None` when there is none
    /// or its writer is alive.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub fn take_over(folder: &str, name: String) -> io::Result<Option<Self>> {
        for path in [open_path(folder, &name), final_path(folder, &name)] {
            match OpenOptions::new().write(true).open(path) {
                Ok(file) => {
                    return match file.try_lock() {
                        Ok(()) => Ok(Some(Self { file, folder: folder.to_owned(), name })),
                        Err(TryLockError::WouldBlock) => Ok(None),
                        Err(TryLockError::Error(error)) => Err(error),
                    };
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        Ok(None)
    }

    /// Its folder.
    #[must_use]
    pub fn folder(&self) -> &str {
        &self.folder
    }

    /// Where it stands now, for messages.
    #[must_use]
    pub fn path(&self) -> PathBuf {
        open_path(&self.folder, &self.name)
    }

    /// Its final name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its length, with what may not be committed.
    ///
    /// # Errors
    /// When the file system fails.
    pub fn length(&self) -> io::Result<u64> {
        Ok(self.file.metadata()?.len())
    }

    /// Appends after the first `end` bytes, whatever was there, and has it on disk; gives the new
    /// end.
    ///
    /// # Errors
    /// When the file system fails, or the file is shorter than that.
    pub fn append(&mut self, end: u64, records: &[impl AsRef<[u8]>]) -> io::Result<u64> {
        self.cut(end)?;
        self.file.seek(SeekFrom::Start(end))?;
        let mut length = end;
        let mut out = BufWriter::with_capacity(1 << 16, &self.file);
        for record in records.iter().map(AsRef::as_ref) {
            out.write_all(record)?;
            length += record.len() as u64;
        }
        out.flush()?;
        drop(out);
        self.file.sync_data()?;
        Ok(length)
    }

    /// Cuts it back to `end` bytes and gives it its final name; with no bytes it is removed.
    ///
    /// # Errors
    /// When the file system fails, or the file is shorter than that.
    pub fn finish(&mut self, end: u64) -> io::Result<()> {
        let (open, done) =
            (open_path(&self.folder, &self.name), final_path(&self.folder, &self.name));
        self.cut(end)?;
        self.file.sync_all()?;
        if end == 0 {
            not_found_is_fine(fs::remove_file(&open))?;
            not_found_is_fine(fs::remove_file(&done))?;
        } else {
            not_found_is_fine(fs::rename(&open, &done))?;
        }
        sync_folder(&self.folder)
    }

    fn cut(&self, end: u64) -> io::Result<()> {
        let length = self.length()?;
        if length < end {
            let what = format!("{} has {length} bytes, not the {end} recorded", self.name);
            return Err(io::Error::other(what));
        }
        if length > end {
            self.file.set_len(end)?;
        }
        Ok(())
    }
}

fn not_found_is_fine(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Has the names in a folder on disk.
fn sync_folder(folder: &str) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAME: &str = "a.warc.gz";

    #[test]
    fn a_name_tells_when_which_and_whose() {
        let name = file_name(1_795_248_000_123, 7, 0x1234);
        assert_eq!(name, "crawld-20261121080000-00007-0000000000001234.warc.gz");
    }

    #[test]
    fn what_was_not_committed_is_cut_away_before_the_next_and_at_the_end() {
        let folder = tempfile::tempdir().expect("a folder");
        let folder = folder.path().join("new").to_str().expect("text").to_owned();
        let mut file = OpenFile::create(&folder, NAME.to_owned()).expect("created");
        assert_eq!(file.append(0, &[b"one", b"two"]).expect("appended"), 6);
        assert_eq!(file.append(6, &[b"lost"]).expect("appended"), 10);
        assert_eq!(file.append(6, &[b"3"]).expect("appended"), 7);
        assert_eq!(file.append(7, &[b"lost too"]).expect("appended"), 15);
        assert!(!final_path(&folder, NAME).exists());
        file.finish(7).expect("finished");
        assert_eq!(fs::read(final_path(&folder, NAME)).expect("there"), b"onetwo3");
        assert!(!open_path(&folder, NAME).exists());
        assert!(file.append(8, &[b""]).is_err(), "a committed byte is missing");
    }

    #[test]
    fn what_is_left_behind_is_taken_over_unless_its_writer_lives() {
        let folder = tempfile::tempdir().expect("a folder");
        let folder = folder.path().to_str().expect("text");
        let take = || OpenFile::take_over(folder, NAME.to_owned()).expect("no trouble");
        assert!(take().is_none(), "there is none");
        let mut file = OpenFile::create(folder, NAME.to_owned()).expect("created");
        file.append(0, &[b"abc"]).expect("appended");
        assert!(take().is_none(), "its writer lives");
        drop(file);
        take().expect("left behind").finish(2).expect("finished");
        assert_eq!(fs::read(final_path(folder, NAME)).expect("there"), b"ab");
        // The name was final, its commit was not.
        take().expect("left behind").finish(0).expect("finished");
        assert!(!final_path(folder, NAME).exists());
    }
}
