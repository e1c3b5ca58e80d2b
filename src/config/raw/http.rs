//! `[http]`: how requests are made.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;

use super::faults::{Faults, set};
use super::network::Texts;
use crate::domain::credentials::is_secret;
use crate::domain::job::JobSpec;
use crate::domain::secret::Secret;

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Http {
    user_agent: Option<String>,
    headers: Option<Headers>,
    connect_timeout: Option<String>,
    tls_timeout: Option<String>,
    head_timeout: Option<String>,
    idle_timeout: Option<String>,
    total_timeout: Option<String>,
    max_body: Option<String>,
    pub(super) max_buffered: Option<String>,
    pub(super) limit_rate: Option<String>,
    max_redirects: Option<i32>,
    max_links_per_page: Option<usize>,
    pub(super) ca_file: Option<PathBuf>,
    allow_private: Option<bool>,
    pub(super) proxy: Option<String>,
    pub(super) no_proxy: Option<Texts>,
    pub(super) tls_min: Option<String>,
    warc: Option<String>,
    warc_size: Option<String>,
    pub(super) dns_servers: Option<Texts>,
    pub(super) dns_prefer: Option<String>,
    cookies: Option<bool>,
    pub(super) per_address: Option<usize>,
}

/// Headers as a table in a file, or as `Name: value` lines from the command line.
#[derive(Debug, Deserialize)]
#[serde(untagged, expecting = "write headers = { Name = \"value\" }, each value in quotes")]
enum Headers {
    Table(BTreeMap<String, String>),
    Lines(Vec<String>),
}

impl Http {
    pub(super) fn apply(&self, job: &mut JobSpec, faults: &mut Faults) {
        if let Some(agent) = &self.user_agent {
            if agent.trim().is_empty() || agent.chars().any(char::is_control) {
                faults.0.push("http.user_agent: empty, or holds control characters".to_owned());
            }
            job.user_agent.clone_from(agent);
        }
        self.apply_headers(job, faults);
        let spans = [
            ("connect_timeout", &self.connect_timeout, &mut job.connect_timeout_ms),
            ("tls_timeout", &self.tls_timeout, &mut job.tls_timeout_ms),
            ("head_timeout", &self.head_timeout, &mut job.head_timeout_ms),
            ("idle_timeout", &self.idle_timeout, &mut job.idle_timeout_ms),
            ("total_timeout", &self.total_timeout, &mut job.total_timeout_ms),
        ];
        for (key, text, value) in spans {
            faults.span(&format!("http.{key}"), text.as_ref(), value);
            faults.at_least(&format!("http.{key}"), value, &1);
        }
        faults.size("http.max_body", self.max_body.as_ref(), &mut job.max_body);
        set(&mut job.max_redirects, self.max_redirects);
        faults.at_least("http.max_redirects", &job.max_redirects, &0);
        set(&mut job.max_links_per_page, self.max_links_per_page);
        set(&mut job.allow_private, self.allow_private);
        set(&mut job.cookies, self.cookies);
        if let Some(folder) = &self.warc {
            if folder.is_empty() {
                faults.0.push("http.warc: empty; name a folder".to_owned());
            }
            job.warc = Some(folder.clone());
        }
        faults.size("http.warc_size", self.warc_size.as_ref(), &mut job.warc_size);
        faults.at_least("http.warc_size", &job.warc_size, &1);
    }

    fn apply_headers(&self, job: &mut JobSpec, faults: &mut Faults) {
        let pairs: Vec<(String, String)> = match &self.headers {
            None => return,
            Some(Headers::Table(table)) => {
                table.iter().map(|(name, value)| (name.clone(), value.clone())).collect()
            }
            Some(Headers::Lines(lines)) => lines
                .iter()
                .filter_map(|line| {
                    let pair = line.split_once(':');
                    if pair.is_none() {
                        let name = line.split([' ', '=']).next().unwrap_or_default();
                        faults.0.push(format!("http.headers: '{name}' is not 'Name: value'"));
                    }
                    pair.map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()))
                })
                .collect(),
        };
        for (name, value) in &pairs {
            let token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
            if name.eq_ignore_ascii_case("proxy-authorization") {
                let mend = "give user and password with http.proxy".to_owned();
                faults.0.push(format!("http.headers: {name} is not for hosts; {mend}"));
            }
            if name.is_empty() || !name.chars().all(token) || value.chars().any(char::is_control) {
                // The value may be a secret, and so may what follows the first word of a name.
                let word = name.split(|c: char| !token(c)).next().unwrap_or_default();
                faults.0.push(format!("http.headers: '{word}' and its value are no header"));
            }
        }
        let (secrets, open): (Vec<_>, Vec<_>) =
            pairs.into_iter().partition(|(name, _)| is_secret(name));
        let hidden = |(name, value): (String, String)| (name, Secret::new(value));
        job.secrets.headers = secrets.into_iter().map(hidden).collect();
        job.headers = open;
    }
}
