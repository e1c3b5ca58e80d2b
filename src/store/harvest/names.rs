//! The queries that rows stand for.

use std::collections::HashMap;

use diesel::prelude::*;

use crate::domain::JobId;
use crate::frontier::record::QueuedUrl;
use crate::store::connection::both;
use crate::store::schema::query;
use crate::store::{Result, Store};

impl Store {
    /// Adds to rows of one job the queries that they stand for. A query is asked anew whatever its
    /// last answer was: what follows from it is to be known.
    ///
    /// # Errors
    /// When the store fails.
    pub fn name_queries(&self, job: JobId, rows: &mut [QueuedUrl]) -> Result<()> {
        let keys: Vec<i64> = rows.iter().map(|row| row.key.0).collect();
        if keys.is_empty() {
            return Ok(());
        }
        let texts: Vec<(i64, String)> = self.connections.read(|conn| {
            Ok(both!(conn, c => query::table
                .filter(query::job.eq(job.0).and(query::url_key.eq_any(&keys)))
                .select((query::url_key, query::text))
                .load(c))?)
        })?;
        let mut texts: HashMap<i64, String> = texts.into_iter().collect();
        for row in rows {
            row.query = texts.remove(&row.key.0).map(String::into_boxed_str);
            row.validators = None;
        }
        Ok(())
    }
}
