//! What the store says of every job. Its rows are counted, which takes long where the store is
//! large: then what was seen last is told again for a while, unless a job has begun, ended or been
//! held since.

use std::sync::{Mutex, PoisonError};

use super::overview;
use super::view::JobView;
use crate::clock::Clock;
use crate::domain::{JobId, Millis};
use crate::store::{JobRow, JobState, Store, StoreError};

/// Counting that takes no longer is done for everybody who asks.
const CHEAP: Millis = 50;
/// How long the rest is told again.
const KEPT: Millis = 5_000;

/// How the jobs stood, in short.
type Standing = Vec<(JobId, JobState, i32)>;

/// What was seen last.
#[derive(Debug, Default)]
pub(super) struct Survey(Mutex<Option<Seen>>);

#[derive(Debug)]
struct Seen {
    standing: Standing,
    views: Vec<JobView>,
    until: Millis,
}

impl Survey {
    /// How every job stands that the store holds, as it was at most five seconds ago.
    ///
    /// # Errors
    /// When the store fails.
    pub(super) fn jobs(&self, store: &Store, clock: Clock) -> Result<Vec<JobView>, StoreError> {
        let rows = store.jobs()?;
        let standing = |row: &JobRow| (row.id, row.state, row.pass);
        let count = || overview::jobs(store, &rows, clock.now());
        self.take(rows.iter().map(standing).collect(), || clock.now(), count)
    }

    /// One who asks while another's answer is counted gets the same.
    fn take<E>(
        &self,
        standing: Standing,
        now: impl Fn() -> Millis,
        count: impl FnOnce() -> Result<Vec<JobView>, E>,
    ) -> Result<Vec<JobView>, E> {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let begun = now();
        if let Some(seen) = last.as_ref().filter(|it| begun < it.until && it.standing == standing) {
            return Ok(seen.views.clone());
        }
        let views = count()?;
        let ended = now();
        let until = ended + KEPT;
        *last = (ended - begun > CHEAP).then(|| Seen { standing, views: views.clone(), until });
        Ok(views)
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    /// What is told at this moment, where counting takes so long, and whether it was counted.
    fn told(survey: &Survey, state: JobState, at: Millis, takes: Millis) -> (Millis, bool) {
        let (now, counted) = (Cell::new(at), Cell::new(false));
        let count = || {
            counted.set(true);
            now.set(at + takes);
            Ok::<_, ()>(vec![JobView { asked: at, ..JobView::default() }])
        };
        let views = survey.take(vec![(JobId(1), state, 1)], || now.get(), count).unwrap();
        (views[0].asked, counted.get())
    }

    #[test]
    fn what_takes_long_to_count_is_told_again_for_five_seconds() {
        let (survey, state) = (Survey::default(), JobState::Running);
        assert_eq!(told(&survey, state, 1_000, 900), (1_000, true));
        assert_eq!(told(&survey, state, 6_899, 900), (1_000, false));
        assert_eq!(told(&survey, state, 6_900, 900), (6_900, true));
    }

    #[test]
    fn what_a_job_has_come_to_is_counted_at_once() {
        let survey = Survey::default();
        told(&survey, JobState::Running, 1_000, 900);
        assert_eq!(told(&survey, JobState::Done, 2_000, 900), (2_000, true));
    }

    #[test]
    fn what_is_cheap_is_counted_for_everybody() {
        let (survey, state) = (Survey::default(), JobState::Running);
        told(&survey, state, 1_000, 50);
        assert_eq!(told(&survey, state, 1_051, 3), (1_051, true));
        assert_eq!(told(&survey, state, 1_055, 900), (1_055, true));
    }
}
