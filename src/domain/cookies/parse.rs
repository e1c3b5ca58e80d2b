//! One `Set-Cookie` line of an answer: RFC 6265bis, sections 5.6 and 5.7.

use url::Host;

use super::{Cookie, CookieKey, MAX_BYTES, MAX_LIFE, MAX_PART, date, is_within};
use crate::domain::Millis;
use crate::domain::url::CanonicalUrl;
use crate::domain::url::percent::normalise;

/// The attributes of a line that count; the last of each.
#[derive(Default)]
struct Attributes<'a> {
    expires: Option<Millis>,
    max_age: Option<Millis>,
    domain: Option<&'a str>,
    path: Option<&'a str>,
    secure: bool,
    http_only: bool,
}

/// The cookie that a `Set-Cookie` line in an answer from `url` sets, or `None` when it must not be
/// taken: malformed, too large, for a domain that is not the host's own or is a public suffix, or
/// secure over http. One that [is over](Cookie::is_over) takes an earlier one away.
#[must_use]
pub fn read(line: &str, url: &CanonicalUrl, now: Millis) -> Option<Cookie> {
    // U+FFFD stands for bytes that could not be read.
    if line.chars().any(|c| (c.is_ascii_control() && c != '\t') || c == '\u{fffd}') {
        return None;
    }
    let (pair, rest) = line.split_once(';').unwrap_or((line, ""));
    let (name, value) = pair.split_once('=').unwrap_or(("", pair));
    let (name, value) = (trim(name), trim(value));
    let empty = name.is_empty() && value.is_empty();
    if empty || name.len() > MAX_PART || name.len() + value.len() > MAX_BYTES {
        return None;
    }
    let attributes = Attributes::read(rest, now);
    let (domain, host_only) = domain(attributes.domain.unwrap_or_default(), url)?;
    let own_path = attributes.path.filter(|path| path.starts_with('/'));
    let path = own_path.map_or_else(|| default_path(url).to_owned(), normalise);
    let secure = attributes.secure;
    let prefixed = |prefix| starts_with(if name.is_empty() { value } else { name }, prefix);
    let of_host = host_only && own_path == Some("/");
    let forbidden = (secure && !url.is_https())
        || (prefixed("__Secure-") && (!secure || name.is_empty()))
        || (prefixed("__Host-") && (!secure || name.is_empty() || !of_host));
    if forbidden || path.len() > MAX_PART {
        return None;
    }
    Some(Cookie {
        key: CookieKey { domain, path, name: name.to_owned() },
        value: value.to_owned(),
        host_only,
        secure,
        http_only: attributes.http_only,
        expires_at: attributes.ends_at(now),
        created_at: now,
    })
}

impl<'a> Attributes<'a> {
    fn read(text: &'a str, now: Millis) -> Self {
        let mut all = Self::default();
        for attribute in text.split(';') {
            let (name, value) = attribute.split_once('=').unwrap_or((attribute, ""));
            let (name, value) = (trim(name), trim(value));
            if value.len() <= MAX_PART {
                all.take(name, value, now);
            }
        }
        all
    }

    fn take(&mut self, name: &str, value: &'a str, now: Millis) {
        match name.to_ascii_lowercase().as_str() {
            "expires" => self.expires = date::parse(value).or(self.expires),
            "max-age" => self.max_age = max_age(value, now).or(self.max_age),
            "domain" => self.domain = Some(value),
            "path" => self.path = Some(value),
            "secure" => self.secure = true,
            "httponly" => self.http_only = true,
            _ => {}
        }
    }

    /// `Max-Age` goes before `Expires`.
    fn ends_at(&self, now: Millis) -> Option<Millis> {
        self.max_age.or(self.expires).map(|at| at.min(now.saturating_add(MAX_LIFE)))
    }
}

/// When a `Max-Age` ends; the past when it is none.
fn max_age(value: &str, now: Millis) -> Option<Millis> {
    let digits = value.strip_prefix('-').unwrap_or(value);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let seconds: Millis = digits.parse().unwrap_or(Millis::MAX);
    if value.starts_with('-') || seconds == 0 {
        return Some(0);
    }
    Some(now.saturating_add(seconds.saturating_mul(1000)))
}

/// The domain that a cookie from `url` gets, and whether it is for the very host only. `None` when
/// the attribute names a domain that the host is not in, or one that anybody can have a name in.
fn domain(attribute: &str, url: &CanonicalUrl) -> Option<(String, bool)> {
    let host = url.host();
    let wanted = attribute.strip_prefix('.').unwrap_or(attribute);
    if wanted.is_empty() {
        return Some((host.to_owned(), true));
    }
    let wanted = Host::parse(wanted).ok()?.to_string();
    if url.address().is_some() || psl::suffix_str(&wanted) == Some(&wanted) {
        return (wanted == host).then_some((wanted, true));
    }
    is_within(host, &wanted).then_some((wanted, false))
}

/// The folder of the URL's path, without the `/` at its end.
fn default_path(url: &CanonicalUrl) -> &str {
    let path = url.path();
    let last = path.rfind('/').filter(|at| *at > 0);
    last.and_then(|at| path.get(..at)).unwrap_or("/")
}

fn trim(text: &str) -> &str {
    text.trim_matches([' ', '\t'])
}

fn starts_with(text: &str, prefix: &str) -> bool {
    text.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

#[cfg(test)]
mod tests;
