//! A copy of a SQLite store as it is at one moment, also while a crawl runs.

use std::fs::{File, OpenOptions};
use std::io::ErrorKind;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use diesel::{RunQueryDsl, sql_query, sql_types};

use super::connection::Link;
use super::error::{Fault, StoreError, StoreErrorKind};
use super::{Result, Store};

impl Store {
    /// Writes the store into a new file, which is a store itself, and on disk when this returns. Who
    /// crawls goes on meanwhile. Nobody but its owner reads the file: cookies are in it.
    ///
    /// # Errors
    /// When the file exists or cannot be written (it is not there then), or the store is no SQLite
    /// file.
    pub fn back_up(&self, to: &Path) -> Result<()> {
        let failed = |what: &str| {
            StoreError::new(super::error::classify(what), &to.display().to_string(), what)
        };
        let bad =
            |what: &str| StoreError::new(StoreErrorKind::Bad, &to.display().to_string(), what);
        let name = to.to_str().ok_or_else(|| bad("the path is not valid UTF-8"))?;
        let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(to);
        made.map_err(|error| match error.kind() {
            ErrorKind::AlreadyExists => bad("the file exists already; name a new one"),
            _ => failed(&error.to_string()),
        })?;
        let written = self.connections.read(|conn| match &mut conn.link {
            Link::Pg(_) => {
                let what = "PostgreSQL has pg_dump for this".to_owned();
                Err(Fault::Own(StoreErrorKind::Bad, what))
            }
            Link::Sqlite(c) => {
                // A reader's connection, which forbids itself to write, counts the copy as writing.
                sql_query("PRAGMA query_only = OFF").execute(c)?;
                let copied = sql_query("VACUUM INTO ?").bind::<sql_types::Text, _>(name).execute(c);
                sql_query("PRAGMA query_only = ON").execute(c)?;
                copied?;
                Ok(())
            }
        });
        let synced = written.and_then(|()| {
            File::open(to).and_then(|file| file.sync_all()).map_err(|e| failed(&e.to_string()))
        });
        synced.inspect_err(|_| {
            // It holds half a store at most.
            if let Err(error) = std::fs::remove_file(to) {
                log::warn!("{}: {error}", to.display());
            }
        })
    }
}
