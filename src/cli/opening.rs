//! The start of a daemon: its store is opened, and waited for as long as it takes.
//!
//! Invariant: nothing runs yet, so whatever the configuration says anew can be taken up, the
//! address of the store first of all.

use std::time::Duration;

use super::error::CommandError;
use crate::clock::Clock;
use crate::config::Settings;
use crate::control::{Awaited, Control, Doors};
use crate::daemon::overview::old_configuration;
use crate::daemon::view::ReloadView;
use crate::daemon::{self, Source};
use crate::domain::Millis;
use crate::logging;
use crate::notify::Notify;
use crate::signals::{Came, Waiting};
use crate::store::{Access, Store, StoreError, StoreErrorKind};

/// How long a store that cannot be opened is left alone before it is tried again.
const AWAY: Duration = Duration::from_secs(5);
/// How often the log is told that it is still waited for.
const TOLD: Millis = 60_000;
/// How long a command may hold the store that the daemon wants.
const HELD: Millis = 5_000;
/// How soon the store is tried again that a command holds.
const AGAIN: Duration = Duration::from_millis(200);

/// A store, and the configuration that led to it.
pub(super) struct Opened {
    pub(super) settings: Settings,
    /// To change it.
    pub(super) store: Store,
    /// To look at it while others change it.
    pub(super) reader: Store,
}

/// The wait.
pub(super) struct Opening<'a> {
    /// Where the configuration is read again when a reload is asked for.
    pub(super) source: &'a Source,
    /// Who sees signals.
    pub(super) waiting: &'a Waiting,
    /// Who is told.
    pub(super) notify: &'a Notify,
    /// The clock.
    pub(super) clock: Clock,
    /// Where it is asked meanwhile.
    pub(super) doors: &'a dyn Fn(&Settings) -> Doors,
}

/// What was last said of the wait.
#[derive(Default)]
struct Told {
    error: String,
    at: Millis,
    /// When the configuration in force was read.
    loaded_at: Millis,
    /// The last reload, if it was in vain.
    invalid: Option<ReloadView>,
    /// Who asks meanwhile hears of it here; what stands in the way of that is told when the daemon
    /// begins.
    door: Option<Control>,
    awaited: Awaited,
}

impl Opening<'_> {
    /// Opens the store; waits while somebody else may mend what is wrong with it. The inner error
    /// is the signal that ended the waiting.
    pub(super) fn open(&self, mut settings: Settings) -> Result<Result<Opened, i32>, CommandError> {
        let patient_until = self.clock.now() + HELD;
        let mut told = Told { loaded_at: self.clock.now(), ..Told::default() };
        loop {
            let error = match both(settings.database_url()) {
                Ok((store, reader)) => return Ok(Ok(Opened { settings, store, reader })),
                Err(error) => error,
            };
            let owned = matches!(error.kind, StoreErrorKind::Owned { .. });
            let pause = if owned && self.clock.now() < patient_until {
                // A command of the operator's, most likely.
                AGAIN
            } else if error.may_be_mended() {
                self.tell(&error, &mut told);
                self.open_door(&settings, &mut told);
                AWAY
            } else {
                return Err(error.into());
            };
            match self.waiting.pause(pause) {
                Some(Came::Stop(signal)) => return Ok(Err(signal)),
                Some(Came::Reload) => self.reload(&mut settings, &mut told),
                None => {}
            }
        }
    }

    /// Has whoever asks meanwhile answered.
    fn open_door(&self, settings: &Settings, told: &mut Told) {
        if told.door.is_none() {
            let open = |doors| Control::open_early(doors, told.awaited.clone());
            told.door = (self.doors)(settings).take().and_then(open).ok();
        }
    }

    fn tell(&self, error: &StoreError, told: &mut Told) {
        let now = self.clock.now();
        if told.error != error.message || now - told.at >= TOLD {
            log::error!("store=away {error}; waiting until it is there");
            error.message.clone_into(&mut told.error);
            told.at = now;
        }
        let invalid = told.invalid.as_ref();
        let invalid = invalid.map_or_else(String::new, |reload| {
            format!("{}; ", old_configuration(told.loaded_at, reload))
        });
        let words = format!("waiting for the store: {error}");
        told.awaited.set(&words);
        self.notify.status(&format!("{invalid}{words}"));
        self.notify.extend_timeout(4 * AWAY);
    }

    /// Takes up what the configuration says now, all of it.
    fn reload(&self, settings: &mut Settings, told: &mut Told) {
        match daemon::read(self.source) {
            Ok(new) => {
                let changes = daemon::changes(settings, &new);
                log::info!("reload={} {}", changes.name(), changes);
                let log = new.log.as_deref().unwrap_or(&self.source.log);
                // It has been judged with the rest.
                if new.log != settings.log
                    && let Err(words) = logging::set_filter(log)
                {
                    log::error!("daemon.log: {words}");
                }
                logging::set_format(new.log_format);
                *settings = new;
                // It may be elsewhere now.
                told.door = None;
                (told.invalid, told.loaded_at) = (None, self.clock.now());
            }
            Err(errors) => {
                for line in &errors {
                    log::error!("reload=invalid {line}");
                }
                let words = errors.into_iter().next().unwrap_or_default();
                let outcome = "invalid".to_owned();
                told.invalid = Some(ReloadView { at: self.clock.now(), outcome, words });
            }
        }
    }
}

fn both(url: &str) -> Result<(Store, Store), StoreError> {
    Ok((Store::open(url, Access::Owner)?, Store::open(url, Access::Reader)?))
}
