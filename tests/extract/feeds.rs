//! Pages that came as XML: feeds, sitemaps met as pages, XHTML, and what is none of them.

use crawld::domain::extract::{Page, PageOptions};
use crawld::domain::link::LinkKind;
use proptest::prelude::*;

use super::{options, read_with, reader, targets};

const RSS: &str = "<?xml version='1.0'?><rss version='2.0'><channel><title>News</title>\
    <link>https://example.org/no</link><item><title>One</title><link>https://example.org/1</link>\
    </item><item><link>/2?a=1&amp;b=2</link><enclosure url='/no.mp3'/></item></channel></rss>";
const XHTML: &str = "<?xml version='1.0'?>\n<!-- <rss> --><!DOCTYPE html>\n\
    <html xmlns='http://www.w3.org/1999/xhtml'><head><title>T</title><base href='/base/'/></head>\
    <body><script src='x'/><a href='a'>words</a><![CDATA[<a href='no'>]]></body></html>";

fn read(content_type: &str, body: &str) -> Page {
    read_with(&[("content-type", content_type)], body.as_bytes(), &options())
}

#[test]
fn the_items_of_a_feed_are_links() {
    for content_type in
        ["application/rss+xml", "application/xml; charset=utf-8", "text/xml", "application/rdf+xml"]
    {
        let page = read(content_type, RSS);
        assert_eq!(targets(&page), ["/1", "/2?a=1&b=2"], "{content_type}");
        assert!(page.outlinks.iter().all(|link| link.kind == LinkKind::Feed));
        assert_eq!(page.charset.as_deref(), Some("utf-8"));
        assert_eq!(page.bytes, u64::try_from(RSS.len()).unwrap());
    }
    let atom = "<feed xmlns='http://www.w3.org/2005/Atom'><link rel='self' href='no'/><entry>\
        <link rel='alternate' href='entry'/><link rel='edit' href='no'/></entry></feed>";
    let page = read("application/atom+xml", atom);
    assert_eq!(targets(&page), ["/dir/entry"]);
}

#[test]
fn a_sitemap_met_as_a_page_is_a_page_with_links() {
    let page = read("text/xml", "<urlset><url><loc>https://example.org/a</loc></url></urlset>");
    assert_eq!(targets(&page), ["/a"]);
    assert_eq!(page.outlinks[0].kind, LinkKind::Sitemap);
    let index = "<sitemapindex><sitemap><loc>/more.xml</loc></sitemap></sitemapindex>";
    assert_eq!(targets(&read("application/xml", index)), ["/more.xml"]);
}

#[test]
fn xhtml_is_read_as_html_by_whatever_name_it_comes() {
    for content_type in ["application/xhtml+xml", "application/xml", "text/xml"] {
        let page = read(content_type, XHTML);
        assert_eq!(targets(&page), ["/base/a"], "{content_type}");
        assert_eq!(page.outlinks[0].kind, LinkKind::A);
        assert_eq!(page.outlinks[0].text.as_deref(), Some("words"));
        assert_eq!(page.title.as_deref(), Some("T"));
    }
}

#[test]
fn other_xml_lists_nothing_and_headers_count_all_the_same() {
    let headers = [("content-type", "text/xml"), ("link", "</next>; rel=next")];
    for body in ["<svg><a href='/no'/></svg>", "<x><link>/no</link></x>", "no xml at all", "", "<"]
    {
        let page = read_with(&headers, body.as_bytes(), &options());
        assert_eq!(targets(&page), ["/next"], "{body}");
    }
    let json = read("application/json", RSS);
    assert!(targets(&json).is_empty() && json.charset.is_none());
}

#[test]
fn a_feed_is_cut_where_a_page_would_be() {
    let item = |n: u32| format!("<item><link>/{n}</link></item>");
    let items: String = (0..50).map(item).collect();
    let options = PageOptions { max_links: 10, ..options() };
    let body = format!("<rss>{items}</rss>");
    let page = read_with(&[("content-type", "text/xml")], body.as_bytes(), &options);
    assert_eq!((page.outlinks.len(), page.links_cut), (10, true));
}

#[test]
fn a_first_element_that_never_comes_is_not_waited_for() {
    let long = format!("<!-- {} --><rss><item><link>/1</link></item></rss>", "x".repeat(100_000));
    assert_eq!(targets(&read("text/xml", &long)), ["/1"]);
    let html = format!("{}<html><a href='/late'>", " ".repeat(100_000));
    assert!(targets(&read("text/xml", &html)).is_empty());
}

proptest! {
    #[test]
    fn chunks_make_no_difference(
        before in 0usize..40_000,
        sizes in prop::collection::vec(1usize..5000, 1..20),
        html in any::<bool>(),
    ) {
        let body = format!("<!-- {} -->{}", " ".repeat(before), if html { XHTML } else { RSS });
        let whole = read("application/xml", &body);
        let mut chunked = reader(&[("content-type", "application/xml")], &options());
        let mut rest = body.as_bytes();
        for size in sizes.iter().cycle() {
            if rest.is_empty() {
                break;
            }
            let (chunk, tail) = rest.split_at((*size).min(rest.len()));
            chunked.feed(chunk);
            rest = tail;
        }
        prop_assert_eq!(chunked.finish(), whole);
    }
}
