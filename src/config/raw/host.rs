//! `[hosts."NAME"]`: what is different for one host.

use serde::Deserialize;

use super::faults::Faults;
use crate::domain::job::HostRules;

/// A pace for one host.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct HostSection {
    delay: Option<String>,
    per_host: Option<usize>,
    limit_rate: Option<String>,
}

impl HostSection {
    pub(super) fn decide(&self, name: &str, faults: &mut Faults) -> HostRules {
        let mut delay = -1;
        faults.span(&format!("hosts.{name}.delay"), self.delay.as_ref(), &mut delay);
        HostRules {
            delay_ms: (delay >= 0).then_some(delay),
            per_host: self.per_host,
            limit_rate: faults.rate(&format!("hosts.{name}.limit_rate"), self.limit_rate.as_ref()),
            ..HostRules::default()
        }
    }
}
