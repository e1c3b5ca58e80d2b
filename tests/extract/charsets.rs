use encoding_rs::{Encoding, GB18030, SHIFT_JIS, UTF_8, WINDOWS_1251, WINDOWS_1252};

use super::{options, read_with, reader, targets};

/// Reads a page with this body; returns charset and title.
fn read(content_type: &str, body: &[u8]) -> (String, String) {
    let page = read_with(&[("content-type", content_type)], body, &options());
    (page.charset.unwrap(), page.title.unwrap_or_default())
}

fn encoded(encoding: &'static Encoding, text: &str) -> Vec<u8> {
    encoding.encode(text).0.into_owned()
}

fn utf16(text: &str, bytes: impl Fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(bytes).collect()
}

#[test]
fn the_charset_of_the_header_the_document_or_the_mark_is_used() {
    let (ru, ja, zh) = ("Пример страницы", "日本語のページ", "中文网页示例");
    for (encoding, name, text) in [
        (WINDOWS_1251, "windows-1251", ru),
        (SHIFT_JIS, "shift_jis", ja),
        (GB18030, "gb18030", zh),
        (UTF_8, "utf-8", ja),
    ] {
        let expected = (name.to_owned(), text.to_owned());
        let body = encoded(encoding, &format!("<title>{text}</title>"));
        assert_eq!(read(&format!("text/html; charset=\"{name}\""), &body), expected);
        let body = encoded(encoding, &format!("<meta charset={name}><title>{text}</title>"));
        assert_eq!(read("text/html", &body), expected);
    }
    let text = format!("\u{feff}<title>{ru}</title>");
    for (bytes, name) in [
        (utf16(&text, u16::to_le_bytes), "utf-16le"),
        (utf16(&text, u16::to_be_bytes), "utf-16be"),
        (text.clone().into_bytes(), "utf-8"),
    ] {
        assert_eq!(read("text/html", &bytes), (name.to_owned(), ru.to_owned()));
    }
}

#[test]
fn of_conflicting_declarations_the_mark_wins_then_the_header_then_the_document() {
    let body = "<meta charset=koi8-r><title>Ж</title>";
    let marked = format!("\u{feff}{body}");
    let ours = |charset: &str| (charset.to_owned(), "Ж".to_owned());
    assert_eq!(read("text/html; charset=koi8-r", marked.as_bytes()), ours("utf-8"));
    let cyrillic = encoded(WINDOWS_1251, body);
    assert_eq!(read("text/html; charset=windows-1251", &cyrillic), ours("windows-1251"));
    // A label that nobody knows declares nothing.
    let koi8 = encoded(encoding_rs::KOI8_R, body);
    assert_eq!(read("text/html; charset=nonsense", &koi8), ours("koi8-r"));
    // UTF-16 cannot be what a readable document declares.
    let meta = "<meta charset=utf-16><title>Ж</title>";
    assert_eq!(read("text/html", meta.as_bytes()), ours("utf-8"));
}

#[test]
fn a_charset_that_nobody_declares_is_detected() {
    let text = "Это обычная страница на русском языке, где ничего не сказано о кодировке.";
    let body = format!("<title>{text}</title><p>{text}</p>");
    let (charset, title) = read("text/html", &encoded(WINDOWS_1251, &body));
    assert_eq!((charset.as_str(), title.as_str()), ("windows-1251", text));
    let (charset, title) = read("text/html", body.as_bytes());
    assert_eq!((charset.as_str(), title.as_str()), ("utf-8", text));
    let latin = encoded(WINDOWS_1252, "<title>Ein schöner Gruß aus Köln über die Straße</title>");
    assert_eq!(read("text/html", &latin).0, "windows-1252");
    assert_eq!(read("text/html", b"<title>ascii</title>").0, "utf-8");
}

#[test]
fn a_query_is_encoded_in_the_charset_of_its_page() {
    let body = encoded(WINDOWS_1251, "<a href='/п?q=пи'>");
    let page = read_with(&[("content-type", "text/html; charset=cp1251")], &body, &options());
    assert_eq!(targets(&page), ["/%D0%BF?q=%EF%E8"]);
}

#[test]
fn a_character_cut_by_the_end_of_a_chunk_stays_whole() {
    for (charset, encoding) in [("shift_jis", SHIFT_JIS), ("gb18030", GB18030), ("utf-8", UTF_8)] {
        let body = encoded(encoding, "<title>日本語</title><a href='/日本'>");
        let content_type = format!("text/html; charset={charset}");
        let mut reader = reader(&[("content-type", content_type.as_str())], &options());
        for byte in &body {
            reader.feed(&[*byte]);
        }
        let page = reader.finish();
        assert_eq!(page.title.as_deref(), Some("日本語"), "{charset}");
        assert_eq!(targets(&page), ["/%E6%97%A5%E6%9C%AC"], "{charset}");
    }
}

#[test]
fn broken_utf8_is_replaced_not_refused() {
    let body = b"<title>a\xffb</title><a href='/x\xff'><a href=/y>";
    let page = read_with(&[("content-type", "text/html; charset=utf-8")], body, &options());
    assert_eq!(page.title.as_deref(), Some("a\u{fffd}b"));
    assert_eq!(targets(&page), ["/x%EF%BF%BD", "/y"]);
}
