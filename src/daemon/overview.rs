//! How a job stands, from what the store holds of it.

use super::view::{JobView, ReloadView, UrlsView, WaitingView};
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

/// The time of day of a moment, UTC: what an operator compares with the log.
#[must_use]
pub fn time_of_day(at: Millis) -> String {
    let seconds = (at / 1000).rem_euclid(86_400);
    format!("{:02}:{:02}:{:02} UTC", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

/// What is to be said first while a configuration could not be taken up: since when the one in force
/// is, and what became of the last reload.
#[must_use]
pub fn old_configuration(since: Millis, reload: &ReloadView) -> String {
    let ReloadView { at, outcome, words } = reload;
    let (since, at) = (time_of_day(since), time_of_day(*at));
    let first = words.lines().next().unwrap_or_default();
    format!(
        "running the OLD configuration since {since}, the last reload at {at} was {outcome}: {first}"
    )
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
