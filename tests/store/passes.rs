//! Later passes of jobs that find their pages anew: what is left behind, and what counts.

use crawld::domain::outcome::{Reason, UrlState};
use crawld::domain::role::Role;
use crawld::domain::url::CanonicalUrl;
use crawld::frontier::record::{Commit, NewUrl, QueuedUrl, Settled};

use crate::ground::*;
use crate::schema::lines;

const INDEX: &str = "http://a.test/sitemap.xml";

/// The ground's job as one that finds its pages anew.
fn list(ground: Ground) -> Ground {
    ground.sql("UPDATE job SET kind = 'fetch'");
    ground
}

/// A new pass that is given these.
fn again(ground: &Ground, given: &[NewUrl]) {
    ground.store.start_pass(ground.job, NOW).unwrap();
    ground.store.offer(&ground.node, ground.job, given, None, true, true, NOW).unwrap();
}

fn url(path: &str) -> String {
    format!("http://a.test/{path}")
}

/// State, status and reason of a page.
fn result(ground: &Ground, path: &str) -> (UrlState, Option<u16>, Option<String>) {
    let page = ground.page(&url(path));
    (page.state, page.status, page.reason)
}

/// An index that lists sitemaps with these numbers.
fn index(ground: &Ground, numbers: std::ops::Range<usize>) -> Settled {
    let key = Role::Sitemap.key(&CanonicalUrl::parse(INDEX).unwrap());
    let rows = ground.store.take(ground.job, host("a.test"), 100_000, NOW).unwrap().rows;
    let row = rows.into_iter().find(|row| row.key == key).expect("the index is queued");
    let child = |n: usize| sitemap(&url(&format!("{n}.xml")), Some(INDEX), 1);
    Settled { asked: false, ..done(&row, numbers.map(child).collect()) }
}

/// Commits what a job finds that finds it anew.
fn renew(ground: &Ground, seq: i64, settled: Settled) {
    ground.commit(seq, &Commit { renewing: vec![ground.job], ..settle(vec![settled]) });
}

on_both! {
    fn what_a_pass_did_not_come_to_has_its_last_result_in_the_next_but_one(ground: Ground) {
        let ground = list(ground);
        let paths = ["done", "moved", "gone", "reset", "tried", "new", "tried-new"];
        let given: Vec<NewUrl> = paths.iter().map(|path| root(&url(path))).collect();
        ground.offer(&given[..5], NOW);
        let row = |path| ground.queued(&url(path));
        ground.commit(1, &settle(vec![
            done(&row("done"), vec![]),
            redirected(&row("moved"), &url("there")),
            failed(&row("gone"), Reason::Http(404)),
            failed(&row("reset"), Reason::Reset),
            done(&row("tried"), vec![]),
        ]));
        again(&ground, &given);
        let deferred = vec![
            deferred(&row("tried"), NOW + 60_000), deferred(&row("tried-new"), NOW + 60_000),
        ];
        ground.commit(2, &Commit { deferred, ..Commit::default() });
        again(&ground, &[root(&url("other"))]);
        let expected = [
            (UrlState::Done, Some(200), None),
            (UrlState::Redirected, Some(301), None),
            (UrlState::Failed, Some(404), Some("http_404".to_owned())),
            (UrlState::Failed, None, Some("reset".to_owned())),
            (UrlState::Done, Some(200), None),
            (UrlState::Excluded, None, Some("scope".to_owned())),
            (UrlState::Failed, Some(503), Some("http_503".to_owned())),
        ];
        for (path, expected) in paths.iter().zip(expected) {
            assert_eq!(result(&ground, path), expected, "{path}");
        }
        let report = ground.store.job_report(ground.job).unwrap();
        assert_eq!(report.states, [(UrlState::Queued, 1)], "none of them counts");
    }

    fn a_queue_is_set_aside_in_bounded_steps(ground: Ground) {
        let ground = list(ground);
        let roots: Vec<NewUrl> = (0..12_000).map(|n| root(&url(&n.to_string()))).collect();
        ground.offer(&roots, NOW);
        assert_eq!(ground.store.start_pass(ground.job, NOW).unwrap().pass, 2);
        assert!(ground.store.is_drained(ground.job).unwrap());
        let left = "CAST(COUNT(*) AS TEXT) AS line FROM urls WHERE state = 4 AND reason = 'scope'";
        assert_eq!(lines(&ground, left), ["12000"]);
        if ground.is_postgres() {
            let steps = lines(&ground, "DISTINCT CAST(xmin AS TEXT) AS line FROM urls").len();
            assert!(steps >= 3, "{steps} transactions");
        }
    }

    fn others_come_to_their_turn_while_a_queue_is_set_aside(ground: Ground) {
        let ground = list(ground);
        let roots: Vec<NewUrl> = (0..60_000).map(|n| root(&url(&n.to_string()))).collect();
        ground.offer(&roots, NOW);
        let between = std::thread::scope(|scope| {
            let begins = scope.spawn(|| ground.store.start_pass(ground.job, NOW).unwrap());
            let mut between = 0;
            while !begins.is_finished() {
                ground.store.hasten(ground.job, NOW).unwrap();
                between += usize::from(ground.job_row().is_leaving());
            }
            between
        });
        assert!(between > 0);
        assert_eq!(ground.job_row().pass, 2);
    }

    fn sitemaps_of_older_passes_take_no_room(ground: Ground) {
        let ground = list(ground);
        let given = [sitemap(INDEX, None, 0)];
        ground.offer(&given, NOW);
        renew(&ground, 1, index(&ground, 0..7_000));
        again(&ground, &given);
        renew(&ground, 2, index(&ground, 1_000..8_000));
        let sums = ground.store.job_report(ground.job).unwrap().sitemaps;
        assert_eq!((sums.known(), sums.queued, sums.cut), (7_001, 7_000, 0));
        again(&ground, &given);
        renew(&ground, 3, index(&ground, 8_000..20_000));
        let sums = ground.store.job_report(ground.job).unwrap().sitemaps;
        assert_eq!((sums.known(), sums.cut), (10_000, 1), "of one pass there are no more");
    }

    fn a_higher_limit_of_templates_brings_back_nothing_of_older_passes(ground: Ground) {
        let ground = list(ground);
        let page = url("page");
        let found = |range: std::ops::Range<usize>| -> Vec<NewUrl> {
            range.map(|n| link(&url(&format!("item/{n}")), &page, 1)).collect()
        };
        let read = |seq: i64, found: Vec<NewUrl>| {
            let row: QueuedUrl = ground.queued(&page);
            let limited = Commit {
                renewing: vec![ground.job],
                template_limits: vec![(ground.job, 2)],
                ..settle(vec![done(&row, found)])
            };
            ground.commit(seq, &limited);
        };
        ground.offer(&[root(&page)], NOW);
        read(1, found(0..5));
        again(&ground, &[root(&page)]);
        read(2, found(3..4));
        ground.store.readmit(ground.job, None, NOW).unwrap();
        let queued: Vec<String> = ground.take("a.test", NOW).into_iter().map(|row| row.url).collect();
        assert_eq!(queued, [url("item/3")], "the one that this pass has met");
    }
}
