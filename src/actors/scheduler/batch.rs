//! Outcomes on their way to the store. Pure.
//!
//! Invariant: `len` counts every outcome that has been taken in and whose commit has not been
//! answered, in the batch that gathers and in the one that is being committed.

use std::sync::Arc;

use hashbrown::{HashMap, HashSet};

use crate::domain::job::HostLimit;
use crate::domain::{HostKey, JobId, Millis, UrlKey};
use crate::frontier::record::{Commit, Deferred, GivenUp, NewUrl, RobotsRow, Settled};
use crate::http::budget::Permit;

/// Outcomes at which a commit is worth while, at least.
const FULL: usize = 64;
/// Bytes at which it is, however few outcomes they are.
const HEAVY: usize = 4 << 20;
/// Longest time that an outcome waits for others.
const PATIENCE: Millis = 50;

/// The gathering batch and the one under way.
#[derive(Default)]
pub(super) struct Batches {
    /// Outcomes at which a commit is worth while: as many as are in flight at once, so that a commit
    /// is under way while the next gathers.
    full: usize,
    gathering: Commit,
    touched: HashSet<HostKey>,
    since: Option<Millis>,
    urgent: bool,
    weight: usize,
    /// The right to hold it.
    held: Option<Permit>,
    /// Smallest depth of what has been found and is not yet committed, for jobs that limit it.
    depths: HashMap<(JobId, UrlKey), i32>,
    under_way: Option<UnderWay>,
}

/// A batch that is being committed.
pub(super) struct UnderWay {
    pub(super) commit: Arc<Commit>,
    pub(super) asked: HashMap<JobId, i64>,
    weight: usize,
    _held: Option<Permit>,
    depths: HashMap<(JobId, UrlKey), i32>,
}

impl Batches {
    /// For so many requests in flight at once.
    pub(super) fn of(concurrency: usize) -> Self {
        Self { full: concurrency.max(FULL), ..Self::default() }
    }

    /// For another number of them from now on.
    pub(super) fn resize(&mut self, concurrency: usize) {
        self.full = concurrency.max(FULL);
    }

    /// Keeps the right to hold an answer until the batch that it belongs to has been committed.
    pub(super) fn hold(&mut self, permit: Permit) {
        match &mut self.held {
            Some(held) => held.merge(permit),
            None => self.held = Some(permit),
        }
    }

    /// Notes at what depths a page found others.
    pub(super) fn note_depths(&mut self, settled: &Settled) {
        for found in &settled.found {
            let depth = self.depths.entry((settled.job, found.key)).or_insert(found.depth);
            *depth = (*depth).min(found.depth);
        }
    }

    /// The smallest depth at which a URL has been found by what is not yet committed.
    pub(super) fn depth(&self, job: JobId, key: UrlKey) -> Option<i32> {
        let under_way = self.under_way.as_ref().and_then(|u| u.depths.get(&(job, key)));
        self.depths.get(&(job, key)).into_iter().chain(under_way).min().copied()
    }

    pub(super) fn settle(&mut self, settled: Settled, weight: usize, now: Millis) {
        self.touched.insert(settled.host);
        self.gathering.settled.push(settled);
        self.gathered(weight, now);
    }

    pub(super) fn defer(&mut self, deferred: Deferred, now: Millis) {
        self.touched.insert(deferred.host);
        self.gathering.deferred.push(deferred);
        self.gathered(512, now);
    }

    /// A robots.txt is committed at once: its pages wait for it.
    pub(super) fn robots(&mut self, row: RobotsRow, now: Millis) {
        self.touched.insert(row.host);
        let weight = row.body.as_ref().map_or(0, String::len);
        self.gathering.robots.push(row);
        self.urgent = true;
        self.gathered(weight, now);
    }

    /// What is listed is stored with, or before, the results of the pages that come after it.
    pub(super) fn list(&mut self, job: JobId, sitemaps: Vec<NewUrl>, now: Millis) {
        let weight = sitemaps.iter().map(|new| 240 + new.url.len()).sum();
        self.gathering.listed.push((job, sitemaps));
        self.gathered(weight, now);
    }

    pub(super) fn give_up(&mut self, given_up: GivenUp, now: Millis) {
        self.touched.insert(given_up.host);
        self.gathering.given_up.push(given_up);
        self.urgent = true;
        self.gathered(64, now);
    }

    /// A job has met a limit on a host.
    pub(super) fn beyond(&mut self, job: JobId, host: HostKey, limit: HostLimit, now: Millis) {
        self.gathering.beyond.push((job, host, limit));
        self.gathered(32, now);
    }

    /// The host's pace changed; if it slowed the host it is committed at once.
    pub(super) fn touch(&mut self, host: HostKey, slowed: bool, now: Millis) {
        self.touched.insert(host);
        self.urgent |= slowed;
        self.since.get_or_insert(now);
    }

    /// Running totals are to be written down even if nothing else is.
    pub(super) fn nudge(&mut self, now: Millis) {
        self.urgent = true;
        self.since.get_or_insert(now);
    }

    fn gathered(&mut self, weight: usize, now: Millis) {
        self.weight += weight;
        self.since.get_or_insert(now);
    }

    /// Outcomes not yet committed.
    pub(super) fn len(&self) -> usize {
        let of = |commit: &Commit| commit.settled.len() + commit.deferred.len();
        of(&self.gathering) + self.under_way.as_ref().map_or(0, |u| of(&u.commit))
    }

    /// Bytes not yet committed, about.
    pub(super) fn weight(&self) -> usize {
        self.weight + self.under_way.as_ref().map_or(0, |u| u.weight)
    }

    /// When the gathering batch must be committed.
    pub(super) fn due_at(&self) -> Option<Millis> {
        let since = self.since?;
        let outcomes = self.gathering.settled.len() + self.gathering.deferred.len();
        let full = outcomes >= self.full || self.weight >= HEAVY;
        Some(if full || self.urgent { since } else { since + PATIENCE })
    }

    /// The gathering batch, to be completed with what `take` is given and committed.
    pub(super) fn take(&mut self) -> (Commit, HashSet<HostKey>) {
        self.since = None;
        self.urgent = false;
        (std::mem::take(&mut self.gathering), std::mem::take(&mut self.touched))
    }

    /// The batch is on its way.
    pub(super) fn send(&mut self, commit: Arc<Commit>) {
        let mut asked = HashMap::new();
        for settled in commit.settled.iter().filter(|settled| settled.asked) {
            *asked.entry(settled.job).or_insert(0) += 1;
        }
        let weight = std::mem::take(&mut self.weight);
        let depths = std::mem::take(&mut self.depths);
        let held = self.held.take();
        self.under_way = Some(UnderWay { commit, asked, weight, _held: held, depths });
    }

    /// The batch has been answered.
    pub(super) fn answered(&mut self) -> Option<UnderWay> {
        self.under_way.take()
    }
}
