//! The window's dealings with robots.txt: answers come in, errands travel along redirects.

use super::Window;
use crate::domain::outcome::Reason;
use crate::domain::politeness::{Pace, Reach};
use crate::domain::url::host_key;
use crate::domain::{HostKey, Millis};
use crate::frontier::answer::RobotsAnswer;
use crate::frontier::queue::JobQueue;
use crate::frontier::record::RobotsRow;
use crate::frontier::robots_gate::{Next, RobotsErrand};
use crate::frontier::verdict::{Moment, speaks_no_tls};

impl Window {
    /// Takes in the answer to a robots.txt request sent to `asked`; gives what is to be stored.
    pub fn robots(
        &mut self,
        asked: HostKey,
        errand: &RobotsErrand,
        answer: &RobotsAnswer,
        reported: bool,
        moment: Moment,
    ) -> Option<Box<RobotsRow>> {
        let mut slow = None;
        let mut rules = None;
        self.ended(asked, errand.job, reported);
        if let Some(host) = self.hosts.get_mut(&asked) {
            if let Some(at) = answer.sent_at {
                host.pace.asked(at);
            }
            let pace = *host.rules();
            rules = Some(pace);
            let sent = answer.sent_at.unwrap_or(answer.begun_at);
            match (&answer.failure, answer.status) {
                (Some((reason, _)), _) if reason.slows_host() => slow = Some(sent),
                (None, Some(429 | 503)) => slow = Some(sent),
                (None, Some(_)) => host.pace.answered(moment.now),
                _ => {}
            }
            if let Some(sent) = slow {
                host.pace.slowed(moment.now, sent, answer.retry_after, moment.luck);
            }
        }
        if answer.status.is_some() {
            self.reached(asked);
        }
        let row = self.pass_on(errand, answer, rules, moment);
        self.note_given_up(errand.home);
        self.wake(asked);
        self.wake(errand.home);
        row
    }

    fn pass_on(
        &mut self,
        errand: &RobotsErrand,
        answer: &RobotsAnswer,
        rules: Option<Pace>,
        moment: Moment,
    ) -> Option<Box<RobotsRow>> {
        let home = self.hosts.get_mut(&errand.home)?;
        let rules = rules.unwrap_or(*home.rules());
        let gate = home.gate(&errand.origin);
        let told_to_wait = matches!(answer.status, Some(429 | 503));
        if let Some(status) = answer.status.filter(|_| {
            told_to_wait
                && rules.persistence == 0
                && answer.retry_after.is_some_and(|wait| wait > rules.max_retry_after)
        }) {
            gate.forget();
            let reason = Reason::Http(status);
            home.queues.iter_mut().for_each(|queue| queue.give_up(reason, None));
            return None;
        }
        let next = gate.answered(errand, answer, rules.max_tries, moment.now, moment.luck);
        home.agree();
        match next {
            Next::Store(row) => return Some(row),
            Next::Later => {}
            Next::Follow(url) => {
                self.send_on(RobotsErrand { url, hops: errand.hops + 1, ..errand.clone() });
            }
            Next::Unreachable(reason) if speaks_no_tls(reason) && home.waits_for_guess() => {
                home.gate(&errand.origin).waive(moment.now);
            }
            Next::Unreachable(reason) if answer.proxied => {
                home.way_failed(errand.job, reason, answer, moment.now);
            }
            Next::Unreachable(reason) => {
                let pace = *home.rules();
                if home.pace.unreachable(moment.now, answer.begun_at, &pace) == Reach::GivenUp {
                    let words = answer.failure.as_ref().map(|(_, words)| words.as_str());
                    let give_up = |queue: &mut JobQueue| queue.give_up(reason, words);
                    home.queues.iter_mut().for_each(give_up);
                }
            }
        }
        None
    }

    /// Passes an errand on to the host it leads to; if that is not held it is to be claimed.
    fn send_on(&mut self, errand: RobotsErrand) {
        let key = errand.url.host_key();
        if let Some(home) = self.hosts.get_mut(&errand.home) {
            home.gate(&errand.origin).asking();
        }
        match self.hosts.get_mut(&key) {
            Some(host) => {
                host.errands.push_back(errand);
                host.agree();
                self.wake(key);
            }
            None => self.strays.push(errand),
        }
    }

    /// The authority of a host that must be claimed for an errand.
    #[must_use]
    pub fn stray(&self) -> Option<&str> {
        self.strays.first().map(|errand| errand.url.authority())
    }

    /// The host of an errand cannot be had: its origin asks again later.
    pub fn stray_lost(&mut self, authority: &str, now: Millis) {
        let key = host_key(authority);
        let lost: Vec<_> =
            self.strays.extract_if(.., |stray| stray.url.host_key() == key).collect();
        for errand in lost {
            if let Some(home) = self.hosts.get_mut(&errand.home) {
                home.gate(&errand.origin).out_of_reach(now);
            }
            self.wake(errand.home);
        }
    }

    /// A robots.txt is in the store.
    pub fn robots_stored(&mut self, row: &RobotsRow) {
        if let Some(host) = self.hosts.get_mut(&row.host) {
            host.gate(&row.origin).stored_now();
            host.agree();
            self.wake(row.host);
        }
    }
}
