//! Unix signals become messages; nothing else happens here.

use std::io;

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
