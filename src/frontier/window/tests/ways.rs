//! A proxy that fails rests the queue of its job on a host, and nobody else's.

use super::shares::job_of;
use super::*;
use crate::frontier::record::{ClaimedHost, Taken};

const NOW: Millis = 1_000_000;

/// Two jobs with endless pages on one host.
struct Both {
    window: Window,
    key: HostKey,
    ids: i64,
}

impl Both {
    fn new(answered_at: Millis) -> Self {
        let authority = "h.example".to_owned();
        let key = crate::domain::url::host_key(&authority);
        let (jobs, window) = ([job_of(0, 1), job_of(1, 1)], Window::new(0, 0));
        let mut both = Self { window, key, ids: 0 };
        for job in jobs {
            both.window.add_job(job);
        }
        let host = HostRow {
            key,
            authority,
            asked_at: 0,
            not_before: 0,
            backoff_ms: 0,
            fails: 0,
            failing_since: 0,
            answered_at,
        };
        both.lease(host, NOW);
        both
    }

    /// The host comes, with rows of both jobs.
    fn lease(&mut self, host: HostRow, now: Millis) {
        let share = |job| ClaimedJob { job: JobId(job), waiting: true, given_up: None };
        let (jobs, robots) = ([1, 2].map(share).to_vec(), Vec::new());
        self.window.lease(&ClaimedHost { host, epoch: 1, jobs, robots }, now);
    }

    /// What may be asked now.
    fn next(&mut self, now: Millis) -> Option<QueuedUrl> {
        while let Some(read) = self.window.next_read() {
            let rows = (0..read.limit).map(|_| self.row(read.job)).collect();
            let taken = Taken { rows, complete: false, next_due: None, asked: None };
            self.window.took(read.job, read.host, taken);
        }
        match self.window.next(now, &|_| true) {
            Some(Step::Ask(_, Work::Page(row, _))) => Some(row),
            None => None,
            other => panic!("{other:?}"),
        }
    }

    fn row(&mut self, job: JobId) -> QueuedUrl {
        self.ids += 1;
        let url = CanonicalUrl::parse(&format!("http://h.example/{}", self.ids)).expect("a URL");
        QueuedUrl {
            id: self.ids,
            job,
            host: self.key,
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

    /// The first job gets an answer, the other's proxy refuses.
    fn lands(&mut self, row: QueuedUrl, now: Millis) -> Option<Verdict> {
        let proxied = row.job == JobId(2);
        let words = "via http://127.0.0.1:1: refused".to_owned();
        let failure = proxied.then_some((Reason::Unreachable, words));
        let status = (!proxied).then_some(200);
        let facts = PageFacts { status, fetched_at: status.map(|_| now), ..PageFacts::default() };
        let answer = Answer { facts, failure, proxied, begun_at: now, ..Answer::default() };
        let (id, moment) = (row.id, Moment { now, luck: 7, stale: false, renewed: false });
        let verdict = self.window.settle(row, answer, true, moment);
        self.window.committed(self.key, id);
        verdict
    }

    fn host(&self) -> &Host {
        self.window.host(self.key).expect("held")
    }
}

#[test]
fn a_proxy_that_fails_rests_its_own_job_1_2_4_s_and_no_other() {
    let mut both = Both::new(0);
    let (mut tried, mut answered) = (Vec::new(), 0);
    for now in (NOW..NOW + 20_000).step_by(100) {
        while answered < 20 * (now - NOW) / 100 + 20 {
            let row = both.next(now).expect("there is always something for the first job");
            if row.job == JobId(2) {
                tried.push(now - NOW);
                assert_eq!(both.lands(row, now), Some(Verdict::Again), "no try is used up");
            } else {
                both.lands(row, now);
                answered += 1;
            }
        }
    }
    assert_eq!(tried, [0, 1_000, 3_000, 7_000, 15_000], "its own rests hold");
    let row = both.host().row();
    assert_eq!((row.fails, row.failing_since, row.not_before), (0, 0, 0));
    assert!(row.answered_at > 0);
}

#[test]
fn a_broken_way_rests_its_job_and_is_remembered_of_it_when_the_host_leaves() {
    let mut both = Both::new(1);
    both.window.remove_job(JobId(1));
    for now in [NOW, NOW + 1_000, NOW + 3_000, NOW + 7_000] {
        let row = both.next(now).expect("its turn");
        assert_eq!(both.lands(row, now), Some(Verdict::Again));
        assert_eq!(both.next(now), None);
    }
    let (now, until) = (NOW + 7_500, NOW + 15_000);
    assert_eq!(both.window.waits(both.key, now), Some((Wait::Failures, until)));
    assert_eq!(both.host().row().fails, 0, "the host itself has not failed");
    let left = both.window.give_back(true, now, 9);
    let [left] = left.as_slice() else { panic!("{left:?}") };
    assert_eq!(left.ready_at, until);
    assert_eq!((left.host.not_before, left.host.fails), (0, 0), "other jobs find it as it is");
    both.lease(left.host.clone(), until);
    let row = both.next(until).expect("its turn");
    both.lands(row, until);
    assert_eq!(both.window.waits(both.key, until), Some((Wait::Failures, until + 16_000)));
    // The next run begins afresh: the proxy may have been mended.
    let [left] = both.window.give_back_all().try_into().expect("one host");
    assert_eq!((left.ready_at, left.host.not_before, left.host.fails), (until, 0, 0));
}

#[test]
fn what_went_out_on_a_broken_way_counts_for_the_pace_of_the_host() {
    let mut both = Both::new(1);
    both.window.remove_job(JobId(1));
    let (row, sent) = (both.next(NOW).expect("its turn"), NOW + 300);
    let failure = Some((Reason::TimeoutHead, "no answer".to_owned()));
    let facts = PageFacts { fetched_at: Some(sent), ..PageFacts::default() };
    let answer = Answer { facts, failure, proxied: true, begun_at: NOW, ..Answer::default() };
    let moment = Moment { now: NOW + 900, luck: 7, stale: false, renewed: false };
    both.window.settle(row, answer, true, moment);
    assert_eq!(both.host().row().asked_at, sent);
}
