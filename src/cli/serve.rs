//! `crawld run` without an end: the daemon.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::error::CommandError;
use super::one_off;
use super::options::Global;
use super::{explain, hosts, report};
use crate::actors::supervisor::{End, Settings as RunSettings};
use crate::app::{self, Service};
use crate::clock::Clock;
use crate::config::Settings;
use crate::control::{Doors, Views};
use crate::daemon::{Parts, Source, Token};
use crate::domain::Millis;
use crate::metrics::Metrics;
use crate::notify::Notify;
use crate::run_settings::{daemon_settings, open_files};
use crate::signals::Waiting;
use crate::store::{Access, Store, StoreErrorKind};

/// How long a database that is away is left alone before it is tried again.
const AWAY: Duration = Duration::from_secs(5);

/// Runs the daemon with these settings, which came from this file, until it ends; `log` is what it
/// logs where they do not say it, and `waiting` sees signals until the daemon does. `Err` of the
/// inner result: a signal ended it before it began.
pub(super) fn run(
    mut settings: Settings,
    file: &Path,
    log: &str,
    global: &Global,
    waiting: Waiting,
) -> Result<Result<End, i32>, CommandError> {
    settings.log.get_or_insert_with(|| log.to_owned());
    let run = daemon_settings(&settings);
    open_files::suffice(run.threads)?;
    one_off::set_up_tls(&run.client, false)?;
    let notify = Notify::from_environment();
    let clock = Clock::start();
    let url = settings.database_url().to_owned();
    let store = match open(&url, &waiting, &notify)? {
        Ok(store) => Arc::new(store),
        Err(signal) => return Ok(Err(signal)),
    };
    let reader = Arc::new(Store::open(&url, Access::Reader)?);
    let metrics = Arc::new(Metrics::new(clock.now()));
    let control = &settings.control;
    let doors = Doors {
        socket: control.socket.clone(),
        mode: control.socket_mode,
        listen: control.listen,
        token: Token::default(),
        connections: open_files::control_connections(run.threads),
    };
    let (jobs, socket) = (settings.jobs.len(), doors.socket.clone());
    let token = doors.token.clone();
    let run = RunSettings { metrics: Some(Arc::clone(&metrics)), ..run };
    let source =
        Source { file: Some(file.to_owned()), overrides: global.overrides(), log: log.to_owned() };
    let (owned, looked, counted) = (Arc::clone(&store), Arc::clone(&reader), Arc::clone(&metrics));
    let parts = Box::new(move |supervisor| Parts {
        clock,
        store: owned,
        reader: looked,
        supervisor,
        notify,
        metrics: counted,
        token,
        source,
        settings,
    });
    let views = Views { explain: explain::text, host: hosts::text, report: report::text };
    let service = Service { run, doors, views, waiting, parts };
    log::info!(
        "crawld {} begins: process={} store={} jobs={} socket={}",
        env!("CARGO_PKG_VERSION"),
        std::process::id(),
        store.name(),
        jobs,
        socket.map_or_else(|| "none".to_owned(), |path| path.display().to_string())
    );
    let end = app::serve(clock, store, reader, metrics, service);
    if let Ok(End::Stopped(signal)) = &end {
        log::info!("crawld ends: signal={signal}");
    }
    end.map(Ok).map_err(|error| CommandError { exit: 1, message: error.to_string() })
}

/// How long a command may hold the store that the daemon wants.
const HELD: Millis = 5_000;
/// How soon the store is tried again that a command holds.
const AGAIN: Duration = Duration::from_millis(200);

fn is_owned(kind: StoreErrorKind) -> bool {
    matches!(kind, StoreErrorKind::Owned { .. })
}

/// Opens the store, and waits for a database server that is away. The inner error is the signal that
/// ended the waiting.
fn open(url: &str, waiting: &Waiting, notify: &Notify) -> Result<Result<Store, i32>, CommandError> {
    let mut said = false;
    let clock = Clock::start();
    let patient_until = clock.now() + HELD;
    loop {
        let error = match Store::open(url, Access::Owner) {
            Ok(store) => return Ok(Ok(store)),
            Err(error) if error.may_heal() => error,
            Err(error) if is_owned(error.kind) && clock.now() < patient_until => {
                // A command of the operator's, most likely.
                match waiting.pause(AGAIN) {
                    Some(signal) => return Ok(Err(signal)),
                    None => continue,
                }
            }
            Err(error) => return Err(error.into()),
        };
        if !said {
            log::error!("{error}; waiting until it is there");
            said = true;
        }
        notify.status(&format!("waiting for the store: {error}"));
        notify.extend_timeout(4 * AWAY);
        if let Some(signal) = waiting.pause(AWAY) {
            return Ok(Err(signal));
        }
    }
}
