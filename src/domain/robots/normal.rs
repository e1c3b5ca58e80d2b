//! One spelling for paths and patterns, so that they can be compared octet by octet (RFC 9309,
//! section 2.2.2). The result is ASCII.

use std::borrow::Cow;

use crate::domain::url::percent::{is_unreserved, octet, push_escape};

/// Octets that a query may hold bare or escaped without a change of meaning: the RFC wants
/// `?u=https://h` and `?u=https%3A%2F%2Fh` to be one. Those that part a query (`&`, `=`, `+`, `;`)
/// do not belong here.
const SAME_IN_QUERY: &[u8] = b":/?@'";

/// The path and query of a URL. Its own `*` and `$` are escaped, since those of patterns are special.
pub(super) fn path(text: &str) -> Cow<'_, str> {
    if text.bytes().all(is_plain) {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(spell(text.as_bytes(), false))
    }
}

/// The path of a rule: `*` is special everywhere (and one does as much as several), `$` at the end.
pub(super) fn pattern(text: &[u8]) -> String {
    let pattern = spell(text, true);
    fold_query(&pattern).unwrap_or(pattern)
}

/// Bares what may be bare in the query; `None` when there is nothing to bare.
pub(super) fn fold_query(text: &str) -> Option<String> {
    let (path, query) = text.split_once('?')?;
    let same = |at: usize| {
        octet(query.as_bytes().get(at..)?).filter(|octet| SAME_IN_QUERY.contains(octet))
    };
    let mut out = String::new();
    let mut from = 0;
    for (at, _) in query.match_indices('%') {
        if let Some(octet) = same(at) {
            out.push_str(query.get(from..at)?);
            out.push(char::from(octet));
            from = at + 3;
        }
    }
    (from > 0).then(|| format!("{path}?{out}{}", query.get(from..).unwrap_or_default()))
}

/// Unreserved, or reserved and of no meaning in patterns: spelt as itself.
fn is_plain(byte: u8) -> bool {
    is_unreserved(byte) || b":/?#[]@!&'()+,;=".contains(&byte)
}

fn spell(text: &[u8], special: bool) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let [byte, after @ ..] = rest {
        let escaped = octet(rest);
        rest = after.get(if escaped.is_some() { 2 } else { 0 }..).unwrap_or_default();
        match escaped {
            Some(octet) if is_unreserved(octet) => out.push(char::from(octet)),
            Some(octet) => push_escape(&mut out, octet),
            None => spell_byte(&mut out, *byte, special, rest.is_empty()),
        }
    }
    out
}

fn spell_byte(out: &mut String, byte: u8, special: bool, last: bool) {
    match byte {
        b'*' if special => {
            if !out.ends_with('*') {
                out.push('*');
            }
        }
        b'$' if special && last => out.push('$'),
        b'%' => out.push('%'),
        byte if is_plain(byte) => out.push(char::from(byte)),
        byte => push_escape(out, byte),
    }
}
