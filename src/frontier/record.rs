//! What the window and the store tell each other: plain rows, no behaviour.

use std::sync::Arc;

use super::gathered::Gathered;
use super::harvests::{Harvested, Harvests};
use super::validators::Validators;
use crate::domain::cookies::CookieChange;
use crate::domain::job::HostLimit;
use crate::domain::link::LinkKind;
use crate::domain::outcome::{Reason, UrlState};
use crate::domain::recording::Recording;
use crate::domain::role::Role;
use crate::domain::task::Task;
use crate::domain::{HostKey, JobId, Millis, UrlKey};

/// A URL to be made known to a job. If the job knows it already nothing changes, except that depth
/// and hops are lowered while it is still queued, and that a row which an earlier rule about depth,
/// scope or traps had excluded is queued when it is now found admissible.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewUrl {
    /// The host's key.
    pub host: HostKey,
    /// The host's authority, for the host's row.
    pub authority: String,
    /// The URL's key in its role.
    pub key: UrlKey,
    /// The canonical URL.
    pub url: String,
    /// A page or a sitemap.
    pub role: Role,
    /// What a page is asked for.
    pub task: Task,
    /// Links from a root; roots are 0. Of a sitemap: indexes that led to it.
    pub depth: i32,
    /// Redirects that led here since the last real link.
    pub hops: i32,
    /// The page (or redirect) that led here; `None` for roots.
    pub referrer: Option<UrlKey>,
    /// The kind of the link that led here.
    pub kind: LinkKind,
    /// The words of that link.
    pub text: Option<String>,
    /// Was that link marked nofollow?
    pub nofollow: bool,
    /// Known, but not to be asked, for this reason with this evidence.
    pub excluded: Option<(Reason, String)>,
}

/// A URL read from the queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueuedUrl {
    /// Row number.
    pub id: i64,
    /// Its job.
    pub job: JobId,
    /// Its host.
    pub host: HostKey,
    /// Its key.
    pub key: UrlKey,
    /// The canonical URL.
    pub url: String,
    /// A page or a sitemap.
    pub role: Role,
    /// What a page is asked for.
    pub task: Task,
    /// Links from a root. Of a sitemap: indexes that led to it.
    pub depth: i32,
    /// Redirects that led here.
    pub hops: i32,
    /// Tries used up so far in this pass.
    pub tries: i32,
    /// Not to be asked before.
    pub due_at: Millis,
    /// The version that its last result had: the request asks whether that has changed.
    pub validators: Option<Box<Validators>>,
    /// The query that it stands for, as it is sent; of jobs that harvest.
    pub query: Option<Box<str>>,
}

/// The facts of an answer, stored with the URL.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PageFacts {
    /// HTTP status, if there was an answer.
    pub status: Option<u16>,
    /// Media type without parameters, lower case.
    pub content_type: Option<String>,
    /// The charset that the body was read in.
    pub charset: Option<String>,
    /// Decoded body bytes.
    pub bytes: Option<i64>,
    /// Distinct canonical http(s) targets on the page.
    pub links: Option<i32>,
    /// The document's title: white space folded, at most 500 characters.
    pub title: Option<String>,
    /// SHA-256 of the decoded body.
    pub digest: Option<[u8; 32]>,
    /// The `ETag` header, if it can be sent back.
    pub etag: Option<String>,
    /// The Last-Modified header, if it can be sent back.
    pub last_modified: Option<String>,
    /// Did the page ask not to be indexed?
    pub noindex: bool,
    /// Was the list of links cut at `max_links_per_page`?
    pub links_cut: bool,
    /// Of the links, those that got no row, as out of scope.
    pub out_of_scope: Option<i32>,
    /// Moment of sending.
    pub fetched_at: Option<Millis>,
    /// From sending to the last byte.
    pub elapsed_ms: Option<Millis>,
}

/// A link as stored under `links = "all"`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkRow {
    /// The target's canonical URL.
    pub target: String,
    /// Kind of link.
    pub kind: LinkKind,
    /// Its words.
    pub text: Option<String>,
    /// Marked nofollow?
    pub nofollow: bool,
}

/// The final result of a URL in this pass, with all that was found on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settled {
    /// Row number.
    pub id: i64,
    /// Its job.
    pub job: JobId,
    /// Its host.
    pub host: HostKey,
    /// Its key.
    pub key: UrlKey,
    /// A page or a sitemap.
    pub role: Role,
    /// What a page was asked for.
    pub task: Task,
    /// Done, failed, redirected or excluded.
    pub state: UrlState,
    /// Why, when failed or excluded.
    pub reason: Option<Reason>,
    /// The rule or the error's text that decided.
    pub evidence: Option<String>,
    /// Target of a redirect, canonical where it can be parsed.
    pub redirect_to: Option<String>,
    /// Key of that target, for finding loops.
    pub redirect_key: Option<UrlKey>,
    /// Times it was really asked.
    pub tries: i32,
    /// The answer's facts.
    pub facts: PageFacts,
    /// URLs found that the known set did not hold.
    pub found: Vec<NewUrl>,
    /// Every link, when the job stores all of them; they replace those of the page's last result.
    pub links: Vec<LinkRow>,
    /// What the job took from it besides.
    pub gathered: Option<Box<Gathered>>,
    /// Was the host really asked (so that it counts towards `max_pages`)?
    pub asked: bool,
    /// The page has not changed: its last result stays, with the date of this answer.
    pub unmodified: bool,
    /// What is recorded of the answer, where the job keeps an archive.
    pub recording: Option<Box<Recording>>,
}

/// A try that failed and is to be repeated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deferred {
    /// Row number.
    pub id: i64,
    /// Its job.
    pub job: JobId,
    /// Its host.
    pub host: HostKey,
    /// Its key.
    pub key: UrlKey,
    /// What it is asked for from now on.
    pub task: Task,
    /// Tries used up.
    pub tries: i32,
    /// Not before.
    pub due_at: Millis,
    /// What the last try said.
    pub reason: Reason,
    /// Its text.
    pub evidence: Option<String>,
    /// What is known of the answer.
    pub facts: PageFacts,
}

/// A host's durable pace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostRow {
    /// Key of the authority.
    pub key: HostKey,
    /// `example.org` or `example.org:8080`.
    pub authority: String,
    /// Last moment a request was sent; 0 never.
    pub asked_at: Millis,
    /// No request before (Retry-After, back-off, rest after failures); 0 none.
    pub not_before: Millis,
    /// Present back-off; 0 none.
    pub backoff_ms: Millis,
    /// Failures in a row to reach the host.
    pub fails: i32,
    /// When that row of failures began; 0 none.
    pub failing_since: Millis,
    /// Last answer of any kind; 0 never.
    pub answered_at: Millis,
}

/// A robots.txt as it was last had, for one origin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RobotsRow {
    /// `https://example.org`.
    pub origin: String,
    /// The host it belongs to.
    pub host: HostKey,
    /// When it was had.
    pub fetched_at: Millis,
    /// When it must be asked again.
    pub expires_at: Millis,
    /// Its final HTTP status; `None` when unreachable.
    pub status: Option<u16>,
    /// Its text (at most 500 KiB), when there was one.
    pub body: Option<String>,
}

/// A leased host with its jobs and what is known of its robots.txt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimedHost {
    /// Its pace as stored.
    pub host: HostRow,
    /// The lease's epoch: a fencing token.
    pub epoch: i64,
    /// Jobs (of those asked for) that have something due or parked there.
    pub jobs: Vec<ClaimedJob>,
    /// Stored robots.txt of its origins, fresh or stale.
    pub robots: Vec<RobotsRow>,
}

/// A host that a job gives up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GivenUp {
    /// The job.
    pub job: JobId,
    /// The host.
    pub host: HostKey,
    /// Why.
    pub reason: Reason,
    /// The words for it; `None`: nobody remembers.
    pub evidence: Option<Arc<str>>,
}

impl GivenUp {
    /// A host given up without a word.
    #[must_use]
    pub fn new(job: JobId, host: HostKey, reason: Reason) -> Self {
        Self { job, host, reason, evidence: None }
    }
}

/// One job's share of a leased host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimedJob {
    /// The job.
    pub job: JobId,
    /// Has it rows there that wait to be asked (perhaps later), and may it ask them?
    pub waiting: bool,
    /// Set when the job has given the host up in this pass.
    pub given_up: Option<Reason>,
}

/// An answer to reading a host's queue.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Taken {
    /// Due rows, by depth, then age.
    pub rows: Vec<QueuedUrl>,
    /// Are these all that are due now?
    pub complete: bool,
    /// The earliest moment at which a row that is not due yet becomes due.
    pub next_due: Option<Millis>,
    /// URLs asked of the host in this pass, where that was to be counted.
    pub asked: Option<i64>,
}

/// What changed in a job's running totals since the last commit.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct JobDelta {
    /// The job.
    pub job: Option<JobId>,
    /// The pass that its run knows of; 0: whichever it is.
    pub pass: i32,
    /// Running time to add.
    pub running_ms: Millis,
    /// Of it, time to add in which none of its pages was being asked.
    pub waiting_ms: Millis,
    /// Peak of requests in flight so far in this run (kept as a maximum).
    pub peak_in_flight: i32,
    /// Time by phase to add, microseconds: connect, head, body, extract.
    pub phases_us: [i64; 4],
    /// Decoded body bytes to add.
    pub bytes: i64,
}

/// One batch of results. Applied whole or not at all.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Commit {
    /// Final results, in the order of their answers.
    pub settled: Vec<Settled>,
    /// Tries to be repeated.
    pub deferred: Vec<Deferred>,
    /// Pace of every host that changed.
    pub hosts: Vec<HostRow>,
    /// robots.txt that were had.
    pub robots: Vec<RobotsRow>,
    /// What was listed elsewhere than on a page: the sitemaps of a robots.txt.
    pub listed: Vec<(JobId, Vec<NewUrl>)>,
    /// Totals of jobs.
    pub jobs: Vec<JobDelta>,
    /// Cookies of jobs that changed.
    pub cookies: Vec<(JobId, CookieChange)>,
    /// Hosts given up by a job: what is queued there fails with this reason, unasked.
    pub given_up: Vec<GivenUp>,
    /// Jobs that limit how many URLs of one template they ask.
    pub template_limits: Vec<(JobId, i64)>,
    /// Jobs that find their pages anew in each pass: what is known of an older one is asked again.
    pub renewing: Vec<JobId>,
    /// Those of them that read listings.
    pub listing: Vec<JobId>,
    /// Hosts at which a job has met a limit: what is queued there stays queued.
    pub beyond: Vec<(JobId, HostKey, HostLimit)>,
    /// Jobs of which answers are told to a harvest.
    pub harvests: Harvests,
}

impl Commit {
    /// The batch without what it says of these jobs.
    #[must_use]
    pub fn without(&self, jobs: &[JobId]) -> Self {
        let stays = |job: JobId| !jobs.contains(&job);
        let mut rest = self.clone();
        rest.settled.retain(|settled| stays(settled.job));
        rest.deferred.retain(|deferred| stays(deferred.job));
        rest.listed.retain(|(job, _)| stays(*job));
        rest.jobs.retain(|delta| delta.job.is_none_or(stays));
        rest.cookies.retain(|(job, _)| stays(*job));
        rest.given_up.retain(|given_up| stays(given_up.job));
        rest.beyond.retain(|(job, ..)| stays(*job));
        rest
    }
}

/// What a commit changed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Committed {
    /// (job, host) pairs that got rows to ask.
    pub woken: Vec<(JobId, HostKey)>,
    /// Rows that this batch settled and that had really been asked, by job.
    pub asked: Vec<(JobId, i64)>,
    /// URLs of the batch that were really new, by job.
    pub new_urls: Vec<(JobId, i64)>,
    /// Every URL found by the batch, new or not, with its stored depth: for the known set.
    pub known: Vec<(JobId, UrlKey, i32)>,
    /// What changed in harvests.
    pub harvested: Vec<Harvested>,
    /// Jobs of which nothing was stored: somebody else has begun another pass than the run of the
    /// batch is in, which does not know what that pass is to ask again.
    pub outrun: Vec<JobId>,
    /// The batch had been applied before; nothing was done now.
    pub repeated: bool,
}

/// What happens to a host when its lease is given back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    /// Its pace.
    pub host: HostRow,
    /// The lease's epoch.
    pub epoch: i64,
    /// The earliest moment of its next request.
    pub ready_at: Millis,
}
