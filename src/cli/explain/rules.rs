//! The rules of a stored job, as far as they judge a URL.

use serde::Deserialize;

use crate::domain::HostKey;
use crate::domain::address;
use crate::domain::scope::Scope;
use crate::domain::traps::{self, TrapLimits};
use crate::domain::url::CanonicalUrl;
use crate::frontier::sitemaps::SWITCHED_OFF;

/// What is read of a job's specification.
#[derive(Deserialize)]
#[serde(default)]
struct Spec {
    roots: Vec<String>,
    scope: String,
    include: Vec<String>,
    exclude: Vec<String>,
    max_depth: Option<i32>,
    robots: bool,
    robots_agent: Option<String>,
    user_agent: String,
    allow_private: bool,
    sitemaps: bool,
}

impl Default for Spec {
    fn default() -> Self {
        Self {
            roots: Vec::new(),
            scope: "host".to_owned(),
            include: Vec::new(),
            exclude: Vec::new(),
            max_depth: None,
            robots: true,
            robots_agent: None,
            user_agent: "crawld".to_owned(),
            allow_private: false,
            sitemaps: true,
        }
    }
}

pub(super) struct Rules {
    spec: Spec,
    scope: Scope,
    roots: Vec<CanonicalUrl>,
    /// Hosts that a list of the job names.
    named: Vec<HostKey>,
}

impl Rules {
    /// The rules of the job with this specification; else what is wrong with it.
    pub(super) fn read(spec: &str) -> Result<Self, String> {
        let spec: Spec = serde_json::from_str(spec).map_err(|error| error.to_string())?;
        let roots: Vec<CanonicalUrl> =
            spec.roots.iter().filter_map(|root| parse_root(root)).collect();
        let kind = spec.scope.parse();
        let scope = kind.and_then(|kind| Scope::new(kind, &roots, &spec.include, &spec.exclude));
        Ok(Self {
            scope: scope.map_err(|error| error.to_string())?,
            spec,
            roots,
            named: Vec::new(),
        })
    }

    /// The same where the operator named these hosts too.
    pub(super) fn naming(self, named: Vec<HostKey>) -> Self {
        Self { named, ..self }
    }

    /// The rule of ours that decides about the URL at this depth, in words.
    pub(super) fn decide(&self, url: &CanonicalUrl, depth: i32) -> String {
        if self.scope.is_root(url) {
            return "asked: it is a root".to_owned();
        }
        let ruling = self.scope.explain(url);
        if !ruling.allowed {
            return format!("not asked: {}", ruling.rule);
        }
        if let Some(max) = self.spec.max_depth.filter(|max| depth > *max) {
            return format!("not asked: depth {depth} > {max}");
        }
        self.forbidden(url).unwrap_or_else(|| format!("asked: {}", ruling.rule))
    }

    /// The same of a sitemap: neither scope nor depth binds what a robots.txt names.
    pub(super) fn decide_sitemap(&self, url: &CanonicalUrl) -> String {
        if !self.spec.sitemaps {
            return format!("not asked: {SWITCHED_OFF}");
        }
        self.forbidden(url).unwrap_or_else(|| "asked: it is named as a sitemap".to_owned())
    }

    /// What holds for whatever is asked.
    fn forbidden(&self, url: &CanonicalUrl) -> Option<String> {
        if let Some((reason, evidence)) = traps::check(url, &TrapLimits::default()) {
            return Some(format!("not asked: {reason}: {evidence}"));
        }
        self.is_private(url).then(|| "not asked: a private address".to_owned())
    }

    /// The product token by which robots.txt is read; `None` when the job does not obey it.
    pub(super) fn robots_agent(&self) -> Option<&str> {
        let name = self.spec.robots_agent.as_deref().unwrap_or(&self.spec.user_agent);
        self.spec.robots.then(|| name.split(['/', ' ']).next().unwrap_or_default())
    }

    fn is_private(&self, url: &CanonicalUrl) -> bool {
        let named = || {
            self.roots.iter().any(|root| root.host() == url.host())
                || self.named.contains(&url.host_key())
        };
        let private = match url.address() {
            Some(ip) => !address::is_public(ip),
            None => address::is_local_name(url.host()),
        };
        private && !self.spec.allow_private && !named()
    }
}

/// A root as given: without a scheme https is meant.
fn parse_root(text: &str) -> Option<CanonicalUrl> {
    let text = text.trim();
    let absolute = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
    CanonicalUrl::parse(&absolute).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPEC: &str = r#"{"roots": ["docs.example/a/", "http://127.0.0.1:8080/"], "scope": "any",
        "exclude": ["/private/"], "max_depth": 3, "user_agent": "TestBot/1.0 (+x)", "new": 1}"#;

    fn decided(url: &str, depth: i32) -> String {
        Rules::read(SPEC).unwrap().decide(&CanonicalUrl::parse(url).unwrap(), depth)
    }

    #[test]
    fn the_rule_that_decides_is_told() {
        assert_eq!(decided("https://docs.example/a/", 9), "asked: it is a root");
        assert_eq!(decided("http://x.example/private/", 1), "not asked: exclude /private/");
        assert_eq!(decided("http://x.example/", 4), "not asked: depth 4 > 3");
        assert!(decided("http://x.example/a/a/a/a", 1).starts_with("not asked: trap_repeat: "));
        assert_eq!(decided("http://10.0.0.1/", 1), "not asked: a private address");
        assert!(decided("http://127.0.0.1:8080/a", 1).starts_with("asked: "));
        assert!(decided("http://x.example/", 3).starts_with("asked: scope any"));
    }

    #[test]
    fn a_sitemap_is_bound_by_neither_scope_nor_depth() {
        let decided = |spec: &str, url: &str| {
            Rules::read(spec).unwrap().decide_sitemap(&CanonicalUrl::parse(url).unwrap())
        };
        assert!(decided(SPEC, "http://x.example/private/s.xml").starts_with("asked: "));
        assert_eq!(decided(SPEC, "http://10.0.0.1/s.xml"), "not asked: a private address");
        let off = r#"{"sitemaps": false}"#;
        assert_eq!(decided(off, "http://x.example/s.xml"), "not asked: sitemaps = false");
    }

    #[test]
    fn the_agent_is_the_product_token_unless_another_is_named() {
        assert_eq!(Rules::read(SPEC).unwrap().robots_agent(), Some("TestBot"));
        let named = Rules::read(r#"{"robots_agent": "Other"}"#).unwrap();
        assert_eq!(named.robots_agent(), Some("Other"));
        assert_eq!(Rules::read(r#"{"robots": false}"#).unwrap().robots_agent(), None);
    }

    #[test]
    fn a_job_that_cannot_be_read_says_why() {
        assert!(Rules::read("no json").is_err());
        assert!(Rules::read(r#"{"exclude": ["("]}"#).is_err_and(|why| why.contains('(')));
    }
}
