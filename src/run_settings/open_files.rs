//! How many files this process may have open, and so how many connections it may have: half of
//! them for requests, a quarter for idle connections, the rest for all else.

use std::sync::atomic::{AtomicUsize, Ordering};

/// What is supposed where the system does not tell.
const USUAL: usize = 1024;
/// Connections that a thread keeps open though nobody uses them.
const MOST_IDLE: usize = 256;

/// Idle connections for each of `threads`: a quarter of the files that may be open, all together.
pub(super) fn idle_connections(threads: usize) -> usize {
    share(files(), threads)
}

/// Requests in flight that the open files allow: as many as `wanted`, or fewer, which is said.
pub(super) fn requests(wanted: usize) -> usize {
    // A reload asks more than once; each figure is said once.
    static SAID: AtomicUsize = AtomicUsize::new(0);
    let files = files();
    let most = (files / 2).max(1);
    if wanted > most && SAID.swap(wanted, Ordering::Relaxed) != wanted {
        log::warn!(
            "{files} files may be open (ulimit -n): at most {most} requests in flight instead of \
             {wanted}"
        );
    }
    wanted.min(most)
}

fn files() -> usize {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
    soft_limit(&limits).unwrap_or(USUAL)
}

fn share(files: usize, threads: usize) -> usize {
    (files / 4 / threads.max(1)).clamp(1, MOST_IDLE)
}

/// `Max open files            1024                 524288               files`
fn soft_limit(limits: &str) -> Option<usize> {
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    let soft = line.split_whitespace().next()?;
    if soft == "unlimited" { Some(usize::MAX) } else { soft.parse().ok() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn idle_connections_leave_files_for_all_else() {
        assert_eq!(share(1024, 2), 128);
        assert_eq!(share(1024, 64), 4);
        assert_eq!(share(usize::MAX, 1), MOST_IDLE);
        assert_eq!(share(10, 64), 1);
    }

    #[test]
    fn the_limit_is_read_as_the_system_writes_it() {
        let text = "Limit   Soft Limit  Hard Limit  Units\nMax open files  1024  524288  files\n";
        assert_eq!(soft_limit(text), Some(1024));
        assert_eq!(soft_limit("Max open files   unlimited  unlimited  files"), Some(usize::MAX));
        assert_eq!(soft_limit(""), None);
    }
}
