//! A job that begins to take sitemaps when its robots.txt files have been read already.

use super::PrepareError;
use crate::domain::job::{Job, JobSpec};
use crate::domain::robots::{RobotsAnswer, from_answer};
use crate::domain::{JobId, Millis};
use crate::frontier::sitemaps::named;
use crate::store::Store;

/// Files read at once: each may have 500 KiB.
const BATCH: usize = 20;

/// Makes known to the job what the stored robots.txt of its hosts name. Repeated it changes nothing.
pub(super) fn list(
    store: &Store,
    id: JobId,
    name: &str,
    spec: &JobSpec,
    now: Millis,
) -> Result<(), PrepareError> {
    let job = Job::new(id, name, spec)?;
    if !job.robots || !job.finds_sitemaps() {
        return Ok(());
    }
    let mut after = String::new();
    loop {
        let rows = store.robots_of_job(id, &after, BATCH)?;
        let Some(last) = rows.last() else { return Ok(()) };
        after.clone_from(&last.origin);
        for row in rows {
            let body = row.body.as_deref().unwrap_or_default();
            if let RobotsAnswer::Rules(robots) = from_answer(row.status, body.as_bytes()) {
                store.list_sitemaps(id, &named(&job, &robots, &row.origin), now)?;
            }
        }
    }
}
