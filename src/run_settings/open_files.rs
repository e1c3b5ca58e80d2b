//! How many files this process may have open, and what they are for: first those that it needs for
//! itself, so that it can always be spoken to and write down what it has; of the rest half for
//! requests, a quarter for idle connections, an eighth for those of the control interface; what is
//! left is for name look-ups, second tries of a connection, lists and archives.

use std::sync::atomic::{AtomicUsize, Ordering};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::config::ConfigError;
use crate::domain::counted::counted;

/// What a process has open for itself besides its threads that fetch: 34 for a daemon at rest, on a
/// SQLite store, and some for one with a TCP door, an archive and a second reader of its store.
const OWN: usize = 48;
/// What a thread that fetches has open: what its runtime waits on, and wakes and is wakened by.
const OF_A_THREAD: usize = 4;
/// With fewer than these for connections there is no work.
const LEAST: usize = 8;
/// Connections that a thread keeps open though nobody uses them.
const MOST_IDLE: usize = 256;
/// Connections of the control interface: so many are enough, and fewer than these too few.
const CONTROL: (usize, usize) = (4, 128);

/// Takes all that the system allows: the lower limit is meant for programs that use select(2).
pub fn raise() {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current != maximum
        && let Err(why) = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum })
    {
        log::debug!("the limit of open files stays where it is: {why}");
    }
}

/// May a process with so many threads that fetch open as many files as it cannot do without?
///
/// # Errors
/// When it may not, with how many those are.
pub fn suffice(threads: usize) -> Result<(), ConfigError> {
    let (files, needed) = (files(), own(threads) + LEAST);
    if files >= needed {
        return Ok(());
    }
    let fewer = if threads > 1 { ", or give fewer daemon.threads" } else { "" };
    let why = format!(
        "{files} files may be open (ulimit -Hn) and {needed} are needed with {threads} threads that \
         fetch; allow more (LimitNOFILE= of the service){fewer}"
    );
    Err(ConfigError { errors: vec![why] })
}

/// Connections to each door of the control interface.
#[must_use]
pub fn control_connections(threads: usize) -> usize {
    (rest(files(), threads) / 8).clamp(CONTROL.0, CONTROL.1)
}

/// Idle connections for each of `threads`.
pub(super) fn idle_connections(threads: usize) -> usize {
    share(files(), threads)
}

/// Requests in flight that the open files allow: as many as `wanted`, or fewer, which is said.
pub(super) fn requests(wanted: usize, threads: usize) -> usize {
    // A reload asks more than once; each figure is said once.
    static SAID: AtomicUsize = AtomicUsize::new(0);
    let files = files();
    let most = (rest(files, threads) / 2).max(1);
    if wanted > most && SAID.swap(wanted, Ordering::Relaxed) != wanted {
        log::warn!(
            "{files} files may be open (ulimit -n): at most {} in flight instead of {wanted}",
            counted(most, "request")
        );
    }
    wanted.min(most)
}

fn files() -> usize {
    let most = getrlimit(Resource::Nofile).current;
    most.map_or(usize::MAX, |most| usize::try_from(most).unwrap_or(usize::MAX))
}

fn own(threads: usize) -> usize {
    OF_A_THREAD.saturating_mul(threads).saturating_add(OWN)
}

/// What is left for connections.
fn rest(files: usize, threads: usize) -> usize {
    files.saturating_sub(own(threads))
}

fn share(files: usize, threads: usize) -> usize {
    (rest(files, threads) / 4 / threads.max(1)).clamp(1, MOST_IDLE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_process_needs_for_itself_is_taken_out_first() {
        assert_eq!(rest(128, 2), 72);
        assert_eq!(rest(40, 2), 0);
        assert_eq!(rest(usize::MAX, usize::MAX), 0);
    }

    #[test]
    fn idle_connections_leave_files_for_all_else() {
        assert_eq!(share(1024, 2), 121);
        assert_eq!(share(1024, 64), 2);
        assert_eq!(share(usize::MAX, 1), MOST_IDLE);
        assert_eq!(share(10, 64), 1);
    }
}
