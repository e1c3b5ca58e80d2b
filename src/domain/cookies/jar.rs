//! The cookies of one job.
//!
//! Invariants: at most [`PER_DOMAIN`] cookies of a domain and [`PER_JOB`] in all, the least recently
//! used making room; `changes` holds, for each cookie that differs from what was last handed over
//! to be stored, what it is now.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

use super::{Cookie, CookieChange, CookieKey, is_within};
use crate::domain::Millis;
use crate::domain::secret::Secret;
use crate::domain::url::CanonicalUrl;

/// Most cookies of a domain.
pub const PER_DOMAIN: usize = 50;
/// Most cookies of a job.
pub const PER_JOB: usize = 3000;
/// Bytes of a `Cookie` header; what does not fit is left out. Servers take 8 to 32 KiB of head.
const MAX_HEADER: usize = 16 * 1024;

/// The cookies of one job. Empty it costs nothing.
#[derive(Debug, Default)]
pub struct Jar {
    domains: HashMap<String, Vec<Kept>>,
    count: usize,
    uses: u64,
    changes: BTreeMap<CookieKey, Option<Cookie>>,
}

#[derive(Debug)]
struct Kept {
    cookie: Cookie,
    /// Number of its last use.
    used: u64,
    /// Has it been handed over to be stored? Then its end must be too.
    stored: bool,
}

impl Jar {
    /// A jar of stored cookies, the oldest first.
    #[must_use]
    pub fn of(stored: Vec<Cookie>, now: Millis) -> Self {
        let mut jar = Self::default();
        for cookie in stored {
            let (key, over) = (cookie.key.clone(), cookie.is_over(now));
            jar.keep(cookie, true, now);
            if over {
                jar.remove(&key);
            }
        }
        jar
    }

    /// Are there no cookies?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.count
    }

    /// The `Cookie` header for a request to `url`: longer paths first, then older cookies.
    pub fn header(&mut self, url: &CanonicalUrl, now: Millis) -> Option<Secret> {
        if self.is_empty() {
            return None;
        }
        self.uses += 1;
        self.mark_used(url, now);
        let of = |domain| self.domains.get(domain).into_iter().flatten();
        let mut found: Vec<&Cookie> = domains_of(url)
            .flat_map(of)
            .filter(|kept| kept.used == self.uses)
            .map(|kept| &kept.cookie)
            .collect();
        found.sort_by_key(|c| (Reverse(c.key.path.len()), c.created_at));
        text(&found)
    }

    /// Notes which cookies go to `url`; those that are over go for good.
    fn mark_used(&mut self, url: &CanonicalUrl, now: Millis) {
        let mut over = Vec::new();
        for domain in domains_of(url) {
            let Some(all) = self.domains.get_mut(domain) else { continue };
            for kept in all.iter_mut().filter(|kept| goes_to(&kept.cookie, url)) {
                if kept.cookie.is_over(now) {
                    over.push(kept.cookie.key.clone());
                } else {
                    kept.used = self.uses;
                }
            }
        }
        for key in over {
            self.remove(&key);
        }
    }

    /// Takes in what an answer set. Says whether any name or value changed.
    pub fn take_in(&mut self, set: Vec<Cookie>, over_https: bool, now: Millis) -> bool {
        let mut changed = false;
        for cookie in set {
            if !over_https && self.shadows_secure(&cookie) {
                continue;
            }
            changed |=
                if cookie.is_over(now) { self.remove(&cookie.key) } else { self.put(cookie, now) };
        }
        changed
    }

    /// What has changed since the last time, to be stored.
    pub fn take_changes(&mut self) -> Vec<CookieChange> {
        if self.changes.is_empty() {
            return Vec::new();
        }
        for kept in self.domains.values_mut().flatten() {
            kept.stored = true;
        }
        std::mem::take(&mut self.changes).into_iter().collect()
    }

    /// Would this cookie, which came over http, stand in the place of one that https had set?
    fn shadows_secure(&self, cookie: &Cookie) -> bool {
        let same = |kept: &Kept| {
            let (own, other) = (&cookie.key, &kept.cookie.key);
            kept.cookie.secure && other.name == own.name && covers(&other.path, &own.path)
        };
        let near = |domain: &str| {
            is_within(domain, &cookie.key.domain) || is_within(&cookie.key.domain, domain)
        };
        self.domains.iter().any(|(domain, all)| near(domain) && all.iter().any(same))
    }

    /// Keeps a cookie that was set just now; says whether its value is new.
    fn put(&mut self, mut cookie: Cookie, now: Millis) -> bool {
        // What is yet to be removed from the store is still there.
        let mut stored = self.changes.get(&cookie.key) == Some(&None);
        let mut fresh = true;
        if let Some(earlier) = self.find(&cookie.key) {
            stored = earlier.stored;
            fresh = earlier.cookie.value != cookie.value;
            cookie.created_at = earlier.cookie.created_at;
            if earlier.cookie == cookie {
                return false;
            }
        }
        self.changes.insert(cookie.key.clone(), Some(cookie.clone()));
        self.keep(cookie, stored, now);
        fresh
    }

    fn find(&self, key: &CookieKey) -> Option<&Kept> {
        self.domains.get(&key.domain)?.iter().find(|kept| kept.cookie.key == *key)
    }

    /// Puts a cookie in its place, and removes others until the bounds hold.
    fn keep(&mut self, cookie: Cookie, stored: bool, now: Millis) {
        self.uses += 1;
        let kept = Kept { cookie, used: self.uses, stored };
        let all = self.domains.entry(kept.cookie.key.domain.clone()).or_default();
        if let Some(place) = all.iter_mut().find(|other| other.cookie.key == kept.cookie.key) {
            *place = kept;
            return;
        }
        all.push(kept);
        self.count += 1;
        let crowded = (all.len() > PER_DOMAIN).then(|| least(all.iter(), now)).flatten();
        if let Some(key) = crowded {
            self.remove(&key);
        }
        if self.count > PER_JOB
            && let Some(key) = least(self.domains.values().flatten(), now)
        {
            self.remove(&key);
        }
    }

    /// Removes a cookie; says whether it was there.
    fn remove(&mut self, key: &CookieKey) -> bool {
        let Some(all) = self.domains.get_mut(&key.domain) else { return false };
        let Some(at) = all.iter().position(|kept| kept.cookie.key == *key) else { return false };
        let kept = all.swap_remove(at);
        if all.is_empty() {
            self.domains.remove(&key.domain);
        }
        self.count -= 1;
        if kept.stored {
            self.changes.insert(kept.cookie.key, None);
        } else {
            self.changes.remove(&kept.cookie.key);
        }
        true
    }
}

/// The cookie to go first: one that is over, then the least recently used of those that are not
/// secure, then of the others.
fn least<'a>(all: impl Iterator<Item = &'a Kept>, now: Millis) -> Option<CookieKey> {
    let worth = |kept: &&Kept| (!kept.cookie.is_over(now), kept.cookie.secure, kept.used);
    all.min_by_key(worth).map(|kept| kept.cookie.key.clone())
}

/// The host, and the domains that it is in.
fn domains_of(url: &CanonicalUrl) -> impl Iterator<Item = &str> {
    let is_name = url.address().is_none();
    std::iter::successors(Some(url.host()), move |domain| {
        domain.split_once('.').map(|(_, above)| above).filter(|_| is_name)
    })
}

/// May the cookie be sent to this URL, whose host is its domain or below it?
fn goes_to(cookie: &Cookie, url: &CanonicalUrl) -> bool {
    (!cookie.host_only || cookie.key.domain == url.host())
        && (!cookie.secure || url.is_https())
        && covers(&cookie.key.path, url.path())
}

/// Does a cookie of this path belong to a request for that path (RFC 6265, 5.1.4)?
fn covers(cookie: &str, path: &str) -> bool {
    path.strip_prefix(cookie)
        .is_some_and(|rest| rest.is_empty() || cookie.ends_with('/') || rest.starts_with('/'))
}

fn text(cookies: &[&Cookie]) -> Option<Secret> {
    let mut text = String::new();
    for cookie in cookies {
        let name = &cookie.key.name;
        if text.len() + name.len() + cookie.value.len() + 3 > MAX_HEADER {
            continue;
        }
        if !text.is_empty() {
            text.push_str("; ");
        }
        text.push_str(name);
        if !name.is_empty() {
            text.push('=');
        }
        text.push_str(&cookie.value);
    }
    (!text.is_empty()).then(|| Secret::new(text))
}

#[cfg(test)]
mod tests;
