//! Which proxy a URL is asked through.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{NoProxy, Proxy};
use crate::domain::url::CanonicalUrl;

/// The proxies of a job; none by default.
///
/// Written down (in the store, in notes) without credentials: those are the operator's to give
/// with each run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "Written", try_from = "Written")]
pub struct Proxies {
    http: Option<Arc<Proxy>>,
    https: Option<Arc<Proxy>>,
    except: NoProxy,
}

impl Proxies {
    /// One proxy for http URLs and one for https URLs, save the exceptions.
    #[must_use]
    pub fn new(http: Option<Proxy>, https: Option<Proxy>, except: NoProxy) -> Self {
        let same = http == https;
        let http = http.map(Arc::new);
        let https = if same { http.clone() } else { https.map(Arc::new) };
        Self { http, https, except }
    }

    /// This one for everything.
    #[must_use]
    pub fn all(proxy: Proxy) -> Self {
        Self::new(Some(proxy.clone()), Some(proxy), NoProxy::default())
    }

    /// The proxy that this URL is asked through; `None`: it is asked directly.
    #[must_use]
    pub fn of(&self, url: &CanonicalUrl) -> Option<&Arc<Proxy>> {
        let proxy = if url.is_https() { &self.https } else { &self.http };
        proxy.as_ref().filter(|_| !self.except.covers(url))
    }

    /// The proxy for http URLs.
    #[must_use]
    pub fn of_http(&self) -> Option<&Proxy> {
        self.http.as_deref()
    }

    /// Is nothing asked through a proxy?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.http.is_none() && self.https.is_none()
    }
}

impl fmt::Display for Proxies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |proxy: &Option<Arc<Proxy>>| {
            proxy.as_ref().map_or_else(|| "none".to_owned(), ToString::to_string)
        };
        write!(f, "{} for http, {} for https", shown(&self.http), shown(&self.https))?;
        match self.except.entries() {
            [] => Ok(()),
            entries => write!(f, ", none for {}", entries.join(", ")),
        }
    }
}

/// Proxies as they are written down.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
struct Written {
    #[serde(skip_serializing_if = "Option::is_none")]
    http: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    https: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    no_proxy: Vec<String>,
}

impl From<Proxies> for Written {
    fn from(proxies: Proxies) -> Self {
        let text = |proxy: Option<Arc<Proxy>>| proxy.map(|proxy| proxy.to_string());
        let no_proxy = if proxies.is_empty() { &[] } else { proxies.except.entries() }.to_vec();
        Self { http: text(proxies.http), https: text(proxies.https), no_proxy }
    }
}

impl TryFrom<Written> for Proxies {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        let proxy = |text: Option<String>| {
            text.map(|text| Proxy::parse(&text)).transpose().map_err(|error| error.to_string())
        };
        let except = NoProxy::parse(written.no_proxy.iter().map(String::as_str))?;
        Ok(Self::new(proxy(written.http)?, proxy(written.https)?, except))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn through(proxies: &Proxies, url: &str) -> Option<String> {
        proxies.of(&CanonicalUrl::parse(url).unwrap()).map(ToString::to_string)
    }

    fn two() -> Proxies {
        let proxy = |text| Some(Proxy::parse(text).unwrap());
        let except = NoProxy::parse([".inner.test"]).unwrap();
        Proxies::new(
            proxy("http://me:secret@a.test:1"),
            proxy("socks5://me:secret@b.test:2"),
            except,
        )
    }

    #[test]
    fn the_scheme_of_the_url_decides_save_for_exceptions() {
        assert_eq!(through(&two(), "http://x.test/").as_deref(), Some("http://a.test:1"));
        assert_eq!(through(&two(), "https://x.test/").as_deref(), Some("socks5://b.test:2"));
        assert_eq!(through(&two(), "https://x.inner.test/"), None);
        assert_eq!(through(&Proxies::default(), "https://x.test/"), None);
    }

    #[test]
    fn what_is_written_down_comes_back_but_for_the_secrets() {
        let text = serde_json::to_string(&two()).unwrap();
        assert!(!text.contains("secret") && !text.contains("me"), "{text}");
        let back: Proxies = serde_json::from_str(&text).unwrap();
        assert_eq!(serde_json::to_string(&back).unwrap(), text);
        assert_eq!(through(&back, "https://x.test/").as_deref(), Some("socks5://b.test:2"));
        assert_eq!(serde_json::to_string(&Proxies::default()).unwrap(), "{}");
    }
}
