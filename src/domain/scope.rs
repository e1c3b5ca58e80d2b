//! Scope: which discovered URLs belong to a job.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::str::FromStr;

use regex::{Regex, RegexSet};

use super::UrlKey;
use super::url::CanonicalUrl;

#[cfg(test)]
mod tests;

/// How far from its roots a job may go. The scheme never counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ScopeKind {
    /// The same host name but for a leading `www.`, and the same port, where 80 of http and 443 of
    /// https are one.
    Host,
    /// The same registrable domain by the public suffix list, on any port. A public suffix and an
    /// address are a domain of their own.
    Domain,
    /// As `Host`, and the path begins with the root's path up to its last `/`.
    Prefix,
    /// Everywhere.
    Any,
}

impl ScopeKind {
    /// The name used in configuration and in words.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Host => "host",
            Self::Domain => "domain",
            Self::Prefix => "prefix",
            Self::Any => "any",
        }
    }
}

impl fmt::Display for ScopeKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for ScopeKind {
    type Err = ScopeError;

    fn from_str(name: &str) -> Result<Self, ScopeError> {
        [Self::Host, Self::Domain, Self::Prefix, Self::Any]
            .into_iter()
            .find(|kind| kind.name() == name)
            .ok_or_else(|| ScopeError::Kind(name.to_owned()))
    }
}

/// Why a scope cannot be built.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ScopeError {
    /// No kind of scope has this name.
    Kind(String),
    /// This include or exclude is no regular expression.
    Pattern {
        /// As given.
        pattern: String,
        /// What is wrong with it.
        why: String,
    },
}

impl fmt::Display for ScopeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kind(name) => {
                write!(f, "unknown scope '{name}': host, domain, prefix or any")
            }
            Self::Pattern { pattern, why } => write!(f, "bad pattern '{pattern}': {why}"),
        }
    }
}

impl std::error::Error for ScopeError {}

/// What was decided about a URL, and by which rule in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ruling {
    /// Is it in scope?
    pub allowed: bool,
    /// The rule, such as `scope host: example.org` or `exclude /private/`.
    pub rule: String,
}

/// The scope of a job. The cost of a decision does not grow with the number of roots.
#[derive(Debug, Clone)]
pub struct Scope {
    kind: ScopeKind,
    within: Within,
    include: RegexSet,
    exclude: RegexSet,
    roots: HashSet<UrlKey>,
}

#[derive(Debug, Clone)]
enum Within {
    Hosts(HashSet<Box<str>>),
    Domains(HashSet<Box<str>>),
    /// Paths by host, sorted, none of them a prefix of another.
    Prefixes(HashMap<Box<str>, Vec<Box<str>>>),
    Everywhere,
}

impl Scope {
    /// The scope of these roots. `include` and `exclude` are regular expressions, searched in the
    /// whole canonical URL.
    ///
    /// # Errors
    /// When a pattern is no regular expression; the error names it.
    pub fn new(
        kind: ScopeKind,
        roots: &[CanonicalUrl],
        include: &[String],
        exclude: &[String],
    ) -> Result<Self, ScopeError> {
        Ok(Self {
            kind,
            within: Within::new(kind, roots),
            include: patterns(include)?,
            exclude: patterns(exclude)?,
            roots: roots.iter().map(CanonicalUrl::key).collect(),
        })
    }

    /// Is the URL in scope? Allocates nothing.
    #[must_use]
    pub fn allows(&self, url: &CanonicalUrl) -> bool {
        self.within.contains(url)
            && (self.include.is_empty() || self.include.is_match(url.as_str()))
            && !self.exclude.is_match(url.as_str())
    }

    /// The same decision as [`Scope::allows`], with the rule that made it.
    #[must_use]
    pub fn explain(&self, url: &CanonicalUrl) -> Ruling {
        let place = self.within.place(url);
        let kind = self.kind;
        if !self.within.contains(url) {
            let rule = format!("scope {kind}: {place} is not in the scope of any root");
            return Ruling { allowed: false, rule };
        }
        if let Some(pattern) = first_match(&self.exclude, url) {
            return Ruling { allowed: false, rule: format!("exclude {pattern}") };
        }
        match first_match(&self.include, url) {
            Some(pattern) => Ruling { allowed: true, rule: format!("include {pattern}") },
            None if !self.include.is_empty() => {
                Ruling { allowed: false, rule: "no include matches".to_owned() }
            }
            None => Ruling { allowed: true, rule: format!("scope {kind}: {place}") },
        }
    }

    /// Is the URL one of the roots, which are asked whatever the scope says?
    #[must_use]
    pub fn is_root(&self, url: &CanonicalUrl) -> bool {
        self.roots.contains(&url.key())
    }
}

impl Within {
    fn new(kind: ScopeKind, roots: &[CanonicalUrl]) -> Self {
        let boxed =
            |part: fn(&CanonicalUrl) -> &str| roots.iter().map(|r| part(r).into()).collect();
        match kind {
            ScopeKind::Host => Self::Hosts(boxed(host_part)),
            ScopeKind::Domain => Self::Domains(boxed(domain_part)),
            ScopeKind::Prefix => Self::Prefixes(prefixes(roots)),
            ScopeKind::Any => Self::Everywhere,
        }
    }

    fn contains(&self, url: &CanonicalUrl) -> bool {
        match self {
            Self::Hosts(hosts) => hosts.contains(host_part(url)),
            Self::Domains(domains) => domains.contains(domain_part(url)),
            Self::Prefixes(prefixes) => prefixes
                .get(host_part(url))
                .is_some_and(|prefixes| covering(prefixes, url.path()).is_some()),
            Self::Everywhere => true,
        }
    }

    /// The part of the URL that counts, for people to read.
    fn place(&self, url: &CanonicalUrl) -> String {
        match self {
            Self::Hosts(_) => host_part(url).to_owned(),
            Self::Domains(_) => domain_part(url).to_owned(),
            Self::Prefixes(prefixes) => {
                let host = host_part(url);
                let prefix = prefixes.get(host).and_then(|all| covering(all, url.path()));
                format!("{host}{}", prefix.unwrap_or(url.path()))
            }
            Self::Everywhere => "everywhere".to_owned(),
        }
    }
}

/// Host with its port unless that is the scheme's own, without a leading `www.`.
fn host_part(url: &CanonicalUrl) -> &str {
    let authority = url.authority();
    authority.strip_prefix("www.").unwrap_or(authority)
}

/// Registrable domain; the host itself where there is none.
fn domain_part(url: &CanonicalUrl) -> &str {
    let host = url.host();
    if url.address().is_some() { host } else { psl::domain_str(host).unwrap_or(host) }
}

/// The path up to and with its last `/`.
fn folder(path: &str) -> &str {
    path.rfind('/').and_then(|last| path.get(..=last)).unwrap_or("/")
}

fn prefixes(roots: &[CanonicalUrl]) -> HashMap<Box<str>, Vec<Box<str>>> {
    let mut by_host: HashMap<Box<str>, Vec<Box<str>>> = HashMap::new();
    for root in roots {
        by_host.entry(host_part(root).into()).or_default().push(folder(root.path()).into());
    }
    for prefixes in by_host.values_mut() {
        prefixes.sort_unstable();
        prefixes.dedup_by(|longer, shorter| longer.starts_with(&**shorter));
    }
    by_host
}

/// The prefix that the path begins with. In a sorted list where none begins with another it can
/// only be the last that is not greater than the path.
fn covering<'a>(prefixes: &'a [Box<str>], path: &str) -> Option<&'a str> {
    let after = prefixes.partition_point(|prefix| &**prefix <= path);
    let candidate = prefixes.get(after.checked_sub(1)?)?;
    path.starts_with(&**candidate).then_some(candidate)
}

fn patterns(patterns: &[String]) -> Result<RegexSet, ScopeError> {
    RegexSet::new(patterns).map_err(|together| {
        let alone = patterns.iter().find_map(|p| Regex::new(p).err().map(|why| (p.clone(), why)));
        let (pattern, why) = alone.unwrap_or_else(|| (patterns.join("|"), together));
        ScopeError::Pattern { pattern, why: why.to_string() }
    })
}

fn first_match<'a>(set: &'a RegexSet, url: &CanonicalUrl) -> Option<&'a str> {
    let at = set.matches(url.as_str()).iter().next()?;
    set.patterns().get(at).map(String::as_str)
}
