use crawld::domain::extract::{Page, PageOptions};
use crawld::domain::link::LinkKind;

use super::{html, options, read_with, targets};

fn kinds(page: &Page) -> Vec<(LinkKind, &str)> {
    page.outlinks.iter().map(|link| link.kind).zip(targets(page)).collect()
}

#[test]
fn every_source_of_links_is_read_with_its_kind() {
    use LinkKind::{A, Alternate, Area, Canonical, Frame, Iframe, Next, Prev, Refresh};
    for (markup, kind) in [
        ("<a href=/x>", A),
        ("<A HREF='/x'>", A),
        ("<a title=it's href = \"/x\" >", A),
        ("<a/href=/x>", A),
        ("<a\nhref\n=\n/x\n>", A),
        ("<a href=/x href=/y>", A),
        ("<svg><a xlink:href=/x></svg>", A),
        ("<map><area href=/x></map>", Area),
        ("<link rel=next href=/x>", Next),
        ("<link rel='PREV' href=/x>", Prev),
        ("<link rel=previous href=/x>", Prev),
        ("<link href=/x rel='x alternate y'>", Alternate),
        ("<link rel=canonical href=/x />", Canonical),
        ("<frameset><frame src=/x></frameset>", Frame),
        ("<iframe src=/x></iframe>", Iframe),
        ("<meta http-equiv=Refresh content=\"0; URL='/x'\">", Refresh),
        ("<noscript><a href=/x></a></noscript>", A),
        ("<noframes><a href=/x></a></noframes>", A),
        ("<template shadowrootmode=open><a href=/x></a></template>", A),
    ] {
        assert_eq!(kinds(&html(markup)), [(kind, "/x")], "{markup}");
    }
}

#[test]
fn what_is_no_link_is_not_taken_for_one() {
    for markup in [
        "<!-- <a href=/x> -->",
        "<!-- a --!><!-- <a href=/x> --",
        "<script>'<a href=/x>'</script>",
        "<script><!-- <script> </script> <a href=/x> --></script>",
        "<style><a href=/x></style>",
        "<title><a href=/x></title>",
        "<textarea><a href=/x></textarea>",
        "<xmp><a href=/x></xmp>",
        "<iframe><a href=/x></iframe>",
        "<plaintext><a href=/x>",
        "<template><div><a href=/x></div></template>",
        "<template><template></template><a href=/x></template>",
        "<svg><![CDATA[ <a href=/x> ]]></svg>",
        "<? <a href=/x>",
        "<a href=/x",
        "<a href='/x>",
        "< a href=/x>",
        "</a href=/x>",
        "<a name=/x>",
        "<a href>",
        "<a href=''>",
        "<a href='#top'>",
        "<a href='javascript:void(0)'>",
        "<a href=' JavaScript:x'>",
        "<a href='java&#10;script:x'>",
        "<a href=mailto:a@example.org>",
        "<a href=tel:1>",
        "<a href='data:text/html,x'>",
        "<a href='http://'>",
        "<link rel=stylesheet href=/x>",
        "<link rel='alternate stylesheet' href=/x>",
        "<link rel=icon href=/x>",
        "<link href=/x>",
        "<img src=/x srcset='/y 2x'>",
        "<meta http-equiv=refresh content=5>",
        "<meta name=refresh content='0; url=/x'>",
    ] {
        assert_eq!(targets(&html(markup)), Vec::<&str>::new(), "{markup}");
    }
}

#[test]
fn links_behind_text_that_is_no_markup_are_found() {
    for markup in [
        "<!--><a href=/x>",
        "<!---><a href=/x>",
        "<!-- -- > --><a href=/x>",
        "<script></scripty></script ><a href=/x>",
        "<script><!-- <script> --></script><a href=/x>",
        "<script><!-- </script><a href=/x>",
        "<script><!--><script></script><a href=/x>",
        "<style></STYLE><a href=/x>",
        "<svg><title/><style/><script/></svg><a href=/x>",
        "<svg><div><title>t</title><a href=/x>",
        "<![CDATA[><a href=/x>",
        "a < b <a href=/x>",
        "</><a href=/x>",
        "<img alt='>'><a href=/x>",
        "<p title=\"a'>b\"><a href=/x>",
        "\0<a\0b><a href=/x>",
        "<a-name-of-more-than-28-letters=\"x><a href=/x>",
    ] {
        assert_eq!(targets(&html(markup)), ["/x"], "{markup}");
    }
}

#[test]
fn references_are_decoded_trimmed_and_resolved() {
    for (href, target) in [
        ("'/s?a=1&amp;b=2'", "/s?a=1&b=2"),
        ("'/s?a=1&copy=2'", "/s?a=1&copy=2"),
        ("'&#47;s&#x2F;t'", "/s/t"),
        ("' \t/x \n'", "/x"),
        ("'/a\nb\tc'", "/abc"),
        ("rel", "/dir/rel"),
        ("../up", "/up"),
        ("'?q=1'", "/dir/page?q=1"),
        ("//other.org/y", "https://other.org/y"),
        ("http://other.org/y#part", "http://other.org/y"),
        ("'/x#part'", "/x"),
        ("'/é'", "/%C3%A9"),
    ] {
        assert_eq!(targets(&html(&format!("<a href={href}>"))), [target], "{href}");
    }
}

#[test]
fn the_first_base_holds_for_the_links_of_the_head_before_it_and_all_after() {
    for (markup, expected) in [
        ("<base href=/b/><a href=x>", &["/b/x"][..]),
        ("<base><base href=/b/><base href=/c/><a href=x>", &["/b/x"]),
        ("<link rel=next href=n><base href=/b/><a href=x>", &["/b/n", "/b/x"]),
        (
            "<link rel=next href=n><a href=x><base href=/b/><a href=y>",
            &["/dir/n", "/dir/x", "/b/y"],
        ),
        ("<base href='//cdn.org/'><a href=x>", &["https://cdn.org/x"]),
        ("<base href='data:,x'><a href=x>", &["/dir/x"]),
        ("<base href='data:,x'><base href=/c/><a href=x>", &["/dir/x"]),
        ("<template><base href=/b/></template><a href=x>", &["/dir/x"]),
    ] {
        assert_eq!(targets(&html(markup)), expected, "{markup}");
    }
    let headers = [("content-type", "text/html"), ("link", "<n>; rel=next")];
    let page = read_with(&headers, b"<base href=/b/><a href=x>", &options());
    assert_eq!(targets(&page), ["/dir/n", "/b/x"]);
}

#[test]
fn links_of_headers_come_first() {
    let headers = [
        ("content-type", "text/html"),
        ("link", "</n>; rel=\"next\", </c>; rel=canonical; title=\"a, b\""),
        ("refresh", "0; url=/r"),
    ];
    let page = read_with(&headers, b"<a href=/x>", &options());
    assert_eq!(
        kinds(&page),
        [
            (LinkKind::Next, "/n"),
            (LinkKind::Canonical, "/c"),
            (LinkKind::Refresh, "/r"),
            (LinkKind::A, "/x")
        ]
    );
    // Also where the body is of a type that is not read.
    let page = read_with(&[("content-type", "application/pdf"), headers[1]], b"%PDF", &options());
    assert_eq!(targets(&page), ["/n", "/c"]);
}

#[test]
fn a_target_is_given_once_and_is_nofollow_only_if_all_its_links_are() {
    let page = html(
        "<a rel='ugc NoFollow' href=/x><img></a> <a href=/y rel=nofollow>y</a>\
         <a href=/x#2>words</a> <a href=/y rel='nofollow'></a> <area href=/x rel=sponsored>",
    );
    let found: Vec<_> = page
        .outlinks
        .iter()
        .map(|link| (link.url.path(), link.nofollow, link.text.as_deref()))
        .collect();
    assert_eq!(found, [("/x", false, Some("words")), ("/y", true, Some("y"))]);
}

#[test]
fn the_words_of_a_link_are_its_text_folded_and_cut() {
    for (markup, text) in [
        ("<a href=/x> two\n  <b>words</b> </a> not these", Some("two words")),
        ("<a href=/x>R&amp;D &copy</a>", Some("R&D \u{a9}")),
        ("<a href=/x><h3>Head</h3><p>Body</p></a>", Some("Head Body")),
        ("<a href=/x>one<br>two</a>", Some("one two")),
        ("<a href=/x>a<script>b</script><style>c</style><!--d--></a>", Some("a")),
        ("<a href=/x>a<a>b</a>", Some("a")),
        ("<a href=/x>end", Some("end")),
        ("<a href=/x> &nbsp; </a>", None),
    ] {
        let page = html(markup);
        assert_eq!(page.outlinks[0].text.as_deref(), text, "{markup}");
    }
    let long = html(&format!("<a href=/x>{}</a>", "é".repeat(5000)));
    assert_eq!(long.outlinks[0].text.as_deref(), Some("é".repeat(200).as_str()));
    let silent = PageOptions { link_text: false, ..options() };
    let page = read_with(&[], b"<a href=/x>words</a>", &silent);
    assert_eq!((targets(&page), page.outlinks[0].text.as_deref()), (vec!["/x"], None));
}

#[test]
fn images_are_taken_when_asked_for() {
    let wanted = PageOptions { assets: true, ..options() };
    let body = b"<picture><source srcset='/a,b 1x, /c 2x'><img src=/d srcset=/e></picture>";
    let page = read_with(&[], body, &wanted);
    assert_eq!(targets(&page), ["/a,b", "/c", "/d", "/e"]);
    assert!(page.outlinks.iter().all(|link| link.kind == LinkKind::Image));
}

#[test]
fn links_beyond_the_limit_are_cut_and_that_is_said() {
    let body = "<a href=/1><a href=/2><a href=/1><a href=/2#x>";
    let two = PageOptions { max_links: 2, ..options() };
    let page = read_with(&[], body.as_bytes(), &two);
    assert_eq!((targets(&page), page.links_cut), (vec!["/1", "/2"], false));
    let page = read_with(&[], format!("{body}<a href=/3>").as_bytes(), &two);
    assert_eq!((targets(&page), page.links_cut), (vec!["/1", "/2"], true));
}

#[test]
fn xhtml_closes_its_elements_and_has_cdata() {
    let headers = [("content-type", "application/xhtml+xml")];
    let body = "<?xml version='1.0'?><html><head><title/><script src='s'/></head><body>\
                <iframe src='/f'/><![CDATA[<a href='/no'/>]]><a href='/x'/></body></html>";
    let page = read_with(&headers, body.as_bytes(), &options());
    assert_eq!(targets(&page), ["/f", "/x"]);
}
