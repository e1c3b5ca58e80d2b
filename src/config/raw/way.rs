//! How hosts are got to: proxies, TLS, hosts whose certificates are not checked.

use serde::Deserialize;

use super::faults::Faults;
use super::listed::Texts;
use crate::config::ProxyKeys;
use crate::config::values::authority;
use crate::domain::job::JobSpec;
use crate::domain::proxy::{NoProxy, Proxies, Proxy};

/// The keys of `[http]` that say through whom requests go. A job may have its own.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct WayKeys {
    proxy: Option<String>,
    no_proxy: Option<Texts>,
}

impl WayKeys {
    pub(super) fn apply(&self, keys: &mut ProxyKeys, faults: &mut Faults) {
        if let Some(text) = self.proxy.as_deref() {
            keys.proxy = Some(proxy(text, faults));
        }
        match self.no_proxy.as_ref().map(|entries| NoProxy::parse(entries.each())) {
            Some(Ok(except)) => keys.no_proxy = Some(except),
            Some(Err(why)) => faults.push("no_proxy", why),
            None => {}
        }
    }
}

pub(super) fn only_tls13(least: Option<&str>, faults: &mut Faults) -> bool {
    match least {
        None | Some("1.2") => false,
        Some("1.3") => true,
        Some(other) => {
            faults.push("tls_min", format_args!("'{other}' is not spoken; give 1.2 or 1.3"));
            false
        }
    }
}

/// The proxies of one host; an empty text is none.
pub(super) fn host_proxies(text: &str, faults: &mut Faults) -> Proxies {
    proxy(text, faults).map_or_else(Proxies::default, Proxies::all)
}

/// A proxy as written, `None` for an empty text or `none`. A fault does not repeat the text, which
/// may hold a password.
fn proxy(text: &str, faults: &mut Faults) -> Option<Proxy> {
    if matches!(text.trim(), "" | "none") {
        return None;
    }
    Proxy::parse(text).map_err(|why| faults.push("proxy", why)).ok()
}

/// Leaves the certificates of these hosts unchecked.
pub(super) fn trust_blindly(hosts: &[String], job: &mut JobSpec, faults: &mut Faults) {
    for text in hosts {
        match authority(text) {
            Some(host) => job.hosts.entry(host).or_default().insecure = true,
            None => {
                faults
                    .push("insecure", format_args!("'{text}' is no host; write example.org:8443"));
            }
        }
    }
}
