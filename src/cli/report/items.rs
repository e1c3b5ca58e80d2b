//! What the items of listings came to, for people and for programs.

use std::io::{self, Write};

use serde::Serialize;

use super::words::{list, row};
use crate::cli::text::{clean, count, counted};
use crate::store::ItemSums;

/// Characters of a value that could not be read.
const SAMPLE: usize = 30;

/// For people: nothing of a job that has none.
pub(super) fn print(sums: &ItemSums, pass: i32, out: &mut dyn Write) -> io::Result<()> {
    if sums.is_empty() {
        return Ok(());
    }
    let mut parts = vec![counted(sums.items, "item")];
    if pass > 1 {
        let moves = [(sums.new, "new"), (sums.changed, "changed"), (sums.gone, "gone")];
        parts.extend(moves.map(|(items, what)| format!("{} {what}", count(items))));
    }
    let others = [
        (sums.repeated, "seen again"),
        (sums.dropped, "left out for want of a required field"),
        (sums.details_failed, "with a page that failed"),
    ];
    let some = others.into_iter().filter(|(items, _)| *items > 0);
    parts.extend(some.map(|(items, what)| format!("{} {what}", count(items))));
    list(out, "items", parts.into_iter())?;
    let missing = sums.fields.iter().filter(|sum| sum.missing > 0);
    list(
        out,
        "missing",
        missing.map(|sum| format!("{}: {}", clean(&sum.field), count(sum.missing))),
    )?;
    for (at, sum) in sums.fields.iter().filter(|sum| sum.unread > 0).enumerate() {
        let sample: String = sum.sample.iter().flat_map(|text| text.chars()).take(SAMPLE).collect();
        let text = format!("{}: {}, as '{}'", clean(&sum.field), count(sum.unread), clean(&sample));
        row(out, if at == 0 { "unread" } else { "" }, &text)?;
    }
    Ok(())
}

/// For programs.
#[derive(Serialize)]
pub(super) struct Told<'a> {
    #[serde(rename = "items")]
    there: i64,
    new: i64,
    changed: i64,
    gone: i64,
    repeated: i64,
    dropped: i64,
    details_failed: i64,
    fields: Vec<Fared<'a>>,
}

#[derive(Serialize)]
struct Fared<'a> {
    field: &'a str,
    missing: i64,
    unread: i64,
    sample: Option<&'a str>,
}

impl<'a> Told<'a> {
    /// `None` for a job that has none.
    pub(super) fn of(sums: &'a ItemSums) -> Option<Self> {
        let fields = sums.fields.iter().map(|sum| Fared {
            field: &sum.field,
            missing: sum.missing,
            unread: sum.unread,
            sample: sum.sample.as_deref(),
        });
        (!sums.is_empty()).then(|| Self {
            there: sums.items,
            new: sums.new,
            changed: sums.changed,
            gone: sums.gone,
            repeated: sums.repeated,
            dropped: sums.dropped,
            details_failed: sums.details_failed,
            fields: fields.collect(),
        })
    }
}
