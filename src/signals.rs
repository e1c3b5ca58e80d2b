//! Unix signals become messages; nothing else happens here.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::flag;
use signal_hook::iterator::{Handle, Signals};

use crate::clock::monotonic_micros;

/// Signals that come within this time, microseconds, are one wish: timeout(1) sends its own to the
/// process and then to the group of it, and a terminal's may come together with one from a wrapper.
const PRESS: i64 = 100_000;

/// What to do about a signal.
pub trait OnSignal: Send + 'static {
    /// The first SIGINT or SIGTERM: end in order.
    fn stop(&mut self, signal: i32);

    /// SIGHUP, where it is watched: read the configuration again.
    fn reload(&mut self) {}
}

/// Watches SIGINT and SIGTERM on a thread of its own. The first asks for an ordered end; the
/// second, a tenth of a second later or more, ends the process at once with 128 + its number: what is
/// committed stays, what is not will be asked again.
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
        let mut ends_since = None;
        for signal in signals.forever() {
            let now = monotonic_micros();
            match (signal, ends_since) {
                (SIGHUP, _) => on_signal.reload(),
                (_, None) => {
                    ends_since = Some(now);
                    on_signal.stop(signal);
                }
                (_, Some(since)) if now - since >= PRESS => std::process::exit(128 + signal),
                // Still the same wish.
                _ => {}
            }
        }
    })?;
    Ok(handle)
}

/// Every SIGINT, SIGTERM and SIGHUP from now on, one after another: for a command that has other
/// processes to end, and something to clear away, whichever of them comes.
///
/// # Errors
/// As [`watch`].
pub fn every_end() -> io::Result<Receiver<i32>> {
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP])?;
    let (sender, ends) = mpsc::channel();
    std::thread::Builder::new().name("signals".to_owned()).spawn(move || {
        for signal in signals.forever() {
            // Nobody asks any more: the command is at its end.
            sender.send(signal).ok();
        }
    })?;
    Ok(ends)
}

/// Signals that ask for an end, as they are noted.
const STOPS: [(i32, usize); 2] = [(SIGINT, 2), (SIGTERM, 15)];

/// Has SIGHUP come since [`remember_hangups`]?
static HANGUP: LazyLock<Arc<AtomicBool>> = LazyLock::new(Arc::default);

/// From now on SIGHUP does not end the process, and that it came is remembered for
/// [`Waiting::over`]. For a daemon, before it does anything else: its manager, or a script, may send
/// it at any moment.
///
/// # Errors
/// When the handler cannot be installed.
pub fn remember_hangups() -> io::Result<()> {
    flag::register(SIGHUP, Arc::clone(&HANGUP)).map(|_| ())
}

/// A wait before there is anything to end in order, or to reload.
pub struct Waiting {
    handle: Handle,
    signals: Receiver<i32>,
    /// The one that asked for an end; 0: none has.
    stop: Arc<AtomicUsize>,
}

struct ToWaiting(Sender<i32>);

impl OnSignal for ToWaiting {
    fn stop(&mut self, signal: i32) {
        // Nobody waits any more: the process is past it.
        self.0.send(signal).ok();
    }

    fn reload(&mut self) {
        self.0.send(SIGHUP).ok();
    }
}

/// What ends a pause.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Came {
    /// A signal that asks for an end.
    Stop(i32),
    /// One SIGHUP or more: read the configuration again. It is not told once more.
    Reload,
}

/// What came before the daemon could see to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Early {
    /// The signal that asks for an end.
    pub stop: Option<i32>,
    /// SIGHUP came, maybe after the configuration was last read.
    pub reload: bool,
}

impl Waiting {
    /// From now on SIGINT and SIGTERM are seen by [`Waiting::pause`], and SIGHUP is remembered.
    ///
    /// # Errors
    /// As [`watch`].
    pub fn start() -> io::Result<Self> {
        let stop = Arc::new(AtomicUsize::new(0));
        for (signal, number) in STOPS {
            flag::register_usize(signal, Arc::clone(&stop), number)?;
        }
        remember_hangups()?;
        let (sender, signals) = mpsc::channel();
        Ok(Self { handle: watch_daemon(ToWaiting(sender))?, signals, stop })
    }

    /// Waits so long, or until a signal comes, which is given back. An end goes before a reload.
    #[must_use]
    pub fn pause(&self, span: Duration) -> Option<Came> {
        // One that came before anybody watched has only been noted.
        let span = if HANGUP.load(Ordering::SeqCst) { Duration::ZERO } else { span };
        let mut came = self.signals.recv_timeout(span).ok();
        while came == Some(SIGHUP) {
            came = self.signals.try_recv().ok();
        }
        match came {
            Some(signal) => Some(Came::Stop(signal)),
            None => HANGUP.swap(false, Ordering::SeqCst).then_some(Came::Reload),
        }
    }

    /// Ends the wait, when somebody else watches signals already. What handlers have noted counts,
    /// so nothing falls between the two.
    #[must_use]
    pub fn over(self) -> Early {
        let number = self.stop.load(Ordering::SeqCst);
        let stop = STOPS.into_iter().find(|(_, stop)| *stop == number).map(|(signal, _)| signal);
        Early { stop, reload: HANGUP.load(Ordering::SeqCst) }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.handle.close();
    }
}
