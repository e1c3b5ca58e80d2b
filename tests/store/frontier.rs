//! URLs become known once, wait in order, and come back when they should.

use crawld::domain::outcome::{Reason, UrlState};
use crawld::domain::{HostKey, JobId};
use crawld::frontier::record::{Commit, GivenUp};
use crawld::store::{LONGEST_WAIT, Retry};

use crate::ground::*;

fn dns(job: JobId, host: HostKey) -> GivenUp {
    GivenUp::new(job, host, Reason::Dns)
}

const A: &str = "http://a.test/";

on_both! {
    fn a_url_offered_again_is_not_stored_again(ground: Ground) {
        let urls = [root(A), root("http://a.test/1"), root(A)];
        assert_eq!(ground.offer(&urls, NOW).added, 2);
        let again = ground.offer(&urls, NOW + 1);
        assert_eq!((again.added, again.woken), (0, vec![]));
        assert_eq!(ground.pages().len(), 2);
    }

    fn an_offer_stores_the_generators_position_with_its_urls(ground: Ground) {
        let store = &ground.store;
        store.offer(&ground.node, ground.job, &[root(A)], Some("x:1"), false, false, NOW).unwrap();
        assert_eq!(ground.job_row().cursor.as_deref(), Some("x:1"));
        store.offer(&ground.node, ground.job, &[], None, true, false, NOW).unwrap();
        let row = ground.job_row();
        assert_eq!((row.cursor.as_deref(), row.exhausted), (Some("x:1"), true));
    }

    fn rows_are_taken_by_depth_then_age(ground: Ground) {
        let deep = link("http://a.test/deep", A, 2);
        let urls = [deep, root("http://a.test/1"), root("http://a.test/2")];
        ground.offer(&urls, NOW);
        ground.offer(&[root("http://a.test/3")], NOW + 1);
        let taken = ground.store.take(ground.job, host("a.test"), 3, NOW + 1).unwrap();
        let order: Vec<_> = taken.rows.iter().map(|row| row.url.as_str()).collect();
        assert_eq!(order, ["http://a.test/1", "http://a.test/2", "http://a.test/3"]);
        assert!(!taken.complete);
        assert_eq!(ground.take("a.test", NOW + 1).len(), 4);
    }

    fn a_deferred_row_is_taken_when_it_is_due_and_its_moment_is_told(ground: Ground) {
        ground.offer(&[root(A)], NOW);
        let row = ground.queued(A);
        let batch = Commit { deferred: vec![deferred(&row, NOW + 5000)], ..Commit::default() };
        ground.commit(1, &batch);
        let taken = ground.store.take(ground.job, host("a.test"), 10, NOW + 4999).unwrap();
        assert!(taken.rows.is_empty() && taken.complete);
        assert_eq!(taken.next_due, Some(NOW + 5000));
        let again = &ground.take("a.test", NOW + 5000)[0];
        assert_eq!((again.tries, again.id), (1, row.id));
    }

    fn a_clock_that_jumped_parks_nothing_for_ever(ground: Ground) {
        ground.offer(&[root(A)], NOW + LONGEST_WAIT + 2);
        assert_eq!(ground.take("a.test", NOW).len(), 1, "a wait longer than any is none");
        ground.store.register("first", NOW, LEASE).unwrap();
        let node = ground.store.register("first", NOW, LEASE).unwrap();
        assert_eq!(ground.store.next_due(&[ground.job], NOW).unwrap(), Some(NOW));
        assert_eq!(ground.store.claim(&node, &[ground.job], 5, NOW).unwrap().len(), 1);
    }

    fn depth_and_hops_fall_only_while_queued(ground: Ground) {
        let far = |depth, hops| {
            let mut url = link("http://a.test/x", A, depth);
            url.hops = hops;
            url
        };
        ground.offer(&[root(A), far(5, 2)], NOW);
        ground.offer(&[far(3, 4)], NOW);
        let row = ground.queued("http://a.test/x");
        assert_eq!((row.depth, row.hops), (3, 2));
        ground.offer(&[far(4, 2)], NOW);
        assert_eq!(ground.queued("http://a.test/x").depth, 3, "never deeper");
        ground.commit(1, &settle(vec![done(&row, vec![])]));
        ground.offer(&[far(1, 0)], NOW);
        assert_eq!(ground.page("http://a.test/x").depth, 3, "settled");
    }

    fn what_was_too_deep_is_queued_when_a_shorter_way_is_found(ground: Ground) {
        let url = "http://a.test/x";
        ground.offer(&[root(A), excluded(url, A, 9, Reason::Depth)], NOW);
        assert_eq!(ground.page(url).state, UrlState::Excluded);
        assert_eq!(ground.page(url).reason.as_deref(), Some("depth"));
        let offered = ground.offer(&[link(url, A, 1)], NOW);
        assert_eq!((offered.added, offered.woken.len()), (1, 1));
        assert_eq!((ground.queued(url).depth, ground.page(url).reason), (1, None));
    }

    fn what_robots_excludes_stays_excluded_when_found_again(ground: Ground) {
        ground.offer(&[root(A)], NOW);
        let row = ground.queued(A);
        let mut settled = failed(&row, Reason::Robots);
        settled.state = UrlState::Excluded;
        settled.asked = false;
        ground.commit(1, &settle(vec![settled]));
        assert_eq!(ground.offer(&[root(A)], NOW).added, 0);
        assert_eq!(ground.page(A).state, UrlState::Excluded);
        assert_eq!(ground.job_row().asked, 0);
    }

    fn a_host_given_up_takes_its_queue_and_what_is_found_later_with_it(ground: Ground) {
        let urls: Vec<_> = (0..5).map(|n| root(&format!("http://a.test/{n}"))).collect();
        ground.offer(&urls, NOW);
        ground.offer(&[root("http://b.test/")], NOW);
        let (job, key) = (ground.job, host("a.test"));
        let given_up = GivenUp { evidence: Some("no such name".into()), ..dns(job, key) };
        let step = || ground.store.give_up(&given_up, 2).unwrap();
        assert_eq!([step(), step(), step(), step()], [2, 2, 1, 0]);
        let late = ground.offer(&[root("http://a.test/late"), root("http://b.test/late")], NOW);
        assert_eq!(late.woken, [(job, host("b.test"))], "nothing to ask of a host given up");
        for page in ground.pages() {
            let given_up = page.url.contains("//a.test");
            assert_eq!(page.state == UrlState::Failed, given_up, "{}", page.url);
            assert_eq!(page.reason.as_deref() == Some("dns"), given_up, "{}", page.url);
            let known = given_up && !page.url.ends_with("late");
            assert_eq!(page.evidence.as_deref() == Some("no such name"), known, "{}", page.url);
        }
        assert_eq!(ground.job_row().asked, 0, "unasked");
        let share = ground.store.share(job, key).unwrap().unwrap();
        assert_eq!(share.given_up, Some(Reason::Dns));
        ground.store.start_pass(job, NOW).unwrap();
        assert_eq!(ground.store.share(job, key).unwrap().unwrap().given_up, None);
    }

    fn retry_revives_what_it_selects_and_reopens_host_and_job(ground: Ground) {
        let store = &ground.store;
        let urls = ["http://a.test/1", "http://a.test/2", "http://b.test/3", "http://b.test/4"];
        ground.offer(&urls.map(root), NOW);
        let reasons = [Reason::Http(500), Reason::Http(404), Reason::Http(503), Reason::Dns];
        let settled =
            urls.iter().zip(reasons).map(|(url, why)| failed(&ground.queued(url), why)).collect();
        ground.commit(1, &settle(settled));
        store.give_up(&dns(ground.job, host("b.test")), 10).unwrap();
        store.end_pass(ground.job, 1, Some("max_pages"), NOW).unwrap();

        let which = Retry {
            job: ground.job,
            statuses: vec![(500, 599)],
            host: None,
            reason: None,
            since: None,
        };
        assert_eq!(store.retry(&which, NOW + 1).unwrap(), 2);
        assert_eq!(ground.take("a.test", NOW + 1).len(), 1);
        assert_eq!(ground.take("b.test", NOW + 1)[0].tries, 0);
        assert_eq!(store.share(ground.job, host("b.test")).unwrap().unwrap().given_up, None);
        let row = ground.job_row();
        assert_eq!((row.state, row.limit_hit), (crawld::store::JobState::Running, None));
        assert_eq!(store.retry(&which, NOW + 1).unwrap(), 0, "none left");
        let dns = Retry { reason: Some(Reason::Dns), statuses: vec![], ..which.clone() };
        let elsewhere = Retry { host: Some(host("a.test")), ..dns.clone() };
        assert_eq!(store.retry(&elsewhere, NOW).unwrap(), 0);
        assert_eq!(store.retry(&dns, NOW).unwrap(), 1);
    }

    fn a_new_pass_makes_known_pages_due_again_in_steps(ground: Ground) {
        let store = &ground.store;
        let urls: Vec<_> = (0..5).map(|n| root(&format!("http://a.test/{n}"))).collect();
        ground.offer(&urls, NOW);
        let trap = excluded("http://a.test/trap", A, 1, Reason::TrapRepeat);
        ground.offer(&[trap], NOW);
        let settled = ground.take("a.test", NOW).iter().map(|row| done(row, vec![])).collect();
        ground.commit(1, &settle(settled));
        assert!(store.is_drained(ground.job).unwrap());

        assert_eq!(store.start_pass(ground.job, NOW + 1).unwrap().pass, 2);
        let first = store.revisit(&ground.node, ground.job, i64::MIN, 4, NOW + 1).unwrap();
        assert_eq!((first.count, first.exhausted), (4, false));
        assert_eq!(ground.job_row().cursor, Some(format!("revisit:{}", first.last_id)));
        let second = store.revisit(&ground.node, ground.job, first.last_id, 4, NOW + 1).unwrap();
        assert_eq!((second.count, second.exhausted), (1, true), "a trap stays one");
        let rows = ground.take("a.test", NOW + 1);
        assert!(rows.len() == 5 && rows.iter().all(|row| row.tries == 0));
        let title = ground.page("http://a.test/0").title;
        assert_eq!(title.as_deref(), Some("A title"), "the last result is kept until the next");
        assert_eq!(store.claim(&ground.node, &[ground.job], 9, NOW + 1).unwrap().len(), 1);
    }

    fn what_was_asked_in_this_pass_is_not_visited_again(ground: Ground) {
        ground.offer(&[root(A), root("http://a.test/1")], NOW);
        ground.store.start_pass(ground.job, NOW).unwrap();
        ground.commit(1, &settle(vec![done(&ground.queued(A), vec![])]));
        let step = ground.store.revisit(&ground.node, ground.job, i64::MIN, 10, NOW).unwrap();
        assert_eq!(step.count, 1);
        assert_eq!(ground.page(A).state, UrlState::Done);
    }

    fn roots_of_an_older_pass_are_revived_once(ground: Ground) {
        let (store, node, job) = (&ground.store, &ground.node, ground.job);
        ground.offer(&[root(A)], NOW);
        ground.commit(1, &settle(vec![done(&ground.queued(A), vec![])]));
        let offer = || store.offer(node, job, &[root(A)], None, false, true, NOW).unwrap().added;
        assert_eq!(offer(), 0, "asked in this pass");
        store.start_pass(job, NOW).unwrap();
        assert_eq!((offer(), offer()), (1, 0));
        assert_eq!(ground.queued(A).tries, 0);
    }
}
