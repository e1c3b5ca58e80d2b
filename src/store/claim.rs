//! Hosts are leased: one owner at a time, for all jobs.

use std::hash::{BuildHasher, Hasher, RandomState};

use diesel::prelude::*;
use diesel::{QueryableByName, sql_query, sql_types};

use super::connection::{Connection, Link, both};
use super::error::Fault;
use super::schema::{host, job_host, robots};
use super::{LONGEST_WAIT, Node, Result, Store, node};
use crate::domain::url::host_key;
use crate::domain::{HostKey, JobId, Millis};
use crate::frontier::record::{ClaimedHost, ClaimedJob, HostRow, RobotsRow};

/// A host's row with its lease.
#[derive(Queryable)]
pub(super) struct Leased {
    pub(super) key: i64,
    authority: String,
    asked_at: i64,
    not_before: i64,
    backoff_ms: i64,
    fails: i32,
    failing_since: i64,
    answered_at: i64,
    pub(super) owner: i64,
    epoch: i64,
}

impl Leased {
    pub(super) fn row(self) -> HostRow {
        HostRow {
            key: HostKey(self.key),
            authority: self.authority,
            asked_at: self.asked_at,
            not_before: self.not_before,
            backoff_ms: self.backoff_ms,
            fails: self.fails,
            failing_since: self.failing_since,
            answered_at: self.answered_at,
        }
    }
}

impl Store {
    /// Leases up to `limit` free hosts that have something due for one of these jobs; each comes
    /// with its share of these jobs. Jobs take turns; of each SQLite serves the earliest first, and on PostgreSQL the search
    /// starts at a random host, so that nodes do not get in each other's way.
    ///
    /// # Errors
    /// `Fenced` when the node has been reaped.
    pub fn claim(
        &self,
        me: &Node,
        jobs: &[JobId],
        limit: usize,
        now: Millis,
    ) -> Result<Vec<ClaimedHost>> {
        self.connections.write(|conn| {
            node::hold(conn, me)?;
            let hosts = candidates(conn, jobs, limit, now)?;
            let leased = lease(conn, me, &hosts)?;
            let ids: Vec<i64> = jobs.iter().map(|job| job.0).collect();
            furnish(conn, leased, Some(&ids))
        })
    }

    /// Leases one host by its authority, making it known if need be; `None` when another node has
    /// it. A host that this node has already is given as it stands.
    ///
    /// # Errors
    /// `Fenced` when the node has been reaped.
    pub fn claim_host(
        &self,
        me: &Node,
        authority: &str,
        _now: Millis,
    ) -> Result<Option<ClaimedHost>> {
        let key = host_key(authority).0;
        self.connections.write(|conn| {
            node::hold(conn, me)?;
            both!(conn, c => diesel::insert_into(host::table)
                .values((host::host_key.eq(key), host::authority.eq(authority)))
                .on_conflict_do_nothing()
                .execute(c))?;
            let mut leased = lease(conn, me, &[key])?;
            if leased.is_empty() {
                leased = both!(conn, c => host::table
                    .filter(host::host_key.eq(key).and(host::owner.eq(me.id)))
                    .load(c))?;
            }
            Ok(furnish(conn, leased, None)?.pop())
        })
    }

    /// The earliest moment at which a free host has something due for one of these jobs; `now` if
    /// one has already, `None` if nothing waits.
    ///
    /// # Errors
    /// When the store fails.
    pub fn next_due(&self, jobs: &[JobId], now: Millis) -> Result<Option<Millis>> {
        if jobs.is_empty() {
            return Ok(None);
        }
        let jobs: Vec<String> = jobs.iter().map(|job| job.0.to_string()).collect();
        let sql = format!(
            "SELECT MIN(CASE WHEN h.not_before > jh.due_at AND h.not_before <= $1 \
                        THEN h.not_before ELSE jh.due_at END) AS earliest \
             FROM job_host jh JOIN host h ON h.host_key = jh.host_key \
             WHERE jh.job IN ({}) AND jh.due_at IS NOT NULL AND jh.beyond = 0 AND h.owner = 0",
            jobs.join(", ")
        );
        self.connections.read(|conn| {
            let horizon = now.saturating_add(LONGEST_WAIT);
            let found: Earliest = both!(conn, c =>
                sql_query(&sql).bind::<sql_types::BigInt, _>(horizon).get_result(c))?;
            Ok(found.earliest.map(|at| at.max(now)))
        })
    }
}

#[derive(QueryableByName)]
struct Earliest {
    #[diesel(sql_type = sql_types::Nullable<sql_types::BigInt>)]
    earliest: Option<i64>,
}

fn candidates(
    conn: &mut Connection,
    jobs: &[JobId],
    limit: usize,
    now: Millis,
) -> std::result::Result<Vec<i64>, Fault> {
    // Place among those of its job, time, host: the first of each job come before the second of any.
    let mut found: Vec<(usize, i64, i64)> = Vec::new();
    let random = RandomState::new().build_hasher().finish().cast_signed();
    for job in jobs {
        let wanted = i64::try_from(limit).unwrap_or(i64::MAX);
        let from = if conn.is_postgres() { random } else { i64::MIN };
        let mut some = free_hosts(conn, *job, from, wanted, now)?;
        if from > i64::MIN && some.len() < limit {
            some.extend(free_hosts(conn, *job, i64::MIN, wanted, now)?);
        }
        found.extend(some.into_iter().enumerate().map(|(at, (due, host))| (at, due, host)));
    }
    if conn.is_postgres() {
        found.sort_by_key(|(at, ..)| *at);
    } else {
        found.sort_unstable();
    }
    let mut seen = hashbrown::HashSet::with_capacity(found.len());
    found.retain(|(.., host)| seen.insert(*host));
    let mut hosts: Vec<i64> = found.into_iter().map(|(.., host)| host).take(limit).collect();
    hosts.sort_unstable();
    Ok(hosts)
}

/// Free hosts of a job with something due: by time on SQLite, by key on PostgreSQL.
fn free_hosts(
    conn: &mut Connection,
    job: JobId,
    from: i64,
    limit: i64,
    now: Millis,
) -> std::result::Result<Vec<(i64, i64)>, Fault> {
    let horizon = now.saturating_add(LONGEST_WAIT);
    let free = job_host::table
        .inner_join(host::table.on(host::host_key.eq(job_host::host_key)))
        .filter(job_host::job.eq(job.0).and(job_host::due_at.le(now)).and(job_host::beyond.eq(0)))
        .filter(host::owner.eq(0))
        .filter(host::not_before.le(now).or(host::not_before.gt(horizon)))
        .select((job_host::due_at.assume_not_null(), job_host::host_key))
        .limit(limit);
    Ok(match &mut conn.link {
        Link::Sqlite(c) => free.order(job_host::due_at).load(c)?,
        Link::Pg(c) => {
            free.filter(job_host::host_key.ge(from)).order(job_host::host_key).load(c)?
        }
    })
}

/// Takes those of these hosts that are still free.
fn lease(
    conn: &mut Connection,
    me: &Node,
    hosts: &[i64],
) -> std::result::Result<Vec<Leased>, Fault> {
    if hosts.is_empty() {
        return Ok(Vec::new());
    }
    Ok(both!(conn, c => diesel::update(host::table
            .filter(host::host_key.eq_any(hosts).and(host::owner.eq(0))))
        .set((host::owner.eq(me.id), host::epoch.eq(host::epoch + 1)))
        .returning(host::all_columns)
        .get_results(c))?)
}

/// Host, job, `due_at`, `given_up`, `beyond`.
type ShareParts = (i64, i64, Option<i64>, Option<String>, i16);

/// Adds robots.txt and the jobs' shares.
fn furnish(
    conn: &mut Connection,
    leased: Vec<Leased>,
    jobs: Option<&[i64]>,
) -> std::result::Result<Vec<ClaimedHost>, Fault> {
    if leased.is_empty() {
        return Ok(Vec::new());
    }
    let keys: Vec<i64> = leased.iter().map(|host| host.key).collect();
    let shares: Vec<ShareParts> = both!(conn, c => job_host::table
        .filter(job_host::host_key.eq_any(&keys))
        .select((
            job_host::host_key,
            job_host::job,
            job_host::due_at,
            job_host::given_up,
            job_host::beyond,
        ))
        .order(job_host::job)
        .load(c))?;
    let robots: Vec<RobotsParts> = both!(conn, c => robots::table
        .filter(robots::host_key.eq_any(&keys))
        .order(robots::origin)
        .load(c))?;
    let mut claimed: Vec<ClaimedHost> = leased
        .into_iter()
        .map(|host| ClaimedHost {
            epoch: host.epoch,
            host: host.row(),
            jobs: Vec::new(),
            robots: Vec::new(),
        })
        .collect();
    let places: hashbrown::HashMap<i64, usize> =
        claimed.iter().enumerate().map(|(at, host)| (host.host.key.0, at)).collect();
    for (key, job, due_at, given_up, beyond) in shares {
        let wanted = jobs.is_none_or(|jobs| jobs.contains(&job));
        if let Some(host) = places.get(&key).and_then(|at| claimed.get_mut(*at)).filter(|_| wanted)
        {
            host.jobs.push(ClaimedJob {
                job: JobId(job),
                waiting: due_at.is_some() && beyond == 0,
                given_up: given_up.and_then(|reason| reason.parse().ok()),
            });
        }
    }
    for row in robots.into_iter().map(robots_row) {
        if let Some(host) = places.get(&row.host.0).and_then(|at| claimed.get_mut(*at)) {
            host.robots.push(row);
        }
    }
    Ok(claimed)
}

/// The columns of `robots`, in their order.
pub(super) type RobotsParts = (String, i64, i64, i64, Option<i32>, Option<String>);

pub(super) fn robots_row(parts: RobotsParts) -> RobotsRow {
    let (origin, host, fetched_at, expires_at, status, body) = parts;
    RobotsRow {
        origin,
        host: HostKey(host),
        fetched_at,
        expires_at,
        status: status.and_then(|status| u16::try_from(status).ok()),
        body,
    }
}
