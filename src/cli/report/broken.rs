//! The broken links of a job that asks for each: the first of them, with a page that holds it.

use std::io::{self, Write};

use super::Report;
use crate::cli::error::CommandError;
use crate::cli::text::counted;
use crate::domain::link::LinkKind;
use crate::domain::url::CanonicalUrl;
use crate::store::{Holders, PageRecord, Store};

/// Broken links that are shown.
const SHOWN: usize = 20;
/// Redirects followed back to the page that holds a link.
const MOST_HOPS: usize = 20;

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
    if failures.is_empty() {
        writeln!(out, "  no broken links")?;
        return Ok(());
    }
    writeln!(out, "  broken links:")?;
    let sources = failures.iter().take(SHOWN).map(|failure| source(store, report, failure));
    let sources: Vec<Option<String>> = sources.collect::<Result<_, _>>()?;
    // A URL of the list may be linked as well; nothing remembers where but the links.
    let listed = sources.iter().any(Option::is_none);
    let holders =
        if listed { store.holders_of_failures(report.job.id, SHOWN)? } else { Vec::new() };
    for (failure, source) in failures.iter().zip(sources) {
        let place = match source {
            Some(page) => format!("on {page}"),
            None => of_the_list(holders.iter().find(|found| found.target == failure.url)),
        };
        line(out, failure, &place)?;
    }
    if failures.len() > SHOWN {
        writeln!(out, "    ... all of them: crawld export --what broken")?;
    }
    Ok(())
}

/// Where a URL of the list stands besides.
fn of_the_list(holders: Option<&Holders>) -> String {
    match holders {
        None => "of the list".to_owned(),
        Some(Holders { first, pages: 1, .. }) => format!("of the list and on {first}"),
        Some(Holders { first, pages, .. }) => {
            format!("of the list and on {first} and {} more", counted(pages - 1, "page"))
        }
    }
}

fn checks(spec: &str) -> bool {
    let spec: Option<serde_json::Value> = serde_json::from_str(spec).ok();
    spec.and_then(|spec| spec.get("fetch")?.get("check")?.as_bool()).unwrap_or(false)
}

fn line(out: &mut dyn Write, failure: &PageRecord, place: &str) -> io::Result<()> {
    let reason = failure.reason.as_deref().unwrap_or("failed");
    writeln!(out, "    {reason} {} {place}", failure.url)
}

/// The page that holds the link which led to this URL; `None`: it was given.
fn source(
    store: &Store,
    report: &Report,
    failure: &PageRecord,
) -> Result<Option<String>, CommandError> {
    let (mut via, mut referrer) = (failure.via, failure.referrer.clone());
    for _ in 0..MOST_HOPS {
        if via != LinkKind::Redirect {
            break;
        }
        let url = referrer.as_deref().and_then(|url| CanonicalUrl::parse(url).ok());
        let Some(url) = url else { break };
        let Some(before) = store.page(report.job.id, url.host_key(), url.key())? else { break };
        (via, referrer) = (before.via, before.referrer);
    }
    Ok(referrer.filter(|_| via != LinkKind::Sitemap))
}
