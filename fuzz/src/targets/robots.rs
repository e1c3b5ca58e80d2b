//! Input: a path up to a line feed, then a robots.txt. The verdict is that of a slow matcher that
//! tries every rule by the letter of RFC 9309, with the folder of an allowed index page on top.

use std::time::Duration;

use crate::domain::robots::Robots;

const AGENT: &str = "crawld";

pub(crate) fn run(data: &[u8]) {
    let end = data.iter().position(|byte| *byte == b'\n').unwrap_or(data.len());
    let (path, body) = data.split_at(end);
    let path: String = path.iter().map(|byte| char::from(byte % 95 + 32)).collect();
    let path = format!("/{path}");
    let robots = Robots::parse(body);
    let allowed = robots.allows(AGENT, &path);
    assert_eq!(robots.verdict(AGENT, &path).allowed, allowed);
    assert!(robots.crawl_delay(AGENT).is_none_or(|delay| delay <= Duration::from_secs(86_400)));
    assert_eq!(allowed, slow_verdict(body, &path), "{path}");
}

/// A rule with the tokens of its group.
struct Rule {
    agents: Vec<String>,
    allow: bool,
    pattern: Vec<u8>,
}

fn slow_verdict(body: &[u8], path: &str) -> bool {
    let (rules, named) = read(body);
    let name = if named { AGENT } else { "*" };
    let path = spell(path.as_bytes(), false);
    let bare = bare_query(&path);
    let best = rules
        .iter()
        .filter(|rule| rule.agents.iter().any(|agent| agent == name))
        .filter(|rule| matches(&rule.pattern, &path) || matches(&rule.pattern, &bare))
        .max_by_key(|rule| (rule.pattern.len(), rule.allow));
    path == b"/robots.txt" || best.is_none_or(|rule| rule.allow)
}

/// Every rule, and whether any line names us.
fn read(body: &[u8]) -> (Vec<Rule>, bool) {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    let (mut rules, mut named) = (Vec::new(), false);
    let (mut agents, mut has_rules) = (Vec::new(), false);
    for line in body.split(|byte| matches!(byte, b'\r' | b'\n')) {
        let line = line.split(|byte| *byte == b'#').next().unwrap();
        let Some(colon) = line.iter().position(|byte| *byte == b':') else { continue };
        let value = line.get(colon + 1..).unwrap().trim_ascii();
        match line.get(..colon).unwrap().trim_ascii().to_ascii_lowercase().as_slice() {
            b"user-agent" => {
                if has_rules {
                    agents.clear();
                }
                has_rules = false;
                let token = token(value);
                named |= token == AGENT;
                agents.push(token);
            }
            key @ (b"allow" | b"disallow") => {
                has_rules = true;
                let allow = key == b"allow";
                add(&mut rules, &agents, allow, bare_query(&spell(value, true)));
            }
            _ => {}
        }
    }
    (rules, named)
}

fn token(value: &[u8]) -> String {
    let text = String::from_utf8_lossy(value).to_ascii_lowercase();
    if text == "*" || text.starts_with("* ") || text.starts_with("*\t") || text.starts_with("*\x0c")
    {
        return "*".to_owned();
    }
    text.chars().take_while(|c| c.is_ascii_alphabetic() || matches!(c, '-' | '_')).collect()
}

fn add(rules: &mut Vec<Rule>, agents: &[String], allow: bool, pattern: Vec<u8>) {
    if !matches!(pattern.first(), Some(b'/' | b'*')) {
        return;
    }
    let slash = pattern.iter().rposition(|byte| *byte == b'/').unwrap_or(pattern.len());
    let (folder, page) = pattern.split_at(slash);
    if allow && page.starts_with(b"/index.htm") {
        let pattern = [folder, b"/$"].concat();
        rules.push(Rule { agents: agents.to_vec(), allow, pattern });
    }
    rules.push(Rule { agents: agents.to_vec(), allow, pattern });
}

/// The places of the path that can be reached, octet by octet of the pattern.
fn matches(pattern: &[u8], path: &[u8]) -> bool {
    let mut reached = vec![false; path.len() + 1];
    reached[0] = true;
    for (at, byte) in pattern.iter().enumerate() {
        let mut next = vec![false; path.len() + 1];
        for place in (0..=path.len()).filter(|place| reached[*place]) {
            match byte {
                b'*' => next[place..].fill(true),
                b'$' if at + 1 == pattern.len() => return reached[path.len()],
                byte if path.get(place) == Some(byte) => next[place + 1] = true,
                _ => {}
            }
        }
        reached = next;
    }
    reached.contains(&true)
}

fn unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)
}

fn escape(out: &mut Vec<u8>, byte: u8) {
    out.extend_from_slice(format!("%{byte:02X}").as_bytes());
}

fn escaped(text: &[u8]) -> Option<u8> {
    let digits = text.strip_prefix(b"%")?.get(..2)?;
    let digits = std::str::from_utf8(digits).ok()?;
    let hexadecimal = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    hexadecimal.then(|| u8::from_str_radix(digits, 16).unwrap())
}

fn spell(text: &[u8], is_pattern: bool) -> Vec<u8> {
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        match escaped(&text[at..]) {
            Some(octet) if unreserved(octet) => out.push(octet),
            Some(octet) => escape(&mut out, octet),
            None if byte == b'*' && is_pattern && out.last() == Some(&b'*') => {}
            None if byte == b'*' && is_pattern => out.push(byte),
            None if byte == b'$' && is_pattern && at + 1 == text.len() => out.push(byte),
            None if unreserved(byte) || b":/?#[]@!&'()+,;=%".contains(&byte) => out.push(byte),
            None => escape(&mut out, byte),
        }
        at += if escaped(&text[at..]).is_some() { 3 } else { 1 };
    }
    out
}

/// `:`, `/`, `?`, `@` and `'` mean the same in a query escaped and bare.
fn bare_query(path: &[u8]) -> Vec<u8> {
    let query = path.iter().position(|byte| *byte == b'?').map_or(path.len(), |at| at + 1);
    let mut out = path[..query].to_vec();
    let mut at = query;
    while let Some(&byte) = path.get(at) {
        match escaped(&path[at..]).filter(|octet| b":/?@'".contains(octet)) {
            Some(octet) => out.push(octet),
            None => out.push(byte),
        }
        at += if out.last() == Some(&byte) { 1 } else { 3 };
    }
    out
}
