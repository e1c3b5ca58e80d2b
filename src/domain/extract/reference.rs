//! A reference as written in a document, made ready for resolving.

use std::borrow::Cow;
use std::fmt::Write;

use encoding_rs::{Encoding, UTF_8};

use super::entity::{Context, decode};

/// An attribute's value: UTF-8, character references decoded.
pub(super) fn attribute(raw: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = std::str::from_utf8(raw) {
        return decode(text, Context::Attribute);
    }
    let text = String::from_utf8_lossy(raw);
    Cow::Owned(decode(&text, Context::Attribute).into_owned())
}

/// The reference without surrounding space, if it can lead to another page: not empty, not a mere
/// fragment, and without a scheme other than http and https.
pub(in crate::domain) fn worth(reference: &str) -> Option<&str> {
    let reference = reference.trim_matches(|c: char| c <= ' ');
    if reference.is_empty() || reference.starts_with('#') {
        return None;
    }
    let mark = reference.bytes().position(|b| matches!(b, b':' | b'/' | b'?' | b'#'));
    match mark.and_then(|at| reference.split_at_checked(at)) {
        Some((scheme, rest)) if rest.starts_with(':') => {
            let http = scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https");
            (http || !is_scheme(scheme)).then_some(reference)
        }
        _ => Some(reference),
    }
}

/// Tabs and line ends inside are passed over, as in resolving.
fn is_scheme(word: &str) -> bool {
    let ignored = |b: &u8| matches!(b, b'\t' | b'\n' | b'\r');
    word.starts_with(|c: char| c.is_ascii_alphabetic())
        && word
            .bytes()
            .filter(|b| !ignored(b))
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'))
}

/// The reference with its query percent-encoded in the document's own charset, as browsers send it
/// (WHATWG URL, "percent-encode after encoding"). Only charsets other than UTF-8 need it.
pub(in crate::domain) fn with_query_in<'a>(
    charset: &'static Encoding,
    reference: &'a str,
) -> Cow<'a, str> {
    if charset == UTF_8 || reference.is_ascii() {
        return Cow::Borrowed(reference);
    }
    let end = reference.find('#').unwrap_or(reference.len());
    let query = reference.find('?').filter(|at| *at < end);
    let parts = query.and_then(|at| Some((reference.get(..at)?, reference.get(at..end)?)));
    match parts {
        Some((before, query)) if !query.is_ascii() && charset.output_encoding() != UTF_8 => {
            let mut encoded = String::from(before);
            for c in query.chars() {
                push_encoded(charset, c, &mut encoded);
            }
            Cow::Owned(encoded)
        }
        _ => Cow::Borrowed(reference),
    }
}

fn push_encoded(charset: &'static Encoding, c: char, into: &mut String) {
    if c.is_ascii() {
        into.push(c);
        return;
    }
    let mut utf8 = [0; 4];
    // A character that the charset lacks becomes `&#NNN;`, which must not end the query.
    let (bytes, _, _) = charset.encode(c.encode_utf8(&mut utf8));
    for byte in bytes.iter() {
        // Writing to a String cannot fail.
        write!(into, "%{byte:02X}").unwrap_or_default();
    }
}

#[cfg(test)]
mod tests {
    use encoding_rs::{UTF_16LE, WINDOWS_1251};

    use super::*;

    #[test]
    fn only_references_that_can_lead_to_a_page_are_worth_resolving() {
        for yes in ["a", " /b\n", "//host/", "?q=1", "http:x", "HTTPS://e/", "a/b:c", "1:2", "?x:y"]
        {
            assert_eq!(worth(yes), Some(yes.trim()), "{yes}");
        }
        for no in
            ["", "  ", "#top", "javascript:void(0)", "MAILTO:x@y", "tel:1", "data:,x", "x-y.z+1:"]
        {
            assert_eq!(worth(no), None, "{no}");
        }
    }

    #[test]
    fn a_query_is_encoded_in_the_documents_charset() {
        assert_eq!(with_query_in(WINDOWS_1251, "/п?q=пи&b#п"), "/п?q=%EF%E8&b");
        assert_eq!(with_query_in(WINDOWS_1251, "?q=€中"), "?q=%88%26%23%32%30%30%31%33%3B");
        assert_eq!(with_query_in(UTF_16LE, "?q=п"), "?q=п");
        assert_eq!(with_query_in(WINDOWS_1251, "#?п"), "#?п");
    }
}
