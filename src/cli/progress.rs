//! Progress: a bar on a terminal, log lines elsewhere.
//!
//! It is drawn on a thread of its own, which asks the store what is queued: that holds up neither
//! the run nor its end.

use std::io::IsTerminal;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::actors::messages::Observation;
use crate::app::Progress;
use crate::cli::text::span;
use crate::clock::Clock;
use crate::domain::counted::counted;
use crate::domain::job::{Extractor, Generator, Job};
use crate::domain::{JobId, Millis};
use crate::store::{Access, Standing, Store};

/// A count of the queue is good for so long, or for so many times what it took.
const FRESH: Millis = 1_000;
const SHARE: Millis = 50;
/// How long the end of a run waits for the display to be cleared.
const PATIENCE: Duration = Duration::from_secs(1);

/// How many URLs a pass asks, as far as that is known before.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Whole {
    /// So many that are not all queued yet.
    known: Option<i64>,
    /// Never more than these.
    limit: Option<i64>,
}

/// What is known of a job's size: every combination of an exhaustive harvest, and as many pages of
/// listings as may be asked, where nothing else is.
fn whole(job: &Job) -> Whole {
    let known = match (&job.generator, &job.extractor) {
        (Generator::Harvest(harvest), _) if harvest.plan.is_exhaustive() => {
            harvest.plan.count().and_then(|count| i64::try_from(count).ok())
        }
        (_, Extractor::Items(listing)) if listing.detail().is_none() => {
            let starts = i64::try_from(listing.starts.len()).unwrap_or(i64::MAX);
            listing.max_pages.map(|pages| starts.saturating_mul(pages.into()))
        }
        _ => None,
    };
    Whole { known, limit: job.limits.max_pages }
}

impl Whole {
    /// URLs still to be asked.
    fn left(self, standing: Standing) -> i64 {
        let left = self.known.map_or(0, |known| known - standing.asked).max(standing.queued);
        self.limit.map_or(left, |limit| left.min(limit - standing.asked)).max(0)
    }
}

/// How far jobs are, together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Ahead {
    asked: i64,
    queued: i64,
    /// Still to be asked.
    left: i64,
}

impl Ahead {
    fn of(jobs: impl Iterator<Item = (Standing, Whole)>) -> Self {
        jobs.fold(Self::default(), |sum, (standing, whole)| Self {
            asked: sum.asked.saturating_add(standing.asked),
            queued: sum.queued.saturating_add(standing.queued),
            left: sum.left.saturating_add(whole.left(standing)),
        })
    }
}

/// Asks the store how far jobs are, and no more often than that is cheap.
pub(super) struct Counter {
    url: String,
    jobs: Vec<(JobId, Whole)>,
    /// Opened at the first count; who runs the jobs has the other one to himself.
    store: Option<Store>,
    last: Option<Ahead>,
    due_at: Millis,
}

impl Counter {
    /// Of these jobs in the store at `url`.
    pub(super) fn new<'a>(url: &str, jobs: impl Iterator<Item = &'a Job>) -> Self {
        let jobs = jobs.map(|job| (job.id, whole(job))).collect();
        Self { url: url.to_owned(), jobs, store: None, last: None, due_at: 0 }
    }

    /// How far the jobs are; nothing if that cannot be known now.
    fn count(&mut self, clock: Clock) -> Option<Ahead> {
        let begun = clock.now();
        if begun < self.due_at {
            return self.last;
        }
        if self.store.is_none() {
            self.store = Store::open(&self.url, Access::Reader).ok();
        }
        // A store that does not work is told of by who runs the jobs.
        self.last = self.store.as_ref().and_then(|store| {
            let of = |(job, whole): &(JobId, Whole)| Some((store.standing(*job).ok()?, *whole));
            let standings: Option<Vec<_>> = self.jobs.iter().map(of).collect();
            Some(Ahead::of(standings?.into_iter()))
        });
        let ended = clock.now();
        // A run begins with nothing.
        let idle = self.last.is_none_or(|ahead| ahead.left == 0);
        let fresh = if idle { 0 } else { FRESH };
        self.due_at = ended + fresh.max(SHARE * (ended - begun));
        self.last
    }
}

/// Shows how a run is doing on stderr.
pub(super) struct Live {
    painter: Option<Sender<Observation>>,
    /// Breaks off when the display is cleared.
    cleared: Receiver<()>,
    period: Duration,
}

impl Live {
    /// A display fit for what stderr is.
    pub(super) fn new(quiet: bool, counter: Counter, clock: Clock) -> Self {
        let terminal = std::io::stderr().is_terminal();
        let period = if terminal { Duration::from_millis(200) } else { Duration::from_secs(10) };
        let (sender, seen) = mpsc::channel();
        let (clears, cleared) = mpsc::channel();
        let mut painter = Painter {
            bar: (!quiet && terminal).then(bar),
            begun_us: clock.micros(),
            clock,
            counter,
        };
        let painting = thread::Builder::new().name("progress".to_owned());
        let painting = (!quiet).then(|| {
            painting.spawn(move || {
                painter.paint(&seen);
                drop(painter);
                drop(clears);
            })
        });
        // A run that cannot be shown is a run all the same.
        let painter = painting.and_then(Result::ok).map(|_| sender);
        Self { painter, cleared, period }
    }
}

impl Progress for Live {
    fn show(&mut self, seen: &Observation) {
        if let Some(painter) = &self.painter {
            // Nobody paints any more only if the painter has failed.
            painter.send(seen.clone()).ok();
        }
    }

    fn period(&self) -> Duration {
        self.period
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        if self.painter.take().is_some() {
            // What is heard is that it ended.
            self.cleared.recv_timeout(PATIENCE).ok();
        }
    }
}

struct Painter {
    bar: Option<ProgressBar>,
    begun_us: i64,
    clock: Clock,
    counter: Counter,
}

impl Painter {
    /// Shows what comes, the latest of what has come, until the run ends.
    fn paint(&mut self, observations: &Receiver<Observation>) {
        while let Ok(first) = observations.recv() {
            let seen = observations.try_iter().last().unwrap_or(first);
            let ahead = self.counter.count(self.clock);
            let micros = (self.clock.micros() - self.begun_us).unsigned_abs();
            let line = line(&seen, ahead, Duration::from_micros(micros));
            match &self.bar {
                Some(bar) => {
                    if let Some(Ahead { asked, left, .. }) = ahead {
                        bar.set_length(asked.saturating_add(left).unsigned_abs());
                        bar.set_position(asked.unsigned_abs());
                    }
                    bar.set_message(line);
                    bar.tick();
                }
                None if seen.settled > 0 || seen.in_flight > 0 => log::info!("{line}"),
                None => {}
            }
        }
    }
}

impl Drop for Painter {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

fn bar() -> ProgressBar {
    let bar = ProgressBar::new(0);
    if let Ok(style) = ProgressStyle::with_template("{spinner} {elapsed} [{bar:10}] {wide_msg}") {
        bar.set_style(style);
    }
    bar
}

/// How things are. `elapsed`: since the run began.
fn line(seen: &Observation, ahead: Option<Ahead>, elapsed: Duration) -> String {
    let rate = rate(seen.settled, elapsed);
    let mut line = format!("{}, {rate:.1}/s", counted(seen.settled, "page"));
    match ahead {
        Some(Ahead { queued, left, .. }) if left > queued => line = format!("{line}, {left} to go"),
        Some(Ahead { queued, .. }) => line = format!("{line}, {queued} queued"),
        None => {}
    }
    line = format!("{line}, {} failed", seen.failed);
    if let Some(eta) = ahead.and_then(|ahead| eta(ahead.left, rate)) {
        line = format!("{line}, about {} left", span(eta));
    }
    line = format!("{line}, {} in flight", seen.in_flight);
    if let Some(why) = &seen.waiting {
        line.push_str("; ");
        line.push_str(why);
    }
    line
}

/// How long so many URLs take, in whole seconds.
fn eta(left: i64, rate: f64) -> Option<Millis> {
    #[expect(clippy::cast_precision_loss, reason = "an estimate for people")]
    let seconds = Duration::try_from_secs_f64(left as f64 / rate).ok()?.as_secs().max(1);
    (left > 0).then(|| i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(1_000))
}

/// Per second.
fn rate(count: u64, span: Duration) -> f64 {
    let count = f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    count / span.as_secs_f64().max(0.001)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::harvest::{RequestSpec, ResultSpec};
    use crate::domain::items::{FieldSpec, ItemsSpec};
    use crate::domain::job::{JobSpec, ScrapeSpec, StrategyName, SuggestSpec};

    fn told(standing: Option<Standing>, whole: Whole) -> String {
        let seen = Observation { settled: 20, failed: 1, in_flight: 2, ..Observation::default() };
        let ahead = standing.map(|standing| Ahead::of([(standing, whole)].into_iter()));
        line(&seen, ahead, Duration::from_secs(10))
    }

    #[test]
    fn the_queue_is_that_of_the_store_and_gives_the_time_left() {
        let resumed = Some(Standing { asked: 500, queued: 40 });
        let limited = |limit| Whole { limit: Some(limit), ..Whole::default() };
        let of = |known| Whole { known: Some(known), limit: None };
        for (standing, whole, said) in [
            (None, Whole::default(), "20 pages, 2.0/s, 1 failed, 2 in flight"),
            (
                resumed,
                Whole::default(),
                "20 pages, 2.0/s, 40 queued, 1 failed, about 20.0 s left, 2 in flight",
            ),
            (
                resumed,
                limited(510),
                "20 pages, 2.0/s, 40 queued, 1 failed, about 5.0 s left, 2 in flight",
            ),
            (resumed, limited(500), "20 pages, 2.0/s, 40 queued, 1 failed, 2 in flight"),
            (
                resumed,
                of(1_700),
                "20 pages, 2.0/s, 1200 to go, 1 failed, about 10m 0s left, 2 in flight",
            ),
            (
                resumed,
                Whole { limit: Some(700), ..of(1_700) },
                "20 pages, 2.0/s, 200 to go, 1 failed, about 1m 40s left, 2 in flight",
            ),
        ] {
            assert_eq!(told(standing, whole), said);
        }
    }

    #[test]
    fn nothing_settled_yet_gives_no_time() {
        let ahead = Some(Ahead { asked: 0, queued: 40, left: 40 });
        let seen = Observation { in_flight: 1, ..Observation::default() };
        let said = line(&seen, ahead, Duration::from_secs(3));
        assert_eq!(said, "0 pages, 0.0/s, 40 queued, 0 failed, 1 in flight");
    }

    #[test]
    fn combinations_and_pages_of_listings_are_known_before_they_are_queued() {
        let suggest = |strategy| {
            let own = SuggestSpec {
                request: RequestSpec {
                    url: "https://a.test/s?q={query}".to_owned(),
                    ..RequestSpec::default()
                },
                results: vec![ResultSpec {
                    name: "tips".to_owned(),
                    path: "$[*]".to_owned(),
                    ..ResultSpec::default()
                }],
                strategy,
                budget: Some(900),
                ..SuggestSpec::default()
            };
            JobSpec { kind: "suggest".to_owned(), suggest: Some(own), ..JobSpec::default() }
        };
        let scrape = JobSpec {
            kind: "scrape".to_owned(),
            roots: vec!["https://a.test/".to_owned(), "https://b.test/".to_owned()],
            max_pages: Some(7),
            scrape: Some(ScrapeSpec {
                items: ItemsSpec {
                    item: Some("li".to_owned()),
                    fields: vec![FieldSpec {
                        name: "name".to_owned(),
                        css: Some("b".to_owned()),
                        ..FieldSpec::default()
                    }],
                    ..ItemsSpec::default()
                },
                ..ScrapeSpec::default()
            }),
            ..JobSpec::default()
        };
        for (spec, known, limit) in [
            (suggest(StrategyName::Exhaustive), Some(47_988), Some(900)),
            (suggest(StrategyName::Adaptive), None, Some(900)),
            (scrape, Some(14), None),
        ] {
            let job = Job::new(JobId(0), "j", &spec).unwrap();
            assert_eq!(whole(&job), Whole { known, limit });
        }
    }
}
