//! Harvests on their way to the store: what their answers are judged by, and what came of it.

use std::sync::Arc;

use crate::domain::JobId;
use crate::domain::job::HarvestJob;

/// Jobs that harvest.
#[derive(Debug, Clone, Default)]
pub struct Harvests(pub Vec<(JobId, Arc<HarvestJob>)>);

impl PartialEq for Harvests {
    fn eq(&self, other: &Self) -> bool {
        let mut pairs = self.0.iter().zip(&other.0);
        let same = pairs.all(|(one, other)| one.0 == other.0 && Arc::ptr_eq(&one.1, &other.1));
        same && self.0.len() == other.0.len()
    }
}

impl Eq for Harvests {}

/// What a commit changed in a harvest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Harvested {
    /// The job.
    pub job: JobId,
    /// Rows to ask that there were not before.
    pub offered: i64,
    /// Facts wait to be looked at again.
    pub behind: bool,
    /// What the operator should know.
    pub warnings: Vec<String>,
}
