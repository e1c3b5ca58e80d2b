//! What all kinds of job have in common.

use std::sync::Arc;
use std::time::Duration;

use super::{Extractor, Follow, Generator, HttpManners, Job, JobError, JobLimits, JobSpec, Root};
use crate::domain::credentials::{self, Credentials};
use crate::domain::extract::PageOptions;
use crate::domain::politeness::{Pace, Pause};
use crate::domain::recording::Archive;
use crate::domain::scope::Scope;
use crate::domain::traps::TrapLimits;
use crate::domain::{JobId, Millis};

/// What is a kind's own.
pub(super) struct Base {
    pub(super) generator: Generator,
    /// Their hosts are those that the operator named.
    pub(super) roots: Vec<Root>,
    pub(super) scope: Scope,
    pub(super) extractor: Extractor,
    pub(super) follow: Follow,
}

/// The roots of a specification, of which there must be one.
pub(super) fn roots(spec: &JobSpec) -> Result<Vec<Root>, JobError> {
    let roots = spec
        .roots
        .iter()
        .map(|root| Root::parse(root).map_err(|error| JobError::Root { root: root.clone(), error }))
        .collect::<Result<Vec<_>, _>>()?;
    if roots.is_empty() { Err(JobError::NoRoots) } else { Ok(roots) }
}

/// The job that a specification makes of what is its kind's own.
pub(super) fn job(id: JobId, name: &str, spec: &JobSpec, base: Base) -> Job {
    let robots_agent = robots_agent(spec);
    Job {
        id,
        name: name.to_owned(),
        named_hosts: base.roots.iter().map(|root| root.url.host_key()).collect(),
        http: manners(spec, &base.roots),
        generator: base.generator,
        roots: base.roots,
        scope: base.scope,
        page: PageOptions {
            assets: spec.assets,
            max_links: spec.max_links_per_page,
            robots_agent: robots_agent.clone(),
            link_text: true,
        },
        extractor: base.extractor,
        follow: base.follow,
        priority: spec.priority,
        pace: pace(spec),
        robots: spec.robots,
        robots_agent,
        max_crawl_delay: spec.max_crawl_delay_ms,
        limits: JobLimits {
            max_depth: spec.max_depth,
            max_pages: spec.max_pages,
            max_pages_per_host: spec.max_pages_per_host,
            max_hosts: spec.max_hosts,
            max_bytes: spec.max_bytes,
            max_per_template: spec.max_per_template,
            max_time: spec.max_time_ms,
            listing_pages: None,
            max_redirects: spec.max_redirects,
        },
        traps: TrapLimits::default(),
        sitemaps: spec.sitemaps,
        all_links: spec.all_links,
        archive: spec.warc.clone().map(|folder| {
            let size = spec.warc_size.max(1);
            Arc::new(Archive { folder, size })
        }),
        allow_private: spec.allow_private,
        hosts: spec.hosts.clone(),
    }
}

fn robots_agent(spec: &JobSpec) -> String {
    let token = spec.robots_agent.as_deref().unwrap_or(&spec.user_agent);
    token.split(['/', ' ']).next().unwrap_or_default().to_owned()
}

fn pace(spec: &JobSpec) -> Pace {
    Pace {
        delay: spec.delay_ms,
        per_host: spec.per_host.max(1),
        max_retry_after: spec.max_retry_after_ms,
        host_patience: spec.host_patience_ms,
        persistence: spec.host_persistence_ms.unwrap_or(0),
        max_tries: spec.max_tries.max(1),
        latency_factor: spec.latency_factor,
        max_delay: spec.max_crawl_delay_ms,
        pause: Pause::default(),
    }
}

fn manners(spec: &JobSpec, roots: &[Root]) -> HttpManners {
    let span = |ms: Millis| Duration::from_millis(ms.max(1).unsigned_abs());
    let total = span(spec.total_timeout_ms);
    let mut headers = vec![
        ("User-Agent".to_owned(), spec.user_agent.clone()),
        ("Accept".to_owned(), "text/html,application/xhtml+xml,*/*;q=0.8".to_owned()),
    ];
    // Earlier versions stored secrets among them.
    for (name, value) in spec.headers.iter().filter(|(name, _)| !credentials::is_secret(name)) {
        headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        headers.push((name.clone(), value.clone()));
    }
    HttpManners {
        headers: Arc::new(headers),
        credentials: Credentials::new(&spec.secrets, roots),
        connect: span(spec.connect_timeout_ms).min(total),
        tls: span(spec.tls_timeout_ms).min(total),
        head: span(spec.head_timeout_ms).min(total),
        idle: span(spec.idle_timeout_ms).min(total),
        total,
        max_body: spec.max_body,
        proxies: spec.proxy.clone(),
        cookies: spec.cookies,
    }
}
