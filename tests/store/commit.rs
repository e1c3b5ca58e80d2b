//! Results: applied whole, once, and by whom they may be.

use crawld::domain::outcome::{Reason, UrlState};
use crawld::domain::{JobId, UrlKey};
use crawld::frontier::record::{Commit, GivenUp, JobDelta, LinkRow};
use crawld::store::StoreErrorKind;

use crate::ground::*;

const A: &str = "http://a.test/";
const B: &str = "http://a.test/b";
const C: &str = "http://c.test/c";

on_both! {
    fn a_page_its_finds_and_its_totals_are_stored_together(ground: Ground) {
        ground.offer(&[root(A)], NOW);
        let row = ground.queued(A);
        let delta = JobDelta {
            job: Some(ground.job),
            pass: 1,
            running_ms: 50,
            waiting_ms: 20,
            peak_in_flight: 3,
            phases_us: [1, 2, 3, 4],
            bytes: 77,
        };
        let batch = Commit {
            settled: vec![done(&row, vec![link(B, A, 1), link(C, A, 1), link(A, A, 1)])],
            jobs: vec![delta],
            ..Commit::default()
        };
        let committed = ground.commit(1, &batch);
        assert_eq!(committed.new_urls, [(ground.job, 2)]);
        let mut woken = committed.woken;
        woken.sort();
        let mut expected = vec![(ground.job, host("a.test")), (ground.job, host("c.test"))];
        expected.sort();
        assert_eq!(woken, expected);
        let mut known = committed.known;
        known.sort();
        let mut all: Vec<(JobId, UrlKey, i32)> =
            [(A, 0), (B, 1), (C, 1)].map(|(url, depth)| (ground.job, key(url), depth)).into();
        all.sort();
        assert_eq!(known, all, "known with their depth, new or not");

        let page = ground.page(A);
        assert_eq!((page.state, page.links, page.new_links), (UrlState::Done, Some(3), Some(2)));
        assert_eq!(page.digest.as_deref(), Some([0xab; 32].as_slice()));
        assert_eq!(ground.page(C).referrer.as_deref(), Some(A));
        let job = ground.job_row();
        assert_eq!((job.asked, job.running_ms, job.waiting_ms, job.peak_in_flight), (1, 50, 20, 3));
        assert_eq!(job.phases_us, [1, 2, 3, 4]);
        assert_eq!(job.bytes, 77);
        let share = ground.store.share(ground.job, host("a.test")).unwrap().unwrap();
        assert_eq!(share.asked, 1);
    }

    fn a_commit_repeated_after_a_lost_reply_does_nothing(ground: Ground) {
        ground.offer(&[root(A)], NOW);
        let batch = settle(vec![done(&ground.queued(A), vec![link(B, A, 1)])]);
        assert!(!ground.commit(1, &batch).repeated);
        let before = ground.pages();
        assert!(ground.commit(1, &batch).repeated);
        assert_eq!(ground.pages(), before);
        assert_eq!(ground.job_row().asked, 1);
        assert!(!ground.commit(2, &Commit::default()).repeated);
    }

    fn a_node_that_was_reaped_changes_nothing(ground: Ground) {
        ground.offer(&[root(A)], NOW);
        let batch = settle(vec![done(&ground.queued(A), vec![link(B, A, 1)])]);
        let late = NOW + LEASE + 1;
        ground.store.register("second", late, LEASE).unwrap();
        let (store, node, job) = (&ground.store, &ground.node, ground.job);
        let refused = [
            store.commit(node, 1, &batch, late, LEASE).err(),
            store.heartbeat(node, late, LEASE).err(),
            store.offer(node, job, &[root(C)], None, false, false, late).err(),
            store.revisit(node, job, 0, 10, late).err(),
            store.claim(node, &[job], 10, late).err(),
            store.claim_host(node, "a.test", late).err(),
        ];
        for error in refused {
            assert_eq!(error.unwrap().kind, StoreErrorKind::Fenced);
        }
        assert_eq!(ground.pages().len(), 1);
        assert_eq!(ground.page(A).state, UrlState::Queued);
    }

    fn a_number_out_of_turn_is_refused(ground: Ground) {
        let kind = |seq| {
            let result = ground.store.commit(&ground.node, seq, &Commit::default(), NOW, LEASE);
            result.err().map(|error| error.kind)
        };
        assert_eq!(kind(2), Some(StoreErrorKind::Fenced));
        assert_eq!([kind(1), kind(2), kind(1)], [None, None, Some(StoreErrorKind::Fenced)]);
    }

    fn a_settled_page_is_not_settled_again(ground: Ground) {
        ground.offer(&[root(A)], NOW);
        let row = ground.queued(A);
        ground.commit(1, &settle(vec![done(&row, vec![])]));
        let twice = settle(vec![failed(&row, Reason::Dns), failed(&row, Reason::Reset)]);
        ground.commit(2, &twice);
        ground.commit(3, &Commit { deferred: vec![deferred(&row, NOW)], ..Commit::default() });
        assert_eq!(ground.page(A).state, UrlState::Done);
        assert_eq!(ground.job_row().asked, 1);
    }

    fn a_url_found_by_two_pages_of_a_batch_counts_for_the_first_at_its_smallest_depth(
        ground: Ground
    ) {
        ground.offer(&[root(A), link(B, A, 4)], NOW);
        let (first, second) = (ground.queued(B), ground.queued(A));
        let batch = settle(vec![
            done(&first, vec![link(C, B, 5), link(C, B, 5)]),
            done(&second, vec![link(C, A, 1)]),
        ]);
        let committed = ground.commit(1, &batch);
        assert_eq!(committed.new_urls, [(ground.job, 1)]);
        assert_eq!(committed.known, [(ground.job, key(C), 1)]);
        assert_eq!(ground.page(B).new_links, Some(1));
        assert_eq!(ground.page(A).new_links, Some(0));
        assert_eq!((ground.page(C).depth, ground.page(C).referrer), (1, Some(B.to_owned())));
    }

    fn the_redirect_that_closes_a_loop_fails(ground: Ground) {
        ground.offer(&[root(A)], NOW);
        ground.commit(1, &settle(vec![redirected(&ground.queued(A), B)]));
        ground.commit(2, &settle(vec![redirected(&ground.queued(B), C)]));
        let last = redirected(&ground.queued(C), A);
        assert!(ground.commit(3, &settle(vec![last])).woken.is_empty(), "nothing to ask");
        let state = |url| (ground.page(url).state, ground.page(url).reason);
        assert_eq!(state(A), (UrlState::Redirected, None));
        assert_eq!(state(B), (UrlState::Redirected, None));
        assert_eq!(state(C), (UrlState::Failed, Some("redirect_loop".to_owned())));
        assert_eq!(ground.page(C).redirect_to.as_deref(), Some(A));
        assert!(ground.store.is_drained(ground.job).unwrap());
    }

    fn a_loop_within_one_batch_and_a_redirect_to_itself_are_loops(ground: Ground) {
        ground.offer(&[root(A), root(B), root(C)], NOW);
        let rows = [A, B, C].map(|url| ground.queued(url));
        let batch = settle(vec![
            redirected(&rows[0], B),
            redirected(&rows[1], A),
            redirected(&rows[2], C),
        ]);
        ground.commit(1, &batch);
        let reasons = [A, B, C].map(|url| ground.page(url).reason);
        let is_loop = Some("redirect_loop".to_owned());
        assert_eq!(reasons, [None, is_loop.clone(), is_loop]);
    }

    fn redirects_of_an_older_pass_close_no_loop(ground: Ground) {
        ground.offer(&[root(A)], NOW);
        ground.commit(1, &settle(vec![redirected(&ground.queued(A), B)]));
        ground.store.start_pass(ground.job, NOW).unwrap();
        ground.commit(2, &settle(vec![redirected(&ground.queued(B), A)]));
        assert_eq!(ground.page(B).state, UrlState::Redirected, "A may lead elsewhere now");
    }

    fn a_chain_that_ends_is_no_loop(ground: Ground) {
        let url = |n: usize| format!("http://a.test/{n}");
        ground.offer(&[root(&url(0))], NOW);
        for n in 0..5 {
            let batch = settle(vec![redirected(&ground.queued(&url(n)), &url(n + 1))]);
            ground.commit(i64::try_from(n).unwrap() + 1, &batch);
        }
        assert!((0..5).all(|n| ground.page(&url(n)).state == UrlState::Redirected));
        assert_eq!(ground.queued(&url(5)).hops, 5);
    }

    fn links_of_a_page_are_replaced_by_those_of_its_next_result(ground: Ground) {
        let row = |target: &str| LinkRow {
            target: target.to_owned(),
            kind: crawld::domain::link::LinkKind::A,
            text: Some("x".to_owned()),
            nofollow: true,
        };
        let targets = || {
            let links = ground.store.links_after(ground.job, None, 100).unwrap();
            links.into_iter().map(|link| (link.source, link.at.ordinal, link.target)).collect()
        };
        ground.offer(&[root(A)], NOW);
        let mut page = done(&ground.queued(A), vec![]);
        page.facts.links = Some(2);
        page.links = vec![row(B), row(C)];
        ground.commit(1, &settle(vec![page.clone()]));
        let expected: Vec<(String, i32, String)> =
            vec![(A.to_owned(), 1, B.to_owned()), (A.to_owned(), 2, C.to_owned())];
        let stored: Vec<(String, i32, String)> = targets();
        assert_eq!(stored, expected);
        for (seq, left) in [(2, vec![row(C)]), (3, vec![])] {
            ground.store.start_pass(ground.job, NOW).unwrap();
            ground.store.revisit(&ground.node, ground.job, i64::MIN, 10, NOW).unwrap();
            page.facts.links = Some(i32::try_from(left.len()).unwrap());
            page.links = left;
            ground.commit(seq, &settle(vec![page.clone()]));
            let stored: Vec<(String, i32, String)> = targets();
            assert_eq!(stored.len(), page.links.len());
        }
    }

    fn a_page_full_of_strange_characters_harms_no_batch(ground: Ground) {
        ground.offer(&[root(A)], NOW);
        let mut page = done(&ground.queued(A), vec![link(B, A, 1)]);
        page.facts.title = Some("nul \0 and \u{1f577} 'quoted\"".to_owned());
        page.facts.etag = Some("\0".to_owned());
        page.found[0].text = Some("\0".to_owned());
        page.evidence = Some("\0\0".to_owned());
        ground.commit(1, &settle(vec![page]));
        let title = ground.page(A).title;
        assert_eq!(title.as_deref(), Some("nul \u{fffd} and \u{1f577} 'quoted\""));
    }

    fn results_of_a_job_that_is_gone_are_dropped(ground: Ground) {
        ground.offer(&[root(A)], NOW);
        let batch = settle(vec![done(&ground.queued(A), vec![link(B, A, 1)])]);
        while !ground.store.forget(ground.job, 1).unwrap() {}
        ground.commit(1, &batch);
        assert!(ground.pages().is_empty());
        assert!(ground.store.jobs().unwrap().is_empty());
    }

    fn hosts_given_up_in_a_commit_lose_their_queue(ground: Ground) {
        ground.offer(&[root(A), root(B), root(C)], NOW);
        let batch = Commit {
            settled: vec![done(&ground.queued(A), vec![link("http://a.test/new", A, 1)])],
            given_up: vec![GivenUp::new(ground.job, host("a.test"), Reason::Refused)],
            ..Commit::default()
        };
        ground.commit(1, &batch);
        assert_eq!(ground.page(A).state, UrlState::Done);
        assert_eq!(ground.page(B).reason.as_deref(), Some("refused"));
        assert_eq!(ground.page("http://a.test/new").state, UrlState::Failed);
        assert_eq!(ground.page(C).state, UrlState::Queued);
    }
}
