//! How a request gets to its server. A connection made one way never serves another: through
//! another proxy, with other credentials there, with a certificate that was not checked, or to an
//! address that had not to be public.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::sync::Arc;

use awc::http::Uri;
use awc::http::uri::PathAndQuery;

use super::{FetchError, Request};
use crate::domain::outcome::Reason;
use crate::domain::proxy::{Proxy, ProxyKind};

/// Proxies whose number is remembered.
const MOST_PROXIES: usize = 1024;

/// All that decides about a connection but its host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Way {
    /// TLS?
    pub(super) secure: bool,
    /// With any certificate?
    pub(super) insecure: bool,
    /// May private addresses be connected to?
    pub(super) allow_private: bool,
    /// Through this proxy.
    pub(super) proxy: Option<Arc<Proxy>>,
}

impl Way {
    /// The way of a request.
    pub(super) fn of(request: &Request) -> Self {
        Self {
            secure: request.url.is_https(),
            insecure: request.insecure,
            allow_private: request.allow_private,
            proxy: request.proxy.clone(),
        }
    }

    /// The proxy that is given the whole URL and answers itself, if there is one.
    pub(super) fn gateway(&self) -> Option<&Proxy> {
        let proxy = self.proxy.as_deref();
        proxy.filter(|proxy| proxy.kind() == ProxyKind::Http && !self.secure)
    }

    /// The user name, with its `@`, that stands for this way in awc's pool; awc does not send it.
    /// Empty for plain HTTP to public addresses.
    fn user(&self, proxies: &ProxyNumbers) -> String {
        let mut user = String::new();
        let mut add = |word: &str| {
            if !user.is_empty() {
                user.push('-');
            }
            user.push_str(word);
        };
        if self.secure {
            add(if self.insecure { "lax" } else { "tls" });
        }
        if self.allow_private {
            add("any");
        }
        if let Some(proxy) = &self.proxy {
            add(&format!("via{}", proxies.number(proxy)));
        }
        if !user.is_empty() {
            user.push('@');
        }
        user
    }

    /// The URI that tells awc and its pool where a request goes, and stands in the request line.
    ///
    /// # Errors
    /// When awc cannot take the URL: `dns` if it is the host, else `bad_http`.
    pub(super) fn target(
        &self,
        request: &Request,
        proxies: &ProxyNumbers,
    ) -> Result<Uri, FetchError> {
        let url = &request.url;
        let (host, port, path) = (url.host(), url.port(), url.path_and_query());
        if host.is_empty() {
            return Err(FetchError::new(Reason::Dns, "empty host name"));
        }
        let user = self.user(proxies);
        let uri = Uri::try_from(format!("http://{user}{host}:{port}{path}")).map_err(|error| {
            let host_is_wrong = Uri::try_from(format!("http://{host}/")).is_err();
            let reason = if host_is_wrong { Reason::Dns } else { Reason::BadHttp };
            FetchError::new(reason, format!("cannot be asked: {error}"))
        })?;
        if self.gateway().is_some() { absolute(uri, url.as_str()) } else { Ok(uri) }
    }
}

/// The same URI with the whole URL for the request line (RFC 9112, 3.2.2).
fn absolute(uri: Uri, url: &str) -> Result<Uri, FetchError> {
    let refused = |why: String| FetchError::new(Reason::BadHttp, format!("cannot be asked: {why}"));
    let mut parts = uri.into_parts();
    let whole = PathAndQuery::try_from(url).map_err(|error| refused(error.to_string()))?;
    parts.path_and_query = Some(whole);
    Uri::from_parts(parts).map_err(|error| refused(error.to_string()))
}

/// The numbers that stand for proxies in a pool: no secret comes near it. One that was forgotten
/// gets a new number, and so new connections.
#[derive(Debug, Default)]
pub(super) struct ProxyNumbers {
    known: RefCell<VecDeque<(u64, Arc<Proxy>)>>,
    next: Cell<u64>,
}

impl ProxyNumbers {
    /// The number of a proxy, credentials and all.
    fn number(&self, proxy: &Arc<Proxy>) -> u64 {
        let mut known = self.known.borrow_mut();
        let same = |other: &Arc<Proxy>| Arc::ptr_eq(other, proxy) || other == proxy;
        if let Some((number, _)) = known.iter().find(|(_, other)| same(other)) {
            return *number;
        }
        let number = self.next.replace(self.next.get() + 1);
        known.push_back((number, Arc::clone(proxy)));
        if known.len() > MOST_PROXIES {
            known.pop_front();
        }
        number
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::request::Method;
    use crate::domain::url::CanonicalUrl;
    use crate::http::Limits;

    fn request(url: &str) -> Request {
        Request {
            method: Method::Get,
            payload: None,
            secrets: Vec::new(),
            url: CanonicalUrl::parse(url).unwrap(),
            headers: Arc::default(),
            limits: Limits::default(),
            keep_alive: true,
            allow_private: false,
            capture: false,
            insecure: false,
            proxy: None,
        }
    }

    fn uri(request: &Request, proxies: &ProxyNumbers) -> Result<String, Reason> {
        let target = Way::of(request).target(request, proxies);
        target.map(|uri| uri.to_string()).map_err(|error| error.reason)
    }

    fn plain(url: &str) -> Result<String, Reason> {
        uri(&request(url), &ProxyNumbers::default())
    }

    #[test]
    fn what_must_not_share_a_connection_differs_in_the_user_name() {
        let proxies = ProxyNumbers::default();
        let mut seen = std::collections::HashSet::new();
        let texts = ["socks5://p.test", "socks5://q.test", "socks5://u:p@p.test", "http://p.test"];
        let all: Vec<_> = texts.iter().map(|text| Some(Proxy::parse(text).unwrap())).collect();
        for url in ["http://a.test:443/p?q", "https://a.test/p?q"] {
            for allow_private in [false, true] {
                for insecure in [false, true] {
                    for proxy in [&all[..], &[None]].concat() {
                        let proxy = proxy.map(Arc::new);
                        let asked = Request { allow_private, insecure, proxy, ..request(url) };
                        let target = Way::of(&asked).target(&asked, &proxies).unwrap();
                        assert_eq!(uri(&asked, &proxies), Ok(target.to_string()), "it is steady");
                        // Without TLS there is no certificate to be checked.
                        let new = seen.insert(target.authority().unwrap().to_string());
                        assert_eq!(new, !insecure || asked.url.is_https(), "{target}");
                    }
                }
            }
        }
        assert_eq!(seen.len(), 30);
    }

    #[test]
    fn the_usual_way_has_no_user_name_and_a_host_is_never_taken_for_one() {
        assert_eq!(plain("http://tls.test/"), Ok("http://tls.test:80/".into()));
        assert_eq!(plain("https://a.test/"), Ok("http://tls@a.test:443/".into()));
    }

    #[test]
    fn an_http_proxy_is_given_the_whole_of_a_plain_url() {
        let proxy = Proxy::parse("http://u:secret@p.test:3128").ok().map(Arc::new);
        for (url, line) in [
            ("http://a.test/p?q=http://b/", "http://a.test/p?q=http://b/"),
            ("http://[::1]:81/", "http://[::1]:81/"),
            ("https://a.test/p", "/p"),
        ] {
            let asked = Request { proxy: proxy.clone(), ..request(url) };
            let target = Way::of(&asked).target(&asked, &ProxyNumbers::default()).unwrap();
            assert_eq!(target.path_and_query().unwrap().as_str(), line);
            assert!(!target.to_string().contains("secret"));
        }
    }

    #[test]
    fn whatever_the_url_parser_lets_through_has_a_reason() {
        assert!(plain("http://a.test/?a=%7B|^`{}\\[]").is_ok());
        assert_eq!(plain("http://a`b\"{}.test/"), Err(Reason::Dns));
        let long = format!("http://a.test/{}", "x".repeat(70_000));
        assert_eq!(plain(&long), Err(Reason::BadHttp));
        let proxy = Proxy::parse("p.test").ok().map(Arc::new);
        let asked = Request { proxy, ..request(&format!("http://a.test/{}", "x".repeat(65_525))) };
        assert_eq!(uri(&asked, &ProxyNumbers::default()), Err(Reason::BadHttp));
    }
}
