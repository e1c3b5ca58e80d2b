//! A job that is wanted otherwise than it was.

use super::{Order, PrepareError, changes, read_spec, sitemaps, to_text};
use crate::domain::Millis;
use crate::domain::job::JobSpec;
use crate::store::{JobRow, JobState, Origin, Store};

/// Options that decide what may be asked: what they had set aside is judged again when they change.
const RULES: [&str; 10] = [
    "scope ",
    "include ",
    "exclude ",
    "max_depth ",
    "roots ",
    "robots ",
    "robots_agent ",
    "user_agent ",
    "allow_private ",
    "sitemaps ",
];

/// Options that decide, as those do, what is taken from a page: when one of them changes, a page is
/// read anew even if it has not changed. (An archive wants its own copy of it.)
const READING: [&str; 7] =
    ["assets ", "all_links ", "max_links_per_page ", "headers", "warc ", "fetch.check ", "scrape."];

/// Those that say what is taken from the answers of a pass, and nothing else.
const TAKEN: [&str; 2] = ["suggest.results", "scrape.items"];

/// Options that decide when a host may be asked.
const PACE: [&str; 6] =
    ["delay_ms ", "pause", "per_host ", "hosts", "latency_factor ", "max_crawl_delay_ms "];

/// Options that say where requests come from, or what is counted from the beginning.
const SOURCES: [&str; 6] =
    ["roots ", "suggest", "fetch", "scrape", "max_hosts ", "max_per_template "];

/// What an order changes in a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The options that differ, as `name old -> new`.
    pub changes: Vec<String>,
    /// Can a run under way go on with them?
    pub in_place: bool,
}

/// What the order would change in the job.
///
/// # Errors
/// When the stored specification cannot be read.
pub fn difference(row: &JobRow, order: &Order) -> Result<Difference, PrepareError> {
    let old = read_spec(row)?;
    let changes = changes::between(&old, &merge(&old, order, false))?;
    // What a run has judged by its rules, or read in its way, and not yet committed, would be missed
    // by what returns what the old rules had set aside: it must leave and begin again.
    let fixed = || SOURCES.iter().chain(&RULES).chain(&READING);
    let in_place = !changes.iter().any(|it| fixed().any(|option| it.starts_with(option)));
    Ok(Difference { changes, in_place })
}

/// Stores what the order changes in the job; says so. Whether it runs stays as it was, except that a
/// job which is done and has changed is open again.
///
/// # Errors
/// When the stored specification cannot be read, or the store fails.
pub fn amend(
    store: &Store,
    row: &JobRow,
    order: &Order,
    now: Millis,
) -> Result<Vec<String>, PrepareError> {
    let old = read_spec(row)?;
    let spec = merge(&old, order, false);
    let changes = changes::between(&old, &spec)?;
    apply(store, (row, order), &changes, (&old, &spec), now)
}

/// Is nothing changed but what is taken from answers?
pub(super) fn only_taken(changes: &[String]) -> bool {
    !changes.is_empty() && changes.iter().all(|change| is_taken(change))
}

fn is_taken(change: &str) -> bool {
    TAKEN.iter().any(|option| change.starts_with(option))
}

/// Stores what changed in a job, and what follows from it for what it knows; says so.
pub(super) fn apply(
    store: &Store,
    (row, order): (&JobRow, &Order),
    changes: &[String],
    (old, spec): (&JobSpec, &JobSpec),
    now: Millis,
) -> Result<Vec<String>, PrepareError> {
    if changes.is_empty() {
        return Ok(Vec::new());
    }
    let touch = |options: &[&str]| {
        options.iter().any(|option| changes.iter().any(|change| change.starts_with(option)))
    };
    if touch(&RULES) {
        store.reinstate(row.id, now)?;
    }
    if touch(&["sitemaps ", "robots "]) {
        sitemaps::list(store, row.id, &row.name, spec, now)?;
    }
    if touch(&RULES) || touch(&READING) {
        store.forget_versions(row.id)?;
    }
    if spec.scrape.is_some() && touch(&["max_pages "]) {
        store.limit_listings(row.id, spec.max_pages, now)?;
    }
    if touch(&["max_per_template "]) {
        store.readmit(row.id, spec.max_per_template, now)?;
    }
    if touch(&PACE) {
        store.hasten(row.id, now)?;
    }
    let cursor = new_cursor(order.origin, old, spec, row).filter(|_| !row.is_leaving());
    let rests = row.state == JobState::Done && only_taken(changes);
    let reopen = !matches!(row.state, JobState::Paused | JobState::Stopped) && !rests;
    store.amend_job(row.id, &to_text(spec)?, cursor.as_deref(), reopen)?;
    let mut told = format!("job={} changed {}", row.name, changes.join(", "));
    let begins_anew = order.again && row.state.is_final();
    if row.asked > 0 && !begins_anew && changes.iter().any(|change| is_taken(change)) {
        told.push_str(
            "; what was asked before is not read again: --again asks all once more, in a new pass",
        );
    }
    Ok(vec![told])
}

/// Where the generator must go back to for roots that have been added.
fn new_cursor(origin: Origin, old: &JobSpec, spec: &JobSpec, row: &JobRow) -> Option<String> {
    if origin == Origin::File && old.roots != spec.roots {
        // Some may be gone: all are offered again, which changes nothing for those that are known.
        return Some("roots:0".to_owned());
    }
    let (first_new, all) = (old.roots.len(), spec.roots.len());
    if all == first_new {
        return None;
    }
    let given = row.cursor.as_deref()?.strip_prefix("roots:").and_then(|n| n.parse().ok());
    Some(format!("roots:{}", first_new.min(given.unwrap_or(first_new))))
}

/// What the job is to be. A configuration says it all, and so does a command of the listings that a
/// new pass (`anew`) reads; else a command adds its roots to those that there are: old ones first,
/// then those that are new.
pub(super) fn merge(old: &JobSpec, order: &Order, anew: bool) -> JobSpec {
    if order.origin == Origin::File || (anew && order.spec.scrape.is_some()) {
        return order.spec.clone();
    }
    let mut spec = JobSpec { roots: old.roots.clone(), ..order.spec.clone() };
    for root in &order.spec.roots {
        if !spec.roots.contains(root) {
            spec.roots.push(root.clone());
        }
    }
    spec
}
