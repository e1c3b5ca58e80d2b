//! Tips are stored once, with every query that showed them and their rank.

use std::borrow::Cow;
use std::collections::HashSet;
use std::marker::PhantomData;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer, Nullable, Text};
use serde_json::{Map, Value};
use xxhash_rust::xxh3::xxh3_64;

use crate::domain::harvest::{Reading, ResultSpec, Tip};
use crate::domain::job::HarvestJob;
use crate::domain::{JobId, Millis};
use crate::store::clean;
use crate::store::connection::{Connection, both};
use crate::store::prepared::prepared;

/// A tip of an answer, as it is stored.
pub(super) struct Shows<'a> {
    pub(super) kind: &'a ResultSpec,
    pub(super) text: Cow<'a, str>,
    pub(super) rank: i32,
    key: i64,
    tip: &'a Tip,
}

prepared! {
    /// A tip is shown, perhaps for the first time.
    KeepTip<'a> {
        "INSERT INTO suggestion \
         (job, tip_key, result, text, fields, first_pass, last_pass, seen, first_at) VALUES ("
            job: i64 as BigInt,
        ", " key: i64 as BigInt,
        ", " result: &'a str as Text,
        ", " text: &'a str as Text,
        ", " fields: Option<String> as Nullable<Text>,
        ", " pass: i32 as Integer,
        ", " same_pass: i32 as Integer,
        ", 1, " now: i64 as BigInt,
    } ") ON CONFLICT (job, tip_key) DO UPDATE SET fields = excluded.fields, \
        last_pass = excluded.last_pass, seen = CASE WHEN suggestion.last_pass = excluded.last_pass \
        THEN suggestion.seen + 1 ELSE 1 END RETURNING seen" -> Integer
}

prepared! {
    /// A query shows a tip.
    KeepSighting<'a> {
        "INSERT INTO sighting (job, query, tip_key, rank, pass) VALUES (" job: i64 as BigInt,
        ", " query: i64 as BigInt,
        ", " key: i64 as BigInt,
        ", " rank: i32 as Integer,
        ", " pass: i32 as Integer,
    } ") ON CONFLICT (job, query, tip_key) DO UPDATE SET rank = excluded.rank, \
        pass = excluded.pass"
}

/// The tips of an answer, each once, at its best rank.
pub(super) fn distinct<'a>(of: &'a HarvestJob, reading: &'a Reading) -> Vec<Shows<'a>> {
    let mut keys = HashSet::with_capacity(reading.tips.len());
    let shows = reading.tips.iter().filter_map(|tip| {
        let kind = of.results.get(tip.result)?;
        let text = clean(&tip.text);
        let rank = i32::try_from(tip.rank).unwrap_or(i32::MAX);
        Some(Shows { key: key(kind, &text, tip), kind, text, rank, tip })
    });
    shows.filter(|shown| keys.insert(shown.key)).collect()
}

/// The same for the same kind, text and fields that make it another thing.
fn key(kind: &ResultSpec, text: &str, tip: &Tip) -> i64 {
    let mut whole = format!("{}\0{text}", kind.name);
    for (field, value) in kind.fields.iter().zip(&tip.fields) {
        if kind.tells_apart(&field.name) {
            whole.push('\0');
            whole.push_str(value.as_deref().unwrap_or_default());
        }
    }
    xxh3_64(whole.as_bytes()).cast_signed()
}

/// Stores what a query, by its number, showed in a pass. Gives by how many queries of this pass each
/// tip was shown before, in their order.
pub(super) fn keep(
    conn: &mut Connection,
    (job, pass, query): (JobId, i32, i64),
    tips: &[Shows<'_>],
    now: Millis,
) -> QueryResult<Vec<u64>> {
    let mut before = Vec::with_capacity(tips.len());
    for shown in tips {
        let tip = KeepTip {
            job: job.0,
            key: shown.key,
            result: &shown.kind.name,
            text: &shown.text,
            fields: fields(shown),
            pass,
            same_pass: pass,
            now,
            life: PhantomData,
        };
        let seen: i32 = both!(conn, c => tip.get_result(c))?;
        before.push(u64::try_from(seen - 1).unwrap_or(0));
        let (key, rank) = (shown.key, shown.rank);
        let sighting = KeepSighting { job: job.0, query, key, rank, pass, life: PhantomData };
        both!(conn, c => sighting.execute(c))?;
    }
    Ok(before)
}

/// The values of its fields as a JSON object; `None` for a kind without fields.
fn fields(shown: &Shows<'_>) -> Option<String> {
    let values = shown.kind.fields.iter().zip(&shown.tip.fields).map(|(field, value)| {
        let value = value.as_deref().map_or(Value::Null, |value| clean(value).into());
        (field.name.clone(), value)
    });
    let fields: Map<String, Value> = values.collect();
    (!fields.is_empty()).then(|| Value::Object(fields).to_string())
}
