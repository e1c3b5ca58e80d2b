//! The cookies of jobs.

use std::marker::PhantomData;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Nullable, Text};

use super::commit::Passes;
use super::connection::{Connection, both};
use super::error::Fault;
use super::prepared::prepared;
use super::schema::cookie;
use super::{Result, Store};
use crate::domain::cookies::{Cookie, CookieChange, CookieKey, PER_JOB};
use crate::domain::{JobId, Millis};

prepared! {
    /// A cookie as it is now.
    Keep<'a> {
        "INSERT INTO cookie (job, domain, path, name, value, host_only, secure, http_only, \
         expires_at, created_at) VALUES (" job: i64 as BigInt,
        ", " domain: &'a str as Text,
        ", " path: &'a str as Text,
        ", " name: &'a str as Text,
        ", " value: &'a str as Text,
        ", " host_only: bool as Bool,
        ", " secure: bool as Bool,
        ", " http_only: bool as Bool,
        ", " expires_at: Option<i64> as Nullable<BigInt>,
        ", " created_at: i64 as BigInt,
    } ") ON CONFLICT (job, domain, path, name) DO UPDATE SET value = excluded.value, \
       host_only = excluded.host_only, secure = excluded.secure, http_only = excluded.http_only, \
       expires_at = excluded.expires_at, created_at = excluded.created_at"
}

prepared! {
    /// A cookie that is no more.
    Drop<'a> {
        "DELETE FROM cookie WHERE job = " job: i64 as BigInt,
        " AND domain = " domain: &'a str as Text,
        " AND path = " path: &'a str as Text,
        " AND name = " name: &'a str as Text,
    } ""
}

#[derive(Queryable)]
struct Row {
    key: (String, String, String),
    value: String,
    host_only: bool,
    secure: bool,
    http_only: bool,
    expires_at: Option<i64>,
    created_at: Millis,
}

impl From<Row> for Cookie {
    fn from(row: Row) -> Self {
        let (domain, path, name) = row.key;
        Self {
            key: CookieKey { domain, path, name },
            value: row.value,
            host_only: row.host_only,
            secure: row.secure,
            http_only: row.http_only,
            expires_at: row.expires_at,
            created_at: row.created_at,
        }
    }
}

impl Store {
    /// The cookies of a job, the oldest first; no more than a jar holds.
    ///
    /// # Errors
    /// When the store fails.
    pub fn cookies(&self, id: JobId) -> Result<Vec<Cookie>> {
        self.connections.read(|conn| {
            let rows: Vec<Row> = both!(conn, c => cookie::table
                .filter(cookie::job.eq(id.0))
                .order((cookie::created_at, cookie::domain, cookie::path, cookie::name))
                .limit(i64::try_from(2 * PER_JOB).unwrap_or(i64::MAX))
                .select((
                    (cookie::domain, cookie::path, cookie::name),
                    cookie::value,
                    cookie::host_only,
                    cookie::secure,
                    cookie::http_only,
                    cookie::expires_at,
                    cookie::created_at,
                ))
                .load(c))?;
            Ok(rows.into_iter().map(Cookie::from).collect())
        })
    }
}

/// Stores what has changed in the jars of jobs; of two nodes the later one is right.
pub(super) fn keep(
    conn: &mut Connection,
    changes: &[(JobId, CookieChange)],
    passes: &Passes,
) -> std::result::Result<(), Fault> {
    for (job, (key, now)) in changes.iter().filter(|(job, _)| passes.contains_key(job)) {
        let (domain, path, name) = (&*key.domain, &*key.path, &*key.name);
        let life = PhantomData;
        if let Some(cookie) = now {
            let keep = Keep {
                job: job.0,
                domain,
                path,
                name,
                value: &cookie.value,
                host_only: cookie.host_only,
                secure: cookie.secure,
                http_only: cookie.http_only,
                expires_at: cookie.expires_at,
                created_at: cookie.created_at,
                life,
            };
            both!(conn, c => keep.execute(c))?;
        } else {
            both!(conn, c => Drop { job: job.0, domain, path, name, life }.execute(c))?;
        }
    }
    Ok(())
}

/// A new pass begins with the cookies that last.
pub(super) fn end_session(conn: &mut Connection, job: JobId) -> QueryResult<()> {
    both!(conn, c => diesel::delete(cookie::table
            .filter(cookie::job.eq(job.0).and(cookie::expires_at.is_null())))
        .execute(c))?;
    Ok(())
}
