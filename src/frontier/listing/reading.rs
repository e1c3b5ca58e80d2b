//! A page is read as what it was asked for: the page of a listing, or that of an item.

use super::super::gathered::Gathered;
use super::super::record::{NewUrl, QueuedUrl};
use super::{detail, outcome};
use crate::domain::items::{Cut, Detail, DetailReader, Reading, Refusal};
use crate::domain::job::Job;
use crate::domain::listing::Listing;
use crate::domain::task::Task;
use crate::domain::url::CanonicalUrl;

/// Evidence of an item's own page that lacks what is required.
const LACKS: &str = "it lacks a required field: the item is left out";

/// What was taken from a page.
#[derive(Debug, Default)]
pub struct Taken {
    /// The items, or the fields.
    pub gathered: Option<Gathered>,
    /// The URLs that it leads to.
    pub found: Vec<NewUrl>,
    /// What is to be said of the page.
    pub note: Option<String>,
}

/// Reads a page as what it was asked for. A page of another kind gives nothing and says so; one
/// that is not what it claims to be is an error. Names of headers are in lower case.
///
/// # Errors
/// What is wrong with the answer, in words.
pub fn read(
    job: &Job,
    listing: &Listing,
    row: &QueuedUrl,
    headers: &[(String, String)],
    body: &[u8],
) -> Result<Taken, String> {
    let url = CanonicalUrl::parse(&row.url).map_err(|error| error.to_string())?;
    let declared = headers.iter().find(|(name, _)| name == "content-type");
    let declared = declared.map(|(_, value)| value.as_str());
    let taken = match (row.task, listing.detail()) {
        (Task::Main, _) => {
            let reading = listing.reader.read_bytes(&url, declared, body);
            reading.map(|reading| of_listing(job, listing, row, reading))
        }
        (Task::Detail, Some(reader)) => {
            reader.read_bytes(&url, declared, body).map(|page| of_item(reader, page))
        }
        _ => return Ok(Taken::default()),
    };
    match taken {
        Err(refusal @ (Refusal::Json(_) | Refusal::Shape(_))) => Err(refusal.to_string()),
        Err(refusal) => Ok(Taken { note: Some(refusal.to_string()), ..Taken::default() }),
        Ok(taken) => Ok(taken),
    }
}

fn of_listing(job: &Job, listing: &Listing, row: &QueuedUrl, reading: Reading) -> Taken {
    let note = note(reading.cut, reading.broken);
    let outcome = outcome(job, listing, row, reading);
    let note = note.or_else(|| outcome.end.map(str::to_owned));
    Taken { gathered: Some(Gathered::Listing(outcome.page)), found: outcome.found, note }
}

fn of_item(reader: &DetailReader, page: Detail) -> Taken {
    let lacks = page.dropped.then(|| LACKS.to_owned());
    let note = note(page.cut, page.broken).or(lacks);
    let gathered = Some(Gathered::Detail(detail(reader, page)));
    Taken { gathered, note, ..Taken::default() }
}

/// What is to be said of a page that was not read whole.
fn note(cut: Option<Cut>, blocks: usize) -> Option<String> {
    cut.map(|cut| format!("cut: {cut}")).or_else(|| broken(blocks))
}

/// What is to be said of blocks of JSON-LD that are no JSON, if there are any.
#[must_use]
pub fn broken(blocks: usize) -> Option<String> {
    match blocks {
        0 => None,
        1 => Some("1 block of JSON-LD is no JSON".to_owned()),
        more => Some(format!("{more} blocks of JSON-LD are no JSON")),
    }
}
