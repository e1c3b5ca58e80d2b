//! What a machine looks up while it decides.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use diesel::prelude::*;

use super::machine::deciding;
use super::{OF_ANOTHER_PLAN, STORED, Stored, failed, small};
use crate::domain::harvest::{Fact, Facts, Failed};
use crate::domain::job::HarvestJob;
use crate::domain::{JobId, UrlKey};
use crate::store::connection::{Connection, both};
use crate::store::error::Fault;
use crate::store::schema::{query, sighting, suggestion, urls};

/// The facts of a job in a pass, as this transaction sees them.
pub(super) struct Shelf<'a> {
    pub(super) conn: &'a mut Connection,
    pub(super) job: JobId,
    pub(super) pass: i32,
    pub(super) of: &'a HarvestJob,
}

impl Shelf<'_> {
    /// The row of a query of these letters; `None` when no URL can hold it.
    fn key(&self, text: &str) -> Option<UrlKey> {
        self.of.template.row_url(&self.of.plan.query(text)).ok().map(|row| row.key)
    }
}

impl Facts for Shelf<'_> {
    type Error = Fault;

    fn answered(&mut self, texts: &[String]) -> Result<Vec<Fact>, Fault> {
        let keys: Vec<i64> = texts.iter().filter_map(|text| self.key(text)).map(|k| k.0).collect();
        let host = self.of.template.endpoint().host_key();
        let asked = urls::table
            .inner_join(query::table.on(query::job.eq(urls::job).and(query::number.eq(urls::id))));
        let rows: Vec<Stored> = both!(self.conn, c => asked
            .filter(urls::job.eq(self.job.0).and(urls::host_key.eq(host.0)))
            .filter(urls::url_key.eq_any(&keys))
            .filter(query::pass.eq(self.pass).and(query::tips.is_not_null()))
            .filter(query::generation.gt(OF_ANOTHER_PLAN))
            .select(STORED)
            .load(c))?;
        let mut rows: HashMap<String, Stored> =
            rows.into_iter().map(|row| (row.text.clone(), row)).collect();
        let fact = |text: &String| Some(rows.remove(&self.of.plan.query(text))?.fact(text));
        Ok(texts.iter().filter_map(fact).collect())
    }

    fn tips_of(&mut self, text: &str) -> Result<Vec<String>, Fault> {
        let Some(key) = self.key(text) else { return Ok(Vec::new()) };
        let host = self.of.template.endpoint().host_key();
        let shown = sighting::table
            .inner_join(
                urls::table.on(urls::job.eq(sighting::job).and(urls::id.eq(sighting::query))),
            )
            .inner_join(suggestion::table.on(
                suggestion::job.eq(sighting::job).and(suggestion::tip_key.eq(sighting::tip_key)),
            ));
        Ok(both!(self.conn, c => shown
            .filter(urls::job.eq(self.job.0).and(urls::host_key.eq(host.0)))
            .filter(urls::url_key.eq(key.0))
            .filter(sighting::pass.eq(self.pass))
            .filter(suggestion::result.eq_any(deciding(self.of)))
            .select(suggestion::text)
            .load(c))?)
    }

    fn stale(&mut self, generation: u32, below: usize, limit: usize) -> Result<Vec<Fact>, Fault> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let rows: Vec<Stored> = both!(self.conn, c => query::table
            .filter(query::job.eq(self.job.0).and(query::letters.is_not_null()))
            .filter(query::letters.lt(small(below)).and(query::pass.eq(self.pass)))
            .filter(query::generation.lt(small(generation)))
            .order((query::letters, query::number))
            .limit(limit)
            .select(STORED)
            .load(c))?;
        let fact = |row: Stored| {
            let text = self.of.plan.text(&row.text)?.to_owned();
            Some(row.fact(&text))
        };
        Ok(rows.into_iter().filter_map(fact).collect())
    }
    fn failed(
        &mut self,
        generation: u32,
        lengths: Range<usize>,
        limit: usize,
    ) -> Result<Failed, Fault> {
        Ok(failed::failed(self, generation, lengths, limit)?)
    }

    fn failed_of(&mut self, texts: &[String]) -> Result<HashSet<String>, Fault> {
        let keys: Vec<(&String, UrlKey)> =
            texts.iter().filter_map(|text| Some((text, self.key(text)?))).collect();
        let wanted: Vec<UrlKey> = keys.iter().map(|(_, key)| *key).collect();
        let failed = failed::failed_of(self, &wanted)?;
        let of = keys.into_iter().filter(|(_, key)| failed.contains(&key.0));
        Ok(of.map(|(text, _)| text.clone()).collect())
    }
}
