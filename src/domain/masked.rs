//! URLs as they may be shown: without what in their query has the name of a secret. (As keys of the
//! store they stay what they are.)

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

use super::credentials::names_a_secret;

/// What stands for a secret.
pub const MASK: &str = "***";

/// A URL, or a template of one, with the secrets of its query masked.
#[must_use]
pub fn masked(url: &str) -> Cow<'_, str> {
    mask(url, |_| false, &[])
}

/// A text with the secrets in the queries of its URLs masked.
#[must_use]
pub fn masked_in(text: &str) -> Cow<'_, str> {
    // What may follow a URL is none of it.
    let ends = |c: char| c.is_whitespace() || matches!(c, '"' | '<' | '>');
    mask(text, ends, &[')', ']', ',', ';', '.', ':', '\''])
}

fn mask<'t>(text: &'t str, ends: fn(char) -> bool, follow: &[char]) -> Cow<'t, str> {
    if !text.contains('?') {
        return Cow::Borrowed(text);
    }
    let (mut clean, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(at) = rest.find(['?', '&']) {
        let (before, after) = rest.split_at(at + 1);
        clean.push_str(before);
        rest = after;
        let parts = |c: char| matches!(c, '=' | '&' | '?' | '#') || ends(c);
        let (name, value) = after.split_at(after.find(parts).unwrap_or(after.len()));
        if value.starts_with('=') && names_a_secret(&percent_decode_str(name).decode_utf8_lossy()) {
            let over = |c: char| matches!(c, '&' | '#') || ends(c);
            let (secret, after) = value.split_at(value.find(over).unwrap_or(value.len()));
            let more = secret.split_at(secret.trim_end_matches(follow).len()).1;
            clean.extend([name, "=", MASK, more]);
            rest = after;
        }
    }
    clean.push_str(rest);
    Cow::Owned(clean)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_the_name_of_a_secret_is_masked_and_nothing_else() {
        for (url, shown) in [
            ("http://h/?q=a", "http://h/?q=a"),
            ("http://h/token=a", "http://h/token=a"),
            (
                "http://h/?api_key=a&q={query}&X-Token=b#f",
                "http://h/?api_key=***&q={query}&X-Token=***#f",
            ),
            ("http://h/?a=1&to%6Ben=s?t'u,;", "http://h/?a=1&to%6Ben=***"),
            ("http://h/?next=http://i/?password=p", "http://h/?next=http://i/?password=***"),
            ("http://h/?monkey=a&token&key=", "http://h/?monkey=a&token&key=***"),
        ] {
            assert_eq!(masked(url), shown);
        }
    }

    #[test]
    fn a_text_loses_the_secrets_of_its_urls_and_keeps_its_words() {
        for (text, shown) in [
            ("what is a token=? b", "what is a token=? b"),
            ("url=http://h/?key=s&q=a try 1: x", "url=http://h/?key=***&q=a try 1: x"),
            (
                "asks (http://h/?key=s); a \"http://h/?auth=s\"",
                "asks (http://h/?key=***); a \"http://h/?auth=***\"",
            ),
            ("Location 'http://h/?key=s': no", "Location 'http://h/?key=***': no"),
            ("why? key = s & token", "why? key = s & token"),
        ] {
            assert_eq!(masked_in(text), shown);
        }
    }
}
