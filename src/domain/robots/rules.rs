//! The rules of a group, in an order that finds the longest match without trying them all.

use std::cmp::Reverse;

/// A rule as read, its pattern in normal form.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) pattern: String,
    pub(super) allow: bool,
    pub(super) line: u32,
}

/// The rule that matched.
#[derive(Debug, Clone, Copy)]
pub(super) struct Found<'a> {
    pub(super) pattern: &'a str,
    pub(super) allow: bool,
    pub(super) line: u32,
}

impl Found<'_> {
    /// The greatest decides: the longest pattern, an allow before a disallow.
    pub(super) fn rank(&self) -> (usize, bool) {
        (self.pattern.len(), self.allow)
    }
}

/// Rules by kind, their patterns in one text.
#[derive(Debug, Clone)]
pub(super) struct RuleSet {
    text: Box<str>,
    /// Patterns without special characters, sorted by text.
    prefixes: Box<[Rule]>,
    /// Patterns with `*` or a final `$`, in the order of falling rank.
    globs: Box<[Rule]>,
}

#[derive(Debug, Clone, Copy)]
struct Rule {
    start: u32,
    length: u32,
    line: u32,
    allow: bool,
}

impl RuleSet {
    pub(super) fn new(rules: Vec<Draft>) -> Self {
        let (mut globs, mut prefixes): (Vec<_>, Vec<_>) =
            rules.into_iter().partition(|rule| rule.pattern.contains(['*', '$']));
        prefixes.sort_by(|a, b| a.pattern.cmp(&b.pattern).then(b.allow.cmp(&a.allow)));
        prefixes.dedup_by(|later, first| later.pattern == first.pattern);
        globs.sort_by_key(|rule| Reverse((rule.pattern.len(), rule.allow)));
        let mut text = String::new();
        let mut pack = |rules: &[Draft]| rules.iter().map(|rule| store(&mut text, rule)).collect();
        let (prefixes, globs) = (pack(&prefixes), pack(&globs));
        Self { text: text.into(), prefixes, globs }
    }

    /// The rule of the highest rank that matches a path in normal form.
    pub(super) fn best(&self, path: &str) -> Option<Found<'_>> {
        let prefix = self.longest_prefix(path);
        let least = prefix.map_or(0, |found| found.pattern.len());
        let glob = self
            .globs
            .iter()
            .map(|rule| self.found(*rule))
            .take_while(|found| found.pattern.len() >= least)
            .find(|found| glob_matches(found.pattern, path));
        prefix.into_iter().chain(glob).max_by_key(Found::rank)
    }

    /// Every prefix of the path that is a rule sorts before the path, and shares with the last rule
    /// before it at least its own length. So, where that rule is no prefix, the search goes on with
    /// what the two have in common.
    fn longest_prefix(&self, path: &str) -> Option<Found<'_>> {
        let mut path = path;
        loop {
            let after = self.prefixes.partition_point(|rule| self.pattern(*rule) <= path);
            let found = self.found(*self.prefixes.get(after.checked_sub(1)?)?);
            let common = found.pattern.bytes().zip(path.bytes()).take_while(|(a, b)| a == b);
            let common = common.count();
            if common == found.pattern.len() {
                return Some(found);
            }
            path = path.get(..common)?;
        }
    }

    fn pattern(&self, rule: Rule) -> &str {
        let (start, length) = (rule.start as usize, rule.length as usize);
        self.text.get(start..start + length).unwrap_or_default()
    }

    fn found(&self, rule: Rule) -> Found<'_> {
        Found { pattern: self.pattern(rule), allow: rule.allow, line: rule.line }
    }
}

fn store(text: &mut String, rule: &Draft) -> Rule {
    let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let start = number(text.len());
    text.push_str(&rule.pattern);
    let length = number(rule.pattern.len());
    Rule { start, length, line: rule.line, allow: rule.allow }
}

/// Does the pattern match a beginning of the path, or all of it when it ends in `$`? Each piece
/// between stars is taken where it stands first, which is never worse than later, so that the time
/// is linear in the path and the pattern.
fn glob_matches(pattern: &str, path: &str) -> bool {
    let (pattern, whole) = match pattern.strip_suffix('$') {
        Some(pattern) => (pattern, true),
        None => (pattern, false),
    };
    let Some((head, tail)) = pattern.split_once('*') else {
        return if whole { path == pattern } else { path.starts_with(pattern) };
    };
    let Some(mut rest) = path.strip_prefix(head) else { return false };
    let (pieces, last) = tail.rsplit_once('*').unwrap_or(("", tail));
    for piece in pieces.split('*') {
        match rest.split_once(piece) {
            Some((_, after)) => rest = after,
            None => return false,
        }
    }
    if whole { rest.ends_with(last) } else { rest.contains(last) }
}
