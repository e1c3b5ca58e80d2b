//! How hosts are got to: proxies, TLS, hosts whose certificates are not checked.

use super::faults::Faults;
use super::http::Http;
use crate::config::ProxyKeys;
use crate::config::values::authority;
use crate::domain::job::JobSpec;
use crate::domain::proxy::{NoProxy, Proxies, Proxy};

impl Http {
    pub(super) fn proxies(&self, faults: &mut Faults) -> ProxyKeys {
        let proxy = self.proxy.as_deref().map(|text| proxy("http.proxy", text, faults));
        let no_proxy = self.no_proxy.as_ref().map(|entries| {
            NoProxy::parse(entries.each()).unwrap_or_else(|why| {
                faults.0.push(format!("http.no_proxy: {why}"));
                NoProxy::default()
            })
        });
        ProxyKeys { proxy, no_proxy }
    }

    pub(super) fn only_tls13(&self, faults: &mut Faults) -> bool {
        match self.tls_min.as_deref() {
            None | Some("1.2") => false,
            Some("1.3") => true,
            Some(other) => {
                faults.0.push(format!("http.tls_min: '{other}' is not spoken; give 1.2 or 1.3"));
                false
            }
        }
    }
}

/// The proxies of one host; an empty text is none.
pub(super) fn host_proxies(name: &str, text: &str, faults: &mut Faults) -> Proxies {
    proxy(&format!("hosts.{name}.proxy"), text, faults).map_or_else(Proxies::default, Proxies::all)
}

/// A proxy as written, `None` for an empty text or `none`. A fault does not repeat the text, which
/// may hold a password.
fn proxy(key: &str, text: &str, faults: &mut Faults) -> Option<Proxy> {
    if matches!(text.trim(), "" | "none") {
        return None;
    }
    Proxy::parse(text).map_err(|why| faults.0.push(format!("{key}: {why}"))).ok()
}

/// Leaves the certificates of these hosts unchecked.
pub(super) fn trust_blindly(hosts: &[String], job: &mut JobSpec, faults: &mut Faults) {
    for text in hosts {
        match authority(text) {
            Some(host) => job.hosts.entry(host).or_default().insecure = true,
            None => faults.0.push(format!("insecure: '{text}' is no host; write example.org:8443")),
        }
    }
}
