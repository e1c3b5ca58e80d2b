//! `[jobs.NAME]`: a job on the defaults of `[http]`, `[politeness]` and `[hosts]`.

use super::faults::Faults;
use super::http::Manners;
use super::job::JobKeys;
use super::kinds;
use super::politeness::Politeness;
use super::section::Section;
use super::way::WayKeys;
use crate::config::values::span_ms;
use crate::config::{ConfiguredJob, ProxyKeys};
use crate::domain::JobId;
use crate::domain::job::{Job, JobError, JobSpec, Root};
use crate::domain::schedule::{Cron, Schedule};
use crate::domain::scope::ScopeError;

/// What jobs are made on.
pub(super) struct Ground<'g> {
    pub(super) spec: &'g JobSpec,
    pub(super) proxies: &'g ProxyKeys,
}

/// Reads every job of the file; one that is wrong is a fault.
pub(super) fn jobs(jobs: Section, ground: &Ground<'_>, faults: &mut Faults) -> Vec<ConfiguredJob> {
    let sections = faults.under("jobs", |faults| jobs.sections(faults));
    let each = sections.into_iter();
    each.map(|(name, section)| {
        if name.trim().is_empty() || name.chars().any(char::is_control) {
            let key = format!("jobs.{name}");
            faults.push(&key, format_args!("{name:?} is no name; give visible characters"));
        }
        faults.under(&format!("jobs.{name}"), |faults| job(name.clone(), section, ground, faults))
    })
    .collect()
}

/// The keys of a job, whoever gives them.
pub(super) fn apply(section: &mut Section, job: &mut JobSpec, faults: &mut Faults) {
    if let Some(kind) = section.take_text("kind", faults) {
        job.kind = kind;
    }
    // What is a kind's own may have other defaults, over which the common keys are laid.
    kinds::apply(section, job, faults);
    section.take::<JobKeys>(faults).apply(job, faults);
}

fn job(
    name: String,
    mut section: Section,
    ground: &Ground<'_>,
    faults: &mut Faults,
) -> ConfiguredJob {
    let mut spec = ground.spec.clone();
    let mut proxies = ground.proxies.clone();
    let has_kind = section.has("kind");
    if !has_kind {
        faults.push("kind", "missing; give kind = \"crawl\" or another");
    }
    apply(&mut section, &mut spec, faults);
    section.take::<Politeness>(faults).apply(&mut spec, faults);
    section.take::<Manners>(faults).apply(&mut spec, faults);
    section.take::<WayKeys>(faults).apply(&mut proxies, faults);
    let schedule = section.take_text("schedule", faults);
    let schedule = schedule
        .and_then(|text| read_schedule(&text).map_err(|why| faults.push("schedule", why)).ok());
    section.end(faults);
    keep_logins_apart(&mut spec);
    if has_kind && let Err(error) = Job::new(JobId(0), &name, &spec) {
        tell(&error, faults);
    }
    ConfiguredJob { name, spec, proxies, schedule }
}

/// `24h`, or five fields of cron.
fn read_schedule(text: &str) -> Result<Schedule, String> {
    if text.trim().contains(char::is_whitespace) {
        return Cron::parse(text).map(Schedule::Cron);
    }
    match span_ms(text)? {
        0 => Err("0 is no time between two passes; leave schedule out to run once".to_owned()),
        span => Ok(Schedule::Every(span)),
    }
}

/// A login in a root is for that origin; the root is kept without it.
fn keep_logins_apart(spec: &mut JobSpec) {
    for text in &mut spec.roots {
        let Ok(root) = Root::parse(text) else { continue };
        spec.secrets.take_from(text, &root);
        root.text().clone_into(text);
    }
}

/// What is wrong with a job as a whole, by its key, unless that key has a fault already. Kinds name
/// their own keys.
fn tell(error: &JobError, faults: &mut Faults) {
    let text = match error {
        JobError::Root { root, error } => {
            // What stands before an @ may be a login.
            let root = root.rsplit_once('@').map_or(root.as_str(), |(_, rest)| rest);
            format!("roots: '{root}': {error}; give URLs such as https://example.org/")
        }
        JobError::NoRoots => "roots: missing; give at least one URL".to_owned(),
        JobError::Scope(error @ ScopeError::Kind(_)) => format!("scope: {error}"),
        JobError::Scope(ScopeError::Pattern { pattern, why }) => {
            let why = why.lines().last().unwrap_or_default();
            format!("include and exclude: '{pattern}' is no regex ({why})")
        }
        JobError::Kind(kind) => format!("kind: '{kind}' is not known"),
        other => other.to_string(),
    };
    for line in text.lines() {
        let key = line.split(": ").next().unwrap_or_default();
        let known = faults.all.iter().any(|fault| fault.starts_with(key));
        if !known {
            faults.all.push(line.to_owned());
        }
    }
}
