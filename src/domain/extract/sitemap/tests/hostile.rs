//! Sitemaps made to harm, and whatever else bytes can be.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;

use super::{packed, read, read_in, urls, urlset};
use crate::domain::extract::sitemap::*;
use crate::domain::url::CanonicalUrl;

#[test]
fn entities_are_never_expanded() {
    let bomb = "<?xml version='1.0'?><!DOCTYPE l [<!ENTITY a 'https://h.example/x'>\
        <!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;'><!ENTITY c '&b;&b;&b;&b;&b;&b;&b;&b;'>\
        <!ENTITY f SYSTEM 'file:///etc/passwd'>]>\
        <urlset><url><loc>https://h.example/&c;&f;</loc></url></urlset>";
    assert_eq!(urls(&read(bomb).pages), ["https://h.example/&c;&f;"]);
}

#[test]
fn the_limits_of_the_protocol_hold() {
    let entry = |n: usize| format!("<url><loc>https://h.example/{n}</loc></url>");
    let exact: String = (0..MAX_URLS).map(entry).collect();
    let map = read(urlset(&exact));
    assert_eq!((map.pages.len(), map.cut), (MAX_URLS, false));
    let more: String = (0..MAX_URLS + 7).map(entry).collect();
    let map = read(urlset(&more));
    assert_eq!((map.pages.len(), map.cut), (MAX_URLS, true));

    let long = format!("https://h.example/{}", "x".repeat(listing::MAX_URL));
    let padded = format!("https://h.example/{}", "&amp;".repeat(listing::MAX_URL));
    for url in [long, padded] {
        let map = read(urlset(&format!("<url><loc>{url}</loc></url>{}", entry(1))));
        assert_eq!(urls(&map.pages), ["https://h.example/1"]);
        assert!(map.note.is_some_and(|note| note.starts_with("1 of its URLs left out")));
        let map = read(format!("{url}\nhttps://h.example/1\n"));
        assert_eq!(map.pages.len(), 1);
    }
}

#[test]
fn a_bomb_is_unpacked_to_the_limit_and_no_further() {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(b"https://h.example/first\n").unwrap();
    let spaces = vec![b' '; 1 << 20];
    for _ in 0..200 {
        encoder.write_all(&spaces).unwrap();
    }
    encoder.write_all(b"\nhttps://h.example/last\n").unwrap();
    let gz = encoder.finish().unwrap();
    let chunks: Vec<&[u8]> = gz.chunks(16 * 1024).collect();
    let map = read_in(&chunks, "application/gzip");
    assert_eq!(urls(&map.pages), ["https://h.example/first"]);
    assert!(map.cut);
    assert!(map.bytes < u64::try_from(gz.len()).unwrap() / 3, "reading stopped");
}

#[test]
fn time_is_in_proportion_to_length_whatever_the_markup() {
    // A quadratic reader would need hours for these.
    for unit in
        ["<", "<a", "<a ", "<!", "<![CDATA[", "<!--", "&", "<url><loc>", "<?", "</", "<a b='"]
    {
        let body = unit.repeat((4 << 20) / unit.len());
        let map = read(&body);
        assert!(map.pages.is_empty(), "{unit}");
    }
}

/// Pieces of which sitemaps, broken ones too, are made.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    let known = prop::sample::select(vec![
        "<urlset>",
        "</urlset>",
        "<url>",
        "</url>",
        "<loc>",
        "</loc>",
        "<sitemapindex>",
        "<sitemap>",
        "</sitemap>",
        "<rss>",
        "<item>",
        "</item>",
        "<link>",
        "</link>",
        "<feed xml:base='/b/'>",
        "<entry>",
        "</entry>",
        "<link href='/e?a&amp;b'/>",
        "<link rel=\"self\" href=x>",
        "<s:url>",
        "<s:loc>",
        "</s:loc>",
        "<image:loc>",
        "<![CDATA[",
        "]]>",
        "<!--",
        "-->",
        "<?xml ",
        "?>",
        "<!DOCTYPE x [",
        "]>",
        "https://h.example/",
        "http://o.example/x?a=1",
        "&amp;",
        "&#x41;",
        "&b;",
        "\n",
        "\r\n",
        " ",
        "<",
        ">",
        "&",
        "'",
        "\"",
        "/",
        "\u{1f}\u{8b}",
        "\u{fe}\u{ff}",
        "<?xml encoding='utf-16'?>",
        "\u{43f}",
    ]);
    prop_oneof![
        8 => known.prop_map(|text| text.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..8),
    ]
}

fn document() -> impl Strategy<Value = Vec<u8>> {
    (prop::collection::vec(piece(), 0..60), any::<bool>()).prop_map(|(pieces, pack)| {
        let body = pieces.concat();
        if pack { packed(&body) } else { body }
    })
}

proptest! {
    #[test]
    fn chunks_make_no_difference(body in document(), cuts in prop::collection::vec(1usize..40, 1..200)) {
        let whole = read(&body);
        let mut rest = body.as_slice();
        let mut chunks = Vec::new();
        for cut in cuts.iter().cycle() {
            if rest.is_empty() {
                break;
            }
            let (chunk, tail) = rest.split_at((*cut).min(rest.len()));
            chunks.push(chunk);
            rest = tail;
        }
        prop_assert_eq!(read_in(&chunks, "application/xml"), whole);
    }

    #[test]
    fn nothing_makes_it_fail_and_all_it_gives_are_http_urls(
        body in prop::collection::vec(any::<u8>(), 0..2000),
        before in "(<urlset><url><loc>|https?://|<rss><item><link>|\u{1f}\u{8b})?",
    ) {
        let map = read([before.as_bytes(), &body].concat());
        for link in map.pages.iter().chain(&map.sitemaps) {
            prop_assert_eq!(CanonicalUrl::parse(link.url.as_str()), Ok(link.url.clone()));
        }
    }

    #[test]
    fn every_url_written_is_read_back(paths in prop::collection::vec("[a-z0-9/&<>'\"]{0,20}", 0..40)) {
        let escape = |path: &str| {
            path.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
                .replace('\'', "&apos;").replace('"', "&quot;")
        };
        let entry = |p: &String| format!("<url><loc>https://h.example/{}</loc></url>", escape(p));
        let map = read(urlset(&paths.iter().map(entry).collect::<String>()));
        let mut expected: Vec<CanonicalUrl> = Vec::new();
        for path in &paths {
            let url = CanonicalUrl::parse(&format!("https://h.example/{path}")).unwrap();
            if !expected.contains(&url) {
                expected.push(url);
            }
        }
        let found: Vec<CanonicalUrl> = map.pages.into_iter().map(|link| link.url).collect();
        prop_assert_eq!(found, expected);
    }
}
