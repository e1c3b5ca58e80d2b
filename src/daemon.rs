//! The daemon: the jobs of the configuration, each kept as the configuration and the operator want
//! it.
//!
//! Invariant: what a job has to do is decided in one place (`tend`), from what is configured, what
//! is stored and what runs. Whoever changes one of these calls it; called once too often it does
//! nothing, so what could not be done is simply tried again. One errand at a time (`turn`): no two
//! generations of a job ever run at once.

mod ask;
mod charge;
mod orders;
pub mod overview;
mod reload;
mod tend;
pub mod view;
mod vitals;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use actix::{Actor, Addr, AsyncContext, Context, Handler, ResponseFuture};
use tokio::sync::Mutex;

use crate::actors::messages::Event;
use crate::actors::supervisor::{Stop, Supervisor};
use crate::clock::Clock;
use crate::config::{Override, Settings};
use crate::domain::Millis;
use crate::domain::secret::Secret;
use crate::metrics::Metrics;
use crate::notify::Notify;
use crate::store::Store;
use charge::Charge;
pub use orders::{Forget, OrderJob, Refusal, RetryJob, SetLog, What};
pub use reload::{Judge, Reload, Reloaded, changes, read, touched};
use tend::Left;
use view::ReloadView;
pub use vitals::{Configured, Held, JobStates, Look, Ready};

/// How long a look at the store may take that can be done without.
const LOOKED: Duration = Duration::from_secs(10);

/// Where the configuration is read from, at the start and at each reload.
#[derive(Debug, Clone, Default)]
pub struct Source {
    /// The file.
    pub file: Option<PathBuf>,
    /// What the command line says.
    pub overrides: Vec<Override>,
    /// What is logged where the configuration does not say it.
    pub log: String,
}

/// What those must show who come by the TCP port; a reload may change it.
#[derive(Debug, Clone, Default)]
pub struct Token(Arc<RwLock<Option<Secret>>>);

impl Token {
    /// Is this what must be shown?
    #[must_use]
    pub fn is(&self, shown: &str) -> bool {
        let token = self.0.read().unwrap_or_else(PoisonError::into_inner);
        token.as_ref().is_some_and(|token| same(shown, token.reveal()))
    }

    /// From now on this is.
    pub fn set(&self, token: Option<Secret>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = token;
    }
}

/// Compares in a time that does not tell where they differ.
fn same(one: &str, other: &str) -> bool {
    let differ = one.bytes().zip(other.bytes()).fold(0, |seen, (a, b)| seen | (a ^ b));
    one.len() == other.len() && differ == 0
}

/// What a daemon is made of.
pub struct Parts {
    /// The clock.
    pub clock: Clock,
    /// The store, to change it.
    pub store: Arc<Store>,
    /// The store, to look at it while others change it.
    pub reader: Arc<Store>,
    /// Who runs the jobs.
    pub supervisor: Addr<Supervisor>,
    /// Who is told how things stand.
    pub notify: Notify,
    /// Who counts and measures.
    pub metrics: Arc<Metrics>,
    /// What those must show who come by the TCP port.
    pub token: Token,
    /// Where the configuration came from.
    pub source: Source,
    /// What it says.
    pub settings: Settings,
}

/// The actor. Its handlers start errands and answer when these are done.
pub struct Daemon {
    core: Rc<Core>,
}

/// What errands work on.
struct Core {
    clock: Clock,
    started_at: Millis,
    store: Arc<Store>,
    reader: Arc<Store>,
    supervisor: Addr<Supervisor>,
    notify: Notify,
    metrics: Arc<Metrics>,
    token: Token,
    source: Source,
    settings: RefCell<Settings>,
    loaded_at: Cell<Millis>,
    last_reload: RefCell<Option<ReloadView>>,
    /// A reload waits for its turn: another one would find nothing that this one will not.
    reload_waits: Cell<bool>,
    /// When the states of jobs in the store were last looked at: others may change them too.
    states_at: Cell<Millis>,
    /// Why that was in vain, if it was.
    away: RefCell<Option<String>>,
    charges: RefCell<BTreeMap<String, Charge>>,
    turn: Mutex<()>,
    ending: Cell<bool>,
    vitals: vitals::Vitals,
}

impl Daemon {
    /// A daemon that begins with these jobs.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        let Parts { clock, store, reader, supervisor, notify, metrics, token, source, settings } =
            parts;
        token.set(settings.control.token.clone());
        let now = clock.now();
        metrics.service.started(now);
        let core = Core {
            clock,
            started_at: now,
            store,
            reader,
            supervisor,
            notify,
            metrics,
            token,
            source,
            settings: RefCell::new(settings),
            loaded_at: Cell::new(now),
            last_reload: RefCell::default(),
            reload_waits: Cell::default(),
            states_at: Cell::default(),
            away: RefCell::default(),
            charges: RefCell::default(),
            turn: Mutex::default(),
            ending: Cell::default(),
            vitals: vitals::Vitals::default(),
        };
        Self { core: Rc::new(core) }
    }
}

impl Actor for Daemon {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        let core = Rc::clone(&self.core);
        actix_rt::spawn(async move { core.begin().await });
        ctx.run_interval(tend::LOOK, |act, _| {
            let core = Rc::clone(&act.core);
            actix_rt::spawn(async move { core.look_round().await });
        });
        vitals::keep(&self.core);
    }
}

impl Handler<Event> for Daemon {
    type Result = ResponseFuture<()>;

    fn handle(&mut self, event: Event, _: &mut Self::Context) -> Self::Result {
        let core = Rc::clone(&self.core);
        Box::pin(async move {
            match event {
                Event::JobEnded(id, limit) => core.left(id, Left::AtItsEnd(limit)).await,
                Event::JobHalted(id) => core.left(id, Left::AsTold).await,
                Event::Drained | Event::StoreLost(_) => {}
            }
        })
    }
}

/// To the daemon: end in order. Nothing is started, changed or reloaded any more.
#[derive(Debug, Clone, Copy, actix::Message)]
#[rtype(result = "()")]
pub struct Ending {
    /// The signal that asks for it.
    pub signal: i32,
}

impl Handler<Ending> for Daemon {
    type Result = ();

    fn handle(&mut self, Ending { signal }: Ending, _: &mut Self::Context) {
        if !self.core.ending.replace(true) {
            let core = Rc::clone(&self.core);
            core.supervisor.do_send(Stop { signal });
            actix_rt::spawn(async move { core.end().await });
        }
    }
}

/// Runs what blocks on a thread of its own.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, String> {
    actix_rt::task::spawn_blocking(work).await.map_err(|error| error.to_string())
}

/// As [`blocking`], for a look at the store that can be done without: it may not answer.
async fn looked<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    actix_rt::time::timeout(LOOKED, blocking(work)).await.ok()?.ok()
}
