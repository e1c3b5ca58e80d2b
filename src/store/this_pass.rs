//! Which URLs belong to the present pass of a job.
//!
//! Invariant: a harvest, a list and a listing are asked as they are now. What a later pass does not come
//! to keeps its last result and the number of its last pass; it is neither queued nor counted.

use std::borrow::Cow;

use diesel::prelude::*;

use super::connection::{Connection, both};
use super::job::JobRow;
use super::schema::urls;
use crate::domain::JobId;
use crate::domain::outcome::{Reason, UrlState};

/// Evidence of a URL that a later pass did not come to.
const LEFT: &str = "a later pass was neither given it nor found it";

impl JobRow {
    /// The oldest pass whose results count in the present one: itself for a job that finds its pages
    /// anew in each pass; any (0) for one that goes over all that it knows.
    #[must_use]
    pub fn counts_since(&self) -> i32 {
        let anew = matches!(&*self.kind, "suggest" | "fetch" | "scrape") && self.pass > 1;
        if anew { self.pass } else { 0 }
    }
}

/// A statement that says `role = N`, of no older passes than this.
pub(super) fn only(sql: &str, since: i32) -> Cow<'_, str> {
    if since == 0 {
        return sql.into();
    }
    let mut narrowed = sql.to_owned();
    for role in ["role = 0", "role = 1"] {
        narrowed = narrowed.replace(role, &format!("{role} AND pass >= {since}"));
    }
    narrowed.into()
}

/// A new pass of a job that finds its pages anew sets aside what the last one left in its queue, until
/// it comes to it.
pub(super) fn leave_queue(conn: &mut Connection, job: JobId) -> QueryResult<usize> {
    both!(conn, c => diesel::update(urls::table
            .filter(urls::job.eq(job.0).and(urls::due_at.is_not_null())))
        .set((
            urls::due_at.eq(None::<i64>),
            urls::state.eq(UrlState::Excluded as i16),
            urls::reason.eq(Reason::Scope.to_string()),
            urls::evidence.eq(LEFT),
        ))
        .execute(c))
}
