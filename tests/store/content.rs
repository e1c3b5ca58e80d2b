//! Pages with the same content: the first is the original while it keeps it.

use std::sync::Barrier;

use crawld::domain::outcome::Reason;
use crawld::frontier::record::{PageFacts, QueuedUrl, Settled};
use crawld::store::{Access, Store};

use crate::ground::*;

const A: &str = "http://a.test/";
const B: &str = "http://b.test/";
const C: &str = "http://a.test/c";

/// A page with this content.
fn with(row: &QueuedUrl, content: u8) -> Settled {
    let mut page = done(row, Vec::new());
    page.facts.digest = Some([content; 32]);
    page
}

fn page(ground: &Ground, url: &str, content: u8) -> Settled {
    with(&ground.queued(url), content)
}

/// Which of the three a page is told to be a duplicate of.
fn original(ground: &Ground, url: &str) -> Option<&'static str> {
    let told = ground.page(url).duplicate_of;
    let listed = ground.pages().into_iter().find(|row| row.url == url).unwrap();
    assert_eq!(told, listed.duplicate_of);
    told.map(|told| [A, B, C].into_iter().find(|url| *url == told).unwrap())
}

/// The originals of the three.
fn originals(ground: &Ground) -> [Option<&'static str>; 3] {
    [A, B, C].map(|url| original(ground, url))
}

/// Begins a pass in which all is asked again.
fn again(ground: &Ground) {
    ground.store.start_pass(ground.job, NOW).unwrap();
    ground.store.revisit(&ground.node, ground.job, i64::MIN, 100, NOW).unwrap();
}

fn duplicates(ground: &Ground) -> (i64, i64) {
    ground.store.job_report(ground.job).unwrap().duplicates
}

on_both! {
    fn the_first_with_a_content_is_what_the_others_duplicate(ground: Ground) {
        ground.offer(&[root(A), root(B), root(C)], NOW);
        // Within a batch and over batches.
        ground.commit(1, &settle(vec![page(&ground, B, 1), page(&ground, C, 1)]));
        ground.commit(2, &settle(vec![page(&ground, A, 1)]));
        assert_eq!(originals(&ground), [Some(B), None, Some(B)]);
        assert_eq!(duplicates(&ground), (2, 1));
        // Asked again with the same content nothing changes.
        again(&ground);
        ground.commit(3, &settle(vec![page(&ground, A, 1), page(&ground, B, 1)]));
        assert_eq!(originals(&ground), [Some(B), None, Some(B)], "one is queued, with its result");
    }

    fn when_the_original_changes_the_next_with_its_content_takes_over(ground: Ground) {
        ground.offer(&[root(A), root(B), root(C)], NOW);
        ground.commit(1, &settle([A, B, C].map(|url| page(&ground, url, 1)).into()));
        assert_eq!(originals(&ground), [None, Some(A), Some(A)]);
        again(&ground);
        ground.commit(2, &settle(vec![page(&ground, A, 2)]));
        assert_eq!(originals(&ground), [None, None, None], "nobody is the same as it any more");
        ground.commit(3, &settle(vec![page(&ground, B, 1)]));
        ground.commit(4, &settle(vec![page(&ground, C, 1)]));
        assert_eq!(originals(&ground), [None, None, Some(B)]);
        assert_eq!(duplicates(&ground), (1, 1));
        again(&ground);
        // In one batch: the holder goes away, the next takes over, the one after follows.
        let gone = failed(&ground.queued(B), Reason::Http(404));
        ground.commit(5, &settle(vec![page(&ground, C, 1), page(&ground, A, 1), gone]));
        assert_eq!(originals(&ground), [Some(C), None, None]);
    }

    fn the_whole_digest_decides_and_some_pages_are_nobodys_duplicate(ground: Ground) {
        ground.offer(&[root(A), root(B), root(C)], NOW);
        // The same first 64 bits, yet another content.
        let mut near = page(&ground, B, 1);
        near.facts.digest.as_mut().unwrap()[31] = 9;
        ground.commit(1, &settle(vec![page(&ground, A, 1), near]));
        assert_eq!(original(&ground, B), None);
        again(&ground);
        let empty = |url| {
            let mut page = page(&ground, url, 3);
            page.facts.bytes = Some(0);
            page
        };
        let refused = |url| {
            let mut page = failed(&ground.queued(url), Reason::Http(404));
            page.facts = PageFacts { digest: Some([1; 32]), bytes: Some(9), ..page.facts };
            page
        };
        ground.commit(2, &settle(vec![empty(A), empty(B), refused(C)]));
        assert_eq!(originals(&ground), [None, None, None]);
    }

    fn an_unchanged_page_stays_original_and_duplicate(ground: Ground) {
        ground.offer(&[root(A), root(B)], NOW);
        ground.commit(1, &settle([A, B].map(|url| page(&ground, url, 1)).into()));
        again(&ground);
        let unmodified = [A, B].map(|url| {
            let facts = PageFacts { status: Some(304), ..PageFacts::default() };
            Settled { unmodified: true, facts, ..page(&ground, url, 1) }
        });
        ground.commit(2, &settle(unmodified.into()));
        assert_eq!((original(&ground, A), original(&ground, B)), (None, Some(A)));
    }

    fn each_job_has_its_own_and_takes_them_with_it(ground: Ground) {
        let other = ground.store.create_job(&new_job("other"), NOW).unwrap().id;
        ground.store.offer(&ground.node, other, &[root(A)], None, true, false, NOW).unwrap();
        ground.offer(&[root(B)], NOW);
        let row = ground.store.take(other, host("a.test"), 9, NOW).unwrap().rows.remove(0);
        ground.commit(1, &settle(vec![with(&row, 1), page(&ground, B, 1)]));
        assert_eq!(original(&ground, B), None);
        while !ground.store.forget(other, 1).unwrap() {}
        ground.sql(&format!(
            "CREATE TABLE probe (left_over INTEGER CHECK (left_over = 0)); \
             INSERT INTO probe SELECT COUNT(*) FROM content WHERE job = {}",
            other.0
        ));
    }
}

#[test]
fn daemons_that_find_the_same_content_at_once_agree_on_the_first() {
    let ground = Ground::postgres();
    let urls = |host: &str| -> Vec<_> {
        (0..40).map(|n| root(&format!("http://{host}.test/{n}"))).collect()
    };
    ground.offer(&[urls("a"), urls("b")].concat(), NOW);
    let barrier = Barrier::new(2);
    std::thread::scope(|scope| {
        for host in ["a", "b"] {
            let (barrier, ground) = (&barrier, &ground);
            scope.spawn(move || {
                let store = Store::open(&ground.url, Access::Owner).unwrap();
                let node = store.register(host, NOW, LEASE).unwrap();
                let mut rows = ground.take(&format!("{host}.test"), NOW);
                if host == "b" {
                    rows.reverse();
                }
                for (seq, rows) in (1..).zip(rows.chunks(10)) {
                    let number = |row: &QueuedUrl| {
                        row.url.rsplit('/').next().unwrap().parse::<u8>().unwrap()
                    };
                    let pages = rows.iter().map(|row| with(row, number(row) % 20)).collect();
                    barrier.wait();
                    store.commit(&node, seq, &settle(pages), NOW, LEASE).unwrap();
                }
            });
        }
    });
    // 80 pages of 20 contents: of each exactly one is the original of all the others.
    assert_eq!(duplicates(&ground), (60, 20));
}
