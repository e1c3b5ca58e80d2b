//! The window against a simulated store and web, in virtual time.
//!
//! A day of politeness in milliseconds: hosts that answer, stall, refuse, slow us down and heal,
//! with commits that come late. Held at every step: no request starts before its host allows, no
//! more than `per_host` are in flight, nor more to unreached hosts than allowed; robots.txt comes
//! first, few find no place at their address, and in the end each URL is settled exactly once.

mod addresses;
mod shares;
mod ways;

use std::collections::BTreeMap;
use std::net::IpAddr;

use hashbrown::HashSet;
use proptest::prelude::*;

use super::*;
use crate::domain::job::JobSpec;
use crate::domain::outcome::{Reason, UrlState};
use crate::domain::role::Role;
use crate::domain::task::Task;
use crate::domain::url::CanonicalUrl;
use crate::frontier::answer::{Answer, RobotsAnswer};
use crate::frontier::record::{ClaimedJob, HostRow, PageFacts, QueuedUrl};
use crate::frontier::verdict::{Moment, Verdict};
use addresses::Map;

const JOB: JobId = JobId(1);

/// A row of the simulated store.
struct Row {
    url: QueuedUrl,
    settled: Option<UrlState>,
}

/// A request on its way through the simulated web.
struct Sent {
    host: HostKey,
    work: Work,
    begun_at: Millis,
    /// Its start has been said, or need not be.
    reported: bool,
    /// There was no place at the address.
    crowded: bool,
}

struct World {
    now: Millis,
    window: Window,
    rows: BTreeMap<i64, Row>,
    /// Answered, and waiting for their commit.
    unsettled: HashSet<i64>,
    landing: BTreeMap<(Millis, u64), Sent>,
    committing: BTreeMap<(Millis, u64), Verdict>,
    last_start: HashMap<HostKey, Millis>,
    in_flight: HashMap<HostKey, usize>,
    asked_robots: HashMap<HostKey, bool>,
    numbers: u64,
    seed: u64,
    delay: Millis,
    per_host: usize,
    map: Map,
    at_address: HashMap<IpAddr, usize>,
    /// Hosts whose address has been told, or that have answered.
    reached: HashSet<HostKey>,
    /// Requests that went out in vain.
    turned_away: usize,
}

fn job(delay: Millis, per_host: usize, robots: bool) -> Arc<Job> {
    let spec = JobSpec {
        roots: vec!["http://h0.example/".to_owned()],
        scope: "any".to_owned(),
        delay_ms: delay,
        per_host,
        robots,
        ..JobSpec::default()
    };
    Arc::new(Job::new(JOB, "sim", &spec).expect("a valid job"))
}

impl World {
    fn new(
        hosts: usize,
        pages: usize,
        delay: Millis,
        per_host: usize,
        map: Map,
        seed: u64,
    ) -> Self {
        let mut window = Window::new(map.per_address, map.unreached);
        window.add_job(job(delay, per_host, true));
        let mut world = Self {
            now: 1_000_000,
            window,
            rows: BTreeMap::new(),
            unsettled: HashSet::new(),
            landing: BTreeMap::new(),
            committing: BTreeMap::new(),
            last_start: HashMap::new(),
            in_flight: HashMap::new(),
            asked_robots: HashMap::new(),
            numbers: 0,
            seed,
            delay,
            per_host,
            map,
            at_address: HashMap::new(),
            reached: HashSet::new(),
            turned_away: 0,
        };
        for host in 0..hosts {
            for page in 0..pages {
                world.know(host, page);
            }
        }
        for host in 0..hosts {
            world.lease(host);
        }
        world
    }

    fn know(&mut self, host: usize, page: usize) {
        let url = CanonicalUrl::parse(&format!("http://h{host}.example/{page}")).expect("a URL");
        let id = i64::try_from(self.rows.len()).expect("few rows");
        let row = QueuedUrl {
            id,
            job: JOB,
            host: url.host_key(),
            key: url.key(),
            url: url.as_str().to_owned(),
            role: Role::Page,
            task: Task::Main,
            depth: 0,
            hops: 0,
            tries: 0,
            due_at: self.now,
            validators: None,
            query: None,
        };
        self.rows.insert(id, Row { url: row, settled: None });
    }

    fn lease(&mut self, host: usize) {
        let authority = format!("h{host}.example");
        let key = crate::domain::url::host_key(&authority);
        let claimed = ClaimedHost {
            host: HostRow {
                key,
                authority,
                asked_at: 0,
                not_before: 0,
                backoff_ms: 0,
                fails: 0,
                failing_since: 0,
                answered_at: 0,
            },
            epoch: 1,
            jobs: vec![ClaimedJob { job: JOB, waiting: true, given_up: None }],
            robots: Vec::new(),
        };
        self.window.lease(&claimed, self.now);
    }

    fn luck(&mut self, below: u64) -> u64 {
        self.seed = self.seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (self.seed >> 33) % below
    }

    /// Does all that can be done now, then moves to the next event. `false`: nothing is left.
    fn step(&mut self) -> bool {
        while let Some(read) = self.window.next_read() {
            let taken = self.read(read);
            self.window.took(read.job, read.host, taken);
        }
        while let Some(step) = self.window.next(self.now, &|_| true) {
            match step {
                Step::Ask(host, work) => self.send(host, work),
                Step::Unasked(_, settled) => self.commit(Verdict::Settled(settled)),
                Step::Listed(..) => unreachable!("no robots.txt here names a sitemap"),
            }
        }
        if self.window.next_read_waits() {
            return true;
        }
        let next = [
            self.landing.keys().next().map(|(at, _)| *at),
            self.committing.keys().next().map(|(at, _)| *at),
            self.window.next_wake(),
        ];
        let Some(at) = next.into_iter().flatten().min() else { return false };
        self.now = self.now.max(at);
        while let Some(GivenUp { host, .. }) = self.window.next_given_up() {
            for row in self.rows.values_mut().filter(|r| r.url.host == host) {
                if !self.unsettled.contains(&row.url.id) {
                    row.settled.get_or_insert(UrlState::Failed);
                }
            }
        }
        while self.landing.keys().next().is_some_and(|(at, _)| *at <= self.now) {
            let (_, sent) = self.landing.pop_first().expect("just seen");
            self.land(sent);
        }
        while self.committing.keys().next().is_some_and(|(at, _)| *at <= self.now) {
            let (_, verdict) = self.committing.pop_first().expect("just seen");
            self.committed(verdict);
        }
        true
    }

    fn read(&self, read: Read) -> Taken {
        let waiting = self.rows.values().filter(|r| r.settled.is_none() && r.url.host == read.host);
        let (due, later): (Vec<_>, Vec<_>) = waiting.partition(|r| r.url.due_at <= self.now);
        Taken {
            complete: due.len() <= read.limit,
            rows: due.into_iter().take(read.limit).map(|r| r.url.clone()).collect(),
            next_due: later.into_iter().map(|r| r.url.due_at).min(),
            asked: None,
        }
    }

    fn send(&mut self, host: HostKey, work: Work) {
        let unreached = self.landing.values().filter(|sent| !self.reached.contains(&sent.host));
        let limit = self.map.unreached;
        assert!(limit == 0 || self.reached.contains(&host) || unreached.count() < limit);
        if !self.takes_place(host) {
            self.turned_away += 1;
            self.numbers += 1;
            let reported = !self.window.host(host).expect("held").reports_start();
            let at = self.now + i64::try_from(self.luck(5)).expect("small");
            let sent = Sent { host, work, begun_at: self.now, reported, crowded: true };
            self.landing.insert((at, self.numbers), sent);
            return;
        }
        // What the host allows, from its own side.
        if let Some(last) = self.last_start.get(&host) {
            assert!(self.now - last >= self.delay, "{} ms after the last", self.now - last);
        }
        let in_flight = self.in_flight.entry(host).or_insert(0);
        *in_flight += 1;
        assert!(*in_flight <= self.per_host, "{in_flight} in flight");
        match &work {
            Work::Robots(..) => {
                self.asked_robots.insert(host, false);
            }
            Work::Page(row, _) => {
                assert_eq!(self.asked_robots.get(&host), Some(&true), "robots.txt comes first");
                assert!(self.rows[&row.id].settled.is_none(), "{} asked after its end", row.url);
            }
        }
        let (late, takes) = (self.luck(40), self.luck(3_000));
        let mut started = self.now;
        if self.window.host(host).expect("held").reports_start() {
            // The head is on the wire a little later; until then nothing else may go out.
            started += i64::try_from(late).expect("small");
            self.now = started;
            self.window.started(host, started);
            self.reached.insert(host);
        }
        self.last_start.insert(host, started);
        self.numbers += 1;
        let at = started + i64::try_from(takes).expect("small");
        let sent = Sent { host, work, begun_at: started, reported: true, crowded: false };
        self.landing.insert((at, self.numbers), sent);
    }

    fn land(&mut self, sent: Sent) {
        self.leave_place(&sent);
        if sent.crowded {
            let verdict = self.window.crowded(sent.host, sent.work, sent.reported, self.now);
            match verdict {
                Some(verdict @ Verdict::Settled(_)) => self.commit(verdict),
                other => assert_eq!(other, Some(Verdict::Again)),
            }
            return;
        }
        *self.in_flight.get_mut(&sent.host).expect("in flight") -= 1;
        let moment = Moment { now: self.now, luck: self.luck(4_000), stale: false, renewed: false };
        match sent.work {
            Work::Robots(errand, _) => {
                self.reached.insert(sent.host);
                let failing = self.luck(3) == 0;
                let answer = RobotsAnswer {
                    status: Some(if failing { 503 } else { 200 }),
                    begun_at: sent.begun_at,
                    sent_at: Some(sent.begun_at),
                    ..RobotsAnswer::default()
                };
                let row = self.window.robots(sent.host, &errand, &answer, true, moment);
                if let Some(row) = row {
                    self.asked_robots.insert(sent.host, true);
                    self.window.robots_stored(&row);
                }
            }
            Work::Page(row, _) => {
                let answer = self.answer(sent.begun_at);
                self.reached.extend(answer.facts.status.map(|_| sent.host));
                if let Some(verdict) = self.window.settle(row, answer, true, moment) {
                    self.commit(verdict);
                }
            }
        }
    }

    /// What the web says: mostly a page, sometimes trouble.
    fn answer(&mut self, begun_at: Millis) -> Answer {
        let facts = |status| PageFacts {
            status: Some(status),
            fetched_at: Some(begun_at),
            ..PageFacts::default()
        };
        let broken = |reason| Answer {
            failure: Some((reason, String::new())),
            begun_at,
            ..Answer::default()
        };
        match self.luck(12) {
            0 => Answer {
                facts: facts(429),
                retry_after: Some(7_000),
                begun_at,
                ..Answer::default()
            },
            1 => Answer { facts: facts(503), begun_at, ..Answer::default() },
            2 => Answer { facts: facts(404), begun_at, ..Answer::default() },
            3 => broken(Reason::TimeoutHead),
            4 => broken(Reason::Reset),
            5 => broken(Reason::TimeoutConnect),
            _ => Answer { facts: facts(200), begun_at, ..Answer::default() },
        }
    }

    fn commit(&mut self, verdict: Verdict) {
        if let Verdict::Settled(settled) | Verdict::GiveUp(settled) = &verdict {
            self.unsettled.insert(settled.id);
        }
        self.numbers += 1;
        let late = i64::try_from(self.luck(200)).expect("small");
        self.committing.insert((self.now + late, self.numbers), verdict);
    }

    fn committed(&mut self, verdict: Verdict) {
        match verdict {
            Verdict::Settled(settled) | Verdict::GiveUp(settled) => self.end(&settled),
            Verdict::Deferred(deferred) => {
                let row = self.rows.get_mut(&deferred.id).expect("known");
                row.url.tries = deferred.tries;
                row.url.due_at = deferred.due_at;
                self.window.deferred(JOB, deferred.host, deferred.due_at);
                self.window.committed(deferred.host, deferred.id);
            }
            Verdict::Again | Verdict::Stale | Verdict::OnceMore => {}
        }
    }

    fn end(&mut self, settled: &Settled) {
        let row = self.rows.get_mut(&settled.id).expect("known");
        assert!(row.settled.is_none(), "{} settled twice", row.url.url);
        row.settled = Some(settled.state);
        self.unsettled.remove(&settled.id);
        self.window.committed(settled.host, settled.id);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_url_is_settled_once_and_no_host_is_hurried(
        seed in any::<u64>(),
        hosts in 1usize..12,
        pages in 1usize..40,
        delay in prop_oneof![Just(0i64), Just(500), Just(10_000)],
        per_host in 1usize..4,
        addresses in 1usize..4,
        per_address in 0usize..4,
        unreached in 0usize..3,
        in_company in any::<bool>(),
    ) {
        let map = Map { addresses, per_address, unreached };
        let mut world = World::new(hosts, pages, delay, per_host, map, seed);
        if in_company {
            world.window.add_job(shares::job_of(1, 50));
        }
        let mut steps = 0;
        while world.step() {
            steps += 1;
            prop_assert!(steps < 200_000, "the simulation does not end");
        }
        let open: Vec<_> = world.rows.values().filter(|r| r.settled.is_none()).collect();
        prop_assert!(open.is_empty(), "{} URLs never settled", open.len());
        let given_back = world.window.give_back(false, world.now, usize::MAX);
        prop_assert_eq!(given_back.len(), hosts, "every host is given back in the end");
        prop_assert!(world.window.is_empty());
        prop_assert_eq!(world.window.crowd.len(), 0, "no place is left taken");
        prop_assert!(world.turned_away <= 10 * hosts, "{} in vain", world.turned_away);
    }
}
