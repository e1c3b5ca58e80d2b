//! Reading tips with the queries that showed them, in short batches.

use std::collections::BTreeMap;

use diesel::{QueryableByName, RunQueryDsl, sql_query, sql_types};

use super::connection::both;
use super::{Result, Store};
use crate::domain::JobId;

/// Queries whose tips are read at once for each so many rows wanted: most show a few.
const ROWS_A_QUERY: usize = 20;

/// Where the next batch goes on: after all tips of this query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SuggestionPosition(i64);

/// A tip that a query showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SuggestionRecord {
    /// Its place, for the next batch.
    pub at: SuggestionPosition,
    /// Kind of result.
    pub result: String,
    /// The query as it was sent.
    pub query: String,
    /// Place among those of its kind in the answer, from 1.
    pub rank: i32,
    /// The tip.
    pub text: String,
    /// Its fields by name; those without a value are left out.
    pub fields: BTreeMap<String, String>,
    /// The pass in which it was first found.
    pub first_pass: i32,
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = sql_types::BigInt)]
    number: i64,
    #[diesel(sql_type = sql_types::Text)]
    result: String,
    #[diesel(sql_type = sql_types::Text)]
    query: String,
    #[diesel(sql_type = sql_types::Integer)]
    rank: i32,
    #[diesel(sql_type = sql_types::Text)]
    text: String,
    #[diesel(sql_type = sql_types::Nullable<sql_types::Text>)]
    fields: Option<String>,
    #[diesel(sql_type = sql_types::Integer)]
    first_pass: i32,
}

/// All tips of the next queries that showed some.
const NEXT: &str = "SELECT s.query AS number, t.result, q.text AS query, s.rank, t.text, t.fields, \
        t.first_pass \
     FROM sighting s \
     JOIN query q ON q.job = s.job AND q.number = s.query \
     JOIN suggestion t ON t.job = s.job AND t.tip_key = s.tip_key \
     WHERE s.job = $1 AND s.query > $2 AND s.query <= (SELECT MAX(d.query) FROM \
         (SELECT DISTINCT query FROM sighting WHERE job = $1 AND query > $2 \
          ORDER BY query LIMIT $3) d) \
     ORDER BY s.query, t.result, s.rank, s.tip_key";

impl Store {
    /// About `limit` tips after a place, each with every query that showed it, by the order in which
    /// the queries were made. Empty at the end.
    ///
    /// # Errors
    /// When the store fails.
    pub fn suggestions_after(
        &self,
        job: JobId,
        after: Option<SuggestionPosition>,
        limit: usize,
    ) -> Result<Vec<SuggestionRecord>> {
        let after = after.map_or(i64::MIN, |at| at.0);
        let queries = i64::try_from(limit.div_ceil(ROWS_A_QUERY)).unwrap_or(i64::MAX);
        self.connections.read(|conn| {
            let rows: Vec<Row> = both!(conn, c => sql_query(NEXT)
                .bind::<sql_types::BigInt, _>(job.0)
                .bind::<sql_types::BigInt, _>(after)
                .bind::<sql_types::BigInt, _>(queries)
                .get_results(c))?;
            Ok(rows.into_iter().map(SuggestionRecord::from).collect())
        })
    }
}

impl From<Row> for SuggestionRecord {
    fn from(row: Row) -> Self {
        let fields = row.fields.as_deref().and_then(|text| serde_json::from_str(text).ok());
        let fields: BTreeMap<String, Option<String>> = fields.unwrap_or_default();
        Self {
            at: SuggestionPosition(row.number),
            result: row.result,
            query: row.query,
            rank: row.rank,
            text: row.text,
            fields: fields.into_iter().filter_map(|(name, value)| Some((name, value?))).collect(),
            first_pass: row.first_pass,
        }
    }
}
