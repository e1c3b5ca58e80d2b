//! From robots.txt to sitemaps, and from sitemaps to the pages that they list.
//!
//! A sitemap is asked like a page, by a row of its own (`Role::Sitemap`), and counts as none. Its
//! row's depth says how many indexes led to it; what it lists has depth 1, wherever it stands.

use super::discover::{Source, new_url, sorted};
use super::known::KnownUrls;
use super::record::{NewUrl, QueuedUrl};
use crate::domain::extract::sitemap::Sitemap;
use crate::domain::job::{Follow, Job};
use crate::domain::link::LinkKind;
use crate::domain::robots::Robots;
use crate::domain::role::Role;
use crate::domain::task::Task;
use crate::domain::url::CanonicalUrl;

/// Sitemaps taken of one robots.txt.
const MOST_LISTED: usize = 1_000;
/// Indexes above a sitemap; one that stands so deep is read for its pages only.
const MAX_NESTING: i32 = 3;
/// Evidence of a sitemap that a job without sitemaps does not ask.
pub const SWITCHED_OFF: &str = "sitemaps = false";

/// What a sitemap comes to.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Listed {
    /// Pages and sitemaps that the known set does not hold.
    pub found: Vec<NewUrl>,
    /// Pages and sitemaps that get no row, as out of scope.
    pub out_of_scope: i32,
    /// Sitemaps were left out, as they stand too deep.
    pub too_deep: bool,
}

/// The sitemaps that the robots.txt of an origin names, wherever they are: the site vouches for
/// them.
#[must_use]
pub fn named(job: &Job, robots: &Robots, origin: &str) -> Vec<NewUrl> {
    let Ok(site) = CanonicalUrl::parse(origin) else { return Vec::new() };
    robots
        .sitemaps()
        .iter()
        .take(MOST_LISTED)
        .filter_map(|line| site.join(line.trim()).ok())
        .map(|url| new_sitemap(job, &url, 0))
        .collect()
}

/// A sitemap as it enters the frontier.
#[must_use]
pub fn new_sitemap(job: &Job, url: &CanonicalUrl, nesting: i32) -> NewUrl {
    NewUrl {
        key: Role::Sitemap.key(url),
        role: Role::Sitemap,
        task: Task::Main,
        depth: nesting,
        kind: LinkKind::Sitemap,
        ..new_url(job, url, 0)
    }
}

/// Sorts what the sitemap of this row lists. A sitemap of an index is asked if it is in scope or on
/// the host of its index: no index may send us anywhere else.
#[must_use]
pub fn listed(job: &Job, known: &KnownUrls, row: &QueuedUrl, sitemap: Sitemap) -> Listed {
    let from = Source { key: row.key, depth: 0, nofollow: false };
    let pages = sorted(job, known, from, sitemap.pages, Follow::InScope);
    let mut listed =
        Listed { found: pages.found, out_of_scope: pages.out_of_scope, too_deep: false };
    let nesting = row.depth.saturating_add(1);
    for link in sitemap.sitemaps {
        if nesting > MAX_NESTING {
            listed.too_deep = true;
            break;
        }
        if link.url.host_key() != row.host && !job.scope.allows(&link.url) {
            listed.out_of_scope += 1;
            continue;
        }
        let sitemap = new_sitemap(job, &link.url, nesting);
        if !known.covers(job.id, sitemap.key, nesting) {
            listed.found.push(NewUrl { referrer: Some(row.key), ..sitemap });
        }
    }
    listed
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::extract::sitemap::SitemapReader;
    use crate::domain::job::JobSpec;
    use crate::domain::outcome::Reason;
    use crate::domain::{JobId, Millis};
    use crate::frontier::answer::RobotsAnswer;
    use crate::frontier::record::RobotsRow;
    use crate::frontier::robots_gate::{Next, RobotsErrand, RobotsGate};

    const NOW: Millis = 1_000;

    fn job(scope: &str) -> Job {
        let roots = vec!["http://h.example/".to_owned()];
        let spec =
            JobSpec { roots, scope: scope.to_owned(), max_depth: Some(0), ..JobSpec::default() };
        Job::new(JobId(1), "j", &spec).unwrap()
    }

    fn row(url: &str, depth: i32) -> QueuedUrl {
        let url = CanonicalUrl::parse(url).unwrap();
        QueuedUrl {
            id: 1,
            job: JobId(1),
            host: url.host_key(),
            key: Role::Sitemap.key(&url),
            url: url.as_str().to_owned(),
            role: Role::Sitemap,
            task: Task::Main,
            depth,
            hops: 0,
            tries: 0,
            due_at: NOW,
            validators: None,
            query: None,
        }
    }

    fn read(row: &QueuedUrl, body: &str) -> Listed {
        let mut reader = SitemapReader::new(&CanonicalUrl::parse(&row.url).unwrap(), &[]);
        reader.feed(body.as_bytes());
        listed(&job("host"), &KnownUrls::new(1 << 20), row, reader.finish())
    }

    #[test]
    fn robots_txt_names_sitemaps_anywhere_but_none_that_is_private() {
        let robots = Robots::parse(
            b"Sitemap: http://cdn.example/a.xml\nSitemap: /b.xml\nsitemap: ftp://h.example/c\n\
              User-agent: x\nSitemap: http://10.0.0.1/d.xml",
        );
        let named = named(&job("host"), &robots, "http://h.example");
        let urls: Vec<&str> = named.iter().map(|new| new.url.as_str()).collect();
        assert_eq!(
            urls,
            ["http://cdn.example/a.xml", "http://h.example/b.xml", "http://10.0.0.1/d.xml"]
        );
        let reasons: Vec<_> =
            named.iter().map(|new| new.excluded.as_ref().map(|(reason, _)| *reason)).collect();
        assert_eq!(reasons, [None, None, Some(Reason::Private)], "max_depth does not count");
        assert!(named.iter().all(|new| new.role == Role::Sitemap && new.depth == 0));
    }

    #[test]
    fn a_gate_names_its_sitemaps_once_to_each_job_and_again_when_robots_txt_is_new() {
        let url = CanonicalUrl::parse("http://h.example/robots.txt").unwrap();
        let row = RobotsRow {
            origin: url.origin().to_owned(),
            host: url.host_key(),
            fetched_at: NOW,
            expires_at: NOW + 1,
            status: Some(200),
            body: Some("Sitemap: http://h.example/a.xml".to_owned()),
        };
        let mut gate = RobotsGate::stored(&row, NOW);
        let (one, two) = (job("host"), Job { id: JobId(2), ..job("host") });
        assert_eq!(gate.sitemaps(&one).unwrap().len(), 1);
        assert_eq!(gate.sitemaps(&one), None);
        assert_eq!(gate.sitemaps(&two).unwrap().len(), 1);

        let errand = RobotsErrand {
            origin: url.origin().to_owned(),
            home: url.host_key(),
            job: JobId(1),
            url,
            hops: 0,
            pace: one.pace,
        };
        let body = b"Sitemap: http://h.example/b.xml".to_vec();
        let answer = RobotsAnswer { status: Some(200), body, ..RobotsAnswer::default() };
        assert!(matches!(gate.answered(&errand, &answer, 4, NOW, 0), Next::Store(_)));
        assert_eq!(gate.sitemaps(&one), None, "not before it is stored");
        gate.stored_now();
        assert!(gate.sitemaps(&one).unwrap()[0].url.ends_with("/b.xml"));
    }

    #[test]
    fn pages_have_depth_one_and_must_be_in_scope_wherever_the_sitemap_stands() {
        let row = row("http://cdn.example/a.xml", 2);
        let listed = read(&row, "http://h.example/p\nhttp://cdn.example/q\nhttp://h.example/r\n");
        let found: Vec<_> = listed.found.iter().map(|n| (n.url.as_str(), n.depth)).collect();
        assert_eq!(found, [("http://h.example/p", 1), ("http://h.example/r", 1)]);
        assert_eq!(listed.out_of_scope, 1);
        assert!(listed.found.iter().all(|new| new.referrer == Some(row.key)));
        assert!(listed.found.iter().all(|new| new.kind == LinkKind::Sitemap));
        assert_eq!(listed.found[0].excluded.as_ref().unwrap().0, Reason::Depth);
    }

    #[test]
    fn an_index_leads_to_its_own_host_and_the_scope_only_and_not_for_ever() {
        let body = "<sitemapindex><sitemap><loc>http://cdn.example/1.xml</loc></sitemap>\
            <sitemap><loc>http://h.example/2.xml</loc></sitemap>\
            <sitemap><loc>http://victim.example/3.xml</loc></sitemap></sitemapindex>";
        let index = row("http://cdn.example/index.xml", 0);
        let found = read(&index, body);
        let urls: Vec<_> = found.found.iter().map(|n| (n.url.as_str(), n.depth)).collect();
        assert_eq!(urls, [("http://cdn.example/1.xml", 1), ("http://h.example/2.xml", 1)]);
        assert_eq!((found.out_of_scope, found.too_deep), (1, false));
        let deepest = QueuedUrl { depth: MAX_NESTING, ..index };
        let found = read(&deepest, body);
        assert!(found.found.is_empty() && found.too_deep);
    }
}
