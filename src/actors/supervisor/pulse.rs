//! Who there is, and who answers.

use std::time::Duration;

use actix::dev::ToEnvelope;
use actix::{Actor, Addr, Handler, Message, ResponseFuture};
use futures_util::future::{LocalBoxFuture, join_all};

use super::Supervisor;
use crate::actors::messages::{Ping, Role};
use crate::metrics::Actor as Kind;

/// To Supervisor: does every actor answer? The reply names those that do not within this time. One
/// that is dead and about to be replaced is none of them.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Vec<String>")]
pub struct Pulse {
    /// How long an answer may take.
    pub patience: Duration,
}

/// To Supervisor: who is there?
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Vec<ActorSeen>")]
pub struct Roster;

/// Actors of one role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActorSeen {
    /// `scheduler`, `db`, `fetchers`, or `generator JOB`.
    pub name: String,
    /// How many are alive.
    pub alive: usize,
    /// How many have died so far.
    pub deaths: u64,
}

impl Supervisor {
    fn deaths(&self, of: impl Fn(Role) -> bool) -> u64 {
        self.deaths.iter().filter(|(role, _)| of(**role)).map(|(_, deaths)| deaths.total).sum()
    }

    /// Tells those who measure.
    pub(super) fn count_restart(&self, role: Role) {
        let kind = match role {
            Role::Scheduler => Kind::Scheduler,
            Role::Db => Kind::Db,
            Role::Fetcher(_) => Kind::Fetcher,
            Role::Generator(_) => Kind::Generator,
        };
        if let Some(metrics) = &self.settings.metrics {
            metrics.run.restarted(kind);
        }
    }

    fn roster(&self) -> Vec<ActorSeen> {
        let seen =
            |name: &str, alive: usize, deaths| ActorSeen { name: name.to_owned(), alive, deaths };
        let scheduler = self.scheduler.iter().filter(|it| it.connected()).count();
        let db = self.db.iter().filter(|it| it.connected()).count();
        let fetchers = self.fetchers.values().filter(|it| it.connected()).count();
        let mut all = vec![
            seen("scheduler", scheduler, self.deaths(|role| role == Role::Scheduler)),
            seen("db", db, self.deaths(|role| role == Role::Db)),
            seen("fetchers", fetchers, self.deaths(|role| matches!(role, Role::Fetcher(_)))),
        ];
        let mut jobs: Vec<_> = self.jobs.iter().collect();
        jobs.sort_unstable_by_key(|(_, start)| start.job.name.clone());
        for (id, start) in jobs {
            let alive = self.generators.get(id).iter().filter(|it| it.connected()).count();
            let deaths = self.deaths(|role| role == Role::Generator(*id));
            all.push(seen(&format!("generator {}", start.job.name), alive, deaths));
        }
        all
    }
}

impl Handler<Roster> for Supervisor {
    type Result = Vec<ActorSeen>;

    fn handle(&mut self, _: Roster, _: &mut Self::Context) -> Self::Result {
        self.roster()
    }
}

/// Its name, if it is alive and does not answer in time.
fn silence<A>(
    name: String,
    actor: Addr<A>,
    patience: Duration,
) -> LocalBoxFuture<'static, Option<String>>
where
    A: Actor + Handler<Ping>,
    A::Context: ToEnvelope<A, Ping>,
{
    Box::pin(async move {
        let answer = actix_rt::time::timeout(patience, actor.send(Ping)).await;
        answer.is_err().then_some(name)
    })
}

impl Handler<Pulse> for Supervisor {
    type Result = ResponseFuture<Vec<String>>;

    fn handle(&mut self, Pulse { patience }: Pulse, _: &mut Self::Context) -> Self::Result {
        let mut asked = Vec::new();
        if let Some(scheduler) = &self.scheduler {
            asked.push(silence("scheduler".to_owned(), scheduler.clone(), patience));
        }
        if let Some(db) = &self.db {
            asked.push(silence("db".to_owned(), db.clone(), patience));
        }
        for (slot, fetcher) in &self.fetchers {
            asked.push(silence(format!("fetcher {slot}"), fetcher.clone(), patience));
        }
        for (id, generator) in &self.generators {
            let name = self.jobs.get(id).map_or("?", |start| &start.job.name);
            asked.push(silence(format!("generator {name}"), generator.clone(), patience));
        }
        Box::pin(async move { join_all(asked).await.into_iter().flatten().collect() })
    }
}
