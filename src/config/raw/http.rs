//! `[http]`: how requests are made. A job may have its own of these keys.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};

use super::faults::{Faults, set};
use super::section::Section;
use crate::domain::credentials::is_secret;
use crate::domain::job::JobSpec;
use crate::domain::secret::Secret;

/// The keys of `[http]` that a request may be made by.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Manners {
    user_agent: Option<String>,
    headers: Option<Headers>,
    connect_timeout: Option<String>,
    tls_timeout: Option<String>,
    head_timeout: Option<String>,
    idle_timeout: Option<String>,
    total_timeout: Option<String>,
    max_body: Option<String>,
    max_redirects: Option<i32>,
    max_links_per_page: Option<usize>,
    allow_private: Option<bool>,
    warc: Option<String>,
    warc_size: Option<String>,
    cookies: Option<bool>,
    /// Those of the time limits that a file gives in this section.
    #[serde(skip)]
    of_files: Vec<&'static str>,
}

/// Limits of time, that of a whole request first.
const LIMITS: [&str; 4] = ["total_timeout", "connect_timeout", "tls_timeout", "head_timeout"];

/// Headers as a table in a file, or as `Name: value` lines from the command line.
#[derive(Debug)]
enum Headers {
    Table(BTreeMap<String, String>),
    Lines(Vec<String>),
}

impl<'de> Deserialize<'de> for Headers {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = Headers;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("{ Name = \"value\" }, each value in quotes")
            }

            fn visit_map<A: MapAccess<'de>>(self, table: A) -> Result<Headers, A::Error> {
                Deserialize::deserialize(MapAccessDeserializer::new(table)).map(Headers::Table)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, lines: A) -> Result<Headers, A::Error> {
                Deserialize::deserialize(SeqAccessDeserializer::new(lines)).map(Headers::Lines)
            }
        }
        from.deserialize_any(Either)
    }
}

impl Manners {
    /// Takes them out of a section.
    pub(super) fn take(section: &mut Section, faults: &mut Faults) -> Self {
        let of_files = section.of_files(&LIMITS);
        Self { of_files, ..section.take(faults) }
    }

    pub(super) fn apply(&self, job: &mut JobSpec, faults: &mut Faults) {
        if let Some(agent) = &self.user_agent {
            if agent.trim().is_empty() || agent.chars().any(char::is_control) {
                faults.push("user_agent", "empty, or holds control characters");
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
            if text.is_some() {
                faults.span(key, text.as_ref(), value);
                faults.at_least(key, value, &1);
            }
        }
        self.judge_limits(job, faults);
        faults.size("max_body", self.max_body.as_ref(), &mut job.max_body);
        set(&mut job.max_redirects, self.max_redirects);
        faults.at_least("max_redirects", &self.max_redirects.unwrap_or(0), &0);
        set(&mut job.max_links_per_page, self.max_links_per_page);
        set(&mut job.allow_private, self.allow_private);
        set(&mut job.cookies, self.cookies);
        if let Some(folder) = &self.warc {
            if folder.is_empty() {
                faults.push("warc", "empty; name a folder");
            }
            job.warc = Some(folder.clone());
        }
        faults.size("warc_size", self.warc_size.as_ref(), &mut job.warc_size);
        faults.at_least("warc_size", &job.warc_size, &1);
    }

    /// What is longer than the whole can never be reached: where one section of a file says both, one
    /// of them is not meant.
    fn judge_limits(&self, job: &JobSpec, faults: &mut Faults) {
        let [total, ..] = LIMITS;
        let parts = [job.connect_timeout_ms, job.tls_timeout_ms, job.head_timeout_ms];
        for (key, part) in LIMITS.iter().skip(1).zip(parts) {
            let said = self.of_files.contains(&total) && self.of_files.contains(key);
            if said && part > job.total_timeout_ms {
                let why = format_args!(
                    "shorter than {key}, which is a part of it; leave one of them out"
                );
                faults.push(total, why);
            }
        }
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
                        faults.push("headers", format_args!("'{name}' is not 'Name: value'"));
                    }
                    pair.map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()))
                })
                .collect(),
        };
        let in_table = matches!(self.headers, Some(Headers::Table(_)));
        for (name, value) in &pairs {
            let token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
            if name.eq_ignore_ascii_case("proxy-authorization") {
                let mend = "give user and password with http.proxy";
                faults.push("headers", format_args!("{name} is not for hosts; {mend}"));
            }
            if name.is_empty() || !name.chars().all(token) || value.chars().any(char::is_control) {
                // The value may be a secret, and so may what follows the first word of a name.
                let word = name.split(|c: char| !token(c)).next().unwrap_or_default();
                let own = (in_table && word == name).then(|| format!("headers.{name}"));
                let key = own.as_deref().unwrap_or("headers");
                faults.push(key, format_args!("'{word}' and its value are no header"));
            }
        }
        // A job's own take the place of those for all jobs.
        let mine = |name: &str| pairs.iter().any(|(own, _)| own.eq_ignore_ascii_case(name));
        job.headers.retain(|(name, _)| !mine(name));
        job.secrets.headers.retain(|(name, _)| !mine(name));
        for (name, value) in pairs {
            if is_secret(&name) {
                job.secrets.headers.push((name, Secret::new(value)));
            } else {
                job.headers.push((name, value));
            }
        }
    }
}
