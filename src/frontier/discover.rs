//! From the links of a page to the URLs that its job does not know yet.

use super::known::KnownUrls;
use super::record::{LinkRow, NewUrl};
use crate::domain::UrlKey;
use crate::domain::address;
use crate::domain::job::{Follow, Job};
use crate::domain::link::{LinkKind, Outlink};
use crate::domain::outcome::Reason;
use crate::domain::role::Role;
use crate::domain::task::Task;
use crate::domain::traps;
use crate::domain::url::CanonicalUrl;

/// What the links of a page come to.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Discovered {
    /// URLs that the known set does not hold at this depth or a lesser one.
    pub found: Vec<NewUrl>,
    /// Every link, when the job stores all of them.
    pub links: Vec<LinkRow>,
    /// Links that get no row, as out of scope.
    pub out_of_scope: i32,
}

/// Where links were found.
#[derive(Debug, Clone, Copy)]
pub struct Source {
    /// The page's key.
    pub key: UrlKey,
    /// The page's depth.
    pub depth: i32,
    /// Did the page as a whole ask not to be followed?
    pub nofollow: bool,
}

/// Sorts a page's outlinks: out of scope, not followed, known, new.
#[must_use]
pub fn discover(job: &Job, known: &KnownUrls, from: Source, outlinks: Vec<Outlink>) -> Discovered {
    sorted(job, known, from, outlinks, job.follow)
}

/// As [`discover`], whatever else the job follows.
pub(super) fn sorted(
    job: &Job,
    known: &KnownUrls,
    from: Source,
    outlinks: Vec<Outlink>,
    follow: Follow,
) -> Discovered {
    let mut result = Discovered::default();
    for link in outlinks {
        let nofollow = link.nofollow || from.nofollow;
        if job.all_links {
            result.links.push(LinkRow {
                target: link.url.as_str().to_owned(),
                kind: link.kind,
                text: link.text.clone(),
                nofollow,
            });
        }
        if follow == Follow::Nothing {
            continue;
        }
        if !job.scope.allows(&link.url) {
            result.out_of_scope += 1;
            continue;
        }
        let depth = from.depth.saturating_add(1);
        // Whether a link is broken has nothing to do with who vouches for it.
        let check = follow == Follow::Check;
        if (nofollow && !check) || known.covers(job.id, link.url.key(), depth) {
            continue;
        }
        result.found.push(NewUrl {
            depth,
            referrer: Some(from.key),
            task: if check { Task::Check } else { Task::Main },
            kind: link.kind,
            text: link.text,
            nofollow: link.nofollow,
            ..new_url(job, &link.url, depth)
        });
    }
    result
}

/// A URL as it enters the frontier, with the rule that keeps it from being asked, if there is one.
#[must_use]
pub fn new_url(job: &Job, url: &CanonicalUrl, depth: i32) -> NewUrl {
    NewUrl {
        host: url.host_key(),
        authority: url.authority().to_owned(),
        key: url.key(),
        url: url.as_str().to_owned(),
        role: Role::Page,
        task: Task::Main,
        depth,
        hops: 0,
        referrer: None,
        kind: LinkKind::Root,
        text: None,
        nofollow: false,
        excluded: barred(job, url, depth),
    }
}

/// The rule of ours that forbids a URL in scope, with its evidence: depth, traps, private address.
#[must_use]
pub fn barred(job: &Job, url: &CanonicalUrl, depth: i32) -> Option<(Reason, String)> {
    if let Some(limit) = job.limits.max_depth.filter(|limit| depth > *limit) {
        return Some((Reason::Depth, format!("depth {depth} > max_depth {limit}")));
    }
    if let Some(trap) = traps::check(url, &job.traps) {
        return Some(trap);
    }
    let private = match url.address() {
        Some(ip) => !address::is_public(ip),
        None => address::is_local_name(url.host()),
    };
    (private && !job.may_be_private(url.authority()))
        .then(|| (Reason::Private, format!("{} is a private address", url.host())))
}
