use std::fmt::Write;

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use crawld::domain::extract::{Page, PageOptions};

use super::{html, options, read_with, reader, targets};

#[test]
fn a_hundred_thousand_links_are_cut() {
    let mut body = String::new();
    for i in 0..100_000 {
        write!(body, "<a href=/{i}>").unwrap();
    }
    let page = html(&body);
    assert_eq!((page.outlinks.len(), page.links_cut), (10_000, true));
}

#[test]
fn elements_left_open_hide_nothing() {
    for element in ["<div>", "<li>", "<svg>", "<b a=1>", "</x>", "<"] {
        let body = format!("{}<p><a href=/x>", element.repeat(100_000));
        assert_eq!(targets(&html(&body)), ["/x"], "{element}");
    }
}

#[test]
fn a_tag_too_long_to_read_is_passed_over() {
    let long = "x".repeat(1_000_000);
    for tag in [
        format!("<a href='/{long}'>"),
        format!("<a {long}=1 href=/no>"),
        format!("<{long}>"),
        format!("<!-- {long} -->"),
        long,
    ] {
        let body = format!("{tag}<a href=/x>");
        let headers = [("content-type", "text/html; charset=utf-8")];
        for size in [usize::MAX, 1000] {
            let page = read_in_chunks(&headers, body.as_bytes(), &[size]);
            assert_eq!((targets(&page), page.links_cut), (vec!["/x"], false));
        }
    }
}

#[test]
fn ten_megabytes_of_text_are_read_through() {
    for text in ["word ", "\0", "\u{e9}", "&amp;", "---", "]]>"] {
        let count = 10_000_000 / text.len();
        let page = html(&format!("{}<a href=/x>", text.repeat(count)));
        assert_eq!(targets(&page), ["/x"]);
    }
}

#[test]
fn a_long_base_cannot_multiply_memory() {
    let segment = "s".repeat(4000);
    let mut body = format!("<base href='/{segment}/'>");
    for i in 0..9_000 {
        write!(body, "<a href={i}>").unwrap();
    }
    let page = html(&body);
    let bytes: usize = page.outlinks.iter().map(|link| link.url.as_str().len()).sum();
    assert!(bytes <= 8 * 1024 * 1024 && page.links_cut, "{bytes}");
    let page = html(&format!("<base href='/{}/'><a href=x>", segment.repeat(2)));
    assert_eq!(targets(&page), ["/dir/x"]);
}

/// Pieces that make trouble when they are cut or put together.
const PIECES: [&str; 40] = [
    "<a href=/p>",
    "<a href='/q?x=1&amp;y'>",
    "</a>",
    "<",
    ">",
    "'",
    "\"",
    "=",
    "/",
    "-",
    "!",
    "&",
    "<!--",
    "-->",
    "--!>",
    "<script>",
    "</script>",
    "<!-- <script",
    "<title>",
    "</title>",
    "<svg>",
    "</svg>",
    "<![CDATA[",
    "]]>",
    "<template>",
    "</template>",
    "<noscript>",
    "</noscript>",
    "<base href=/b/>",
    "<meta charset=windows-1251>",
    "<meta http-equiv=refresh content='0;url=/m'>",
    "<link rel=next href=n>",
    "<iframe src=/f>",
    "</iframe>",
    "<p title='",
    " word ",
    "\n",
    "é",
    "\0",
    "<aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa=\"'",
];

/// A runner whose cases are always the same.
fn runner(cases: u32) -> TestRunner {
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]))
}

fn pieces() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        8 => proptest::sample::select(PIECES.as_slice()).prop_map(|p| p.as_bytes().to_vec()),
        1 => proptest::collection::vec(any::<u8>(), 0..40),
    ];
    proptest::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

fn read_in_chunks(headers: &[(&str, &str)], body: &[u8], sizes: &[usize]) -> Page {
    let all = PageOptions { assets: true, max_links: 5, ..options() };
    let mut reader = reader(headers, &all);
    let mut rest = body;
    for size in sizes.iter().cycle() {
        if rest.is_empty() {
            break;
        }
        let (chunk, tail) = rest.split_at((*size).min(rest.len()));
        reader.feed(chunk);
        rest = tail;
    }
    reader.finish()
}

#[test]
fn the_cut_into_chunks_changes_nothing() {
    let sizes = proptest::collection::vec(1_usize..90, 1..20);
    // A declared charset: nothing is held back until it is known.
    let content_type = proptest::sample::select(
        &[
            "text/html; charset=utf-8",
            "application/xhtml+xml; charset=utf-8",
            "text/html; charset=shift_jis",
            "text/html",
            "",
        ][..],
    );
    runner(3000)
        .run(&(pieces(), sizes, content_type), |(body, sizes, content_type)| {
            let headers = [("content-type", content_type)];
            let whole = read_in_chunks(&headers, &body, &[usize::MAX]);
            prop_assert_eq!(&whole, &read_in_chunks(&headers, &body, &sizes));
            prop_assert_eq!(&whole, &read_in_chunks(&headers, &body, &[1]));
            Ok(())
        })
        .unwrap();
}

#[test]
fn the_cut_into_chunks_changes_nothing_round_the_limits_of_looking_ahead() {
    for length in [1023, 1024, 1025, 16_383, 16_384, 16_385, 40_000] {
        let mut body = b"<title>\xcf\xf0\xe8\xec\xe5\xf0</title>".to_vec();
        body.resize(length - 12, b' ');
        body.extend_from_slice(b"\xef\xf0<a href=\xef>");
        let headers = [("content-type", "text/html")];
        let whole = read_in_chunks(&headers, &body, &[usize::MAX]);
        for size in [1, 2, 1000, 1024, 4096, 16_384] {
            assert_eq!(whole, read_in_chunks(&headers, &body, &[size]), "{length} by {size}");
        }
    }
}

#[test]
fn any_bytes_and_any_headers_give_a_page() {
    let bytes = proptest::collection::vec(any::<u8>(), 0..3000);
    runner(500)
        .run(&(bytes, ".{0,60}", ".{0,60}"), |(body, value, word)| {
            let link = format!("<{word}>; rel=\"next {value}\", <a>; {value}=next");
            let refresh = format!("0;url={value}");
            let charset = format!("text/html; charset={value}");
            for content_type in ["text/html", "text/html; charset=gb18030", charset.as_str()] {
                let headers = [
                    ("content-type", content_type),
                    ("link", link.as_str()),
                    ("refresh", refresh.as_str()),
                    ("x-robots-tag", value.as_str()),
                ];
                let page = read_with(&headers, &body, &options());
                prop_assert_eq!(page.bytes, u64::try_from(body.len()).unwrap());
            }
            Ok(())
        })
        .unwrap();
}
