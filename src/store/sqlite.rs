//! Opening a SQLite file so that nothing in it can be harmed.
//!
//! Invariant: this process opens and closes a database file, its `-wal` and its `-shm` through
//! SQLite alone. POSIX takes all locks of a process on a file when the process closes any descriptor
//! of it: a look at a store that runs, past SQLite, would leave it without locks, and the next
//! client of another process to close it would delete the log that is still written to. SQLite
//! knows its own descriptors, and keeps those open that may not be closed yet.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use diesel::connection::{Connection as _, SimpleConnection};
use diesel::{QueryableByName, RunQueryDsl, SqliteConnection, sql_query, sql_types};

use super::error::{StoreError, StoreErrorKind, classify};
use super::{Access, Result};

/// `crld`, set by the first migration: tells our files from those of other programs.
const APPLICATION_ID: i32 = 0x6372_6c64;

/// WAL and FULL: a commit survives power loss at about 2 µs a page more. The page cache is 32 MiB
/// at most; checkpoints come every 32 MiB, since a page written twice in between is copied once.
const OWNER: &str = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
    PRAGMA cache_size = -32768; PRAGMA wal_autocheckpoint = 8000; \
    PRAGMA journal_size_limit = 67108864; PRAGMA foreign_keys = OFF; PRAGMA temp_store = MEMORY";
/// A reader may have to mend what a crash left in the log, but writes no data.
const READER: &str = "PRAGMA query_only = ON; PRAGMA cache_size = -8192";

/// Opens the file; an owner must hold the lock.
pub(super) fn open(path: &Path, access: Access) -> Result<SqliteConnection> {
    match access {
        Access::Owner => owner(path),
        Access::Reader => reader(path),
    }
}

/// Is this file one that an owner, or a reader, may open at all? Looks, touches nothing.
pub(super) fn inspect(path: &Path, access: Access) -> Result<()> {
    let refuse = |kind, what: &str| Err(StoreError::new(kind, &path.display().to_string(), what));
    let Ok(about) = path.metadata() else {
        let folder = path.parent().filter(|p| !p.as_os_str().is_empty());
        return match access {
            Access::Reader => refuse(StoreErrorKind::Missing, "no such file"),
            Access::Owner if folder.is_some_and(|f| !f.is_dir()) => {
                refuse(StoreErrorKind::Missing, "its folder does not exist")
            }
            Access::Owner => Ok(()),
        };
    };
    if !about.is_file() {
        return refuse(StoreErrorKind::NotADatabase, "not a file");
    }
    // Asked of the file itself, because root may write even then.
    if access == Access::Owner && about.permissions().readonly() {
        return refuse(StoreErrorKind::ReadOnly, "the file is read-only");
    }
    if about.len() == 0 {
        return match access {
            Access::Reader => refuse(StoreErrorKind::Missing, "the file is empty"),
            Access::Owner => Ok(()),
        };
    }
    if let Err(error) = rustix::fs::access(path, rustix::fs::Access::READ_OK) {
        return refuse(StoreErrorKind::ReadOnly, &std::io::Error::from(error).to_string());
    }
    match look(path) {
        Err(error) if error.kind == StoreErrorKind::NotADatabase => {
            refuse(StoreErrorKind::NotADatabase, "not a SQLite database")
        }
        // Whatever else is wrong is told by the opening, which reads the log and waits for locks.
        _ => Ok(()),
    }
}

/// Reads the first page as it lies in the file: without a lock, without a log, without a trace.
fn look(path: &Path) -> Result<()> {
    let mut conn = establish(path, "mode=ro&immutable=1")?;
    let seen = sql_query("SELECT application_id FROM pragma_application_id").execute(&mut conn);
    seen.map(drop).map_err(|e| failed(path, &e.to_string()))
}

fn owner(path: &Path) -> Result<SqliteConnection> {
    // Settings may hold secrets: nobody else reads a file that we make. SQLite takes an empty one
    // for a new database, and its opening tells what is wrong where this fails. A file that was
    // there is not opened by this, and to one that was not nobody holds a connection.
    drop(OpenOptions::new().write(true).create_new(true).mode(0o600).open(path));
    let mut conn = establish(path, "mode=rwc")?;
    ours(&mut conn, path)?;
    conn.batch_execute(OWNER).map_err(|e| failed(path, &e.to_string()))?;
    Ok(conn)
}

/// Opened for writing where possible, though nothing is written: a read-only connection leaves
/// `-wal` and `-shm` behind. Where the folder may not be written and no log is there, nobody can
/// be writing, and the file is read as it lies.
fn reader(path: &Path) -> Result<SqliteConnection> {
    let ways = ["mode=rw", "mode=ro", "mode=ro&immutable=1"];
    let log = path
        .with_file_name(format!("{}-wal", path.file_name().unwrap_or_default().to_string_lossy()));
    let ways = if log.exists() { ways.get(..2) } else { ways.get(..) };
    let mut last = failed(path, "unable to open database file");
    for way in ways.unwrap_or_default() {
        match reader_by(path, way) {
            Err(error) if error.kind == StoreErrorKind::Gone => last = error,
            other => return other,
        }
    }
    Err(last)
}

fn reader_by(path: &Path, way: &str) -> Result<SqliteConnection> {
    let mut conn = establish(path, way)?;
    ours(&mut conn, path)?;
    conn.batch_execute(READER).map_err(|e| failed(path, &e.to_string()))?;
    Ok(conn)
}

fn establish(path: &Path, mode: &str) -> Result<SqliteConnection> {
    let Some(name) = path.to_str() else {
        let shown = path.display().to_string();
        return Err(StoreError::new(StoreErrorKind::Bad, &shown, "the path is not valid UTF-8"));
    };
    let name = name.replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    let mut conn = SqliteConnection::establish(&format!("file:{name}?{mode}"))
        .map_err(|e| failed(path, &e.to_string()))?;
    conn.batch_execute("PRAGMA busy_timeout = 5000").map_err(|e| failed(path, &e.to_string()))?;
    Ok(conn)
}

#[derive(QueryableByName)]
struct Marks {
    #[diesel(sql_type = sql_types::Integer)]
    application_id: i32,
    #[diesel(sql_type = sql_types::BigInt)]
    tables: i64,
}

/// The first look inside: a damaged or foreign file is found before anything is written. The table
/// of migrations comes before the first of them, which brings our mark: a store killed between the
/// two holds that table alone, and is still to be made.
fn ours(conn: &mut SqliteConnection, path: &Path) -> Result<()> {
    let marks: Marks = sql_query(
        "SELECT a.application_id, (SELECT count(*) FROM sqlite_master \
         WHERE tbl_name <> '__diesel_schema_migrations') AS tables FROM pragma_application_id a",
    )
    .get_result(conn)
    .map_err(|e| failed(path, &e.to_string()))?;
    if marks.tables > 0 && marks.application_id != APPLICATION_ID {
        let shown = path.display().to_string();
        let what = "a database of another program";
        return Err(StoreError::new(StoreErrorKind::NotADatabase, &shown, what));
    }
    Ok(())
}

fn failed(path: &Path, text: &str) -> StoreError {
    StoreError::new(classify(text), &path.display().to_string(), text)
}
