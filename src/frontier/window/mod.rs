//! The window: every host that this daemon leases, in the order in which they may be asked.
//!
//! Invariant: a host is in the due heap under its present ticket, or something is under way that
//! will wake it (an answer, a start, a read, a commit, a job's gate), or it has nothing to do and
//! stands in the list of hosts to give back.

mod changing;
mod ended;
mod giving_back;
mod landing;
mod robots;
mod sharing;
mod standing;
#[cfg(test)]
mod tests;

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::sync::Arc;

use hashbrown::HashMap;

use super::crowd::Crowd;
use super::host::{Host, HostStep, Work};
use super::left_ways::LeftWays;
use super::places::Places;
use super::record::{ClaimedHost, GivenUp, NewUrl, Settled, Taken};
use super::robots_gate::RobotsErrand;
use super::turns::Turns;
use super::waits::Wait;
use crate::domain::job::{HostLimit, Job};
use crate::domain::role::Role;
use crate::domain::{HostKey, JobId, Millis};

/// The leased hosts.
#[derive(Debug, Default)]
pub struct Window {
    jobs: HashMap<JobId, Arc<Job>>,
    hosts: HashMap<HostKey, Host>,
    due: BinaryHeap<Reverse<(Millis, u64, HostKey)>>,
    reads: VecDeque<(JobId, HostKey)>,
    idle: VecDeque<HostKey>,
    strays: Vec<RobotsErrand>,
    given_up: VecDeque<GivenUp>,
    beyond: VecDeque<(JobId, HostKey, HostLimit)>,
    places: Places,
    left_ways: LeftWays,
    tickets: u64,
    crowd: Crowd,
    /// Where there are several jobs.
    turns: Option<Turns>,
}

/// Something to be done now.
#[derive(Debug)]
pub enum Step {
    /// Send this request to that host.
    Ask(HostKey, Work),
    /// Store this result: it needed no request.
    Unasked(HostKey, Box<Settled>),
    /// Make these sitemaps known to the job.
    Listed(JobId, Vec<NewUrl>),
}

/// A read of a queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Read {
    /// Whose queue.
    pub job: JobId,
    /// Which host's.
    pub host: HostKey,
    /// Most rows wanted.
    pub limit: usize,
    /// Is the number of URLs asked there wanted too?
    pub counted: bool,
    /// Are the queries wanted too that the rows stand for?
    pub queries: bool,
}

impl Window {
    /// An empty window. At most `per_address` requests are in flight to one address, and
    /// `unreached` to all hosts together that never answered; 0: no limit.
    #[must_use]
    pub fn new(per_address: usize, unreached: usize) -> Self {
        Self { crowd: Crowd::new(per_address, unreached), ..Self::default() }
    }

    /// Hosts held.
    #[must_use]
    pub fn len(&self) -> usize {
        self.hosts.len()
    }

    /// Is no host held?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.hosts.is_empty()
    }

    /// A host that is held.
    #[must_use]
    pub fn host(&self, key: HostKey) -> Option<&Host> {
        self.hosts.get(&key)
    }

    /// What a host waits for, and until when, if it is held and nothing is asked there now.
    #[must_use]
    pub fn waits(&self, key: HostKey, now: Millis) -> Option<(Wait, Millis)> {
        self.host(key)?.waits(now)
    }

    /// Every host held.
    pub fn hosts(&self) -> impl Iterator<Item = &Host> {
        self.hosts.values()
    }

    /// Takes in a lease.
    pub fn lease(&mut self, claimed: &ClaimedHost, now: Millis) {
        let key = claimed.host.key;
        let mut host = Host::new(claimed, now);
        for share in claimed.jobs.iter().filter(|share| share.waiting) {
            if let Some(job) = self.jobs.get(&share.job) {
                host.has_more(job);
                if let Some(way) = self.left_ways.take(share.job, key) {
                    host.set_way(share.job, way);
                }
                if let (Some(reason), Some(queue)) = (share.given_up, host.queue_mut(share.job)) {
                    queue.give_up(reason, None);
                    queue.told = true;
                }
            }
        }
        for errand in self.strays.extract_if(.., |stray| stray.url.host_key() == key) {
            host.errands.push_back(errand);
        }
        host.agree();
        self.hosts.insert(key, host);
        self.wake(key);
    }

    /// A job has new rows on a host. Says whether the host is held; if not it is to be claimed.
    pub fn woken(&mut self, job: JobId, key: HostKey) -> bool {
        let (Some(job), Some(host)) = (self.jobs.get(&job), self.hosts.get_mut(&key)) else {
            return false;
        };
        host.has_more(job);
        self.wake(key);
        true
    }

    /// Has a job anything to do, or to wait for, on the hosts held?
    #[must_use]
    pub fn has_work(&self, job: JobId) -> bool {
        self.hosts.values().any(|host| {
            let queue = host.queues.iter().find(|queue| queue.job.id == job);
            queue.is_some_and(|q| !q.rows.is_empty() || q.more || q.reading || q.next_due.is_some())
        })
    }

    /// A job begins: it may have rows on hosts that are held for others.
    pub fn look_everywhere(&mut self, id: JobId) {
        let Some(job) = self.jobs.get(&id).map(Arc::clone) else { return };
        for host in self.hosts.values_mut() {
            host.has_more(&job);
        }
        self.wake_all();
    }

    /// A job may have new rows on any host held: every queue of it is read again.
    pub fn look_again(&mut self, id: JobId) {
        let Some(job) = self.jobs.get(&id).map(Arc::clone) else { return };
        for host in self.hosts.values_mut() {
            if host.queue_mut(id).is_some() {
                host.has_more(&job);
            }
        }
        self.wake_all();
    }

    /// What is to be done next, if anything can be done now. `admits` is each job's own gate
    /// (limits, pauses).
    pub fn next(&mut self, now: Millis, admits: &dyn Fn(JobId) -> bool) -> Option<Step> {
        if self.turns.is_some() {
            return self.next_in_turn(now, admits);
        }
        loop {
            let key = self.pop_due(now)?;
            if let Some(step) = self.look(key, now, admits) {
                return Some(step);
            }
        }
    }

    /// The host that has been due longest. Its ticket is still its own.
    fn pop_due(&mut self, now: Millis) -> Option<HostKey> {
        loop {
            let &Reverse((at, ticket, key)) = self.due.peek()?;
            let own = self.hosts.get(&key).is_some_and(|h| h.ticket == Some((at, ticket)));
            if own && at > now {
                return None;
            }
            self.due.pop();
            if own {
                return Some(key);
            }
        }
    }

    /// What is to be done at a host that is due.
    fn look(&mut self, key: HostKey, now: Millis, admits: &dyn Fn(JobId) -> bool) -> Option<Step> {
        let host = self.hosts.get_mut(&key)?;
        (host.ticket, host.due) = (None, false);
        let spot = host.spot;
        let uncalled = host.waits.is_some_and(|until| until > now);
        let crowded = uncalled || spot.is_some_and(|spot| self.crowd.is_full(spot));
        let step = host.next(now, admits, &self.places, crowded);
        self.beyond.extend(host.beyond.drain(..).map(|(job, limit)| (job, key, limit)));
        self.call_for_reads(key);
        if let (HostStep::Ask(_), Some(spot)) = (&step, spot) {
            self.crowd.arrive(spot, 1);
        }
        if let (false, Some(spot)) = (crowded, spot) {
            self.call(spot);
        }
        match step {
            HostStep::Ask(work) => {
                self.goes_out(work.job());
                if let Work::Page(row, _) = &work
                    && row.role == Role::Page
                    && let Some(job) = self.jobs.get(&row.job)
                {
                    self.places.take(job, key);
                }
                self.wake(key);
                return Some(Step::Ask(key, work));
            }
            HostStep::Unasked(settled) => {
                self.wake(key);
                return Some(Step::Unasked(key, settled));
            }
            HostStep::Listed(job, sitemaps) => {
                self.wake(key);
                return Some(Step::Listed(job, sitemaps));
            }
            HostStep::Wait(at) => self.wake_at(key, at),
            HostStep::Blocked => {}
            HostStep::Nothing => self.idle.push_back(key),
            HostStep::Crowded => self.wait_for_place(key, now),
        }
        None
    }

    /// The moment at which [`Window::next`] has something to do, if nothing happens before.
    pub fn next_wake(&mut self) -> Option<Millis> {
        while let Some(&Reverse((at, ticket, key))) = self.due.peek() {
            if self.hosts.get(&key).is_some_and(|h| h.ticket == Some((at, ticket))) {
                return Some(at);
            }
            self.due.pop();
        }
        None
    }

    /// The next queue to read.
    pub fn next_read(&mut self) -> Option<Read> {
        while let Some((job, key)) = self.reads.pop_front() {
            if let Some(host) = self.hosts.get_mut(&key) {
                let limit = host.batch() + host.held.len();
                if let Some(queue) = host.queue_mut(job) {
                    let counted = queue.is_to_count();
                    let queries = queue.is_of_queries();
                    return Some(Read { job, host: key, limit, counted, queries });
                }
            }
        }
        None
    }

    /// Is a queue to be read?
    #[must_use]
    pub fn next_read_waits(&self) -> bool {
        !self.reads.is_empty()
    }

    /// Takes in a read.
    pub fn took(&mut self, job: JobId, key: HostKey, taken: Taken) {
        if let Some(host) = self.hosts.get_mut(&key) {
            host.took(job, taken);
            self.wake(key);
        }
    }

    /// A request went out at this moment.
    pub fn started(&mut self, key: HostKey, at: Millis) {
        if let Some(host) = self.hosts.get_mut(&key) {
            host.started(at);
            self.reached(key);
            self.wake(key);
        }
    }

    /// A row's commit is done.
    pub fn committed(&mut self, key: HostKey, id: i64) {
        if let Some(host) = self.hosts.get_mut(&key) {
            host.held.remove(&id);
            if host.held.is_empty() {
                self.wake(key);
            }
        }
    }

    /// A deferred row's commit is done: it is due again at `due_at`.
    pub fn deferred(&mut self, job: JobId, key: HostKey, due_at: Millis) {
        if let Some(queue) = self.hosts.get_mut(&key).and_then(|host| host.queue_mut(job)) {
            if queue.given_up.is_none() && queue.beyond.is_none() {
                queue.next_due = Some(queue.next_due.map_or(due_at, |due| due.min(due_at)));
            }
            self.wake(key);
        }
    }

    /// A job's own gate has opened.
    pub fn wake_all(&mut self) {
        let keys: Vec<HostKey> = self.hosts.keys().copied().collect();
        for key in keys {
            self.wake(key);
        }
    }

    /// Has the host look again as soon as its pace allows.
    fn wake(&mut self, key: HostKey) {
        self.call_for_reads(key);
        let at = self.hosts.get(&key).map_or(0, Host::ready_at);
        self.wake_at(key, at);
    }

    fn wake_at(&mut self, key: HostKey, at: Millis) {
        let Some(host) = self.hosts.get_mut(&key) else { return };
        if host.due {
            // Its turn will come; a job that has rows only now stands in line from now on.
            self.stand_in_line(key);
            return;
        }
        // An earlier ticket will find out for itself that it is too early.
        if host.ticket.is_some_and(|(earlier, _)| earlier <= at) {
            return;
        }
        self.tickets += 1;
        host.ticket = Some((at, self.tickets));
        self.due.push(Reverse((at, self.tickets, key)));
    }

    /// Asks for reads of the queues that run low.
    fn call_for_reads(&mut self, key: HostKey) {
        let Some(host) = self.hosts.get_mut(&key) else { return };
        let few = host.few();
        for queue in &mut host.queues {
            if queue.more && !queue.reading && (queue.overdue || queue.rows.len() < few) {
                queue.reading = true;
                self.reads.push_back((queue.job.id, key));
            }
        }
    }
}
