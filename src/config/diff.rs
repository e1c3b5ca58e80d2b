//! What a reload changes: the keys whose values differ, and which of them a running daemon can take.

use std::collections::HashMap;
use std::fmt;

use super::effective::{self, Entry};
use super::{ConfigError, ConfiguredJob, Settings};

/// Keys that a running daemon cannot change: all others are live.
pub const RESTART: [&str; 5] =
    ["daemon.threads", "database.url", "database.known_cache", "control.socket", "control.listen"];

/// What stands for the value of a key that has none.
const NONE: &str = "-";

/// A key whose value is another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Its full name: `politeness.delay`, `jobs.docs.max_pages`.
    pub key: String,
    /// The old value as it is written, secrets masked; `-`: none.
    pub old: String,
    /// The new one.
    pub new: String,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.old == self.new {
            write!(f, "{} (what it hides)", self.key)
        } else {
            write!(f, "{} {} -> {}", self.key, self.old, self.new)
        }
    }
}

/// What differs between two configurations.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Diff {
    /// What a running daemon takes up, but for what is a job's own.
    pub live: Vec<Change>,
    /// What needs a restart.
    pub restart: Vec<Change>,
    /// What becomes of the jobs.
    pub jobs: JobsDiff,
}

/// What becomes of jobs, by their names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct JobsDiff {
    /// Those that are new, in the order of the files.
    pub added: Vec<String>,
    /// Those that are gone.
    pub removed: Vec<String>,
    /// Those that are no longer what they were, with every key that differs: also what they take
    /// from `[http]`, `[politeness]` and `[hosts]`.
    pub changed: Vec<(String, Vec<Change>)>,
}

impl Diff {
    /// Is nothing different?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// What a daemon with the old settings must do to have the new ones.
#[must_use]
pub fn diff(old: &Settings, new: &Settings) -> Diff {
    let mut diff = between(&effective::entries(old), &effective::entries(new));
    // What no key tells is a change all the same.
    for job in &new.jobs {
        let told = diff.jobs.changed.iter().any(|(name, _)| *name == job.name);
        let other = |before: &ConfiguredJob| before.name == job.name && before != job;
        if !told && old.jobs.iter().any(other) {
            let key = format!("jobs.{}", job.name);
            let change = Change { key, old: NONE.to_owned(), new: NONE.to_owned() };
            diff.jobs.changed.push((job.name.clone(), vec![change]));
        }
    }
    diff
}

/// The same where of the old ones only the text is known, as [`effective::text`] writes it: a change
/// of what it masks is not seen. Where the new ones name no database, the old one stays: a service is
/// told by systemd where its own is.
///
/// # Errors
/// When that is no such text.
pub fn diff_text(old: &str, new: &Settings) -> Result<Diff, ConfigError> {
    let after = effective::read(&effective::text(new))?;
    let mut diff = between(&effective::read(old)?, &after);
    diff.restart.retain(|change| new.database.is_some() || change.key != "database.url");
    Ok(diff)
}

fn between(old: &[Entry], new: &[Entry]) -> Diff {
    let mut diff = Diff::default();
    let (before, after) = (jobs(old), jobs(new));
    diff.jobs.added = after.iter().filter(|name| !before.contains(name)).map(own).collect();
    diff.jobs.removed = before.iter().filter(|name| !after.contains(name)).map(own).collect();
    let mut changed: HashMap<&str, Vec<Change>> = HashMap::new();
    let mut of_hosts = Vec::new();
    for (section, change) in changes(old, new) {
        match section {
            [jobs, name] if jobs == "jobs" => {
                if before.contains(&name.as_str()) && after.contains(&name.as_str()) {
                    changed.entry(name).or_default().push(change);
                }
            }
            _ if RESTART.contains(&change.key.as_str()) => diff.restart.push(change),
            section => {
                if section.first().is_some_and(|first| first == "hosts") {
                    of_hosts.push(change.clone());
                }
                diff.live.push(change);
            }
        }
    }
    for name in after.iter().filter(|name| before.contains(name)) {
        let mut all = changed.remove(name).unwrap_or_default();
        all.extend(of_hosts.iter().cloned());
        if !all.is_empty() {
            diff.jobs.changed.push((own(name), all));
        }
    }
    diff
}

fn own(name: &&str) -> String {
    (*name).to_owned()
}

/// The names of the jobs, in their order.
fn jobs(entries: &[Entry]) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    for entry in entries {
        if let [jobs, name] = entry.section.as_slice()
            && jobs == "jobs"
            && names.last() != Some(&name.as_str())
        {
            names.push(name);
        }
    }
    names
}

/// A host that comes or goes is not insecure, as all others.
fn tells_nothing(old: Option<&Entry>, new: Option<&Entry>) -> bool {
    let one = old.xor(new);
    one.is_some_and(|entry| {
        let of_host = entry.section.first().is_some_and(|first| first == "hosts");
        of_host && entry.key == "insecure" && entry.shown == "false"
    })
}

/// Every key that differs, with its section.
fn changes<'e>(old: &'e [Entry], new: &'e [Entry]) -> Vec<(&'e [String], Change)> {
    let name = |entry: &'e Entry| (entry.section.as_slice(), entry.key.as_str());
    let before: HashMap<_, _> = old.iter().map(|entry| (name(entry), entry)).collect();
    let after: HashMap<_, _> = new.iter().map(|entry| (name(entry), entry)).collect();
    let gone = old.iter().filter(|entry| !after.contains_key(&name(entry)));
    let gone = gone.map(|entry| (Some(entry), None));
    let there = new.iter().map(|entry| (before.get(&name(entry)).copied(), Some(entry)));
    let differ = there.chain(gone).filter(|(old, new)| old != new && !tells_nothing(*old, *new));
    differ
        .filter_map(|(old, new)| {
            let entry = new.or(old)?;
            let shown = |entry: Option<&Entry>| {
                entry.map_or_else(|| NONE.to_owned(), |entry| entry.shown.clone())
            };
            let change = Change { key: entry.name(), old: shown(old), new: shown(new) };
            Some((entry.section.as_slice(), change))
        })
        .collect()
}
