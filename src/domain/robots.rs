//! robots.txt as RFC 9309 has it, with the crawl-delay and sitemap records that it leaves open.

use std::borrow::Cow;
use std::time::Duration;

use rules::{Found, RuleSet};

mod normal;
mod parse;
mod rules;
#[cfg(test)]
mod tests;

/// A robots.txt, ready to be asked. Memory is proportional to its rules.
#[derive(Debug, Clone, Default)]
pub struct Robots {
    /// Sorted by token.
    agents: Box<[Agent]>,
    sets: Box<[RuleSet]>,
    sitemaps: Vec<String>,
}

/// A product token of the file, with all that its groups say.
#[derive(Debug, Clone)]
struct Agent {
    /// Lower case; `*` for everyone else.
    token: Box<str>,
    delay: Option<Duration>,
    /// Places in `Robots::sets`.
    sets: Box<[usize]>,
}

/// May a path be asked, and which rule says so?
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// May it?
    pub allowed: bool,
    /// The deciding rule in normal form, such as `Disallow: /private/ (line 7)`; `None` when no
    /// rule matches.
    pub rule: Option<String>,
}

/// What asking for a robots.txt came to (RFC 9309, section 2.3.1).
#[derive(Debug, Clone)]
pub enum RobotsAnswer {
    /// These rules hold.
    Rules(Robots),
    /// The server failed or was not reached: nothing may be asked, and robots.txt is asked again.
    Unavailable,
}

/// What follows from the answer to the last request for robots.txt: 2xx holds the rules; 4xx, and
/// a redirect that led nowhere, allow everything; every other status, and none at all, nothing.
#[must_use]
pub fn from_answer(status: Option<u16>, body: &[u8]) -> RobotsAnswer {
    match status {
        Some(200..=299) => RobotsAnswer::Rules(Robots::parse(body)),
        Some(300..=499) => RobotsAnswer::Rules(Robots::allow_all()),
        _ => RobotsAnswer::Unavailable,
    }
}

impl Robots {
    /// Reads a robots.txt. Every input is one: what is no record is skipped. Of a longer file only
    /// the full lines of the first 500 KiB count.
    #[must_use]
    pub fn parse(body: &[u8]) -> Self {
        parse::parse(body)
    }

    /// No rules: everything is allowed.
    #[must_use]
    pub fn allow_all() -> Self {
        Self::default()
    }

    /// Everything but /robots.txt is disallowed to everyone.
    #[must_use]
    pub fn disallow_all() -> Self {
        Self::parse(b"User-agent: *\nDisallow: /")
    }

    /// May this agent ask for the path? Only the agent's product token counts: its leading letters,
    /// `-` and `_`, in any case.
    #[must_use]
    pub fn allows(&self, agent: &str, path_and_query: &str) -> bool {
        self.decide(agent, path_and_query).is_none_or(|found| found.allow)
    }

    /// As [`Robots::allows`], with the rule that decided.
    #[must_use]
    pub fn verdict(&self, agent: &str, path_and_query: &str) -> Verdict {
        let Some(found) = self.decide(agent, path_and_query) else {
            return Verdict { allowed: true, rule: None };
        };
        let key = if found.allow { "Allow" } else { "Disallow" };
        let rule = format!("{key}: {} (line {})", found.pattern, found.line);
        Verdict { allowed: found.allow, rule: Some(rule) }
    }

    /// The pause between requests that the file asks of this agent: at most a day; the longest when
    /// there are several.
    #[must_use]
    pub fn crawl_delay(&self, agent: &str) -> Option<Duration> {
        self.agent(agent)?.delay
    }

    /// The sitemaps named, as written.
    #[must_use]
    pub fn sitemaps(&self) -> &[String] {
        &self.sitemaps
    }

    /// The longest matching rule of the agent's groups, an allow before a disallow.
    fn decide(&self, agent: &str, path_and_query: &str) -> Option<Found<'_>> {
        if path_and_query == "/robots.txt" {
            return None;
        }
        let agent = self.agent(agent)?;
        let path = normal::path(if path_and_query.is_empty() { "/" } else { path_and_query });
        // A pattern without `?` cannot know whether it meets a query: both spellings are tried.
        let folded = normal::fold_query(&path).map(Cow::Owned);
        let sets = || agent.sets.iter().filter_map(|set| self.sets.get(*set));
        std::iter::once(path)
            .chain(folded)
            .flat_map(|path| sets().filter_map(move |set| set.best(&path)))
            .max_by_key(Found::rank)
    }

    /// The agent's own groups, else those for everyone.
    fn agent(&self, name: &str) -> Option<&Agent> {
        let token = parse::token(name.as_bytes()).unwrap_or("*");
        self.named(token).or_else(|| self.named("*"))
    }

    fn named(&self, token: &str) -> Option<&Agent> {
        let lower = || token.bytes().map(|byte| byte.to_ascii_lowercase());
        let at = self.agents.binary_search_by(|agent| agent.token.bytes().cmp(lower())).ok()?;
        self.agents.get(at)
    }
}
