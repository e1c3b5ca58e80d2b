//! Whose turn it is when several jobs have something to ask and slots are few. Pure.
//!
//! Invariant: a job stands in `order`, under its present place, exactly when a host waits in its
//! line; a host waits in a line at most once. The first in order has the fewest requests in flight
//! for its priority; among equals the one that was served least for it, where nobody saves up turns
//! while he has nothing to ask. So each job with something to ask gets the next free slot as long as
//! it has less than its share, and what one does not use goes to the others.

use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};

use crate::domain::{HostKey, JobId};

/// What a request weighs for a job of priority 1.
const WHOLE: u64 = 1 << 32;

/// The lines of the jobs.
#[derive(Debug, Default)]
pub(super) struct Turns {
    lines: HashMap<JobId, Line>,
    order: BTreeSet<Place>,
    /// How much the last one to be served had been served.
    clock: u64,
}

/// In flight and served, both for the priority.
type Place = (u64, u64, JobId);

/// A job's hosts that could be asked now.
#[derive(Debug)]
struct Line {
    priority: u64,
    in_flight: u64,
    served: u64,
    hosts: VecDeque<HostKey>,
    waiting: HashSet<HostKey>,
}

impl Line {
    fn place(&self, job: JobId) -> Place {
        (self.in_flight.saturating_mul(WHOLE) / self.priority, self.served, job)
    }
}

impl Turns {
    /// Lets a job take part, or changes its priority (1 or more).
    pub(super) fn add(&mut self, job: JobId, priority: u32, in_flight: usize) {
        let priority = u64::from(priority.max(1));
        let clock = self.clock;
        self.lines.entry(job).or_insert_with(|| Line {
            priority,
            in_flight: in_flight as u64,
            served: clock,
            hosts: VecDeque::new(),
            waiting: HashSet::new(),
        });
        self.change(job, |line| line.priority = priority);
    }

    /// The job takes part no more.
    pub(super) fn remove(&mut self, job: JobId) {
        if let Some(line) = self.lines.remove(&job) {
            self.order.remove(&line.place(job));
        }
    }

    /// A host could be asked for this job. Says whether the job takes part.
    pub(super) fn stand(&mut self, job: JobId, host: HostKey) -> bool {
        let clock = self.clock;
        self.change(job, |line| {
            if line.hosts.is_empty() {
                line.served = line.served.max(clock);
            }
            if line.waiting.insert(host) {
                line.hosts.push_back(host);
            }
        })
    }

    /// The host whose turn it is. It leaves that line.
    pub(super) fn next(&mut self) -> Option<HostKey> {
        let &(_, _, job) = self.order.first()?;
        let mut next = None;
        self.change(job, |line| {
            next = line.hosts.pop_front();
            next.inspect(|host| _ = line.waiting.remove(host));
        });
        next
    }

    /// A request of the job goes out.
    pub(super) fn goes_out(&mut self, job: JobId) {
        let mut clock = self.clock;
        self.change(job, |line| {
            clock = clock.max(line.served);
            line.in_flight += 1;
            line.served = line.served.saturating_add(WHOLE / line.priority);
        });
        self.clock = clock;
    }

    /// A request of the job has come back.
    pub(super) fn comes_back(&mut self, job: JobId) {
        self.change(job, |line| line.in_flight = line.in_flight.saturating_sub(1));
    }

    /// Hosts that are held no more leave the lines, when there may be many of them.
    pub(super) fn forget(&mut self, held: usize, is_held: impl Fn(HostKey) -> bool) {
        let jobs: Vec<JobId> = self.lines.keys().copied().collect();
        for job in jobs {
            if self.lines.get(&job).is_some_and(|line| line.hosts.len() > held) {
                self.change(job, |line| {
                    line.hosts.retain(|host| is_held(*host));
                    line.waiting.retain(|host| is_held(*host));
                });
            }
        }
    }

    /// Changes a line, and puts its job where it belongs now.
    fn change(&mut self, job: JobId, change: impl FnOnce(&mut Line)) -> bool {
        let Some(line) = self.lines.get_mut(&job) else { return false };
        let before = (!line.hosts.is_empty()).then(|| line.place(job));
        change(line);
        let after = (!line.hosts.is_empty()).then(|| line.place(job));
        if before != after {
            before.inspect(|place| _ = self.order.remove(place));
            self.order.extend(after);
        }
        true
    }
}
