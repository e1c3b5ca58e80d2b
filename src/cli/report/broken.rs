//! The broken links of a job that asks for each: the first of them, with a page that holds it.

use std::io::{self, Write};

use super::Report;
use crate::cli::error::CommandError;
use crate::domain::link::LinkKind;
use crate::domain::url::CanonicalUrl;
use crate::store::{PageRecord, Store};

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
    for failure in failures.iter().take(SHOWN) {
        let place = match source(store, report, failure)? {
            Some(page) => format!("on {page}"),
            None => "of the list".to_owned(),
        };
        line(out, failure, &place)?;
    }
    if failures.len() > SHOWN {
        writeln!(out, "    ... all of them: crawld export --what broken")?;
    }
    Ok(())
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
