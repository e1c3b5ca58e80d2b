//! The archive's side of a commit: its records are on disk before the results that they belong to.
//!
//! Invariant: `warc_file.end_offset` is committed together with the pages whose records end there.
//! Whatever a file holds beyond it (a commit that failed, whose reply got lost, that a dying server
//! forgot) is cut away before anything is appended, and before the file gets its final name. So the
//! archive holds one record of an answer for each stored result, and no other.

mod file;
mod records;

use std::collections::{BTreeMap, HashMap};
use std::sync::PoisonError;

use diesel::prelude::*;

use super::connection::{Connection, both};
use super::error::{Fault, StoreError, StoreErrorKind};
use super::schema::warc_file;
use super::{Node, Result, Store};
use crate::domain::Millis;
use crate::frontier::record::Settled;
use crate::output::warc::{self, OpenFile};

/// The files that this process is writing, by folder.
#[derive(Debug, Default)]
pub(super) struct Archives {
    current: HashMap<String, OpenFile>,
}

impl Store {
    /// Gives files that a dead process left behind their committed ends and their final names.
    /// Those that cannot be reached are left for another time: they hinder nobody.
    pub(super) fn recover_archives(&self) {
        let left: Result<Vec<(String, String, i64)>> = self.connections.read(|conn| {
            Ok(both!(conn, c => warc_file::table
                .filter(warc_file::closed.eq(false))
                .select((warc_file::folder, warc_file::name, warc_file::end_offset))
                .order(warc_file::name)
                .load(c))?)
        });
        let left = left.unwrap_or_else(|error| {
            log::warn!("files of an archive may be unfinished: {error}");
            Vec::new()
        });
        for (folder, name, _) in left {
            let path = warc::open_path(&folder, &name);
            let taken = OpenFile::take_over(&folder, name).map_err(|e| file::failed(&path, &e));
            let done = taken.and_then(|found| match found {
                Some(mut found) => self.finish(&mut found),
                None => Ok(()),
            });
            if let Err(error) = done {
                log::warn!("{error}");
            }
        }
    }

    /// Completes the files that this process is writing.
    ///
    /// # Errors
    /// When the file system or the store fails; the rest is then done at the next start.
    pub(super) fn finish_archives(&self) -> Result<()> {
        let mut archives = self.archives.lock().unwrap_or_else(PoisonError::into_inner);
        for (_, mut file) in archives.current.drain() {
            self.finish(&mut file)?;
        }
        Ok(())
    }

    /// Cuts a file back to what is committed, gives it its final name, and notes that. The note is
    /// on disk when this returns, and with it every commit before: none can be forgotten later.
    fn finish(&self, file: &mut OpenFile) -> Result<()> {
        let end = self.connections.write(|conn| settled_end_of(conn, file))?;
        file.finish(end).map_err(|error| file::failed(&file.path(), &error))?;
        self.connections.write_durably(|conn| {
            let this = file::row(file);
            if end == 0 {
                both!(conn, c => diesel::delete(this).execute(c))?;
            } else {
                both!(conn, c =>
                    diesel::update(this).set(warc_file::closed.eq(true)).execute(c))?;
            }
            Ok(())
        })
    }

    /// Has a file with room open for each archive that this batch is recorded in.
    pub(super) fn prepare_archives(
        &self,
        archives: &mut Archives,
        batch: &[Settled],
        me: &Node,
        now: Millis,
    ) -> Result<()> {
        for settled in batch {
            let Some(recording) = &settled.recording else { continue };
            let folder = recording.archive.folder.as_str();
            let full = match archives.current.get(folder) {
                Some(file) => {
                    let length = file.length().map_err(|e| file::failed(&file.path(), &e))?;
                    length >= recording.archive.size
                }
                None => false,
            };
            if full && let Some(mut file) = archives.current.remove(folder) {
                self.finish(&mut file)?;
            }
            if !archives.current.contains_key(folder) {
                let file = self.begin(folder, me, now)?;
                archives.current.insert(folder.to_owned(), file);
            }
        }
        Ok(())
    }

    /// Begins a file. Its name is stored before it is there: a death in between leaves no file that
    /// nobody knows.
    fn begin(&self, folder: &str, me: &Node, now: Millis) -> Result<OpenFile> {
        let name = self.connections.write_durably(|conn| {
            let files = warc_file::table.filter(warc_file::folder.eq(folder));
            let before: i64 = both!(conn, c => files.count().get_result(c))?;
            let name = warc::file_name(now, before, me.id);
            let row = (
                warc_file::folder.eq(folder),
                warc_file::name.eq(&name),
                warc_file::end_offset.eq(0),
                warc_file::closed.eq(false),
            );
            both!(conn, c => diesel::insert_into(warc_file::table)
                .values(row)
                .on_conflict_do_nothing()
                .execute(c))?;
            Ok(name)
        })?;
        let path = warc::open_path(folder, &name);
        let created = OpenFile::create(folder, name.clone());
        created.or_else(|error| {
            self.connections.write(|conn| {
                let this = warc_file::folder.eq(folder).and(warc_file::name.eq(&name));
                both!(conn, c => diesel::delete(warc_file::table.filter(this)).execute(c))?;
                Ok(())
            })?;
            Err(file::failed(&path, &error))
        })
    }
}

impl Archives {
    /// Appends the records of these results, on disk when this returns, and stores the new ends.
    pub(super) fn append(
        &mut self,
        conn: &mut Connection,
        recorded: &[&Settled],
        now: Millis,
    ) -> std::result::Result<(), Fault> {
        let mut folders: BTreeMap<&str, Vec<&Settled>> = BTreeMap::new();
        for settled in recorded {
            if let Some(recording) = &settled.recording {
                folders.entry(&recording.archive.folder).or_default().push(settled);
            }
        }
        for (folder, pages) in folders {
            let missing =
                || Fault::Own(StoreErrorKind::Bug, format!("no file is open in {folder}"));
            let file = self.current.get_mut(folder).ok_or_else(missing)?;
            let end = end_of(conn, file)?;
            let mut records = records::of(conn, folder, &pages)?;
            if end == 0 {
                let info = warc::info(file.name(), now).map_err(|e| file::fault(file, &e))?;
                records.insert(0, info.into());
            }
            let end = file.append(end, &records).map_err(|error| file::fault(file, &error))?;
            let end = i64::try_from(end).unwrap_or(i64::MAX);
            both!(conn, c => diesel::update(file::row(file))
                .set(warc_file::end_offset.eq(end))
                .execute(c))?;
        }
        Ok(())
    }
}

/// What of a file is committed, for good: on PostgreSQL the commit of a process that was killed, or
/// whose reply was lost, may still be under way. It holds the row, so whoever writes to it waits.
fn settled_end_of(conn: &mut Connection, file: &OpenFile) -> std::result::Result<u64, Fault> {
    both!(conn, c => diesel::update(file::row(file))
        .set(warc_file::end_offset.eq(warc_file::end_offset))
        .execute(c))?;
    end_of(conn, file)
}

/// What of a file is committed.
fn end_of(conn: &mut Connection, file: &OpenFile) -> std::result::Result<u64, Fault> {
    let end: Option<i64> = both!(conn, c =>
        file::row(file).select(warc_file::end_offset).first(c).optional())?;
    let end = end.ok_or_else(|| {
        let what = format!("the store does not know {}", file.path().display());
        Fault::Own(StoreErrorKind::Bad, what)
    })?;
    Ok(u64::try_from(end).unwrap_or(0))
}
