//! Bodies that are large, deep, mislabelled or binary.

use std::fmt::Write as _;

use crate::case::End::{Done, Excluded, Failed};
use crate::case::{Case, answer, html, page};

const UTF_8: &str = "text/html; charset=utf-8";

pub(crate) fn cases() -> Vec<Case> {
    [large(), charsets(), types(), markup()].into_iter().flatten().collect()
}

fn large() -> Vec<Case> {
    let mut links = String::from("<title>links</title><a href=/found/among-100000>x</a>");
    for n in 0..100_000 {
        write!(links, "<a href=//elsewhere.example/{n}>x</a>").unwrap();
    }
    let same = "<a href='?x#f'></a>".repeat(100_000);
    let nested =
        format!("<title>nested</title>{}<a href=/found/nested>x</a>", "<div><b>".repeat(50_000));
    let quotes = "<p a'>\"".repeat(100_000);
    let open = format!("<title>open</title>{quotes}<a href=/found/open>x</a>");
    let attribute = "x".repeat(1_000_000);
    let attribute = format!("<title>long</title><p title='{attribute}'><a href=/found/long>x</a>");
    let text = format!("<title>text</title>{}<a href=/found/text>x</a>", "word ".repeat(2_000_000));
    let nul = format!("<title>nul</title>{}<a href=/found/nul>x</a>", "\0".repeat(1_000_000));
    let url = format!("<title>url</title><a href=/long/{}>x</a>", "x".repeat(64_000));
    let long = format!("/long/{}", "x".repeat(64_000));
    let of = |path: &str, what, title, body: String| {
        Case::new(path, what, vec![html(UTF_8, body)], Done).titled(title)
    };
    vec![
        of("/body/links", "has 100,000 links", "links", links).to("/found/among-100000", Done),
        of("/body/same", "has 100,000 links to one page", "same", {
            format!("<title>same</title>{same}")
        })
        .to("/body/same?x", Done),
        of("/body/nested", "nests 100,000 elements", "nested", nested).to("/found/nested", Done),
        of("/body/open", "opens 100,000 elements and quotes", "open", open).to("/found/open", Done),
        of("/body/attribute", "has an attribute of 1 MB", "long", attribute)
            .to("/found/long", Done),
        of("/body/text", "has 10 MB of text", "text", text).to("/found/text", Done),
        of("/body/nul", "has a million NULs", "nul", nul).to("/found/nul", Done),
        of("/body/url", "links a URL of 64 kB", "url", url).to(&long, Excluded("trap_length")),
        Case::new("/body/large", "has 11 MiB", vec![html(UTF_8, vec![b' '; 11 << 20])], {
            Failed("too_large")
        }),
        Case::new("/body/empty", "is empty", vec![html(UTF_8, "")], Done),
    ]
}

fn charsets() -> Vec<Case> {
    let of = |path: &str, what, content_type, body: &[u8], title| {
        Case::new(path, what, vec![html(content_type, body)], Done).titled(title)
    };
    let wide: Vec<u8> = "\u{feff}<title>wide</title><a href=/found/wide>x</a>"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let cyrillic = b"<title>\xcf\xf0\xe8\xe2\xe5\xf2</title><a href=/found/\xec?q=\xec>x</a>";
    let marked = b"\xef\xbb\xbf<title>\xc3\xa9</title>";
    let meta = b"<meta charset=shift_jis><title>\x93\xfa\x96\x7b</title>";
    let lies = b"<meta charset=koi8-r><title>\xc3\xa9</title>";
    vec![
        of("/charset/utf-16", "is UTF-16 that is called UTF-8", UTF_8, &wide, "wide")
            .to("/found/wide", Done),
        of("/charset/1251", "is windows-1251", "text/html; charset=windows-1251", cyrillic, {
            "Привет"
        })
        .to("/found/%D0%BC?q=%EC", Done),
        of(
            "/charset/mark",
            "has a UTF-8 mark but is called big5",
            "text/html; charset=big5",
            marked,
            "é",
        ),
        of("/charset/meta", "declares shift_jis itself", "text/html", meta, "日本"),
        of(
            "/charset/gb18030",
            "is gb18030",
            "text/html; charset=gb18030",
            b"<title>\xd6\xd0\xce\xc4</title>",
            "中文",
        ),
        of("/charset/conflict", "is UTF-8 by header, koi8-r by itself", UTF_8, lies, "é"),
        of(
            "/charset/unknown",
            "is in a charset that nobody knows",
            "text/html; charset=martian",
            b"<title>plain</title>",
            "plain",
        ),
        of(
            "/charset/invalid",
            "is UTF-8 with invalid bytes",
            UTF_8,
            b"<title>a\xff\xfeb\xc3</title>",
            "a\u{fffd}\u{fffd}b\u{fffd}",
        ),
    ]
}

fn types() -> Vec<Case> {
    let scattered = |n: u32| n.wrapping_mul(2_654_435_761).to_le_bytes()[3];
    // Without '<', lest chance makes a link.
    let binary: Vec<u8> = (0..50_000).map(scattered).filter(|byte| *byte != b'<').collect();
    let links = "<title>no</title><a href=/no>x</a>";
    let of = |path: &str, what, headers: &str, body: &[u8]| {
        Case::new(path, what, vec![answer("200 OK", headers, body)], Done)
    };
    vec![
        of("/type/binary", "calls random bytes HTML", "Content-Type: text/html\r\n", &binary),
        of("/type/image", "calls HTML an image", "Content-Type: image/png\r\n", links.as_bytes()),
        of("/type/odd", "has a content type of signs", "Content-Type: ;;=/,\r\n", b"text"),
        of("/type/none", "has no content type", "", b"<title>guessed</title>").titled("guessed"),
        of(
            "/type/attachment",
            "is a download",
            "Content-Type: application/octet-stream\r\nContent-Disposition: attachment\r\n",
            links.as_bytes(),
        ),
    ]
}

fn markup() -> Vec<Case> {
    let of = |path: &str, what, title: &'static str, markup: &str| {
        Case::new(path, what, vec![page(title, markup)], Done).titled(title)
    };
    vec![
        of("/markup/comment", "leaves a comment open", "comment", "<!-- <a href=/no>x</a>"),
        of("/markup/script", "writes links in a script", "script", {
            "<script>'<a href=/no>'</script><a href=/found/script>x</a>"
        })
        .to("/found/script", Done),
        of("/markup/base", "has a script as base", "base", {
            "<base href='javascript:x'><a href=/found/base>x</a>"
        })
        .to("/found/base", Done),
        of("/markup/base-away", "has its base elsewhere", "away", {
            "<base href=//elsewhere.example/><a href=no>x</a>"
        }),
        of("/markup/nofollow", "asks not to be followed", "nofollow", {
            "<meta name=robots content='nofollow, noindex'><a href=/no>x</a>"
        }),
    ]
}
