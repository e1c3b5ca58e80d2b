//! Whether the daemon lives, and how it stands: for the service manager and whoever asks.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use actix::{Handler, Message, ResponseFuture};

use super::view::{ActorView, HeldView, HostsView, JobView, StatusView};
use super::{Core, Daemon, looked, overview};
use crate::actors::messages::{HostWaits, Observation, Observe};
use crate::actors::supervisor::{Abandon, Pulse, Roster};
use crate::config::effective;
use crate::domain::counted::counted;
use crate::domain::{HostKey, Millis};
use crate::frontier::waits::{Hosts, Wait, of_one};
use crate::notify;
use crate::store::Store;

/// How often the service manager is told how things stand, and rates are taken.
const BEAT: Duration = Duration::from_secs(2);

/// How often the log is told how far things are.
const TOLD: Millis = 10 * 60_000;
/// How long the service manager is asked to wait further, each second of the end.
const PATIENCE: Duration = Duration::from_secs(5);

/// To the daemon: how do things stand? Without the counts of jobs where these are not wanted: they
/// take a while in a large store.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "StatusView")]
pub struct Look {
    /// Are the jobs wanted?
    pub jobs: bool,
}

/// To the daemon: can it do its work? Else why not. Asks nothing of the store.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Result<(), String>")]
pub struct Ready;

/// To the daemon: what does this host wait for? `None`: for nothing, or it is not held.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Option<HeldView>")]
pub struct Held(pub HostKey);

/// To the daemon: the configuration in force, secrets masked, as TOML.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "String")]
pub struct Configured;

/// To the daemon: how every configured job stands, in a word.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Vec<(String, &'static str)>")]
pub struct JobStates;

/// What was seen at the last beats.
#[derive(Debug, Default)]
pub(super) struct Vitals {
    seen: RefCell<Observation>,
    at: Cell<Millis>,
    rate: Cell<f64>,
    /// What was settled when the log was last told, and when that was.
    told: Cell<(u64, Millis)>,
}

/// Keeps telling the service manager, as long as the daemon lives.
pub(super) fn keep(core: &Rc<Core>) {
    let beating = Rc::clone(core);
    actix_rt::spawn(async move {
        let mut beats = actix_rt::time::interval(BEAT);
        loop {
            beats.tick().await;
            beating.beat().await;
        }
    });
    let Some(period) = notify::watchdog_period() else { return };
    let fed = Rc::clone(core);
    actix_rt::spawn(async move {
        let mut ticks = actix_rt::time::interval(period);
        loop {
            ticks.tick().await;
            fed.feed(period).await;
        }
    });
}

impl Core {
    pub(super) async fn observe(&self) -> Observation {
        self.supervisor.send(Observe).await.unwrap_or_default()
    }

    async fn beat(&self) {
        let seen = self.observe().await;
        let now = self.clock.now();
        let (before, at) = (self.vitals.seen.replace(seen.clone()), self.vitals.at.replace(now));
        self.vitals.rate.set(rate(seen.settled.saturating_sub(before.settled), now - at));
        self.tell_log(&seen, now);
        self.tell_manager(&seen);
    }

    /// Tells the service manager how things stand.
    pub(super) fn tell_manager(&self, seen: &Observation) {
        if self.notify.is_heard() && !self.ending.get() {
            self.notify.status(&self.line(seen));
        }
    }

    /// Tells the log how far things are, now and then, while something moves.
    fn tell_log(&self, seen: &Observation, now: Millis) {
        let (settled, at) = self.vitals.told.get();
        if seen.settled == settled || now - at < TOLD {
            return;
        }
        self.vitals.told.set((seen.settled, now));
        if at > 0 {
            let Observation { settled, failed, in_flight, limited_by, .. } = seen;
            let rate = self.vitals.rate.get();
            log::info!(
                "settled={settled} failed={failed} in_flight={in_flight} rate={rate:.1}/s \
                 limited by {limited_by}"
            );
        }
    }

    /// One line for `systemctl status`.
    fn line(&self, seen: &Observation) -> String {
        let charges = self.charges.borrow();
        let running = charges.values().filter(|charge| charge.run.is_some()).count();
        let jobs = counted(charges.len(), "job");
        let mut line = format!(
            "{running} of {jobs} running, {:.1} pages/s, {} settled, {} failed, {} in flight; {}",
            self.vitals.rate.get(),
            seen.settled,
            seen.failed,
            seen.in_flight,
            self.limited_by(seen),
        );
        let reload = self.last_reload.borrow();
        if let Some(reload) =
            reload.as_ref().filter(|it| it.outcome == "refused" || it.outcome == "invalid")
        {
            line = format!("{}; {line}", overview::old_configuration(self.loaded_at.get(), reload));
        }
        line
    }

    /// What is wrong with the store, as far as anybody has asked it.
    fn store_trouble(&self, seen: &Observation) -> Option<String> {
        let charges = self.charges.borrow();
        let mut lost = charges.values().filter_map(|it| it.trouble.as_ref()).filter(|it| it.heals);
        let lost = || lost.next().map(|trouble| trouble.words.clone());
        seen.store_trouble.clone().or_else(|| {
            let away = self.away.borrow().clone().or_else(lost)?;
            Some(format!("the store does not answer: {away}"))
        })
    }

    /// Can it do its work? Else why not.
    async fn ready(self: Rc<Self>) -> Result<(), String> {
        if self.ending.get() {
            return Err("the daemon is ending".to_owned());
        }
        let seen = self.observe().await;
        self.store_trouble(&seen).map_or(Ok(()), Err)
    }

    /// What limits the speed at this moment.
    fn limited_by(&self, seen: &Observation) -> String {
        if let Some(words) = self.store_trouble(seen) {
            return words;
        }
        let charges = self.charges.borrow();
        if charges.is_empty() {
            return "no job is configured".to_owned();
        }
        if charges.values().any(|charge| charge.run.is_some()) {
            return seen.limited_by.clone();
        }
        let now = self.clock.now();
        let next =
            charges.iter().filter_map(|(name, charge)| Some((charge.next_run()?, name))).min();
        match next {
            Some((at, name)) => {
                let wait = Duration::from_secs((at - now).max(0).unsigned_abs().div_ceil(1000));
                format!(
                    "no job is running; {name} is next, in {}",
                    humantime::format_duration(wait)
                )
            }
            None if charges.values().any(|charge| charge.state().0 == "queued") => {
                "no job is running yet: one is about to begin".to_owned()
            }
            None => match charges.values().filter(|charge| charge.is_held()).count() {
                0 => "no job is running, and none is scheduled".to_owned(),
                1 => "no job is running; one is paused until it is resumed".to_owned(),
                paused => {
                    format!("no job is running; {paused} are paused until they are resumed")
                }
            },
        }
    }

    /// Keeps the service manager patient while the end takes its time, but not for ever.
    pub(super) async fn end(self: Rc<Self>) {
        self.notify.stopping();
        let most = self.settings.borrow().stop_timeout_ms;
        let until = self.clock.now() + most;
        while self.clock.now() < until {
            let seen = self.observe().await;
            let requests = counted(seen.in_flight, "request");
            let line = format!("ending: {requests} in flight to be taken in");
            self.notify.extend_timeout(PATIENCE);
            self.notify.status(&line);
            actix_rt::time::sleep(Duration::from_secs(1)).await;
        }
        log::error!("the end takes longer than {} s: what is under way is left", most / 1000);
        self.supervisor.do_send(Abandon);
    }

    /// Tells the manager that all is well, if it is.
    async fn feed(&self, period: Duration) {
        let silent = self.supervisor.send(Pulse { patience: period }).await;
        self.metrics.service.watched(silent.as_ref().is_ok_and(Vec::is_empty));
        match silent {
            Ok(silent) if silent.is_empty() => self.notify.watchdog(),
            Ok(silent) => {
                log::error!(
                    "watchdog=withheld no answer from: {}; the watchdog is not told",
                    silent.join(", ")
                );
            }
            Err(_) => log::error!(
                "watchdog=withheld no answer from the supervisor; the watchdog is not told"
            ),
        }
    }

    async fn look(self: Rc<Self>, Look { jobs }: Look) -> StatusView {
        let seen = self.observe().await;
        let actors = self.supervisor.send(Roster).await.unwrap_or_default();
        let actors = actors.into_iter();
        let jobs = if jobs { self.jobs().await } else { Vec::new() };
        let store = Arc::clone(&self.reader);
        let store_bytes = looked(move || store.size().ok()).await.flatten();
        StatusView {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            pid: std::process::id(),
            started_at: self.started_at,
            now: self.clock.now(),
            state: if self.ending.get() { "ending" } else { "running" }.to_owned(),
            limited_by: self.limited_by(&seen),
            pages_per_second: self.vitals.rate.get(),
            settled: seen.settled,
            failed: seen.failed,
            in_flight: seen.in_flight,
            concurrency: seen.concurrency,
            hosts: hosts(&seen),
            actors: actors
                .map(|it| ActorView { name: it.name, alive: it.alive, restarts: it.deaths })
                .collect(),
            store_bytes,
            loaded_at: self.loaded_at.get(),
            last_reload: self.last_reload.borrow().clone(),
            jobs,
        }
    }

    /// Every job in our care, and those that the store holds besides.
    async fn jobs(&self) -> Vec<JobView> {
        let (store, now) = (Arc::clone(&self.reader), self.clock.now());
        let mut jobs = looked(move || stored(&store, now)).await.unwrap_or_default();
        let charges = self.charges.borrow();
        for (name, charge) in charges.iter() {
            let at = jobs.iter().position(|job| job.job == *name).unwrap_or_else(|| {
                let kind = charge.wanted.as_ref().map(|wanted| wanted.order.spec.kind.clone());
                let kind = kind.unwrap_or_default();
                jobs.push(JobView { job: name.clone(), kind, ..JobView::default() });
                jobs.len() - 1
            });
            let Some(job) = jobs.get_mut(at) else { continue };
            let (state, why) = charge.state();
            state.clone_into(&mut job.state);
            job.why = why;
            job.next_run_at = charge.next_run();
        }
        for job in jobs.iter_mut().filter(|job| !charges.contains_key(&job.job)) {
            job.why = Some("not configured".to_owned());
            job.eta_ms = None;
            if job.state == "running" {
                "paused".clone_into(&mut job.state);
            }
        }
        jobs.sort_unstable_by(|a, b| a.job.cmp(&b.job));
        jobs
    }
}

fn hosts(seen: &Observation) -> Vec<HostsView> {
    let each = seen.hosts_waiting.iter();
    let view = |(wait, hosts): &(Wait, Hosts)| HostsView {
        why: wait.words().to_owned(),
        hosts: hosts.number,
        next_at: hosts.next_at,
    };
    each.map(view).collect()
}

fn stored(store: &Store, now: Millis) -> Vec<JobView> {
    let rows = store.jobs().unwrap_or_else(|error| {
        log::warn!("{error}");
        Vec::new()
    });
    let views = rows.iter().map(|row| overview::job(store, row, now));
    views.filter_map(|view| view.inspect_err(|error| log::warn!("{error}")).ok()).collect()
}

#[expect(clippy::cast_precision_loss, reason = "a rate for people")]
fn rate(count: u64, span: Millis) -> f64 {
    if span <= 0 { 0.0 } else { count as f64 * 1000.0 / span as f64 }
}

impl Handler<Look> for Daemon {
    type Result = ResponseFuture<StatusView>;

    fn handle(&mut self, look: Look, _: &mut Self::Context) -> Self::Result {
        Box::pin(Rc::clone(&self.core).look(look))
    }
}

impl Handler<Ready> for Daemon {
    type Result = ResponseFuture<Result<(), String>>;

    fn handle(&mut self, _: Ready, _: &mut Self::Context) -> Self::Result {
        Box::pin(Rc::clone(&self.core).ready())
    }
}

impl Handler<Held> for Daemon {
    type Result = ResponseFuture<Option<HeldView>>;

    fn handle(&mut self, Held(host): Held, _: &mut Self::Context) -> Self::Result {
        let supervisor = self.core.supervisor.clone();
        Box::pin(async move {
            let (wait, until) = supervisor.send(HostWaits(host)).await.ok()??;
            Some(HeldView { why: of_one(wait.words()), until })
        })
    }
}

impl Handler<Configured> for Daemon {
    type Result = String;

    fn handle(&mut self, _: Configured, _: &mut Self::Context) -> String {
        effective::text(&self.core.settings.borrow())
    }
}

impl Handler<JobStates> for Daemon {
    type Result = Vec<(String, &'static str)>;

    fn handle(&mut self, _: JobStates, _: &mut Self::Context) -> Self::Result {
        let charges = self.core.charges.borrow();
        charges.iter().map(|(name, charge)| (name.clone(), charge.state().0)).collect()
    }
}
