//! What ends a pass, or keeps a URL or a host out of it.

use crate::domain::Millis;

/// Limits of a pass; `None`: no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JobLimits {
    /// Deepest page.
    pub max_depth: Option<i32>,
    /// Most URLs asked.
    pub max_pages: Option<i64>,
    /// Most URLs asked of one host.
    pub max_pages_per_host: Option<i64>,
    /// Most hosts of which pages are asked.
    pub max_hosts: Option<usize>,
    /// Bytes of decoded bodies after which nothing more is asked.
    pub max_bytes: Option<u64>,
    /// Most URLs of one template.
    pub max_per_template: Option<i64>,
    /// Longest running time.
    pub max_time: Option<Millis>,
    /// Most pages of each listing.
    pub listing_pages: Option<i32>,
    /// Most redirects in a chain.
    pub max_redirects: i32,
}

impl JobLimits {
    /// Does it matter how many URLs have been asked of a host?
    #[must_use]
    pub fn count_hosts(&self) -> bool {
        self.max_pages_per_host.is_some() || self.max_hosts.is_some()
    }
}

/// A limit that keeps a job from asking more of one host. What is queued there stays queued.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(i16)]
pub enum HostLimit {
    /// As many URLs have been asked there as may be.
    MaxPagesPerHost = 1,
    /// As many other hosts have been asked as may be.
    MaxHosts = 2,
}

impl HostLimit {
    /// The name of its key.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::MaxPagesPerHost => "max_pages_per_host",
            Self::MaxHosts => "max_hosts",
        }
    }

    /// The limit with this stored number.
    #[must_use]
    pub fn from_number(number: i16) -> Option<Self> {
        [Self::MaxPagesPerHost, Self::MaxHosts].into_iter().find(|limit| *limit as i16 == number)
    }
}
