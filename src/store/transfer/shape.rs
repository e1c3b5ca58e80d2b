//! The tables of a store as its database knows them, and how their rows become JSON and are read
//! from it: numbers and texts as they are, switches as 0 and 1, bytes in hexadecimal.

use diesel::{QueryableByName, RunQueryDsl, sql_query, sql_types};

use crate::store::connection::{Connection, both};
use crate::store::error::{Fault, StoreErrorKind};

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A number of so many bits.
    Number(u8),
    Text,
    Flag,
    Bytes,
}

/// A column.
#[derive(Debug, PartialEq, Eq)]
struct Column {
    name: String,
    kind: Kind,
}

/// A table; the columns in the order of their names, which is that of no database.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Table {
    pub(super) name: String,
    columns: Vec<Column>,
}

#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = sql_types::Text)]
    of: String,
    #[diesel(sql_type = sql_types::Text)]
    name: String,
    #[diesel(sql_type = sql_types::Text)]
    kind: String,
}

const OF_SQLITE: &str = "SELECT m.name AS \"of\", p.name AS name, lower(p.type) AS kind \
    FROM sqlite_master m JOIN pragma_table_info(m.name) p \
    WHERE m.type = 'table' AND substr(m.name, 1, 7) <> 'sqlite_' AND substr(m.name, 1, 2) <> '__' \
    ORDER BY m.name, p.name";
const OF_POSTGRES: &str = "SELECT t.table_name::text AS \"of\", c.column_name::text AS name, \
    c.data_type::text AS kind \
    FROM information_schema.tables t JOIN information_schema.columns c \
      ON c.table_schema = t.table_schema AND c.table_name = t.table_name \
    WHERE t.table_schema = current_schema() AND t.table_type = 'BASE TABLE' \
      AND left(t.table_name, 2) <> '__' \
    ORDER BY t.table_name::text COLLATE \"C\", c.column_name::text COLLATE \"C\"";

/// All tables, in the order of their names.
pub(super) fn tables(conn: &mut Connection) -> Result<Vec<Table>, Fault> {
    let sql = if conn.is_postgres() { OF_POSTGRES } else { OF_SQLITE };
    let found: Vec<Found> = both!(conn, c => sql_query(sql).get_results(c))?;
    let mut tables: Vec<Table> = Vec::new();
    for Found { of, name, kind } in found {
        let kind = match kind.as_str() {
            "smallint" => Kind::Number(16),
            "integer" => Kind::Number(32),
            "bigint" => Kind::Number(64),
            "text" => Kind::Text,
            "boolean" => Kind::Flag,
            "blob" | "bytea" => Kind::Bytes,
            other => {
                let what = format!("{of}.{name} is {other}, which cannot be copied");
                return Err(Fault::Own(StoreErrorKind::Bug, what));
            }
        };
        // SQLite has a word of its own for a key that it numbers rows by.
        let key = matches!((of.as_str(), name.as_str()), ("urls", "id") | ("host", "host_key"));
        let column = Column { name, kind: if key { Kind::Number(64) } else { kind } };
        match tables.last_mut() {
            Some(table) if table.name == of => table.columns.push(column),
            _ => tables.push(Table { name: of, columns: vec![column] }),
        }
    }
    Ok(tables)
}

/// The rows of urls with numbers of their own.
const NUMBERED: &str = "SELECT u.*, n + max(id - n) OVER (ORDER BY n) AS numbered FROM \
    (SELECT *, row_number() OVER (ORDER BY id, job, url_key) AS n FROM urls) u";

impl Table {
    /// The column that holds the number of a row of urls; nothing for a table without one.
    pub(super) fn number(&self) -> &'static str {
        match &*self.name {
            "urls" => "id",
            "query" => "number",
            "sighting" => "query",
            _ => "",
        }
    }

    /// The query that gives each row as the JSON of its values. `apart`: a number that two rows have
    /// grows by as little as tells them apart; their order stays.
    pub(super) fn reading(&self, postgres: bool, apart: bool) -> String {
        let values = self.columns.iter().map(|column| {
            let name = format!("t.\"{}\"", column.name);
            match (column.kind, postgres) {
                (Kind::Flag, true) => format!("{name}::int"),
                (Kind::Bytes, true) => format!("encode({name}, 'hex')"),
                // The hexadecimal of nothing would be a text.
                (Kind::Bytes, false) => {
                    format!("CASE WHEN {name} IS NOT NULL THEN hex({name}) END")
                }
                (Kind::Number(_), true) if apart && column.name == self.number() => {
                    "t.numbered".to_owned()
                }
                _ => name,
            }
        });
        let values = values.collect::<Vec<_>>().join(", ");
        let from = match &*self.name {
            name if !apart => format!("\"{name}\""),
            "urls" => format!("({NUMBERED})"),
            // Queries are known by the numbers of their rows.
            name => format!(
                "(SELECT s.*, m.numbered FROM {name} s JOIN (SELECT DISTINCT ON (job, id) job, id, \
                 numbered FROM ({NUMBERED}) u ORDER BY job, id, n) m \
                 ON m.job = s.job AND m.id = s.{})",
                self.number()
            ),
        };
        if postgres {
            format!("SELECT json_build_array({values})::text AS \"row\" FROM {from} t")
        } else {
            format!("SELECT json_array({values}) AS \"row\" FROM {from} t")
        }
    }

    /// The statement that writes the rows of a JSON array, its one parameter.
    pub(super) fn writing(&self, postgres: bool) -> String {
        let names: Vec<String> =
            self.columns.iter().map(|column| format!("\"{}\"", column.name)).collect();
        let values = self.columns.iter().enumerate().map(|(at, column)| {
            let text = format!("r.value ->> {at}");
            match (column.kind, postgres) {
                (Kind::Number(16), true) => format!("({text})::smallint"),
                (Kind::Number(32), true) => format!("({text})::integer"),
                (Kind::Number(_), true) => format!("({text})::bigint"),
                (Kind::Flag, true) => format!("({text})::int <> 0"),
                (Kind::Bytes, true) => format!("decode({text}, 'hex')"),
                (Kind::Bytes, false) => format!("unhex({text})"),
                _ => text,
            }
        });
        let values = values.collect::<Vec<_>>().join(", ");
        let rows = if postgres {
            "jsonb_array_elements($1::jsonb) AS r(value)"
        } else {
            "json_each(?1) AS r"
        };
        format!("INSERT INTO \"{}\" ({}) SELECT {values} FROM {rows}", self.name, names.join(", "))
    }
}
