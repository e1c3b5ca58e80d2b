use super::*;

fn canonical(text: &str) -> String {
    CanonicalUrl::parse(text).unwrap_or_else(|e| panic!("{text}: {e}")).to_string()
}

#[test]
fn equivalent_urls_have_one_text() {
    for (text, expected) in [
        ("HTTP://EXAMPLE.org", "http://example.org/"),
        ("http://example.org:80/", "http://example.org/"),
        ("https://example.org:443/", "https://example.org/"),
        ("https://example.org:0443/", "https://example.org/"),
        ("https://example.org:/", "https://example.org/"),
        ("http://example.org:443/", "http://example.org:443/"),
        ("http://example.org./a", "http://example.org/a"),
        ("http://example.org.:8080/a", "http://example.org:8080/a"),
        ("http://user:secret@example.org/", "http://example.org/"),
        ("http://user@example.org/", "http://example.org/"),
        ("http://:secret@example.org/", "http://example.org/"),
        ("http://example.org/#top", "http://example.org/"),
        ("http://example.org/a?b#", "http://example.org/a?b"),
        ("http://example.org/a/./b/../c", "http://example.org/a/c"),
        ("http://example.org/a/%2E/b/%2e%2E/c", "http://example.org/a/c"),
        ("http://example.org/../../a", "http://example.org/a"),
        ("http://example.org/%7Euser", "http://example.org/~user"),
        ("http://example.org/%e3%83%84", "http://example.org/%E3%83%84"),
        ("http://example.org/\u{30c4}", "http://example.org/%E3%83%84"),
        ("http://example.org/?q=%7e%c3%a9", "http://example.org/?q=~%C3%A9"),
        ("http://example.org/a b\"<>", "http://example.org/a%20b%22%3C%3E"),
        ("http://example.org\\a\\b", "http://example.org/a/b"),
        ("  http://exa\nmple.org/\ta ", "http://example.org/a"),
        ("http://b\u{fc}cher.example/", "http://xn--bcher-kva.example/"),
        ("http://XN--BCHER-KVA.example/", "http://xn--bcher-kva.example/"),
        ("http://example\u{3002}org/", "http://example.org/"),
        ("http://%65xample.org/", "http://example.org/"),
        ("http://0x7f.1/", "http://127.0.0.1/"),
        ("http://127.0.0.1./", "http://127.0.0.1/"),
        ("http://[0:0::1]:80/", "http://[::1]/"),
        ("http:example.org", "http://example.org/"),
    ] {
        assert_eq!(canonical(text), expected, "{text}");
    }
}

#[test]
fn what_may_mean_something_else_stays() {
    for text in [
        "http://example.org/A/b/",
        "http://example.org/a",
        "http://example.org/a//b",
        "http://example.org/?b=2&a=1",
        "http://example.org/?",
        "http://example.org/a?",
        "http://example.org/?a=1&a=1&&",
        "http://example.org/a%2Fb",
        "http://example.org/%254",
        "http://example.org/%%341",
        "http://example.org/100%",
        "http://example.org/a;b=c,d",
        "http://example.org/?q=a+b%20c%2B",
        "http://www.example.org/index.html",
        "https://example.org/",
    ] {
        assert_eq!(canonical(text), text);
    }
}

#[test]
fn what_cannot_be_asked_is_refused() {
    for text in [
        "",
        "/a",
        "example.org",
        "http://",
        "http:///",
        "http://example.org:65536/",
        "http://exa mple.org/",
        "http://1.2.3.4.5/",
        "http://[::1",
        "http://example.org../",
    ] {
        assert!(matches!(CanonicalUrl::parse(text), Err(UrlError::Invalid(_))), "{text}");
    }
    for text in ["mailto:a@b.c", "javascript:void(0)", "ftp://example.org/", "data:,a", "a:b"] {
        assert!(matches!(CanonicalUrl::parse(text), Err(UrlError::Scheme(_))), "{text}");
    }
    assert_eq!(CanonicalUrl::parse("http://./"), Err(UrlError::NoHost));
}

#[test]
fn references_are_resolved_and_canonical() {
    let base = CanonicalUrl::parse("https://example.org/a/b?c").unwrap();
    for (reference, expected) in [
        ("", "https://example.org/a/b?c"),
        ("#top", "https://example.org/a/b?c"),
        ("d", "https://example.org/a/d"),
        ("../d", "https://example.org/d"),
        ("/%7e", "https://example.org/~"),
        ("?d", "https://example.org/a/b?d"),
        ("?", "https://example.org/a/b?"),
        ("//EXAMPLE.com.", "https://example.com/"),
        ("//u:p@example.com", "https://example.com/"),
        ("http://example.com:80", "http://example.com/"),
        (" d\n ", "https://example.org/a/d"),
    ] {
        assert_eq!(base.join(reference).unwrap().as_str(), expected, "{reference}");
    }
    assert!(matches!(base.join("tel:1"), Err(UrlError::Scheme(scheme)) if scheme == "tel"));
}

#[test]
fn the_parts_are_those_of_the_text() {
    let url = CanonicalUrl::parse("http://u:p@example.org:8080/a/b?c=d#e").unwrap();
    assert_eq!(url.host(), "example.org");
    assert_eq!(url.authority(), "example.org:8080");
    assert_eq!(url.origin(), "http://example.org:8080");
    assert_eq!(url.port(), 8080);
    assert_eq!(url.path(), "/a/b");
    assert_eq!(url.query(), Some("c=d"));
    assert_eq!(url.path_and_query(), "/a/b?c=d");
    assert!(!url.is_https());
    assert_eq!(url.address(), None);
    let url = CanonicalUrl::parse("https://[::1]").unwrap();
    assert_eq!((url.host(), url.authority(), url.port()), ("[::1]", "[::1]", 443));
    assert_eq!(url.address(), Some("::1".parse().unwrap()));
}

#[test]
fn ports_80_of_http_and_443_of_https_are_one_host() {
    let authority = |text| CanonicalUrl::parse(text).unwrap().authority().to_owned();
    assert_eq!(authority("http://example.org:80/a"), "example.org");
    assert_eq!(authority("https://example.org:443/b"), "example.org");
    assert_eq!(authority("http://example.org:443/"), "example.org:443");
    assert_eq!(authority("https://example.org:80/"), "example.org:80");
}

/// These numbers stand in databases: a change here loses every stored crawl.
#[test]
fn keys_are_fixed_for_ever() {
    assert_eq!(host_key("").0.cast_unsigned(), 0x2d06_8005_38d3_94c2, "xxh3-64 of nothing");
    for (text, key, host) in KEYS {
        let url = CanonicalUrl::parse(text).unwrap();
        assert_eq!((url.key().0, url.host_key().0), (key, host), "{text}");
    }
}

const KEYS: [(&str, i64, i64); 4] = [
    ("http://example.org/", -5_242_817_029_757_127_295, 4_627_260_942_063_550_277),
    ("https://EXAMPLE.org:443/a?b=%7e#c", 297_960_424_778_513_312, 4_627_260_942_063_550_277),
    ("https://example.org:8443/%e3%83%84", -6_732_770_007_808_692_869, 5_544_278_877_801_627_343),
    ("http://[::1]:8080/", 5_977_086_433_280_897_466, -5_077_061_392_830_177_215),
];
