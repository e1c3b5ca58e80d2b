//! Progress: a bar on a terminal, log lines elsewhere.

use std::io::IsTerminal;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::actors::messages::Observation;
use crate::app::Progress;
use crate::clock::Clock;
use crate::domain::counted::counted;

/// Shows how a run is doing on stderr.
pub(super) struct Live {
    bar: Option<ProgressBar>,
    quiet: bool,
    begun_us: i64,
    clock: Clock,
    limit: Option<i64>,
}

impl Live {
    /// A display fit for what stderr is. `limit`: pages after which the run ends.
    pub(super) fn new(quiet: bool, limit: Option<i64>, clock: Clock) -> Self {
        let bar = (!quiet && std::io::stderr().is_terminal()).then(|| {
            let bar = limit.map_or_else(ProgressBar::new_spinner, |limit| {
                ProgressBar::new(limit.unsigned_abs())
            });
            let template = "{spinner} {elapsed} {wide_msg}";
            if let Ok(style) = ProgressStyle::with_template(template) {
                bar.set_style(style);
            }
            bar
        });
        Self { bar, quiet, begun_us: clock.micros(), clock, limit }
    }

    fn line(&self, seen: &Observation) -> String {
        let seconds = Duration::from_micros((self.clock.micros() - self.begun_us).unsigned_abs());
        let rate = rate(seen.settled, seconds);
        let queue = seen.found.saturating_sub(seen.settled);
        let mut line = format!(
            "{}, {rate:.1}/s, {queue} queued, {} failed, {} in flight",
            counted(seen.settled, "page"),
            seen.failed,
            seen.in_flight
        );
        let left = self
            .limit
            .map_or(queue, |limit| queue.min(limit.unsigned_abs().saturating_sub(seen.settled)));
        if rate > 0.0 && left > 0 {
            let eta = Duration::from_secs(left * seconds.as_secs().max(1) / seen.settled.max(1));
            line = format!("{line}, about {} left", humantime::format_duration(eta));
        }
        if let Some(why) = &seen.waiting {
            line.push_str("; ");
            line.push_str(why);
        }
        line
    }
}

/// Per second.
fn rate(count: u64, span: Duration) -> f64 {
    let count = f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    count / span.as_secs_f64().max(0.001)
}

impl Progress for Live {
    fn show(&mut self, seen: &Observation) {
        match &self.bar {
            Some(bar) => {
                bar.set_position(seen.settled);
                bar.set_message(self.line(seen));
                bar.tick();
            }
            None if !self.quiet && seen.settled + seen.found > 0 => {
                log::info!("{}", self.line(seen));
            }
            None => {}
        }
    }

    fn period(&self) -> Duration {
        if self.bar.is_some() { Duration::from_millis(200) } else { Duration::from_secs(10) }
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
