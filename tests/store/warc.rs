//! What a commit records in an archive: once, together with the results, whatever goes wrong.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crawld::domain::recording::{Archive, Recording};
use crawld::frontier::record::{QueuedUrl, Settled};
use crawld::store::StoreErrorKind;
use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection, RunQueryDsl};

use crate::ground::*;

const A: &str = "http://a.test/";
const B: &str = "http://b.test/";

/// An archive in a folder of its own; its records are plain words.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn archive(&self, size: u64) -> Arc<Archive> {
        let folder = self.0.path().join("archive").to_str().unwrap().to_owned();
        Arc::new(Archive { folder, size })
    }

    /// A page whose answer is recorded in these words.
    fn page(&self, row: &QueuedUrl, words: &str) -> Settled {
        self.sized(row, words, 1 << 30)
    }

    fn sized(&self, row: &QueuedUrl, words: &str, size: u64) -> Settled {
        let recording = Recording {
            archive: self.archive(size),
            url: row.url.clone(),
            date: NOW,
            address: None,
            id: "<urn:uuid:0>".to_owned(),
            request: Vec::new(),
            response: format!("recorded<{words}>").into_bytes(),
            head: Vec::new(),
            payload: None,
        };
        Settled { recording: Some(Box::new(recording)), ..done(row, Vec::new()) }
    }

    fn files(&self) -> Vec<PathBuf> {
        let Ok(entries) = fs::read_dir(self.0.path().join("archive")) else { return Vec::new() };
        let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
        files.sort();
        files
    }

    fn names(&self) -> Vec<String> {
        let name = |path: &PathBuf| path.file_name().unwrap().to_str().unwrap().to_owned();
        self.files().iter().map(name).collect()
    }

    /// The words recorded in a file, in order.
    fn words(file: &Path) -> Vec<String> {
        let text = fs::read(file).unwrap();
        let text = String::from_utf8_lossy(&text).into_owned();
        let parts = text.split("recorded<").skip(1);
        parts.filter_map(|p| p.split_once('>')).map(|(words, _)| words.to_owned()).collect()
    }

    fn all_words(&self) -> Vec<String> {
        self.files().iter().flat_map(|file| Self::words(file)).collect()
    }
}

/// Has every commit fail after its records are on disk, or lets it pass again.
fn let_commits_fail(ground: &Ground, fail: bool) {
    ground.sql(match (ground.is_postgres(), fail) {
        (true, true) => {
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS \
             $$ BEGIN RAISE division_by_zero; END $$; \
             CREATE TRIGGER refuse BEFORE UPDATE ON warc_file \
             FOR EACH ROW EXECUTE FUNCTION refuse()"
        }
        (true, false) => "DROP TRIGGER refuse ON warc_file",
        (false, true) => {
            "CREATE TRIGGER refuse BEFORE UPDATE ON warc_file \
             BEGIN SELECT RAISE(ABORT, 'refused'); END"
        }
        (false, false) => "DROP TRIGGER refuse",
    });
}

on_both! {
    fn what_a_failed_commit_recorded_is_cut_away_and_a_repeated_one_records_nothing(ground: Ground) {
        let folder = Folder::new();
        ground.offer(&[root(A), root(B)], NOW);
        let first = settle(vec![folder.page(&ground.queued(A), "first")]);
        let second = settle(vec![folder.page(&ground.queued(B), "second")]);
        ground.commit(1, &first);
        let_commits_fail(&ground, true);
        ground.store.commit(&ground.node, 2, &second, NOW, LEASE).unwrap_err();
        assert_eq!(folder.all_words(), ["first", "second"], "on disk before the commit");
        let_commits_fail(&ground, false);
        ground.commit(2, &second);
        assert!(ground.commit(2, &second).repeated);
        assert_eq!(folder.all_words(), ["first", "second"]);
        assert!(folder.names()[0].ends_with(".warc.gz.open"));
        ground.store.retire(&ground.node, NOW).unwrap();
        assert!(folder.names()[0].ends_with(".warc.gz"));
        assert_eq!(folder.all_words(), ["first", "second"]);
    }

    fn what_a_dead_process_left_is_completed_by_the_next(ground: Ground) {
        let folder = Folder::new();
        ground.offer(&[root(A), root(B)], NOW);
        ground.commit(1, &settle(vec![folder.page(&ground.queued(A), "first")]));
        let_commits_fail(&ground, true);
        let second = settle(vec![folder.page(&ground.queued(B), "lost")]);
        ground.store.commit(&ground.node, 2, &second, NOW, LEASE).unwrap_err();
        let_commits_fail(&ground, false);
        // A node that enters while its writer lives leaves the file alone.
        ground.store.register("second", NOW, LEASE).unwrap();
        assert_eq!(folder.all_words(), ["first", "lost"]);
        let ground = ground.opened_again();
        ground.store.register("third", NOW, LEASE).unwrap();
        assert_eq!(folder.all_words(), ["first"]);
        assert!(folder.names()[0].ends_with(".warc.gz"), "{:?}", folder.names());
    }

    fn a_result_that_is_not_stored_is_not_recorded(ground: Ground) {
        let folder = Folder::new();
        ground.offer(&[root(A)], NOW);
        let page = folder.page(&ground.queued(A), "once");
        ground.commit(1, &settle(vec![page.clone(), page.clone()]));
        ground.commit(2, &settle(vec![page]));
        assert_eq!(folder.all_words(), ["once"]);
    }

    fn a_full_file_is_complete_and_the_next_begins(ground: Ground) {
        let folder = Folder::new();
        ground.offer(&[root(A), root(B)], NOW);
        ground.commit(1, &settle(vec![folder.sized(&ground.queued(A), "first", 10)]));
        ground.commit(2, &settle(vec![folder.sized(&ground.queued(B), "second", 10)]));
        let files = folder.files();
        assert_eq!(files.len(), 2);
        assert_eq!(Folder::words(&files[0]), ["first"]);
        assert_eq!(Folder::words(&files[1]), ["second"]);
        let names = folder.names();
        assert!(names[0].contains("-00000-") && names[0].ends_with(".warc.gz"), "{names:?}");
        assert!(names[1].contains("-00001-") && names[1].ends_with(".warc.gz.open"), "{names:?}");
    }

    fn a_folder_that_may_not_be_used_is_named(ground: Ground) {
        let folder = Folder::new();
        fs::write(folder.0.path().join("archive"), "a file").unwrap();
        ground.offer(&[root(A)], NOW);
        let batch = settle(vec![folder.page(&ground.queued(A), "never")]);
        let error = ground.store.commit(&ground.node, 1, &batch, NOW, LEASE).unwrap_err();
        assert_eq!(error.kind, StoreErrorKind::Bad, "{error}");
        assert!(error.message.contains("archive/crawld-"), "{error}");
        assert_eq!(ground.take("a.test", NOW).len(), 1, "it is still to be asked");
    }
}

/// The server still commits what a killed process sent last when the next one starts.
#[test]
fn a_file_is_completed_only_when_the_last_commit_to_it_is_decided() {
    let ground = Ground::postgres();
    let folder = Folder::new();
    ground.offer(&[root(A), root(B)], NOW);
    ground.commit(1, &settle(vec![folder.page(&ground.queued(A), "first")]));
    let_commits_fail(&ground, true);
    let second = settle(vec![folder.page(&ground.queued(B), "second")]);
    ground.store.commit(&ground.node, 2, &second, NOW, LEASE).unwrap_err();
    let_commits_fail(&ground, false);
    let ground = ground.opened_again();

    let mut server = PgConnection::establish(&ground.url).unwrap();
    let length = fs::metadata(&folder.files()[0]).unwrap().len();
    let sent = format!("BEGIN; UPDATE warc_file SET end_offset = {length}");
    server.batch_execute(&sent).unwrap();
    std::thread::scope(|scope| {
        let next = scope.spawn(|| ground.store.register("third", NOW, LEASE).unwrap());
        let waiting = "SELECT 1 FROM pg_stat_activity \
            WHERE datname = current_database() AND wait_event_type = 'Lock'";
        let mut watch = PgConnection::establish(&ground.url).unwrap();
        while !next.is_finished() && diesel::sql_query(waiting).execute(&mut watch).unwrap() == 0 {}
        server.batch_execute("COMMIT").unwrap();
    });
    assert_eq!(folder.all_words(), ["first", "second"]);
    assert!(folder.names()[0].ends_with(".warc.gz"), "{:?}", folder.names());
}
