//! Limits of a job that end its asking of single hosts.

use diesel::prelude::*;
use diesel::{QueryableByName, sql_query, sql_types};

use super::connection::{Connection, both};
use super::error::Fault;
use super::schema::job_host;
use super::{Result, Store};
use crate::domain::job::HostLimit;
use crate::domain::{HostKey, JobId};

/// What is left of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Left {
    /// No URL is queued.
    Nothing,
    /// All that is queued lies beyond this limit.
    Beyond(HostLimit),
    /// Pages of listings beyond their limit.
    Held,
    /// There is more to ask.
    More,
}

#[derive(QueryableByName)]
struct Lowest {
    #[diesel(sql_type = sql_types::Nullable<sql_types::SmallInt>)]
    beyond: Option<i16>,
}

/// The first limit among hosts with something queued; 0 where one may still be asked.
const LOWEST: &str = "SELECT MIN(jh.beyond) AS beyond FROM job_host jh \
    WHERE jh.job = $1 AND jh.due_at IS NOT NULL AND EXISTS \
    (SELECT 1 FROM urls u \
     WHERE u.job = jh.job AND u.host_key = jh.host_key AND u.due_at IS NOT NULL)";

impl Store {
    /// What is left of a job that limits its hosts.
    ///
    /// # Errors
    /// When the store fails.
    pub fn left(&self, job: JobId) -> Result<Left> {
        if self.is_drained(job)? {
            return Ok(Left::Nothing);
        }
        self.connections.read(|conn| {
            let lowest: Lowest = both!(conn, c => sql_query(LOWEST)
                .bind::<sql_types::BigInt, _>(job.0)
                .get_result(c))?;
            let limit = lowest.beyond.and_then(HostLimit::from_number);
            Ok(limit.map_or(Left::More, Left::Beyond))
        })
    }

    /// The hosts of which the job has asked pages in this pass, up to `limit` of them.
    ///
    /// # Errors
    /// When the store fails.
    pub fn hosts_asked(&self, job: JobId, limit: usize) -> Result<Vec<HostKey>> {
        self.connections.read(|conn| {
            let keys: Vec<i64> = both!(conn, c => job_host::table
                .filter(job_host::job.eq(job.0).and(job_host::asked.gt(0)))
                .order(job_host::host_key)
                .limit(i64::try_from(limit).unwrap_or(i64::MAX))
                .select(job_host::host_key)
                .load(c))?;
            Ok(keys.into_iter().map(HostKey).collect())
        })
    }
}

/// Writes down at which hosts a job has met a limit.
pub(super) fn set_beyond(
    conn: &mut Connection,
    hosts: &[(JobId, HostKey, HostLimit)],
) -> std::result::Result<(), Fault> {
    for (job, host, limit) in hosts {
        both!(conn, c => diesel::update(job_host::table
                .filter(job_host::job.eq(job.0).and(job_host::host_key.eq(host.0))))
            .set(job_host::beyond.eq(*limit as i16))
            .execute(c))?;
    }
    Ok(())
}
