//! Single facts, for `crawld explain`.

use diesel::prelude::*;

use super::claim::{Leased, RobotsParts, robots_row};
use super::connection::both;
use super::schema::{host, job, job_host, robots, urls};
use super::{Result, Store};
use crate::domain::outcome::Reason;
use crate::domain::{HostKey, JobId, Millis, UrlKey};
use crate::frontier::record::{HostRow, RobotsRow};

/// A job's share of a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    /// When it has something due there, at the earliest; `None` when nothing is queued.
    pub due_at: Option<Millis>,
    /// URLs asked there in this pass.
    pub asked: i64,
    /// Set when the job has given the host up in this pass.
    pub given_up: Option<Reason>,
}

impl Store {
    /// The jobs that know a URL.
    ///
    /// # Errors
    /// When the store fails.
    pub fn jobs_knowing(&self, host: HostKey, key: UrlKey) -> Result<Vec<JobId>> {
        self.connections.read(|conn| {
            let jobs: Vec<i64> =
                both!(conn, c => job::table.select(job::id).order(job::id).load(c))?;
            let knowing: Vec<i64> = both!(conn, c => urls::table
                .filter(urls::job.eq_any(&jobs).and(urls::host_key.eq(host.0)))
                .filter(urls::url_key.eq(key.0))
                .order(urls::job)
                .select(urls::job)
                .load(c))?;
            Ok(knowing.into_iter().map(JobId).collect())
        })
    }

    /// A host's pace as stored, and the node that leases it (0: none).
    ///
    /// # Errors
    /// When the store fails.
    pub fn host(&self, key: HostKey) -> Result<Option<(HostRow, i64)>> {
        self.connections.read(|conn| {
            let found: Option<Leased> =
                both!(conn, c => host::table.filter(host::host_key.eq(key.0)).first(c).optional())?;
            Ok(found.map(|leased| {
                let owner = leased.owner;
                (leased.row(), owner)
            }))
        })
    }

    /// A job's share of a host.
    ///
    /// # Errors
    /// When the store fails.
    pub fn share(&self, job: JobId, host: HostKey) -> Result<Option<Share>> {
        self.connections.read(|conn| {
            let found: Option<(Option<Millis>, i64, Option<String>)> = both!(conn, c =>
                job_host::table
                    .filter(job_host::job.eq(job.0).and(job_host::host_key.eq(host.0)))
                    .select((job_host::due_at, job_host::asked, job_host::given_up))
                    .first(c)
                    .optional())?;
            Ok(found.map(|(due_at, asked, given_up)| Share {
                due_at,
                asked,
                given_up: given_up.and_then(|reason| reason.parse().ok()),
            }))
        })
    }

    /// An origin's robots.txt, as it was last had.
    ///
    /// # Errors
    /// When the store fails.
    pub fn robots(&self, origin: &str) -> Result<Option<RobotsRow>> {
        self.connections.read(|conn| {
            let found: Option<RobotsParts> = both!(conn, c =>
                robots::table.filter(robots::origin.eq(origin)).first(c).optional())?;
            Ok(found.map(robots_row))
        })
    }
}
