//! Every message between actors, who sends it and what the reply promises.

use std::net::IpAddr;
use std::sync::Arc;

use actix::{Addr, Message, Recipient};

use super::db::DbActor;
use super::fetcher::FetchActor;
use super::generator::GeneratorActor;
use super::way_back::WayBack;
use crate::domain::job::Job;
use crate::domain::secret::Secret;
use crate::domain::{HostKey, JobId, Millis};
use crate::frontier::answer::{Answer, RobotsAnswer};
use crate::frontier::host::Work;
use crate::frontier::record::NewUrl;
use crate::frontier::waits::{Hosts, Wait};
use crate::http::budget::Permit;
use crate::store::StoreError;

/// Who an actor is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// The one scheduler.
    Scheduler,
    /// The one owner of the store.
    Db,
    /// The fetcher in this slot.
    Fetcher(usize),
    /// The generator of this job.
    Generator(JobId),
}

/// Supervisor to an actor that is to be no more, with all that it is doing.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "()")]
pub struct Quit;

/// A thread that fetches to Supervisor: the fetcher of this slot is there.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct FetcherUp {
    /// Its slot.
    pub slot: usize,
    /// Which of that slot: one that has been replaced meanwhile quits.
    pub generation: u64,
    /// Its address.
    pub fetcher: Addr<FetchActor>,
}

/// Any actor to Supervisor, from its drop: it is no more.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct Died {
    /// Who it was.
    pub role: Role,
    /// Which of that role: old news is ignored.
    pub generation: u64,
    /// Was it a panic?
    pub panicked: bool,
}

/// Supervisor to Scheduler: here is a worker (again).
#[derive(Message)]
#[rtype(result = "()")]
pub enum Hire {
    /// The store's owner.
    Db(Addr<DbActor>),
    /// A fetcher and its slot.
    Fetcher(usize, Addr<FetchActor>),
    /// A job's generator.
    Generator(JobId, Addr<GeneratorActor>),
}

/// Supervisor to Scheduler: run this job, from where the store says that it is.
#[derive(Debug, Clone, Message)]
#[rtype(result = "()")]
pub struct StartJob {
    /// What it is.
    pub job: Arc<Job>,
    /// Which pass it is in.
    pub pass: i32,
}

/// Supervisor to Scheduler: ask nothing more for this job. When what is under way of it has been
/// committed it leaves, which [`Event::JobHalted`] says; its rows stay in the store.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "()")]
pub struct Halt(pub JobId);

/// Supervisor to Scheduler: a job under way goes on under other rules. What is in flight ends under
/// the old ones. Where its requests come from must be as it was.
#[derive(Debug, Clone, Message)]
#[rtype(result = "()")]
pub struct Amend {
    /// What it is from now on.
    pub job: Arc<Job>,
    /// Hosts that it had given up are tried again, as the store says already.
    pub revive: bool,
}

/// Supervisor to Scheduler: other bounds for what goes on at once. Nothing in flight is broken off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Message)]
#[rtype(result = "()")]
pub struct Resize {
    /// Most requests in flight.
    pub concurrency: usize,
    /// Most requests in flight to one address; 0: no limit.
    pub per_address: usize,
    /// Bytes of uncommitted outcomes beyond which nothing goes out.
    pub most_uncommitted: usize,
}

/// Supervisor to an actor: the answer says that it, and the thread it lives on, are well.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "()")]
pub struct Ping;

/// Supervisor to Scheduler: start nothing more; answers until `deadline` are taken in; then
/// commit, give all hosts back and say [`Event::Drained`].
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "()")]
pub struct Drain {
    /// When waiting ends.
    pub deadline: Millis,
}

/// Scheduler to Supervisor.
#[derive(Debug, Clone, Message)]
#[rtype(result = "()")]
pub enum Event {
    /// A job is complete, or cut by the limit named.
    JobEnded(JobId, Option<String>),
    /// A job has left as it was told to.
    JobHalted(JobId),
    /// Everything is committed and given back.
    Drained,
    /// The store is of no more use.
    StoreLost(StoreError),
}

/// Scheduler to Fetcher, which answers by the way back.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct Fetch {
    /// Whose request.
    pub job: Arc<Job>,
    /// To which host.
    pub host: HostKey,
    /// What to ask.
    pub work: Arc<Work>,
    /// Where its start is to be reported; `None` where no delay applies.
    pub start: Option<Recipient<Started>>,
    /// The `Cookie` header that the job's jar has for it.
    pub cookies: Option<Secret>,
    /// May the connection be kept for another request?
    pub keep_alive: bool,
    /// How it comes back.
    pub back: WayBack,
}

/// Supervisor to Scheduler: the disks have no room for more, for these words; or they have.
#[derive(Debug, Clone, Message)]
#[rtype(result = "()")]
pub struct NoRoom(pub Option<Arc<str>>);

/// What a fetcher comes back with.
#[derive(Debug)]
pub struct Returned {
    /// Its answer.
    pub landing: Landing,
    /// The address that the request went to, or at which there was no place for it.
    pub address: Option<IpAddr>,
}

/// A fetcher's answer.
#[derive(Debug)]
pub enum Landing {
    /// To a page, with the right to hold it until it is committed.
    Page(Box<Answer>, Permit),
    /// To a robots.txt.
    Robots(Box<RobotsAnswer>),
    /// None: there was no place at the host's address, and nothing was sent.
    Crowded,
}

/// Fetcher to Scheduler: the request head went out.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "()")]
pub struct Started {
    /// To this host.
    pub host: HostKey,
    /// From this slot.
    pub slot: usize,
    /// At this moment.
    pub at: Millis,
}

/// Fetcher to Scheduler: a fetch has come back.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct Landed {
    /// The slot it came from.
    pub slot: usize,
    /// The flight's number.
    pub flight: u64,
    /// `None`: the fetcher died.
    pub returned: Option<Returned>,
}

/// Scheduler to Generator: more requests from this cursor on.
#[derive(Debug, Message)]
#[rtype(result = "Batch")]
pub struct Produce {
    /// Where to go on.
    pub cursor: Option<String>,
    /// Most requests wanted.
    pub room: usize,
}

/// A generator's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Batch {
    /// These requests; the cursor after them.
    Offer {
        /// The requests.
        urls: Vec<NewUrl>,
        /// The position after them.
        cursor: String,
        /// Is that all?
        exhausted: bool,
    },
    /// The next stored rows after this one.
    Revisit {
        /// Row number.
        after: i64,
    },
    /// What the store makes of its facts: queries.
    Refill,
}

/// Anybody to Scheduler: how are things?
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Observation")]
pub struct Observe;

/// A snapshot of the Scheduler.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Observation {
    /// URLs asked and settled in this run.
    pub settled: u64,
    /// Of those, failed.
    pub failed: u64,
    /// Requests in flight.
    pub in_flight: usize,
    /// Most that may be.
    pub concurrency: usize,
    /// Most in flight so far.
    pub peak_in_flight: usize,
    /// Hosts held.
    pub hosts: usize,
    /// Body bytes in this run.
    pub bytes: u64,
    /// What waits for what, where that is worth a word.
    pub waiting: Option<String>,
    /// What limits the speed.
    pub limited_by: String,
    /// The hosts held, by what they wait for.
    pub hosts_waiting: Vec<(Wait, Hosts)>,
    /// What is wrong with the store, if it does not answer.
    pub store_trouble: Option<String>,
}

/// Anybody to Scheduler: what does this host wait for, and until when? `None`: for nothing, or it is
/// not held.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Option<(Wait, Millis)>")]
pub struct HostWaits(pub HostKey);
