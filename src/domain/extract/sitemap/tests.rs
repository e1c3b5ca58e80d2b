//! Sitemaps as they are found: whole, broken, packed, hostile.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;

use super::*;

const AT: &str = "https://h.example/maps/sitemap.xml";

fn read_in(chunks: &[&[u8]], content_type: &str) -> Sitemap {
    let url = CanonicalUrl::parse(AT).unwrap();
    let headers = [("content-type".to_owned(), content_type.to_owned())];
    let mut reader = SitemapReader::new(&url, &headers);
    for chunk in chunks {
        if !reader.feed(chunk) {
            break;
        }
    }
    reader.finish()
}

fn read(body: impl AsRef<[u8]>) -> Sitemap {
    read_in(&[body.as_ref()], "application/xml")
}

fn urls(links: &[Outlink]) -> Vec<&str> {
    links.iter().map(|link| link.url.as_str()).collect()
}

fn packed(body: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(body).unwrap();
    encoder.finish().unwrap()
}

fn urlset(entries: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">{entries}</urlset>\n"
    )
}

#[test]
fn a_urlset_lists_its_pages_and_nothing_of_its_extensions() {
    let map = read(urlset(
        "<url><loc> https://h.example/a?x=1&amp;y=2 </loc><lastmod>2026-01-01</lastmod>\
           <image:image><image:loc>https://h.example/no.jpg</image:loc></image:image></url>\n\
         <url><xhtml:link rel='alternate' hreflang='de' href='https://h.example/no-de'/>\
           <video:video><video:player_loc>https://h.example/no</video:player_loc></video:video>\
           <loc><![CDATA[https://h.example/b?x=1&y=2]]></loc></url>\
         <url><loc>https://h.example/a?x=1&#38;y=2</loc></url>\
         <url><loc>/relative</loc></url><url><loc>mailto:x@h.example</loc></url>\
         <url><loc/></url><url/><loc>https://h.example/no-url-element</loc>",
    ));
    assert_eq!(
        urls(&map.pages),
        [
            "https://h.example/a?x=1&y=2",
            "https://h.example/b?x=1&y=2",
            "https://h.example/relative",
        ]
    );
    assert!(map.pages.iter().all(|link| link.kind == LinkKind::Sitemap));
    assert!(map.sitemaps.is_empty() && !map.cut);
    assert_eq!(map.note, None);
    assert_eq!(map.charset.as_deref(), Some("utf-8"));
}

#[test]
fn a_prefix_of_its_own_changes_nothing() {
    let map = read(
        "<!DOCTYPE x><s:urlset xmlns:s='x'><s:url><s:loc>https://h.example/a</s:loc>\
         <loc>https://h.example/no</loc></s:url><!-- <s:url><s:loc>https://h.example/no</s:loc> \
         --><S:URL><S:LOC>https://h.example/no</S:LOC></S:URL>\
         <s:Url><s:Loc>https://h.example/b</s:Loc></s:Url></s:urlset>",
    );
    // Of a container with another prefix, that prefix counts.
    assert_eq!(
        urls(&map.pages),
        ["https://h.example/a", "https://h.example/no", "https://h.example/b"]
    );
    assert_eq!(map.note, None);
}

#[test]
fn an_index_lists_sitemaps() {
    let map = read(
        "<sitemapindex><sitemap><loc>https://h.example/1.xml.gz</loc><lastmod>x</lastmod>\
         </sitemap><sitemap><loc>https://cdn.example/2.xml</loc></sitemap></sitemapindex>",
    );
    assert_eq!(urls(&map.sitemaps), ["https://h.example/1.xml.gz", "https://cdn.example/2.xml"]);
    assert!(map.pages.is_empty() && map.note.is_none());
}

#[test]
fn feeds_list_their_items() {
    let rss = read(
        "<rss version='2.0' xmlns:atom='a'><channel><title>T</title>\
         <link>https://h.example/no-home</link><atom:link href='https://h.example/no' rel='self'/>\
         <image><url>https://h.example/no.png</url><link>https://h.example/no</link></image>\
         <item><title>x</title><link>https://h.example/1</link>\
           <enclosure url='https://h.example/no.mp3'/><atom:link href='https://h.example/no'/>\
           <source><link>https://h.example/no</link></source></item>\
         <item><link>\n https://h.example/2#frag \n</link></item></channel></rss>",
    );
    assert_eq!(urls(&rss.pages), ["https://h.example/1", "https://h.example/2"]);
    let rdf = read(
        "<rdf:RDF xmlns='r'><channel><link>https://h.example/no</link></channel>\
         <item rdf:about='https://h.example/no'><link>https://h.example/1</link></item></rdf:RDF>",
    );
    assert_eq!(urls(&rdf.pages), ["https://h.example/1"]);
    let atom = read(
        "<feed xmlns='a' xml:base='/base/'><link href='https://h.example/no'/>\
         <entry><link href='one'/><link rel='enclosure' href='no.mp3'/>\
           <link rel='self' href='no'/><content><a:link href='no'/><link href='no'/></content>\
         </entry><entry xml:base='two/'><link rel='ALTERNATE' href='x?a=1&amp;b=2'/></entry>\
         <entry><link rel='alternate' href='https://h.example/3'></link></entry></feed>",
    );
    assert_eq!(
        urls(&atom.pages),
        [
            "https://h.example/base/one",
            "https://h.example/base/two/x?a=1&b=2",
            "https://h.example/3",
        ]
    );
    assert_eq!((rss.note, rdf.note, atom.note), (None, None, None));
}

#[test]
fn a_text_lists_one_url_a_line() {
    let body = "\u{feff}https://h.example/a\r\nHTTP://H.example/b \n\nnot one\n/relative\n\
                ftp://h.example/no\nhttps://h.example/last";
    let map = read_in(&[body.as_bytes()], "text/plain");
    assert_eq!(
        urls(&map.pages),
        ["https://h.example/a", "http://h.example/b", "https://h.example/last"]
    );
    assert_eq!(map.note, None);
}

#[test]
fn gzip_is_told_by_its_first_bytes() {
    let body = urlset("<url><loc>https://h.example/a</loc></url>");
    let gz = packed(body.as_bytes());
    for content_type in ["application/gzip", "text/xml", "application/octet-stream"] {
        let map = read_in(&[&gz], content_type);
        assert_eq!(urls(&map.pages), ["https://h.example/a"], "{content_type}");
        assert_eq!(map.bytes, u64::try_from(gz.len()).unwrap());
        assert_eq!(map.note, None);
    }
    let two = [packed(b"https://h.example/1\n"), packed(b"https://h.example/2\n")].concat();
    assert_eq!(read(&two).pages.len(), 2, "several members are one file");
}

#[test]
fn a_broken_gzip_gives_what_it_held() {
    let lines: String = (0..20_000).map(|n| format!("https://h.example/{n:x}\n")).collect();
    let gz = packed(lines.as_bytes());
    let map = read(&gz[..gz.len() / 2]);
    assert!(map.pages.len() > 1000, "{}", map.pages.len());
    assert_eq!(map.note.as_deref(), Some(PACKED));
    let mut corrupt = gz.clone();
    corrupt[gz.len() / 2] ^= 0xff;
    let map = read(&corrupt);
    assert!(map.pages.len() > 1000, "{}", map.pages.len());
    assert_eq!(map.note.as_deref(), Some(PACKED));
}

#[test]
fn what_is_read_of_broken_xml_counts_and_reading_goes_on_behind_the_fault() {
    let good = |n: u32| format!("<url><loc>https://h.example/{n}</loc></url>");
    for (fault, also) in [
        ("<url><loc>https://h.example/open", &["https://h.example/open"][..]),
        ("<url><loc>https://h.example/x<priority>1</priority></url>", &["https://h.example/x"]),
        ("<url <loc>https://h.example/x</loc></url>", &["https://h.example/x"]),
        (
            "<url><loc>https://h.example/?a=1&b=2&copy=3</loc>",
            &["https://h.example/?a=1&b=2&copy=3"],
        ),
        ("<url a=\"no end of this><loc>x", &["https://h.example/maps/x"]),
        ("</url></urlset></foo></bar>", &[]),
        ("< & <> <1 ]]> &nonsense; \u{0} \u{fffd}", &[]),
        ("<url><loc>https://h.example/x</url>", &["https://h.example/x"]),
        ("<a><b><c><d>", &[]),
    ] {
        let map = read(urlset(&[good(1), fault.to_owned(), good(2)].concat()));
        let found = urls(&map.pages);
        let expected: Vec<&str> = ["https://h.example/1"]
            .into_iter()
            .chain(also.iter().copied())
            .chain(["https://h.example/2"])
            .collect();
        assert_eq!(found, expected, "{fault}");
    }
}

#[test]
fn a_sitemap_that_ends_early_is_called_broken() {
    let whole = urlset("<url><loc>https://h.example/a</loc></url><url><loc>https://h.example/b");
    let cut = &whole[..whole.len() - "</urlset>\n".len()];
    let map = read(cut);
    assert_eq!(urls(&map.pages), ["https://h.example/a"], "half a URL is none");
    assert_eq!(map.note.as_deref(), Some("broken: no end of <urlset>"));
}

#[test]
fn what_is_no_sitemap_says_so() {
    for (body, note) in [
        ("", "no sitemap: it is empty"),
        (" \n ", "no sitemap: it is empty"),
        ("{\"error\": 404}", "no sitemap: no line is a URL"),
        (
            "<!doctype html><html><body><a href='https://h.example/no'>x</a>",
            "no sitemap: its first element is <html>",
        ),
        ("<\u{43f}\u{1b}[31m>", "no sitemap: its first element is <?????????>"),
    ] {
        let map = read(body);
        assert!(map.pages.is_empty() && map.sitemaps.is_empty(), "{body}");
        assert!(map.note.as_deref().is_some_and(|said| said.starts_with(&note[..20])), "{map:?}");
    }
    assert_eq!(read(urlset("")).note, None, "an empty list is one");
}

#[test]
fn entities_are_never_expanded() {
    let bomb = "<?xml version='1.0'?><!DOCTYPE l [<!ENTITY a 'https://h.example/x'>\
        <!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;'><!ENTITY c '&b;&b;&b;&b;&b;&b;&b;&b;'>\
        <!ENTITY f SYSTEM 'file:///etc/passwd'>]>\
        <urlset><url><loc>https://h.example/&c;&f;</loc></url></urlset>";
    assert_eq!(urls(&read(bomb).pages), ["https://h.example/&c;&f;"]);
}

#[test]
fn the_charset_is_that_of_the_mark_the_header_or_the_declaration() {
    let text = "<urlset><url><loc>https://h.example/\u{43f}?q=\u{43f}</loc></url></urlset>";
    let page = "https://h.example/%D0%BF?q=";
    let utf16: Vec<u8> =
        std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(u16::to_be_bytes).collect();
    assert_eq!(urls(&read(&utf16).pages), [format!("{page}%D0%BF")]);
    let (koi, _, _) = encoding_rs::KOI8_R.encode(text);
    let declared = [b"<?xml version='1.0' encoding='koi8-r'?>".to_vec(), koi.to_vec()].concat();
    let map = read(&declared);
    assert_eq!(urls(&map.pages), [format!("{page}%D0%BF")], "sitemaps speak UTF-8 in queries");
    assert_eq!(map.charset.as_deref(), Some("koi8-r"));
    let map = read_in(&[&koi], "text/xml; charset=KOI8-R");
    assert_eq!(urls(&map.pages), [format!("{page}%D0%BF")]);
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
