//! A reload: read everything, judge everything, then apply all of it or nothing.

use std::collections::BTreeSet;
use std::fmt;
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::rc::Rc;
use std::sync::Arc;

use actix::{Handler, Message, ResponseFuture};

use super::ask::is_held;
use super::charge::{Charge, wanted};
use super::overview::time_of_day;
use super::view::ReloadView;
use super::{Core, Daemon, Source, blocking};
use crate::actors::supervisor::{Reconfigure, Settings as RunSettings};
use crate::config::{self, Diff, Settings};
use crate::domain::job::JobSpec;
use crate::logging;
use crate::metrics;
use crate::order::{self, Order, PrepareError};
use crate::run_settings::{daemon_settings, decide_proxies};
use crate::store::{Origin, Store};

/// To the daemon: read the configuration again.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Reloaded")]
pub struct Reload {
    /// Nobody waits for the answer: if another reload is about to begin, that one will do.
    pub unheard: bool,
}

/// What became of a reload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reloaded {
    /// Nothing is different.
    Unchanged,
    /// It holds from now on.
    Applied(String),
    /// Nothing was changed: some of it needs a restart, or cannot be.
    Refused(Vec<String>),
    /// Nothing was changed: the configuration is wrong.
    Invalid(Vec<String>),
    /// Nothing was changed: the daemon ends, or another reload that waits does the work.
    Ignored(String),
}

impl Reloaded {
    /// One word for it.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Unchanged => "unchanged",
            Self::Applied(_) => "applied",
            Self::Refused(_) => "refused",
            Self::Invalid(_) => "invalid",
            Self::Ignored(_) => "ignored",
        }
    }

    fn measured(&self) -> Option<metrics::Reloaded> {
        Some(match self {
            Self::Unchanged => metrics::Reloaded::Unchanged,
            Self::Applied(_) => metrics::Reloaded::Applied,
            Self::Refused(_) => metrics::Reloaded::Refused,
            Self::Invalid(_) => metrics::Reloaded::Invalid,
            Self::Ignored(_) => return None,
        })
    }

    /// Does what was read hold now?
    #[must_use]
    pub fn holds(&self) -> bool {
        matches!(self, Self::Unchanged | Self::Applied(_))
    }
}

impl fmt::Display for Reloaded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unchanged => f.write_str("no changes"),
            Self::Applied(words) | Self::Ignored(words) => f.write_str(words),
            Self::Refused(lines) | Self::Invalid(lines) => f.write_str(&lines.join("\n")),
        }
    }
}

/// What a reload would do.
enum Plan {
    Apply(Box<Settings>, Diff),
    End(Reloaded),
}

impl Core {
    async fn reload(self: Rc<Self>, unheard: bool) -> Reloaded {
        if self.ending.get() {
            let words = "the daemon is ending: nothing is reloaded";
            log::warn!("reload=ignored {words}");
            return Reloaded::Ignored(words.to_owned());
        }
        if unheard && self.reload_waits.replace(true) {
            return Reloaded::Ignored("a reload is about to begin: it reads the same".to_owned());
        }
        let _turn = self.turn.lock().await;
        if unheard {
            self.reload_waits.set(false);
        }
        // Whatever comes of it, the manager hears that it is over.
        let _reloading = self.notify.reloading();
        let outcome = self.carry_out_plan().await;
        let lines = outcome.to_string();
        tell(&outcome, &lines);
        let at = self.clock.now();
        if let Some(result) = outcome.measured() {
            self.metrics.service.reloaded(result, at);
        }
        let view = ReloadView { at, outcome: outcome.name().to_owned(), words: lines };
        *self.last_reload.borrow_mut() = Some(view);
        if outcome.holds() {
            self.loaded_at.set(at);
        }
        // Before the manager hears that it is over.
        self.tell_manager(&self.observe().await);
        outcome
    }

    /// The same, with what holds on.
    fn refused(&self, mut outcome: Reloaded) -> Reloaded {
        if let Reloaded::Refused(lines) | Reloaded::Invalid(lines) = &mut outcome {
            let since = time_of_day(self.loaded_at.get());
            lines.push(format!("still running the configuration loaded {since}"));
        }
        outcome
    }

    async fn carry_out_plan(&self) -> Reloaded {
        let outcome = match self.plan().await {
            Plan::Apply(settings, diff) => self.apply(*settings, &diff).await,
            Plan::End(outcome) => outcome,
        };
        if outcome.holds() { self.reread_lists(outcome).await } else { self.refused(outcome) }
    }

    async fn plan(&self) -> Plan {
        let (source, old) = (self.source.clone(), self.settings.borrow().clone());
        let store = Arc::clone(&self.reader);
        let plan = blocking(move || plan(&source, &old, &store)).await;
        plan.unwrap_or_else(|words| Plan::End(Reloaded::Invalid(vec![words])))
    }

    async fn apply(&self, settings: Settings, diff: &Diff) -> Reloaded {
        let log = settings.log.as_deref().unwrap_or(&self.source.log);
        // Else what was set on the way, or by RUST_LOG, stays.
        let changed = diff.live.iter().any(|change| change.key == "daemon.log");
        if let Err(words) = if changed { logging::set_filter(log) } else { Ok(()) } {
            return Reloaded::Invalid(vec![format!("daemon.log: {words}")]);
        }
        logging::set_format(settings.log_format);
        let clients = diff
            .live
            .iter()
            .any(|change| change.key.starts_with("http.") || change.key.starts_with("hosts."));
        let reconfigure = Reconfigure { settings: Box::new(self.run_settings(&settings)), clients };
        // The supervisor lives as long as we do.
        self.supervisor.send(reconfigure).await.ok();
        self.apply_to_doors(&settings);
        let jobs = wanted(&settings);
        *self.settings.borrow_mut() = settings;
        for name in self.adopt(jobs) {
            self.tend(&name).await;
        }
        Reloaded::Applied(summary(diff))
    }

    /// Has the lists read again that are others than when they were read.
    async fn reread_lists(&self, outcome: Reloaded) -> Reloaded {
        let of = |(name, charge): (&String, &Charge)| {
            let rests = charge.row.as_ref().is_some_and(|row| is_held(row, false));
            // One that rests reads its list when it goes on.
            if rests || charge.hold.is_some() {
                return None;
            }
            let spec = charge.wanted.as_ref()?.order.spec.clone();
            Some((name.clone(), charge.list.clone()?, spec))
        };
        let jobs: Vec<_> = self.charges.borrow().iter().filter_map(of).collect();
        let outdated = blocking(move || {
            let outdated = jobs.into_iter().filter(|(_, list, spec)| list.is_outdated(spec));
            outdated.map(|(name, ..)| name).collect::<Vec<_>>()
        });
        // What cannot be looked at is as it was.
        let names = outdated.await.unwrap_or_default();
        for name in &names {
            if let Some(charge) = self.charges.borrow_mut().get_mut(name) {
                charge.relist = true;
            }
            self.tend(name).await;
        }
        if names.is_empty() {
            return outcome;
        }
        let read = format!("the list is read again of {}", names.join(", "));
        Reloaded::Applied(match outcome {
            Reloaded::Applied(words) => format!("{words}; {read}"),
            _ => read,
        })
    }

    fn apply_to_doors(&self, settings: &Settings) {
        let control = &settings.control;
        self.token.set(control.token.clone());
        let Some(socket) = &control.socket else { return };
        let mode = Permissions::from_mode(control.socket_mode);
        if let Err(error) = std::fs::set_permissions(socket, mode) {
            log::warn!("control.socket_mode: {}: {error}", socket.display());
        }
    }

    fn run_settings(&self, settings: &Settings) -> RunSettings {
        let metrics = Some(Arc::clone(&self.metrics));
        RunSettings { metrics, ..daemon_settings(settings) }
    }

    /// Takes over what is wanted of each job; gives the names of those that have something to do.
    fn adopt(&self, jobs: Vec<(String, super::charge::Wanted)>) -> BTreeSet<String> {
        let mut charges = self.charges.borrow_mut();
        let mut busy = BTreeSet::new();
        for (name, charge) in charges.iter_mut() {
            if charge.wanted.is_some() && !jobs.iter().any(|(wanted, _)| wanted == name) {
                charge.wanted = None;
                busy.insert(name.clone());
            }
        }
        for (name, wanted) in jobs {
            match charges.get_mut(&name) {
                Some(charge) if charge.wanted.as_ref() == Some(&wanted) => continue,
                Some(charge) => {
                    // A schedule alone gives nothing to do.
                    let order = charge.wanted.as_ref().map(|old| &old.order);
                    charge.fresh = order != Some(&wanted.order);
                    charge.wanted = Some(wanted);
                }
                None => {
                    charges.insert(name.clone(), Charge::new(wanted));
                }
            }
            busy.insert(name);
        }
        busy
    }
}

/// Tells the log what became of it.
fn tell(outcome: &Reloaded, lines: &str) {
    for line in lines.lines() {
        if outcome.holds() {
            log::info!("reload={} {line}", outcome.name());
        } else {
            log::error!("reload={} {line}", outcome.name());
        }
    }
}

/// Reads the configuration and judges it.
///
/// # Errors
/// With everything that is wrong, a line each.
pub fn read(source: &Source) -> Result<Settings, Vec<String>> {
    let loaded = config::load(source.file.as_deref(), &source.overrides);
    let loaded = loaded.and_then(|mut new| decide_proxies(&mut new).map(|()| new));
    let new = loaded.map_err(|error| error.errors)?;
    daemon_settings(&new).client.set_up_tls().map_err(|error| vec![error.to_string()])?;
    Ok(Settings { log: new.log.or_else(|| Some(source.log.clone())), ..new })
}

/// What a reload before anything runs changes: everything can be taken up.
#[must_use]
pub fn changes(old: &Settings, new: &Settings) -> Reloaded {
    let Diff { mut live, restart, jobs } = config::diff(old, new);
    live.extend(restart);
    let diff = Diff { live, restart: Vec::new(), jobs };
    if diff.is_empty() { Reloaded::Unchanged } else { Reloaded::Applied(summary(&diff)) }
}

fn plan(source: &Source, old: &Settings, store: &Store) -> Plan {
    let new = match read(source) {
        Ok(new) => new,
        Err(errors) => return Plan::End(Reloaded::Invalid(errors)),
    };
    let diff = config::diff(old, &new);
    if diff.is_empty() {
        return Plan::End(Reloaded::Unchanged);
    }
    let restart = diff.restart.iter().map(|change| {
        format!("{change}: needs a restart (systemctl restart crawld); the old one holds")
    });
    let refused: Vec<String> = restart.chain(impossible(&diff, &new, store)).collect();
    if refused.is_empty() {
        Plan::Apply(Box::new(new), diff)
    } else {
        Plan::End(Reloaded::Refused(refused))
    }
}

/// Jobs that are new or changed, and cannot be what they are wanted to be.
fn impossible(diff: &Diff, new: &Settings, store: &Store) -> Vec<String> {
    refusals(store, touched(diff, new))
}

/// What is wanted of the jobs that are new or changed.
#[must_use]
pub fn touched(diff: &Diff, new: &Settings) -> Vec<(String, JobSpec)> {
    let changed = diff.jobs.changed.iter().map(|(name, _)| name);
    let touched: BTreeSet<&String> = diff.jobs.added.iter().chain(changed).collect();
    let orders = wanted(new).into_iter().filter(|(name, _)| touched.contains(name));
    orders.map(|(name, wanted)| (name, wanted.order.spec)).collect()
}

/// Why jobs cannot be what they are wanted to be, as far as the store knows; a line each.
fn refusals(store: &Store, jobs: Vec<(String, JobSpec)>) -> Vec<String> {
    let checked = jobs.into_iter().filter_map(|(name, spec)| {
        let order = Order { name, spec, again: false, origin: Origin::File };
        match order::check(store, &order) {
            Ok(_) => None,
            // It is tried again until the store is there.
            Err(PrepareError::Store(error)) if error.may_heal() => None,
            Err(other) => Some(format!("jobs.{}: {}", order.name, other.of_configured())),
        }
    });
    checked.collect()
}

/// To the daemon: would a reload refuse jobs that are to be like this? A line for each that it
/// would, without a change to anything.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Result<Vec<String>, String>")]
pub struct Judge(pub Vec<(String, JobSpec)>);

impl Handler<Judge> for Daemon {
    type Result = ResponseFuture<Result<Vec<String>, String>>;

    fn handle(&mut self, Judge(jobs): Judge, _: &mut Self::Context) -> Self::Result {
        let store = Arc::clone(&self.core.reader);
        Box::pin(async move { blocking(move || refusals(&store, jobs)).await })
    }
}

/// What was changed, in one line.
fn summary(diff: &Diff) -> String {
    let mut parts: Vec<String> = diff.live.iter().map(ToString::to_string).collect();
    let named = |what: &str, names: &[String]| {
        (!names.is_empty()).then(|| format!("{what} {}", names.join(", ")))
    };
    parts.extend(named("added", &diff.jobs.added));
    parts.extend(named("removed", &diff.jobs.removed));
    let changed = diff.jobs.changed.iter().map(|(name, changes)| {
        let keys: Vec<String> = changes.iter().map(ToString::to_string).collect();
        format!("changed {name} ({})", keys.join(", "))
    });
    parts.extend(changed);
    parts.join("; ")
}

impl Handler<Reload> for Daemon {
    type Result = ResponseFuture<Reloaded>;

    fn handle(&mut self, reload: Reload, _: &mut Self::Context) -> Self::Result {
        Box::pin(Rc::clone(&self.core).reload(reload.unheard))
    }
}
