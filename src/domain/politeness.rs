//! How fast a host may be asked.
//!
//! Invariant: [`HostPace::ready_at`] never moves backwards except by an answer that eases the
//! back-off, and no request starts before it. Everything that slows a host (crawl-delay,
//! Retry-After, 429, 503, time-outs, failures to connect) raises it; a crash can only raise it too,
//! because what is not known to be over counts as asked just now.

mod pace;
mod pause;

use super::{HostKey, Millis};
pub use pace::Pace;
pub use pause::Pause;

/// No wait is longer, whatever a server or a clock says: 7 days.
pub const LONGEST_WAIT: Millis = 7 * 24 * 3_600_000;
/// First back-off and first rest after a failure to connect.
const FIRST_REST: Millis = 1_000;
/// Longest back-off.
const LONGEST_REST: Millis = 300_000;
/// Failed tries in a row (reset, closed, truncated ...) after which a host is slowed.
const REPEATED: u32 = 3;
/// How often a host is tried that would be given up.
const HOUR: Millis = 3_600_000;
/// A new measurement of a host's latency counts as one in so many.
const LATENCY_WEIGHT: i64 = 4;

/// What a failure to reach a host leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// The host rests; its queue waits.
    Rests,
    /// The host is given up; its queue fails unasked.
    GivenUp,
}

/// The pace of one host as it stands: durable but for the two counters of the present run.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HostPace {
    /// When the last request was sent (or may have been); 0 never.
    pub asked_at: Millis,
    /// Nothing before this; 0 none.
    pub not_before: Millis,
    /// Extra distance between requests; 0 none.
    pub backoff: Millis,
    /// Failures in a row to reach the host.
    pub fails: i32,
    /// When that row began; 0 none.
    pub failing_since: Millis,
    /// Last answer of any kind; 0 never.
    pub answered_at: Millis,
    /// When the host was last slowed in this run: answers to older requests slow it no further.
    pub(crate) slowed_at: Millis,
    /// How long the host takes to answer, smoothed, in microseconds; 0 not known.
    pub(crate) latency_us: i64,
    /// Failed tries in a row.
    pub(crate) bad_streak: u32,
    /// Was the last answer a request to slow down?
    pub(crate) told_to_wait: bool,
}

impl HostPace {
    /// Takes up a stored pace. Moments in the future are cut to `longest_wait` from `now`, so a
    /// clock that was wrong cannot park a host for ever.
    #[must_use]
    pub fn resume(mut self, now: Millis, longest_wait: Millis) -> Self {
        self.asked_at = self.asked_at.min(now);
        self.not_before = self.not_before.min(now.saturating_add(longest_wait));
        self.backoff = self.backoff.clamp(0, LONGEST_REST);
        self.failing_since = self.failing_since.min(now);
        self
    }

    /// The earliest moment of the next request.
    #[must_use]
    pub fn ready_at(&self, delay: Millis) -> Millis {
        let spaced = match self.asked_at {
            0 => 0,
            asked => asked.saturating_add(delay.max(self.backoff)),
        };
        spaced.max(self.not_before)
    }

    /// The distance to be kept between two requests, back-off apart. A host that is slow to answer
    /// is asked less often, so that at most half of its time goes to us; not so where no delay
    /// applies.
    #[must_use]
    pub fn distance(&self, pace: &Pace) -> Millis {
        if pace.delay <= 0 {
            return 0;
        }
        let each = i64::try_from(pace.per_host.max(1)).unwrap_or(i64::MAX);
        let rest = self.latency_us.saturating_mul(i64::from(pace.latency_factor)) / each / 1000;
        pace.delay.max(rest.min(pace.max_delay))
    }

    /// The earliest moment of the next request to this host, its random rest included.
    #[must_use]
    pub fn ready_by(&self, pace: &Pace, host: HostKey) -> Millis {
        let distance = self.distance(pace);
        if pace.pause.is_off() {
            return self.ready_at(distance);
        }
        self.ready_at(distance.max(pace.pause.after(host, self.asked_at)))
    }

    /// The host took so long from a request to the head of its answer, in microseconds.
    pub fn took(&mut self, us: i64) {
        let us = us.max(1);
        self.latency_us = match self.latency_us {
            0 => us,
            before => before + (us - before) / LATENCY_WEIGHT,
        };
    }

    /// A request was sent, or is about to be.
    pub fn asked(&mut self, at: Millis) {
        self.asked_at = self.asked_at.max(at);
    }

    /// The host answered, and well: the back-off eases.
    pub fn answered(&mut self, now: Millis) {
        self.seen(now);
        self.bad_streak = 0;
        self.told_to_wait = false;
        self.backoff = if self.backoff > FIRST_REST { self.backoff / 2 } else { 0 };
    }

    /// The host asked us to slow down (429, 503) or timed out after connecting. `sent_at` is when
    /// the request it answers was sent: of many in flight only the first slows the host.
    /// `retry_after` is honoured in full, up to [`LONGEST_WAIT`]; what a job does that will not wait
    /// so long is its own affair.
    pub fn slowed(&mut self, now: Millis, sent_at: Millis, retry_after: Option<Millis>, luck: u64) {
        self.seen(now);
        if sent_at >= self.slowed_at || self.slowed_at == 0 {
            self.slowed_at = now;
            self.backoff = jittered((self.backoff * 2).clamp(FIRST_REST, LONGEST_REST), luck);
            self.not_before = self.not_before.max(now.saturating_add(self.backoff));
        }
        if let Some(wait) = retry_after {
            // `now` was cut to whole milliseconds: one more, or it would end within the last.
            let wait = if wait > 0 { wait.min(LONGEST_WAIT) + 1 } else { 0 };
            self.not_before = self.not_before.max(now.saturating_add(wait));
        }
    }

    /// The host said "not now" (429, or 503 with Retry-After). Says whether it had given another
    /// answer since it last did: only if not does the URL lose a try.
    pub fn told_to_wait(&mut self) -> bool {
        std::mem::replace(&mut self.told_to_wait, true)
    }

    /// A try broke off after connecting; repeated ones slow the host.
    pub fn broke_off(&mut self, now: Millis, sent_at: Millis, luck: u64) {
        self.bad_streak = self.bad_streak.saturating_add(1);
        if self.bad_streak >= REPEATED {
            self.slowed(now, sent_at, None, luck);
        } else {
            self.seen(now);
        }
    }

    /// The host could not be reached by a request begun at `begun_at`. It rests 1, 2, 4 ... s and
    /// is given up in the end.
    pub fn unreachable(&mut self, now: Millis, begun_at: Millis, pace: &Pace) -> Reach {
        if self.fails == 0 {
            self.failing_since = now;
        } else if begun_at < self.not_before {
            return Reach::Rests;
        }
        self.fails = self.fails.saturating_add(1);
        let doublings = u32::try_from(self.fails - 1).unwrap_or(0).min(20);
        let rest = (FIRST_REST << doublings).min(LONGEST_REST);
        self.not_before = self.not_before.max(now.saturating_add(rest));
        let over = if self.answered_at == 0 {
            self.fails >= pace.max_tries
        } else {
            now.saturating_sub(self.failing_since) >= pace.host_patience
        };
        if over && now.saturating_sub(self.failing_since) < pace.persistence {
            self.not_before = self.not_before.max(now.saturating_add(HOUR));
            return Reach::Rests;
        }
        if !over {
            return Reach::Rests;
        }
        self.fails = 0;
        self.failing_since = 0;
        Reach::GivenUp
    }

    fn seen(&mut self, now: Millis) {
        self.answered_at = self.answered_at.max(now);
        self.fails = 0;
        self.failing_since = 0;
    }
}

/// When a failed try of a URL is repeated: 1 s doubling to 5 min, ±20 %.
#[must_use]
pub fn retry_wait(tries: i32, luck: u64) -> Millis {
    let doublings = u32::try_from(tries - 1).unwrap_or(0).min(20);
    jittered((FIRST_REST << doublings).min(LONGEST_REST), luck)
}

/// A span moved by up to a fifth either way.
fn jittered(span: Millis, luck: u64) -> Millis {
    let fifth = span / 5;
    let offset = i64::try_from(luck % 2001).unwrap_or(1000) - 1000;
    span + fifth * offset / 1000
}

#[cfg(test)]
mod tests {
    use super::*;

    const PACE: Pace = Pace {
        delay: 500,
        per_host: 1,
        max_retry_after: 3_600_000,
        host_patience: 600_000,
        persistence: 0,
        max_tries: 4,
        latency_factor: 2,
        max_delay: 60_000,
        pause: Pause { least: 0, most: 0 },
    };
    /// The luck that moves nothing.
    const EVEN: u64 = 1000;

    #[test]
    fn a_host_waits_its_delay_from_the_last_request() {
        let mut host = HostPace::default();
        assert_eq!(host.ready_at(500), 0);
        host.asked(10_000);
        assert_eq!(host.ready_at(500), 10_500);
    }

    #[test]
    fn a_slow_host_rests_twice_as_long_as_it_takes_and_one_that_recovers_is_asked_faster_again() {
        let mut host = HostPace::default();
        assert_eq!(host.distance(&PACE), 500, "nothing is known yet");
        host.took(100_000);
        assert_eq!(host.distance(&PACE), 500, "quick enough");
        for _ in 0..40 {
            host.took(3_000_000);
        }
        assert!((5_990..=6_000).contains(&host.distance(&PACE)), "{}", host.distance(&PACE));
        let shared = Pace { per_host: 4, ..PACE };
        assert!((1_490..=1_500).contains(&host.distance(&shared)), "four share the rest");
        for _ in 0..12 {
            host.took(10_000);
        }
        assert_eq!(host.distance(&PACE), 500, "it has recovered");
    }

    #[test]
    fn latency_slows_no_further_than_max_delay_and_not_at_all_where_it_is_off() {
        let mut host = HostPace::default();
        host.took(i64::MAX);
        assert_eq!(host.distance(&PACE), 60_000);
        assert_eq!(host.distance(&Pace { latency_factor: 0, ..PACE }), 500);
        assert_eq!(host.distance(&Pace { delay: 0, ..PACE }), 0, "the operator's own server");
    }

    #[test]
    fn backoff_doubles_and_eases() {
        let mut host = HostPace::default();
        host.slowed(10_000, 9_000, None, EVEN);
        assert_eq!(host.ready_at(0), 11_000);
        host.slowed(12_000, 11_500, None, EVEN);
        assert_eq!(host.backoff, 2_000);
        host.answered(20_000);
        assert_eq!(host.backoff, 1_000);
        host.answered(21_000);
        assert_eq!(host.backoff, 0);
    }

    #[test]
    fn many_in_flight_slow_a_host_once() {
        let mut host = HostPace::default();
        for _ in 0..64 {
            host.slowed(10_000, 9_000, None, EVEN);
        }
        assert_eq!(host.backoff, 1_000);
    }

    #[test]
    fn retry_after_is_honoured_in_full() {
        let mut host = HostPace::default();
        host.slowed(10_000, 9_000, Some(120_000), EVEN);
        // Whole: 10,000 may have been 10,000.9.
        assert_eq!(host.ready_at(0), 130_001);
        host.slowed(10_001, 9_000, Some(7_200_000), EVEN);
        assert_eq!(host.ready_at(0), 7_210_002);
    }

    #[test]
    fn a_host_that_never_answered_is_given_up_after_max_tries() {
        let mut host = HostPace::default();
        let mut now = 1_000;
        for _ in 0..3 {
            assert_eq!(host.unreachable(now, now, &PACE), Reach::Rests);
            now = host.ready_at(0);
        }
        assert_eq!(now, 1_000 + 1_000 + 2_000 + 4_000);
        assert_eq!(host.unreachable(now, now, &PACE), Reach::GivenUp);
    }

    #[test]
    fn a_host_that_answered_has_its_patience() {
        let mut host = HostPace::default();
        host.answered(500);
        let mut now = 1_000;
        let mut failures = 1;
        while host.unreachable(now, now, &PACE) == Reach::Rests {
            now = host.ready_at(0);
            failures += 1;
        }
        assert!(now >= 601_000, "given up at {now}");
        assert!(failures > 8);
    }

    #[test]
    fn with_persistence_a_host_is_tried_hourly_before_it_is_given_up() {
        let pace = Pace { persistence: 24 * HOUR, ..PACE };
        let mut host = HostPace::default();
        let (mut now, mut tries) = (1_000, 0);
        while host.unreachable(now, now, &pace) == Reach::Rests {
            tries += 1;
            assert!(host.not_before > now, "it rests");
            assert!(host.not_before - now <= HOUR);
            now = host.not_before;
        }
        assert!(now >= 24 * HOUR, "{now}");
        assert!((24..40).contains(&tries), "{tries}");
    }

    #[test]
    fn failures_of_requests_in_flight_together_count_once() {
        let mut host = HostPace::default();
        for _ in 0..64 {
            assert_eq!(host.unreachable(1_000, 900, &PACE), Reach::Rests);
        }
        assert_eq!(host.fails, 1);
    }

    #[test]
    fn only_the_first_wait_after_another_answer_is_free() {
        let mut host = HostPace::default();
        assert!(!host.told_to_wait());
        assert!(host.told_to_wait());
        host.answered(1);
        assert!(!host.told_to_wait());
    }

    #[test]
    fn a_stored_moment_in_the_far_future_is_cut() {
        let host = HostPace { not_before: i64::MAX, asked_at: i64::MAX, ..HostPace::default() };
        let host = host.resume(1_000, 60_000);
        assert_eq!(host.ready_at(500), 61_000);
    }

    #[test]
    fn retries_wait_one_second_doubling_to_five_minutes() {
        assert_eq!(retry_wait(1, EVEN), 1_000);
        assert_eq!(retry_wait(4, EVEN), 8_000);
        assert_eq!(retry_wait(40, EVEN), 300_000);
        assert_eq!(retry_wait(1, 0), 800);
        assert_eq!(retry_wait(1, 2_000), 1_200);
    }
}
