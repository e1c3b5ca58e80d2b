use sha2::{Digest, Sha256};

use super::{html, options, read_with, reader, targets};

#[test]
fn the_title_is_the_first_one_of_the_document() {
    for (markup, title) in [
        ("<title>A</title><title>B</title>", Some("A")),
        ("<TITLE>\n R&amp;D &mdash; <b>x</b>\t</TITLE>", Some("R&D \u{2014} <b>x</b>")),
        ("<svg><title>icon</title></svg><title>page</title>", Some("page")),
        ("<title></title><title>B</title>", None),
        ("<title>open", Some("open")),
        ("<script><title>no</title></script>", None),
        ("<!--<title>no</title>-->", None),
        ("<h1>no</h1>", None),
    ] {
        assert_eq!(html(markup).title.as_deref(), title, "{markup}");
    }
    let long = html(&format!("<title>{}{}</title>", " ".repeat(9999), "é".repeat(600)));
    assert_eq!(long.title, Some("é".repeat(500)));
}

#[test]
fn robots_directives_are_heard_from_headers_and_meta_for_us_and_for_all() {
    for (header, markup, nofollow, noindex) in [
        ("", "", false, false),
        ("nofollow", "", true, false),
        ("googlebot: none", "", false, false),
        ("googlebot: none, crawld: noindex", "", false, true),
        ("", "<meta name=Robots content='NOINDEX, nofollow'>", true, true),
        ("", "<meta content=none name='robots'>", true, true),
        ("", "<meta name=CRAWLD content=nofollow>", true, false),
        ("", "<meta name=googlebot content=none>", false, false),
        ("", "<meta property=robots content=none>", false, false),
        ("noindex", "<meta name=robots content='index, follow'>", false, true),
    ] {
        let headers = [("content-type", "text/html"), ("x-robots-tag", header)];
        let page = read_with(&headers, markup.as_bytes(), &options());
        assert_eq!((page.nofollow, page.noindex), (nofollow, noindex), "{header} {markup}");
    }
    // Two headers do not run into each other.
    let headers = [("x-robots-tag", "googlebot: noindex"), ("x-robots-tag", "nofollow")];
    let page = read_with(&headers, b"", &options());
    assert_eq!((page.nofollow, page.noindex), (true, false));
}

#[test]
fn a_page_without_links_and_text_but_with_scripts_looks_scripted() {
    let text = "word ".repeat(200);
    for (markup, scripted) in [
        ("<script src=a.js></script><div id=app></div>".to_owned(), true),
        ("<link rel=canonical href=/c><script></script>".to_owned(), true),
        (format!("<noscript>{text}<a href=/x></noscript><script></script>"), true),
        (format!("<script>{text}</script><style>{text}</style>"), true),
        (format!("<script></script><p>{text}</p>"), false),
        ("<script></script><a href=/x>".to_owned(), false),
        ("<div id=app></div>".to_owned(), false),
    ] {
        assert_eq!(html(&markup).looks_scripted, scripted, "{markup}");
    }
}

#[test]
fn only_html_is_read_but_every_body_is_measured() {
    let body = b"<a href=/x>";
    for (content_type, essence, reads) in [
        (Some("Text/HTML;charset=utf-8"), Some("text/html"), true),
        (Some("application/xhtml+xml"), Some("application/xhtml+xml"), true),
        (None, None, true),
        (Some("html"), None, true),
        (Some("*/*"), None, true),
        (Some("text/plain"), Some("text/plain"), false),
        (Some("image/svg+xml"), Some("image/svg+xml"), false),
        (Some("application/pdf"), Some("application/pdf"), false),
    ] {
        let headers: Vec<_> = content_type.map(|v| ("content-type", v)).into_iter().collect();
        assert_eq!(reader(&headers, &options()).wants_body(), reads, "{content_type:?}");
        let page = read_with(&headers, body, &options());
        assert_eq!(page.content_type.as_deref(), essence);
        assert_eq!(targets(&page).len(), usize::from(reads), "{content_type:?}");
        assert_eq!(page.charset.is_some(), reads);
        assert_eq!(page.bytes, 11);
        assert_eq!(page.digest, <[u8; 32]>::from(Sha256::digest(body)));
    }
}

#[test]
fn a_body_without_a_type_is_html_if_it_starts_like_markup() {
    for (body, reads) in [
        ("\n\t <a href=/x>", true),
        ("\u{feff}<a href=/x>", true),
        ("text <a href=/x>", false),
        ("{\"a\": \"<a href=/x>\"}", false),
        ("", false),
    ] {
        let page = read_with(&[], body.as_bytes(), &options());
        assert_eq!(targets(&page).len(), usize::from(reads), "{body}");
        assert_eq!(page.bytes, u64::try_from(body.len()).unwrap());
    }
}
