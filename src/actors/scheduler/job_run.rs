//! A running job's totals and limits. Pure.
//!
//! Invariant: URLs asked and committed, asked and waiting for their commit, and in flight are
//! together never more than `max_pages`: a place is taken before a request goes out.

use std::sync::Arc;

use actix::Addr;

use super::ahead::Ahead;
use crate::actors::db::Call;
use crate::actors::generator::GeneratorActor;
use crate::domain::cookies::{Cookie, Jar};
use crate::domain::job::{Generator, Job};
use crate::domain::outcome::Reason;
use crate::domain::secret::Secret;
use crate::domain::url::CanonicalUrl;
use crate::domain::{JobId, Millis};
use crate::frontier::answer::Answer;
use crate::frontier::record::JobDelta;
use crate::store::{JobRow, Left, Node};

/// Hosts given up that are told.
const MOST_TOLD: u32 = 50;

/// How a job ends: the limit that cut it, if one did.
#[derive(Debug, Clone)]
pub(super) struct Ending(pub(super) Option<String>);

/// A job under way.
#[expect(clippy::struct_excessive_bools, reason = "each says that one thing has been done")]
pub(super) struct JobRun {
    pub(super) job: Arc<Job>,
    /// Which run of all that there have been.
    pub(super) number: u64,
    /// The pass that it is a run of. Others may begin another one meanwhile: then it leaves.
    pub(super) pass: i32,
    pub(super) loaded: bool,
    pub(super) generator: Option<Addr<GeneratorActor>>,
    pub(super) producing: bool,
    pub(super) cursor: Option<String>,
    pub(super) exhausted: bool,
    /// The end has been decided; it is being written down.
    pub(super) ending: Option<Ending>,
    /// It is to leave as soon as what is under way has been written down.
    pub(super) halting: bool,
    /// What the store said is left, if nothing has happened since.
    pub(super) left: Option<Left>,
    /// The running totals have been written down before the end is looked for.
    pub(super) written: bool,
    pub(super) in_flight: i64,
    /// Nothing is in flight since then.
    idle_since: Millis,
    pub(super) pending: i64,
    pub(super) delta: JobDelta,
    pub(super) jar: Jar,
    /// How far its queue is ahead, if it harvests.
    pub(super) ahead: Option<Ahead>,
    /// Hosts given up.
    given_up: u32,
    was_open: bool,
    asked: i64,
    bytes: u64,
    running_ms: Millis,
    counted_to: Millis,
}

impl JobRun {
    /// Notes how the gate stands.
    pub(super) fn look_at_gate(&mut self, now: Millis) {
        self.was_open = self.admits(now);
    }

    /// Has the gate opened since it was last looked at?
    pub(super) fn has_opened(&self, now: Millis) -> bool {
        !self.was_open && self.admits(now)
    }

    /// A job of which nothing is known yet: nothing is asked before [`JobRun::load`].
    pub(super) fn new(job: Arc<Job>, pass: i32, number: u64, concurrency: usize) -> Self {
        Self {
            loaded: false,
            given_up: 0,
            was_open: false,
            ahead: job.harvest().map(|_| Ahead::new(concurrency)),
            delta: JobDelta { job: Some(job.id), pass, ..JobDelta::default() },
            job,
            number,
            pass,
            generator: None,
            producing: false,
            cursor: None,
            exhausted: true,
            ending: None,
            halting: false,
            left: None,
            written: false,
            jar: Jar::default(),
            in_flight: 0,
            idle_since: 0,
            pending: 0,
            asked: 0,
            bytes: 0,
            running_ms: 0,
            counted_to: 0,
        }
    }

    /// Goes on from what the store says.
    pub(super) fn load(&mut self, row: &JobRow, cookies: Vec<Cookie>, now: Millis) {
        if self.job.http.cookies {
            self.jar = Jar::of(cookies, now);
        }
        self.loaded = true;
        // Whether a harvest is at its end is found out each time: what was tried again may lead on.
        self.exhausted = row.exhausted && self.ahead.is_none();
        self.cursor.clone_from(&row.cursor);
        self.asked = row.asked;
        self.bytes = row.bytes.max(0).unsigned_abs();
        self.running_ms = row.running_ms;
        self.counted_to = now;
        self.idle_since = now;
    }

    /// One of its pages is asked.
    pub(super) fn takes_off(&mut self, now: Millis) {
        self.count_waiting(now);
        self.in_flight += 1;
    }

    /// One of its pages is no longer being asked.
    pub(super) fn lands(&mut self, now: Millis) {
        self.in_flight -= 1;
        self.idle_since = now;
    }

    fn count_waiting(&mut self, now: Millis) {
        if self.loaded && self.in_flight == 0 {
            self.delta.waiting_ms += (now - self.idle_since).max(0);
            self.idle_since = now;
        }
    }

    /// The `Cookie` header for a page.
    pub(super) fn cookies(&mut self, url: &str, now: Millis) -> Option<Secret> {
        if self.jar.is_empty() {
            return None;
        }
        self.jar.header(&CanonicalUrl::parse(url).ok()?, now)
    }

    /// Takes in the cookies that an answer from `url` set.
    pub(super) fn keep_cookies(&mut self, url: &str, answer: &mut Answer, now: Millis) {
        if !answer.cookies.is_empty() {
            let set = std::mem::take(&mut answer.cookies);
            answer.cookies_changed = self.jar.take_in(set, url.starts_with("https:"), now);
        }
    }

    /// How many URLs of one template may be asked, where that is limited.
    pub(super) fn template_limit(&self) -> Option<(JobId, i64)> {
        Some((self.job.id, self.job.limits.max_per_template?))
    }

    /// Does the job find its pages anew in each pass?
    pub(super) fn renews(&self) -> Option<JobId> {
        self.job.renews().then_some(self.job.id)
    }

    /// Does it read listings?
    pub(super) fn lists(&self) -> Option<JobId> {
        matches!(self.job.generator, Generator::Starts).then_some(self.job.id)
    }

    /// May another page be asked?
    pub(super) fn admits(&self, now: Millis) -> bool {
        let taken = self.asked + self.pending + self.in_flight;
        let room = self.job.limits.max_pages.is_none_or(|max| taken < max);
        room && !self.is_full() && self.loaded && self.goes_on() && !self.out_of_time(now)
    }

    /// Has neither its end been decided nor its leave?
    pub(super) fn goes_on(&self) -> bool {
        self.ending.is_none() && !self.halting
    }

    /// The limit that has been reached, if one has.
    pub(super) fn limit(&self, now: Millis) -> Option<&'static str> {
        if self.job.limits.max_pages.is_some_and(|max| self.asked + self.pending >= max) {
            return Some(self.job.page_limit());
        }
        if self.is_full() {
            return Some("max_bytes");
        }
        self.out_of_time(now).then_some("max_time")
    }

    /// Have as many bytes been read as may be?
    fn is_full(&self) -> bool {
        self.job.limits.max_bytes.is_some_and(|max| self.bytes >= max)
    }

    fn out_of_time(&self, now: Millis) -> bool {
        let running = self.running_ms + (now - self.counted_to).max(0);
        self.job.limits.max_time.is_some_and(|max| running >= max)
    }

    /// When `max_time` will be reached.
    pub(super) fn time_is_up_at(&self) -> Option<Millis> {
        let left = self.job.limits.max_time? - self.running_ms;
        self.loaded.then(|| self.counted_to + left.max(0))
    }

    /// A result that counts was taken in, with so many bytes of body.
    pub(super) fn settled(&mut self, phases_us: [i64; 4], bytes: Option<i64>) {
        let bytes = bytes.unwrap_or(0).max(0);
        self.bytes = self.bytes.saturating_add(bytes.unsigned_abs());
        self.delta.bytes += bytes;
        self.left = None;
        self.written = false;
        for (sum, phase) in self.delta.phases_us.iter_mut().zip(phases_us) {
            *sum += phase;
        }
    }

    /// The call that makes more queries, if it harvests.
    pub(super) fn refill_call(&self, node: Node) -> Option<Call> {
        let (harvest, ahead) = (self.job.harvest()?, self.ahead?);
        Some(Call::Refill(node, self.job.id, Arc::clone(harvest), ahead.window()))
    }

    /// Tells the operator.
    pub(super) fn warn(&self, warnings: &[String]) {
        for warning in warnings {
            log::warn!("job={} {warning}", self.job.name);
        }
    }

    /// Tells of a host given up; of many only the first: a site can name as many as it likes.
    pub(super) fn tell_given_up(&mut self, host: &str, reason: Reason) {
        self.given_up += 1;
        let job = &self.job.name;
        match self.given_up {
            ..=MOST_TOLD => log::warn!("job={job} host={host} reason={reason} given up"),
            more if more == MOST_TOLD + 1 => {
                log::warn!("job={job} further hosts given up are only counted");
            }
            _ => {}
        }
    }

    /// Hands over the totals since the last time.
    pub(super) fn take_delta(&mut self, now: Millis) -> JobDelta {
        let ran = if self.loaded { (now - self.counted_to).max(0) } else { 0 };
        self.running_ms += ran;
        self.counted_to = now;
        self.count_waiting(now);
        let fresh = JobDelta {
            job: self.delta.job,
            pass: self.pass,
            peak_in_flight: self.delta.peak_in_flight,
            ..JobDelta::default()
        };
        let mut delta = std::mem::replace(&mut self.delta, fresh);
        delta.running_ms = ran;
        delta
    }

    /// A batch with so many asked URLs is committed; so many of them counted.
    pub(super) fn committed(&mut self, sent: i64, counted: i64) {
        self.pending -= sent;
        self.asked += counted;
    }
}
