//! What a service manager is told of how the daemon stands (the `sd_notify` protocol).
//!
//! Written by hand over a datagram socket: the crates for it read the environment at every call,
//! which no test may change, and do not speak to abstract sockets. Without `NOTIFY_SOCKET` nothing
//! is sent. A manager that does not listen is a warning, once: the daemon goes on without it.

use std::ffi::OsStr;
use std::fmt::{self, Display};
use std::io;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::clock;

/// Longest status, in characters: a datagram of the protocol is at most a page.
const LONGEST_STATUS: usize = 500;
/// How long a manager that does not read is waited for.
const PATIENCE: Duration = Duration::from_secs(2);

/// The way to the service manager; clones share it.
#[derive(Debug, Clone, Default)]
pub struct Notify(Option<Arc<Manager>>);

#[derive(Debug)]
struct Manager {
    socket: UnixDatagram,
    address: SocketAddr,
    /// That it cannot be told anything has been said.
    complained: AtomicBool,
}

impl Notify {
    /// The manager that `NOTIFY_SOCKET` names; nobody where it is not set or empty.
    #[must_use]
    pub fn from_environment() -> Self {
        let Some(name) = std::env::var_os("NOTIFY_SOCKET").filter(|name| !name.is_empty()) else {
            return Self::default();
        };
        Self::to(&name).unwrap_or_else(|error| {
            log::warn!("NOTIFY_SOCKET={}: {error}; no manager is told", name.display());
            Self::default()
        })
    }

    /// The manager behind this socket: a path, or `@` and the name of an abstract socket.
    ///
    /// # Errors
    /// When that names no socket, or none can be made to send from.
    pub fn to(name: &OsStr) -> io::Result<Self> {
        let address = match name.as_bytes().split_first() {
            Some((b'@', name)) => SocketAddr::from_abstract_name(name)?,
            Some((b'/', _)) => SocketAddr::from_pathname(name)?,
            _ => return Err(io::Error::new(io::ErrorKind::InvalidInput, "no socket's name")),
        };
        let socket = UnixDatagram::unbound()?;
        socket.set_write_timeout(Some(PATIENCE))?;
        Ok(Self(Some(Arc::new(Manager { socket, address, complained: AtomicBool::new(false) }))))
    }

    /// Is there anybody to be told?
    #[must_use]
    pub fn is_heard(&self) -> bool {
        self.0.is_some()
    }

    /// The start, or a reload, is complete.
    pub fn ready(&self) {
        self.send(&"READY=1");
    }

    /// A reload begins; it ends, whatever comes of it, when what is given back is dropped.
    #[must_use = "the reload ends when this is dropped"]
    pub fn reloading(&self) -> Reloading {
        // Both in one datagram: the manager takes the second for the start of the first.
        self.send(&format_args!("RELOADING=1\nMONOTONIC_USEC={}", clock::monotonic_micros()));
        Reloading(self.clone())
    }

    /// The end has begun.
    pub fn stopping(&self) {
        self.send(&"STOPPING=1");
    }

    /// What there is to be said, made one line of at most 500 characters.
    pub fn status(&self, words: &str) {
        self.send(&format_args!("STATUS={}", OneLine(words)));
    }

    /// All is well.
    pub fn watchdog(&self) {
        self.send(&"WATCHDOG=1");
    }

    /// The start or the end under way may take so long from now.
    pub fn extend_timeout(&self, span: Duration) {
        self.send(&format_args!("EXTEND_TIMEOUT_USEC={}", span.as_micros()));
    }

    /// The daemon ends with a failure: its number (`errno`) and words for it.
    pub fn failed(&self, errno: i32, words: &str) {
        self.send(&format_args!("STATUS={}\nERRNO={errno}", OneLine(words)));
    }

    fn send(&self, message: &dyn Display) {
        let Some(manager) = &self.0 else { return };
        let message = message.to_string();
        let sent = manager.socket.send_to_addr(message.as_bytes(), &manager.address);
        if let Err(error) = sent
            && !manager.complained.swap(true, Ordering::Relaxed)
        {
            log::warn!("the service manager cannot be told: {error}");
        }
    }
}

/// A reload under way. Dropped, it says that the daemon is ready again: also when the reload was
/// refused, failed or panicked, for the manager waits for that.
#[derive(Debug)]
pub struct Reloading(Notify);

impl Drop for Reloading {
    fn drop(&mut self) {
        self.0.ready();
    }
}

/// How often the manager wants to hear [`Notify::watchdog`]: a third of what it waits
/// (`WATCHDOG_USEC`). `None` where it does not watch, or watches another process (`WATCHDOG_PID`).
#[must_use]
pub fn watchdog_period() -> Option<Duration> {
    let variable = |name| std::env::var(name).ok();
    period(variable("WATCHDOG_USEC"), variable("WATCHDOG_PID"), std::process::id())
}

fn period(micros: Option<String>, watched: Option<String>, me: u32) -> Option<Duration> {
    let micros: u64 = micros?.parse().ok().filter(|micros| *micros > 0)?;
    let ours = watched.is_none_or(|pid| pid.parse() == Ok(me));
    ours.then(|| Duration::from_micros((micros / 3).max(1)))
}

/// A text without what would end its line.
struct OneLine<'a>(&'a str);

impl Display for OneLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use fmt::Write;
        let mut chars = self.0.trim().chars().map(|c| if c.is_control() { ' ' } else { c });
        chars.by_ref().take(LONGEST_STATUS).try_for_each(|c| f.write_char(c))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A manager's socket and the way to it.
    struct Listener {
        socket: UnixDatagram,
        notify: Notify,
        _folder: tempfile::TempDir,
    }

    impl Listener {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("notify");
            let socket = UnixDatagram::bind(&path).unwrap();
            socket.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
            Self { socket, notify: Notify::to(path.as_os_str()).unwrap(), _folder: folder }
        }

        /// The next datagram.
        fn hears(&self) -> String {
            let mut bytes = [0; 4096];
            let length = self.socket.recv(&mut bytes).unwrap();
            String::from_utf8(bytes[..length].to_vec()).unwrap()
        }

        fn hears_nothing(&self) {
            self.socket.set_nonblocking(true).unwrap();
            assert!(self.socket.recv(&mut [0; 16]).is_err(), "a datagram nobody asked for");
        }
    }

    #[test]
    fn each_message_is_one_datagram_of_the_protocol() {
        let manager = Listener::new();
        manager.notify.ready();
        assert_eq!(manager.hears(), "READY=1");
        manager.notify.watchdog();
        assert_eq!(manager.hears(), "WATCHDOG=1");
        manager.notify.stopping();
        assert_eq!(manager.hears(), "STOPPING=1");
        manager.notify.extend_timeout(Duration::from_millis(3_500));
        assert_eq!(manager.hears(), "EXTEND_TIMEOUT_USEC=3500000");
        manager.notify.failed(22, "no such\nfile");
        assert_eq!(manager.hears(), "STATUS=no such file\nERRNO=22");
        manager.hears_nothing();
    }

    #[test]
    fn a_status_can_neither_end_its_line_nor_outgrow_a_datagram() {
        let manager = Listener::new();
        manager.notify.status("3 jobs\nREADY=1\r\n");
        assert_eq!(manager.hears(), "STATUS=3 jobs READY=1");
        manager.notify.status(&"ї".repeat(5_000));
        assert_eq!(manager.hears().chars().count(), "STATUS=".len() + LONGEST_STATUS);
    }

    #[test]
    fn a_reload_begins_with_the_kernels_clock_and_ends_even_in_a_panic() {
        let manager = Listener::new();
        let before = clock::monotonic_micros();
        let notify = manager.notify.clone();
        let panicked = std::thread::spawn(move || {
            let _reload = notify.reloading();
            panic!("the reload fails");
        });
        assert!(panicked.join().is_err());
        let begun = manager.hears();
        let at = begun.strip_prefix("RELOADING=1\nMONOTONIC_USEC=").expect(&begun);
        let at: i64 = at.parse().unwrap();
        assert!((before..=clock::monotonic_micros()).contains(&at));
        assert_eq!(manager.hears(), "READY=1");
        manager.hears_nothing();
    }

    #[test]
    fn an_abstract_socket_is_told_as_well() {
        let name = format!("crawld-notify-{}", std::process::id());
        let address = SocketAddr::from_abstract_name(&name).unwrap();
        let socket = UnixDatagram::bind_addr(&address).unwrap();
        Notify::to(OsStr::new(&format!("@{name}"))).unwrap().ready();
        let mut bytes = [0; 16];
        assert_eq!(socket.recv(&mut bytes).unwrap(), 7);
        assert_eq!(&bytes[..7], b"READY=1");
    }

    #[test]
    fn without_a_manager_or_with_one_that_is_gone_nothing_happens() {
        let nobody = Notify::default();
        assert!(!nobody.is_heard());
        nobody.ready();
        drop(nobody.reloading());
        let manager = Listener::new();
        let notify = manager.notify.clone();
        drop(manager);
        notify.ready();
        assert!(Notify::to(OsStr::new("relative")).is_err());
    }

    #[test]
    fn the_watchdog_is_fed_three_times_as_often_as_it_asks_and_only_by_who_is_watched() {
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(period(text("60000000"), None, 7), Some(Duration::from_secs(20)));
        assert_eq!(period(text("60000000"), text("7"), 7), Some(Duration::from_secs(20)));
        assert_eq!(period(text("60000000"), text("8"), 7), None);
        assert_eq!(period(None, text("7"), 7), None);
        assert_eq!(period(text("0"), None, 7), None);
        assert_eq!(period(text("soon"), None, 7), None);
    }
}
