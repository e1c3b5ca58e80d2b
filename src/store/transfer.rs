//! A whole store copied into an empty one, of the same kind of database or of the other.
//!
//! Invariant: all that is copied is one state of the source, which nobody owns meanwhile, and it
//! appears in the target in one transaction or not at all. What nodes held when they died is freed in
//! the target as a takeover frees it.

mod shape;

use diesel::connection::DefaultLoadingMode;
use diesel::pg::PgRowByRowLoadingMode;
use diesel::prelude::*;
use diesel::{QueryableByName, RunQueryDsl, sql_query, sql_types};

use super::connection::{Connection, Link, both};
use super::error::{Fault, StoreErrorKind};
use super::node;
use super::schema;
use super::{Result, Store};
use crate::domain::Millis;
use shape::Table;

/// Rows are written so many at a time, or as many as make so many bytes.
const ROWS: usize = 500;
const BYTES: usize = 4 << 20;

/// A row as the JSON of its values.
#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = sql_types::Text)]
    row: String,
}

#[derive(QueryableByName)]
struct Answer {
    #[diesel(sql_type = sql_types::Bool)]
    yes: bool,
}

impl Store {
    /// Copies everything into `target`, which must hold nothing and be in nobody's use, as this one;
    /// `seen` is told of each table how many rows it has. Gives the rows of all.
    ///
    /// # Errors
    /// When one of them is in use or fails, or the target holds something: the target is as it was.
    pub fn copy_to(
        &self,
        target: &Self,
        now: Millis,
        mut seen: impl FnMut(&str, u64),
    ) -> Result<u64> {
        let rows = self.connections.snapshot(|from| {
            hold(from, now)?;
            // Its failures are the target's.
            Ok(target.connections.write_durably(|to| {
                hold(to, now)?;
                copy(from, to, now, &mut seen)
            }))
        })??;
        if let Err(error) = target.connections.read(analyze) {
            log::warn!("{}: {error}", target.name());
        }
        Ok(rows)
    }
}

/// Keeps daemons from coming, and finds none there.
fn hold(conn: &mut Connection, now: Millis) -> std::result::Result<(), Fault> {
    if conn.is_postgres() {
        // The file of the other has an owner: us.
        conn.execute("SET LOCAL lock_timeout = '5s'; LOCK TABLE node IN EXCLUSIVE MODE")?;
    }
    if node::living(conn, now)? > 0 {
        let what = "a crawl runs on it".to_owned();
        return Err(Fault::Own(StoreErrorKind::Busy, what));
    }
    Ok(())
}

fn copy(
    from: &mut Connection,
    to: &mut Connection,
    now: Millis,
    seen: &mut impl FnMut(&str, u64),
) -> std::result::Result<u64, Fault> {
    let tables = shape::tables(from)?;
    if tables != shape::tables(to)? {
        let what = "the two databases have other tables; a defect".to_owned();
        return Err(Fault::Own(StoreErrorKind::Bug, what));
    }
    demand_empty(to, &tables)?;
    let mut all = 0;
    for table in &tables {
        let rows = copy_table(table, from, to)?;
        seen(&table.name, rows);
        all += rows;
    }
    let dead: Vec<i64> = both!(to, c => schema::node::table.select(schema::node::id).order(schema::node::id).load(c))?;
    node::reap(to, &dead, now)?;
    Ok(all)
}

/// Nodes that died there say nothing.
fn demand_empty(conn: &mut Connection, tables: &[Table]) -> std::result::Result<(), Fault> {
    both!(conn, c => diesel::delete(schema::node::table).execute(c))?;
    for table in tables {
        let sql = format!("SELECT EXISTS (SELECT 1 FROM {}) AS yes", table.name);
        let some: Answer = both!(conn, c => sql_query(&sql).get_result(c))?;
        if some.yes {
            let what = format!("holds a store already (table {}); name an empty one", table.name);
            return Err(Fault::Own(StoreErrorKind::Bad, what));
        }
    }
    Ok(())
}

fn copy_table(
    table: &Table,
    from: &mut Connection,
    to: &mut Connection,
) -> std::result::Result<u64, Fault> {
    // SQLite numbers the rows of urls one by one; those of many nodes may, rarely, be alike.
    let numbered = !table.number().is_empty() && from.is_postgres() && !to.is_postgres();
    let alike = numbered && alike(from)?;
    let read = table.reading(from.is_postgres(), alike);
    let write = table.writing(to.is_postgres());
    let mut batch = Batch { write: &write, to, rows: 0, text: String::new(), all: 0 };
    // Row by row: neither side holds more than a batch.
    match &mut from.link {
        Link::Sqlite(c) => {
            let rows = sql_query(&read).load_iter::<Row, DefaultLoadingMode>(c);
            rows.map_err(|e| reading(&e))?
                .try_for_each(|row| batch.add(&row.map_err(|e| reading(&e))?.row))?;
        }
        Link::Pg(c) => {
            let rows = sql_query(&read).load_iter::<Row, PgRowByRowLoadingMode>(c);
            rows.map_err(|e| reading(&e))?
                .try_for_each(|row| batch.add(&row.map_err(|e| reading(&e))?.row))?;
        }
    }
    batch.flush()?;
    Ok(batch.all)
}

/// A failure of the source, told apart from one of the target.
fn reading(error: &diesel::result::Error) -> Fault {
    let text = format!("the source cannot be read: {error}");
    Fault::Own(super::error::classify(&text), text)
}

/// Do two rows have the same number?
fn alike(conn: &mut Connection) -> std::result::Result<bool, Fault> {
    let sql = "SELECT EXISTS (SELECT 1 FROM urls GROUP BY id HAVING count(*) > 1) AS yes";
    let some: Answer = both!(conn, c => sql_query(sql).get_result(c))?;
    Ok(some.yes)
}

/// Rows on their way.
struct Batch<'b> {
    write: &'b str,
    to: &'b mut Connection,
    rows: usize,
    text: String,
    all: u64,
}

impl Batch<'_> {
    fn add(&mut self, row: &str) -> std::result::Result<(), Fault> {
        self.text.push(if self.rows == 0 { '[' } else { ',' });
        self.text.push_str(row);
        self.rows += 1;
        self.all += 1;
        if self.rows >= ROWS || self.text.len() >= BYTES { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> std::result::Result<(), Fault> {
        if self.rows == 0 {
            return Ok(());
        }
        self.text.push(']');
        let written = both!(self.to, c =>
            sql_query(self.write).bind::<sql_types::Text, _>(&self.text).execute(c))?;
        if written != self.rows {
            let what = format!("wrote {written} rows of {}; a defect", self.rows);
            return Err(Fault::Own(StoreErrorKind::Bug, what));
        }
        self.rows = 0;
        self.text.clear();
        Ok(())
    }
}

/// PostgreSQL plans by what it knows of the tables, which is nothing yet.
fn analyze(conn: &mut Connection) -> std::result::Result<(), Fault> {
    if conn.is_postgres() {
        conn.execute("ANALYZE")?;
    }
    Ok(())
}
