//! `[jobs.NAME]`: a job on the defaults of `[http]`, `[politeness]` and `[hosts]`.

use super::faults::Faults;
use super::fetch;
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
use crate::domain::scope::{Scope, ScopeKind};

/// What jobs are made on.
pub(super) struct Ground<'g> {
    pub(super) spec: &'g JobSpec,
    pub(super) proxies: &'g ProxyKeys,
    /// URL of the store.
    pub(super) database: &'g str,
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

/// The keys of a job, whoever gives them. Says whether its kind is known.
pub(super) fn apply(section: &mut Section, job: &mut JobSpec, faults: &mut Faults) -> bool {
    if let Some(kind) = section.take_text("kind", faults) {
        job.kind = kind;
    }
    // What is a kind's own may have other defaults, over which the common keys are laid.
    let known = kinds::apply(section, job, faults);
    section.take::<JobKeys>(faults).apply(job, faults);
    known
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
    let one_file = section.has("file");
    let known_kind = apply(&mut section, &mut spec, faults);
    fetch::refuse_store(&spec, one_file, ground.database, faults);
    section.take::<Politeness>(faults).apply(&mut spec, faults);
    Manners::take(&mut section, faults).apply(&mut spec, faults);
    section.take::<WayKeys>(faults).apply(&mut proxies, faults);
    let schedule = section.take_text("schedule", faults);
    let schedule = schedule
        .and_then(|text| read_schedule(&text).map_err(|why| faults.push("schedule", why)).ok());
    keep_logins_apart(&mut spec);
    if known_kind {
        section.end(faults);
        judge(&spec, faults);
    }
    if known_kind
        && has_kind
        && let Err(error) = Job::new(JobId(0), &name, &spec)
    {
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

/// Tells all that is wrong with its roots, its scope and its patterns: a job that cannot be made tells
/// the first of it.
fn judge(spec: &JobSpec, faults: &mut Faults) {
    for root in &spec.roots {
        if let Err(error) = Root::parse(root) {
            let key = if spec.kind == "scrape" { "start" } else { "roots" };
            // What stands before an @ may be a login.
            let root = root.rsplit_once('@').map_or(root.as_str(), |(_, rest)| rest);
            let mend = "give URLs such as https://example.org/";
            faults.push(key, format_args!("'{root}': {error}; {mend}"));
        }
    }
    if let Err(error) = spec.scope.parse::<ScopeKind>() {
        faults.push("scope", error);
    }
    for (key, patterns) in [("include", &spec.include), ("exclude", &spec.exclude)] {
        for pattern in patterns {
            if let Err(error) = Scope::new(ScopeKind::Any, &[], &[], std::slice::from_ref(pattern))
            {
                let error = error.to_string();
                let why = error.lines().last().unwrap_or_default();
                faults.push(key, format_args!("'{pattern}' is no regex ({why})"));
            }
        }
    }
}

/// What is wrong with a job as a whole, by its key, unless that key has a fault already. Kinds name
/// their own keys.
fn tell(error: &JobError, faults: &mut Faults) {
    let text = match error {
        // Those have been judged.
        JobError::Root { .. } | JobError::Scope(_) => return,
        JobError::NoRoots => "roots: missing; give at least one URL".to_owned(),
        other => other.to_string(),
    };
    let about = |key: &str, fault: &String| {
        let rest = fault.strip_prefix(key);
        // That the request has no place for the query is said whatever else is wrong with it.
        rest.is_some_and(|rest| key != "request" || rest.starts_with(':'))
    };
    let lines = text.lines().filter(|line| {
        let key = line.split(": ").next().unwrap_or_default();
        !faults.all.iter().any(|fault| about(key, fault))
    });
    let lines: Vec<String> = lines.map(str::to_owned).collect();
    faults.all.extend(lines);
}
