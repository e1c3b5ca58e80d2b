//! `[hosts."NAME"]`: what is different for one host.

use serde::Deserialize;

use super::faults::Faults;
use super::secret_file::{Credentials, is_token};
use super::way::host_proxies;
use crate::domain::credentials::Login;
use crate::domain::job::{HostRules, JobSpec};

/// Rules and a login for one host.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct HostSection {
    delay: Option<String>,
    per_host: Option<usize>,
    limit_rate: Option<String>,
    insecure: Option<bool>,
    proxy: Option<String>,
    username: Option<String>,
    password: Option<String>,
    password_file: Option<String>,
    token: Option<String>,
    token_file: Option<String>,
}

impl HostSection {
    /// Takes up the rules for this host. Faults begin with the key.
    pub(super) fn apply(
        &self,
        authority: String,
        credentials: Credentials<'_>,
        job: &mut JobSpec,
        faults: &mut Faults,
    ) {
        let mut delay = -1;
        faults.span("delay", self.delay.as_ref(), &mut delay);
        let rules = HostRules {
            delay_ms: (delay >= 0).then_some(delay),
            per_host: self.per_host,
            limit_rate: faults.rate("limit_rate", self.limit_rate.as_ref()),
            insecure: self.insecure.unwrap_or(false),
            proxy: self.proxy.as_deref().map(|text| host_proxies(text, faults)),
        };
        faults.at_least("per_host", &self.per_host.unwrap_or(1), &1);
        if let Some(login) = self.login(credentials, faults) {
            job.secrets.hosts.insert(authority.clone(), login);
        }
        job.hosts.insert(authority, rules);
    }

    /// The login that is meant; faults name the key, never its value.
    fn login(&self, credentials: Credentials<'_>, faults: &mut Faults) -> Option<Login> {
        let mut secret = |key, text: &Option<String>, file: &Option<String>| {
            credentials.secret(key, text.as_ref(), file.as_ref(), faults)
        };
        let password = secret("password", &self.password, &self.password_file);
        let token = secret("token", &self.token, &self.token_file);
        match (&self.username, password, token) {
            (None, None, None) => None,
            (None, None, Some(token)) if is_token(&token) => Some(Login::Bearer(token)),
            (None, None, Some(_)) => wrong(faults, "token", "holds spaces or other than ASCII"),
            (_, _, Some(_)) => wrong(faults, "token", "give a token or a username, not both"),
            (None, Some(_), None) => wrong(faults, "password", "give a username too"),
            (Some(user), _, None) if user.contains(':') || user.chars().any(char::is_control) => {
                wrong(faults, "username", "holds a colon or control characters")
            }
            (Some(user), password, None) => {
                Some(Login::Basic(user.clone(), password.unwrap_or_default()))
            }
        }
    }
}

fn wrong(faults: &mut Faults, key: &str, why: &str) -> Option<Login> {
    faults.push(key, why);
    None
}
