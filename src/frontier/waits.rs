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

/// What is waited for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Waits {
    hosts: BTreeMap<Wait, usize>,
    next: Option<Millis>,
    /// Requests that wait for their answer.
    pub slow: Option<Slow>,
}

impl Waits {
    /// Of these hosts. `moving`: requests go out and come back; then hosts that merely keep their
    /// distance are not worth a word.
    pub fn of<'a>(hosts: impl Iterator<Item = &'a Host>, now: Millis, moving: bool) -> Self {
        let mut waits = Self::default();
        for (wait, until) in hosts.filter_map(|host| host.waits(now)) {
            if !(moving && wait == Wait::Delay) {
                *waits.hosts.entry(wait).or_default() += 1;
                waits.next = Some(waits.next.map_or(until, |next| next.min(until)));
            }
        }
        waits.next = waits.next.map(|next| next - now);
        waits
    }

    /// How many hosts wait for what.
    pub fn hosts(&self) -> impl Iterator<Item = (Wait, usize)> {
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
        for (at, (wait, hosts)) in self.hosts.iter().enumerate() {
            let words = match *hosts {
                1 => of_one(wait.words()),
                _ => wait.words().to_owned(),
            };
            let noun = match (at, hosts) {
                (0, 1) => " host",
                (0, _) => " hosts",
                _ => "",
            };
            write!(f, "{}{hosts}{noun} {words}", if at > 0 { ", " } else { "" })?;
        }
        if let Some(next) = self.next {
            write!(f, "; next in {}.{} s", next / 1000, next % 1000 / 100)?;
        }
        if let Some(Slow { requests, host, since }) = &self.slow {
            let verb = if *requests == 1 { "waits" } else { "wait" };
            let gap = if self.hosts.is_empty() { "" } else { "; " };
            write!(f, "{gap}{requests} {verb} for an answer ({host}, {} s)", since / 1000)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
            hosts: BTreeMap::from([(Wait::Failures, 2), (Wait::CrawlDelay, 3), (Wait::NextTry, 1)]),
            next: Some(4_050),
            slow: Some(Slow { requests: 1, host: "slow.example".to_owned(), since: 25_900 }),
        };
        assert_eq!(
            waits.to_string(),
            "3 hosts wait for crawl-delay, 2 rest after failures, 1 waits for a next try; \
             next in 4.0 s; 1 waits for an answer (slow.example, 25 s)"
        );
        let one = Waits { hosts: BTreeMap::from([(Wait::Delay, 1)]), next: Some(900), slow: None };
        assert_eq!(one.to_string(), "1 host waits for its delay; next in 0.9 s");
    }
}
