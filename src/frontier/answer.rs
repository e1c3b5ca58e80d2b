//! What a fetcher reports of one request.

use super::gathered::Gathered;
use super::record::{LinkRow, NewUrl, PageFacts};
use crate::domain::Millis;
use crate::domain::cookies::Cookie;
use crate::domain::outcome::{Blame, Reason};
use crate::domain::recording::Recording;

/// The outcome of asking for a page, before anybody has judged it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[expect(clippy::struct_excessive_bools, reason = "independent facts")]
pub struct Answer {
    /// Facts of the answer; `status` is `None` when there was none.
    pub facts: PageFacts,
    /// What broke, and the words for it.
    pub failure: Option<(Reason, String)>,
    /// What is to be said of an answer that did not fail.
    pub note: Option<String>,
    /// The Location header, as received.
    pub location: Option<String>,
    /// The Retry-After header, as a span from now.
    pub retry_after: Option<Millis>,
    /// The cookies that the answer set.
    pub cookies: Vec<Cookie>,
    /// Did they change the job's?
    pub cookies_changed: bool,
    /// URLs found that the known set did not hold.
    pub found: Vec<NewUrl>,
    /// Every link, when the job stores all of them.
    pub links: Vec<LinkRow>,
    /// What the job took from it besides.
    pub gathered: Option<Box<Gathered>>,
    /// When the request was begun (the connection, where there was none).
    pub begun_at: Millis,
    /// It went out on a kept-alive connection.
    pub reused: bool,
    /// It went, or was to go, through a proxy.
    pub proxied: bool,
    /// The worker died of it.
    pub killed: bool,
    /// Time by phase, microseconds: connect, head, body, extract.
    pub phases_us: [i64; 4],
    /// Does the page look as if scripts made it?
    pub looks_scripted: bool,
    /// Its records for an archive.
    pub recording: Option<Box<Recording>>,
}

impl Answer {
    /// The answer of a worker that died: what is known is that the request may have been sent.
    #[must_use]
    pub fn of_the_dead(begun_at: Millis, evidence: String) -> Self {
        Self {
            failure: Some((Reason::Poison, evidence)),
            begun_at,
            killed: true,
            ..Self::default()
        }
    }

    /// Did the way through a proxy fail? That says nothing about the host, nor to a job that goes
    /// another way.
    #[must_use]
    pub fn blames_way(&self) -> bool {
        self.proxied && matches!(&self.failure, Some((reason, _)) if reason.blame() == Blame::Host)
    }

    /// Bytes of memory that the answer holds, about.
    #[must_use]
    pub fn weight(&self) -> usize {
        let found: usize = self
            .found
            .iter()
            .map(|new| 240 + new.url.len() + new.text.as_ref().map_or(0, String::len))
            .sum();
        let links: usize = self
            .links
            .iter()
            .map(|link| 64 + link.target.len() + link.text.as_ref().map_or(0, String::len))
            .sum();
        let recording = self.recording.as_ref().map_or(0, |recording| recording.weight());
        let gathered = self.gathered.as_ref().map_or(0, |gathered| gathered.weight());
        512 + found + links + recording + gathered
    }
}

/// The outcome of asking for a robots.txt.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RobotsAnswer {
    /// HTTP status, if there was an answer.
    pub status: Option<u16>,
    /// The body, at most 500 KiB of it.
    pub body: Vec<u8>,
    /// What broke, and the words for it.
    pub failure: Option<(Reason, String)>,
    /// The Location header, as received.
    pub location: Option<String>,
    /// The Retry-After header, as a span from now.
    pub retry_after: Option<Millis>,
    /// When the request was begun.
    pub begun_at: Millis,
    /// It went, or was to go, through a proxy.
    pub proxied: bool,
    /// When it was sent; `None` if it never was.
    pub sent_at: Option<Millis>,
}

/// A Retry-After header as a span from `now`: seconds or an HTTP date (RFC 9110, 10.2.3).
#[must_use]
pub fn retry_after(value: &str, now: Millis) -> Option<Millis> {
    let value = value.trim();
    if let Ok(seconds) = value.parse::<u32>() {
        return Some(Millis::from(seconds) * 1000);
    }
    if !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit()) {
        return Some(Millis::MAX / 4);
    }
    let date = httpdate::parse_http_date(value).ok()?;
    let since = date.duration_since(std::time::UNIX_EPOCH).ok()?;
    let at = Millis::try_from(since.as_millis()).ok()?;
    Some(at.saturating_sub(now).max(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        assert_eq!(retry_after("120", 0), Some(120_000));
        assert_eq!(retry_after(" 0 ", 0), Some(0));
        let at = 784_111_777_000;
        assert_eq!(retry_after("Sun, 06 Nov 1994 08:49:37 GMT", at - 5_000), Some(5_000));
        assert_eq!(retry_after("Sun, 06 Nov 1994 08:49:37 GMT", at + 5_000), Some(0));
        assert_eq!(retry_after("99999999999999999999", 0), Some(Millis::MAX / 4));
        assert_eq!(retry_after("soon", 0), None);
        assert_eq!(retry_after("-5", 0), None);
    }
}
