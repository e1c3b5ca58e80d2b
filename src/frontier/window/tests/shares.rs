//! Slots shared between jobs: a web that answers when it is told to, and endless pages.

use super::*;
use crate::frontier::record::{ClaimedHost, Taken};

const NOW: Millis = 1_000_000;

/// Jobs with hosts of their own, and a number of slots.
struct Crowd {
    window: Window,
    slots: usize,
    flying: Vec<(HostKey, QueuedUrl)>,
    served: HashMap<JobId, usize>,
    pages: HashSet<(JobId, HostKey)>,
    ids: i64,
}

pub(super) fn job_of(number: usize, priority: u32) -> Arc<Job> {
    let id = JobId(i64::try_from(number).expect("few") + 1);
    let mut job = Job::clone(&job(0, 1, false));
    (job.id, job.priority) = (id, priority);
    Arc::new(job)
}

impl Crowd {
    fn new(slots: usize) -> Self {
        let window = Window::new(0, 0);
        let (served, pages) = (HashMap::new(), HashSet::new());
        Self { window, slots, flying: Vec::new(), served, pages, ids: 0 }
    }

    /// A host that only these jobs have pages on.
    fn host(&mut self, name: &str, jobs: &[JobId]) {
        let authority = format!("{name}.example");
        let key = crate::domain::url::host_key(&authority);
        let host = HostRow {
            key,
            authority,
            asked_at: 0,
            not_before: 0,
            backoff_ms: 0,
            fails: 0,
            failing_since: 0,
            answered_at: 1,
        };
        self.pages.extend(jobs.iter().map(|job| (*job, key)));
        let share = |job: &JobId| ClaimedJob { job: *job, waiting: true, given_up: None };
        let jobs = jobs.iter().map(share).collect();
        self.window.lease(&ClaimedHost { host, epoch: 1, jobs, robots: Vec::new() }, NOW);
    }

    /// Every queue that runs low is filled.
    fn read(&mut self) {
        while let Some(read) = self.window.next_read() {
            let complete = !self.pages.contains(&(read.job, read.host));
            let rows = (0..if complete { 0 } else { read.limit })
                .map(|_| self.row(read.job, read.host))
                .collect();
            let taken = Taken { rows, complete, next_due: None, asked: None };
            self.window.took(read.job, read.host, taken);
        }
    }

    fn row(&mut self, job: JobId, host: HostKey) -> QueuedUrl {
        self.ids += 1;
        let url = CanonicalUrl::parse(&format!("http://h.example/{}", self.ids)).expect("a URL");
        QueuedUrl {
            id: self.ids,
            job,
            host,
            key: url.key(),
            url: url.as_str().to_owned(),
            role: Role::Page,
            task: Task::Main,
            depth: 0,
            hops: 0,
            tries: 0,
            due_at: NOW,
            validators: None,
            query: None,
        }
    }

    /// Sends what may be sent.
    fn fill(&mut self) {
        loop {
            self.read();
            if self.flying.len() >= self.slots {
                return;
            }
            match self.window.next(NOW, &|_| true) {
                Some(Step::Ask(host, Work::Page(row, _))) => {
                    *self.served.entry(row.job).or_default() += 1;
                    self.flying.push((host, row));
                }
                None if self.window.next_read_waits() => {}
                None => return,
                other => panic!("{other:?}"),
            }
        }
    }

    /// One of those in flight is answered and committed.
    fn answer(&mut self, which: usize) -> JobId {
        let (host, row) = self.flying.swap_remove(which % self.flying.len());
        let (id, job) = (row.id, row.job);
        let facts = PageFacts { status: Some(200), fetched_at: Some(NOW), ..PageFacts::default() };
        let answer = Answer { facts, begun_at: NOW, ..Answer::default() };
        let moment = Moment { now: NOW, luck: 7, stale: false, renewed: false };
        self.window.settle(row, answer, true, moment).expect("a verdict");
        self.window.committed(host, id);
        job
    }

    fn in_flight(&self, job: JobId) -> usize {
        self.flying.iter().filter(|(_, row)| row.job == job).count()
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    /// However the answers come, no job has more in flight for its priority than another had when
    /// it got the last of them.
    #[test]
    fn slots_are_shared_by_priority(
        priorities in prop::collection::vec(1u32..=100, 2..5),
        slots in 1usize..40,
        answers in prop::collection::vec(any::<usize>(), 200),
    ) {
        let mut crowd = Crowd::new(slots);
        let jobs: Vec<_> = priorities.iter().enumerate().map(|(at, p)| job_of(at, *p)).collect();
        for job in &jobs {
            crowd.window.add_job(Arc::clone(job));
            for host in 0..2 * slots {
                crowd.host(&format!("h{}-{host}", job.id.0), &[job.id]);
            }
        }
        crowd.fill();
        for which in answers {
            crowd.answer(which);
            crowd.fill();
            prop_assert_eq!(crowd.flying.len(), slots, "no slot is left empty");
            for (one, other) in jobs.iter().flat_map(|a| jobs.iter().map(move |b| (a, b))) {
                let mine = crowd.in_flight(one.id).saturating_sub(1) as u64;
                let theirs = crowd.in_flight(other.id) as u64;
                prop_assert!(
                    mine * u64::from(other.priority) <= theirs * u64::from(one.priority),
                    "{} of {} in flight, {} of {}", mine + 1, one.priority, theirs, other.priority
                );
            }
        }
    }

    /// With one slot turns are taken by priority, and with equal ones in turn.
    #[test]
    fn one_slot_is_given_in_proportion(one in 1u32..=100, other in 1u32..=100) {
        let mut crowd = Crowd::new(1);
        let jobs = [job_of(0, one), job_of(1, other)];
        for job in &jobs {
            crowd.window.add_job(Arc::clone(job));
            for host in 0..3 {
                crowd.host(&format!("h{}-{host}", job.id.0), &[job.id]);
            }
        }
        for _ in 0..2_000 {
            crowd.fill();
            crowd.answer(0);
        }
        let [a, b] = [1, 2].map(|id| crowd.served[&JobId(id)]);
        let fair = 2_000.0 * f64::from(one) / f64::from(one + other);
        #[expect(clippy::cast_precision_loss, reason = "a small count")]
        let off = (a as f64 - fair).abs();
        prop_assert!(off <= 2.0, "{a} to {b} where {fair} was fair");
    }
}

#[test]
fn what_a_job_does_not_use_goes_to_the_others() {
    let mut crowd = Crowd::new(16);
    let jobs = [job_of(0, 100), job_of(1, 1)];
    for job in &jobs {
        crowd.window.add_job(Arc::clone(job));
    }
    crowd.host("only", &[jobs[0].id]);
    for host in 0..40 {
        crowd.host(&format!("h{host}"), &[jobs[1].id]);
    }
    crowd.fill();
    assert_eq!((crowd.in_flight(jobs[0].id), crowd.in_flight(jobs[1].id)), (1, 15));
}

#[test]
fn ten_thousand_hosts_do_not_keep_one_waiting() {
    let mut crowd = Crowd::new(8);
    let jobs = [job_of(0, 100), job_of(1, 1)];
    for job in &jobs {
        crowd.window.add_job(Arc::clone(job));
    }
    for host in 0..10_000 {
        crowd.host(&format!("h{host}"), &[jobs[0].id]);
    }
    crowd.fill();
    crowd.host("only", &[jobs[1].id]);
    let mut between = 0;
    for which in 0..200 {
        let back = crowd.answer(which);
        between = if back == jobs[1].id { 0 } else { between + 1 };
        crowd.fill();
        assert_eq!(crowd.in_flight(jobs[1].id), 1, "the next slot is its own");
    }
    assert!(between < 200);
    assert!(crowd.served[&jobs[1].id] > 10);
}

#[test]
fn a_job_that_finds_every_place_held_gets_room_and_takes_no_more_than_it_needs() {
    let mut crowd = Crowd::new(8);
    let jobs = [job_of(0, 100), job_of(1, 1), job_of(2, 1)];
    crowd.window.add_job(Arc::clone(&jobs[0]));
    for host in 0..60 {
        crowd.host(&format!("h{host}"), &[jobs[0].id]);
    }
    crowd.fill();
    let wants = |ids: &[usize]| ids.iter().map(|at| jobs[*at].id).collect::<HashSet<_>>();
    assert!(crowd.window.make_room(&wants(&[0]), NOW, 64).is_empty(), "it is alone");
    for job in &jobs[1..] {
        crowd.window.add_job(Arc::clone(job));
    }
    assert!(crowd.window.make_room(&wants(&[]), NOW, 64).is_empty(), "nobody wants any");
    assert!(crowd.window.make_room(&wants(&[0]), NOW, 64).is_empty(), "it has more than its share");
    assert_eq!(crowd.window.make_room(&wants(&[1]), NOW, 64).len(), 20);
    assert_eq!(crowd.window.len(), 40);
    assert!(crowd.flying.iter().all(|(host, _)| crowd.window.host(*host).is_some()));
    for host in 0..20 {
        crowd.host(&format!("one{host}"), &[jobs[1].id]);
    }
    assert!(crowd.window.make_room(&wants(&[1]), NOW, 64).is_empty(), "it has its share");
    assert_eq!(crowd.window.make_room(&wants(&[2]), NOW, 9).len(), 9, "no more than may be");
    crowd.fill();
    for which in 0..100 {
        crowd.answer(which);
        crowd.fill();
    }
    assert!(crowd.served[&jobs[1].id] > 0);
}

#[test]
fn on_a_host_that_they_share_jobs_take_turns_whatever_their_priority() {
    let mut crowd = Crowd::new(8);
    let jobs = [job_of(0, 100), job_of(1, 1)];
    for job in &jobs {
        crowd.window.add_job(Arc::clone(job));
    }
    crowd.host("shared", &[jobs[0].id, jobs[1].id]);
    for host in 0..20 {
        crowd.host(&format!("h{host}"), &[jobs[0].id]);
    }
    let shared = crate::domain::url::host_key("shared.example");
    let mut there: HashMap<JobId, i32> = HashMap::new();
    for which in 0..4_000 {
        crowd.fill();
        let flying = crowd.flying.len();
        let (host, row) = &crowd.flying[which % flying];
        if *host == shared {
            *there.entry(row.job).or_default() += 1;
        }
        crowd.answer(which);
    }
    let [one, other] = [1, 2].map(|id| there[&JobId(id)]);
    assert!(one > 50 && (one - other).abs() <= 1, "{one} and {other}");
}

#[test]
fn a_priority_changes_while_the_job_runs_and_what_is_left_by_one_is_taken_by_the_other() {
    let mut crowd = Crowd::new(20);
    for number in 0..2 {
        crowd.window.add_job(job_of(number, 10));
        for host in 0..40 {
            crowd.host(&format!("h{number}-{host}"), &[job_of(number, 10).id]);
        }
    }
    let (one, other) = (JobId(1), JobId(2));
    crowd.fill();
    assert_eq!((crowd.in_flight(one), crowd.in_flight(other)), (10, 10));
    crowd.window.amend_job(job_of(0, 30), false);
    for which in 0..200 {
        crowd.answer(which);
        crowd.fill();
    }
    assert_eq!((crowd.in_flight(one), crowd.in_flight(other)), (15, 5));
    crowd.window.remove_job(other);
    while crowd.in_flight(other) > 0 {
        crowd.flying.retain(|(_, row)| row.job == one);
    }
    crowd.fill();
    assert_eq!(crowd.in_flight(one), 20);
    crowd.window.add_job(job_of(1, 30));
    crowd.window.look_everywhere(other);
    for which in 0..200 {
        crowd.answer(which);
        crowd.fill();
    }
    assert_eq!((crowd.in_flight(one), crowd.in_flight(other)), (10, 10));
}
