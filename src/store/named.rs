//! Hosts that the operator named in a list.

use diesel::prelude::*;

use super::connection::{Connection, both};
use super::error::Fault;
use super::schema::job_host;
use super::{Result, Store};
use crate::domain::link::LinkKind;
use crate::domain::{HostKey, JobId};
use crate::frontier::record::NewUrl;

/// Hosts of one statement.
const HOSTS: usize = 500;

impl Store {
    /// The hosts that the operator named in a list of the job.
    ///
    /// # Errors
    /// When the store fails.
    pub fn named_hosts(&self, job: JobId) -> Result<Vec<HostKey>> {
        self.connections.read(|conn| {
            let keys: Vec<i64> = both!(conn, c => job_host::table
                .filter(job_host::job.eq(job.0).and(job_host::named))
                .select(job_host::host_key)
                .load(c))?;
            Ok(keys.into_iter().map(HostKey).collect())
        })
    }
}

/// Notes the hosts of what was given rather than found.
pub(super) fn name(
    conn: &mut Connection,
    job: JobId,
    offered: &[NewUrl],
) -> std::result::Result<(), Fault> {
    let given = offered.iter().filter(|new| new.referrer.is_none());
    let given = given.filter(|new| matches!(new.kind, LinkKind::Root | LinkKind::Sitemap));
    let mut hosts: Vec<i64> = given.map(|new| new.host.0).collect();
    hosts.sort_unstable();
    hosts.dedup();
    for some in hosts.chunks(HOSTS) {
        both!(conn, c => diesel::update(job_host::table
                .filter(job_host::job.eq(job.0).and(job_host::host_key.eq_any(some)))
                .filter(diesel::dsl::not(job_host::named)))
            .set(job_host::named.eq(true))
            .execute(c))?;
    }
    Ok(())
}
