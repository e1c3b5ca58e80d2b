//! Unix signals become messages; nothing else happens here.

use std::io;
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::Duration;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::{Handle, Signals};

/// What to do about a signal.
pub trait OnSignal: Send + 'static {
    /// The first SIGINT or SIGTERM: end in order.
    fn stop(&mut self, signal: i32);
}

/// Watches SIGINT and SIGTERM on a thread of its own. The first asks for an ordered end; the
/// second ends the process at once with 128 + its number: what is committed stays, what is not
/// will be asked again.
///
/// # Errors
/// When the handlers cannot be installed or the thread cannot be started.
pub fn watch(mut on_signal: impl OnSignal) -> io::Result<Handle> {
    let mut signals = Signals::new([SIGINT, SIGTERM])?;
    let handle = signals.handle();
    std::thread::Builder::new().name("signals".to_owned()).spawn(move || {
        for (count, signal) in signals.forever().enumerate() {
            if count > 0 {
                std::process::exit(128 + signal);
            }
            on_signal.stop(signal);
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
}

impl Waiting {
    /// From now on SIGINT and SIGTERM are seen by [`Waiting::pause`].
    ///
    /// # Errors
    /// As [`watch`].
    pub fn start() -> io::Result<Self> {
        let (sender, signals) = mpsc::channel();
        Ok(Self { handle: watch(ToWaiting(sender))?, signals })
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
