//! Items, their own pages and the pages of listings, over passes.

use crawld::domain::outcome::UrlState;
use crawld::domain::task::Task;
use crawld::frontier::gathered::Gathered;
use crawld::frontier::listing::{DetailPage, ListingPage, StoredItem};
use crawld::frontier::record::{Commit, NewUrl, QueuedUrl, Settled};
use crawld::store::Change;

use crate::ground::*;

const ONE: &str = "http://a.test/1";
const TWO: &str = "http://a.test/2";
const OWN: &str = "http://b.test/own";
const MOVED: &str = "http://c.test/moved";

/// An item with this key; its own page is [`OWN`].
fn item(key: i64, fields: &str) -> StoredItem {
    StoredItem {
        key,
        fields: fields.to_owned(),
        digest: fields.len().try_into().unwrap(),
        detail: Some((host("b.test"), crate::ground::key(OWN))),
    }
}

/// A page of a listing with these items, which leads there.
fn listing(row: &QueuedUrl, items: Vec<StoredItem>, found: Vec<NewUrl>) -> Settled {
    let fingerprint = items.iter().map(|item| item.key * 31 + item.digest).sum();
    let number = row.depth + 1;
    let page = ListingPage { number, items, fingerprint, ..ListingPage::default() };
    Settled { gathered: Some(Box::new(Gathered::Listing(page))), ..done(row, found) }
}

fn next(url: &str, from: &str, depth: i32) -> NewUrl {
    link(url, from, depth)
}

fn own(url: &str, from: &str) -> NewUrl {
    NewUrl { task: Task::Detail, ..link(url, from, 0) }
}

impl Ground {
    /// Commits as the engine does for a job that scrapes.
    fn scraped(&self, seq: i64, settled: Vec<Settled>) {
        let jobs = vec![self.job];
        self.commit(
            seq,
            &Commit { settled, renewing: jobs.clone(), listing: jobs, ..Commit::default() },
        );
    }

    fn end(&self, limit: Option<&str>) {
        let pass = self.job_row().pass;
        assert!(self.store.end_pass(self.job, pass, limit, NOW).unwrap());
    }

    /// The fields of the items that are there, with how they stand.
    fn items(&self) -> Vec<(String, Change)> {
        let items = self.store.items_after(self.job, None, 100, false).unwrap();
        items.into_iter().map(|item| (item.fields, item.change)).collect()
    }

    fn again(&self) {
        self.store.start_pass(self.job, NOW).unwrap();
        self.store.offer(&self.node, self.job, &[root(ONE)], None, true, true, NOW).unwrap();
    }
}

on_both! {
    fn items_are_kept_with_their_page_and_read_in_its_order_in_batches(ground: Ground) {
        ground.offer(&[root(ONE)], NOW);
        let items: Vec<StoredItem> =
            (1..=7).map(|n| item(n, &format!("{{\"n\":{n}}}"))).collect();
        let row = ground.queued(ONE);
        ground.scraped(1, vec![listing(&row, items, vec![next(TWO, ONE, 1)])]);
        let row = ground.queued(TWO);
        ground.scraped(2, vec![listing(&row, vec![item(3, "{}"), item(9, "{\"n\":9}")], vec![])]);
        let mut all = Vec::new();
        let mut after = None;
        loop {
            let batch = ground.store.items_after(ground.job, after, 3, false).unwrap();
            let Some(last) = batch.last() else { break };
            after = Some(last.at);
            all.extend(batch.into_iter().map(|item| (item.page, item.ordinal, item.fields)));
        }
        let mut expected: Vec<(String, i32, String)> =
            (1..=7).map(|n| (ONE.to_owned(), n, format!("{{\"n\":{n}}}"))).collect();
        expected.push((TWO.to_owned(), 2, "{\"n\":9}".to_owned()));
        assert_eq!(all, expected);
        let sums = ground.store.job_report(ground.job).unwrap().items;
        assert_eq!((sums.items, sums.repeated), (8, 1));
    }

    fn a_page_that_shows_what_one_before_it_has_shown_leads_nowhere(ground: Ground) {
        ground.offer(&[root(ONE)], NOW);
        let shown = || vec![item(1, "{\"n\":1}")];
        ground.scraped(1, vec![listing(&ground.queued(ONE), shown(), vec![next(TWO, ONE, 1)])]);
        let third = "http://a.test/3";
        ground.scraped(2, vec![listing(&ground.queued(TWO), shown(), vec![next(third, TWO, 2)])]);
        assert_eq!(ground.pages().len(), 2, "the third is not known");
        assert!(ground.store.is_drained(ground.job).unwrap());
    }

    fn a_page_beyond_the_limit_waits_queued_without_a_date_until_it_is_raised(ground: Ground) {
        ground.offer(&[root(ONE)], NOW);
        let mut page = listing(&ground.queued(ONE), vec![item(1, "{}")], vec![next(TWO, ONE, 1)]);
        if let Some(Gathered::Listing(page)) = page.gathered.as_deref_mut() {
            page.beyond = true;
        }
        ground.scraped(1, vec![page]);
        assert!(ground.store.is_drained(ground.job).unwrap());
        assert!(ground.store.has_held(ground.job).unwrap());
        assert_eq!(ground.page(TWO).state, UrlState::Queued);
        ground.store.limit_listings(ground.job, Some(1), NOW).unwrap();
        assert!(ground.store.is_drained(ground.job).unwrap());
        ground.store.limit_listings(ground.job, Some(2), NOW).unwrap();
        assert_eq!(ground.take("a.test", NOW).len(), 1);
        ground.store.limit_listings(ground.job, Some(1), NOW).unwrap();
        assert!(ground.store.is_drained(ground.job).unwrap(), "and it can be lowered");
        ground.store.limit_listings(ground.job, None, NOW).unwrap();
        ground.scraped(2, vec![listing(&ground.queued(TWO), vec![item(2, "{}")], vec![])]);
        assert!(!ground.store.has_held(ground.job).unwrap());
    }

    fn what_is_held_and_not_found_again_in_a_later_pass_is_set_aside_at_its_end(ground: Ground) {
        ground.offer(&[root(ONE)], NOW);
        let mut page = listing(&ground.queued(ONE), vec![item(1, "{}")], vec![next(TWO, ONE, 1)]);
        if let Some(Gathered::Listing(page)) = page.gathered.as_deref_mut() {
            page.beyond = true;
        }
        ground.scraped(1, vec![page]);
        ground.end(Some("max_pages"));
        ground.again();
        ground.scraped(2, vec![listing(&ground.queued(ONE), vec![item(1, "{}")], vec![])]);
        ground.end(None);
        assert_eq!(ground.page(TWO).state, UrlState::Excluded);
    }

    fn what_is_held_in_a_later_pass_and_then_gone_has_its_last_result(ground: Ground) {
        let shows = |beyond: bool, found: Vec<NewUrl>| {
            let mut page = listing(&ground.queued(ONE), vec![item(1, "{}")], found);
            if let Some(Gathered::Listing(page)) = page.gathered.as_deref_mut() {
                page.beyond = beyond;
            }
            page
        };
        ground.offer(&[root(ONE)], NOW);
        ground.scraped(1, vec![shows(false, vec![next(TWO, ONE, 1)])]);
        ground.scraped(2, vec![listing(&ground.queued(TWO), vec![item(2, "{}")], vec![])]);
        ground.end(None);
        ground.again();
        ground.scraped(3, vec![shows(true, vec![next(TWO, ONE, 1)])]);
        ground.end(Some("max_pages"));
        assert_eq!(ground.page(TWO).state, UrlState::Queued);
        ground.again();
        ground.scraped(4, vec![shows(false, vec![])]);
        ground.end(None);
        let page = ground.page(TWO);
        assert_eq!((page.state, page.status, page.reason), (UrlState::Done, Some(200), None));
    }

    fn new_changed_and_gone_are_told_against_the_pass_before(ground: Ground) {
        ground.offer(&[root(ONE)], NOW);
        let first = vec![item(1, "{\"n\":1}"), item(2, "{\"n\":2}"), item(3, "{\"n\":3}")];
        ground.scraped(1, vec![listing(&ground.queued(ONE), first, vec![])]);
        ground.end(None);
        ground.again();
        assert_eq!(ground.items().len(), 3, "all are there while the pass goes on");
        let second = vec![item(4, "{\"n\":4}"), item(1, "{\"n\":1}"), item(2, "{\"n\":22}")];
        ground.scraped(2, vec![listing(&ground.queued(ONE), second, vec![])]);
        ground.end(None);
        let now = [
            ("{\"n\":4}".to_owned(), Change::New),
            ("{\"n\":1}".to_owned(), Change::Same),
            ("{\"n\":22}".to_owned(), Change::Changed),
        ];
        assert_eq!(ground.items(), now);
        let since = ground.store.items_after(ground.job, None, 100, true).unwrap();
        let mut told: Vec<(&str, Change)> =
            since.iter().map(|item| (item.fields.as_str(), item.change)).collect();
        told.sort_by_key(|(_, change)| change.name());
        let expected = [
            ("{\"n\":22}", Change::Changed),
            ("{\"n\":3}", Change::Gone),
            ("{\"n\":4}", Change::New),
        ];
        assert_eq!(told, expected);
        let changed = since.iter().find(|item| item.change == Change::Changed).unwrap();
        assert_eq!(changed.previous.0.as_deref(), Some("{\"n\":2}"));
        let sums = ground.store.job_report(ground.job).unwrap().items;
        assert_eq!((sums.items, sums.new, sums.changed, sums.gone), (3, 1, 1, 1));
    }

    fn nothing_is_gone_after_a_pass_that_failed_or_was_cut(ground: Ground) {
        ground.offer(&[root(ONE)], NOW);
        ground.scraped(1, vec![listing(&ground.queued(ONE), vec![item(1, "{}")], vec![])]);
        ground.end(None);
        ground.again();
        ground.end(Some("max_time"));
        assert_eq!(ground.items().len(), 1);
        let failed = Settled { state: UrlState::Failed, ..done(&ground.queued(ONE), vec![]) };
        ground.scraped(2, vec![failed]);
        ground.end(None);
        assert_eq!(ground.items().len(), 1);
    }

    fn the_fields_of_an_own_page_are_found_through_its_redirects(ground: Ground) {
        ground.offer(&[root(ONE)], NOW);
        let page = listing(&ground.queued(ONE), vec![item(1, "{}")], vec![own(OWN, ONE)]);
        ground.scraped(1, vec![page]);
        let row = ground.queued(OWN);
        assert_eq!(row.task, Task::Detail);
        let there = "http://d.test/there";
        let redirect = |row: &QueuedUrl, to: &str| Settled {
            state: UrlState::Redirected,
            redirect_to: Some(to.to_owned()),
            task: Task::Detail,
            ..done(row, vec![own(to, ONE)])
        };
        ground.scraped(2, vec![redirect(&row, MOVED)]);
        ground.scraped(3, vec![redirect(&ground.queued(MOVED), there)]);
        let fields = DetailPage {
            fields: Some("{\"area\":5}".to_owned()),
            digest: 5,
            ..DetailPage::default()
        };
        let detail = Settled {
            gathered: Some(Box::new(Gathered::Detail(fields))),
            task: Task::Detail,
            ..done(&ground.queued(there), vec![])
        };
        ground.scraped(4, vec![detail]);
        let items = ground.store.items_after(ground.job, None, 10, false).unwrap();
        assert_eq!(items[0].detail.as_deref(), Some("{\"area\":5}"));
    }

    fn a_forgotten_job_leaves_no_items(ground: Ground) {
        ground.offer(&[root(ONE)], NOW);
        ground.scraped(1, vec![listing(&ground.queued(ONE), vec![item(1, "{}")], vec![])]);
        while !ground.store.forget(ground.job, 100).unwrap() {}
        assert!(ground.items().is_empty());
        let again = ground.store.create_job(&new_job("j"), NOW).unwrap();
        assert!(ground.store.job_report(again.id).unwrap().items.is_empty());
    }
}
