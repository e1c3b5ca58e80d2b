//! `[hosts."NAME"]`: what is different for one host.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::faults::Faults;
use super::way::host_proxies;
use crate::domain::credentials::Login;
use crate::domain::job::{HostRules, JobSpec};
use crate::domain::secret::Secret;

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
    password_file: Option<PathBuf>,
    token: Option<String>,
    token_file: Option<PathBuf>,
}

impl HostSection {
    /// Takes up the rules for this host. Faults begin with the key.
    pub(super) fn apply(&self, authority: String, job: &mut JobSpec, faults: &mut Faults) {
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
        match self.login() {
            Ok(None) => {}
            Ok(Some(login)) => {
                job.secrets.hosts.insert(authority.clone(), login);
            }
            Err(why) => faults.0.push(why),
        }
        job.hosts.insert(authority, rules);
    }

    /// The login that is meant; faults name the key, never its value.
    fn login(&self) -> Result<Option<Login>, String> {
        let password = secret("password", self.password.as_ref(), self.password_file.as_deref())?;
        let token = secret("token", self.token.as_ref(), self.token_file.as_deref())?;
        match (&self.username, password, token) {
            (None, None, None) => Ok(None),
            (None, None, Some(token)) if is_token(token.reveal()) => Ok(Some(Login::Bearer(token))),
            (None, None, Some(_)) => Err("token: empty, or holds spaces or control signs".into()),
            (_, _, Some(_)) => Err("token: give a token or a username, not both".into()),
            (None, Some(_), None) => Err("password: give a username too".into()),
            (Some(user), _, None) if user.contains(':') || user.chars().any(char::is_control) => {
                Err("username: holds a colon or control characters".into())
            }
            (Some(user), password, None) => {
                Ok(Some(Login::Basic(user.clone(), password.unwrap_or_default())))
            }
        }
    }
}

/// A secret, given itself or as the first line of a file.
fn secret(key: &str, text: Option<&String>, file: Option<&Path>) -> Result<Option<Secret>, String> {
    let text = match (text, file) {
        (Some(_), Some(_)) => return Err(format!("{key}: give it or {key}_file, not both")),
        (None, None) => return Ok(None),
        (Some(text), None) => text.clone(),
        (None, Some(path)) => {
            let text = fs::read_to_string(path)
                .map_err(|error| format!("{key}_file: {}: {error}", path.display()))?;
            text.lines().next().unwrap_or_default().to_owned()
        }
    };
    if text.is_empty() || text.chars().any(char::is_control) {
        return Err(format!("{key}: empty, or holds control characters"));
    }
    Ok(Some(Secret::new(text)))
}

/// Can it stand in a header (RFC 6750, 2.1, and whatever else is visible)?
fn is_token(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_graphic())
}
