//! A leased host: its pace, its robots.txt and each job's queue there.
//!
//! Invariant: a row of the queue that this window knows is in `rows` (to be asked) or in `held`
//! (in flight, or answered and not yet committed), never in both; a row in neither is in the store
//! alone. A read of the queue replaces `rows` by what it brought less what is held.

mod next;
mod waits;
mod ways;

use std::collections::VecDeque;
use std::sync::Arc;

use hashbrown::HashSet;

use super::crowd::Spot;
use super::queue::JobQueue;
use super::record::{ClaimedHost, HostRow, NewUrl, QueuedUrl, Settled, Taken};
use super::robots_gate::{RobotsErrand, RobotsGate};
use super::verdict::Verdict;
use crate::domain::job::{HostLimit, Job};
use crate::domain::politeness::{HostPace, LONGEST_WAIT, Pace, Pause};
use crate::domain::url::CanonicalUrl;
use crate::domain::{HostKey, JobId, Millis};

/// A leased host.
#[derive(Debug)]
pub struct Host {
    /// Its key.
    pub key: HostKey,
    /// `example.org:8080`.
    pub authority: String,
    /// The lease's epoch.
    pub epoch: i64,
    /// Its pace.
    pub pace: HostPace,
    pub(super) queues: Vec<JobQueue>,
    pub(super) held: HashSet<i64>,
    pub(super) errands: VecDeque<RobotsErrand>,
    pub(super) ticket: Option<(Millis, u64)>,
    /// It stands in line for its turn.
    pub(super) due: bool,
    /// Jobs that have just met a limit here.
    pub(super) beyond: Vec<(JobId, HostLimit)>,
    /// Where it shares places with others.
    pub(super) spot: Option<Spot>,
    /// It waits there to be called, and looks again at this moment if nobody does.
    pub(super) waits: Option<Millis>,
    /// Since when it has had something to ask but found no place.
    pub(super) crowded_since: Option<Millis>,
    gates: Vec<RobotsGate>,
    rules: Pace,
    in_flight: usize,
    starting: usize,
    turn: usize,
    /// When the last request went out, and when the one before it had.
    last_out: (Millis, Millis),
    /// A URL here: others are like it, and are parsed by it.
    sample: Option<CanonicalUrl>,
}

/// A request that may go out now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Work {
    /// A page of a job, and its URL.
    Page(QueuedUrl, CanonicalUrl),
    /// A robots.txt, asked in the name of this job.
    Robots(RobotsErrand, JobId),
}

impl Work {
    /// In whose name it is asked.
    #[must_use]
    pub(super) fn job(&self) -> JobId {
        match self {
            Self::Page(row, _) => row.job,
            Self::Robots(errand, _) => errand.job,
        }
    }
}

/// What a host has to say when its turn comes.
#[derive(Debug)]
pub(super) enum HostStep {
    /// Ask this.
    Ask(Work),
    /// This needs no asking.
    Unasked(Box<Settled>),
    /// These sitemaps are to be made known to the job.
    Listed(JobId, Vec<NewUrl>),
    /// Nothing before this moment.
    Wait(Millis),
    /// Nothing before an answer, a read, a commit or a job's gate.
    Blocked,
    /// No work at all.
    Nothing,
    /// Something could be asked, but there is no place where the host stands.
    Crowded,
}

impl Host {
    /// Takes up a claimed host.
    #[must_use]
    pub fn new(claimed: &ClaimedHost, now: Millis) -> Self {
        let row = &claimed.host;
        let pace = HostPace {
            asked_at: row.asked_at,
            not_before: row.not_before,
            backoff: row.backoff_ms,
            fails: row.fails,
            failing_since: row.failing_since,
            answered_at: row.answered_at,
            ..HostPace::default()
        };
        Self {
            key: row.key,
            authority: row.authority.clone(),
            epoch: claimed.epoch,
            pace: pace.resume(now, LONGEST_WAIT),
            queues: Vec::new(),
            held: HashSet::new(),
            errands: VecDeque::new(),
            ticket: None,
            due: false,
            beyond: Vec::new(),
            spot: (row.answered_at == 0).then_some(Spot::Unreached),
            waits: None,
            crowded_since: None,
            gates: claimed.robots.iter().map(|row| RobotsGate::stored(row, now)).collect(),
            rules: IDLE,
            in_flight: 0,
            starting: 0,
            turn: 0,
            last_out: (0, 0),
            sample: None,
        }
    }

    /// The host's pace as it is stored.
    #[must_use]
    pub fn row(&self) -> HostRow {
        HostRow {
            key: self.key,
            authority: self.authority.clone(),
            asked_at: self.pace.asked_at,
            not_before: self.pace.not_before,
            backoff_ms: self.pace.backoff,
            fails: self.pace.fails,
            failing_since: self.pace.failing_since,
            answered_at: self.pace.answered_at,
        }
    }

    /// The pace that the jobs with work here agree on, crawl-delay included.
    #[must_use]
    pub fn rules(&self) -> &Pace {
        &self.rules
    }

    /// Requests in flight.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.in_flight
    }

    /// Must the start of a request be reported at once? (Where a delay applies, the next request
    /// waits for it.)
    #[must_use]
    pub fn reports_start(&self) -> bool {
        self.rules.delay > 0 || self.pace.backoff > 0 || !self.rules.pause.is_off()
    }

    /// Earliest moment of the next request.
    #[must_use]
    pub fn ready_at(&self) -> Millis {
        self.pace.ready_by(&self.rules, self.key)
    }

    /// How many rows a read should bring.
    #[must_use]
    pub(super) fn batch(&self) -> usize {
        16 + 8 * self.rules.per_host.min(256)
    }

    /// Fewer rows than this are few. A read brings again what is here and what is held, so it should
    /// be late, but not so late that anybody waits for it.
    #[must_use]
    pub(super) fn few(&self) -> usize {
        self.batch() / 4
    }

    /// The crawl-delay that was asked for and the one that is kept, where it is cut.
    #[must_use]
    pub fn cut_crawl_delay(&self) -> Option<(Millis, Millis)> {
        let cut = |queue: &JobQueue| {
            let asked = self.crawl_delay(&queue.job)?;
            (asked > queue.job.max_crawl_delay).then_some((asked, queue.job.max_crawl_delay))
        };
        self.queues.iter().find_map(cut)
    }

    /// The crawl-delay that a job is asked to keep here.
    fn crawl_delay(&self, job: &Job) -> Option<Millis> {
        let delays = self.gates.iter().filter_map(|gate| gate.crawl_delay(&job.robots_agent));
        delays.max().filter(|_| job.robots)
    }

    /// Recomputes the rules after jobs or robots.txt have changed.
    pub(super) fn agree(&mut self) {
        let mut rules: Option<Pace> = None;
        for queue in &self.queues {
            let mut pace = queue.job.pace;
            let asked = self.crawl_delay(&queue.job).unwrap_or(0);
            pace.delay = pace.delay.max(asked.min(queue.job.max_crawl_delay));
            rules = Some(rules.map_or(pace, |so_far| so_far.strictest(pace)));
        }
        for errand in &self.errands {
            rules = Some(rules.map_or(errand.pace, |so_far| so_far.strictest(errand.pace)));
        }
        self.rules = rules.unwrap_or(self.rules);
        for own in self.queues.iter().filter_map(|queue| queue.job.hosts.get(&self.authority)) {
            if let Some(delay) = own.delay_ms {
                (self.rules.delay, self.rules.pause) = (delay, Pause::default());
            }
            self.rules.per_host = own.per_host.unwrap_or(self.rules.per_host).max(1);
        }
    }

    pub(super) fn queue_mut(&mut self, job: JobId) -> Option<&mut JobQueue> {
        self.queues.iter_mut().find(|queue| queue.job.id == job)
    }

    /// Makes sure that the job has a queue here, and that it is read.
    pub(super) fn has_more(&mut self, job: &Arc<Job>) {
        if let Some(queue) = self.queue_mut(job.id) {
            queue.more = queue.beyond.is_none();
            return;
        }
        self.queues.push(JobQueue::new(job));
        self.agree();
    }

    /// Takes in a read of a job's queue.
    pub(super) fn took(&mut self, job: JobId, taken: Taken) {
        let held = std::mem::take(&mut self.held);
        if let Some(queue) = self.queue_mut(job) {
            queue.took(taken, &held);
        }
        self.held = held;
    }

    /// A request went out at this moment.
    pub(super) fn started(&mut self, at: Millis) {
        self.pace.asked(at);
        self.starting = self.starting.saturating_sub(1);
    }

    /// A request has ended; `started` had not been said of it.
    pub(super) fn ended(&mut self, reported: bool) {
        self.in_flight = self.in_flight.saturating_sub(1);
        if !reported {
            self.starting = self.starting.saturating_sub(1);
        }
    }

    /// The last request to go out did not after all: the host's pace stays as it was.
    pub(super) fn never_asked(&mut self) {
        let (at, before) = self.last_out;
        if self.pace.asked_at == at {
            self.pace.asked_at = before;
        }
    }

    /// A page has come back. If its job has given the host up meanwhile, a try to be repeated is
    /// none any more; but an answer brings the host back to life.
    pub(super) fn landed(
        &mut self,
        job: &Job,
        row: QueuedUrl,
        answered: bool,
        verdict: &mut Verdict,
    ) {
        if let Verdict::Again | Verdict::Stale | Verdict::OnceMore = verdict {
            self.held.remove(&row.id);
        }
        let again = self.queue_mut(job.id).and_then(|queue| queue.landed(row, answered, verdict));
        self.held.extend(again);
    }

    /// The gate of an origin.
    pub(super) fn gate(&mut self, origin: &str) -> &mut RobotsGate {
        let known = self.gates.iter().position(|gate| gate.origin == origin);
        let at = known.unwrap_or_else(|| {
            self.gates.push(RobotsGate::new(origin));
            self.gates.len() - 1
        });
        #[expect(clippy::indexing_slicing, reason = "found or pushed just above")]
        &mut self.gates[at]
    }

    /// Is a root queued here whose https was only supposed?
    #[must_use]
    pub(super) fn waits_for_guess(&self) -> bool {
        self.queues
            .iter()
            .any(|q| q.rows.iter().any(|row| row.depth == 0 && q.job.guessed(&row.url, row.task)))
    }

    /// Is there nothing to do, nothing under way and nothing to wait for here?
    #[must_use]
    pub(super) fn is_idle(&self) -> bool {
        self.in_flight == 0
            && self.held.is_empty()
            && self.errands.is_empty()
            && self.queues.iter().all(|q| q.rows.is_empty() && !q.more && !q.reading)
    }
}

/// The rules of a host on which no job has work.
const IDLE: Pace = Pace {
    delay: 0,
    per_host: 1,
    max_retry_after: 0,
    host_patience: 0,
    persistence: 0,
    max_tries: 1,
    latency_factor: 0,
    max_delay: 0,
    pause: Pause { least: 0, most: 0 },
};
