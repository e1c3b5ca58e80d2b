//! The crawl as its actors see it.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use super::fetches::seconds;
use super::labels::{OfActor, OfReason, OfState, Word};
use crate::domain::outcome::UrlState;
use crate::frontier::record::{Commit, Settled};
use crate::frontier::waits::Wait;

/// Upper bounds of the time of a commit, seconds.
const COMMIT_SECONDS: [f64; 10] = [0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2.0, 10.0];

/// A kind of actor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Actor {
    /// The one that knows all addresses.
    Scheduler,
    /// The owner of the store.
    Db,
    /// One that asks.
    Fetcher,
    /// One that makes a job's requests.
    Generator,
}

impl Actor {
    const ALL: [Self; 4] = [Self::Scheduler, Self::Db, Self::Fetcher, Self::Generator];

    fn label(self) -> OfActor {
        let actor = Word(match self {
            Self::Scheduler => "scheduler",
            Self::Db => "db",
            Self::Fetcher => "fetcher",
            Self::Generator => "generator",
        });
        OfActor { actor }
    }
}

/// How much there is to do at a moment.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Load {
    /// Requests in flight.
    pub in_flight: usize,
    /// Outcomes that wait for their commit.
    pub uncommitted: usize,
    /// Bytes of memory that those hold.
    pub uncommitted_bytes: usize,
    /// Answers that wait in the Scheduler's mailbox.
    pub mailbox: usize,
    /// Hosts held.
    pub hosts: usize,
    /// Of those, the ones that wait.
    pub waiting: Vec<(Wait, usize)>,
    /// Does the store not answer?
    pub store_away: bool,
}

/// What is known of the crawl.
#[derive(Debug)]
pub struct Run {
    settled: Family<OfState, Counter>,
    commits: Counter,
    commit_seconds: Histogram,
    found: Counter,
    restarts: Family<OfActor, Counter>,
    waiting: Family<OfReason, Gauge>,
    gauges: [Gauge; 6],
}

impl Run {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let restarts = Family::<OfActor, Counter>::default();
        for actor in Actor::ALL {
            drop(restarts.get_or_create(&actor.label()));
        }
        let waiting = Family::<OfReason, Gauge>::default();
        for wait in Wait::ALL {
            drop(waiting.get_or_create(&reason(wait)));
        }
        let settled = Family::<OfState, Counter>::default();
        for of in UrlState::ALL.into_iter().filter(|of| *of != UrlState::Queued) {
            drop(settled.get_or_create(&state(of)));
        }
        let (commits, found) = (Counter::default(), Counter::default());
        let commit_seconds = Histogram::new(COMMIT_SECONDS);
        registry.register(
            "crawld_settled",
            "URLs settled and committed, by state",
            settled.clone(),
        );
        registry.register("crawld_found", "URLs made known", found.clone());
        registry.register("crawld_commits", "Commits to the store", commits.clone());
        registry.register(
            "crawld_commit_duration_seconds",
            "How long a commit took, its way to the store and back included",
            commit_seconds.clone(),
        );
        registry.register(
            "crawld_actor_restarts",
            "Actors that died and were replaced",
            restarts.clone(),
        );
        registry.register(
            "crawld_hosts_waiting",
            "Hosts held at which there is something to ask but not now, by reason",
            waiting.clone(),
        );
        let gauges = GAUGES.map(|(name, help)| {
            let gauge = Gauge::default();
            registry.register(name, help, gauge.clone());
            gauge
        });
        Self { settled, commits, commit_seconds, found, restarts, waiting, gauges }
    }

    /// A commit is on disk, after so many microseconds, with which so many URLs became known.
    pub fn committed(&self, commit: &Commit, micros: i64, found: u64) {
        self.commits.inc();
        self.commit_seconds.observe(seconds(micros));
        self.found.inc_by(found);
        for of in UrlState::ALL.into_iter().filter(|of| *of != UrlState::Queued) {
            let count = commit.settled.iter().filter(|settled: &&Settled| settled.state == of);
            let count = count.count();
            if count > 0 {
                self.settled.get_or_create(&state(of)).inc_by(number(count).unsigned_abs());
            }
        }
    }

    /// An actor died and is replaced.
    pub fn restarted(&self, actor: Actor) {
        self.restarts.get_or_create(&actor.label()).inc();
    }

    /// How much there is to do now.
    pub fn loaded(&self, load: &Load) {
        let figures = [
            load.in_flight,
            load.uncommitted,
            load.uncommitted_bytes,
            load.mailbox,
            load.hosts,
            usize::from(load.store_away),
        ];
        for (gauge, figure) in self.gauges.iter().zip(figures) {
            gauge.set(number(figure));
        }
        for wait in Wait::ALL {
            let hosts = load.waiting.iter().filter(|(of, _)| *of == wait).map(|(_, hosts)| hosts);
            self.waiting.get_or_create(&reason(wait)).set(number(hosts.sum()));
        }
    }
}

/// In the order of [`Load`].
const GAUGES: [(&str, &str); 6] = [
    ("crawld_in_flight", "Requests in flight"),
    ("crawld_uncommitted", "Answers that wait for their commit"),
    ("crawld_uncommitted_bytes", "Bytes of memory that those hold"),
    ("crawld_mailbox_messages", "Answers that wait in the mailbox of the Scheduler"),
    ("crawld_hosts_held", "Hosts held"),
    ("crawld_store_away", "1 while the store does not answer"),
];

fn reason(wait: Wait) -> OfReason {
    OfReason { reason: Word(wait.name()) }
}

fn state(of: UrlState) -> OfState {
    OfState { state: Word(of.name()) }
}

/// A count as a gauge takes it.
pub(super) fn number(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
