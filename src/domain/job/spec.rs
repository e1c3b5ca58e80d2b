//! A job's specification: what is stored of it, every value decided.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::FetchSpec;
use super::ScrapeSpec;
use super::suggest::SuggestSpec;
use crate::domain::Millis;
use crate::domain::credentials::Secrets;
use crate::domain::proxy::Proxies;

/// A job as it is meant: every value decided, as it is kept in the store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[expect(clippy::struct_excessive_bools, reason = "independent settings")]
pub struct JobSpec {
    /// `crawl`, `suggest` or `fetch`.
    pub kind: String,
    /// Roots as given.
    pub roots: Vec<String>,
    /// `host`, `domain`, `prefix` or `any`.
    pub scope: String,
    /// Regexes of which one must match, if there are any.
    pub include: Vec<String>,
    /// Regexes of which none may match.
    pub exclude: Vec<String>,
    /// Weight of its share of the slots where several jobs run.
    pub priority: u32,
    /// Deepest page, in links from a root.
    pub max_depth: Option<i32>,
    /// Most pages in a pass.
    pub max_pages: Option<i64>,
    /// Most pages of one host in a pass.
    pub max_pages_per_host: Option<i64>,
    /// Most hosts in a pass.
    pub max_hosts: Option<usize>,
    /// Most bytes of decoded bodies in a pass.
    pub max_bytes: Option<u64>,
    /// Most URLs of one template.
    pub max_per_template: Option<i64>,
    /// Longest running time of a pass, in milliseconds.
    pub max_time_ms: Option<Millis>,
    /// Most redirects in a chain.
    pub max_redirects: i32,
    /// Most links taken from a page.
    pub max_links_per_page: usize,
    /// Are the sitemaps asked that robots.txt names?
    pub sitemaps: bool,
    /// Are images taken as links too?
    pub assets: bool,
    /// Are all links stored, or only the one that found a URL?
    pub all_links: bool,
    /// Least time between two requests to a host, in milliseconds.
    pub delay_ms: Millis,
    /// Most requests in flight to a host.
    pub per_host: usize,
    /// Is robots.txt obeyed?
    pub robots: bool,
    /// Product token that robots.txt rules are looked up by; `None`: from the user agent.
    pub robots_agent: Option<String>,
    /// Where a delay applies, a host rests this many times as long as it takes to answer; 0: never
    /// longer for that.
    pub latency_factor: u16,
    /// Crawl-delays are cut to this, in milliseconds.
    pub max_crawl_delay_ms: Millis,
    /// Longest Retry-After honoured, in milliseconds.
    pub max_retry_after_ms: Millis,
    /// How long a host that once answered may fail, in milliseconds.
    pub host_patience_ms: Millis,
    /// How long a host that would be given up is tried hourly first, in milliseconds; `None`: not
    /// at all by a command, and for a day by the daemon.
    pub host_persistence_ms: Option<Millis>,
    /// Tries of a URL, the first included.
    pub max_tries: i32,
    /// User-Agent header.
    pub user_agent: String,
    /// Further request headers, those that hold secrets left out.
    pub headers: Vec<(String, String)>,
    /// Headers that hold secrets, and logins. Never stored: each command brings its own.
    #[serde(skip)]
    pub secrets: Secrets,
    /// Limit of name lookup and connecting, in milliseconds.
    pub connect_timeout_ms: Millis,
    /// Limit of the TLS handshake, in milliseconds.
    pub tls_timeout_ms: Millis,
    /// Limit of waiting for the response head, in milliseconds.
    pub head_timeout_ms: Millis,
    /// Limit of silence within a body, in milliseconds.
    pub idle_timeout_ms: Millis,
    /// Limit of the whole exchange, in milliseconds.
    pub total_timeout_ms: Millis,
    /// Largest decoded body, in bytes.
    pub max_body: u64,
    /// Are cookies kept and sent back?
    pub cookies: bool,
    /// May private addresses be asked?
    pub allow_private: bool,
    /// Folder where exchanges are recorded; `None`: they are not.
    pub warc: Option<String>,
    /// Bytes at which a file there is full.
    pub warc_size: u64,
    /// Proxies; their credentials are not kept.
    pub proxy: Proxies,
    /// What is a scraping job's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scrape: Option<ScrapeSpec>,
    /// Hosts (`example.org`, `example.org:8080`) with rules of their own.
    pub hosts: BTreeMap<String, HostRules>,
    /// What is a suggest job's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suggest: Option<SuggestSpec>,
    /// The list of a `fetch`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fetch: Option<FetchSpec>,
}

/// What the operator sets for one host, whatever jobs and crawl-delay say.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct HostRules {
    /// Least time between two requests, in milliseconds.
    pub delay_ms: Option<Millis>,
    /// Most requests in flight.
    pub per_host: Option<usize>,
    /// Is its certificate left unchecked?
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub insecure: bool,
    /// Its own proxies, or none at all, in place of the job's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proxy: Option<Proxies>,
    /// Bytes a second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit_rate: Option<u64>,
}

impl Default for JobSpec {
    fn default() -> Self {
        Self {
            kind: "crawl".to_owned(),
            roots: Vec::new(),
            scope: "host".to_owned(),
            include: Vec::new(),
            exclude: Vec::new(),
            priority: 10,
            max_depth: None,
            max_pages: None,
            max_pages_per_host: None,
            max_hosts: None,
            max_bytes: None,
            max_per_template: None,
            max_time_ms: None,
            max_redirects: 10,
            max_links_per_page: 10_000,
            sitemaps: true,
            assets: false,
            all_links: false,
            delay_ms: 500,
            per_host: 1,
            robots: true,
            robots_agent: None,
            latency_factor: 2,
            max_crawl_delay_ms: 60_000,
            max_retry_after_ms: 3_600_000,
            host_patience_ms: 600_000,
            host_persistence_ms: None,
            max_tries: 4,
            user_agent: default_user_agent(),
            headers: Vec::new(),
            secrets: Secrets::default(),
            connect_timeout_ms: 10_000,
            tls_timeout_ms: 10_000,
            head_timeout_ms: 30_000,
            idle_timeout_ms: 20_000,
            total_timeout_ms: 120_000,
            max_body: 10 << 20,
            cookies: true,
            allow_private: false,
            warc: None,
            warc_size: 1 << 30,
            proxy: Proxies::default(),
            scrape: None,
            hosts: BTreeMap::new(),
            suggest: None,
            fetch: None,
        }
    }
}

/// `crawld/VERSION (+URL)`.
fn default_user_agent() -> String {
    concat!("crawld/", env!("CARGO_PKG_VERSION"), " (+https://crawld.example/)").to_owned()
}
