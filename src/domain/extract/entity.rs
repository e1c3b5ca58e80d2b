//! Character references (WHATWG HTML, 13.2.5.72 to 13.2.5.80).

use std::borrow::Cow;

use encoding_rs::WINDOWS_1252;
use html_escape::NAMED_ENTITIES;

/// Longer names are no references.
const LONGEST: usize = 32;

/// Names that need no semicolon: history obliges.
const BARE: [&str; 106] = [
    "AElig", "AMP", "Aacute", "Acirc", "Agrave", "Aring", "Atilde", "Auml", "COPY", "Ccedil",
    "ETH", "Eacute", "Ecirc", "Egrave", "Euml", "GT", "Iacute", "Icirc", "Igrave", "Iuml", "LT",
    "Ntilde", "Oacute", "Ocirc", "Ograve", "Oslash", "Otilde", "Ouml", "QUOT", "REG", "THORN",
    "Uacute", "Ucirc", "Ugrave", "Uuml", "Yacute", "aacute", "acirc", "acute", "aelig", "agrave",
    "amp", "aring", "atilde", "auml", "brvbar", "ccedil", "cedil", "cent", "copy", "curren", "deg",
    "divide", "eacute", "ecirc", "egrave", "eth", "euml", "frac12", "frac14", "frac34", "gt",
    "iacute", "icirc", "iexcl", "igrave", "iquest", "iuml", "laquo", "lt", "macr", "micro",
    "middot", "nbsp", "not", "ntilde", "oacute", "ocirc", "ograve", "ordf", "ordm", "oslash",
    "otilde", "ouml", "para", "plusmn", "pound", "quot", "raquo", "reg", "sect", "shy", "sup1",
    "sup2", "sup3", "szlig", "thorn", "times", "uacute", "ucirc", "ugrave", "uml", "uuml",
    "yacute", "yen", "yuml",
];

/// Where the text stands: in attributes `&copy=1` stays as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Context {
    /// In an attribute's value.
    Attribute,
    /// Between tags.
    Text,
}

/// Decodes every character reference.
pub(super) fn decode(text: &str, context: Context) -> Cow<'_, str> {
    let Some(first) = text.find('&') else {
        return Cow::Borrowed(text);
    };
    let (before, mut rest) = text.split_at(first);
    let mut decoded = String::with_capacity(text.len());
    decoded.push_str(before);
    while let Some(behind) = rest.strip_prefix('&') {
        let (value, length) = reference(behind, context).unwrap_or((Cow::Borrowed("&"), 0));
        decoded.push_str(&value);
        let tail = behind.get(length..).unwrap_or_default();
        let (plain, next) = tail.split_at(tail.find('&').unwrap_or(tail.len()));
        decoded.push_str(plain);
        rest = next;
    }
    Cow::Owned(decoded)
}

/// The reference behind a `&`: what it stands for and its length.
fn reference(behind: &str, context: Context) -> Option<(Cow<'static, str>, usize)> {
    if let Some(number) = behind.strip_prefix('#') {
        let (value, length) = numeric(number)?;
        return Some((Cow::Owned(value), length + 1));
    }
    let run = behind.bytes().take(LONGEST).take_while(u8::is_ascii_alphanumeric).count();
    let name = behind.get(..run)?;
    if behind.as_bytes().get(run) == Some(&b';')
        && let Some(value) = named(name)
    {
        return Some((Cow::Borrowed(value), run + 1));
    }
    let bare = (2..=run.min(6))
        .rev()
        .find_map(|n| behind.get(..n).filter(|bare| BARE.binary_search(bare).is_ok()))?;
    let next = behind.as_bytes().get(bare.len());
    let part_of_word = next.is_some_and(|b| *b == b'=' || b.is_ascii_alphanumeric());
    if context == Context::Attribute && part_of_word {
        return None;
    }
    named(bare).map(|value| (Cow::Borrowed(value), bare.len()))
}

fn named(name: &str) -> Option<&'static str> {
    if name == "amp" {
        return Some("&");
    }
    let at = NAMED_ENTITIES.binary_search_by(|(known, _)| (*known).cmp(name.as_bytes())).ok()?;
    NAMED_ENTITIES.get(at).map(|(_, value)| *value)
}

fn numeric(number: &str) -> Option<(String, usize)> {
    let (digits, prefix, radix) = match number.strip_prefix(['x', 'X']) {
        Some(digits) => (digits, 1, 16),
        None => (number, 0, 10),
    };
    let length = digits.chars().take_while(|c| c.is_digit(radix)).count();
    let digits = digits.get(..length).filter(|digits| !digits.is_empty())?;
    let semicolon = usize::from(number.as_bytes().get(prefix + length) == Some(&b';'));
    let value = u32::from_str_radix(digits, radix).unwrap_or(u32::MAX);
    Some((character(value).to_string(), prefix + length + semicolon))
}

fn character(value: u32) -> char {
    match u8::try_from(value) {
        Ok(0) => char::REPLACEMENT_CHARACTER,
        Ok(byte @ 0x80..=0x9f) => {
            let byte = [byte];
            let (text, _) = WINDOWS_1252.decode_without_bom_handling(&byte);
            text.chars().next().unwrap_or(char::REPLACEMENT_CHARACTER)
        }
        _ => char::from_u32(value).unwrap_or(char::REPLACEMENT_CHARACTER),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_keep_what_looks_like_a_parameter() {
        for (raw, attribute, text) in [
            ("a&amp;b", "a&b", "a&b"),
            ("?a=1&copy=2", "?a=1&copy=2", "?a=1\u{a9}=2"),
            ("?a=1&copy;2", "?a=1\u{a9}2", "?a=1\u{a9}2"),
            ("?a=1&copy", "?a=1\u{a9}", "?a=1\u{a9}"),
            ("&notit;", "&notit;", "\u{ac}it;"),
            ("&notin;", "\u{2209}", "\u{2209}"),
            ("&#47;&#x2F;&#X2f", "///", "///"),
            (
                "&#0;&#x110000;&#xD800;&#99999999999;",
                "\u{fffd}\u{fffd}\u{fffd}\u{fffd}",
                "\u{fffd}\u{fffd}\u{fffd}\u{fffd}",
            ),
            ("&#150;&#x80;", "\u{2013}\u{20ac}", "\u{2013}\u{20ac}"),
            ("&&;&#;&#x;&nonsense; &", "&&;&#;&#x;&nonsense; &", "&&;&#;&#x;&nonsense; &"),
            ("&ampere", "&ampere", "&ere"),
        ] {
            assert_eq!(decode(raw, Context::Attribute), attribute, "attribute {raw}");
            assert_eq!(decode(raw, Context::Text), text, "text {raw}");
        }
    }

    #[test]
    fn every_bare_name_is_known_and_findable() {
        assert!(BARE.is_sorted());
        assert!(BARE.iter().all(|name| named(name).is_some()));
    }
}
