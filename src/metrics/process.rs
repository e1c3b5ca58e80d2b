//! The process as the kernel sees it: read from `/proc/self` alone, which a sandbox leaves.

use std::fs;
use std::sync::atomic::{AtomicU64, Ordering};

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use rustix::process::{Resource, getrlimit};

use super::run::number;
use crate::domain::Millis;

/// Gauges of the process.
#[derive(Debug)]
pub(super) struct Process {
    resident: Gauge,
    open_files: Gauge,
    most_files: Gauge,
    threads: Gauge,
    cpu: Counter<f64, AtomicU64>,
}

impl Process {
    pub(super) fn register(registry: &mut Registry, started_at: Millis) -> Self {
        let mut gauge = |name: &str, help: &str| {
            let gauge = Gauge::default();
            registry.register(name, help, gauge.clone());
            gauge
        };
        let resident = gauge("process_resident_memory_bytes", "Memory in RAM");
        let open_files = gauge("process_open_fds", "Files open");
        let most_files = gauge("process_max_fds", "Files that may be open");
        let threads = gauge("process_threads", "Threads");
        gauge("process_start_time_seconds", "When the process started, in Unix time")
            .set(started_at / 1000);
        let cpu = Counter::<f64, AtomicU64>::default();
        registry.register(
            "process_cpu_seconds",
            "Processor time used, user and system",
            cpu.clone(),
        );
        Self { resident, open_files, most_files, threads, cpu }
    }

    /// Looks anew; what cannot be read stays as it was.
    pub(super) fn refresh(&self) {
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        if let Some(kib) = figure(&status, "VmRSS:") {
            self.resident.set(kib.saturating_mul(1024));
        }
        if let Some(threads) = figure(&status, "Threads:") {
            self.threads.set(threads);
        }
        if let Ok(files) = fs::read_dir("/proc/self/fd") {
            // One of them is the folder itself.
            self.open_files.set(number(files.count()) - 1);
        }
        let most = getrlimit(Resource::Nofile).current;
        self.most_files.set(most.map_or(i64::MAX, |most| i64::try_from(most).unwrap_or(i64::MAX)));
        let schedstat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
        if let Some(ticks) = cpu_ticks(&schedstat) {
            let hertz = rustix::param::clock_ticks_per_second().max(1);
            let micros = ticks.saturating_mul(1_000_000) / hertz;
            let seconds = std::time::Duration::from_micros(micros).as_secs_f64();
            self.cpu.inner().store(seconds.to_bits(), Ordering::Relaxed);
        }
    }
}

/// `VmRSS:     12345 kB`
fn figure(status: &str, name: &str) -> Option<i64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}

/// The 14th and 15th figure; the second is a name in brackets that may hold anything.
fn cpu_ticks(stat: &str) -> Option<u64> {
    let (_, after) = stat.rsplit_once(')')?;
    let mut figures = after.split_whitespace().skip(11).map(str::parse::<u64>);
    let user = figures.next()?.ok()?;
    Some(user + figures.next()?.ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_read_as_the_kernel_writes_them() {
        assert_eq!(figure("Name:\tx\nVmRSS:\t   12345 kB\nThreads:\t7\n", "VmRSS:"), Some(12345));
        assert_eq!(figure("", "VmRSS:"), None);
        let stat = "7 (a ) b) S 1 2 3 4 5 6 7 8 9 10 150 25 0 0 20";
        assert_eq!(cpu_ticks(stat), Some(175));
        assert_eq!(cpu_ticks("7 (a) S 1 2"), None);
    }

    #[test]
    fn this_process_is_seen() {
        let process = Process::register(&mut Registry::default(), 0);
        process.refresh();
        assert!(process.resident.get() > 1 << 20);
        assert!((3..=process.most_files.get()).contains(&process.open_files.get()));
        assert!(process.threads.get() >= 1);
    }
}
