//! Hosts have one owner at a time, whatever dies.

use std::sync::Barrier;
use std::thread;

use crawld::domain::outcome::Reason;
use crawld::frontier::record::{Commit, GivenUp, HostRow, Release, RobotsRow};
use crawld::store::{Access, LONGEST_WAIT, Store};

use crate::ground::*;

const A: &str = "http://a.test/";

fn release(row: HostRow, epoch: i64) -> [Release; 1] {
    let ready_at = row.not_before;
    [Release { host: row, epoch, ready_at }]
}

on_both! {
    fn a_claimed_host_is_not_claimed_again(ground: Ground) {
        ground.offer(&[root(A), root("http://b.test/")], NOW);
        let (store, node, jobs) = (&ground.store, &ground.node, [ground.job]);
        let mut first = store.claim(node, &jobs, 1, NOW).unwrap();
        let second = store.claim(node, &jobs, 9, NOW).unwrap();
        assert_eq!((first.len(), second.len()), (1, 1));
        assert_ne!(first[0].host.key, second[0].host.key);
        assert!(store.claim(node, &jobs, 9, NOW).unwrap().is_empty());
        let claimed = first.remove(0);
        assert_eq!(claimed.epoch, 1);
        assert_eq!(claimed.jobs.len(), 1);
        assert!(claimed.jobs[0].waiting && claimed.jobs[0].given_up.is_none());
        let (row, owner) = store.host(claimed.host.key).unwrap().unwrap();
        assert_eq!((row, owner), (claimed.host, node.id));
    }

    fn a_job_with_many_hosts_does_not_keep_the_only_one_of_another_from_being_claimed(
        ground: Ground
    ) {
        let store = &ground.store;
        let many: Vec<_> = (0..50).map(|n| root(&format!("http://h{n}.test/"))).collect();
        ground.offer(&many, NOW);
        let other = store.create_job(&new_job("other"), NOW).unwrap().id;
        let only = [root("http://only.test/")];
        store.offer(&ground.node, other, &only, None, true, false, NOW + 5).unwrap();
        for jobs in [[ground.job, other], [other, ground.job]] {
            let claimed = store.claim(&ground.node, &jobs, 2, NOW + 10).unwrap();
            assert_eq!(claimed.len(), 2);
            let only = claimed.iter().find(|c| c.host.authority == "only.test").expect("claimed");
            let rows: Vec<_> = claimed.iter().map(|c| (c.host.clone(), c.epoch)).collect();
            assert_eq!(only.jobs.len(), 1);
            for (row, epoch) in rows {
                store.release(&ground.node, &release(row, epoch), NOW + 10).unwrap();
            }
        }
    }

    fn only_hosts_with_something_due_for_these_jobs_are_claimed(ground: Ground) {
        let store = &ground.store;
        let other = store.create_job(&new_job("other"), NOW).unwrap().id;
        ground.offer(&[root(A)], NOW + 1000);
        store.offer(&ground.node, other, &[root("http://b.test/")], None, true, false, NOW).unwrap();
        let names = |jobs: &[_], now| -> Vec<String> {
            let claimed = store.claim(&ground.node, jobs, 9, now).unwrap();
            claimed.into_iter().map(|claimed| claimed.host.authority).collect()
        };
        assert_eq!(store.next_due(&[ground.job], NOW).unwrap(), Some(NOW + 1000));
        assert!(names(&[ground.job], NOW).is_empty(), "not due yet");
        assert!(names(&[], NOW).is_empty());
        assert_eq!(names(&[ground.job, other], NOW), ["b.test"]);
        assert_eq!(names(&[ground.job], NOW + 1000), ["a.test"]);
        assert_eq!(store.next_due(&[ground.job, other], NOW).unwrap(), None, "all are held");
    }

    fn a_released_host_waits_for_its_next_url_or_is_parked(ground: Ground) {
        let (store, node, jobs) = (&ground.store, &ground.node, [ground.job]);
        let b = "http://a.test/b";
        ground.offer(&[root(A), root(b)], NOW);
        let due = || store.share(ground.job, host("a.test")).unwrap().unwrap().due_at;
        let claim = |now| store.claim(node, &jobs, 1, now).unwrap().remove(0);
        let claimed = claim(NOW);
        let rows = [ground.queued(A), ground.queued(b)];
        let batch = Commit {
            settled: vec![done(&rows[0], vec![])],
            deferred: vec![deferred(&rows[1], NOW + 9000)],
            ..Commit::default()
        };
        ground.commit(1, &batch);
        store.release(node, &release(claimed.host, claimed.epoch), NOW + 1).unwrap();
        assert_eq!(due(), Some(NOW + 9000));
        assert_eq!(store.next_due(&jobs, NOW).unwrap(), Some(NOW + 9000));
        assert!(store.claim(node, &jobs, 1, NOW + 8999).unwrap().is_empty());

        let claimed = claim(NOW + 9000);
        assert_eq!(claimed.epoch, 2);
        ground.commit(2, &settle(vec![done(&ground.queued(b), vec![])]));
        store.release(node, &release(claimed.host, claimed.epoch), NOW + 9001).unwrap();
        assert_eq!(due(), None, "parked");
        assert!(store.is_drained(ground.job).unwrap());
        assert_eq!(store.next_due(&jobs, NOW).unwrap(), None);
        ground.offer(&[root("http://a.test/new")], NOW + 9002);
        assert_eq!(claim(NOW + 9002).epoch, 3, "woken");
    }

    fn a_host_that_rests_is_not_claimed_before_its_time(ground: Ground) {
        let (store, node, jobs) = (&ground.store, &ground.node, [ground.job]);
        ground.offer(&[root(A)], NOW);
        let mut claimed = store.claim(node, &jobs, 1, NOW).unwrap().remove(0);
        claimed.host.not_before = NOW + 60_000;
        claimed.host.backoff_ms = 4000;
        claimed.host.fails = 2;
        let kept = claimed.host.clone();
        store.release(node, &release(claimed.host, claimed.epoch), NOW).unwrap();
        ground.offer(&[root("http://a.test/2")], NOW);
        assert_eq!(store.next_due(&jobs, NOW).unwrap(), Some(NOW + 60_000));
        assert!(store.claim(node, &jobs, 1, NOW + 59_999).unwrap().is_empty());
        let again = store.claim(node, &jobs, 1, NOW + 60_000).unwrap().remove(0);
        assert_eq!(again.host, kept, "its pace is kept");
    }

    fn a_stale_release_is_ignored(ground: Ground) {
        let (store, node) = (&ground.store, &ground.node);
        ground.offer(&[root(A)], NOW);
        let claimed = store.claim(node, &[ground.job], 1, NOW).unwrap().remove(0);
        let mut row = claimed.host.clone();
        row.asked_at = 1;
        store.release(node, &release(row, claimed.epoch + 1), NOW).unwrap();
        let (stored, owner) = store.host(claimed.host.key).unwrap().unwrap();
        assert_eq!((stored.asked_at, owner), (0, node.id));
    }

    fn hosts_of_the_dead_are_free_and_count_as_asked_just_now(ground: Ground) {
        ground.offer(&[root(A), root("http://b.test/")], NOW);
        let jobs = [ground.job];
        ground.store.claim_host(&ground.node, "a.test", NOW).unwrap().unwrap();
        let late = NOW + LEASE + 1;
        let second = ground.store.register("second", late, LEASE).unwrap();
        let claimed = ground.store.claim(&second, &jobs, 9, late).unwrap();
        let asked = |name: &str| {
            claimed.iter().find(|c| c.host.authority == name).unwrap().host.asked_at
        };
        assert_eq!((asked("a.test"), asked("b.test")), (late, 0));
    }

    fn a_node_of_the_same_name_is_its_own_past(ground: Ground) {
        ground.offer(&[root(A)], NOW);
        ground.store.claim(&ground.node, &[ground.job], 1, NOW).unwrap();
        let again = ground.store.register("first", NOW + 1, LEASE).unwrap();
        let claimed = ground.store.claim(&again, &[ground.job], 1, NOW + 1).unwrap();
        assert_eq!(claimed[0].host.asked_at, NOW + 1);
    }

    fn a_node_that_retires_leaves_its_hosts_as_they_are(ground: Ground) {
        ground.offer(&[root(A)], NOW);
        let claimed = ground.store.claim(&ground.node, &[ground.job], 1, NOW).unwrap().remove(0);
        let mut row = claimed.host;
        row.asked_at = NOW - 5;
        ground.commit(1, &Commit { hosts: vec![row], ..Commit::default() });
        ground.store.retire(&ground.node, NOW + 1).unwrap();
        let second = ground.store.register("second", NOW + 2, LEASE).unwrap();
        let claimed = ground.store.claim(&second, &[ground.job], 1, NOW + 2).unwrap();
        assert_eq!(claimed[0].host.asked_at, NOW - 5, "a clean end");
    }

    fn a_host_comes_with_its_robots_and_all_its_jobs(ground: Ground) {
        let (store, node) = (&ground.store, &ground.node);
        let other = store.create_job(&new_job("other"), NOW).unwrap().id;
        ground.offer(&[root(A)], NOW);
        store.offer(node, other, &[root("http://a.test/o")], None, true, false, NOW).unwrap();
        store.give_up(&GivenUp::new(other, host("a.test"), Reason::Dns), 9).unwrap();
        let robots = |origin: &str, status| RobotsRow {
            origin: origin.to_owned(),
            host: host("a.test"),
            fetched_at: NOW,
            expires_at: NOW + 9,
            status,
            body: Some("User-agent: *\0".to_owned()),
        };
        let first = vec![robots("http://a.test", Some(200)), robots("https://a.test", None)];
        ground.commit(1, &Commit { robots: first, ..Commit::default() });
        let second = vec![robots("https://a.test", Some(404))];
        ground.commit(2, &Commit { robots: second, ..Commit::default() });
        let claimed = store.claim_host(node, "a.test", NOW).unwrap().unwrap();
        let statuses: Vec<_> = claimed.robots.iter().map(|row| row.status).collect();
        assert_eq!(statuses, [Some(200), Some(404)]);
        let shares: Vec<_> = claimed.jobs.iter().map(|share| share.given_up).collect();
        assert_eq!(shares, [None, Some(Reason::Dns)]);
        let found = store.robots("https://a.test").unwrap().unwrap();
        assert_eq!(found.body.as_deref(), Some("User-agent: *\u{fffd}"));
        let again = store.claim_host(node, "a.test", NOW).unwrap().unwrap();
        assert_eq!(again, claimed, "ours already: as it stands");
    }

    fn an_unknown_host_can_be_claimed_by_name(ground: Ground) {
        let claimed = ground.store.claim_host(&ground.node, "new.test:81", NOW).unwrap().unwrap();
        assert_eq!(claimed.host.key, host("new.test:81"));
        assert!(claimed.jobs.is_empty() && claimed.robots.is_empty());
    }

    fn a_wait_beyond_all_reason_does_not_hold_a_host(ground: Ground) {
        let (store, node, jobs) = (&ground.store, &ground.node, [ground.job]);
        ground.offer(&[root(A)], NOW);
        let mut claimed = store.claim(node, &jobs, 1, NOW).unwrap().remove(0);
        claimed.host.not_before = NOW + LONGEST_WAIT + 1;
        store.release(node, &release(claimed.host, claimed.epoch), NOW).unwrap();
        assert_eq!(store.claim(node, &jobs, 1, NOW).unwrap().len(), 1);
    }

    fn a_host_is_never_parked_while_urls_are_being_added(ground: Ground) {
        const ROUNDS: usize = 60;
        let other = if ground.is_postgres() {
            Some(Store::open(&ground.url, Access::Owner).unwrap())
        } else {
            None
        };
        let (store, adder) = (&ground.store, other.as_ref().unwrap_or(&ground.store));
        let second = if ground.is_postgres() {
            adder.register("second", NOW, LEASE).unwrap()
        } else {
            ground.node
        };
        let (job, start) = (ground.job, Barrier::new(2));
        for round in 0..ROUNDS {
            let claimed = store.claim_host(&ground.node, "a.test", NOW).unwrap().unwrap();
            let url = format!("http://a.test/{round}");
            thread::scope(|scope| {
                scope.spawn(|| {
                    start.wait();
                    adder.offer(&second, job, &[root(&url)], None, false, false, NOW).unwrap();
                });
                start.wait();
                store.release(&ground.node, &release(claimed.host, claimed.epoch), NOW).unwrap();
            });
            let due = store.share(job, host("a.test")).unwrap().and_then(|share| share.due_at);
            assert!(due.is_some(), "round {round}: queued, yet parked");
            let batch = settle(vec![done(&ground.queued(&url), vec![])]);
            ground.commit(i64::try_from(round).unwrap() + 1, &batch);
        }
    }

    fn the_next_claim_by_time_is_the_earliest(ground: Ground) {
        ground.offer(&[root("http://b.test/")], NOW);
        ground.offer(&[root("http://c.test/")], NOW - 10);
        let claimed = ground.store.claim(&ground.node, &[ground.job], 1, NOW).unwrap();
        if !ground.is_postgres() {
            assert_eq!(claimed[0].host.authority, "c.test");
        }
        assert_eq!(claimed.len(), 1);
    }
}

#[test]
fn live_nodes_on_one_server_share_the_hosts_and_each_url_is_stored_once() {
    const HOSTS: usize = 40;
    let ground = Ground::postgres();
    let urls: Vec<_> =
        (0..HOSTS * 5).map(|n| root(&format!("http://h{}.test/{n}", n % HOSTS))).collect();
    let start = Barrier::new(4);
    let counts: Vec<(usize, usize)> = thread::scope(|scope| {
        let nodes: Vec<_> = (0..4)
            .map(|n| {
                let (urls, start, ground) = (&urls, &start, &ground);
                scope.spawn(move || {
                    let store = Store::open(&ground.url, Access::Owner).unwrap();
                    let node = store.register(&format!("node {n}"), NOW, LEASE).unwrap();
                    start.wait();
                    let offered = store.offer(&node, ground.job, urls, None, false, false, NOW);
                    start.wait();
                    let mut claimed = 0;
                    loop {
                        let some = store.claim(&node, &[ground.job], 3, NOW).unwrap();
                        claimed += some.len();
                        if some.is_empty() {
                            return (offered.unwrap().added, claimed);
                        }
                    }
                })
            })
            .collect();
        nodes.into_iter().map(|node| node.join().unwrap()).collect()
    });
    assert_eq!(counts.iter().map(|(added, _)| added).sum::<usize>(), urls.len());
    assert_eq!(counts.iter().map(|(_, claimed)| claimed).sum::<usize>(), HOSTS);
    assert_eq!(ground.pages().len(), urls.len());
}

#[test]
fn a_live_node_is_not_reaped_while_its_lease_lasts() {
    let ground = Ground::postgres();
    ground.offer(&[root(A)], NOW);
    ground.store.claim(&ground.node, &[ground.job], 1, NOW).unwrap();
    let second = ground.store.register("second", NOW + LEASE, LEASE).unwrap();
    assert!(ground.store.claim(&second, &[ground.job], 1, NOW + LEASE).unwrap().is_empty());
    assert!(ground.store.claim_host(&second, "a.test", NOW + LEASE).unwrap().is_none());
    // The heartbeat of a living node finds the dead.
    ground.store.heartbeat(&second, NOW + LEASE + 1, LEASE).unwrap();
    assert_eq!(ground.store.claim(&second, &[ground.job], 1, NOW + LEASE + 1).unwrap().len(), 1);
}
