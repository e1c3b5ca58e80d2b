//! What hosts wait for, counted and said in one sentence. Pure.

use std::collections::BTreeMap;
use std::fmt;

use super::host::Host;
use crate::domain::Millis;

/// Why a host with something to ask is not asked now, the most telling first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Wait {
    /// Its robots.txt wants a distance between requests.
    CrawlDelay,
    /// It has said when to come again.
    RetryAfter,
    /// It could not be reached.
    Failures,
    /// It has answered badly, or asked for a slower pace.
    BackOff,
    /// A URL that failed has its next try later.
    NextTry,
    /// The distance that jobs keep.
    Delay,
}

impl Wait {
    /// Every one of them.
    pub const ALL: [Self; 6] = [
        Self::CrawlDelay,
        Self::RetryAfter,
        Self::Failures,
        Self::BackOff,
        Self::NextTry,
        Self::Delay,
    ];

    /// Its name in figures.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::CrawlDelay => "crawl_delay",
            Self::RetryAfter => "retry_after",
            Self::Failures => "failures",
            Self::BackOff => "back_off",
            Self::NextTry => "next_try",
            Self::Delay => "delay",
        }
    }

    /// It in words, of several hosts.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::CrawlDelay => "wait for crawl-delay",
            Self::RetryAfter => "wait for Retry-After",
            Self::Failures => "rest after failures",
            Self::BackOff => "rest after bad answers",
            Self::NextTry => "wait for a next try",
            Self::Delay => "wait for their delay",
        }
    }
}

/// [`Wait::words`] of one host.
#[must_use]
pub fn of_one(words: &str) -> String {
    let each = [("wait ", "waits "), ("rest ", "rests "), ("their ", "its ")];
    each.iter().fold(words.to_owned(), |words, (many, one)| words.replacen(many, one, 1))
}

/// A request that has been under way for long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slow {
    /// Requests like it.
    pub requests: usize,
    /// The host of the one that waits longest.
    pub host: String,
    /// How long that one has waited.
    pub since: Millis,
}

/// Hosts that wait for the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hosts {
    /// How many.
    pub number: usize,
    /// When the first of them may be asked.
    pub next_at: Millis,
}

/// What is waited for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Waits {
    hosts: BTreeMap<Wait, Hosts>,
    /// When they were counted.
    now: Millis,
    /// Requests that wait for their answer.
    pub slow: Option<Slow>,
}

impl Waits {
    /// Of these hosts. `moving`: requests go out and come back; then hosts that merely keep their
    /// distance are not worth a word.
    pub fn of<'a>(hosts: impl Iterator<Item = &'a Host>, now: Millis, moving: bool) -> Self {
        let mut waits = Self { now, ..Self::default() };
        for (wait, until) in hosts.filter_map(|host| host.waits(now)) {
            if !(moving && wait == Wait::Delay) {
                let hosts = waits.hosts.entry(wait).or_insert(Hosts { number: 0, next_at: until });
                hosts.number += 1;
                hosts.next_at = hosts.next_at.min(until);
            }
        }
        waits
    }

    /// The hosts, by what they wait for.
    pub fn hosts(&self) -> impl Iterator<Item = (Wait, Hosts)> {
        self.hosts.iter().map(|(wait, hosts)| (*wait, *hosts))
    }

    /// Is there nothing to say?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.hosts.is_empty() && self.slow.is_none()
    }
}

impl fmt::Display for Waits {
    /// "3 hosts wait for crawl-delay, 2 rest after failures; next in 4.0 s; 1 waits for an answer
    /// (slow.example, 25 s)".
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, (wait, Hosts { number: hosts, .. })) in self.hosts.iter().enumerate() {
            let words = if *hosts == 1 { of_one(wait.words()) } else { wait.words().to_owned() };
            let noun = match (at, *hosts) {
                (0, 1) => " host",
                (0, _) => " hosts",
                _ => "",
            };
            write!(f, "{}{hosts}{noun} {words}", if at > 0 { ", " } else { "" })?;
        }
        if let Some(next) = self.hosts.values().map(|hosts| hosts.next_at).min() {
            write!(f, "; next in {}", Span(next - self.now))?;
        }
        if let Some(Slow { requests, host, since }) = &self.slow {
            let verb = if *requests == 1 { "waits" } else { "wait" };
            let gap = if self.hosts.is_empty() { "" } else { "; " };
            write!(f, "{gap}{requests} {verb} for an answer ({host}, {} s)", since / 1000)?;
        }
        Ok(())
    }
}

/// A time to wait, in the units that matter.
struct Span(Millis);

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (millis, seconds) = (self.0, self.0 / 1000);
        match seconds {
            ..60 => write!(f, "{seconds}.{} s", millis % 1000 / 100),
            60..3600 => write!(f, "{}m {}s", seconds / 60, seconds % 60),
            _ => write!(f, "{}h {}m", seconds / 3600, seconds % 3600 / 60),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts(number: usize, next_at: Millis) -> Hosts {
        Hosts { number, next_at }
    }

    #[test]
    fn one_host_is_told_in_the_singular() {
        let words = Wait::ALL.map(|wait| of_one(wait.words()));
        let expected = [
            "waits for crawl-delay",
            "waits for Retry-After",
            "rests after failures",
            "rests after bad answers",
            "waits for a next try",
            "waits for its delay",
        ];
        assert_eq!(words, expected);
    }

    #[test]
    fn the_sentence_says_what_waits_for_what() {
        let waits = Waits {
            hosts: BTreeMap::from([
                (Wait::Failures, hosts(2, 9_000)),
                (Wait::CrawlDelay, hosts(3, 5_050)),
                (Wait::NextTry, hosts(1, 7_000)),
            ]),
            now: 1_000,
            slow: Some(Slow { requests: 1, host: "slow.example".to_owned(), since: 25_900 }),
        };
        assert_eq!(
            waits.to_string(),
            "3 hosts wait for crawl-delay, 2 rest after failures, 1 waits for a next try; \
             next in 4.0 s; 1 waits for an answer (slow.example, 25 s)"
        );
        let one = |next_at| Waits {
            hosts: BTreeMap::from([(Wait::Delay, hosts(1, next_at))]),
            now: 0,
            slow: None,
        };
        assert_eq!(one(900).to_string(), "1 host waits for its delay; next in 0.9 s");
        assert!(one(3_596_900).to_string().ends_with("; next in 59m 56s"), "{}", one(3_596_900));
        assert!(one(7_260_000).to_string().ends_with("; next in 2h 1m"), "{}", one(7_260_000));
    }
}
