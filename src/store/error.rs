//! What can go wrong with a store, told so that the next step is clear.

use std::fmt;

use diesel::result::{DatabaseErrorKind, Error as DieselError};

/// The kind of a store's failure: what it means for the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoreErrorKind {
    /// Another process owns the SQLite file.
    Owned {
        /// Its process number, if it could be read.
        pid: Option<u32>,
    },
    /// The file, its folder or the server may not be written.
    ReadOnly,
    /// The file is damaged.
    Corrupt,
    /// The file is something else.
    NotADatabase,
    /// A newer crawld has changed the schema.
    Newer,
    /// The disk is full.
    Full,
    /// The database is away or the connection was lost.
    Gone,
    /// Another process holds a lock for too long.
    Busy,
    /// This node was taken for dead and its hosts were given to others.
    Fenced,
    /// There is no such database, or nothing of crawld's in it.
    Missing,
    /// The server does not let us in as who we say we are.
    Denied,
    /// The URL of the database, or something else given, cannot be used.
    Bad,
    /// A defect of ours.
    Bug,
}

impl StoreErrorKind {
    /// What the reader of the message can do about it.
    fn mend(self) -> &'static str {
        match self {
            Self::Owned { .. } => "wait for that process, or name another --database",
            Self::ReadOnly => "make the file and its folder writable, or name another --database",
            Self::Corrupt => {
                "restore it from a backup, or save what is left with sqlite3 '.recover'"
            }
            Self::NotADatabase => "name another --database; the file was left untouched",
            Self::Newer => "use the crawld that wrote it, or a newer one",
            Self::Full => "free some space",
            Self::Gone => "see that it runs and can be reached",
            Self::Busy => "end whatever holds it locked",
            Self::Fenced => "the hosts are claimed afresh",
            Self::Missing => "check the name, or crawl something first",
            Self::Denied => "correct the user or its password, or let it in at the server",
            Self::Bad => "correct it",
            Self::Bug => "please report this",
        }
    }
}

/// A failure of the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreError {
    /// What it means for the caller.
    pub kind: StoreErrorKind,
    /// One line that names the file or URL, what happened, and the mend.
    pub message: String,
}

impl StoreError {
    /// A failure of `target` (a path, or a URL without its password).
    pub(super) fn new(kind: StoreErrorKind, target: &str, what: &str) -> Self {
        let what = what.split_whitespace().collect::<Vec<_>>().join(" ");
        Self { kind, message: format!("{target}: {what}; {}", kind.mend()) }
    }

    /// The disk that `target` is on is nearly full.
    #[must_use]
    pub fn full(target: &str, what: &str) -> Self {
        Self::new(StoreErrorKind::Full, target, what)
    }

    /// May the same call succeed later without anybody changing a setting?
    #[must_use]
    pub fn may_heal(&self) -> bool {
        matches!(self.kind, StoreErrorKind::Full | StoreErrorKind::Gone | StoreErrorKind::Busy)
    }

    /// May it be opened later, when somebody has mounted a disk, given a right, or made a database?
    #[must_use]
    pub fn may_be_mended(&self) -> bool {
        let by_hand = [StoreErrorKind::ReadOnly, StoreErrorKind::Missing, StoreErrorKind::Denied];
        self.may_heal() || by_hand.contains(&self.kind)
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for StoreError {}

/// What ends a transaction early, before it is known which store it was.
#[derive(Debug)]
pub(super) enum Fault {
    /// The database said no.
    Db(DieselError),
    /// We said no.
    Own(StoreErrorKind, String),
}

impl Fault {
    /// The node has been reaped.
    pub(super) fn fenced() -> Self {
        Self::Own(StoreErrorKind::Fenced, "this node was taken for dead".to_owned())
    }

    /// A job that is not there.
    pub(super) fn no_job(job: i64) -> Self {
        Self::Own(StoreErrorKind::Missing, format!("there is no job {job}"))
    }

    /// May the same transaction succeed when simply repeated? A deadlock bears no kind of its own,
    /// and its words may be translated, so on PostgreSQL whatever is unknown is repeated too: it was
    /// rolled back.
    pub(super) fn is_transient(&self, postgres: bool) -> bool {
        match self {
            Self::Db(DieselError::DatabaseError(DatabaseErrorKind::SerializationFailure, _)) => {
                true
            }
            Self::Db(DieselError::DatabaseError(DatabaseErrorKind::Unknown, info)) => {
                let text = info.message();
                postgres && (text.contains(DEADLOCK) || classify(text) == StoreErrorKind::Bug)
            }
            _ => false,
        }
    }

    pub(super) fn into_error(self, target: &str) -> StoreError {
        match self {
            Self::Own(kind, what) => StoreError::new(kind, target, &what),
            Self::Db(error) => StoreError::new(kind_of(&error), target, &error.to_string()),
        }
    }
}

impl From<DieselError> for Fault {
    fn from(error: DieselError) -> Self {
        Self::Db(error)
    }
}

fn kind_of(error: &DieselError) -> StoreErrorKind {
    match error {
        DieselError::DatabaseError(
            DatabaseErrorKind::ClosedConnection | DatabaseErrorKind::UnableToSendCommand,
            _,
        )
        | DieselError::BrokenTransactionManager => StoreErrorKind::Gone,
        DieselError::DatabaseError(DatabaseErrorKind::ReadOnlyTransaction, _) => {
            StoreErrorKind::ReadOnly
        }
        DieselError::DatabaseError(DatabaseErrorKind::SerializationFailure, _) => {
            StoreErrorKind::Busy
        }
        DieselError::DatabaseError(_, info) => classify(info.message()),
        DieselError::RollbackErrorOnCommit { commit_error, .. } => kind_of(commit_error),
        _ => StoreErrorKind::Bug,
    }
}

/// PostgreSQL ends a transaction of two that wait for each other.
const DEADLOCK: &str = "deadlock detected";

/// Reads the kind from the text: diesel passes on neither SQLite's codes nor most SQLSTATEs.
/// SQLite's texts are fixed; PostgreSQL's may be translated, and then count as a defect.
pub(super) fn classify(text: &str) -> StoreErrorKind {
    const KINDS: [(&str, StoreErrorKind); 24] = [
        ("disk is full", StoreErrorKind::Full),
        ("No space left", StoreErrorKind::Full),
        ("readonly database", StoreErrorKind::ReadOnly),
        ("read-only transaction", StoreErrorKind::ReadOnly),
        ("database is locked", StoreErrorKind::Busy),
        ("table is locked", StoreErrorKind::Busy),
        (DEADLOCK, StoreErrorKind::Busy),
        ("disk image is malformed", StoreErrorKind::Corrupt),
        ("not a database", StoreErrorKind::NotADatabase),
        ("disk I/O error", StoreErrorKind::Gone),
        ("unable to open database", StoreErrorKind::Gone),
        ("Connection refused", StoreErrorKind::Gone),
        ("could not connect", StoreErrorKind::Gone),
        ("timeout expired", StoreErrorKind::Gone),
        ("closed the connection", StoreErrorKind::Gone),
        ("terminating connection", StoreErrorKind::Gone),
        ("no connection to the server", StoreErrorKind::Gone),
        ("system is starting up", StoreErrorKind::Gone),
        ("system is shutting down", StoreErrorKind::Gone),
        ("in recovery mode", StoreErrorKind::Gone),
        ("too many clients", StoreErrorKind::Busy),
        ("permission denied", StoreErrorKind::ReadOnly),
        ("authentication failed", StoreErrorKind::Denied),
        ("does not exist", StoreErrorKind::Missing),
    ];
    KINDS
        .iter()
        .find(|(part, _)| text.contains(part))
        .map_or(StoreErrorKind::Bug, |(_, kind)| *kind)
}

#[cfg(test)]
mod tests {
    use diesel::connection::SimpleConnection;
    use diesel::{Connection, SqliteConnection};

    use super::*;

    #[test]
    fn a_full_database_is_told_from_a_defect() {
        let mut conn = SqliteConnection::establish(":memory:").unwrap();
        conn.batch_execute("PRAGMA max_page_count = 3; CREATE TABLE t (a)").unwrap();
        let error = conn.batch_execute("INSERT INTO t VALUES (randomblob(100000))").unwrap_err();
        let error = Fault::from(error).into_error("x.db");
        assert_eq!(error.kind, StoreErrorKind::Full, "{error}");
        assert!(error.may_heal());
        assert!(error.message.starts_with("x.db: "), "{error}");
    }

    #[test]
    fn a_message_is_one_line() {
        let error = StoreError::new(StoreErrorKind::Gone, "postgres://h/d", "no\nserver\n");
        assert_eq!(error.message, "postgres://h/d: no server; see that it runs and can be reached");
    }
}
