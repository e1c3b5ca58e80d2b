//! Reading items in batches, by their places, and summing them up.

use diesel::prelude::*;
use diesel::{QueryableByName, sql_query, sql_types};

use super::connection::{Connection, both};
use super::error::Fault;
use super::items::what;
use super::{Result, Store};
use crate::domain::JobId;

/// Where the next batch of items goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ItemPosition {
    host: i64,
    page_no: i32,
    page: i64,
    ordinal: i32,
    key: i64,
}

/// How an item stands to the pass before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It was not there.
    New,
    /// It was there with other fields.
    Changed,
    /// It was there and is no more.
    Gone,
    /// It is as it was.
    Same,
}

impl Change {
    /// The word for it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Changed => "changed",
            Self::Gone => "gone",
            Self::Same => "same",
        }
    }
}

/// An item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemRecord {
    /// Its place, for the next batch.
    pub at: ItemPosition,
    /// The page that shows it, and showed it last.
    pub page: String,
    /// Its place there, from 1.
    pub ordinal: i32,
    /// Its fields, a JSON object.
    pub fields: String,
    /// Those of its own page, if that has been read.
    pub detail: Option<String>,
    /// What both were before, where they have changed in this pass.
    pub previous: (Option<String>, Option<String>),
    /// How it stands to the pass before.
    pub change: Change,
}

/// What a job's items come to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ItemSums {
    /// Items that are there.
    pub items: i64,
    /// Of them, those new in this pass.
    pub new: i64,
    /// Of them, those changed in it.
    pub changed: i64,
    /// Items gone in it.
    pub gone: i64,
    /// Times that an item was seen again in it.
    pub repeated: i64,
    /// Items left out in it for want of a required field.
    pub dropped: i64,
    /// Blocks of JSON-LD that are no JSON in it.
    pub broken: i64,
    /// Pages of items that failed in it.
    pub details_failed: i64,
    /// Items of which nothing is known from a page of their own, nor is one to be asked.
    pub bare: i64,
    /// Fields that some items lack, or that could not be read, in it.
    pub fields: Vec<FieldSums>,
}

/// How a field fared in a pass.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FieldSums {
    /// Its name.
    pub field: String,
    /// Items without it.
    pub missing: i64,
    /// Items whose value could not be read.
    pub unread: i64,
    /// The first such value.
    pub sample: Option<String>,
}

impl ItemSums {
    /// Has the job never had to do with items?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = sql_types::BigInt)]
    host_key: i64,
    #[diesel(sql_type = sql_types::Integer)]
    page_no: i32,
    #[diesel(sql_type = sql_types::BigInt)]
    url_key: i64,
    #[diesel(sql_type = sql_types::Integer)]
    ordinal: i32,
    #[diesel(sql_type = sql_types::BigInt)]
    item_key: i64,
    #[diesel(sql_type = sql_types::Text)]
    page: String,
    #[diesel(sql_type = sql_types::Text)]
    fields: String,
    #[diesel(sql_type = sql_types::Nullable<sql_types::Text>)]
    detail: Option<String>,
    #[diesel(sql_type = sql_types::Nullable<sql_types::Text>)]
    previous: Option<String>,
    #[diesel(sql_type = sql_types::Nullable<sql_types::Text>)]
    detail_previous: Option<String>,
    #[diesel(sql_type = sql_types::Text)]
    change: String,
}

/// An item's relation to the pass of its job, and the fields before that.
const STAND: &str = "CASE WHEN i.gone_pass IS NOT NULL THEN 'gone' \
         WHEN i.first_pass = j.pass THEN 'new' \
         WHEN i.changed_pass = j.pass OR COALESCE(t.changed_pass, d.changed_pass) = j.pass \
              AND COALESCE(t.previous, d.previous) IS NOT NULL THEN 'changed' \
         ELSE 'same' END";

/// Items with their details.
const JOINED: &str = "FROM item i JOIN job j ON j.id = i.job \
     JOIN urls u ON u.job = i.job AND u.host_key = i.host_key AND u.url_key = i.url_key \
     LEFT JOIN detail d ON d.job = i.job AND d.host_key = i.detail_host \
          AND d.url_key = i.detail_key \
     LEFT JOIN detail t ON t.job = d.job AND t.host_key = d.to_host AND t.url_key = d.to_key";

impl Store {
    /// Up to `limit` items after a place, by host, page and place there. With `since` only those
    /// that are new, changed or gone in the present pass; else all that are not gone.
    ///
    /// # Errors
    /// When the store fails.
    pub fn items_after(
        &self,
        job: JobId,
        after: Option<ItemPosition>,
        limit: usize,
        since: bool,
    ) -> Result<Vec<ItemRecord>> {
        let first = ItemPosition {
            host: i64::MIN,
            page_no: i32::MIN,
            page: i64::MIN,
            ordinal: i32::MIN,
            key: i64::MIN,
        };
        let from = after.unwrap_or(first);
        let which = if since {
            format!("(i.gone_pass IS NULL OR i.gone_pass = j.pass) AND {STAND} <> 'same'")
        } else {
            "i.gone_pass IS NULL".to_owned()
        };
        let sql = format!(
            "SELECT i.host_key, i.page_no, i.url_key, i.ordinal, i.item_key, u.url AS page, \
             i.fields, COALESCE(t.fields, d.fields) AS detail, \
             CASE WHEN i.changed_pass = j.pass THEN i.previous END AS previous, \
             CASE WHEN COALESCE(t.changed_pass, d.changed_pass) = j.pass \
                  THEN COALESCE(t.previous, d.previous) END AS detail_previous, \
             {STAND} AS change {JOINED} \
             WHERE i.job = $1 AND (i.host_key, i.page_no, i.url_key, i.ordinal, i.item_key) \
                   > ($2, $3, $4, $5, $6) AND {which} \
             ORDER BY i.host_key, i.page_no, i.url_key, i.ordinal, i.item_key LIMIT $7"
        );
        self.connections.read(|conn| {
            let rows: Vec<Row> = both!(conn, c => sql_query(&sql)
                .bind::<sql_types::BigInt, _>(job.0)
                .bind::<sql_types::BigInt, _>(from.host)
                .bind::<sql_types::Integer, _>(from.page_no)
                .bind::<sql_types::BigInt, _>(from.page)
                .bind::<sql_types::Integer, _>(from.ordinal)
                .bind::<sql_types::BigInt, _>(from.key)
                .bind::<sql_types::BigInt, _>(i64::try_from(limit).unwrap_or(i64::MAX))
                .get_results(c))?;
            Ok(rows.into_iter().map(ItemRecord::from).collect())
        })
    }
}

impl From<Row> for ItemRecord {
    fn from(row: Row) -> Self {
        Self {
            at: ItemPosition {
                host: row.host_key,
                page_no: row.page_no,
                page: row.url_key,
                ordinal: row.ordinal,
                key: row.item_key,
            },
            page: row.page,
            ordinal: row.ordinal,
            fields: row.fields,
            detail: row.detail,
            previous: (row.previous, row.detail_previous),
            change: match row.change.as_str() {
                "new" => Change::New,
                "changed" => Change::Changed,
                "gone" => Change::Gone,
                _ => Change::Same,
            },
        }
    }
}

#[derive(QueryableByName)]
struct Stand {
    #[diesel(sql_type = sql_types::Text)]
    change: String,
    #[diesel(sql_type = sql_types::BigInt)]
    items: i64,
    #[diesel(sql_type = sql_types::BigInt)]
    bare: i64,
}

#[derive(QueryableByName)]
struct Tally {
    #[diesel(sql_type = sql_types::Text)]
    what: String,
    #[diesel(sql_type = sql_types::Text)]
    field: String,
    #[diesel(sql_type = sql_types::BigInt)]
    amount: i64,
    #[diesel(sql_type = sql_types::Nullable<sql_types::Text>)]
    sample: Option<String>,
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = sql_types::BigInt)]
    number: i64,
}

/// Items left out in this pass for want of a field of their own page; not those whose page is still
/// to be asked.
const LEFT_OUT: &str = "SELECT COUNT(*) AS number FROM item i JOIN job j ON j.id = i.job \
     LEFT JOIN detail d ON d.job = i.job AND d.host_key = i.detail_host \
          AND d.url_key = i.detail_key \
     WHERE i.job = $1 AND i.gone_pass IS NOT NULL AND i.last_pass = j.pass \
     AND NOT EXISTS (SELECT 1 FROM urls q WHERE q.job = i.job AND q.state = 0 \
          AND q.host_key = COALESCE(d.to_host, i.detail_host) \
          AND q.url_key = COALESCE(d.to_key, i.detail_key))";

/// Sums up a job's items in its present pass.
pub(super) fn sums(conn: &mut Connection, job: JobId) -> std::result::Result<ItemSums, Fault> {
    let mut sums = ItemSums::default();
    let tallies: Vec<Tally> = both!(conn, c => sql_query(
            "SELECT t.what, t.field, t.amount, t.sample FROM item_tally t \
             JOIN job j ON j.id = t.job AND j.pass = t.pass WHERE t.job = $1 ORDER BY t.field")
        .bind::<sql_types::BigInt, _>(job.0)
        .get_results(c))?;
    let stands = format!(
        "SELECT {STAND} AS change, COUNT(*) AS items, \
         COUNT(CASE WHEN COALESCE(t.fields, d.fields) IS NULL AND q.state IS NULL THEN 1 END) AS bare \
         {JOINED} LEFT JOIN urls q ON q.job = i.job AND q.state = 0 \
              AND q.host_key = COALESCE(d.to_host, i.detail_host) \
              AND q.url_key = COALESCE(d.to_key, i.detail_key) \
         WHERE i.job = $1 AND (i.gone_pass IS NULL OR i.gone_pass = j.pass) GROUP BY 1"
    );
    let stands: Vec<Stand> = both!(conn, c =>
        sql_query(&stands).bind::<sql_types::BigInt, _>(job.0).get_results(c))?;
    for Stand { change, items, bare } in &stands {
        match change.as_str() {
            "gone" => sums.gone = *items,
            "new" => sums.new = *items,
            "changed" => sums.changed = *items,
            _ => {}
        }
        if change != "gone" {
            sums.items += items;
            sums.bare += bare;
        }
    }
    for tally in tallies {
        add(&mut sums, tally);
    }
    if !sums.is_empty() {
        let failed: Number = both!(conn, c => sql_query(
                "SELECT COUNT(*) AS number FROM urls u JOIN job j ON j.id = u.job \
                 WHERE u.job = $1 AND u.state = 2 AND u.task = 1 AND u.pass = j.pass")
            .bind::<sql_types::BigInt, _>(job.0)
            .get_result(c))?;
        sums.details_failed = failed.number;
        let left_out: Number = both!(conn, c => sql_query(LEFT_OUT)
            .bind::<sql_types::BigInt, _>(job.0)
            .get_result(c))?;
        sums.dropped += left_out.number;
    }
    Ok(sums)
}

fn add(sums: &mut ItemSums, tally: Tally) {
    match tally.what.as_str() {
        what::REPEATED => sums.repeated = tally.amount,
        what::DROPPED => sums.dropped = tally.amount,
        what::BROKEN => sums.broken = tally.amount,
        what::MISSING | what::UNREAD => {
            let at = sums.fields.iter().position(|sum| sum.field == tally.field);
            let at = at.unwrap_or_else(|| {
                let field = tally.field.clone();
                sums.fields.push(FieldSums { field, ..FieldSums::default() });
                sums.fields.len() - 1
            });
            let Some(sum) = sums.fields.get_mut(at) else { return };
            if tally.what == what::MISSING {
                sum.missing = tally.amount;
            } else {
                (sum.unread, sum.sample) = (tally.amount, tally.sample);
            }
        }
        _ => {}
    }
}
