//! What a host has to be asked when its turn comes.

use std::sync::Arc;

use super::{Host, HostStep, Work};
use crate::domain::job::Job;
use crate::domain::outcome::Reason;
use crate::domain::role::Role;
use crate::domain::url::{CanonicalUrl, UrlError};
use crate::domain::{JobId, Millis};
use crate::frontier::discover::barred;
use crate::frontier::places::Places;
use crate::frontier::queue::Room;
use crate::frontier::record::QueuedUrl;
use crate::frontier::robots_gate::{Passage, RobotsErrand};
use crate::frontier::sitemaps::SWITCHED_OFF;
use crate::frontier::verdict::unasked;

impl Host {
    /// What is to be done here now. `crowded`: nothing may go out, for there is no place where the
    /// host stands.
    pub(in crate::frontier) fn next(
        &mut self,
        now: Millis,
        admits: &dyn Fn(JobId) -> bool,
        places: &Places,
        crowded: bool,
    ) -> HostStep {
        if self.in_flight >= self.rules.per_host || (self.starting > 0 && self.reports_start()) {
            return HostStep::Blocked;
        }
        let ready = self.ready_at();
        if ready > now {
            return HostStep::Wait(ready);
        }
        if crowded && !self.errands.is_empty() {
            return HostStep::Crowded;
        }
        if let Some(errand) = self.errands.pop_front() {
            let job = errand.job;
            self.goes_out(now);
            return HostStep::Ask(Work::Robots(errand, job));
        }
        let mut best = if self.in_flight > 0 || !self.held.is_empty() {
            HostStep::Blocked
        } else {
            HostStep::Nothing
        };
        for offset in 0..self.queues.len() {
            let at = (self.turn + offset) % self.queues.len();
            match self.next_of(at, now, admits, places, crowded) {
                step @ (HostStep::Ask(_) | HostStep::Unasked(_) | HostStep::Listed(..)) => {
                    self.turn = at + 1;
                    return step;
                }
                HostStep::Crowded => best = HostStep::Crowded,
                HostStep::Wait(at) => {
                    best = match best {
                        HostStep::Crowded => HostStep::Crowded,
                        HostStep::Wait(other) => HostStep::Wait(at.min(other)),
                        _ => HostStep::Wait(at),
                    }
                }
                HostStep::Blocked if matches!(best, HostStep::Nothing) => best = HostStep::Blocked,
                _ => {}
            }
        }
        best
    }

    /// What one job has to do here now.
    fn next_of(
        &mut self,
        at: usize,
        now: Millis,
        admits: &dyn Fn(JobId) -> bool,
        places: &Places,
        crowded: bool,
    ) -> HostStep {
        let Some(queue) = self.queues.get_mut(at) else { return HostStep::Nothing };
        queue.look_for_overdue(now);
        let Some(row) = queue.rows.front() else {
            return match queue.next_due {
                _ if queue.more || queue.reading => HostStep::Blocked,
                Some(due) => HostStep::Wait(due),
                None => HostStep::Nothing,
            };
        };
        if !admits(queue.job.id) {
            return HostStep::Blocked;
        }
        if queue.way.not_before > now {
            return HostStep::Wait(queue.way.not_before);
        }
        let room = match row.role {
            Role::Page => queue.room(places.admit(&queue.job, self.key)),
            Role::Sitemap => Room::Yes,
        };
        match room {
            Room::Yes => {}
            Room::Later => return HostStep::Blocked,
            Room::None(limit) => {
                self.beyond.push((queue.job.id, limit));
                queue.set_beyond(limit);
                return HostStep::Nothing;
            }
        }
        if row.due_at > now {
            return HostStep::Wait(row.due_at);
        }
        let job = Arc::clone(&queue.job);
        let url = match parse_like(&mut self.sample, &row.url) {
            Ok(url) => url,
            Err(error) => return self.set_aside(at, Reason::BadAnswer, error.to_string()),
        };
        let role = row.role;
        if let Some((reason, evidence)) = ruled_out(&job, &url, row) {
            return self.set_aside(at, reason, evidence);
        }
        if job.robots {
            let known = (role == Role::Page && job.finds_sitemaps())
                .then(|| self.gate(url.origin()).sitemaps(&job))
                .flatten();
            if let Some(sitemaps) = known {
                return HostStep::Listed(job.id, sitemaps);
            }
            return self.through_gate(at, &job, url, now, crowded);
        }
        if crowded { HostStep::Crowded } else { self.ask(at, url, now) }
    }

    /// Asks a page of a job that obeys robots.txt, if that allows it.
    fn through_gate(
        &mut self,
        at: usize,
        job: &Job,
        url: CanonicalUrl,
        now: Millis,
        crowded: bool,
    ) -> HostStep {
        let (home, pace) = (self.key, self.rules);
        let gate = self.gate(url.origin());
        match gate.passage(&job.robots_agent, url.path_and_query(), now) {
            Passage::Open | Passage::AskFirst if crowded => HostStep::Crowded,
            Passage::Open => self.ask(at, url, now),
            Passage::Closed(rule) => self.set_aside(at, Reason::Robots, rule),
            Passage::Unavailable(reason, why) => self.set_aside(at, reason, why),
            Passage::Wait => HostStep::Blocked,
            Passage::WaitUntil(at) => HostStep::Wait(at),
            Passage::AskFirst => match url.join("/robots.txt") {
                Ok(robots) => {
                    gate.asking();
                    let errand = RobotsErrand {
                        origin: url.origin().to_owned(),
                        home,
                        url: robots,
                        job: job.id,
                        hops: 0,
                        pace,
                    };
                    self.goes_out(now);
                    HostStep::Ask(Work::Robots(errand, job.id))
                }
                Err(error) => self.set_aside(at, Reason::RobotsUnavailable, error.to_string()),
            },
        }
    }

    fn ask(&mut self, at: usize, url: CanonicalUrl, now: Millis) -> HostStep {
        let Some(queue) = self.queues.get_mut(at) else { return HostStep::Blocked };
        let Some(row) = queue.rows.pop_front() else { return HostStep::Blocked };
        queue.flying += 1;
        self.held.insert(row.id);
        self.goes_out(now);
        HostStep::Ask(Work::Page(row, url))
    }

    fn set_aside(&mut self, at: usize, reason: Reason, evidence: String) -> HostStep {
        let Some(row) = self.queues.get_mut(at).and_then(|queue| queue.rows.pop_front()) else {
            return HostStep::Blocked;
        };
        self.held.insert(row.id);
        HostStep::Unasked(Box::new(unasked(&row, reason, evidence)))
    }

    fn goes_out(&mut self, now: Millis) {
        self.in_flight += 1;
        if self.reports_start() {
            self.starting += 1;
        }
        let before = self.pace.asked_at;
        self.pace.asked(now);
        self.last_out = (self.pace.asked_at, before);
    }
}

/// Parses the URL of a row with the help of one that was here before.
fn parse_like(sample: &mut Option<CanonicalUrl>, text: &str) -> Result<CanonicalUrl, UrlError> {
    match sample {
        Some(sample) if text.starts_with(sample.origin()) => sample.parse_near(text),
        _ => Ok(sample.insert(CanonicalUrl::parse(text)?).clone()),
    }
}

/// The rule of ours that keeps a row from being asked. A sitemap needs no place in the scope, since
/// a site in scope names it, and its depth is no page's.
fn ruled_out(job: &Job, url: &CanonicalUrl, row: &QueuedUrl) -> Option<(Reason, String)> {
    if row.role == Role::Sitemap {
        let off = || (Reason::Scope, SWITCHED_OFF.to_owned());
        return barred(job, url, 0).or_else(|| (!job.sitemaps).then(off));
    }
    let outside = || !job.scope.allows(url) && !job.is_root(url.as_str());
    barred(job, url, row.depth)
        .or_else(|| outside().then(|| (Reason::Scope, job.scope.explain(url).rule)))
}
