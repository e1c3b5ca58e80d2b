//! Items that are left out because their own page lacks a required field, or has not been read.
//!
//! Invariant: where fields of an item's own page are required, an item that its pass has seen is there
//! exactly when such fields are stored. One that is left out has a row as any other, seen in the pass
//! (`last_pass`) and gone; no other item is both. `gone_pass` is 0 for one that was not there before,
//! so that nobody is told that it has gone.

use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{BigInt, Integer};

use super::connection::{Connection, both};
use crate::frontier::record::Settled;

/// Are fields of the item's own page known? Where that page leads to one that was read, those there.
const KNOWN: &str = "EXISTS (SELECT 1 FROM detail d \
     LEFT JOIN detail t ON t.job = d.job AND t.host_key = d.to_host AND t.url_key = d.to_key \
     WHERE d.job = item.job AND d.host_key = item.detail_host AND d.url_key = item.detail_key \
     AND CASE WHEN t.job IS NULL THEN d.fields ELSE t.fields END IS NOT NULL)";

/// The pass in which an item is gone that is left out.
const GONE: &str = "CASE WHEN first_pass < last_pass THEN last_pass ELSE 0 END";

/// The items of a page, and of those that lead to it. SQLite looks up no pairs that a compound query
/// gives, unless it is wrapped in another, and has to be told which index to take.
const OF_PAGE: &str = "job = $1 AND detail_key IS NOT NULL AND (detail_host, detail_key) IN \
     (SELECT host_key, url_key FROM \
      (SELECT CAST($2 AS BIGINT) AS host_key, CAST($3 AS BIGINT) AS url_key \
       UNION ALL SELECT host_key, url_key FROM detail \
       WHERE job = $1 AND to_host = $2 AND to_key = $3) AS pages) AND last_pass = $4";

/// The table, as SQLite is to read it.
const BY_PAGE: &str = "item INDEXED BY item_detail";

/// An item has been stored: it is left out until fields of its own page are known.
pub(super) fn until_read(conn: &mut Connection, job: i64, item: i64) -> QueryResult<()> {
    let sql = format!(
        "UPDATE item SET gone_pass = {GONE} WHERE job = $1 AND item_key = $2 AND NOT {KNOWN}"
    );
    both!(conn, c => sql_query(sql)
        .bind::<BigInt, _>(job)
        .bind::<BigInt, _>(item)
        .execute(c))?;
    Ok(())
}

/// A page that lacks a required field has been stored: its items are left out.
pub(super) fn leave_out(conn: &mut Connection, page: &Settled, pass: i32) -> QueryResult<()> {
    let sql =
        format!("SET gone_pass = {GONE} WHERE {OF_PAGE} AND gone_pass IS NULL AND NOT {KNOWN}");
    of_page(conn, &sql, page, pass)
}

/// A page has been stored, or leads to one: items that were left out for want of it are there.
pub(super) fn readmit(conn: &mut Connection, page: &Settled, pass: i32) -> QueryResult<()> {
    let sql = format!("SET gone_pass = NULL WHERE {OF_PAGE} AND gone_pass IS NOT NULL AND {KNOWN}");
    of_page(conn, &sql, page, pass)
}

fn of_page(conn: &mut Connection, change: &str, page: &Settled, pass: i32) -> QueryResult<()> {
    let table = if conn.is_postgres() { "item" } else { BY_PAGE };
    let sql = format!("UPDATE {table} {change}");
    both!(conn, c => sql_query(sql)
        .bind::<BigInt, _>(page.job.0)
        .bind::<BigInt, _>(page.host.0)
        .bind::<BigInt, _>(page.key.0)
        .bind::<Integer, _>(pass)
        .execute(c))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use diesel::QueryableByName;
    use diesel::sql_types::Text;

    use super::*;
    use crate::store::{Access, Store};

    #[derive(QueryableByName)]
    struct Step {
        #[diesel(sql_type = Text)]
        detail: String,
    }

    #[test]
    fn the_items_of_a_page_are_found_without_looking_at_the_others() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("a.db").display());
        let store = Store::open(&url, Access::Owner).unwrap();
        let explain = format!("EXPLAIN QUERY PLAN SELECT 1 FROM {BY_PAGE} WHERE {OF_PAGE}");
        let steps: Vec<Step> = store
            .connections
            .read(|conn| Ok(both!(conn, c => sql_query(explain).load(c))?))
            .unwrap();
        let item = "item USING INDEX item_detail (job=? AND detail_host=? AND detail_key=?)";
        let plan: Vec<String> = steps.into_iter().map(|step| step.detail).collect();
        assert!(plan.iter().any(|step| step.contains(item)), "{plan:#?}");
        assert!(!plan.iter().any(|step| step.starts_with("SCAN detail")), "{plan:#?}");
    }
}
