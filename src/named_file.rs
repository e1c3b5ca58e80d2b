//! A file that somebody names, by an option or in the configuration: it is opened unless it is one of
//! the store's own.
//!
//! Invariant: no database file that this process opened through SQLite, nor its log, is opened here.
//! Its closing would take all locks of the process on it (`store/sqlite.rs` tells of that), so whether
//! it is one is asked of the file system, by device and number, before anything is opened.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// What is said of a file of the store.
pub const OF_THE_STORE: &str = "this is the store's own database file";

/// What SQLite keeps beside a database: its logs and their index.
const BESIDE: [&str; 4] = ["", "-wal", "-shm", "-journal"];

/// The databases that this process opened; each once.
static OWN: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// From now on this database is not opened here.
pub fn keep_from(database: &Path) {
    let mut own = OWN.lock().unwrap_or_else(PoisonError::into_inner);
    if !own.iter().any(|known| known == database) {
        own.push(database.to_owned());
    }
}

/// Is it a file of a database that this process has opened, by whatever name?
#[must_use]
pub fn is_own(file: &Path) -> bool {
    let own = OWN.lock().unwrap_or_else(PoisonError::into_inner);
    own.iter().any(|database| is_of(file, database))
}

/// Is it, or will it be, a file of the store with this URL, or of one that this process has opened?
#[must_use]
pub fn is_of_store(file: &Path, url: &str) -> bool {
    is_own(file) || sqlite_path(url).is_some_and(|database| is_of(file, &database))
}

/// The SQLite file that a URL of a store means, through symbolic links, so that one file has one lock
/// whatever it is called. `None`: it means another kind of store, or none.
#[must_use]
pub fn sqlite_path(url: &str) -> Option<PathBuf> {
    let bare = || Some(url).filter(|url| !url.contains("://"));
    let path = url.strip_prefix("sqlite://").or_else(bare)?;
    let is_path = !path.is_empty() && !path.contains('\0');
    is_path.then(|| resolve(Path::new(path)))
}

/// Opens a file to be read.
///
/// # Errors
/// When it cannot be, or is the store's own.
pub fn open(file: &Path) -> io::Result<File> {
    if is_own(file) {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, OF_THE_STORE));
    }
    File::open(file)
}

/// All that a file holds.
///
/// # Errors
/// As [`open`].
pub fn read(file: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open(file)?.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// All that a file holds, which is text.
///
/// # Errors
/// As [`open`], and when it is not UTF-8.
pub fn read_to_string(file: &Path) -> io::Result<String> {
    let mut text = String::new();
    open(file)?.read_to_string(&mut text)?;
    Ok(text)
}

fn is_of(file: &Path, database: &Path) -> bool {
    let place = resolve(file);
    BESIDE.iter().any(|ending| {
        let mut own = database.as_os_str().to_owned();
        own.push(ending);
        place.as_os_str() == own || is_same(file, Path::new(&own))
    })
}

/// One file under two names?
fn is_same(one: &Path, other: &Path) -> bool {
    let number = |path| fs::metadata(path).map(|about| (about.dev(), about.ino()));
    number(one).is_ok_and(|one| number(other).is_ok_and(|other| one == other))
}

fn resolve(path: &Path) -> PathBuf {
    if let Ok(real) = path.canonicalize() {
        return real;
    }
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    match (folder.canonicalize(), path.file_name()) {
        (Ok(folder), Some(name)) => folder.join(name),
        _ => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_of_this_process_is_not_opened_by_any_of_its_names() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        for name in ["a.db", "a.db-wal", "b.db"] {
            fs::write(at(name), "x").unwrap();
        }
        fs::hard_link(at("a.db"), at("hard")).unwrap();
        std::os::unix::fs::symlink("a.db-wal", at("soft")).unwrap();
        assert_eq!(read(&at("a.db")).unwrap(), b"x", "nobody has opened it");
        keep_from(&sqlite_path(&format!("sqlite://{}", at("a.db").display())).unwrap());
        for name in ["a.db", "a.db-wal", "hard", "soft", "./a.db"] {
            assert_eq!(read(&at(name)).unwrap_err().to_string(), OF_THE_STORE, "{name}");
            assert!(is_own(&at(name)), "{name}");
        }
        assert_eq!(read_to_string(&at("b.db")).unwrap(), "x");
        let url = at("b.db").display().to_string();
        assert!(is_of_store(&at("b.db"), &url) && is_of_store(&at("b.db-shm"), &url), "to come");
        assert!(!is_of_store(&at("b.db"), "postgres://h/b.db"));
    }
}
