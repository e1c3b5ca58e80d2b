//! The queries that rows stand for.

use std::collections::HashMap;
use std::sync::PoisonError;

use diesel::prelude::*;

use crate::domain::JobId;
use crate::frontier::record::QueuedUrl;
use crate::store::connection::both;
use crate::store::schema::urls;
use crate::store::{Result, Store};

impl Store {
    /// Adds to rows of one job the queries that they stand for. A query is asked anew whatever its
    /// last answer was: what follows from it is to be known.
    ///
    /// # Errors
    /// When the store fails.
    pub fn name_queries(&self, job: JobId, rows: &mut [QueuedUrl]) -> Result<()> {
        self.name_offered(job, rows);
        let unknown = rows.iter().filter(|row| row.query.is_none());
        let numbers: Vec<i64> = unknown.map(|row| row.id).collect();
        if numbers.is_empty() {
            return Ok(());
        }
        let texts: Vec<(i64, Option<String>)> = self.connections.read(|conn| {
            Ok(both!(conn, c => urls::table
                .filter(urls::job.eq(job.0).and(urls::id.eq_any(&numbers)))
                .select((urls::id, urls::via_text))
                .load(c))?)
        })?;
        let mut texts: HashMap<i64, Option<String>> = texts.into_iter().collect();
        for row in rows.iter_mut().filter(|row| row.query.is_none()) {
            row.query = texts.remove(&row.id).flatten().map(String::into_boxed_str);
        }
        Ok(())
    }

    /// Those that were offered of late.
    fn name_offered(&self, job: JobId, rows: &mut [QueuedUrl]) {
        let machines = self.machines.lock().unwrap_or_else(PoisonError::into_inner);
        let machine = machines.get(&job);
        for row in rows {
            row.query = machine.and_then(|machine| machine.offered.text(row.key)).map(Box::from);
            row.validators = None;
        }
    }
}
