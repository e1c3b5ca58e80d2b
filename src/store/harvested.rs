//! Summing up a harvest.

use diesel::{OptionalExtension, QueryResult, QueryableByName, RunQueryDsl, sql_query, sql_types};

use super::connection::{Connection, both};
use super::report::Order;
use crate::domain::JobId;
use crate::domain::harvest::Record;

/// What a harvest came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Harvested {
    /// What it remembers of the endpoint.
    pub record: Record,
    /// Queries of this pass that showed tips.
    pub shown: i64,
    /// Queries of this pass that showed none.
    pub empty: i64,
    /// The kinds of result, by name.
    pub kinds: Vec<KindSum>,
    /// What the operator was told, the last ones.
    pub warnings: Vec<String>,
}

/// The tips of a kind, each counted once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KindSum {
    /// Its name.
    pub result: String,
    /// Those of all passes.
    pub tips: i64,
    /// Of them, those that no earlier pass had found.
    pub new: i64,
    /// Of them, those that this pass has not found, or not yet.
    pub missing: i64,
}

#[derive(QueryableByName)]
struct Stand {
    #[diesel(sql_type = sql_types::Integer)]
    pass: i32,
    #[diesel(sql_type = sql_types::Text)]
    record: String,
    #[diesel(sql_type = sql_types::Nullable<sql_types::Text>)]
    warnings: Option<String>,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = sql_types::BigInt)]
    rows: i64,
}

#[derive(QueryableByName)]
struct Kind {
    #[diesel(sql_type = sql_types::Text)]
    result: String,
    #[diesel(sql_type = sql_types::Text)]
    last: String,
    #[diesel(sql_type = sql_types::BigInt)]
    tips: i64,
    #[diesel(sql_type = sql_types::BigInt)]
    new: i64,
    #[diesel(sql_type = sql_types::BigInt)]
    missing: i64,
}

const STAND: &str = "SELECT pass, record, warnings FROM harvest WHERE job = $1";

/// Queries that showed tips.
const SHOWN: &str = "SELECT COUNT(*) AS rows FROM query WHERE job = $1 AND pass = $2 AND tips > 0";

/// Queries that were answered: not each that showed nothing has a row of its own.
const ANSWERED: &str =
    "SELECT COUNT(*) AS rows FROM urls WHERE job = $1 AND pass = $2 AND state = 1";

/// SQLite numbers what is bound in the order in which it stands.
const KINDS: &str = "SELECT MIN(result) AS result, MAX(result) AS last, COUNT(*) AS tips, \
    CAST(SUM(CASE WHEN first_pass = $1 THEN 1 ELSE 0 END) AS BIGINT) AS new, \
    CAST(SUM(CASE WHEN last_pass < $1 THEN 1 ELSE 0 END) AS BIGINT) AS missing \
    FROM suggestion WHERE job = $2";

/// What the harvest of a job came to; `None` when it has not begun. `answered`: its rows that were
/// answered in its pass, where that is known already.
pub(super) fn sums(
    conn: &mut Connection,
    job: JobId,
    order: Order,
    answered: Option<i64>,
) -> QueryResult<Option<Harvested>> {
    let stand: Option<Stand> = both!(conn, c => sql_query(STAND)
        .bind::<sql_types::BigInt, _>(job.0)
        .get_result(c)
        .optional())?;
    let Some(stand) = stand else { return Ok(None) };
    let pass = (job, stand.pass);
    let shown = count(conn, SHOWN, pass)?;
    // (A pass that has just begun may have nothing here yet: then the last one is told of.)
    let answered = match answered {
        Some(answered) => answered,
        None => count(conn, &order.of(ANSWERED), pass)?,
    };
    let kind = |kind: Kind| KindSum {
        result: kind.result,
        tips: kind.tips,
        new: kind.new,
        missing: kind.missing,
    };
    Ok(Some(Harvested {
        record: serde_json::from_str(&stand.record).unwrap_or_default(),
        shown,
        empty: answered - shown,
        kinds: kinds(conn, pass)?.into_iter().map(kind).collect(),
        warnings: stand.warnings.iter().flat_map(|all| all.lines()).map(str::to_owned).collect(),
    }))
}

/// The kinds by name. Most harvests have one, and need not be sorted to be told apart.
fn kinds(conn: &mut Connection, (job, pass): (JobId, i32)) -> QueryResult<Vec<Kind>> {
    let mut of = |by: &str| -> QueryResult<Vec<Kind>> {
        both!(conn, c => sql_query(format!("{KINDS} {by}"))
            .bind::<sql_types::Integer, _>(pass)
            .bind::<sql_types::BigInt, _>(job.0)
            .get_results(c))
    };
    let all = of("HAVING COUNT(*) > 0")?;
    let one = all.iter().all(|kind| kind.result == kind.last);
    if one { Ok(all) } else { of("GROUP BY result ORDER BY 1") }
}

fn count(conn: &mut Connection, sql: &str, (job, pass): (JobId, i32)) -> QueryResult<i64> {
    let count: Count = both!(conn, c => sql_query(sql)
        .bind::<sql_types::BigInt, _>(job.0)
        .bind::<sql_types::Integer, _>(pass)
        .get_result(c))?;
    Ok(count.rows)
}
