//! A body as text.

use encoding_rs::UTF_8;

use super::charset::labelled;
use super::fields;

/// The text of a body: by its byte order mark, else in `charset`, else in that of its content type
/// (names of headers are in lower case), else as UTF-8. What is malformed becomes U+FFFD.
#[must_use]
pub fn text(charset: Option<&str>, headers: &[(String, String)], body: &[u8]) -> String {
    let declared = headers.iter().find(|(name, _)| name == "content-type");
    let declared = declared.and_then(|(_, value)| fields::content_type(value)?.1);
    let encoding = charset.or(declared).and_then(labelled).unwrap_or(UTF_8);
    encoding.decode(body).0.into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_read_in_the_charset_that_it_was_sent_in() {
        let headers = |value: &str| vec![("content-type".to_owned(), value.to_owned())];
        let cyrillic = headers("application/json; charset=windows-1251");
        assert_eq!(text(None, &cyrillic, b"\"\xec\xe8\xf0\""), "\"мир\"");
        assert_eq!(text(Some("koi8-r"), &cyrillic, b"\xcd\xc9\xd2"), "мир");
        assert_eq!(text(None, &cyrillic, "\u{feff}мир".as_bytes()), "мир");
        assert_eq!(text(None, &headers("application/json"), "мир".as_bytes()), "мир");
        assert_eq!(text(None, &[], b"a\xffb"), "a\u{fffd}b");
    }
}
