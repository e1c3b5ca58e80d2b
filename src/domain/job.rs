//! A job: five choices and their limits.
//!
//! `Job = Generator (where requests come from) + Scope (what may be asked) + Extractor (what is
//! taken from an answer) + Follow (which discoveries become requests) + Pace`. The kinds of job
//! are constructors of that value; nothing past this file asks for a kind.

mod limits;
mod spec;

use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::credentials::{self, Credentials};
use super::extract::PageOptions;
use super::politeness::Pace;
use super::proxy::{Proxies, Proxy};
use super::recording::Archive;
use super::scope::{Scope, ScopeError, ScopeKind};
use super::traps::TrapLimits;
use super::url::{CanonicalUrl, UrlError};
use super::{JobId, Millis};
pub use limits::{HostLimit, JobLimits};
pub use spec::{HostRules, JobSpec};

/// Where a job's first requests come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Generator {
    /// The roots; in later passes also every page known.
    Roots(Vec<Root>),
}

/// A URL to begin with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Root {
    /// Canonical form.
    pub url: CanonicalUrl,
    /// It was given without a scheme: https was supposed, http is tried if that is refused.
    pub guessed: bool,
}

/// Which discoveries become requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Follow {
    /// Those in scope.
    InScope,
}

/// What is taken from an answer.
#[derive(Debug, Clone)]
pub enum Extractor {
    /// Outlinks and the facts of the page.
    Links(PageOptions),
}

/// How a job speaks HTTP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpManners {
    /// Every header of a request, User-Agent and Accept included.
    pub headers: Vec<(String, String)>,
    /// Who we are, to those who are to know.
    pub credentials: Credentials,
    /// Name lookup and connecting.
    pub connect: Duration,
    /// TLS handshake.
    pub tls: Duration,
    /// Until the response head.
    pub head: Duration,
    /// Silence within a body.
    pub idle: Duration,
    /// The whole exchange.
    pub total: Duration,
    /// Largest decoded body, in bytes.
    pub max_body: u64,
    /// Proxies, save for hosts with their own.
    pub proxies: Proxies,
    /// Are cookies kept and sent back?
    pub cookies: bool,
}

/// A job ready to run.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "independent settings")]
pub struct Job {
    /// Its number.
    pub id: JobId,
    /// Its name.
    pub name: String,
    /// Where requests come from.
    pub generator: Generator,
    /// What may be asked.
    pub scope: Scope,
    /// What is taken from an answer.
    pub extractor: Extractor,
    /// Which discoveries become requests.
    pub follow: Follow,
    /// How fast, before crawl-delay.
    pub pace: Pace,
    /// Is robots.txt obeyed?
    pub robots: bool,
    /// By which product token.
    pub robots_agent: String,
    /// Crawl-delays are cut to this.
    pub max_crawl_delay: Millis,
    /// Limits of a pass.
    pub limits: JobLimits,
    /// What a URL may look like.
    pub traps: TrapLimits,
    /// Are the sitemaps asked that robots.txt names?
    pub sitemaps: bool,
    /// Are all links stored?
    pub all_links: bool,
    /// HTTP settings.
    pub http: HttpManners,
    /// Where its exchanges are recorded, if they are.
    pub archive: Option<Arc<Archive>>,
    /// May private addresses be asked?
    pub allow_private: bool,
    /// Hosts (authorities) the operator named: they may be private.
    pub named_hosts: HashSet<String>,
    /// Hosts (authorities) with rules of their own.
    pub hosts: BTreeMap<String, HostRules>,
}

/// Why a job cannot be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JobError {
    /// A root is no URL that can be asked.
    Root {
        /// As given.
        root: String,
        /// What is wrong.
        error: UrlError,
    },
    /// The scope is unknown or a regex is broken.
    Scope(ScopeError),
    /// Nothing to begin with.
    NoRoots,
    /// A kind that this version does not know.
    Kind(String),
}

impl fmt::Display for JobError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root { root, error } => {
                write!(f, "root '{root}': {error}; give a URL such as https://example.org/")
            }
            Self::Scope(error) => error.fmt(f),
            Self::NoRoots => f.write_str("no root: give at least one URL"),
            Self::Kind(kind) => write!(f, "job kind '{kind}' is not known to this version"),
        }
    }
}

impl std::error::Error for JobError {}

impl From<ScopeError> for JobError {
    fn from(error: ScopeError) -> Self {
        Self::Scope(error)
    }
}

impl Root {
    /// Reads a root as given: without a scheme it gets https.
    ///
    /// # Errors
    /// When it is no http(s) URL.
    pub fn parse(text: &str) -> Result<Self, UrlError> {
        let text = text.trim();
        let guessed = !text.contains("://");
        let url = if guessed {
            CanonicalUrl::parse(&format!("https://{text}"))?
        } else {
            CanonicalUrl::parse(text)?
        };
        Ok(Self { url, guessed })
    }

    /// The root as it is kept: canonical, so without a password; without the scheme if that was
    /// only supposed.
    #[must_use]
    pub fn text(&self) -> &str {
        let text = self.url.as_str();
        if self.guessed { text.strip_prefix("https://").unwrap_or(text) } else { text }
    }
}

impl Job {
    /// Builds the job that a specification means.
    ///
    /// # Errors
    /// When a root, the scope or the kind is not usable.
    pub fn new(id: JobId, name: &str, spec: &JobSpec) -> Result<Self, JobError> {
        match spec.kind.as_str() {
            "crawl" => Self::crawl(id, name, spec),
            other => Err(JobError::Kind(other.to_owned())),
        }
    }

    /// A site, recursively, from its roots.
    fn crawl(id: JobId, name: &str, spec: &JobSpec) -> Result<Self, JobError> {
        let roots = spec
            .roots
            .iter()
            .map(|root| {
                Root::parse(root).map_err(|error| JobError::Root { root: root.clone(), error })
            })
            .collect::<Result<Vec<_>, _>>()?;
        if roots.is_empty() {
            return Err(JobError::NoRoots);
        }
        let urls: Vec<CanonicalUrl> = roots.iter().map(|root| root.url.clone()).collect();
        let kind: ScopeKind = spec.scope.parse()?;
        let robots_agent = robots_agent(spec);
        Ok(Self {
            id,
            name: name.to_owned(),
            scope: Scope::new(kind, &urls, &spec.include, &spec.exclude)?,
            named_hosts: urls.iter().map(|url| url.authority().to_owned()).collect(),
            http: manners(spec, &roots),
            generator: Generator::Roots(roots),
            extractor: Extractor::Links(PageOptions {
                assets: spec.assets,
                max_links: spec.max_links_per_page,
                robots_agent: robots_agent.clone(),
                link_text: true,
            }),
            follow: Follow::InScope,
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
        })
    }

    /// Did the operator name this host (an authority)?
    #[must_use]
    pub fn names(&self, authority: &str) -> bool {
        self.named_hosts.contains(authority)
    }

    /// May this host (an authority) be asked even if its address is private?
    #[must_use]
    pub fn may_be_private(&self, authority: &str) -> bool {
        self.allow_private || self.names(authority)
    }

    /// The proxy that this URL is asked through; `None`: it is asked directly.
    #[must_use]
    pub fn proxy(&self, url: &CanonicalUrl) -> Option<&Arc<Proxy>> {
        let own = self.hosts.get(url.authority()).and_then(|rules| rules.proxy.as_ref());
        own.unwrap_or(&self.http.proxies).of(url)
    }

    /// Is the certificate of this host (an authority) left unchecked?
    #[must_use]
    pub fn is_insecure(&self, authority: &str) -> bool {
        self.hosts.get(authority).is_some_and(|rules| rules.insecure)
    }

    /// Was this URL a root whose https was only supposed?
    #[must_use]
    pub fn guessed(&self, url: &str) -> bool {
        let Generator::Roots(roots) = &self.generator;
        roots.iter().any(|root| root.guessed && root.url.as_str() == url)
    }

    /// Is this URL a root?
    #[must_use]
    pub fn is_root(&self, url: &str) -> bool {
        let Generator::Roots(roots) = &self.generator;
        roots.iter().any(|root| root.url.as_str() == url)
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
        max_tries: spec.max_tries.max(1),
        latency_factor: spec.latency_factor,
        max_delay: spec.max_crawl_delay_ms,
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
        headers,
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
