//! `[hosts."NAME"]`: what is different for one host.

use serde::Deserialize;

use super::faults::Faults;
use super::way::host_proxies;
use crate::domain::job::HostRules;

/// Rules for one host.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct HostSection {
    delay: Option<String>,
    per_host: Option<usize>,
    limit_rate: Option<String>,
    insecure: Option<bool>,
    proxy: Option<String>,
}

impl HostSection {
    pub(super) fn decide(&self, name: &str, faults: &mut Faults) -> HostRules {
        let mut delay = -1;
        faults.span(&format!("hosts.{name}.delay"), self.delay.as_ref(), &mut delay);
        HostRules {
            delay_ms: (delay >= 0).then_some(delay),
            per_host: self.per_host,
            limit_rate: faults.rate(&format!("hosts.{name}.limit_rate"), self.limit_rate.as_ref()),
            insecure: self.insecure.unwrap_or(false),
            proxy: self.proxy.as_deref().map(|text| host_proxies(name, text, faults)),
        }
    }
}
