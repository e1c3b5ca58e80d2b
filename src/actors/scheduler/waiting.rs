//! Why nothing moves, or not everything.

use actix::{Context, Handler};

use super::SchedulerActor;
use crate::actors::messages::{HostWaits, NoRoom};
use crate::domain::Millis;
use crate::domain::counted::counted;
use crate::frontier::waits::{Hosts, Slow, Wait, Waits};

/// A request that has been under way for longer is worth a word.
const LONG: Millis = 3_000;
/// A call of the store that has been under way for longer is worth one too.
const SILENT: Millis = 5_000;

impl SchedulerActor {
    /// What is wrong with the store: it fails, or says nothing.
    pub(super) fn store_trouble(&self, now: Millis) -> Option<String> {
        if let Some(trouble) = &self.desk.trouble {
            return Some(format!("the store does not answer: {}", trouble.message));
        }
        let since = now - self.desk.called_at?;
        (since >= SILENT).then(|| format!("the store: no answer for {} s", since / 1000))
    }

    /// What waits for what, in one sentence; `None` when nothing is worth it.
    pub(super) fn waiting(&self, now: Millis) -> Option<String> {
        if let Some(words) = self.store_trouble(now) {
            return Some(words);
        }
        if let Some(words) = &self.desk.no_room {
            return Some(format!("the disk is nearly full: {words}"));
        }
        let slow: Vec<_> = self.flights.begun().filter(|(_, at)| now - at >= LONG).collect();
        let moving = self.flights.len() > slow.len();
        let mut waits = Waits::of(self.window.hosts(), now, moving);
        let longest = slow.iter().min_by_key(|(_, at)| *at);
        waits.slow = longest.map(|(host, at)| Slow {
            requests: slow.len(),
            host: self.window.host(*host).map_or_else(String::new, |host| host.authority.clone()),
            since: now - at,
        });
        (!waits.is_empty()).then(|| waits.to_string())
    }

    /// What limits the speed, in one sentence.
    pub(super) fn limited_by(&self, now: Millis) -> String {
        if let Some(words) = self.store_trouble(now) {
            return words;
        }
        if let Some(words) = &self.desk.no_room {
            return format!("the disk is nearly full: {words}");
        }
        if self.draining.is_some() {
            return "the end: what is in flight is taken in".to_owned();
        }
        let (in_flight, most) = (self.flights.len(), self.concurrency);
        if in_flight >= most {
            return match most {
                1 => "concurrency: the one request that may be is in flight".to_owned(),
                _ => format!("concurrency: all {most} requests that may be are in flight"),
            };
        }
        if in_flight + self.batches.len() >= 2 * most
            || self.batches.weight() >= self.most_uncommitted
        {
            let results = counted(self.batches.len(), "result");
            return format!("the store: {results} to be written first");
        }
        let waits = Waits::of(self.window.hosts(), now, false);
        if !waits.is_empty() {
            return format!("politeness: {waits}");
        }
        match in_flight {
            0 => "nothing: no request is due".to_owned(),
            1 => "the answer to the one request in flight".to_owned(),
            _ => format!("the answers to {in_flight} requests in flight"),
        }
    }

    /// The hosts held, by what they wait for.
    pub(super) fn hosts_waiting(&self, now: Millis) -> Vec<(Wait, Hosts)> {
        Waits::of(self.window.hosts(), now, false).hosts().collect()
    }
}

impl Handler<HostWaits> for SchedulerActor {
    type Result = Option<(Wait, Millis)>;

    fn handle(&mut self, HostWaits(host): HostWaits, _: &mut Context<Self>) -> Self::Result {
        self.window.waits(host, self.clock.now())
    }
}

impl Handler<NoRoom> for SchedulerActor {
    type Result = ();

    fn handle(&mut self, NoRoom(words): NoRoom, ctx: &mut Context<Self>) {
        self.desk.no_room = words;
        self.pump(ctx);
    }
}
