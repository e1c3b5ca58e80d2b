//! A page is read as what it was asked for: the page of a listing, or that of an item.

use super::super::gathered::Gathered;
use super::super::record::{NewUrl, QueuedUrl};
use super::{detail, outcome};
use crate::domain::items::{ItemReader, Refusal};
use crate::domain::job::Job;
use crate::domain::listing::Listing;
use crate::domain::task::Task;
use crate::domain::url::CanonicalUrl;

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
    let reader: &ItemReader = match (row.task, &listing.detail) {
        (Task::Main, _) => &listing.reader,
        (Task::Detail, Some(reader)) => reader,
        _ => return Ok(Taken::default()),
    };
    let reading = match reader.read_bytes(&url, declared, body) {
        Ok(reading) => reading,
        Err(refusal @ (Refusal::Json(_) | Refusal::Shape(_))) => return Err(refusal.to_string()),
        Err(refusal) => {
            return Ok(Taken { note: Some(refusal.to_string()), ..Taken::default() });
        }
    };
    let cut = reading.cut.map(|cut| format!("cut: {cut}"));
    if row.task == Task::Detail {
        let fields = reading.items.into_iter().next().map(|item| item.fields);
        let page = detail(&fields.unwrap_or_default(), reading.tallies);
        let gathered = Some(Gathered::Detail(page));
        return Ok(Taken { gathered, note: cut, ..Taken::default() });
    }
    let broken = broken(reading.broken);
    let outcome = outcome(job, listing, row, reading);
    let note = cut.or(broken).or_else(|| outcome.end.map(str::to_owned));
    let gathered = Some(Gathered::Listing(outcome.page));
    Ok(Taken { gathered, found: outcome.found, note })
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
