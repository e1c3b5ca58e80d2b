//! What is known of the robots.txt of one origin, and what follows for its pages.
//!
//! Invariant: no page of the origin is asked for a job that obeys robots.txt unless the state is
//! `State::Known`, and that is entered only after the answer (with its crawl-delay) has been
//! committed. RFC 9309 throughout.

use super::answer::RobotsAnswer;
use super::record::{NewUrl, RobotsRow};
use super::sitemaps;
use crate::domain::job::Job;
use crate::domain::outcome::{Blame, Reason};
use crate::domain::politeness::{Pace, retry_wait};
use crate::domain::robots::{Robots, RobotsAnswer as Meaning, from_answer};
use crate::domain::url::CanonicalUrl;
use crate::domain::{HostKey, JobId, Millis};

/// How long an answer may be used (RFC 9309, 2.4).
const FRESH: Millis = 24 * 3_600_000;
/// How long a host whose address is private is not looked at again.
const PRIVATE: Millis = 300_000;
/// How long a waived gate stays open.
const WAIVED: Millis = 60_000;
/// When a redirect is tried again whose host another node holds.
const FAR_AWAY: Millis = 5_000;
/// Most redirects followed (RFC 9309, 2.3.1.2).
const MAX_REDIRECTS: u8 = 5;

/// robots.txt of one origin.
#[derive(Debug)]
pub struct RobotsGate {
    /// `https://example.org`.
    pub origin: String,
    state: State,
    /// The last rules had: their crawl-delay counts also while they are asked for again.
    robots: Option<Robots>,
    tries: i32,
    /// Jobs that have been given the sitemaps it names.
    told: Vec<JobId>,
}

#[derive(Debug)]
enum State {
    /// Never asked, or too long ago.
    Unknown,
    /// A request is under way.
    Asking,
    /// Answered; the commit is under way.
    Storing { expires_at: Millis },
    /// Answered and stored.
    Known { expires_at: Millis },
    /// Not to be had for now.
    RetryAt(Millis),
    /// Not to be had at all, and why; asked again after this moment.
    Unavailable { until: Millis, reason: Reason, evidence: String },
}

/// What the gate says to a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Passage {
    /// It may be asked.
    Open,
    /// It may not, by this rule.
    Closed(String),
    /// robots.txt has to be asked first.
    AskFirst,
    /// An answer is on its way.
    Wait,
    /// Try again at this moment.
    WaitUntil(Millis),
    /// robots.txt cannot be had, and this is why its pages are not asked.
    Unavailable(Reason, String),
}

/// What an answer leads to.
#[derive(Debug, PartialEq, Eq)]
pub enum Next {
    /// To be stored; the gate opens when that is done.
    Store(Box<RobotsRow>),
    /// Asked again there.
    Follow(CanonicalUrl),
    /// Asked again later, or given up.
    Later,
    /// The host could not be reached.
    Unreachable(Reason),
}

/// A request for a robots.txt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RobotsErrand {
    /// The origin it is for.
    pub origin: String,
    /// The host of that origin.
    pub home: HostKey,
    /// In whose name.
    pub job: JobId,
    /// Where to ask: the origin's own, or a redirect's target.
    pub url: CanonicalUrl,
    /// Redirects followed so far.
    pub hops: u8,
    /// The pace of the host of that origin: a host that it leads to is asked no faster.
    pub pace: Pace,
}

impl RobotsGate {
    /// A gate of which nothing is known.
    #[must_use]
    pub fn new(origin: &str) -> Self {
        Self {
            origin: origin.to_owned(),
            state: State::Unknown,
            robots: None,
            tries: 0,
            told: Vec::new(),
        }
    }

    /// A gate as stored. What a clock that ran ahead has stored lasts a day from now at most.
    #[must_use]
    pub fn stored(row: &RobotsRow, now: Millis) -> Self {
        let mut gate = Self::new(&row.origin);
        let body = row.body.as_deref().unwrap_or_default();
        if let Meaning::Rules(robots) = from_answer(row.status, body.as_bytes()) {
            gate.robots = Some(robots);
            gate.state = State::Known { expires_at: row.expires_at.min(now + FRESH) };
        }
        gate
    }

    /// May this job's agent ask for this page now?
    #[must_use]
    pub fn passage(&self, agent: &str, path_and_query: &str, now: Millis) -> Passage {
        match &self.state {
            State::Known { expires_at } if *expires_at > now => {
                let Some(robots) = &self.robots else { return Passage::AskFirst };
                let verdict = robots.verdict(agent, path_and_query);
                if verdict.allowed {
                    Passage::Open
                } else {
                    Passage::Closed(verdict.rule.unwrap_or_else(|| "robots.txt".to_owned()))
                }
            }
            State::Asking | State::Storing { .. } => Passage::Wait,
            State::RetryAt(at) if *at > now => Passage::WaitUntil(*at),
            State::Unavailable { until, reason, evidence } if *until > now => {
                Passage::Unavailable(*reason, evidence.clone())
            }
            // Never had, or too long ago.
            _ => Passage::AskFirst,
        }
    }

    /// The request is under way.
    pub fn asking(&mut self) {
        self.state = State::Asking;
    }

    /// Opens the gate for a moment: the origin was only supposed and refuses connections, which the
    /// request for its page will find out for itself.
    pub fn waive(&mut self, now: Millis) {
        self.robots = Some(Robots::allow_all());
        self.state = State::Known { expires_at: now + WAIVED };
    }

    /// The answer came to nothing: it is to be asked again when somebody needs it.
    pub fn forget(&mut self) {
        self.state = State::Unknown;
    }

    /// The host that it redirects to cannot be had now.
    pub fn out_of_reach(&mut self, now: Millis) {
        self.state = State::RetryAt(now + FAR_AWAY);
    }

    /// The row is in the store: the gate opens.
    pub fn stored_now(&mut self) {
        if let State::Storing { expires_at } = self.state {
            self.state = State::Known { expires_at };
        }
    }

    /// The sitemaps that the file names, once for each job; the first page of the origin asks, and
    /// what it is given is stored no later than that page's result.
    pub fn sitemaps(&mut self, job: &Job) -> Option<Vec<NewUrl>> {
        let State::Known { .. } = self.state else { return None };
        let robots = self.robots.as_ref().filter(|robots| !robots.sitemaps().is_empty())?;
        if self.told.contains(&job.id) {
            return None;
        }
        self.told.push(job.id);
        Some(sitemaps::named(job, robots, &self.origin))
    }

    /// Crawl-delay for this agent, if one is known.
    #[must_use]
    pub fn crawl_delay(&self, agent: &str) -> Option<Millis> {
        let delay = self.robots.as_ref()?.crawl_delay(agent)?;
        Some(Millis::try_from(delay.as_millis()).unwrap_or(Millis::MAX))
    }

    /// Takes in an answer to `errand`.
    pub fn answered(
        &mut self,
        errand: &RobotsErrand,
        answer: &RobotsAnswer,
        max_tries: i32,
        now: Millis,
        luck: u64,
    ) -> Next {
        if let Some((reason, words)) = &answer.failure {
            if reason.blame() == Blame::Host && errand.url.host_key() == errand.home {
                self.state = State::Unknown;
                return Next::Unreachable(*reason);
            }
            if *reason == Reason::Private && errand.url.host_key() == errand.home {
                // What holds for the robots.txt holds for every page there.
                let (until, evidence) = (now + PRIVATE, words.clone());
                self.state = State::Unavailable { until, reason: *reason, evidence };
                return Next::Later;
            }
            let words = format!("{}: {reason}: {words}", errand.url);
            return self.failed(words, max_tries, now, luck);
        }
        let mut status = answer.status;
        if let Some(300..=399) = status {
            if let Some(target) = redirect(errand, answer.location.as_deref()) {
                return Next::Follow(target);
            }
            // A robots.txt that redirects nowhere, or for ever, counts as not there.
            status = Some(404);
        }
        match from_answer(status, &answer.body) {
            Meaning::Rules(robots) => {
                let expires_at = now + FRESH;
                self.tries = 0;
                self.robots = Some(robots);
                self.told.clear();
                self.state = State::Storing { expires_at };
                let body = matches!(status, Some(200..=299))
                    .then(|| String::from_utf8_lossy(&answer.body).replace('\0', "\u{fffd}"));
                Next::Store(Box::new(RobotsRow {
                    origin: self.origin.clone(),
                    host: errand.home,
                    fetched_at: answer.sent_at.unwrap_or(now),
                    expires_at,
                    status,
                    body,
                }))
            }
            Meaning::Unavailable => {
                let status = status.map_or_else(String::new, |s| s.to_string());
                self.failed(format!("{}: http_{status}", errand.url), max_tries, now, luck)
            }
        }
    }

    fn failed(&mut self, evidence: String, max_tries: i32, now: Millis, luck: u64) -> Next {
        self.tries += 1;
        self.state = if self.tries >= max_tries {
            self.tries = 0;
            State::Unavailable { until: now + FRESH, reason: Reason::RobotsUnavailable, evidence }
        } else {
            State::RetryAt(now + retry_wait(self.tries, luck))
        };
        Next::Later
    }
}

fn redirect(errand: &RobotsErrand, location: Option<&str>) -> Option<CanonicalUrl> {
    let target = errand.url.join(location?.trim()).ok()?;
    (errand.hops < MAX_REDIRECTS).then_some(target)
}

#[cfg(test)]
mod tests;
