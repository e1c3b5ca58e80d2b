//! Proxies from the configuration and, where it is silent, from the usual variables.

use super::ConfigError;
use crate::domain::proxy::{NoProxy, Proxies, Proxy};

/// What the configuration says of proxies.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProxyKeys {
    /// `http.proxy`; `Some(None)`: no proxy, whatever the variables say.
    pub proxy: Option<Option<Proxy>>,
    /// `http.no_proxy`.
    pub no_proxy: Option<NoProxy>,
}

impl ProxyKeys {
    /// The proxies to be used. Each key that was not given is looked up by `variable`:
    /// `http_proxy` (in lower case only: `HTTP_PROXY` may come from a stranger's header in CGI),
    /// `https_proxy`, `all_proxy` and `no_proxy`, the latter in upper case too. An empty variable
    /// is none.
    ///
    /// # Errors
    /// When a variable holds what is no proxy: going without it would show our own address.
    pub fn decide(
        &self,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Proxies, ConfigError> {
        let mut errors = Vec::new();
        let read = |names: &[&'static str]| {
            let mut set = names.iter().filter_map(|name| {
                let text = variable(name).filter(|text| !text.trim().is_empty());
                text.map(|text| (*name, text))
            });
            set.next()
        };
        let (http, https) = if let Some(proxy) = &self.proxy {
            (proxy.clone(), proxy.clone())
        } else {
            let mut proxy = |names: &[&'static str]| {
                let (name, text) = read(names)?;
                Proxy::parse(&text).map_err(|why| errors.push(format!("{name}: {why}"))).ok()
            };
            let http = proxy(&["http_proxy", "all_proxy", "ALL_PROXY"]);
            (http, proxy(&["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]))
        };
        let except = match &self.no_proxy {
            Some(except) => except.clone(),
            None => read(&["no_proxy", "NO_PROXY"])
                .and_then(|(name, list)| {
                    NoProxy::parse([list.as_str()])
                        .map_err(|why| errors.push(format!("{name}: {why}")))
                        .ok()
                })
                .unwrap_or_default(),
        };
        // One variable may have been read twice.
        errors.dedup();
        if errors.is_empty() {
            Ok(Proxies::new(http, https, except))
        } else {
            Err(ConfigError { errors })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::url::CanonicalUrl;

    fn decided(keys: &ProxyKeys, variables: &[(&str, &str)]) -> Result<Proxies, ConfigError> {
        keys.decide(|name| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    /// The ports of the proxies for an http and an https URL; 0: none.
    fn ports(keys: &ProxyKeys, variables: &[(&str, &str)]) -> [u16; 2] {
        let proxies = decided(keys, variables).unwrap();
        ["http://x.test/", "https://x.test/"].map(|url| {
            let url = CanonicalUrl::parse(url).unwrap();
            proxies.of(&url).map_or(0, |proxy| proxy.port())
        })
    }

    #[test]
    fn the_usual_variables_decide_where_the_configuration_is_silent() {
        let silent = ProxyKeys::default();
        for (variables, expected) in [
            (&[][..], [0, 0]),
            (&[("http_proxy", "p:1")], [1, 0]),
            (&[("HTTP_PROXY", "p:1")], [0, 0]),
            (&[("https_proxy", "p:1")], [0, 1]),
            (&[("HTTPS_PROXY", "p:1")], [0, 1]),
            (&[("HTTPS_PROXY", "p:1"), ("https_proxy", "p:2")], [0, 2]),
            (&[("all_proxy", "p:1")], [1, 1]),
            (&[("ALL_PROXY", "socks5://p:1")], [1, 1]),
            (&[("all_proxy", "p:1"), ("http_proxy", "p:2")], [2, 1]),
            (&[("all_proxy", "p:1"), ("http_proxy", " ")], [1, 1]),
            (&[("all_proxy", "p:1"), ("no_proxy", "y.test,x.test")], [0, 0]),
            (&[("all_proxy", "p:1"), ("NO_PROXY", "x.test:443")], [1, 0]),
            (&[("all_proxy", "p:1"), ("no_proxy", "y.test"), ("NO_PROXY", "x.test")], [1, 1]),
        ] {
            assert_eq!(ports(&silent, variables), expected, "{variables:?}");
        }
    }

    #[test]
    fn the_configuration_goes_before_the_variables_key_by_key() {
        let all = [("all_proxy", "p:1"), ("no_proxy", "x.test")];
        let own = ProxyKeys { proxy: Some(Proxy::parse("q:2").ok()), no_proxy: None };
        assert_eq!(ports(&own, &all[..1]), [2, 2]);
        assert_eq!(ports(&own, &all), [0, 0]);
        let nothing_exempt = ProxyKeys { no_proxy: Some(NoProxy::default()), ..own };
        assert_eq!(ports(&nothing_exempt, &all), [2, 2]);
        let off = ProxyKeys { proxy: Some(None), no_proxy: None };
        assert_eq!(ports(&off, &all[..1]), [0, 0]);
        assert_eq!(ports(&off, &[("http_proxy", "ftp://broken")]), [0, 0], "it is not even read");
    }

    #[test]
    fn a_variable_that_cannot_be_used_is_named_without_its_secrets() {
        let variables = [("ALL_PROXY", "socks4://me:hidden@p"), ("no_proxy", "10.0.0.0/99")];
        let error = decided(&ProxyKeys::default(), &variables).unwrap_err();
        assert_eq!(error.errors.len(), 2, "{error}");
        assert!(
            error.errors[0].starts_with("ALL_PROXY: ") && !error.to_string().contains("hidden")
        );
        assert!(error.errors[1].starts_with("no_proxy: "), "{error}");
    }
}
