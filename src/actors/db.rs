//! The owner of the store: runs one call at a time on a thread of its own.

use std::sync::Arc;

use actix::{Actor, Context, Handler, Message};

use super::contain::Notice;
use super::messages::Ping;
use crate::clock::Clock;
use crate::domain::cookies::Cookie;
use crate::domain::job::{HarvestJob, JobLimits};
use crate::domain::{HostKey, JobId, Millis};
use crate::faults;
use crate::frontier::record::{ClaimedHost, Commit, Committed, GivenUp, NewUrl, Release, Taken};
use crate::frontier::window::Read;
use crate::store::{JobPass, JobRow, Left, Node, Offered, Refilled, Revisited, Store, StoreError};

/// How long a lease lasts without a sign of life.
pub const LEASE: Millis = 30_000;
/// Rows failed in one step when a host is given up.
pub const GIVE_UP_STEP: usize = 1_000;

/// A call of the store. Cloned cheaply, so that it can be made again when its reply was lost:
/// every one of them is harmless when repeated.
#[derive(Debug, Clone)]
pub enum Call {
    /// Enter as a node.
    Register,
    /// How far is the job of this name, and, for one that limits them, which hosts has it asked?
    Load(JobId, String, Option<usize>),
    /// Apply a batch.
    Commit(Node, i64, Arc<Commit>),
    /// Read a queue.
    Take(Read),
    /// Make URLs known.
    Offer(Node, Arc<Offer>),
    /// Make known rows due again: job, after this row, how many.
    Revisit(Node, JobId, i32, i64, usize),
    /// Make queries of a harvest until so many rows are queued.
    Refill(Node, JobId, Arc<HarvestJob>, i64),
    /// Lease hosts.
    Claim(Node, Arc<[JobId]>, usize),
    /// Lease one host by name.
    ClaimHost(Node, String),
    /// Give hosts back.
    Release(Node, Arc<Vec<Release>>),
    /// Fail a queue, step by step.
    GiveUp(GivenUp),
    /// When does something become due?
    NextDue(Arc<[JobId]>),
    /// What is left of a job, which may limit its hosts?
    Left(JobId, JobLimits),
    /// Write down that this pass of a job has ended, with the limit that cut it.
    EndPass(JobId, i32, Option<String>),
    /// A sign of life, and the hosts of dead nodes set free.
    Heartbeat(Node),
    /// A clean end.
    Retire(Node),
}

/// Requests to be made known, with the generator's position after them.
#[derive(Debug, Clone)]
pub struct Offer {
    /// Whose.
    pub job: JobId,
    /// In which pass of it.
    pub pass: i32,
    /// The requests.
    pub urls: Vec<NewUrl>,
    /// The position; `None` leaves it.
    pub cursor: Option<String>,
    /// Is that all?
    pub exhausted: bool,
}

/// A job as the store has it.
#[derive(Debug)]
pub struct Loaded {
    /// Its row; `None` when there is none any more.
    pub row: Option<JobRow>,
    /// Hosts that it has asked, where that matters.
    pub asked: Vec<HostKey>,
    /// Hosts that the operator named in its list.
    pub named: Vec<HostKey>,
    /// Its cookies.
    pub cookies: Vec<Cookie>,
}

/// What a call gives.
#[derive(Debug)]
pub enum Reply {
    /// To `Register`.
    Registered(Node),
    /// To `Load`.
    Loaded(Box<Loaded>),
    /// To `Commit`.
    Committed(Committed),
    /// To `Take`.
    Taken(Taken),
    /// To `Offer`.
    Offered(Offered),
    /// To `Revisit`.
    Revisited(Revisited),
    /// To `Refill`.
    Refilled(Refilled),
    /// To `Claim` and `ClaimHost`.
    Claimed(Vec<ClaimedHost>),
    /// To `GiveUp`: rows failed.
    GaveUp(usize),
    /// To `NextDue`.
    NextDue(Option<Millis>),
    /// To `Left`.
    Left(Left),
    /// To `EndPass`: is it so? No: somebody has begun another one.
    Ended(bool),
    /// To the rest.
    Done,
}

/// One call; the reply promises that it is on disk.
#[derive(Debug, Message)]
#[rtype(result = "Result<Reply, StoreError>")]
pub struct Apply(pub Call);

/// The actor.
#[derive(Debug)]
pub struct DbActor {
    store: Arc<Store>,
    clock: Clock,
    node_name: String,
    _notice: Notice,
}

impl DbActor {
    /// The owner of `store`, which enters it as `node_name`.
    #[must_use]
    pub fn new(store: Arc<Store>, clock: Clock, node_name: String, notice: Notice) -> Self {
        Self { store, clock, node_name, _notice: notice }
    }

    fn load(&self, id: JobId, name: &str, max_hosts: Option<usize>) -> Result<Reply, StoreError> {
        let hosts = max_hosts.map(|max| self.store.hosts_asked(id, max)).transpose()?;
        let row = self.store.job_by_name(name)?;
        Ok(Reply::Loaded(Box::new(Loaded {
            row,
            asked: hosts.unwrap_or_default(),
            named: self.store.named_hosts(id)?,
            cookies: self.store.cookies(id)?,
        })))
    }

    fn take(&self, read: Read, now: Millis) -> Result<Reply, StoreError> {
        let mut taken = self.store.take(read.job, read.host, read.limit, now)?;
        if read.queries {
            self.store.name_queries(read.job, &mut taken.rows)?;
        }
        if read.counted {
            let share = self.store.share(read.job, read.host)?;
            taken.asked = Some(share.map_or(0, |share| share.asked));
        }
        Ok(Reply::Taken(taken))
    }

    fn left(&self, job: JobId, limits: &JobLimits) -> Result<Reply, StoreError> {
        let left = match limits.count_hosts() {
            true => self.store.left(job)?,
            false if self.store.is_drained(job)? => Left::Nothing,
            false => Left::More,
        };
        let held =
            left == Left::Nothing && limits.listing_pages.is_some() && self.store.has_held(job)?;
        Ok(Reply::Left(if held { Left::Held } else { left }))
    }

    fn run(&self, call: Call) -> Result<Reply, StoreError> {
        let now = self.clock.now();
        let store = &self.store;
        Ok(match call {
            Call::Register => Reply::Registered(store.register(&self.node_name, now, LEASE)?),
            Call::Load(id, name, max_hosts) => self.load(id, &name, max_hosts)?,
            Call::Commit(node, seq, batch) => {
                faults::pass("db-before-commit", "");
                let committed = store.commit(&node, seq, &batch, now, LEASE)?;
                faults::pass("db-after-commit", "");
                Reply::Committed(committed)
            }
            Call::Take(read) => self.take(read, now)?,
            Call::Offer(node, offer) => {
                let cursor = offer.cursor.as_deref();
                let (urls, all) = (&offer.urls, offer.exhausted);
                let of = JobPass { job: offer.job, pass: Some(offer.pass) };
                Reply::Offered(store.offer(&node, of, urls, cursor, all, true, now)?)
            }
            Call::Revisit(node, job, pass, after, limit) => {
                let of = JobPass { job, pass: Some(pass) };
                Reply::Revisited(store.revisit(&node, of, after, limit, now)?)
            }
            Call::Refill(node, job, harvest, window) => {
                Reply::Refilled(store.refill(&node, job, &harvest, window, now)?)
            }
            Call::Claim(node, jobs, limit) => {
                Reply::Claimed(store.claim(&node, &jobs, limit, now)?)
            }
            Call::ClaimHost(node, authority) => {
                Reply::Claimed(store.claim_host(&node, &authority, now)?.into_iter().collect())
            }
            Call::Release(node, hosts) => {
                store.release(&node, &hosts, now)?;
                Reply::Done
            }
            Call::GiveUp(given_up) => Reply::GaveUp(store.give_up(&given_up, GIVE_UP_STEP)?),
            Call::NextDue(jobs) => Reply::NextDue(store.next_due(&jobs, now)?),
            Call::Left(job, limits) => self.left(job, &limits)?,
            Call::EndPass(job, pass, limit) => {
                Reply::Ended(store.end_pass(job, pass, limit.as_deref(), now)?)
            }
            Call::Heartbeat(node) => {
                store.heartbeat(&node, now, LEASE)?;
                Reply::Done
            }
            Call::Retire(node) => {
                store.retire(&node, now)?;
                Reply::Done
            }
        })
    }
}

impl Actor for DbActor {
    type Context = Context<Self>;
}

impl Handler<Ping> for DbActor {
    type Result = ();

    fn handle(&mut self, _: Ping, _: &mut Self::Context) {}
}

impl Handler<Apply> for DbActor {
    type Result = Result<Reply, StoreError>;

    fn handle(&mut self, Apply(call): Apply, _: &mut Self::Context) -> Self::Result {
        faults::pass("db", "");
        self.run(call)
    }
}
