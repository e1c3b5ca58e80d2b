//! What the items of listings came to, for people and for programs.

use std::io::{self, Write};

use serde::Serialize;

use super::words::{list, row};
use crate::cli::text::{clean, count, counted, shell};
use crate::order;
use crate::store::{FieldSums, ItemSums, JobRow};

/// Characters of a value that could not be read.
const SAMPLE: usize = 30;

/// Are items what the job is for?
pub(super) fn are_wanted(job: &JobRow) -> bool {
    job.kind == "scrape"
}

/// What is said when no page had one.
pub(super) fn hint(job: &str, page: &str) -> String {
    let (job, page) = (shell(job), shell(page));
    format!(
        "no page had an item; what a page gives: crawld try CONFIG {job} {page} (CONFIG is a file \
         with the job)"
    )
}

/// Counts the fields of their own pages as missing in items of whose page nothing is known.
pub(super) fn add_bare(job: &JobRow, sums: &mut ItemSums) {
    let scrape = order::read_spec(job).ok().and_then(|spec| spec.scrape);
    let Some(scrape) = scrape.filter(|_| sums.bare > 0) else { return };
    for name in scrape.detail_columns() {
        match sums.fields.iter_mut().find(|sum| sum.field == name) {
            Some(sum) => sum.missing += sums.bare,
            None => sums.fields.push(FieldSums {
                field: name,
                missing: sums.bare,
                ..FieldSums::default()
            }),
        }
    }
}

/// For people: nothing of a job that is for something else.
pub(super) fn print(job: &JobRow, sums: &ItemSums, out: &mut dyn Write) -> io::Result<()> {
    if !are_wanted(job) {
        return Ok(());
    }
    let mut parts = vec![counted(sums.items, "item")];
    if job.pass > 1 {
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
    if sums.broken > 0 {
        parts.push(format!("{} of JSON-LD that is no JSON", counted(sums.broken, "block")));
    }
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
    broken_blocks: i64,
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
    /// `None` for a job that is for something else.
    pub(super) fn of(job: &JobRow, sums: &'a ItemSums) -> Option<Self> {
        let fields = sums.fields.iter().map(|sum| Fared {
            field: &sum.field,
            missing: sum.missing,
            unread: sum.unread,
            sample: sum.sample.as_deref(),
        });
        are_wanted(job).then(|| Self {
            there: sums.items,
            new: sums.new,
            changed: sums.changed,
            gone: sums.gone,
            repeated: sums.repeated,
            dropped: sums.dropped,
            broken_blocks: sums.broken,
            details_failed: sums.details_failed,
            fields: fields.collect(),
        })
    }
}
