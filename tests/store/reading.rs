//! What is read back: exports, reports, lookups.

use crawld::domain::outcome::{Reason, UrlState};
use crawld::domain::url::CanonicalUrl;
use crawld::frontier::record::{GivenUp, LinkRow};
use crawld::store::HostSum;

use crate::ground::*;

const A: &str = "http://a.test/";

on_both! {
    fn pages_are_read_in_batches_each_once(ground: Ground) {
        let urls: Vec<_> = (0..25).map(|n| root(&format!("http://h{}.test/{n}", n % 3))).collect();
        for chunk in urls.chunks(10) {
            ground.offer(chunk, NOW);
        }
        let reader = ground.reader();
        let (mut after, mut seen) = (i64::MIN, Vec::new());
        loop {
            let batch = reader.pages_after(ground.job, after, 4).unwrap();
            let Some(last) = batch.last() else { break };
            assert!(batch.len() <= 4);
            after = last.id;
            seen.extend(batch.into_iter().map(|page| page.url));
        }
        let mut expected: Vec<_> = urls.into_iter().map(|url| url.url).collect();
        if ground.is_postgres() {
            seen.sort();
            expected.sort();
        }
        assert_eq!(seen, expected);
    }

    fn rows_that_share_a_number_are_all_read(ground: Ground) {
        let urls: Vec<_> = (0..6).map(|n| root(&format!("http://a.test/{n}"))).collect();
        ground.offer(&urls, NOW);
        if !ground.is_postgres() {
            return; // There the number is the primary key.
        }
        ground.sql("UPDATE urls SET id = 7; UPDATE urls SET id = 5 WHERE url LIKE '%/0'");
        let batch = ground.store.pages_after(ground.job, 0, 3).unwrap();
        assert_eq!(batch.len(), 1, "those that share the last number are left to the next");
        assert_eq!(ground.store.pages_after(ground.job, 5, 10).unwrap().len(), 5);
    }

    fn a_page_is_read_with_all_its_columns(ground: Ground) {
        ground.offer(&[root(A)], NOW);
        let mut page = done(&ground.queued(A), vec![link("http://a.test/x", A, 1)]);
        page.facts.noindex = true;
        page.facts.links_cut = true;
        page.tries = 3;
        ground.commit(1, &settle(vec![page]));
        let read = ground.page(A);
        assert_eq!((read.status, read.state, read.tries), (Some(200), UrlState::Done, 3));
        assert_eq!(read.content_type.as_deref(), Some("text/html"));
        assert_eq!((read.bytes, read.elapsed_ms), (Some(1000), Some(40)));
        assert_eq!((read.fetched_at, read.due_at), (Some(NOW + 7), None));
        assert!(read.noindex && read.links_cut && read.referrer.is_none());
        let found = ground.page("http://a.test/x");
        assert_eq!((found.referrer.as_deref(), found.depth), (Some(A), 1));
        assert_eq!(found.via_text.as_deref(), Some("to http://a.test/x"));
        assert_eq!((found.status, found.due_at, found.links), (None, Some(NOW), None));
    }

    fn failures_are_the_failed_ones(ground: Ground) {
        ground.offer(&[root(A), root("http://a.test/1"), root("http://a.test/2")], NOW);
        let rows = ground.take("a.test", NOW);
        let batch = vec![done(&rows[0], vec![]), failed(&rows[1], Reason::Http(404))];
        ground.commit(1, &settle(batch));
        let failures = ground.store.failures_after(ground.job, i64::MIN, 10).unwrap();
        assert_eq!(failures.len(), 1);
        assert_eq!(failures[0].reason.as_deref(), Some("http_404"));
    }

    fn links_are_read_in_batches_each_once(ground: Ground) {
        ground.offer(&[root(A), root("http://b.test/")], NOW);
        let settled = [A, "http://b.test/"].map(|url| {
            let mut page = done(&ground.queued(url), vec![]);
            page.links = (0..7)
                .map(|n| LinkRow {
                    target: format!("http://t.test/{n}"),
                    kind: crawld::domain::link::LinkKind::Area,
                    text: None,
                    nofollow: n == 0,
                })
                .collect();
            page.facts.links = Some(7);
            page
        });
        ground.commit(1, &settle(settled.into()));
        let (mut after, mut seen) = (None, Vec::new());
        loop {
            let batch = ground.store.links_after(ground.job, after, 3).unwrap();
            let Some(last) = batch.last() else { break };
            after = Some(last.at);
            seen.extend(batch.into_iter().map(|link| (link.source, link.target, link.nofollow)));
        }
        assert_eq!(seen.len(), 14);
        assert_eq!(seen.iter().filter(|(source, _, _)| source == A).count(), 7);
        assert_eq!(seen.iter().filter(|(_, _, nofollow)| *nofollow).count(), 2);
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), 14);
    }

    fn a_report_counts_every_url_once(ground: Ground) {
        let urls = ["http://a.test/1", "http://a.test/2", "http://b.test/3", "http://b.test/4"];
        ground.offer(&urls.map(root), NOW);
        ground.offer(&[excluded("http://a.test/t", A, 1, Reason::TrapDepth)], NOW);
        let mut slow = done(&ground.queued(urls[2]), vec![]);
        slow.facts.elapsed_ms = Some(900);
        let mut failure = failed(&ground.queued(urls[1]), Reason::Http(404));
        failure.facts.bytes = Some(10);
        ground.commit(1, &settle(vec![done(&ground.queued(urls[0]), vec![]), failure, slow]));
        ground.store.give_up(&GivenUp::new(ground.job, host("b.test"), Reason::Dns), 10).unwrap();

        let report = ground.reader().job_report(ground.job).unwrap();
        let (done, failed, excluded) = (UrlState::Done, UrlState::Failed, UrlState::Excluded);
        assert_eq!(report.states, [(done, 2), (failed, 2), (excluded, 1)]);
        assert_eq!(report.statuses, [(200, 2), (404, 1)]);
        assert_eq!(report.failures, [("dns".to_owned(), 1), ("http_404".to_owned(), 1)]);
        assert_eq!(report.exclusions, [("trap_depth".to_owned(), 1)]);
        assert_eq!((report.bytes, report.hosts), (2010, 2));
        assert_eq!(report.fetched, Some((NOW + 7, NOW + 7)));
        let sum = |name: &str, urls, figure| HostSum { authority: name.to_owned(), urls, figure };
        assert_eq!(report.slowest, [sum("b.test", 1, 900), sum("a.test", 1, 40)]);
        assert_eq!(report.failing, [sum("a.test", 1, 1), sum("b.test", 1, 1)]);
        assert_eq!(report.given_up, [("b.test".to_owned(), "dns".to_owned())]);
    }

    fn a_report_of_an_empty_job_is_empty(ground: Ground) {
        let report = ground.store.job_report(ground.job).unwrap();
        assert_eq!(report, crawld::store::JobReport::default());
    }

    fn the_jobs_that_know_a_url_are_found(ground: Ground) {
        let other = ground.store.create_job(&new_job("other"), NOW).unwrap().id;
        ground.offer(&[root(A)], NOW);
        ground.store.offer(&ground.node, other, &[root(A)], None, true, false, NOW).unwrap();
        let url = CanonicalUrl::parse(A).unwrap();
        let knowing = ground.store.jobs_knowing(url.host_key(), url.key()).unwrap();
        assert_eq!(knowing, [ground.job, other]);
        assert!(ground.store.jobs_knowing(url.host_key(), key("http://a.test/2")).unwrap().is_empty());
    }

    fn a_reader_reads_while_the_crawl_writes_and_writes_nothing(ground: Ground) {
        let reader = ground.reader();
        ground.offer(&[root(A)], NOW);
        assert_eq!(reader.pages_after(ground.job, i64::MIN, 10).unwrap().len(), 1);
        let error = reader.create_job(&new_job("x"), NOW).unwrap_err();
        assert_eq!(error.kind, crawld::store::StoreErrorKind::ReadOnly, "{error}");
        ground.offer(&[root("http://a.test/2")], NOW);
        assert_eq!(reader.pages_after(ground.job, i64::MIN, 10).unwrap().len(), 2);
    }
}

on_both! {
    fn what_waits_is_counted_for_each_job_and_the_store_has_a_size(ground: Ground) {
        let a = "http://a.test/";
        ground.offer(&[root(a)], NOW);
        let found = vec![link("http://b.test/", a, 1), link("http://a.test/c", a, 1)];
        ground.commit(1, &settle(vec![done(&ground.queued(a), found)]));
        let sizes = ground.store.queue_sizes().unwrap();
        assert_eq!(sizes.len(), 1);
        assert_eq!(sizes[0].1, 2, "{sizes:?}");
        assert!(ground.store.size().unwrap() > 50_000);
    }
}
