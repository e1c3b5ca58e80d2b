//! What a page of a listing leads to: its items, their own pages, the next page. Pure.
//!
//! Invariant: page N+1 is asked only after page N has given an item, and not if N shows what a page
//! of the same listing has shown before (which the store finds out when it commits N). So a listing
//! ends, whatever a server answers to pages that are none.

mod reading;

use std::collections::BTreeMap;

use serde_json::Value;
use xxhash_rust::xxh3::{Xxh3, xxh3_64};

use super::discover::new_url;
use super::record::{NewUrl, QueuedUrl};
use crate::domain::items::{Detail, DetailReader, FieldTally, Item, Reading};
use crate::domain::job::{Extractor, Job};
use crate::domain::link::LinkKind;
use crate::domain::listing::Listing;
use crate::domain::task::Task;
use crate::domain::url::CanonicalUrl;
use crate::domain::{HostKey, UrlKey};

pub use reading::{Taken, broken, read};

/// Evidence of a page that a template made and that is none.
pub const PAST_THE_END: &str = "no such page: the listing ends before it";

/// The items of a listing's page, as they are stored.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ListingPage {
    /// Its place in the listing, from 1.
    pub number: i32,
    /// In the order of the page.
    pub items: Vec<StoredItem>,
    /// Stands for the items: pages with the same ones have the same.
    pub fingerprint: i64,
    /// How the fields fared.
    pub tallies: Vec<FieldTally>,
    /// Items left out for want of a required field.
    pub dropped: usize,
    /// Blocks of JSON-LD that are no JSON.
    pub broken: usize,
    /// Is an item left out without fields of its own page?
    pub needs_detail: bool,
    /// Is the next page beyond the limit of pages? Then it stays queued, unasked.
    pub beyond: bool,
}

/// An item as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredItem {
    /// Tells it from other items of the job: its key fields, or else all of it.
    pub key: i64,
    /// Its fields as a JSON object, in their order.
    pub fields: String,
    /// Stands for the fields.
    pub digest: i64,
    /// Its own page.
    pub detail: Option<(HostKey, UrlKey)>,
}

/// The further fields of an item, from its own page.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DetailPage {
    /// As a JSON object, in their order; `None`: a required one has no value, and the item is left
    /// out.
    pub fields: Option<String>,
    /// Stands for them.
    pub digest: i64,
    /// Are some of them required?
    pub required: bool,
    /// How they fared.
    pub tallies: Vec<FieldTally>,
    /// Blocks of JSON-LD that are no JSON.
    pub broken: usize,
}

impl ListingPage {
    /// Bytes of memory that it holds, about.
    #[must_use]
    pub fn weight(&self) -> usize {
        self.items.iter().map(|item| 120 + item.fields.len()).sum()
    }
}

/// What a reading comes to: what is stored of it, the URLs it leads to, and why there is no next
/// page, if there is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The items.
    pub page: ListingPage,
    /// The next page, and the items' own.
    pub found: Vec<NewUrl>,
    /// Why the listing ends here.
    pub end: Option<&'static str>,
}

/// Judges the reading of a page.
#[must_use]
pub fn outcome(job: &Job, listing: &Listing, row: &QueuedUrl, reading: Reading) -> Outcome {
    let number = row.depth.saturating_add(1);
    let next = next(listing, row, number, &reading);
    let mut found = Vec::new();
    if let Ok(url) = &next {
        found.push(NewUrl {
            referrer: Some(row.key),
            kind: LinkKind::Next,
            ..new_url(job, url, number)
        });
    }
    // Several items may have one page.
    let details: BTreeMap<&str, &CanonicalUrl> = reading
        .items
        .iter()
        .filter(|_| listing.detail().is_some())
        .filter_map(|item| item.detail.as_ref())
        .map(|url| (url.as_str(), url))
        .collect();
    found.extend(details.into_values().map(|url| NewUrl {
        task: Task::Detail,
        referrer: Some(row.key),
        kind: LinkKind::A,
        ..new_url(job, url, row.depth)
    }));
    let items: Vec<StoredItem> = reading.items.iter().map(stored).collect();
    let mut fingerprint = Xxh3::new();
    for item in &items {
        fingerprint.update(&item.digest.to_le_bytes());
    }
    Outcome {
        page: ListingPage {
            number,
            items,
            fingerprint: fingerprint.digest().cast_signed(),
            tallies: reading.tallies,
            dropped: reading.dropped,
            broken: reading.broken,
            needs_detail: listing.detail().is_some_and(DetailReader::requires),
            beyond: next.is_ok() && listing.max_pages.is_some_and(|most| number >= most),
        },
        found,
        end: next.err(),
    }
}

/// The next page, or why there is none.
fn next(
    listing: &Listing,
    row: &QueuedUrl,
    number: i32,
    reading: &Reading,
) -> Result<CanonicalUrl, &'static str> {
    if reading.items.is_empty() && reading.dropped == 0 {
        return Err("no items: the listing ends here");
    }
    if reading.more == Some(false) {
        return Err("nothing on it says that there is a next page");
    }
    if listing.page_url.is_none() {
        let next = reading.next.clone().ok_or("no next link: the last page")?;
        return if next.as_str() == row.url {
            Err("its next link leads to itself")
        } else {
            Ok(next)
        };
    }
    let url = CanonicalUrl::parse(&row.url).ok();
    url.and_then(|url| listing.after(&url, number)).ok_or("page_url makes no URL of a next page")
}

/// The fields of an item as they are stored.
#[must_use]
pub fn detail(reader: &DetailReader, detail: Detail) -> DetailPage {
    let Detail { fields, dropped, tallies, broken, .. } = detail;
    let fields = object(&fields);
    let digest = xxh3_64(fields.as_bytes()).cast_signed();
    let fields = (!dropped).then_some(fields);
    DetailPage { fields, digest, required: reader.requires(), tallies, broken }
}

fn stored(item: &Item) -> StoredItem {
    let fields = object(&item.fields);
    let digest = xxh3_64(fields.as_bytes()).cast_signed();
    let key = item.key.as_ref().map(|key| xxh3_64(key.as_bytes()).cast_signed());
    let detail = item.detail.as_ref().map(|url| (url.host_key(), url.key()));
    StoredItem { key: key.unwrap_or(digest), fields, digest, detail }
}

/// A JSON object with its keys in their order.
fn object(fields: &[(String, Value)]) -> String {
    let pairs =
        fields.iter().map(|(name, value)| format!("{}:{value}", Value::from(name.as_str())));
    format!("{{{}}}", pairs.collect::<Vec<_>>().join(","))
}

/// Is this the answer to a page that a template made after the last one? Then it is no failure.
#[must_use]
pub fn is_past_the_end(job: &Job, row: &QueuedUrl, status: u16) -> bool {
    let Extractor::Items(listing) = &job.extractor else { return false };
    listing.page_url.is_some()
        && row.task == Task::Main
        && row.depth > 0
        && matches!(status, 404 | 410)
}

#[cfg(test)]
mod tests;
