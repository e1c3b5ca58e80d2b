//! Sitemaps share the queue with pages and are never counted as pages.

use crawld::domain::link::LinkKind;
use crawld::domain::outcome::{Reason, UrlState};
use crawld::domain::role::Role;
use crawld::domain::url::CanonicalUrl;
use crawld::frontier::record::{Commit, NewUrl, QueuedUrl, RobotsRow, Settled};
use crawld::store::SitemapSums;

use crate::ground::*;

const A: &str = "http://a.test/";
const MAP: &str = "http://a.test/sitemap.xml";

/// A page that a sitemap lists.
fn entry(url: &str, map: &str) -> NewUrl {
    let map = CanonicalUrl::parse(map).unwrap();
    let kind = LinkKind::Sitemap;
    NewUrl { kind, text: None, referrer: Some(Role::Sitemap.key(&map)), ..link(url, A, 1) }
}

fn listed(ground: &Ground, urls: Vec<NewUrl>) -> Commit {
    Commit { listed: vec![(ground.job, urls)], ..Commit::default() }
}

/// The queue's row of a sitemap.
fn queued_map(ground: &Ground, url: &str) -> QueuedUrl {
    let parsed = CanonicalUrl::parse(url).unwrap();
    let rows = ground.store.take(ground.job, parsed.host_key(), 100_000, NOW).unwrap().rows;
    let key = Role::Sitemap.key(&parsed);
    rows.into_iter().find(|row| row.key == key).expect("it is queued")
}

/// A sitemap that was read.
fn read(row: &QueuedUrl, found: Vec<NewUrl>) -> Settled {
    Settled { asked: false, ..done(row, found) }
}

on_both! {
    fn a_sitemap_is_asked_from_the_queue_and_counts_as_no_page(ground: Ground) {
        ground.offer(&[root(A)], NOW);
        let commit = listed(&ground, vec![sitemap(MAP, None, 0)]);
        let committed = ground.commit(1, &commit);
        assert_eq!(committed.woken, [(ground.job, host("a.test"))]);
        assert!(committed.new_urls.is_empty(), "no page became known");
        let map = queued_map(&ground, MAP);
        assert_eq!((map.role, map.depth, map.url.as_str()), (Role::Sitemap, 0, MAP));

        let child = sitemap("http://a.test/more.xml", Some(MAP), 1);
        let found = vec![entry("http://a.test/orphan", MAP), entry("http://b.test/x", MAP), child];
        let committed = ground.commit(2, &settle(vec![read(&map, found)]));
        assert_eq!(committed.new_urls, [(ground.job, 2)], "the index's child is no page");
        assert!(committed.asked.is_empty(), "a sitemap takes no place under max_pages");
        assert_eq!(ground.job_row().asked, 0);

        let urls: Vec<String> = ground.pages().into_iter().map(|page| page.url).collect();
        assert_eq!(urls.len(), 3, "{urls:?}");
        assert!(!urls.iter().any(|url| url == MAP || url.ends_with("more.xml")), "{urls:?}");
        let orphan = ground.page("http://a.test/orphan");
        assert_eq!((orphan.depth, orphan.via), (1, LinkKind::Sitemap));
        assert_eq!(orphan.referrer.as_deref(), Some(MAP), "it says which sitemap lists it");
        assert_eq!(queued_map(&ground, "http://a.test/more.xml").depth, 1);

        let report = ground.store.job_report(ground.job).unwrap();
        assert_eq!(report.states, [(UrlState::Queued, 3)]);
        let sums = SitemapSums {
            read: 1, queued: 1, urls: 3, new_urls: 2, ..SitemapSums::default()
        };
        assert_eq!(report.sitemaps, sums);
        assert!(!ground.store.is_drained(ground.job).unwrap());
    }

    fn a_url_can_be_a_page_and_a_sitemap(ground: Ground) {
        ground.offer(&[root(MAP)], NOW);
        ground.commit(1, &listed(&ground, vec![sitemap(MAP, None, 0), sitemap(MAP, None, 0)]));
        let rows = ground.take("a.test", NOW);
        let mut roles: Vec<i16> = rows.iter().map(|row| row.role as i16).collect();
        roles.sort_unstable();
        assert_eq!(roles, [0, 1]);
        ground.commit(2, &settle(rows.iter().map(|row| done(row, Vec::new())).collect()));
        assert_eq!(ground.pages().len(), 1);
        assert!(ground.store.is_drained(ground.job).unwrap());
        ground.commit(3, &listed(&ground, vec![sitemap(MAP, None, 0)]));
        assert!(ground.take("a.test", NOW).is_empty(), "listed again changes nothing");
    }

    fn sitemaps_that_redirect_in_a_circle_are_a_loop(ground: Ground) {
        let other = "http://a.test/other.xml";
        ground.commit(1, &listed(&ground, vec![sitemap(MAP, None, 0)]));
        let moved = |from: &str, to: &str| {
            let target = CanonicalUrl::parse(to).unwrap();
            Settled {
                found: vec![sitemap(to, Some(from), 0)],
                redirect_key: Some(Role::Sitemap.key(&target)),
                ..redirected(&queued_map(&ground, from), to)
            }
        };
        ground.commit(2, &settle(vec![moved(MAP, other)]));
        ground.commit(3, &settle(vec![moved(other, MAP)]));
        let key = Role::Sitemap.key(&CanonicalUrl::parse(other).unwrap());
        let row = ground.store.page(ground.job, host("a.test"), key).unwrap().unwrap();
        assert_eq!(row.reason.as_deref(), Some("redirect_loop"));
    }

    fn a_host_gives_a_job_only_so_many_sitemaps_and_the_cut_is_written_down(ground: Ground) {
        const MOST: usize = 10_000;
        ground.commit(1, &listed(&ground, vec![sitemap(MAP, None, 0)]));
        let child = |n: usize| sitemap(&format!("http://a.test/{n}.xml"), Some(MAP), 1);
        let found: Vec<NewUrl> = (0..MOST + 5).map(child).collect();
        ground.commit(2, &settle(vec![read(&queued_map(&ground, MAP), found)]));
        let report = ground.store.job_report(ground.job).unwrap();
        let most = i64::try_from(MOST).unwrap();
        assert_eq!((report.sitemaps.known(), report.sitemaps.cut), (most, 1));
        let elsewhere = sitemap("http://b.test/1.xml", None, 0);
        ground.commit(3, &listed(&ground, vec![child(MOST + 9), elsewhere]));
        let report = ground.store.job_report(ground.job).unwrap();
        assert_eq!(report.sitemaps.known(), most + 1, "another host has its own");
    }

    fn a_failed_sitemap_is_retried_and_a_new_pass_asks_it_again(ground: Ground) {
        ground.commit(1, &listed(&ground, vec![sitemap(MAP, None, 0)]));
        let gone = Settled { asked: false, ..failed(&queued_map(&ground, MAP), Reason::Http(404)) };
        ground.commit(2, &settle(vec![gone]));
        assert_eq!(ground.store.job_report(ground.job).unwrap().sitemaps.failed, 1);
        let all = crawld::store::Retry {
            job: ground.job, statuses: Vec::new(), host: None, reason: None, since: None,
        };
        assert_eq!(ground.store.retry(&all, NOW).unwrap(), 1);
        ground.commit(3, &settle(vec![read(&queued_map(&ground, MAP), Vec::new())]));
        ground.store.start_pass(ground.job, NOW).unwrap();
        let step = ground.store.revisit(&ground.node, ground.job, 0, 100, NOW).unwrap();
        assert_eq!(step.count, 1);
        assert_eq!(queued_map(&ground, MAP).role, Role::Sitemap);
    }

    fn the_robots_txt_of_a_jobs_hosts_are_found_again(ground: Ground) {
        ground.offer(&[root(A), root("http://c.test/")], NOW);
        let robots = |name: &str| RobotsRow {
            origin: format!("http://{name}"),
            host: host(name),
            fetched_at: NOW,
            expires_at: NOW + 1,
            status: Some(200),
            body: Some(format!("Sitemap: http://{name}/s.xml")),
        };
        let rows = ["a.test", "b.test", "c.test"].map(robots).to_vec();
        ground.commit(1, &Commit { robots: rows, ..Commit::default() });
        let first = ground.store.robots_of_job(ground.job, "", 1).unwrap();
        assert_eq!(first.len(), 1);
        assert_eq!(first[0].origin, "http://a.test");
        let rest = ground.store.robots_of_job(ground.job, "http://a.test", 10).unwrap();
        assert_eq!(rest.len(), 1, "b.test is none of its hosts");
        assert_eq!(rest[0].origin, "http://c.test");

        let now = NOW + 5;
        let urls = [sitemap("http://a.test/s.xml", None, 0)];
        ground.store.list_sitemaps(ground.job, &urls, now).unwrap();
        ground.store.list_sitemaps(ground.job, &urls, now).unwrap();
        assert_eq!(ground.store.job_report(ground.job).unwrap().sitemaps.queued, 1);
    }
}
