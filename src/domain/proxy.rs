//! Proxies: how one is written, and what is told of it. A password is never shown and never kept.

mod no_proxy;
mod proxies;

use std::borrow::Cow;
use std::fmt;
use std::net::IpAddr;

use percent_encoding::percent_decode_str;
use url::{Host, Url};

pub use no_proxy::NoProxy;
pub use proxies::Proxies;

/// Longest user name or password: SOCKS5 has one byte for the length (RFC 1929).
const LONGEST: usize = 255;

/// How a proxy is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ProxyKind {
    /// HTTP: http URLs in absolute form, https URLs through CONNECT (RFC 9110, 9.3.6).
    Http,
    /// SOCKS5 (RFC 1928): names are looked up here, the proxy is given an address.
    Socks5,
    /// SOCKS5: the proxy looks names up.
    Socks5h,
}

impl ProxyKind {
    const ALL: [(Self, &'static str, u16); 3] = [
        (Self::Http, "http", 80),
        (Self::Socks5, "socks5", 1080),
        (Self::Socks5h, "socks5h", 1080),
    ];

    fn facts(self) -> (&'static str, u16) {
        let found = Self::ALL.iter().find(|(kind, ..)| *kind == self);
        found.map_or(("http", 80), |(_, scheme, port)| (scheme, *port))
    }
}

/// A proxy with the credentials for it.
///
/// `Display` and `Debug` leave the credentials out.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Proxy {
    kind: ProxyKind,
    host: String,
    port: u16,
    credentials: Option<Credentials>,
}

/// Who we are to a proxy.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Credentials {
    /// User name, at most 255 bytes.
    pub user: String,
    /// Password, at most 255 bytes.
    pub password: String,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials")
    }
}

/// Why a text is no proxy. Holds nothing of the text: a password may be in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProxyError(&'static str);

impl fmt::Display for ProxyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; write http://user:password@host:3128, socks5:// or socks5h://", self.0)
    }
}

impl std::error::Error for ProxyError {}

impl Proxy {
    /// Reads `http://user:password@host:port`, `socks5://…` or `socks5h://…`. Without a scheme
    /// http is meant; without a port 80 of http, 1080 of SOCKS; user and password are
    /// percent-decoded; a path of `/` is let pass.
    ///
    /// # Errors
    /// When it is none of these.
    pub fn parse(text: &str) -> Result<Self, ProxyError> {
        let text = text.trim();
        let whole = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
        let url = Url::parse(&whole).map_err(|_| ProxyError("not the URL of a proxy"))?;
        let known = ProxyKind::ALL.iter().find(|(_, scheme, _)| *scheme == url.scheme());
        let (kind, _, port) = known.ok_or(ProxyError("not a scheme of proxies"))?;
        if !matches!(url.path(), "" | "/") || url.query().is_some() || url.fragment().is_some() {
            return Err(ProxyError("a proxy has no path"));
        }
        let host = url.host_str().filter(|host| !host.is_empty());
        let host = host.ok_or(ProxyError("a proxy without a host"))?;
        // The parser leaves the hosts of foreign schemes as they are.
        let host = Host::parse(host).map_err(|_| ProxyError("not a host name"))?.to_string();
        let credentials = credentials(&url, *kind)?;
        Ok(Self { kind: *kind, host, port: url.port().unwrap_or(*port), credentials })
    }

    /// How it is spoken to.
    #[must_use]
    pub fn kind(&self) -> ProxyKind {
        self.kind
    }

    /// Host name or address; IPv6 in brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Its port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Who we are to it, if it wants to know.
    #[must_use]
    pub fn credentials(&self) -> Option<&Credentials> {
        self.credentials.as_ref()
    }
}

impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}:{}", self.kind.facts().0, self.host, self.port)
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Proxy({self})")
    }
}

fn credentials(url: &Url, kind: ProxyKind) -> Result<Option<Credentials>, ProxyError> {
    if url.username().is_empty() && url.password().is_none() {
        return Ok(None);
    }
    let decoded = |text: &str| {
        let plain = percent_decode_str(text).decode_utf8().ok();
        let plain = plain.filter(|plain| !plain.contains(char::is_control));
        plain.map(Cow::into_owned).ok_or(ProxyError("user or password is no text"))
    };
    let user = decoded(url.username())?;
    let password = decoded(url.password().unwrap_or_default())?;
    if user.contains(':') && kind == ProxyKind::Http {
        return Err(ProxyError("a user name with a colon (RFC 7617)"));
    }
    if user.len() > LONGEST || password.len() > LONGEST {
        return Err(ProxyError("user or password over 255 bytes"));
    }
    if kind != ProxyKind::Http && (user.is_empty() || password.is_empty()) {
        return Err(ProxyError("SOCKS5 wants both user and password"));
    }
    Ok(Some(Credentials { user, password }))
}

/// A host without the brackets of IPv6 and without a trailing dot.
fn bare(host: &str) -> &str {
    let host = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
    host.strip_suffix('.').unwrap_or(host)
}

/// The address that a host is written as.
fn address(host: &str) -> Option<IpAddr> {
    bare(host).parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxy(text: &str) -> Proxy {
        Proxy::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn the_usual_forms_are_read() {
        for (text, shown) in [
            ("http://Proxy.test:3128", "http://proxy.test:3128"),
            ("http://proxy.test/", "http://proxy.test:80"),
            (" proxy.test:8080 ", "http://proxy.test:8080"),
            ("10.0.0.1:8080", "http://10.0.0.1:8080"),
            ("[::1]:8080", "http://[::1]:8080"),
            ("socks5://proxy.test", "socks5://proxy.test:1080"),
            ("SOCKS5H://[0:0::1]", "socks5h://[::1]:1080"),
            ("socks5://127.1:80", "socks5://127.0.0.1:80"),
        ] {
            assert_eq!(proxy(text).to_string(), shown, "{text}");
            assert_eq!(proxy(text).credentials(), None);
        }
    }

    #[test]
    fn credentials_are_decoded_and_never_shown() {
        for scheme in ["http", "socks5", "socks5h"] {
            let proxy = proxy(&format!("{scheme}://me%40work:s%3Ae%20cret@proxy.test:99"));
            let known = proxy.credentials().unwrap();
            assert_eq!((known.user.as_str(), known.password.as_str()), ("me@work", "s:e cret"));
            assert_eq!(proxy.to_string(), format!("{scheme}://proxy.test:99"));
            assert!(!format!("{proxy:?} {known:?}").contains("cret"));
        }
        assert_eq!(proxy("http://token@p.test").credentials().unwrap().password, "");
    }

    #[test]
    fn what_is_no_proxy_is_refused_without_repeating_a_password() {
        let long = "x".repeat(256);
        for text in [
            "",
            "https://me:hidden@proxy.test",
            "socks4://me:hidden@proxy.test",
            "ftp://me:hidden@proxy.test",
            "http://me:hidden@proxy.test/path",
            "http://me:hidden@proxy.test?q",
            "http://me:hidden@proxy.test:70000",
            "http://me:hidden@",
            "socks5://me:hidden@",
            "http://me:hid%0aden@proxy.test",
            "http://me:hidden%ff@proxy.test",
            "http://m%3Ae:hidden@proxy.test",
            "socks5://me@proxy.test",
            "socks5://:hidden@proxy.test",
            &format!("http://me:hidden{long}@proxy.test"),
        ] {
            let error = Proxy::parse(text).expect_err(text);
            assert!(!error.to_string().contains("hidden"), "{error}");
        }
    }
}
