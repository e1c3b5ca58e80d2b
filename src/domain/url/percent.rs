//! Percent-encoding as RFC 3986 has it (sections 2.1 to 2.3 and 6.2.2).

const DIGITS: &[u8; 16] = b"0123456789ABCDEF";

/// Is the octet a letter, digit, `-`, `.`, `_` or `~`, so that its escape means the same as itself?
pub(in crate::domain) fn is_unreserved(octet: u8) -> bool {
    octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'.' | b'_' | b'~')
}

/// The octet that the escape at the start of `text` stands for; `None` when there is no escape.
pub(in crate::domain) fn octet(text: &[u8]) -> Option<u8> {
    let [b'%', high, low, ..] = text else { return None };
    Some(hex(*high)? << 4 | hex(*low)?)
}

fn hex(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

/// Writes the octet as an escape with upper-case digits.
pub(in crate::domain) fn push_escape(out: &mut String, octet: u8) {
    let digit = |at: u8| char::from(DIGITS.get(usize::from(at)).copied().unwrap_or_default());
    out.extend(['%', digit(octet >> 4), digit(octet & 15)]);
}

/// Would [`normalise`] certainly leave the text as it is? Costs one search for `%`.
pub(super) fn is_normal(text: &str) -> bool {
    text.match_indices('%').all(|(at, _)| {
        let escape = text.as_bytes().get(at..).unwrap_or_default();
        octet(escape).is_none_or(|octet| {
            !is_unreserved(octet) && !escape.iter().take(3).any(u8::is_ascii_lowercase)
        })
    })
}

/// Escapes get upper-case digits, those of unreserved octets are decoded. A `%` that begins no
/// escape stays as it is, and nothing within its reach is decoded: `%%34%31` must not become the
/// escape `%41`, which it is not.
pub(in crate::domain) fn normalise(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut decode_from = 0;
    let mut rest = text;
    while let Some(at) = rest.find('%') {
        let (plain, tail) = rest.split_at(at);
        out.push_str(plain);
        let used = match octet(tail.as_bytes()) {
            Some(octet) if is_unreserved(octet) && out.len() >= decode_from => {
                out.push(char::from(octet));
                3
            }
            Some(octet) => {
                push_escape(&mut out, octet);
                3
            }
            None => {
                decode_from = out.len() + 3;
                out.push('%');
                1
            }
        };
        rest = tail.get(used..).unwrap_or_default();
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unreserved_octets_are_decoded_and_the_rest_is_written_in_upper_case() {
        for (text, normal) in [
            ("/%7euser/%41%2d%5f", "/~user/A-_"),
            ("/%e3%83%84", "/%E3%83%84"),
            ("/a%2fb%3fc%23d%26e%3d", "/a%2Fb%3Fc%23d%26e%3D"),
            ("/%00%0a%7f%20", "/%00%0A%7F%20"),
            ("/%2541", "/%2541"),
            ("/100%", "/100%"),
            ("/%4", "/%4"),
            ("/%zz%41", "/%zzA"),
        ] {
            assert_eq!(normalise(text), normal, "{text}");
        }
    }

    #[test]
    fn a_lone_percent_sign_never_becomes_an_escape() {
        for (text, normal) in [
            ("/%%34%31", "/%%341"),
            ("/%4%31", "/%4%31"),
            ("/%%341", "/%%341"),
            ("/%%%34%31", "/%%%341"),
            ("/%zz%34%31", "/%zz41"),
        ] {
            assert_eq!(normalise(text), normal);
            assert_eq!(normalise(normal), normal);
        }
    }

    #[test]
    fn a_text_called_normal_is_left_alone() {
        for text in ["/", "/a?b=%20", "/%E3%83%84", "/100%", "/%4"] {
            assert!(is_normal(text), "{text}");
            assert_eq!(normalise(text), text);
        }
        for text in ["/%7e", "/%41", "/%e3"] {
            assert!(!is_normal(text), "{text}");
        }
    }
}
