//! Reading a robots.txt (RFC 9309, section 2.2).

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use super::rules::{Draft, RuleSet};
use super::{Agent, Robots, normal};

/// What is read of a file at most (RFC 9309, section 2.5).
const MAX_BYTES: usize = 500 * 1024;
/// No file can slow a crawl down to less than one page a day.
const MAX_DELAY: f64 = 86_400.0;

pub(super) fn parse(body: &[u8]) -> Robots {
    let mut reader = Reader::default();
    for (number, line) in (1..).zip(lines(full_lines(body))) {
        reader.line(number, line);
    }
    reader.finish()
}

/// The product token at the start of a name or of a user-agent line: `*`, or letters, `-` and `_`.
pub(super) fn token(name: &[u8]) -> Option<&str> {
    let name = name.trim_ascii();
    let length = match name {
        [b'*'] => 1,
        [b'*', next, ..] if next.is_ascii_whitespace() => 1,
        _ => name.iter().take_while(|b| b.is_ascii_alphabetic() || b"-_".contains(b)).count(),
    };
    std::str::from_utf8(name.get(..length)?).ok().filter(|token| !token.is_empty())
}

fn is_line_end(byte: u8) -> bool {
    matches!(byte, b'\n' | b'\r')
}

/// The file without byte order mark, cut after the last line that is whole within the limit.
fn full_lines(body: &[u8]) -> &[u8] {
    let kept = match body.get(..MAX_BYTES) {
        Some(head) if body.len() > MAX_BYTES => {
            let end = head.iter().rposition(|byte| is_line_end(*byte)).unwrap_or(0);
            head.get(..end).unwrap_or_default()
        }
        _ => body,
    };
    kept.strip_prefix(b"\xef\xbb\xbf").unwrap_or(kept)
}

/// Lines ended by LF, CR or CRLF.
fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let end = text.iter().position(|byte| is_line_end(*byte));
        let (line, ending) = text.split_at(end.unwrap_or(text.len()));
        rest = match ending {
            [b'\r', b'\n', after @ ..] | [_, after @ ..] => Some(after),
            [] => None,
        };
        Some(line)
    })
}

#[derive(Default)]
struct Reader {
    agents: BTreeMap<String, usize>,
    delays: Vec<Option<Duration>>,
    /// The user-agent lines of the present group and the delays among them, in order.
    group: Vec<Header>,
    /// Has the present group its first rule yet?
    has_rules: bool,
    /// Rules are kept once for all agents that share them.
    sets: Vec<Vec<Draft>>,
    set_of: HashMap<Vec<usize>, usize>,
    /// Where the present group's rules go.
    set: Option<usize>,
    sitemaps: Vec<String>,
}

enum Header {
    Agent(usize),
    Delay(Duration),
}

impl Reader {
    fn line(&mut self, number: u32, line: &[u8]) {
        let line = line.split(|byte| *byte == b'#').next().unwrap_or_default();
        let Some(colon) = line.iter().position(|byte| *byte == b':') else { return };
        let (key, value) = line.split_at(colon);
        let value = value.get(1..).unwrap_or_default().trim_ascii();
        match key.trim_ascii().to_ascii_lowercase().as_slice() {
            b"user-agent" => self.user_agent(value),
            b"allow" => self.rule(true, value, number),
            b"disallow" => self.rule(false, value, number),
            b"crawl-delay" => self.group.extend(delay(value).map(Header::Delay)),
            b"sitemap" if !value.is_empty() => {
                self.sitemaps.push(String::from_utf8_lossy(value).into_owned());
            }
            _ => {}
        }
    }

    fn user_agent(&mut self, value: &[u8]) {
        if self.has_rules {
            self.close_group();
        }
        let Some(token) = token(value) else { return };
        let next = self.delays.len();
        let agent = *self.agents.entry(token.to_ascii_lowercase()).or_insert(next);
        if agent == next {
            self.delays.push(None);
        }
        self.group.push(Header::Agent(agent));
    }

    /// A delay is for the agents named above it, the longest one counts. Rules need no closing.
    fn close_group(&mut self) {
        let mut longest = None;
        for header in self.group.drain(..).rev() {
            match header {
                Header::Delay(delay) => longest = longest.max(Some(delay)),
                Header::Agent(agent) => {
                    if let Some(delay) = self.delays.get_mut(agent) {
                        *delay = longest.max(*delay);
                    }
                }
            }
        }
        self.has_rules = false;
    }

    fn rule(&mut self, allow: bool, value: &[u8], line: u32) {
        if !self.has_rules {
            self.has_rules = true;
            self.set = self.set_of_group();
        }
        let Some(set) = self.set.and_then(|set| self.sets.get_mut(set)) else { return };
        let pattern = normal::pattern(value);
        if !pattern.starts_with(['/', '*']) {
            return;
        }
        // As Google has it: who may see a folder's index page may see the folder.
        if allow
            && let Some((folder, page)) = pattern.rsplit_once('/')
            && page.starts_with("index.htm")
        {
            set.push(Draft { pattern: format!("{folder}/$"), allow, line });
        }
        set.push(Draft { pattern, allow, line });
    }

    /// The place for rules of exactly the agents of the present group.
    fn set_of_group(&mut self) -> Option<usize> {
        let mut agents: Vec<usize> = self
            .group
            .iter()
            .filter_map(|header| match header {
                Header::Agent(agent) => Some(*agent),
                Header::Delay(_) => None,
            })
            .collect();
        agents.sort_unstable();
        agents.dedup();
        if agents.is_empty() {
            return None;
        }
        let next = self.sets.len();
        let set = *self.set_of.entry(agents).or_insert(next);
        if set == next {
            self.sets.push(Vec::new());
        }
        Some(set)
    }

    fn finish(mut self) -> Robots {
        self.close_group();
        let mut sets_of: Vec<Vec<usize>> = self.delays.iter().map(|_| Vec::new()).collect();
        for (agents, set) in &self.set_of {
            for agent in agents {
                sets_of.get_mut(*agent).into_iter().for_each(|sets| sets.push(*set));
            }
        }
        let agents = self.agents.into_iter().map(|(token, at)| Agent {
            token: token.into(),
            delay: self.delays.get(at).copied().flatten(),
            sets: sets_of.get_mut(at).map(std::mem::take).unwrap_or_default().into(),
        });
        Robots {
            agents: agents.collect(),
            sets: self.sets.into_iter().map(RuleSet::new).collect(),
            sitemaps: self.sitemaps,
        }
    }
}

/// Seconds, with a fraction perhaps; nothing else is understood.
fn delay(value: &[u8]) -> Option<Duration> {
    let decimal = value.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.');
    let seconds: f64 = std::str::from_utf8(value).ok().filter(|_| decimal)?.parse().ok()?;
    Some(Duration::from_secs_f64(seconds.min(MAX_DELAY)))
}
