//! The broken links of a job that asks for each: the first of them, each with a page that holds it.
//!
//! A link is broken that leads to a failure, straight or by redirects: from the failures the redirects
//! are followed back to what the list and the pages hold, as `export --what broken` follows them there.

use std::collections::{BTreeMap, HashMap};
use std::io::{self, Write};

use super::Report;
use crate::cli::error::CommandError;
use crate::cli::text::counted;
use crate::domain::UrlKey;
use crate::domain::link::LinkKind;
use crate::domain::url::CanonicalUrl;
use crate::store::{Holders, PageRecord, Store};

/// Broken links that are shown.
const SHOWN: usize = 20;
/// Redirects looked at on the ways to the failures.
const MOST_WAYS: usize = 200;

/// A URL that ends in a failure.
struct Broken {
    url: String,
    given: bool,
    /// Which of the failures.
    end: usize,
}

/// Prints them; nothing for a job that does not ask for links.
///
/// # Errors
/// When the store or the place written to fails.
pub fn print_broken(
    store: &Store,
    report: &Report,
    out: &mut dyn Write,
) -> Result<(), CommandError> {
    if !checks(&report.job.spec) {
        return Ok(());
    }
    // One more tells whether there are more.
    let failures = store.failures_after(report.job.id, 0, SHOWN + 1)?;
    let failures: Vec<PageRecord> =
        failures.into_iter().filter(|page| page.due_at.is_none()).collect();
    let broken = leading_to(store, report, &failures)?;
    let urls: Vec<String> = broken.iter().map(|broken| broken.url.clone()).collect();
    let holders: HashMap<String, Holders> = store
        .holders(&report.job, &urls)?
        .into_iter()
        .map(|found| (found.target.clone(), found))
        .collect();
    let mut told = broken.iter().filter_map(|broken| {
        let place = place(broken.given, holders.get(&broken.url))?;
        Some((failures.get(broken.end)?, &broken.url, place))
    });
    let mut first = told.by_ref().take(SHOWN).peekable();
    if first.peek().is_none() {
        writeln!(out, "  no broken links")?;
        return Ok(());
    }
    writeln!(out, "  broken links:")?;
    for (failure, url, place) in first {
        line(out, failure, url, &place)?;
    }
    if told.next().is_some() || failures.len() > SHOWN || urls.len() >= MOST_WAYS {
        writeln!(out, "    ... all of them: crawld export --what broken")?;
    }
    Ok(())
}

/// The failures and what redirects to them, each failure with its ways.
fn leading_to(
    store: &Store,
    report: &Report,
    failures: &[PageRecord],
) -> Result<Vec<Broken>, CommandError> {
    let (mut broken, mut ends) = (Vec::new(), BTreeMap::new());
    for (end, failure) in failures.iter().enumerate() {
        let given = matches!(failure.via, LinkKind::Root | LinkKind::Sitemap);
        broken.push(Broken { url: failure.url.clone(), given, end });
        if let Ok(url) = CanonicalUrl::parse(&failure.url) {
            ends.insert(url.key(), end);
        }
    }
    let mut last: Vec<UrlKey> = ends.keys().copied().collect();
    while !last.is_empty() && broken.len() < MOST_WAYS {
        let ways = store.ways_to(&report.job, &last, MOST_WAYS - broken.len())?;
        last.clear();
        for way in ways {
            let Some(end) = ends.get(&way.to).copied() else { continue };
            // What has failed may have redirected to itself, or back.
            if ends.insert(way.key, end).is_none() {
                last.push(way.key);
                broken.push(Broken { url: way.url, given: way.given, end });
            }
        }
    }
    broken.sort_by_key(|broken| broken.end);
    Ok(broken)
}

/// Where a URL stands; `None`: it is only passed through.
fn place(given: bool, holders: Option<&Holders>) -> Option<String> {
    let pages = holders.map(|Holders { first, pages, .. }| match pages {
        1 => format!("on {first}"),
        pages => format!("on {first} and {} more", counted(pages - 1, "page")),
    });
    match (given, pages) {
        (true, None) => Some("of the list".to_owned()),
        (true, Some(pages)) => Some(format!("of the list and {pages}")),
        (false, pages) => pages,
    }
}

fn checks(spec: &str) -> bool {
    let spec: Option<serde_json::Value> = serde_json::from_str(spec).ok();
    spec.and_then(|spec| spec.get("fetch")?.get("check")?.as_bool()).unwrap_or(false)
}

fn line(out: &mut dyn Write, failure: &PageRecord, url: &str, place: &str) -> io::Result<()> {
    let reason = failure.reason.as_deref().unwrap_or("failed");
    writeln!(out, "    {reason} {url} {place}")
}
