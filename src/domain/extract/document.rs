//! A document that is in memory, as text.

use encoding_rs::{Encoding, UTF_8};

use super::super::url::CanonicalUrl;
use super::charset::labelled;
use super::fields;
use super::intake::Intake;

/// A document as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// Media type, lower case, without parameters.
    pub content_type: Option<String>,
    /// The charset it came in.
    pub charset: &'static Encoding,
    /// The text.
    pub text: String,
}

/// Decodes a body whose content codings are undone, as [`PageReader`](super::PageReader) does. JSON
/// is UTF-8 unless a byte order mark or the header says otherwise. `content_type`: the header.
#[must_use]
pub fn document(url: &CanonicalUrl, content_type: Option<&str>, body: &[u8]) -> Document {
    let given = content_type.and_then(fields::content_type);
    let declared = given.as_ref().and_then(|(_, charset)| labelled((*charset)?));
    let essence = given.map(|(essence, _)| essence);
    let json = essence.as_deref().is_some_and(is_json);
    let declared = declared.or_else(|| json.then_some(UTF_8));
    let tld = url.host().rsplit_once('.').map(|(_, tld)| tld.to_owned());
    let (mut charset, mut bytes) = (UTF_8, Vec::with_capacity(body.len()));
    let mut take = |utf8: &[u8], found: &'static Encoding| {
        charset = found;
        bytes.extend_from_slice(utf8);
    };
    let mut intake = Intake::new(declared, tld);
    intake.feed(body, &mut take);
    intake.finish(&mut take);
    let text = match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
    };
    Document { content_type: essence, charset, text }
}

/// Is this media type one of JSON?
pub(in crate::domain) fn is_json(essence: &str) -> bool {
    matches!(essence, "application/json" | "text/json") || essence.ends_with("+json")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_decoded_by_mark_header_declaration_or_what_it_is() {
        let url = CanonicalUrl::parse("http://a.test/").unwrap();
        let read = |header: Option<&str>, body: &[u8]| {
            let text = document(&url, header, body);
            (text.text, text.charset.name())
        };
        let cyrillic: &[u8] = b"<meta charset=windows-1251>\xef\xf0\xe8";
        assert!(read(None, cyrillic).0.ends_with("при"));
        assert_eq!(read(Some("text/html; charset=koi8-r"), b"\xd0").0, "п");
        assert_eq!(read(Some("application/ld+json"), "\u{feff}[1]".as_bytes()).0, "[1]");
        assert_eq!(read(Some("application/json"), b"[\"\xff\"]").0, "[\"\u{fffd}\"]");
        assert_eq!(read(None, b"").0, "");
    }
}
