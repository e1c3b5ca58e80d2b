//! The two databases as one connection type, pooled by r2d2, and the transactions on it.
//!
//! diesel's own `MultiConnection` compiles neither multi-row inserts nor `ON CONFLICT`; `both!`
//! writes an expression once and compiles it for each database.

use std::fmt;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use diesel::connection::{
    AnsiTransactionManager, Connection as _, SimpleConnection, TransactionManager,
};
use diesel::{PgConnection, SqliteConnection};
use r2d2::{ManageConnection, Pool};

use super::error::{Fault, StoreError, StoreErrorKind, classify};
use super::sqlite;
use super::target::Target;
use super::{Access, Result};

/// Expands an expression once for each database; `$c` is the open connection.
macro_rules! both {
    ($conn:expr, $c:ident => $body:expr) => {
        match &mut $conn.link {
            $crate::store::connection::Link::Sqlite($c) => $body,
            $crate::store::connection::Link::Pg($c) => $body,
        }
    };
}
pub(super) use both;

/// As `both!`, for walking a job's URLs by number; `$of_job` selects the job. SQLite would rather
/// read all of the job by its unique index and sort; hidden in a sum, the job tempts it no more.
macro_rules! by_age {
    ($conn:expr, $job:expr, ($c:ident, $of_job:ident) => $body:expr) => {
        match &mut $conn.link {
            $crate::store::connection::Link::Sqlite($c) => {
                let $of_job = ($crate::store::schema::urls::job + 0).eq($job);
                $body
            }
            $crate::store::connection::Link::Pg($c) => {
                let $of_job = $crate::store::schema::urls::job.eq($job);
                $body
            }
        }
    };
}
pub(super) use by_age;

/// How often a transaction is repeated after a deadlock or a serialisation failure.
const REPEATS: usize = 5;
/// How long a new connection is waited for, and the closing of the last.
const PATIENCE: Duration = Duration::from_secs(3);

/// An open database.
pub(super) enum Link {
    Sqlite(SqliteConnection),
    Pg(PgConnection),
}

/// A pooled connection.
pub(super) struct Connection {
    pub(super) link: Link,
    broken: bool,
    // After the link: counted until it is closed.
    _open: Open,
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = if self.is_postgres() { "PostgreSQL" } else { "SQLite" };
        f.debug_struct(name).field("broken", &self.broken).finish_non_exhaustive()
    }
}

/// Counts the connections that are open. r2d2 may close the last one on a thread of its own a
/// moment after the pool is gone; whoever closes a store waits for that.
#[derive(Debug, Default)]
struct Count {
    open: Mutex<usize>,
    closed: Condvar,
}

struct Open(Arc<Count>);

impl Open {
    fn of(count: &Arc<Count>) -> Self {
        *count.open.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        Self(Arc::clone(count))
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        *self.0.open.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
        self.0.closed.notify_all();
    }
}

impl Connection {
    pub(super) fn is_postgres(&self) -> bool {
        matches!(self.link, Link::Pg(_))
    }

    /// Runs statements that give nothing back.
    pub(super) fn execute(&mut self, sql: &str) -> diesel::QueryResult<()> {
        both!(self, c => c.batch_execute(sql))
    }

    /// Runs `work` in a transaction that begins with `begin`.
    pub(super) fn transaction<T>(
        &mut self,
        begin: &str,
        work: impl FnOnce(&mut Self) -> std::result::Result<T, Fault>,
    ) -> std::result::Result<T, Fault> {
        both!(self, c => AnsiTransactionManager::begin_transaction_sql(c, begin))?;
        match work(self) {
            Ok(value) => {
                both!(self, c => AnsiTransactionManager::commit_transaction(c))?;
                Ok(value)
            }
            Err(fault) => {
                // SQLite may have rolled back by itself; the connection is then not used again.
                let undone = both!(self, c => AnsiTransactionManager::rollback_transaction(c));
                self.broken |= undone.is_err();
                Err(fault)
            }
        }
    }
}

/// Opens connections to one target; remembers why the last attempt failed, which r2d2 does not.
#[derive(Debug)]
pub(super) struct Manager {
    pub(super) target: Target,
    pub(super) access: Access,
    failure: Arc<Mutex<Option<StoreError>>>,
    count: Arc<Count>,
    /// A connection made beforehand.
    ready: Mutex<Option<Connection>>,
}

impl Manager {
    pub(super) fn new(target: Target, access: Access) -> Self {
        let (failure, count) = (Arc::default(), Arc::default());
        Self { target, access, failure, count, ready: Mutex::new(None) }
    }

    /// Opens a connection now, with a clear word about what is wrong.
    pub(super) fn open(&self) -> Result<Connection> {
        let link = match &self.target {
            Target::Sqlite(path) => sqlite::open(path, self.access).map(Link::Sqlite),
            Target::Postgres(url) => {
                postgres(url.as_str(), &self.target.shown(), self.access).map(Link::Pg)
            }
        }?;
        Ok(Connection { link, broken: false, _open: Open::of(&self.count) })
    }
}

fn postgres(url: &str, shown: &str, access: Access) -> Result<PgConnection> {
    let failed = |text: &str| {
        let kind = match classify(text) {
            StoreErrorKind::Bug => StoreErrorKind::Gone,
            kind => kind,
        };
        StoreError::new(kind, shown, text)
    };
    let mut conn = PgConnection::establish(url).map_err(|e| failed(&e.to_string()))?;
    // Lost crawl results are fetched again; writes about jobs ask for more (`Pooled::durably`).
    conn.batch_execute(
        "SET application_name = 'crawld'; SET synchronous_commit = off; \
         SET client_min_messages = warning",
    )
    .map_err(|e| failed(&e.to_string()))?;
    if access == Access::Reader {
        conn.batch_execute("SET default_transaction_read_only = on")
            .map_err(|e| failed(&e.to_string()))?;
    }
    Ok(conn)
}

impl ManageConnection for Manager {
    type Connection = Connection;
    type Error = StoreError;

    fn connect(&self) -> Result<Connection> {
        if let Some(conn) = self.ready.lock().unwrap_or_else(PoisonError::into_inner).take() {
            return Ok(conn);
        }
        self.open().inspect_err(|error| {
            *self.failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(error.clone());
        })
    }

    fn is_valid(&self, _: &mut Connection) -> Result<()> {
        Ok(())
    }

    fn has_broken(&self, conn: &mut Connection) -> bool {
        conn.broken || std::thread::panicking()
    }
}

/// The pool, with the words for its failures.
#[derive(Debug)]
pub(super) struct Connections {
    pool: Option<Pool<Manager>>,
    shown: String,
    failure: Arc<Mutex<Option<StoreError>>>,
    count: Arc<Count>,
}

impl Connections {
    /// A pool that begins with this connection.
    pub(super) fn new(manager: Manager, first: Connection) -> Self {
        *manager.ready.lock().unwrap_or_else(PoisonError::into_inner) = Some(first);
        let size = match (&manager.target, manager.access) {
            (Target::Sqlite(_), Access::Owner) => 1,
            _ => 2,
        };
        let (shown, count) = (manager.target.shown(), Arc::clone(&manager.count));
        let failure = Arc::clone(&manager.failure);
        let pool = Pool::builder()
            .max_size(size)
            .min_idle(Some(0))
            .test_on_check_out(false)
            .max_lifetime(None)
            .idle_timeout(None)
            .connection_timeout(PATIENCE)
            .error_handler(Box::new(r2d2::NopErrorHandler))
            .build_unchecked(manager);
        Self { pool: Some(pool), shown, failure, count }
    }

    /// How the database is named in messages.
    pub(super) fn shown(&self) -> &str {
        &self.shown
    }

    /// Runs `work` on a connection, without a transaction of its own.
    pub(super) fn read<T>(
        &self,
        work: impl FnOnce(&mut Connection) -> std::result::Result<T, Fault>,
    ) -> Result<T> {
        let mut conn = self.get()?;
        work(&mut conn).map_err(|fault| self.failed(&mut conn, fault))
    }

    /// Runs `work` on one state of the database.
    pub(super) fn snapshot<T>(
        &self,
        work: impl FnOnce(&mut Connection) -> std::result::Result<T, Fault>,
    ) -> Result<T> {
        self.read(|conn| {
            let begin =
                if conn.is_postgres() { "BEGIN ISOLATION LEVEL REPEATABLE READ" } else { "BEGIN" };
            conn.transaction(begin, work)
        })
    }

    /// Runs `work` in one transaction; repeats it when the database asks for that.
    pub(super) fn write<T>(
        &self,
        mut work: impl FnMut(&mut Connection) -> std::result::Result<T, Fault>,
    ) -> Result<T> {
        let mut conn = self.get()?;
        let postgres = conn.is_postgres();
        let begin = if postgres { "BEGIN" } else { "BEGIN IMMEDIATE" };
        let mut repeats = 0;
        loop {
            match conn.transaction(begin, &mut work) {
                Ok(value) => return Ok(value),
                Err(fault) if repeats < REPEATS && !conn.broken && fault.is_transient(postgres) => {
                    repeats += 1;
                }
                Err(fault) => return Err(self.failed(&mut conn, fault)),
            }
        }
    }

    /// As `write`; on PostgreSQL it is on disk when this returns.
    pub(super) fn write_durably<T>(
        &self,
        mut work: impl FnMut(&mut Connection) -> std::result::Result<T, Fault>,
    ) -> Result<T> {
        self.write(|conn| {
            if conn.is_postgres() {
                conn.execute("SET LOCAL synchronous_commit = on")?;
            }
            work(conn)
        })
    }

    fn get(&self) -> Result<r2d2::PooledConnection<Manager>> {
        let busy = |what: &str| StoreError::new(StoreErrorKind::Busy, &self.shown, what);
        let pool = self.pool.as_ref().ok_or_else(|| busy("closed"))?;
        pool.get().map_err(|error| {
            let last = self.failure.lock().unwrap_or_else(PoisonError::into_inner).take();
            last.unwrap_or_else(|| busy(&error.to_string()))
        })
    }

    /// Names the failure; a connection that failed is not used again unless the refusal was ours.
    fn failed(&self, conn: &mut Connection, fault: Fault) -> StoreError {
        if let Fault::Db(error) = &fault {
            let alive = conn.execute("SELECT 1").is_ok();
            conn.broken = true;
            if !alive {
                let lost = format!("connection lost ({error})");
                return StoreError::new(StoreErrorKind::Gone, &self.shown, &lost);
            }
        }
        fault.into_error(&self.shown)
    }
}

impl Drop for Connections {
    fn drop(&mut self) {
        drop(self.pool.take());
        let open = self.count.open.lock().unwrap_or_else(PoisonError::into_inner);
        // A connection that cannot be closed in this time is left to the end of the process.
        drop(self.count.closed.wait_timeout_while(open, PATIENCE, |open| *open > 0));
    }
}
