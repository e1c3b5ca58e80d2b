//! Daemons and their leases. Hosts point at a node, and only the node's row is renewed: what a dead
//! node held becomes free in one statement.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::path::Path;

use diesel::prelude::*;

use super::connection::{Connection, both};
use super::error::Fault;
use super::schema::{host, job_host, node};
use super::{LONGEST_WAIT, Node, Result, Store, queue};
use crate::domain::Millis;

impl Store {
    /// Enters this process as a node, after reaping the dead: their hosts become free and count as
    /// asked `now`, and the files of archives that they left behind are completed. The lease lasts `lease_ms` from `now`.
    ///
    /// Dead are: on SQLite all others (the file's lock proves it); on PostgreSQL those whose lease
    /// is over, whose process is gone from this machine, or who bear this very name.
    ///
    /// # Errors
    /// When the store fails.
    pub fn register(&self, name: &str, now: Millis, lease_ms: Millis) -> Result<Node> {
        self.recover_archives();
        let me = Node { id: random_id(), seq: 0 };
        self.connections.write(|conn| {
            let dead = dead(conn, name, None, now)?;
            reap(conn, &dead, now)?;
            cut_waits(conn, now)?;
            both!(conn, c => diesel::insert_into(node::table)
                .values((
                    node::id.eq(me.id),
                    node::name.eq(name),
                    node::seq.eq(0),
                    node::started_at.eq(now),
                    node::expires_at.eq(now.saturating_add(lease_ms)),
                ))
                .execute(c))?;
            Ok(())
        })?;
        Ok(me)
    }

    /// Renews the lease, and reaps nodes whose own is over.
    ///
    /// # Errors
    /// `Fenced` when this node has been reaped itself.
    pub fn heartbeat(&self, me: &Node, now: Millis, lease_ms: Millis) -> Result<()> {
        let dead = self.connections.write(|conn| {
            renew(conn, me, now.saturating_add(lease_ms))?;
            if conn.is_postgres() { expired(conn, me.id, now) } else { Ok(Vec::new()) }
        })?;
        if dead.is_empty() {
            return Ok(());
        }
        self.connections.write(|conn| {
            // Only those that have not been renewed since.
            let still = expired(conn, me.id, now)?;
            reap(conn, &still, now)
        })
    }

    /// A clean end: completes the files of archives, gives every host back and removes the node.
    ///
    /// # Errors
    /// When the store fails; the hosts are then freed, as asked just now, by the next register.
    pub fn retire(&self, me: &Node, now: Millis) -> Result<()> {
        self.finish_archives()?;
        self.connections.write(|conn| {
            let held: Vec<(i64, Millis)> = both!(conn, c => host::table
                .filter(host::owner.eq(me.id))
                .select((host::host_key, host::not_before))
                .load(c))?;
            for (key, not_before) in held {
                queue::park(conn, key, not_before, now)?;
            }
            both!(conn, c => diesel::update(host::table.filter(host::owner.eq(me.id)))
                .set(host::owner.eq(0))
                .execute(c))?;
            both!(conn, c => diesel::delete(node::table.filter(node::id.eq(me.id))).execute(c))?;
            Ok(())
        })
    }
}

/// Holds the node's row, so that nobody can reap it before this transaction ends.
pub(super) fn hold(conn: &mut Connection, me: &Node) -> std::result::Result<(), Fault> {
    if !conn.is_postgres() {
        return exists(conn, me);
    }
    let held = both!(conn, c => diesel::update(node::table.filter(node::id.eq(me.id)))
        .set(node::id.eq(me.id))
        .execute(c))?;
    if held == 1 { Ok(()) } else { Err(Fault::fenced()) }
}

/// One writer on SQLite: looking is enough.
fn exists(conn: &mut Connection, me: &Node) -> std::result::Result<(), Fault> {
    let found: Option<i64> = both!(conn, c =>
        node::table.filter(node::id.eq(me.id)).select(node::id).first(c).optional())?;
    found.map(|_| ()).ok_or_else(Fault::fenced)
}

fn renew(conn: &mut Connection, me: &Node, expires_at: Millis) -> std::result::Result<(), Fault> {
    let renewed = both!(conn, c => diesel::update(node::table.filter(node::id.eq(me.id)))
        .set(node::expires_at.eq(expires_at))
        .execute(c))?;
    if renewed == 1 { Ok(()) } else { Err(Fault::fenced()) }
}

fn expired(conn: &mut Connection, me: i64, now: Millis) -> std::result::Result<Vec<i64>, Fault> {
    Ok(both!(conn, c => node::table
        .filter(node::expires_at.lt(now).and(node::id.ne(me)))
        .select(node::id)
        .order(node::id)
        .load(c))?)
}

fn dead(
    conn: &mut Connection,
    name: &str,
    me: Option<i64>,
    now: Millis,
) -> std::result::Result<Vec<i64>, Fault> {
    let others: Vec<(i64, String, Millis)> = both!(conn, c => node::table
        .select((node::id, node::name, node::expires_at))
        .order(node::id)
        .load(c))?;
    let all = !conn.is_postgres();
    Ok(others
        .into_iter()
        .filter(|(id, _, _)| Some(*id) != me)
        .filter(|(_, other, end)| all || *end < now || other == name || is_gone(name, other))
        .map(|(id, _, _)| id)
        .collect())
}

/// How many daemons use the store, as far as can be told.
pub(super) fn living(conn: &mut Connection, now: Millis) -> std::result::Result<usize, Fault> {
    let all: i64 = both!(conn, c => node::table.count().get_result(c))?;
    let dead = dead(conn, &own_name(), None, now)?.len();
    Ok(usize::try_from(all).unwrap_or(0).saturating_sub(dead))
}

/// Node numbers are never used again, so a list of dead ones stays true however long a lock on
/// their hosts is waited for.
pub(super) fn reap(
    conn: &mut Connection,
    dead: &[i64],
    now: Millis,
) -> std::result::Result<(), Fault> {
    if dead.is_empty() {
        return Ok(());
    }
    both!(conn, c => diesel::delete(node::table.filter(node::id.eq_any(dead))).execute(c))?;
    both!(conn, c => diesel::update(host::table.filter(host::owner.eq_any(dead).and(host::owner.ne(0))))
        .set((host::owner.eq(0), host::asked_at.eq(now)))
        .execute(c))?;
    Ok(())
}

/// After a jump of the clock nothing waits longer than is legal.
fn cut_waits(conn: &mut Connection, now: Millis) -> std::result::Result<(), Fault> {
    both!(conn, c => diesel::update(
            job_host::table.filter(job_host::due_at.gt(now.saturating_add(LONGEST_WAIT))))
        .set(job_host::due_at.eq(now))
        .execute(c))?;
    Ok(())
}

/// 63 random bits, never 0, from the seed that the standard library draws for its hash maps.
fn random_id() -> i64 {
    let bits = RandomState::new().build_hasher().finish();
    ((bits >> 1) | 1).cast_signed()
}

/// The name of this process among nodes: `machine:pid:start`. The machine is this boot of this
/// kernel and this PID namespace, so that others there can see when the process is gone.
#[must_use]
pub fn own_name() -> String {
    let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    let space = std::fs::read_link("/proc/self/ns/pid")
        .map(|link| link.to_string_lossy().replace(|c: char| !c.is_ascii_digit(), ""))
        .unwrap_or_default();
    let pid = std::process::id();
    let start = start_of(pid).unwrap_or_default();
    format!("{}/{space}:{pid}:{start}", boot.trim())
}

/// Is the node `other` a process of the machine of `own` that no longer runs?
fn is_gone(own: &str, other: &str) -> bool {
    let (Some((machine, _, _)), Some((theirs, pid, start))) = (parts(own), parts(other)) else {
        return false;
    };
    // Where other people's processes are hidden, nothing is known of them.
    machine == theirs
        && machine.len() > 1
        && Path::new("/proc/1").exists()
        && start_of(pid).is_none_or(|now| now != start)
}

fn parts(name: &str) -> Option<(&str, u32, u64)> {
    let mut parts = name.rsplitn(3, ':');
    let start = parts.next()?.parse().ok()?;
    let pid = parts.next()?.parse().ok()?;
    Some((parts.next()?, pid, start))
}

/// When the process started, in clock ticks since boot: tells it from a later one of its number.
fn start_of(pid: u32) -> Option<u64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name in brackets may hold anything; field 22 is the 20th after it.
    stat.rsplit_once(')')?.1.split_whitespace().nth(19)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_process_that_is_gone_from_this_machine_is_gone() {
        let own = own_name();
        let (machine, pid, start) = parts(&own).unwrap();
        assert!(start > 0 && machine.len() > 10, "{own}");
        assert!(!is_gone(&own, &own));
        assert!(is_gone(&own, &format!("{machine}:{pid}:{}", start + 1)), "number used again");
        assert!(is_gone(&own, &format!("{machine}:4194304:1")), "no such process");
        assert!(!is_gone(&own, "elsewhere:4194304:1"), "another machine");
        assert!(!is_gone(&own, "nonsense"));
    }
}
