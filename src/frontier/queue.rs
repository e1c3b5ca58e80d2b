//! One job's queue on a leased host, as far as it is in memory.

use std::collections::VecDeque;
use std::sync::Arc;

use hashbrown::HashSet;

use super::record::{QueuedUrl, Taken};
use super::verdict::{Verdict, unasked};
use crate::domain::Millis;
use crate::domain::job::{HostLimit, Job};
use crate::domain::outcome::{Blame, Reason};
use crate::domain::politeness::HostPace;

/// Longest words kept of why a host was given up, in characters.
const MOST_WORDS: usize = 300;

/// One job's queue on a host.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is one thing that is known or asked for")]
pub(super) struct JobQueue {
    pub(super) job: Arc<Job>,
    pub(super) rows: VecDeque<QueuedUrl>,
    /// The store may hold due rows that `rows` does not.
    pub(super) more: bool,
    /// A read has been asked for.
    pub(super) reading: bool,
    /// When a row that waits in the store becomes due.
    pub(super) next_due: Option<Millis>,
    /// Such a row has become due: it may come before those in `rows`.
    pub(super) overdue: bool,
    /// How its way here stands, where that leads through a proxy: what fails on it rests this queue
    /// and no other.
    pub(super) way: HostPace,
    /// Its requests in flight.
    pub(super) flying: usize,
    /// The job gives the host up: nothing more is asked; when nothing is in flight the store is told.
    pub(super) given_up: Option<Reason>,
    /// The words for that.
    pub(super) evidence: Option<Arc<str>>,
    /// The store has been told.
    pub(super) told: bool,
    /// URLs asked here in this pass, for jobs that limit them; `None`: not read yet.
    pub(super) asked: Option<i64>,
    /// A limit of the job ends its asking here; what is queued stays in the store.
    pub(super) beyond: Option<HostLimit>,
}

/// May a page of a queue go out, as far as the limits for one host go?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Room {
    /// Yes.
    Yes,
    /// Not before those in flight have come back.
    Later,
    /// No more in this pass.
    None(HostLimit),
}

impl JobQueue {
    /// A queue of which nothing is known yet: it is to be read.
    pub(super) fn new(job: &Arc<Job>) -> Self {
        Self {
            job: Arc::clone(job),
            rows: VecDeque::new(),
            more: true,
            reading: false,
            next_due: None,
            overdue: false,
            way: HostPace::default(),
            flying: 0,
            given_up: None,
            evidence: None,
            told: false,
            asked: None,
            beyond: None,
        }
    }

    /// Takes in a read; what is held is not taken again.
    pub(super) fn took(&mut self, taken: Taken, held: &HashSet<i64>) {
        self.reading = false;
        self.overdue = false;
        self.asked = self.asked.or(taken.asked);
        self.more = !taken.complete;
        self.next_due = taken.next_due;
        self.rows = taken.rows.into_iter().filter(|row| !held.contains(&row.id)).collect();
        if self.given_up.is_some() {
            self.clear();
        }
        if let Some(limit) = self.beyond {
            self.set_beyond(limit);
        }
    }

    /// Is there room under the limits for one host? `admitted`: the host has, or may take, one of
    /// the places under `max_hosts`.
    pub(super) fn room(&self, admitted: bool) -> Room {
        let limits = &self.job.limits;
        if !limits.count_hosts() {
            return Room::Yes;
        }
        let flying = i64::try_from(self.flying).unwrap_or(i64::MAX);
        let asked = self.asked.unwrap_or(0);
        match limits.max_pages_per_host {
            _ if !admitted => Room::None(HostLimit::MaxHosts),
            Some(max) if asked >= max && flying == 0 => Room::None(HostLimit::MaxPagesPerHost),
            Some(max) if asked + flying >= max => Room::Later,
            _ => Room::Yes,
        }
    }

    /// Nothing more is asked here in this pass.
    pub(super) fn set_beyond(&mut self, limit: HostLimit) {
        self.beyond = Some(limit);
        self.clear();
    }

    /// Does a read of the queue have to say how many URLs were asked here?
    pub(super) fn is_to_count(&self) -> bool {
        self.asked.is_none() && self.job.limits.count_hosts()
    }

    /// Does a read of the queue have to tell the queries that its rows stand for?
    pub(super) fn is_of_queries(&self) -> bool {
        self.job.harvest().is_some()
    }

    /// Has a row that waited in the store become due? Then the queue is to be read.
    pub(super) fn look_for_overdue(&mut self, now: Millis) {
        if self.next_due.is_some_and(|due| due <= now) {
            self.next_due = None;
            self.more = true;
            self.overdue = true;
        }
    }

    /// A page has come back; a row whose result changes here is to be held, and is given back.
    pub(super) fn landed(
        &mut self,
        row: QueuedUrl,
        answered: bool,
        verdict: &mut Verdict,
    ) -> Option<i64> {
        self.flying = self.flying.saturating_sub(1);
        if answered && self.way.fails > 0 {
            self.way = HostPace::default();
        }
        match (&*verdict, self.given_up) {
            (Verdict::Again | Verdict::Stale | Verdict::OnceMore, Some(reason)) => {
                let words = self.words();
                let id = row.id;
                *verdict = Verdict::Settled(Box::new(unasked(&row, reason, words)));
                return Some(id);
            }
            (Verdict::Again | Verdict::Stale | Verdict::OnceMore, None) => {
                self.rows.push_front(row);
            }
            (Verdict::GiveUp(settled), _) => {
                let reason = settled.reason.unwrap_or(Reason::Unreachable);
                self.give_up(reason, settled.evidence.as_deref());
            }
            // It lives after all. (A host that wants a longer rest than the job grants lives anyway.)
            (_, Some(reason)) if answered && !self.told && reason.blame() == Blame::Host => {
                self.given_up = None;
                self.more = true;
            }
            (Verdict::Deferred(_), Some(reason)) => {
                let words = self.words();
                *verdict = Verdict::Settled(Box::new(unasked(&row, reason, words)));
            }
            _ => {}
        }
        if let Verdict::Settled(settled) | Verdict::GiveUp(settled) = &*verdict
            && let Some(asked) = &mut self.asked
        {
            *asked += i64::from(settled.asked);
        }
        None
    }

    /// Whatever made the job give the host up, it is tried again.
    pub(super) fn revive(&mut self) {
        self.given_up = None;
        self.evidence = None;
        self.told = false;
        self.way = HostPace::default();
    }

    /// Until when its way rests though there is, or may be, something to ask.
    pub(super) fn rests_until(&self, now: Millis) -> Option<Millis> {
        (self.way.not_before > now && !self.is_empty()).then_some(self.way.not_before)
    }

    /// Is there nothing to ask, now or later?
    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty() && !self.more && !self.reading && self.next_due.is_none()
    }

    /// Nothing more is asked here.
    pub(super) fn give_up(&mut self, reason: Reason, evidence: Option<&str>) {
        self.given_up = Some(reason);
        let cut = |words: &str| words.chars().take(MOST_WORDS).collect::<String>();
        self.evidence = evidence.map(|words| cut(words).into());
        self.clear();
    }

    /// What failed here, for a row that comes back from a host given up.
    fn words(&self) -> String {
        let why = self.evidence.as_ref().map(|words| format!(": {words}"));
        format!("the host was given up{}", why.unwrap_or_default())
    }

    fn clear(&mut self) {
        self.rows.clear();
        self.more = false;
        self.next_due = None;
    }
}
