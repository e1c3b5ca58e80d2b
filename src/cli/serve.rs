//! `crawld run` without an end: the daemon.

use std::path::Path;
use std::sync::Arc;

use super::error::CommandError;
use super::one_off;
use super::opening::{Opened, Opening};
use super::options::Global;
use super::{explain, hosts, report};
use crate::actors::supervisor::{End, Settings as RunSettings};
use crate::app::{self, Service};
use crate::clock::Clock;
use crate::config::{self, Settings};
use crate::control::{Doors, Views};
use crate::daemon::{Parts, Source, Token};
use crate::metrics::Metrics;
use crate::notify::Notify;
use crate::run_settings::{daemon_settings, open_files};
use crate::signals::Waiting;

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
    let begun = daemon_settings(&settings);
    open_files::suffice(begun.threads)?;
    one_off::set_up_tls(&begun.client, false)?;
    let notify = Notify::from_environment();
    let clock = Clock::start();
    let source =
        Source { file: Some(file.to_owned()), overrides: global.overrides(), log: log.to_owned() };
    let doors = |settings: &Settings| doors(settings, file);
    let opening =
        Opening { source: &source, waiting: &waiting, notify: &notify, clock, doors: &doors };
    let Opened { settings, store, reader } = match opening.open(settings)? {
        Ok(opened) => opened,
        Err(signal) => return Ok(Err(signal)),
    };
    let (store, reader) = (Arc::new(store), Arc::new(reader));
    let run = daemon_settings(&settings);
    let metrics = Arc::new(Metrics::new(clock.now()));
    let doors = doors(&settings);
    let (jobs, socket) = (settings.jobs.len(), doors.socket.clone());
    let token = doors.token.clone();
    let run = RunSettings { metrics: Some(Arc::clone(&metrics)), ..run };
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

/// Where the daemon listens.
fn doors(settings: &Settings, file: &Path) -> Doors {
    let control = &settings.control;
    let token = Token::default();
    token.set(control.token.clone());
    Doors {
        socket: control.socket.clone(),
        mode: control.socket_mode,
        usual: config::usual_place(file),
        listen: control.listen,
        token,
        connections: open_files::control_connections(daemon_settings(settings).threads),
    }
}
