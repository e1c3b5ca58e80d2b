//! Finding the jobs that a command is about.

use super::error::CommandError;
use crate::domain::job::JobSpec;
use crate::order;
use crate::store::{JobRow, Store};

/// The job of this name.
pub(super) fn named(store: &Store, name: &str) -> Result<JobRow, CommandError> {
    match store.job_by_name(name)? {
        Some(job) => Ok(job),
        None => Err(unknown(name, &store.jobs()?)),
    }
}

/// The job of this name; without one the only job there is.
pub(super) fn only(store: &Store, name: Option<&str>) -> Result<JobRow, CommandError> {
    if let Some(name) = name {
        return named(store, name);
    }
    let mut jobs = store.jobs()?;
    match (jobs.pop(), jobs.is_empty()) {
        (Some(job), true) => Ok(job),
        (None, _) => Err(CommandError::usage("the store holds no job yet")),
        (Some(last), false) => {
            jobs.push(last);
            let names = names(&jobs);
            Err(CommandError::usage(format!("which job? Choose one with --job: {names}")))
        }
    }
}

/// The job of this name; without one every job.
pub(super) fn several(store: &Store, name: Option<&str>) -> Result<Vec<JobRow>, CommandError> {
    match name {
        Some(name) => named(store, name).map(|job| vec![job]),
        None => Ok(store.jobs()?),
    }
}

/// The job of this name, or every job, that has what `own` takes of its specification, with it.
/// `else_say`: what kind of job has it.
///
/// # Errors
/// 2 when there is none.
pub(super) fn having<T>(
    store: &Store,
    name: Option<&str>,
    own: impl Fn(JobSpec) -> Option<T>,
    else_say: &str,
) -> Result<Vec<(JobRow, T)>, CommandError> {
    let all = several(store, name)?;
    let mut found = Vec::new();
    for job in &all {
        let part = own(order::read_spec(job)?);
        found.extend(part.map(|part| (job.clone(), part)));
    }
    if !found.is_empty() {
        return Ok(found);
    }
    Err(CommandError::usage(match all.as_slice() {
        [] => "the store holds no job yet".to_owned(),
        [job] => format!("job '{}' is a {}: {else_say}", job.name, job.kind),
        all => format!("{else_say}, and none of these jobs does: {}", names(all)),
    }))
}

fn unknown(name: &str, jobs: &[JobRow]) -> CommandError {
    CommandError::usage(if jobs.is_empty() {
        format!("there is no job '{name}'; the store holds no job yet")
    } else {
        format!("there is no job '{name}'; there are: {}", names(jobs))
    })
}

fn names(jobs: &[JobRow]) -> String {
    jobs.iter().map(|job| job.name.as_str()).collect::<Vec<_>>().join(", ")
}
