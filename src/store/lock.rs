//! Who owns a SQLite file: an operating-system lock on `PATH.lock`. Never on the database itself,
//! where it would disturb SQLite's own locks. The file stays when the owner goes; the lock does not.

use std::ffi::OsString;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::error::{StoreError, StoreErrorKind};

/// Ownership of a database file, for as long as this value lives.
#[derive(Debug)]
pub(super) struct OwnerLock {
    _file: File,
}

impl OwnerLock {
    /// Takes the lock for this process.
    pub(super) fn take(database: &Path) -> Result<Self, StoreError> {
        let path = beside(database);
        let target = database.display().to_string();
        let failed = |error: &std::io::Error| {
            let kind = match error.kind() {
                std::io::ErrorKind::StorageFull => StoreErrorKind::Full,
                std::io::ErrorKind::NotFound => StoreErrorKind::Missing,
                _ => StoreErrorKind::ReadOnly,
            };
            StoreError::new(kind, &path.display().to_string(), &error.to_string())
        };
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(|e| failed(&e))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(owned(&mut file, &target)),
            Err(TryLockError::Error(error)) => return Err(failed(&error)),
        }
        sign(&mut file).map_err(|e| failed(&e))?;
        Ok(Self { _file: file })
    }
}

fn beside(database: &Path) -> PathBuf {
    let mut name = OsString::from(database);
    name.push(".lock");
    PathBuf::from(name)
}

fn sign(file: &mut File) -> std::io::Result<()> {
    file.set_len(0)?;
    file.seek(SeekFrom::Start(0))?;
    writeln!(file, "{}", std::process::id())
}

fn owned(file: &mut File, target: &str) -> StoreError {
    let mut text = String::new();
    let pid = file.read_to_string(&mut text).ok().and_then(|_| text.trim().parse().ok());
    let who = pid.map_or_else(|| "another process".to_owned(), |pid: u32| format!("process {pid}"));
    StoreError::new(StoreErrorKind::Owned { pid }, target, &format!("in use by {who}"))
}
