//! The composition root: runs the actor system over a store.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use actix::{Actor, Addr};
use tokio::sync::oneshot;

use crate::actors::messages::{Observation, Observe, StartJob};
use crate::actors::supervisor::{End, Settings, Stop, Supervisor};
use crate::clock::Clock;
use crate::signals::{self, OnSignal};
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
