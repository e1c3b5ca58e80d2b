//! A store copied into another database.

use crawld::store::{Access, Store, StoreErrorKind};
use diesel::connection::SimpleConnection;
use diesel::{
    Connection, PgConnection, QueryableByName, RunQueryDsl, SqliteConnection, sql_query, sql_types,
};
use tempfile::TempDir;

use crate::ground::*;
use crate::schema::lines;

/// Signs that quoting, JSON and SQL may stumble over.
const ODD: &str = "q' \"d\" \\ \\u0041 ключ 😀 \u{1}\u{7f}\n\t %$1 ?1 {[null,";

#[derive(QueryableByName)]
struct Column {
    #[diesel(sql_type = sql_types::Text)]
    of: String,
    #[diesel(sql_type = sql_types::Text)]
    name: String,
    #[diesel(sql_type = sql_types::Text)]
    kind: String,
    #[diesel(sql_type = sql_types::Bool)]
    may_be_null: bool,
}

/// A file of SQLite with nothing in it yet.
struct File {
    _folder: TempDir,
    path: String,
}

impl File {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("copy.db").to_str().unwrap().to_owned();
        Self { _folder: folder, path }
    }

    fn store(&self) -> Store {
        Store::open(&self.path, Access::Owner).unwrap()
    }

    fn raw(&self) -> SqliteConnection {
        SqliteConnection::establish(&self.path).unwrap()
    }

    fn columns(&self) -> Vec<Column> {
        let sql = "SELECT m.name AS \"of\", p.name, lower(p.type) AS kind, \
            p.\"notnull\" = 0 AND p.pk = 0 AS may_be_null \
            FROM sqlite_master m JOIN pragma_table_info(m.name) p WHERE m.type = 'table' \
            AND m.name NOT LIKE '\\_\\_%' ESCAPE '\\' AND m.name <> 'node' ORDER BY m.name, p.cid";
        sql_query(sql).load(&mut self.raw()).unwrap()
    }

    /// Each table's rows as SQLite would write them in a statement.
    fn content(&self) -> Vec<String> {
        let columns = self.columns();
        let mut all = Vec::new();
        for rows in columns.chunk_by(|a, b| a.of == b.of) {
            let quoted = rows.iter().map(|c| format!("quote(\"{}\")", c.name));
            let quoted = quoted.collect::<Vec<_>>().join(" || ', ' || ");
            let sql = format!("SELECT {quoted} AS line FROM \"{}\" ORDER BY 1", rows[0].of);
            let found: Vec<Line> = sql_query(sql).load(&mut self.raw()).unwrap();
            all.extend(found.into_iter().map(|row| format!("{}: {}", rows[0].of, row.line)));
        }
        all
    }

    /// So many rows in every table, with values of all kinds.
    fn fill(&self, rows: i64) {
        let columns = self.columns();
        let mut conn = self.raw();
        conn.batch_execute("BEGIN").unwrap();
        for table in columns.chunk_by(|a, b| a.of == b.of) {
            for row in 0..rows {
                let values = table.iter().enumerate().map(|(at, column)| value(column, row, at));
                let values = values.collect::<Vec<_>>().join(", ");
                let sql = format!("INSERT INTO \"{}\" VALUES ({values})", table[0].of);
                conn.batch_execute(&sql).unwrap();
            }
        }
        conn.batch_execute("COMMIT").unwrap();
    }
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = sql_types::Text)]
    line: String,
}

/// A value that this column can have, another in each row.
fn value(column: &Column, row: i64, at: usize) -> String {
    let at = i64::try_from(at).unwrap();
    if column.may_be_null && (row + at) % 3 == 0 {
        return "NULL".to_owned();
    }
    let sign = if (row + at) % 2 == 0 { 1 } else { -1 };
    match column.kind.as_str() {
        "bigint" => (sign * (i64::MAX - 5 - row * 1000 - at)).to_string(),
        // Of a key the sign would bring two to one.
        "integer" if !column.may_be_null => (i64::from(i32::MAX) - row).to_string(),
        "integer" => (sign * (i64::from(i32::MAX) - row)).to_string(),
        "smallint" => (i64::from(i16::MIN) + row).to_string(),
        "boolean" => (row % 2).to_string(),
        "blob" => format!("x'00ff27{row:06x}'"),
        "text" if (row + at) % 5 == 0 && column.may_be_null => "''".to_owned(),
        "text" => format!("'{}{row}'", ODD.replace('\'', "''")),
        other => panic!("{}.{} is {other}", column.of, column.name),
    }
}

/// A database of PostgreSQL with the schema and nothing in it.
fn empty_server() -> Ground {
    let ground = Ground::postgres();
    ground.sql("DELETE FROM job; DELETE FROM node");
    ground
}

#[test]
fn every_value_of_every_table_is_the_same_after_the_way_there_and_back() {
    let (first, last) = (File::new(), File::new());
    drop(first.store());
    first.fill(1203);
    let before = first.content();
    assert!(before.len() > 15 * 1203, "{} rows", before.len());
    let server = empty_server();
    let mut tables = Vec::new();
    let rows = first.store().copy_to(&server.store, NOW, |table, _| tables.push(table.to_owned()));
    assert_eq!(rows.unwrap(), before.len() as u64);
    assert!(tables.contains(&"urls".to_owned()) && tables.contains(&"job".to_owned()));
    server.store.copy_to(&last.store(), NOW, |_, _| {}).unwrap();
    assert_eq!(last.content(), before);
}

#[test]
fn rows_with_one_number_are_told_apart_and_keep_their_order() {
    let ground = Ground::postgres();
    let urls: Vec<_> = (0..6).map(|n| root(&format!("http://h{n}.test/"))).collect();
    ground.offer(&urls, NOW);
    let mut conn = PgConnection::establish(&ground.url).unwrap();
    conn.batch_execute("UPDATE urls SET id = CASE WHEN url < 'http://h3' THEN 7 ELSE 8 END")
        .unwrap();
    ground.store.retire(&ground.node, NOW).unwrap();
    let order = lines(
        &ground,
        "lpad(id::text, 3, '0') || ' ' || lpad((url_key::numeric + 1e19)::text, 25, '0') AS line FROM urls",
    );
    let file = File::new();
    ground.store.copy_to(&file.store(), NOW, |_, _| {}).unwrap();
    let found: Vec<Line> = sql_query("SELECT id || ' ' || url_key AS line FROM urls ORDER BY id")
        .load(&mut file.raw())
        .unwrap();
    let (ids, keys): (Vec<_>, Vec<_>) =
        found.iter().map(|row| row.line.split_once(' ').unwrap()).unzip();
    assert_eq!(ids, ["7", "8", "9", "10", "11", "12"]);
    let expected = order.iter().map(|line| {
        let shifted: i128 = line[4..].split('.').next().unwrap().parse().unwrap();
        (shifted - 10_000_000_000_000_000_000).to_string()
    });
    assert_eq!(keys, expected.collect::<Vec<_>>());
}

#[test]
fn a_failure_leaves_the_target_as_it_was() {
    let file = File::new();
    drop(file.store());
    file.fill(3);
    let server = empty_server();
    let mut conn = PgConnection::establish(&server.url).unwrap();
    conn.batch_execute("ALTER TABLE urls ADD CONSTRAINT c CHECK (url_key = 0)").unwrap();
    let mut seen = 0;
    let error = file.store().copy_to(&server.store, NOW, |_, _| seen += 1).unwrap_err();
    assert!(seen > 3, "others had been copied: {error}");
    for table in ["job", "host", "item", "urls"] {
        let rows = lines(&server, &format!("'a row' AS line FROM {table}"));
        assert!(rows.is_empty(), "{table}: {rows:?}");
    }
    conn.batch_execute("ALTER TABLE urls DROP CONSTRAINT c").unwrap();
    file.store().copy_to(&server.store, NOW, |_, _| {}).unwrap();
}

on_both! {
    fn a_target_that_holds_something_is_refused_untouched(ground: Ground) {
        ground.offer(&[root("http://a.test/")], NOW);
        ground.store.retire(&ground.node, NOW).unwrap();
        let file = File::new();
        drop(file.store());
        file.fill(2);
        let error = file.store().copy_to(&ground.store, NOW, |_, _| {}).unwrap_err();
        assert_eq!(error.kind, StoreErrorKind::Bad, "{error}");
        assert_eq!(ground.pages().len(), 1);
    }

    fn what_a_dead_node_held_is_free_and_counts_as_asked_now(ground: Ground) {
        ground.offer(&[root("http://a.test/")], NOW);
        ground.sql("UPDATE host SET owner = (SELECT id FROM node)");
        let later = NOW + 10 * LEASE;
        let file = File::new();
        ground.store.copy_to(&file.store(), later, |_, _| {}).unwrap();
        let hosts: Vec<Line> =
            sql_query("SELECT owner || ' ' || asked_at AS line FROM host").load(&mut file.raw()).unwrap();
        assert_eq!(hosts[0].line, format!("0 {later}"));
        let nodes: Vec<Line> = sql_query("SELECT name AS line FROM node").load(&mut file.raw()).unwrap();
        assert!(nodes.is_empty());
    }
}

#[test]
fn a_server_on_which_a_crawl_runs_is_neither_source_nor_target() {
    let ground = Ground::postgres();
    let (source, target) = (File::new(), File::new());
    drop(source.store());
    source.fill(1);
    // Its node bears no process of this machine, and its lease lasts.
    let busy = ground.store.copy_to(&target.store(), NOW, |_, _| {}).unwrap_err();
    assert_eq!(busy.kind, StoreErrorKind::Busy, "{busy}");
    ground.sql("DELETE FROM job");
    let busy = source.store().copy_to(&ground.store, NOW, |_, _| {}).unwrap_err();
    assert_eq!(busy.kind, StoreErrorKind::Busy, "{busy}");
    assert_eq!(target.content(), Vec::<String>::new());
}

#[test]
fn queries_keep_the_numbers_of_their_rows_where_rows_are_told_apart() {
    let ground = Ground::postgres();
    ground.offer(&[root("http://a.test/"), root("http://b.test/")], NOW);
    let other = ground.store.create_job(&new_job("tips"), NOW).unwrap().id;
    let urls: Vec<_> = (0..3).map(|n| root(&format!("http://c.test/{n}"))).collect();
    ground.store.offer(&ground.node, other, &urls, None, true, false, NOW).unwrap();
    // As nodes may leave it: a row of another job has the number of the first query.
    let job = other.0;
    ground.sql(&format!(
        "UPDATE urls SET id = (SELECT min(id) FROM urls WHERE job = {job}) WHERE job <> {job}; \
         INSERT INTO query (job, number, text, pass, generation) \
             SELECT job, id, url, pass, 0 FROM urls WHERE job = {job}; \
         INSERT INTO sighting (job, query, tip_key, rank, pass) \
             SELECT job, number, 1, 1, 1 FROM query; \
         INSERT INTO suggestion (job, tip_key, result, text, first_pass, last_pass, seen, first_at) \
             VALUES ({job}, 1, 'tips', 'tip', 1, 1, 3, 1)"
    ));
    ground.store.retire(&ground.node, NOW).unwrap();
    let file = File::new();
    let target = file.store();
    ground.store.copy_to(&target, NOW, |_, _| {}).unwrap();
    drop(target);
    let sql = "SELECT u.url || ' ' || q.text || ' ' || s.rank AS line FROM urls u \
        JOIN query q ON q.job = u.job AND q.number = u.id \
        JOIN sighting s ON s.job = u.job AND s.query = u.id ORDER BY 1";
    let rows: Vec<Line> = sql_query(sql).load(&mut file.raw()).unwrap();
    let rows: Vec<_> = rows.into_iter().map(|row| row.line).collect();
    let same = |n| format!("http://c.test/{n} http://c.test/{n} 1");
    assert_eq!(rows, [0, 1, 2].map(same));
}
