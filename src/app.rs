//! The composition root: runs the actor system over a store, for a command or as a daemon.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use actix::{Actor, Addr, AsyncContext};
use tokio::sync::oneshot;

use crate::actors::messages::{Observation, Observe, StartJob};
use crate::actors::supervisor::{End, Settings, Stop, Supervisor};
use crate::clock::Clock;
use crate::control::{Back, Control, Doors, Views};
use crate::daemon::{Daemon, Ending, Parts, Reload};
use crate::metrics::Metrics;
use crate::notify::Notify;
use crate::signals::{self, OnSignal, Waiting};
use crate::store::Store;

/// Told of the run's progress, a few times a second.
pub trait Progress: 'static {
    /// How things are.
    fn show(&mut self, seen: &Observation);
    /// How often it wants to be told.
    fn period(&self) -> Duration;
}

struct ToSupervisor(Addr<Supervisor>);

impl OnSignal for ToSupervisor {
    fn stop(&mut self, signal: i32) {
        self.0.do_send(Stop { signal });
    }
}

/// Runs jobs in the foreground until all have ended or a signal comes.
///
/// # Errors
/// When signals cannot be watched.
pub fn run(
    settings: Settings,
    clock: Clock,
    store: Arc<Store>,
    jobs: Vec<StartJob>,
    mut progress: impl Progress,
) -> io::Result<End> {
    actix_rt::System::new().block_on(async move {
        let (done, ended) = oneshot::channel();
        let supervisor = Supervisor::new(settings, clock, store, jobs, done).start();
        let watch = signals::watch(ToSupervisor(supervisor.clone()))?;
        let observer = supervisor.clone();
        let shown = actix_rt::spawn(async move {
            let mut tick = tokio::time::interval(progress.period());
            loop {
                tick.tick().await;
                match observer.send(Observe).await {
                    Ok(seen) => progress.show(&seen),
                    Err(_) => return,
                }
            }
        });
        let end = ended.await.unwrap_or_else(|_| End::GaveUp("the supervisor is gone".to_owned()));
        shown.abort();
        watch.close();
        Ok(end)
    })
}

/// What a daemon is made of.
pub struct Service {
    /// Settings of its run.
    pub run: Settings,
    /// Where it is spoken to.
    pub doors: Doors,
    /// Texts for people.
    pub views: Views,
    /// Who sees signals until the daemon does.
    pub waiting: Waiting,
    /// The rest, but for who runs the jobs.
    pub parts: Box<dyn FnOnce(Addr<Supervisor>) -> Parts>,
}

struct ToDaemon(Addr<Daemon>);

impl OnSignal for ToDaemon {
    fn stop(&mut self, signal: i32) {
        self.0.do_send(Ending { signal });
    }

    fn reload(&mut self) {
        self.0.do_send(Reload { unheard: true });
    }
}

/// Runs a daemon until a signal comes, or it cannot go on.
///
/// # Errors
/// When signals cannot be watched, or a door of the control interface cannot be had.
pub fn serve(
    clock: Clock,
    store: Arc<Store>,
    reader: Arc<Store>,
    metrics: Arc<Metrics>,
    service: Service,
) -> io::Result<End> {
    let Service { run, doors, views, waiting, parts } = service;
    let doors = doors.take()?;
    actix_rt::System::new().block_on(async move {
        let (done, ended) = oneshot::channel();
        let notify = Notify::from_environment();
        let daemon = Daemon::create(|ctx| {
            let supervisor = Supervisor::new(run, clock, store, Vec::new(), done);
            let supervisor = supervisor.watched_by(ctx.address().recipient());
            Daemon::new(parts(supervisor.start()))
        });
        let back = Back { daemon: daemon.clone(), reader, views, metrics, clock };
        let control = Control::open(doors, back)?;
        // Whoever is told that we are ready may send SIGHUP.
        let watch = signals::watch_daemon(ToDaemon(daemon.clone()))?;
        let early = waiting.over();
        if let Some(signal) = early.stop {
            daemon.do_send(Ending { signal });
        }
        if early.reload {
            daemon.do_send(Reload { unheard: true });
        }
        notify.ready();
        let end = ended.await.unwrap_or_else(|_| End::GaveUp("the supervisor is gone".to_owned()));
        watch.close();
        drop(control);
        Ok(end)
    })
}
