//! What is seen on a page, for people.

use std::io::{self, Write};

use serde_json::Value;

use super::links::Link;
use super::sight::Sight;
use super::tips::Kind;
use crate::cli::text::{clean, counted, size};

/// Items and URLs of each sort that are shown.
const SHOWN: usize = 20;
/// Characters of a value that are shown.
const LONG: usize = 100;

pub(super) fn print(sight: &Sight, out: &mut dyn Write) -> io::Result<()> {
    let mut facts = vec![clean(&sight.url)];
    facts.extend(sight.status.map(|status| format!("status {status}")));
    facts.extend(sight.content_type.as_deref().map(clean));
    facts.push(size(of(sight.bytes)));
    writeln!(out, "{}", facts.join(", "))?;
    if let Some(trouble) = &sight.trouble {
        return writeln!(out, "nothing was read: {}", clean(trouble));
    }
    if let Some(title) = &sight.title {
        writeln!(out, "title: {}", clean(title))?;
    }
    match (sight.kind, &sight.results) {
        ("items", _) => items(sight, out)?,
        (_, Some(kinds)) => tips(sight, kinds, out)?,
        _ => {}
    }
    if let Some(all) = &sight.links {
        links(all, out)?;
    }
    writeln!(out, "would follow: {}", counted(of(sight.follows.len()), "URL"))?;
    for follows in sight.follows.iter().take(SHOWN) {
        writeln!(out, "   {:<6} {}", follows.what, clean(&follows.url))?;
    }
    rest(sight.follows.len(), out)?;
    if let Some(note) = &sight.note {
        writeln!(out, "   {}", clean(note))?;
    }
    if !sight.leaves.is_empty() {
        writeln!(out, "would leave: {}", counted(of(sight.leaves.len()), "URL"))?;
    }
    for leaves in sight.leaves.iter().take(SHOWN) {
        writeln!(out, "   {}: {}", clean(&leaves.url), clean(&leaves.why))?;
    }
    rest(sight.leaves.len(), out)
}

fn items(sight: &Sight, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}", counted(of(sight.taken.len()), "item"))?;
    for (at, taken) in (1..).zip(sight.taken.iter().take(SHOWN)) {
        writeln!(out, "{at}.")?;
        values(taken, out)?;
    }
    rest(sight.taken.len(), out)?;
    fields(sight, out)
}

/// Of each kind the first ones, by rank.
fn tips(sight: &Sight, kinds: &[Kind], out: &mut dyn Write) -> io::Result<()> {
    for kind in kinds {
        let name = clean(&kind.result);
        writeln!(out, "{name}: {}", counted(of(kind.tips), "tip"))?;
        let its = sight.taken.iter().filter(|tip| tip["result"] == kind.result.as_str());
        for tip in its.take(SHOWN) {
            writeln!(out, "{}. {}", tip["rank"], value_of(&tip["text"]))?;
            values(&tip["fields"], out)?;
        }
        rest(kind.tips, out)?;
    }
    Ok(())
}

fn links(all: &[Link], out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "would record: {}", counted(of(all.len()), "link"))?;
    for link in all.iter().take(SHOWN) {
        let text = link.text.as_deref().map(|text| format!(" '{}'", clean(text)));
        let nofollow = if link.nofollow { " (nofollow)" } else { "" };
        let (target, text) = (clean(&link.target), text.unwrap_or_default());
        writeln!(out, "   {:<6} {target}{text}{nofollow}", link.kind)?;
    }
    rest(all.len(), out)
}

/// The values of an object by name.
fn values(object: &Value, out: &mut dyn Write) -> io::Result<()> {
    for (name, value) in object.as_object().into_iter().flatten() {
        writeln!(out, "   {}: {}", clean(name), value_of(value))?;
    }
    Ok(())
}

fn of(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn rest(all: usize, out: &mut dyn Write) -> io::Result<()> {
    match all.saturating_sub(SHOWN) {
        0 => Ok(()),
        more => writeln!(out, "   and {more} more"),
    }
}

/// Which fields some items lack, and what could not be read.
fn fields(sight: &Sight, out: &mut dyn Write) -> io::Result<()> {
    if sight.dropped > 0 {
        writeln!(out, "left out for want of a required field: {}", sight.dropped)?;
    }
    for field in sight.fields.iter().filter(|field| field.missing > 0) {
        writeln!(out, "missing {}: {}", clean(&field.field), field.missing)?;
    }
    for field in sight.fields.iter().filter(|field| field.unread > 0) {
        let sample = field.sample.as_deref().map(clean).unwrap_or_default();
        writeln!(out, "unread {}: {}, such as '{sample}'", clean(&field.field), field.unread)?;
    }
    Ok(())
}

fn value_of(value: &Value) -> String {
    let text = match value {
        Value::Null => return "- (missing)".to_owned(),
        Value::String(text) => clean(text),
        other => clean(&other.to_string()),
    };
    match text.char_indices().nth(LONG) {
        Some((at, _)) => format!("{}..", text.get(..at).unwrap_or_default()),
        None => text,
    }
}
