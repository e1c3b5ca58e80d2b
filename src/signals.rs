//! Unix signals become messages; nothing else happens here.

use std::io;
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::Duration;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::{Handle, Signals};

/// What to do about a signal.
pub trait OnSignal: Send + 'static {
    /// The first SIGINT or SIGTERM: end in order.
    fn stop(&mut self, signal: i32);

    /// SIGHUP, where it is watched: read the configuration again.
    fn reload(&mut self) {}
}

/// Watches SIGINT and SIGTERM on a thread of its own. The first asks for an ordered end; the
/// second ends the process at once with 128 + its number: what is committed stays, what is not
/// will be asked again.
///
/// # Errors
/// When the handlers cannot be installed or the thread cannot be started.
pub fn watch(on_signal: impl OnSignal) -> io::Result<Handle> {
    watch_these(&[SIGINT, SIGTERM], on_signal)
}

/// Watches SIGHUP too, which would end the process otherwise.
///
/// # Errors
/// As [`watch`].
pub fn watch_daemon(on_signal: impl OnSignal) -> io::Result<Handle> {
    watch_these(&[SIGINT, SIGTERM, SIGHUP], on_signal)
}

fn watch_these(these: &[i32], mut on_signal: impl OnSignal) -> io::Result<Handle> {
    let mut signals = Signals::new(these)?;
    let handle = signals.handle();
    std::thread::Builder::new().name("signals".to_owned()).spawn(move || {
        let mut ends = false;
        for signal in signals.forever() {
            match signal {
                SIGHUP => on_signal.reload(),
                _ if ends => std::process::exit(128 + signal),
                _ => {
                    ends = true;
                    on_signal.stop(signal);
                }
            }
        }
    })?;
    Ok(handle)
}

/// A wait before there is anything to end in order.
pub struct Waiting {
    handle: Handle,
    signals: Receiver<i32>,
}

struct ToWaiting(Sender<i32>);

impl OnSignal for ToWaiting {
    fn stop(&mut self, signal: i32) {
        // Nobody waits any more: the process is past it.
        self.0.send(signal).ok();
    }

    fn reload(&mut self) {
        log::info!("the configuration is read anyway when the daemon begins");
    }
}

impl Waiting {
    /// From now on SIGINT and SIGTERM are seen by [`Waiting::pause`], and SIGHUP does nothing.
    ///
    /// # Errors
    /// As [`watch`].
    pub fn start() -> io::Result<Self> {
        let (sender, signals) = mpsc::channel();
        Ok(Self { handle: watch_daemon(ToWaiting(sender))?, signals })
    }

    /// Waits so long, or until a signal comes, which is given back.
    #[must_use]
    pub fn pause(&self, span: Duration) -> Option<i32> {
        self.signals.recv_timeout(span).ok()
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.handle.close();
    }
}
