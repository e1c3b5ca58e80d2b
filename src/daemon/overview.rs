//! How a job stands, from what the store holds of it.

use super::view::{JobView, UrlsView, WaitingView};
use crate::domain::Millis;
use crate::domain::outcome::UrlState;
use crate::store::{JobRow, JobState, Store, StoreError, Waiting};

/// How a job stands.
///
/// # Errors
/// When the store fails.
pub fn job(store: &Store, row: &JobRow, now: Millis) -> Result<JobView, StoreError> {
    let urls = urls(&store.counts(row.id)?);
    let Waiting { leased, unreachable, pausing, later, ready } = store.waiting(row.id, now)?;
    let running = row.state == JobState::Running;
    Ok(JobView {
        job: row.name.clone(),
        kind: row.kind.clone(),
        state: row.state.name().to_owned(),
        limit: row.limit_hit.clone(),
        why: None,
        pass: row.pass,
        asked: row.asked,
        running_ms: row.running_ms,
        pages_per_second: per_second(row.asked, row.running_ms),
        urls,
        hosts: WaitingView { leased, unreachable, pausing, later, ready },
        next_due_at: store.next_due(&[row.id], now)?,
        next_run_at: None,
        eta_ms: running.then(|| eta(row, urls.queued)).flatten(),
    })
}

/// So many a second.
#[expect(clippy::cast_precision_loss, reason = "a rate for people")]
fn per_second(count: i64, span: Millis) -> f64 {
    if span <= 0 { 0.0 } else { count as f64 * 1000.0 / span as f64 }
}

/// How long so many URLs take at the pace of this pass.
fn eta(row: &JobRow, queued: i64) -> Option<Millis> {
    (row.asked > 0 && queued > 0).then(|| row.running_ms.saturating_mul(queued) / row.asked)
}

fn urls(counts: &[(UrlState, i64)]) -> UrlsView {
    let count = |state| counts.iter().filter(|(known, _)| *known == state).map(|(_, n)| n).sum();
    let known = counts.iter().map(|(_, urls)| urls).sum();
    let queued = count(UrlState::Queued);
    UrlsView {
        known,
        finished: known - queued,
        done: count(UrlState::Done),
        redirected: count(UrlState::Redirected),
        failed: count(UrlState::Failed),
        excluded: count(UrlState::Excluded),
        queued,
    }
}
