//! Canonical URLs: WHATWG parsing, then the equivalences of RFC 3986, section 6.2.
//!
//! The parser has done most of it (case of scheme and host, punycode, numeric addresses, default
//! port, dot segments, empty path). What it leaves is done here: escapes, user information, the
//! trailing dot of a host, the fragment.

use std::fmt;
use std::net::IpAddr;

pub(in crate::domain) mod percent;
#[cfg(test)]
mod tests;

use url::{Host, Url};
use xxhash_rust::xxh3::xxh3_64;

use super::{HostKey, UrlKey};

/// An http or https URL in canonical form: equal texts exactly when the URLs are equivalent by
/// RFC 3986, section 6.2.2 and 6.2.3.
///
/// Kept as written: order of the query, trailing slash, empty segments, letter case of path and
/// query, escapes of reserved characters, and an empty query (`/?` is another resource than `/`).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CanonicalUrl(Url);

/// Why a text is no URL that can be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UrlError {
    /// It does not parse.
    Invalid(String),
    /// Its scheme is neither http nor https.
    Scheme(String),
    /// It has no host.
    NoHost,
}

impl fmt::Display for UrlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalid(why) => write!(f, "not a URL: {why}"),
            Self::Scheme(scheme) => write!(f, "scheme '{scheme}' is neither http nor https"),
            Self::NoHost => f.write_str("no host"),
        }
    }
}

impl std::error::Error for UrlError {}

impl CanonicalUrl {
    /// Parses an absolute URL.
    ///
    /// # Errors
    /// When it does not parse, or is not http(s).
    pub fn parse(text: &str) -> Result<Self, UrlError> {
        Self::from_url(Url::parse(text).map_err(|e| UrlError::Invalid(e.to_string()))?)
    }

    /// Parses an absolute URL, at a third of the cost where it is of the same origin as this one
    /// and written in plain characters, as canonical URLs are.
    ///
    /// # Errors
    /// As [`CanonicalUrl::parse`].
    pub fn parse_near(&self, text: &str) -> Result<Self, UrlError> {
        let whole = text.split_once('#').map_or(text, |(whole, _)| whole);
        let plain = |text: &str| text.bytes().all(|b| b.is_ascii_graphic() && b != b'\\');
        match whole.strip_prefix(self.origin()) {
            Some(rest) if rest.starts_with('/') && plain(text) => {
                let (path, query) =
                    rest.split_once('?').map_or((rest, None), |(p, q)| (p, Some(q)));
                let mut url = self.0.clone();
                if path != url.path() {
                    url.set_path(path);
                }
                url.set_query(query);
                if is_canonical(&url) { Ok(Self(url)) } else { rebuild(&url).map(Self) }
            }
            _ => Self::parse(text),
        }
    }

    /// The front page of a host: `example.org`, or `example.org:8080`.
    ///
    /// # Errors
    /// When that is no host.
    pub fn of_host(host: &str) -> Result<Self, UrlError> {
        let scheme = if host.ends_with(":443") { "https" } else { "http" };
        Self::parse(&format!("{scheme}://{host}/"))
    }

    /// Resolves a reference against this URL.
    ///
    /// # Errors
    /// When the result does not parse, or is not http(s).
    pub fn join(&self, reference: &str) -> Result<Self, UrlError> {
        Self::from_url(self.0.join(reference).map_err(|e| UrlError::Invalid(e.to_string()))?)
    }

    /// Brings a parsed URL into canonical form.
    ///
    /// # Errors
    /// When it is not http(s), or its host is empty but for dots.
    pub fn from_url(mut url: Url) -> Result<Self, UrlError> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(UrlError::Scheme(url.scheme().to_owned()));
        }
        url.set_fragment(None);
        if is_canonical(&url) { Ok(Self(url)) } else { rebuild(&url).map(Self) }
    }

    /// The name and the key of a query that is sent to this URL with something besides: the query,
    /// percent-encoded, stands where no canonical URL has anything.
    #[must_use]
    pub fn key_of_query(&self, query: &str) -> (String, UrlKey) {
        let name = format!("{self}#{query}");
        let key = UrlKey(xxh3_64(name.as_bytes()).cast_signed());
        (name, key)
    }

    /// The same place with another query, percent-encoded where it must be: what parsing the whole
    /// text would give.
    ///
    /// # Errors
    /// As [`CanonicalUrl::parse`].
    pub fn with_query(&self, query: &str) -> Result<Self, UrlError> {
        let mut url = self.0.clone();
        url.set_query(Some(query));
        if is_canonical(&url) { Ok(Self(url)) } else { rebuild(&url).map(Self) }
    }

    /// The whole text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The parsed URL.
    #[must_use]
    pub fn as_url(&self) -> &Url {
        &self.0
    }

    /// Host name or address; IPv6 in brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        self.0.host_str().unwrap_or_default()
    }

    /// The address, when the host is one.
    #[must_use]
    pub fn address(&self) -> Option<IpAddr> {
        match self.0.host() {
            Some(Host::Ipv4(ip)) => Some(IpAddr::V4(ip)),
            Some(Host::Ipv6(ip)) => Some(IpAddr::V6(ip)),
            _ => None,
        }
    }

    /// Is the scheme https?
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.0.scheme() == "https"
    }

    /// The port, explicit or by scheme.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.0.port_or_known_default().unwrap_or(0)
    }

    /// Host, with the port unless it is the scheme's own: the unit of politeness.
    #[must_use]
    pub fn authority(&self) -> &str {
        &self.0[url::Position::BeforeHost..url::Position::AfterPort]
    }

    /// `scheme://authority`: the unit of robots.txt.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.0[..url::Position::AfterPort]
    }

    /// The path, never empty.
    #[must_use]
    pub fn path(&self) -> &str {
        self.0.path()
    }

    /// The query, without `?`.
    #[must_use]
    pub fn query(&self) -> Option<&str> {
        self.0.query()
    }

    /// Path and query: what robots.txt rules are matched against.
    #[must_use]
    pub fn path_and_query(&self) -> &str {
        &self.0[url::Position::BeforePath..url::Position::AfterQuery]
    }

    /// Key of the host.
    #[must_use]
    pub fn host_key(&self) -> HostKey {
        host_key(self.authority())
    }

    /// Key of the whole URL.
    #[must_use]
    pub fn key(&self) -> UrlKey {
        UrlKey(xxh3_64(self.as_str().as_bytes()).cast_signed())
    }
}

impl fmt::Display for CanonicalUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Has the parser left nothing to do? This is so for nearly every link, and costs no allocation.
fn is_canonical(url: &Url) -> bool {
    url.username().is_empty()
        && url.password().is_none()
        && !url.host_str().is_none_or(|host| host.ends_with('.'))
        && percent::is_normal(&url[url::Position::BeforePath..])
}

/// Writes the URL anew without user information and trailing dot, with normal escapes, and parses
/// that: decoding may have made a dot segment, losing the dot may have made an address.
fn rebuild(url: &Url) -> Result<Url, UrlError> {
    let host = url.host_str().unwrap_or_default();
    let host = host.strip_suffix('.').unwrap_or(host);
    if host.is_empty() {
        return Err(UrlError::NoHost);
    }
    if host.ends_with('.') {
        return Err(UrlError::Invalid("empty label at the end of the host name".to_owned()));
    }
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    let rest = percent::normalise(&url[url::Position::BeforePath..]);
    Url::parse(&format!("{}://{host}{port}{rest}", url.scheme()))
        .map_err(|e| UrlError::Invalid(e.to_string()))
}

/// Key of an authority.
#[must_use]
pub fn host_key(authority: &str) -> HostKey {
    HostKey(xxh3_64(authority.as_bytes()).cast_signed())
}
