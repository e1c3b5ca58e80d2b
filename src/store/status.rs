//! What a job's hosts wait for.

use diesel::{QueryableByName, RunQueryDsl, sql_query, sql_types};

use super::connection::both;
use super::{Result, Store, this_pass};
use crate::domain::outcome::UrlState;
use crate::domain::{JobId, Millis};

/// Hosts at which a job has something to ask; each is counted once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, QueryableByName)]
pub struct Waiting {
    /// Leased by a node that is alive.
    #[diesel(sql_type = sql_types::BigInt)]
    pub leased: i64,
    /// Could not be reached last time, and rest.
    #[diesel(sql_type = sql_types::BigInt)]
    pub unreachable: i64,
    /// Answer, but asked for a pause: Retry-After or back-off.
    #[diesel(sql_type = sql_types::BigInt)]
    pub pausing: i64,
    /// Free, but nothing is due there yet.
    #[diesel(sql_type = sql_types::BigInt)]
    pub later: i64,
    /// Free, and something is due now.
    #[diesel(sql_type = sql_types::BigInt)]
    pub ready: i64,
}

/// SQLite numbers parameters as they first appear: `$1` must come before `$2`.
const WAITING: &str = "SELECT \
    COUNT(CASE WHEN why = 0 THEN 1 END) AS leased, \
    COUNT(CASE WHEN why = 1 THEN 1 END) AS unreachable, \
    COUNT(CASE WHEN why = 2 THEN 1 END) AS pausing, \
    COUNT(CASE WHEN why = 3 THEN 1 END) AS later, \
    COUNT(CASE WHEN why = 4 THEN 1 END) AS ready FROM \
    (SELECT CASE \
        WHEN n.id IS NOT NULL THEN 0 \
        WHEN h.not_before > $1 AND h.fails > 0 THEN 1 \
        WHEN h.not_before > $1 THEN 2 \
        WHEN jh.due_at > $1 THEN 3 \
        ELSE 4 END AS why \
     FROM job_host jh JOIN host h ON h.host_key = jh.host_key \
     LEFT JOIN node n ON n.id = h.owner AND n.expires_at > $1 \
     WHERE jh.job = $2 AND jh.due_at IS NOT NULL AND jh.beyond = 0 AND jh.given_up IS NULL) reasons";

/// How far a job is in its pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Standing {
    /// URLs asked in this pass that counted, as far as they are committed.
    pub asked: i64,
    /// URLs queued, those in flight included.
    pub queued: i64,
}

/// Counted in indexes alone: it is asked while the job runs.
const STANDING: &str = "SELECT j.asked AS asked, \
    (SELECT COUNT(*) FROM urls WHERE job = $1 AND due_at IS NOT NULL) AS due, \
    (SELECT COUNT(*) FROM urls WHERE job = $1 AND role = 1 AND due_at IS NOT NULL) AS sitemaps \
    FROM job j WHERE j.id = $1";

#[derive(QueryableByName)]
struct StandingRow {
    #[diesel(sql_type = sql_types::BigInt)]
    asked: i64,
    #[diesel(sql_type = sql_types::BigInt)]
    due: i64,
    #[diesel(sql_type = sql_types::BigInt)]
    sitemaps: i64,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = sql_types::SmallInt)]
    state: i16,
    #[diesel(sql_type = sql_types::BigInt)]
    urls: i64,
}

impl Store {
    /// URLs of a job by state, as its present pass counts them, sitemaps left out.
    ///
    /// # Errors
    /// When the store fails.
    pub fn counts(&self, job: JobId) -> Result<Vec<(UrlState, i64)>> {
        let sql = "SELECT state, COUNT(*) AS urls FROM urls WHERE job = $1 AND role = 0 \
                   GROUP BY state";
        self.connections.read(|conn| {
            let since = super::job::by_id(conn, job)?.counts_since();
            let rows: Vec<Count> = both!(conn, c => sql_query(this_pass::only(sql, since))
                .bind::<sql_types::BigInt, _>(job.0)
                .get_results(c))?;
            let known = |row: Count| Some((UrlState::from_number(row.state)?, row.urls));
            Ok(rows.into_iter().filter_map(known).collect())
        })
    }

    /// How far a job is, sitemaps left out.
    ///
    /// # Errors
    /// When the store fails.
    pub fn standing(&self, job: JobId) -> Result<Standing> {
        self.connections.read(|conn| {
            let row: StandingRow = both!(conn, c => sql_query(STANDING)
                .bind::<sql_types::BigInt, _>(job.0)
                .get_result(c))?;
            Ok(Standing { asked: row.asked, queued: row.due - row.sitemaps })
        })
    }

    /// What the hosts wait for at which a job has something to ask.
    ///
    /// # Errors
    /// When the store fails.
    pub fn waiting(&self, job: JobId, now: Millis) -> Result<Waiting> {
        self.connections.read(|conn| {
            let found = both!(conn, c => sql_query(WAITING)
                .bind::<sql_types::BigInt, _>(now)
                .bind::<sql_types::BigInt, _>(job.0)
                .get_result(c))?;
            Ok(found)
        })
    }
}
