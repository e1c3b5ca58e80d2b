//! What a rule set aside comes back when the rules have changed.

use diesel::prelude::*;
use diesel::{sql_query, sql_types};

use super::connection::both;
use super::schema::{job_host, urls};
use super::{Result, Store, wake};
use crate::domain::outcome::UrlState;
use crate::domain::{JobId, Millis};

impl Store {
    /// Has every host looked at again at which a job has something queued: when it may be asked was
    /// reckoned by a pace that no longer holds.
    ///
    /// # Errors
    /// When the store fails.
    pub fn hasten(&self, job: JobId, now: Millis) -> Result<()> {
        self.connections.write(|conn| {
            both!(conn, c => diesel::update(job_host::table)
                .filter(job_host::job.eq(job.0).and(job_host::due_at.gt(now)))
                .set(job_host::due_at.eq(now))
                .execute(c))?;
            Ok(())
        })
    }

    /// Queues every excluded URL of a job that counts in its present pass again, to be judged by the
    /// present rules when its turn comes, but for those beyond `max_per_template`. Gives their number.
    /// To be called before new rules are stored: a death in between then leaves nothing set aside for
    /// good.
    ///
    /// # Errors
    /// `Missing` when there is no such job.
    pub fn reinstate(&self, job: JobId, now: Millis) -> Result<usize> {
        self.connections.write_durably(|conn| {
            let excluded = UrlState::Excluded as i16;
            let since = super::job::by_id(conn, job)?.counts_since();
            let hosts: Vec<i64> = both!(conn, c => urls::table
                .filter(urls::job.eq(job.0).and(urls::state.eq(excluded)))
                .filter(urls::pass.ge(since))
                .select(urls::host_key)
                .distinct()
                .order(urls::host_key)
                .load(c))?;
            let pairs: Vec<(i64, i64)> = hosts.into_iter().map(|host| (job.0, host)).collect();
            wake::wake(conn, &pairs, now)?;
            let sql = "UPDATE urls SET state = 0, due_at = $1, tries = 0, reason = NULL, \
                       evidence = NULL WHERE job = $2 AND state = $3 AND pass >= $4 \
                       AND (evidence IS NULL OR evidence NOT LIKE 'max_per_template=%')";
            Ok(both!(conn, c => sql_query(sql)
                .bind::<sql_types::BigInt, _>(now)
                .bind::<sql_types::BigInt, _>(job.0)
                .bind::<sql_types::SmallInt, _>(excluded)
                .bind::<sql_types::Integer, _>(since)
                .execute(c))?)
        })
    }
}
