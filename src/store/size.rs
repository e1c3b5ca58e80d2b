//! How much the store holds.

use diesel::{QueryableByName, RunQueryDsl, sql_query, sql_types};

use super::connection::{Link, both};
use super::{Result, Store};

#[derive(QueryableByName)]
struct Queue {
    #[diesel(sql_type = sql_types::Text)]
    name: String,
    #[diesel(sql_type = sql_types::BigInt)]
    queued: i64,
}

#[derive(QueryableByName)]
struct Size {
    #[diesel(sql_type = sql_types::BigInt)]
    bytes: i64,
}

/// The index of the queue holds all that is counted.
const QUEUED: &str = "SELECT j.name, COALESCE(q.queued, 0) AS queued FROM job j LEFT JOIN \
    (SELECT job, COUNT(*) AS queued FROM urls WHERE due_at IS NOT NULL GROUP BY job) q \
    ON q.job = j.id";
const SQLITE: &str =
    "SELECT page_count * page_size AS bytes FROM pragma_page_count(), pragma_page_size()";
const POSTGRES: &str = "SELECT pg_database_size(current_database()) AS bytes";

impl Store {
    /// How many URLs of each job wait to be asked, by its name. It takes as long as they are many.
    ///
    /// # Errors
    /// When the store fails.
    pub fn queue_sizes(&self) -> Result<Vec<(String, i64)>> {
        self.connections.read(|conn| {
            let found: Vec<Queue> = both!(conn, c => sql_query(QUEUED).load(c))?;
            Ok(found.into_iter().map(|queue| (queue.name, queue.queued)).collect())
        })
    }

    /// Bytes of the database (of SQLite without its log).
    ///
    /// # Errors
    /// When the store fails.
    pub fn size(&self) -> Result<i64> {
        self.connections.read(|conn| {
            let found: Size = match &mut conn.link {
                Link::Sqlite(c) => sql_query(SQLITE).get_result(c)?,
                Link::Pg(c) => sql_query(POSTGRES).get_result(c)?,
            };
            Ok(found.bytes)
        })
    }
}
