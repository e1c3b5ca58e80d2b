//! Cookies as RFC 6265 and its successor (6265bis) have them. Pure: the moment is an argument.
//!
//! ```text
//! parse   one Set-Cookie line of an answer -> Cookie           (read)
//! date    the dates of its Expires attribute
//! jar     the cookies of a job: what is sent, what is dropped   (Jar)
//! ```
//!
//! The code is ours because the jars that there are read the clock themselves and grow without
//! bound. `SameSite` and `Partitioned` say nothing to a client that shows no pages.

mod date;
mod jar;
mod parse;

use std::fmt;

use super::Millis;

pub use jar::{Jar, PER_DOMAIN, PER_JOB};
pub use parse::read;

/// Bytes of name and value together; a larger cookie is not taken.
pub const MAX_BYTES: usize = 4096;
/// Bytes of a name, a path or an attribute; it keeps the key of a stored cookie small.
pub const MAX_PART: usize = 1024;
/// Longest life of a cookie: 400 days.
pub const MAX_LIFE: Millis = 400 * 24 * 3_600_000;

/// What a cookie is told from others by.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CookieKey {
    /// The host, or the domain with all below it.
    pub domain: String,
    /// The path that it belongs to, beginning with `/`.
    pub path: String,
    /// Its name; may be empty.
    pub name: String,
}

/// A cookie.
#[derive(Clone, PartialEq, Eq)]
pub struct Cookie {
    /// What it is told from others by.
    pub key: CookieKey,
    /// Its value: a secret, which `Debug` does not show.
    pub value: String,
    /// Only for the very host, not for hosts below it.
    pub host_only: bool,
    /// Only over https.
    pub secure: bool,
    /// Not for scripts; nothing to us, kept for whoever reads the store.
    pub http_only: bool,
    /// When it ends; `None`: with the pass.
    pub expires_at: Option<Millis>,
    /// When a cookie of this key was first set.
    pub created_at: Millis,
}

impl Cookie {
    /// Has it ended? A cookie that is set so takes an earlier one away.
    #[must_use]
    pub fn is_over(&self, now: Millis) -> bool {
        self.expires_at.is_some_and(|at| at <= now)
    }
}

impl fmt::Debug for Cookie {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cookie").field("key", &self.key).finish_non_exhaustive()
    }
}

/// A cookie to be stored, or (`None`) to be removed.
pub type CookieChange = (CookieKey, Option<Cookie>);

/// Is the host this domain, or below it? (For an address only itself has a meaning.)
fn is_within(host: &str, domain: &str) -> bool {
    host.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}
