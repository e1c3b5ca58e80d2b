//! Bringing the schema up to date, and refusing one from the future.

use diesel::connection::SimpleConnection as _;
use diesel::migration::{Migration, MigrationSource};
use diesel::pg::Pg;
use diesel::sqlite::Sqlite;
use diesel::{QueryableByName, RunQueryDsl, sql_query, sql_types};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::connection::{Connection, Link, both};
use super::error::{Fault, StoreErrorKind};

const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// The advisory lock of whoever changes the schema of a PostgreSQL database: `crld`.
const TURN: i64 = 0x6372_6c64;

#[derive(QueryableByName)]
struct Version {
    #[diesel(sql_type = sql_types::Text)]
    version: String,
}

#[derive(QueryableByName)]
struct Answer {
    #[diesel(sql_type = sql_types::Bool)]
    yes: bool,
}

/// Applies what is missing. Nodes that start together do it one after the other.
pub(super) fn bring_up_to_date(conn: &mut Connection) -> Result<(), Fault> {
    demand_utf8(conn)?;
    if pending(conn)? == 0 {
        return Ok(());
    }
    match &mut conn.link {
        Link::Sqlite(c) => c.run_pending_migrations(SQLITE).map(|_| ()),
        Link::Pg(c) => {
            // Held by the session: a node that dies gives it up.
            c.batch_execute(&format!("SELECT pg_advisory_lock({TURN})"))?;
            let done = c.run_pending_migrations(POSTGRES).map(|_| ());
            c.batch_execute(&format!("SELECT pg_advisory_unlock({TURN})"))?;
            done
        }
    }
    .map_err(|error| as_fault(&*error))
}

/// Is the schema exactly the one we read?
pub(super) fn demand_current(conn: &mut Connection) -> Result<(), Fault> {
    if applied(conn)?.is_empty() {
        return Err(Fault::Own(StoreErrorKind::Missing, "no crawl is stored there".to_owned()));
    }
    if pending(conn)? > 0 {
        let what = "written by an older crawld, run a crawl on it first".to_owned();
        return Err(Fault::Own(StoreErrorKind::Bad, what));
    }
    Ok(())
}

/// Number of migrations that are still to be applied.
fn pending(conn: &mut Connection) -> Result<usize, Fault> {
    let ours = known(conn)?;
    let applied = applied(conn)?;
    if let Some(newer) = applied.iter().find(|version| !ours.contains(version)) {
        let what = format!("its schema is from a newer crawld (migration {newer})");
        return Err(Fault::Own(StoreErrorKind::Newer, what));
    }
    Ok(ours.len().saturating_sub(applied.len()))
}

fn known(conn: &Connection) -> Result<Vec<String>, Fault> {
    fn versions<DB: diesel::backend::Backend>(all: &[Box<dyn Migration<DB>>]) -> Vec<String> {
        all.iter().map(|m| m.name().version().to_string()).collect()
    }
    match &conn.link {
        Link::Sqlite(_) => MigrationSource::<Sqlite>::migrations(&SQLITE).map(|all| versions(&all)),
        Link::Pg(_) => MigrationSource::<Pg>::migrations(&POSTGRES).map(|all| versions(&all)),
    }
    .map_err(|error| as_fault(&*error))
}

/// Read by hand: diesel's own way would create its table.
fn applied(conn: &mut Connection) -> Result<Vec<String>, Fault> {
    let exists = if conn.is_postgres() {
        "SELECT to_regclass('__diesel_schema_migrations') IS NOT NULL AS yes"
    } else {
        "SELECT count(*) > 0 AS yes FROM sqlite_master WHERE name = '__diesel_schema_migrations'"
    };
    let exists: Answer = both!(conn, c => sql_query(exists).get_result(c))?;
    if !exists.yes {
        return Ok(Vec::new());
    }
    let versions: Vec<Version> = both!(conn, c =>
        sql_query("SELECT version FROM __diesel_schema_migrations").get_results(c))?;
    Ok(versions.into_iter().map(|v| v.version).collect())
}

/// Titles and link texts are of all scripts.
fn demand_utf8(conn: &mut Connection) -> Result<(), Fault> {
    if !conn.is_postgres() {
        return Ok(());
    }
    let sql = "SELECT current_setting('server_encoding') = 'UTF8' AS yes";
    let utf8: Answer = both!(conn, c => sql_query(sql).get_result(c))?;
    if utf8.yes {
        return Ok(());
    }
    Err(Fault::Own(StoreErrorKind::Bad, "the database's encoding is not UTF8".to_owned()))
}

/// Keeps the database's own words, so that a full disk is still told from a defect.
fn as_fault(error: &(dyn std::error::Error + Send + Sync)) -> Fault {
    let text = error.to_string();
    Fault::Own(super::error::classify(&text), text)
}
