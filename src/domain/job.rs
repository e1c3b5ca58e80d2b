//! A job: five choices and their limits.
//!
//! `Job = Generator (where requests come from) + Scope (what may be asked) + Extractor (what is
//! taken from an answer) + Follow (which discoveries become requests) + Pace`. The kinds of job
//! are constructors of that value; nothing past this file asks for a kind.

mod amount;
mod base;
mod crawl;
mod fetch;
mod limits;
mod scrape;
mod spec;
mod suggest;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::credentials::Credentials;
use super::extract::PageOptions;
use super::harvest::{RuleErrors, TipReader};
use super::items::ItemError;
use super::listing::Listing;
use super::named_hosts::NamedHosts;
use super::politeness::Pace;
use super::proxy::{Proxies, Proxy};
use super::recording::Archive;
use super::scope::{Scope, ScopeError};
use super::task::Task;
use super::traps::TrapLimits;
use super::url::{CanonicalUrl, UrlError, host_key};
use super::{JobId, Millis};
pub use amount::Amount;
pub use fetch::FetchSpec;
pub use limits::{HostLimit, JobLimits};
pub use scrape::ScrapeSpec;
pub use spec::{HostRules, JobSpec};
pub use suggest::{COLUMNS, HarvestJob, StrategyName, SuggestSpec};

/// Where a job's first requests come from.
#[derive(Debug, Clone)]
pub enum Generator {
    /// The roots; in later passes also every page known.
    Roots,
    /// Queries of an endpoint, each as the facts allow it.
    Harvest(Arc<HarvestJob>),
    /// A list, read anew in each run; in later passes too all else is found from it.
    List(Arc<FetchSpec>),
    /// The first pages of listings; in later passes too all else is found from them.
    Starts,
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
    /// Links in scope.
    InScope,
    /// None: links are recorded.
    Nothing,
    /// None, but each link is asked for its status.
    Check,
}

/// What is taken from an answer besides its outlinks and the facts of the page.
#[derive(Debug, Clone)]
pub enum Extractor {
    /// Nothing.
    Links,
    /// The tips that an endpoint shows for a query.
    Tips(Arc<TipReader>),
    /// The items of listings.
    Items(Arc<Listing>),
}

impl Extractor {
    /// Does it need the body of a page that is asked for this?
    #[must_use]
    pub fn wants_body(&self, task: Task) -> bool {
        !matches!((self, task), (Self::Links, _) | (_, Task::Check))
    }
}

/// How a job speaks HTTP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpManners {
    /// Every header of a request, User-Agent and Accept included.
    pub headers: Arc<Vec<(String, String)>>,
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
    /// The URLs that it begins with.
    pub roots: Vec<Root>,
    /// What may be asked.
    pub scope: Scope,
    /// How pages are read.
    pub page: PageOptions,
    /// What is taken from an answer besides.
    pub extractor: Extractor,
    /// Which discoveries become requests.
    pub follow: Follow,
    /// The weight of its share of the slots, 1 to 100.
    pub priority: u32,
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
    pub named_hosts: NamedHosts,
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
    /// What is a kind's own makes no sense.
    Rules(RuleErrors),
    /// Nothing to begin with.
    NoRoots,
    /// Items cannot be read as configured.
    Items(Vec<ItemError>),
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
            Self::Rules(errors) => errors.fmt(f),
            Self::NoRoots => f.write_str("no root: give at least one URL"),
            Self::Items(errors) => {
                let lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
                f.write_str(&lines.join("\n"))
            }
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

impl From<RuleErrors> for JobError {
    fn from(errors: RuleErrors) -> Self {
        Self::Rules(errors)
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
            "crawl" => crawl::job(id, name, spec),
            "suggest" => suggest::job(id, name, spec),
            "fetch" => fetch::job(id, name, spec),
            "scrape" => scrape::job(id, name, spec),
            other => Err(JobError::Kind(other.to_owned())),
        }
    }

    /// Did the operator name this host (an authority)?
    #[must_use]
    pub fn names(&self, authority: &str) -> bool {
        self.named_hosts.contains(host_key(authority))
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

    /// What it asks queries for, if it does.
    #[must_use]
    pub fn harvest(&self) -> Option<&Arc<HarvestJob>> {
        match &self.generator {
            Generator::Harvest(harvest) => Some(harvest),
            _ => None,
        }
    }

    /// The option that says how many pages are asked: the one that gives the smaller limit.
    #[must_use]
    pub fn page_limit(&self) -> &'static str {
        let budget = self.harvest().and_then(|harvest| harvest.budget);
        let is_budget = budget.is_some() && budget == self.limits.max_pages;
        if is_budget { "budget" } else { "max_pages" }
    }

    /// Is a page asked for this read whole each time, even if it has not changed? That of a listing
    /// is, and that of which each link is checked: an unchanged page would not show where they lead.
    #[must_use]
    pub fn reads_anew(&self, task: Task) -> bool {
        let listing = matches!((&self.extractor, task), (Extractor::Items(_), Task::Main));
        listing || self.follow == Follow::Check
    }

    /// Does the job find its pages anew in each pass? What is known of an older pass is asked again
    /// only if it is given or found again.
    #[must_use]
    pub fn renews(&self) -> bool {
        matches!(self.generator, Generator::Starts | Generator::List(_))
    }

    /// Was this URL given, with an https that was only supposed?
    #[must_use]
    pub fn guessed(&self, url: &str, task: Task) -> bool {
        task == Task::Guessed
            || self.roots.iter().any(|root| root.guessed && root.url.as_str() == url)
    }

    /// Are the sitemaps that robots.txt names part of the job?
    #[must_use]
    pub fn finds_sitemaps(&self) -> bool {
        self.sitemaps && self.follow == Follow::InScope
    }

    /// Is this URL a root?
    #[must_use]
    pub fn is_root(&self, url: &str) -> bool {
        self.roots.iter().any(|root| root.url.as_str() == url)
    }
}
