//! Passes over known pages: what is kept of a result that still holds.

use crawld::domain::Millis;
use crawld::domain::outcome::{Reason, UrlState};
use crawld::frontier::record::{PageFacts, QueuedUrl, Settled};

use crate::ground::*;

const ROOT: &str = "http://a.test/";

/// A page of this version.
fn tagged(row: &QueuedUrl, etag: &str) -> Settled {
    let mut page = done(row, Vec::new());
    page.facts.etag = Some(etag.to_owned());
    page
}

/// A 304 at this moment.
fn unmodified(row: &QueuedUrl, at: Millis) -> Settled {
    let facts = PageFacts { status: Some(304), fetched_at: Some(at), ..PageFacts::default() };
    Settled { facts, unmodified: true, ..done(row, Vec::new()) }
}

/// Begins a pass in which the root is asked again.
fn again(ground: &Ground) -> QueuedUrl {
    ground.store.start_pass(ground.job, NOW).unwrap();
    ground.store.revisit(&ground.node, ground.job, i64::MIN, 100, NOW).unwrap();
    ground.queued(ROOT)
}

fn sent(row: &QueuedUrl) -> Vec<String> {
    let all = row.validators.iter().flat_map(|validators| validators.headers());
    all.map(|(_, value)| value.to_owned()).collect()
}

on_both! {
    fn a_result_that_holds_stays_with_a_new_date_and_is_counted_once(ground: Ground) {
        ground.offer(&[root(ROOT)], NOW);
        let row = ground.queued(ROOT);
        assert_eq!(sent(&row), [""; 0]);
        ground.commit(1, &settle(vec![tagged(&row, "\"1\"")]));
        let before = ground.page(ROOT);
        let row = again(&ground);
        assert_eq!(sent(&row), ["\"1\""]);
        let batch = settle(vec![unmodified(&row, NOW + 99)]);
        ground.commit(2, &batch);
        // The lost reply: applied once all the same.
        assert!(ground.commit(2, &batch).repeated);
        let after = ground.page(ROOT);
        assert_eq!(after.fetched_at, Some(NOW + 99));
        let dated = |page| crawld::store::PageRecord { fetched_at: None, elapsed_ms: None, pass: 0, ..page };
        assert_eq!(dated(after), dated(before));
        assert_eq!((ground.job_row().not_modified, ground.job_row().asked), (1, 1));
        let row = again(&ground);
        assert_eq!(sent(&row), ["\"1\""], "the version stays");
        assert_eq!(ground.job_row().not_modified, 0, "counted for each pass");
        let mut newer = unmodified(&row, NOW + 100);
        newer.facts.etag = Some("\"2\"".to_owned());
        ground.commit(3, &settle(vec![newer]));
        assert_eq!(sent(&again(&ground)), ["\"2\""]);
    }

    fn only_a_page_that_was_read_whole_has_a_version(ground: Ground) {
        ground.offer(&[root(ROOT)], NOW);
        let mut seq = 0;
        let mut settled = |page: Settled| {
            seq += 1;
            ground.commit(seq, &settle(vec![page]));
            again(&ground)
        };
        let mut gone = failed(&ground.queued(ROOT), Reason::Http(404));
        gone.facts.etag = Some("\"gone\"".to_owned());
        gone.facts.digest = Some([1; 32]);
        let row = settled(gone);
        assert_eq!(sent(&row), [""; 0]);
        let mut moved = redirected(&row, "http://a.test/b");
        moved.facts.etag = Some("\"moved\"".to_owned());
        let row = settled(moved);
        assert_eq!(sent(&row), [""; 0]);
        let row = settled(tagged(&row, "\"1\""));
        assert_eq!(sent(&row), ["\"1\""]);
        // The page goes away: nothing is left of its version.
        let row = settled(failed(&row, Reason::Http(404)));
        assert_eq!(sent(&row), [""; 0]);
    }

    fn a_failed_try_before_it_leaves_no_trace_in_a_result_that_holds(ground: Ground) {
        ground.offer(&[root(ROOT)], NOW);
        let mut page = tagged(&ground.queued(ROOT), "\"1\"");
        page.facts.status = Some(203);
        ground.commit(1, &settle(vec![page]));
        let row = again(&ground);
        let batch = crawld::frontier::record::Commit {
            deferred: vec![deferred(&row, NOW)],
            ..Default::default()
        };
        ground.commit(2, &batch);
        let row = ground.queued(ROOT);
        assert_eq!(sent(&row), ["\"1\""]);
        ground.commit(3, &settle(vec![unmodified(&row, NOW)]));
        let page = ground.page(ROOT);
        assert_eq!((page.state, page.status, page.reason), (UrlState::Done, Some(200), None));
        assert_eq!(page.evidence, None);
    }

    fn versions_are_forgotten_when_pages_are_to_be_read_anew(ground: Ground) {
        ground.offer(&[root(ROOT)], NOW);
        ground.commit(1, &settle(vec![tagged(&ground.queued(ROOT), "\"1\"")]));
        ground.store.forget_versions(ground.job).unwrap();
        assert_eq!(sent(&again(&ground)), [""; 0]);
        assert_eq!(ground.page(ROOT).title.as_deref(), Some("A title"));
    }
}
