//! The charset of a document: byte order mark, header, declaration in the document, detection.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252, X_USER_DEFINED};

use super::attributes::Attributes;
use super::fields::meta_charset;
use super::reference::attribute;
use super::tag::Tag;
use super::tokenizer::{Sink, Tokenizer};

/// Enough for a byte order mark.
const MARK: usize = 3;
/// A declaration must stand among the first bytes (WHATWG HTML, 13.2.3.2).
const DECLARATION: usize = 1024;
/// Detection reads no more: it is slow (about 0.1 µs per byte).
const DETECTION: usize = 16 * 1024;

/// What the first bytes say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Choice {
    /// It takes this many bytes to tell.
    Needs(usize),
    /// This charset, after a byte order mark of so many bytes.
    Is(&'static Encoding, usize),
}

/// Chooses by the first bytes of a document. `last`: they are all there is. `tld` is the host's
/// last label, a hint for detection. However the document was cut, the answer is the same.
pub(super) fn choose(
    head: &[u8],
    last: bool,
    declared: Option<&'static Encoding>,
    tld: Option<&str>,
) -> Choice {
    let enough = |n: usize| last || head.len() >= n;
    if !enough(MARK) {
        return Choice::Needs(MARK);
    }
    if let Some((encoding, length)) = Encoding::for_bom(head) {
        return Choice::Is(encoding, length);
    }
    if let Some(encoding) = declared {
        return Choice::Is(encoding, 0);
    }
    if !enough(DECLARATION) {
        return Choice::Needs(DECLARATION);
    }
    if let Some(encoding) = prescan(first(head, DECLARATION)) {
        return Choice::Is(encoding, 0);
    }
    if !enough(DETECTION) {
        return Choice::Needs(DETECTION);
    }
    Choice::Is(detect(first(head, DETECTION), last && head.len() <= DETECTION, tld), 0)
}

fn first(bytes: &[u8], n: usize) -> &[u8] {
    bytes.get(..n).unwrap_or(bytes)
}

/// The encoding with this label, unless nothing is to be decoded in it.
pub(super) fn labelled(label: &str) -> Option<&'static Encoding> {
    Encoding::for_label_no_replacement(label.as_bytes())
}

/// What the document declares itself.
fn prescan(head: &[u8]) -> Option<&'static Encoding> {
    match head {
        [b'<', 0, b'?', 0, b'x', 0, ..] => return Some(UTF_16LE),
        [0, b'<', 0, b'?', 0, b'x', ..] => return Some(UTF_16BE),
        _ => {}
    }
    let mut sink = Declaration(None);
    let mut tokenizer = Tokenizer::new(false);
    tokenizer.feed(head, &mut sink);
    tokenizer.finish(&mut sink);
    let encoding = xml_declaration(head).or(sink.0)?;
    // A declaration that can be read cannot be in UTF-16.
    Some(match encoding {
        e if e == UTF_16LE || e == UTF_16BE => UTF_8,
        e if e == X_USER_DEFINED => WINDOWS_1252,
        e => e,
    })
}

fn xml_declaration(head: &[u8]) -> Option<&'static Encoding> {
    let inside = head.strip_prefix(b"<?xml")?.split(|&b| b == b'>').next()?;
    let [label] = Attributes::new(inside).pick(["encoding"]);
    labelled(&attribute(label?))
}

/// The first charset that a `<meta>` declares.
struct Declaration(Option<&'static Encoding>);

impl Sink for Declaration {
    fn reads(&self, tag: Tag) -> bool {
        tag == Tag::Meta && self.0.is_none()
    }

    fn start(&mut self, tag: Tag, attributes: Attributes<'_>, _foreign: bool) {
        if !self.reads(tag) {
            return;
        }
        let [charset, equiv, content] = attributes.pick(["charset", "http-equiv", "content"]);
        self.0 = match (charset, equiv, content) {
            (Some(label), _, _) => labelled(attribute(label).trim()),
            (_, Some(equiv), Some(content)) if equiv.eq_ignore_ascii_case(b"content-type") => {
                meta_charset(&attribute(content)).and_then(labelled)
            }
            _ => None,
        };
    }

    fn end(&mut self, _tag: Tag) {}

    fn text(&mut self, _text: &[u8]) {}
}

fn detect(head: &[u8], whole: bool, tld: Option<&str>) -> &'static Encoding {
    let valid = match std::str::from_utf8(head) {
        Ok(_) => true,
        // The last character may be cut off.
        Err(e) => e.error_len().is_none() && !whole,
    };
    if valid {
        return UTF_8;
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(head, whole);
    let plain = |tld: &&str| tld.bytes().all(|b| b.is_ascii_lowercase());
    detector.guess(tld.filter(plain).map(str::as_bytes), Utf8Detection::Deny)
}

#[cfg(test)]
mod tests {
    use encoding_rs::{KOI8_R, WINDOWS_1251};

    use super::*;

    #[test]
    fn a_document_declares_its_charset_outside_of_comments_and_scripts() {
        for (head, expected) in [
            ("<meta charset=koi8-r>", Some(KOI8_R)),
            ("<html><head><meta\ncharset='windows-1251'/>", Some(WINDOWS_1251)),
            (
                "<META content='text/html; charset=cp1251' HTTP-EQUIV=Content-Type>",
                Some(WINDOWS_1251),
            ),
            ("<meta content='text/html; charset=cp1251'>", None),
            ("<!--<meta charset=koi8-r>--><meta charset=x-cp1251>", Some(WINDOWS_1251)),
            ("<script>'<meta charset=koi8-r>'</script>", None),
            ("<meta charset=nonsense><meta charset=koi8-r>", Some(KOI8_R)),
            ("<meta charset=utf-16>", Some(UTF_8)),
            ("<meta charset=x-user-defined>", Some(WINDOWS_1252)),
            ("<?xml version='1.0' encoding=\"KOI8-R\"?><html>", Some(KOI8_R)),
            ("<meta charset=koi8-r", None),
            ("<", None),
        ] {
            assert_eq!(prescan(head.as_bytes()), expected, "{head}");
        }
        assert_eq!(prescan(b"<\0?\0x\0"), Some(UTF_16LE));
    }

    #[test]
    fn what_is_valid_utf8_is_utf8_and_a_cut_character_does_not_change_that() {
        let mut text = "a".repeat(DETECTION - 1);
        text.push_str("éé");
        let choice = choose(text.as_bytes(), false, None, None);
        assert_eq!(choice, Choice::Is(UTF_8, 0));
        assert_ne!(choose(b"\xe9", true, None, None), Choice::Is(UTF_8, 0));
    }
}
