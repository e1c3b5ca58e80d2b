//! Tips are stored once, with every query that showed them and their rank.

use std::borrow::Cow;
use std::marker::PhantomData;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer, Nullable, Text};
use hashbrown::hash_map::Entry;
use hashbrown::{HashMap, HashSet};
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
    } ""
}

prepared! {
    /// A tip that an earlier transaction stored.
    StoredTip<'a> {
        "SELECT result, text, last_pass, seen FROM suggestion WHERE job = " job: i64 as BigInt,
        " AND tip_key = " key: i64 as BigInt,
    } "" -> (Text, Text, Integer, Integer)
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

/// The tips that the queries of one transaction show: each is looked up once and written once, by
/// however many of them it is shown.
#[derive(Debug, Default)]
pub(super) struct Met(HashMap<i64, Known>);

/// A tip that is stored.
#[derive(Debug)]
struct Known {
    result: String,
    text: String,
    fields: Option<String>,
    /// By how many queries of this pass it was shown.
    seen: i32,
    /// Is its row to be written again?
    changed: bool,
}

impl Known {
    fn is(&self, shown: &Shows<'_>) -> bool {
        self.result == shown.kind.name && self.text == shown.text
    }
}

impl Met {
    /// Stores what a query, by its number, showed in a pass. Gives by how many queries of this pass
    /// each tip was shown before, in their order.
    pub(super) fn keep(
        &mut self,
        conn: &mut Connection,
        (job, pass, query): (JobId, i32, i64),
        tips: &[Shows<'_>],
        now: Millis,
    ) -> QueryResult<Vec<u64>> {
        let mut before = Vec::with_capacity(tips.len());
        for shown in tips {
            let (key, shown_before) = self.meet(conn, (job, pass), shown, now)?;
            before.push(u64::try_from(shown_before).unwrap_or(0));
            let rank = shown.rank;
            let sighting = KeepSighting { job: job.0, query, key, rank, pass, life: PhantomData };
            both!(conn, c => sighting.execute(c))?;
        }
        Ok(before)
    }

    /// Gives the key that a tip has, and by how many queries of this pass it was shown before; stores
    /// it if it is new. Where another one has its key it takes the next.
    fn meet(
        &mut self,
        conn: &mut Connection,
        (job, pass): (JobId, i32),
        shown: &Shows<'_>,
        now: Millis,
    ) -> QueryResult<(i64, i32)> {
        let mut key = shown.key;
        loop {
            let known = match self.0.entry(key) {
                Entry::Occupied(known) => Some(known.into_mut()),
                Entry::Vacant(place) => {
                    if let Some(new) = insert(conn, (job, pass, key), shown, now)? {
                        place.insert(new);
                        return Ok((key, 0));
                    }
                    stored(conn, (job, pass, key))?.map(|known| place.insert(known))
                }
            };
            if let Some(known) = known.filter(|known| known.is(shown)) {
                let before = known.seen;
                known.seen = before.saturating_add(1);
                known.fields = fields(shown);
                known.changed = true;
                return Ok((key, before));
            }
            key = key.wrapping_add(1);
        }
    }

    /// Writes what has changed; before anybody reads it.
    pub(super) fn write(self, conn: &mut Connection, (job, pass): (JobId, i32)) -> QueryResult<()> {
        let (job, life) = (job.0, PhantomData);
        for (key, Known { fields, seen, .. }) in self.0.into_iter().filter(|(_, tip)| tip.changed) {
            let see = SeeTip { fields, pass, seen, job, key, life };
            both!(conn, c => see.execute(c))?;
        }
        Ok(())
    }
}

/// Stores a tip that is new; `None` when its key is taken.
///
/// A simple statement: one with `RETURNING` has SQLite make a table for what it returns.
fn insert(
    conn: &mut Connection,
    (job, pass, key): (JobId, i32, i64),
    shown: &Shows<'_>,
    now: Millis,
) -> QueryResult<Option<Known>> {
    let (result, text) = (shown.kind.name.as_str(), shown.text.as_ref());
    let (job, fields, life) = (job.0, fields(shown), PhantomData);
    let tip = NewTip { job, key, result, text, fields, pass, same_pass: pass, now, life };
    let new = both!(conn, c => tip.execute(c))? == 1;
    Ok(new.then(|| Known {
        result: result.to_owned(),
        text: text.to_owned(),
        fields: None,
        seen: 1,
        changed: false,
    }))
}

/// The tip that has a key.
fn stored(
    conn: &mut Connection,
    (job, pass, key): (JobId, i32, i64),
) -> QueryResult<Option<Known>> {
    let tip = StoredTip { job: job.0, key, life: PhantomData };
    let row: Option<(String, String, i32, i32)> = both!(conn, c => tip.get_result(c).optional())?;
    Ok(row.map(|(result, text, last_pass, seen)| Known {
        result,
        text,
        fields: None,
        seen: if last_pass == pass { seen } else { 0 },
        changed: false,
    }))
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
