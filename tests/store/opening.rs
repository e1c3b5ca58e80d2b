//! Opening: what is refused, why, and that nothing is harmed by it.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crawld::store::{Access, Store, StoreError, StoreErrorKind};
use diesel::connection::SimpleConnection;
use diesel::{Connection, SqliteConnection};

use crate::ground::*;
use crate::locks;

fn owner(path: &Path) -> Result<Store, StoreError> {
    Store::open(path.to_str().unwrap(), Access::Owner)
}

fn reader(path: &Path) -> Result<Store, StoreError> {
    Store::open(path.to_str().unwrap(), Access::Reader)
}

/// A database with a job, closed.
fn stored(folder: &Path) -> std::path::PathBuf {
    let path = folder.join("crawld.db");
    let store = owner(&path).unwrap();
    let node = store.register("n", NOW, LEASE).unwrap();
    let job = store.create_job(&new_job("j"), NOW).unwrap().id;
    let urls: Vec<_> = (0..500).map(|n| root(&format!("http://a.test/{n}"))).collect();
    store.offer(&node, job, &urls, None, true, false, NOW).unwrap();
    path
}

fn files(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// Both ways of opening refuse the file for this reason, name it, and leave it as it was.
fn refused(path: &Path, kind: StoreErrorKind) {
    let before = fs::read(path).unwrap();
    for result in [owner(path), reader(path)] {
        let error = result.err().unwrap();
        assert_eq!(error.kind, kind, "{error}");
        assert!(error.message.contains(path.to_str().unwrap()), "{error}");
        assert!(!error.message.contains('\n'), "{error}");
    }
    assert!(fs::read(path).unwrap() == before, "changed");
}

#[test]
fn a_file_that_is_something_else_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notes.txt");
    fs::write(&path, "just some notes\n".repeat(1000)).unwrap();
    refused(&path, StoreErrorKind::NotADatabase);
    assert_eq!(files(folder.path()), ["notes.txt"]);
}

#[test]
fn a_folder_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(owner(folder.path()).err().unwrap().kind, StoreErrorKind::NotADatabase);
}

#[test]
fn a_database_of_another_program_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("other.db");
    let mut conn = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
    conn.batch_execute("CREATE TABLE bookmarks (a)").unwrap();
    drop(conn);
    refused(&path, StoreErrorKind::NotADatabase);
}

/// All that lies on the disk between any two of the commits that make a store: what a kill may
/// leave. The commits are those of the file's log, so that none is forgotten.
#[test]
fn a_store_whose_birth_was_cut_short_anywhere_is_opened_and_finished() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("born.db");
    let log = path.with_extension("db-wal");
    let store = owner(&path).unwrap();
    let (file, whole) = (fs::read(&path).unwrap(), fs::read(&log).unwrap());
    drop(store);
    let cuts = commits(&whole);
    assert!(cuts.len() > 3, "{cuts:?}");
    for (born, cut) in cuts.into_iter().enumerate() {
        let path = folder.path().join(format!("cut{born}.db"));
        fs::write(&path, &file).unwrap();
        fs::write(path.with_extension("db-wal"), &whole[..cut]).unwrap();
        match reader(&path) {
            Ok(store) => drop(store),
            Err(error) => {
                let known = [StoreErrorKind::Missing, StoreErrorKind::Bad];
                assert!(known.contains(&error.kind), "after {born} commits: {error}");
            }
        }
        let store = owner(&path).unwrap_or_else(|error| panic!("after {born} commits: {error}"));
        store.create_job(&new_job("j"), NOW).unwrap();
    }
}

/// Where in a log of SQLite its commits end: frames begin behind 32 bytes, each has a head of 24,
/// and the last of a commit tells the size of the database at byte 4 (sqlite.org/fileformat.html).
fn commits(log: &[u8]) -> Vec<usize> {
    let page = u32::from_be_bytes(log[8..12].try_into().unwrap()) as usize;
    let frames = log[32..].chunks_exact(24 + page).enumerate();
    let ends = frames.filter(|(_, frame)| frame[4..8] != [0; 4]);
    ends.map(|(nth, _)| 32 + (nth + 1) * (24 + page)).collect()
}

#[test]
fn a_truncated_database_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = stored(folder.path());
    let whole = fs::read(&path).unwrap();
    for length in [whole.len() / 2, 5000, 600] {
        fs::write(&path, &whole[..length]).unwrap();
        refused(&path, StoreErrorKind::Corrupt);
    }
}

#[test]
fn damage_within_is_found_when_it_is_met() {
    let folder = tempfile::tempdir().unwrap();
    let path = stored(folder.path());
    let mut bytes = fs::read(&path).unwrap();
    bytes[4096..].fill(0xaa);
    fs::write(&path, &bytes).unwrap();
    let error = owner(&path).err().unwrap();
    assert_eq!(error.kind, StoreErrorKind::Corrupt, "{error}");
    assert!(!error.may_heal());
}

#[test]
fn a_read_only_file_is_not_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = stored(folder.path());
    fs::set_permissions(&path, fs::Permissions::from_mode(0o444)).unwrap();
    assert_eq!(owner(&path).err().unwrap().kind, StoreErrorKind::ReadOnly);
    let job = reader(&path).unwrap().job_by_name("j").unwrap().unwrap().id;
    assert_eq!(reader(&path).unwrap().pages_after(job, 0, 1000).unwrap().len(), 500);
}

#[test]
fn a_database_from_the_future_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = stored(folder.path());
    let mut conn = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
    conn.batch_execute(
        "INSERT INTO __diesel_schema_migrations (version) VALUES ('29990101000000')",
    )
    .unwrap();
    drop(conn);
    refused(&path, StoreErrorKind::Newer);
}

#[test]
fn a_server_schema_from_the_future_is_refused() {
    let ground = Ground::postgres();
    ground.sql("INSERT INTO __diesel_schema_migrations (version) VALUES ('29990101000000')");
    for access in [Access::Owner, Access::Reader] {
        let error = Store::open(&ground.url, access).err().unwrap();
        assert_eq!(error.kind, StoreErrorKind::Newer, "{error}");
    }
}

#[test]
fn a_second_owner_is_told_who_the_first_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("crawld.db");
    let first = owner(&path).unwrap();
    let again = folder.path().join("link.db");
    std::os::unix::fs::symlink(&path, &again).unwrap();
    for name in [&path, &again] {
        let error = owner(name).err().unwrap();
        assert_eq!(error.kind, StoreErrorKind::Owned { pid: Some(std::process::id()) });
        assert!(error.message.contains(&std::process::id().to_string()), "{error}");
    }
    drop(first);
    owner(&path).unwrap();
}

#[test]
fn a_reader_creates_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("crawld.db");
    assert_eq!(reader(&path).err().unwrap().kind, StoreErrorKind::Missing);
    assert!(files(folder.path()).is_empty());
    fs::write(&path, "").unwrap();
    assert_eq!(reader(&path).err().unwrap().kind, StoreErrorKind::Missing);
    assert_eq!(files(folder.path()), ["crawld.db"]);
}

#[test]
fn a_reader_leaves_no_files_behind() {
    let folder = tempfile::tempdir().unwrap();
    let path = stored(folder.path());
    assert_eq!(files(folder.path()), ["crawld.db", "crawld.db.lock"]);
    let store = reader(&path).unwrap();
    assert_eq!(store.jobs().unwrap().len(), 1);
    drop(store);
    assert_eq!(files(folder.path()), ["crawld.db", "crawld.db.lock"]);
}

/// Another process opens the store, reads it and closes it: the log of an owner stays.
fn look_in(path: &Path) {
    let program = env!("CARGO_BIN_EXE_crawld");
    let arguments = ["report", "--database", path.to_str().unwrap()];
    let seen = std::process::Command::new(program).args(arguments).output().unwrap();
    assert!(seen.status.success(), "{seen:?}");
    assert!(path.with_extension("db-wal").exists());
    assert!(locks::are_held(std::process::id(), path), "others may delete the log");
}

#[test]
fn an_owner_keeps_its_locks_and_its_log_whatever_its_process_opens_and_closes() {
    let folder = tempfile::tempdir().unwrap();
    let path = stored(folder.path());
    let store = owner(&path).unwrap();
    store.create_job(&new_job("first"), NOW).unwrap();
    let readers = [reader(&path).unwrap(), reader(&path).unwrap()];
    look_in(&path);
    drop(readers);
    look_in(&path);
    let pid = Some(std::process::id());
    assert_eq!(owner(&path).err().unwrap().kind, StoreErrorKind::Owned { pid });
    look_in(&path);
    let other = folder.path().join("another name.db");
    fs::hard_link(&path, &other).unwrap();
    drop(reader(&other));
    fs::remove_file(&other).unwrap();
    look_in(&path);
    store.create_job(&new_job("second"), NOW).unwrap();
    assert_eq!(reader(&path).unwrap().jobs().unwrap().len(), 3);
}

#[test]
fn an_unusable_name_is_told_plainly() {
    let missing = "/nowhere/at/all/crawld.db";
    for (url, kind) in [
        (missing, StoreErrorKind::Missing),
        ("mysql://h/d", StoreErrorKind::Bad),
        ("", StoreErrorKind::Bad),
        ("postgres://127.0.0.1:1/d", StoreErrorKind::Gone),
        ("postgres://:::/d", StoreErrorKind::Bad),
    ] {
        let error = Store::open(url, Access::Owner).err().unwrap();
        assert_eq!(error.kind, kind, "{url}: {error}");
    }
}

#[test]
fn a_database_that_the_server_does_not_have_is_missing() {
    let ground = Ground::postgres();
    let error = Store::open(&format!("{}x", ground.url), Access::Owner).err().unwrap();
    assert_eq!(error.kind, StoreErrorKind::Missing, "{error}");
}

#[test]
fn a_lost_connection_is_gone_and_the_next_call_has_a_new_one() {
    let ground = Ground::postgres();
    ground.store.jobs().unwrap();
    ground.sql(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
         WHERE datname = current_database() AND pid <> pg_backend_pid()",
    );
    let error = ground.store.jobs().unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::Gone, "{error}");
    assert!(error.may_heal());
    assert_eq!(ground.store.jobs().unwrap().len(), 1);
}

#[test]
fn daemons_that_start_together_agree_on_the_schema() {
    let ground = Ground::postgres();
    ground.sql("DROP SCHEMA public CASCADE; CREATE SCHEMA public");
    std::thread::scope(|scope| {
        let starts: Vec<_> = (0..4)
            .map(|_| scope.spawn(|| Store::open(&ground.url, Access::Owner).map(|_| ())))
            .collect();
        for start in starts {
            start.join().unwrap().unwrap();
        }
    });
}
