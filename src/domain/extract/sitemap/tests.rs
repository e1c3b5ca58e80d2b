//! Sitemaps as they are found: whole, broken, packed.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::*;

mod hostile;

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
    let line = |n: u32| format!("https://h.example/{n:x}\n");
    let lines: String = (0..20_000).map(line).collect();
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
