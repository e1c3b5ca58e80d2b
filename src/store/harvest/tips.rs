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

/// What is left of a hash beside the head of the key.
const HASH: i64 = (1 << 48) - 1;

/// A tip of an answer, as it is stored.
pub(super) struct Shows<'a> {
    pub(super) kind: &'a ResultSpec,
    pub(super) text: Cow<'a, str>,
    pub(super) rank: i32,
    key: i64,
    tip: &'a Tip,
}

prepared! {
    /// A tip is shown for the first time, if it is.
    NewTip<'a> {
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
    } ") ON CONFLICT (job, tip_key) DO NOTHING"
}

prepared! {
    /// A tip is shown again.
    SeeTip<'a> {
        "UPDATE suggestion SET fields = " fields: Option<String> as Nullable<Text>,
        ", last_pass = " pass: i32 as Integer,
        ", seen = " seen: i32 as Integer,
        " WHERE job = " job: i64 as BigInt,
        " AND tip_key = " key: i64 as BigInt,
        " AND text = " text: &'a str as Text,
        " AND result = " result: &'a str as Text,
    } ""
}

prepared! {
    /// How often a tip was shown in a pass.
    Seen<'a> {
        "SELECT seen FROM suggestion WHERE job = " job: i64 as BigInt,
        " AND tip_key = " key: i64 as BigInt,
        " AND last_pass = " pass: i32 as Integer,
    } "" -> Integer
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
    near(text) | (xxh3_64(whole.as_bytes()).cast_signed() & HASH)
}

/// The first two bytes of a text at the head of its key: tips that queries near each other show are
/// stored near each other, so that a commit changes a few pages and not one for each tip.
fn near(text: &str) -> i64 {
    let mut bytes = text.bytes();
    let mut next = || i64::from(bytes.next().unwrap_or(0));
    (next() << 56) | (next() << 48)
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
        let (key, shown_before) = keep_one(conn, (job, pass), shown, now)?;
        before.push(u64::try_from(shown_before).unwrap_or(0));
        let rank = shown.rank;
        let sighting = KeepSighting { job: job.0, query, key, rank, pass, life: PhantomData };
        both!(conn, c => sighting.execute(c))?;
    }
    Ok(before)
}

/// Stores a tip; gives the key that it has, and by how many queries of this pass it was shown before.
/// Where another one has its key it takes the next.
///
/// In three simple statements: one with `RETURNING` has SQLite make a table for what it returns.
fn keep_one(
    conn: &mut Connection,
    (job, pass): (JobId, i32),
    shown: &Shows<'_>,
    now: Millis,
) -> QueryResult<(i64, i32)> {
    let (mut key, job, life) = (shown.key, job.0, PhantomData);
    let (result, text) = (shown.kind.name.as_str(), shown.text.as_ref());
    loop {
        let fields = || fields(shown);
        let tip =
            NewTip { job, key, result, text, fields: fields(), pass, same_pass: pass, now, life };
        if both!(conn, c => tip.execute(c))? == 1 {
            return Ok((key, 0));
        }
        let seen = Seen { job, key, pass, life };
        let before: i32 = both!(conn, c => seen.get_result(c).optional())?.unwrap_or(0);
        let see = SeeTip { fields: fields(), pass, seen: before + 1, job, key, text, result, life };
        if both!(conn, c => see.execute(c))? == 1 {
            return Ok((key, before));
        }
        key = key.wrapping_add(1);
    }
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
