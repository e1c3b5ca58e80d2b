//! Where a URL lives: its host's state and its origin's robots.txt, as stored.

use crate::cli::text::{counted, moment_from, span};
use crate::domain::Millis;
use crate::domain::robots::{RobotsAnswer, from_answer};
use crate::domain::url::CanonicalUrl;
use crate::frontier::record::{HostRow, RobotsRow};
use crate::store::{Store, StoreError};

pub(in crate::cli) struct Place {
    authority: String,
    origin: String,
    /// With the node that leases it; 0: none.
    host: Option<(HostRow, i64)>,
    robots: Option<RobotsRow>,
}

impl Place {
    pub(in crate::cli) fn read(store: &Store, url: &CanonicalUrl) -> Result<Self, StoreError> {
        Ok(Self {
            authority: url.authority().to_owned(),
            origin: url.origin().to_owned(),
            host: store.host(url.host_key())?,
            robots: store.robots(url.origin())?,
        })
    }

    /// `example.org:8080`.
    pub(super) fn authority(&self) -> &str {
        &self.authority
    }

    /// No request to the host before; 0 none.
    pub(super) fn not_before(&self) -> Millis {
        self.host.as_ref().map_or(0, |(host, _)| host.not_before)
    }

    /// When the host was last asked; 0: never.
    pub(super) fn asked_at(&self) -> Millis {
        self.host.as_ref().map_or(0, |(host, _)| host.asked_at)
    }

    /// The distance between requests that its robots.txt wants of this agent.
    pub(super) fn crawl_delay(&self, agent: Option<&str>) -> Option<Millis> {
        let row = self.robots.as_ref()?;
        let body = row.body.as_deref().unwrap_or_default();
        let RobotsAnswer::Rules(robots) = from_answer(row.status, body.as_bytes()) else {
            return None;
        };
        let delay = robots.crawl_delay(agent?)?;
        Some(Millis::try_from(delay.as_millis()).unwrap_or(Millis::MAX))
    }

    /// The host's state.
    pub(in crate::cli) fn host(&self, now: Millis) -> String {
        let Some((host, lease)) = &self.host else {
            return format!("{}: never heard of", self.authority);
        };
        let mut parts = Vec::new();
        if host.asked_at == 0 {
            parts.push("never asked".to_owned());
        } else {
            parts.push(format!("last asked {}", moment_from(host.asked_at, now)));
        }
        if host.answered_at == 0 {
            parts.push("never answered".to_owned());
        }
        if host.fails > 0 {
            parts.push(format!("{} to reach it in a row", counted(host.fails.into(), "failure")));
        }
        if host.backoff_ms > 0 {
            parts.push(format!("back-off {}", span(host.backoff_ms)));
        }
        if host.not_before > now {
            parts.push(format!("rests until {}", moment_from(host.not_before, now)));
        }
        parts.push(match lease {
            0 => "nobody is asking it".to_owned(),
            node => format!("leased by node {node}"),
        });
        format!("{}: {}", self.authority, parts.join("; "))
    }

    /// What robots.txt says of the URL to this agent; without one the job does not ask it.
    pub(super) fn robots(&self, url: &CanonicalUrl, agent: Option<&str>, now: Millis) -> String {
        let Some(agent) = agent else { return "not obeyed by this job".to_owned() };
        let Some(row) = &self.robots else {
            return format!(
                "{}/robots.txt has not been read yet; it will be asked first",
                self.origin
            );
        };
        let read = moment_from(row.fetched_at, now);
        let body = row.body.as_deref().unwrap_or_default();
        let status = row.status.map_or("no answer".to_owned(), |status| status.to_string());
        let RobotsAnswer::Rules(robots) = from_answer(row.status, body.as_bytes()) else {
            return format!("nothing may be asked: robots.txt gave {status}, {read}");
        };
        let verdict = robots.verdict(agent, url.path_and_query());
        let word = if verdict.allowed { "allowed" } else { "disallowed" };
        let rule = verdict.rule.as_deref().unwrap_or("no rule matches");
        let delay = robots.crawl_delay(agent).map_or_else(String::new, |delay| {
            let millis = Millis::try_from(delay.as_millis()).unwrap_or(Millis::MAX);
            format!("; crawl-delay {}", span(millis))
        });
        format!("{word} to {agent}: {rule}{delay}; robots.txt gave {status}, {read}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Millis = 1_795_248_000_000;

    fn place(status: Option<u16>, body: Option<&str>) -> (Place, CanonicalUrl) {
        let url = CanonicalUrl::parse("https://h.example/private/a").unwrap();
        let robots = RobotsRow {
            origin: url.origin().to_owned(),
            host: url.host_key(),
            fetched_at: NOW - 4000,
            expires_at: NOW + 1,
            status,
            body: body.map(str::to_owned),
        };
        let (authority, origin) = (url.authority().to_owned(), url.origin().to_owned());
        (Place { authority, origin, host: None, robots: Some(robots) }, url)
    }

    #[test]
    fn the_line_that_decides_is_named() {
        let (place, url) =
            place(Some(200), Some("User-agent: *\nCrawl-delay: 2\nDisallow: /private/\n"));
        assert_eq!(
            place.robots(&url, Some("crawld"), NOW),
            "disallowed to crawld: Disallow: /private/ (line 3); crawl-delay 2.0 s; \
             robots.txt gave 200, 2026-11-21 07:59:56 UTC (4.0 s ago)"
        );
        assert_eq!(place.robots(&url, None, NOW), "not obeyed by this job");
    }

    #[test]
    fn a_robots_txt_out_of_reach_forbids_and_a_missing_one_allows() {
        let (there, url) = place(Some(503), None);
        assert!(
            there
                .robots(&url, Some("c"), NOW)
                .starts_with("nothing may be asked: robots.txt gave 503")
        );
        let (there, url) = place(None, None);
        assert!(
            there
                .robots(&url, Some("c"), NOW)
                .starts_with("nothing may be asked: robots.txt gave no answer")
        );
        let (there, url) = place(Some(404), None);
        assert!(there.robots(&url, Some("c"), NOW).starts_with("allowed to c: no rule matches"));
    }

    #[test]
    fn a_host_in_trouble_says_so() {
        let (mut place, url) = place(None, None);
        assert_eq!(place.host(NOW), "h.example: never heard of");
        let host = HostRow {
            key: url.host_key(),
            authority: "h.example".to_owned(),
            asked_at: NOW - 3000,
            not_before: NOW + 4000,
            backoff_ms: 8000,
            fails: 2,
            failing_since: NOW - 9000,
            answered_at: 0,
        };
        place.host = Some((host, 7));
        assert_eq!(
            place.host(NOW),
            "h.example: last asked 2026-11-21 07:59:57 UTC (3.0 s ago); never answered; \
             2 failures to reach it in a row; back-off 8.0 s; \
             rests until 2026-11-21 08:00:04 UTC (in 4.0 s); leased by node 7"
        );
    }
}
