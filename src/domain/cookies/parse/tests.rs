use super::*;

const NOW: Millis = 1_760_000_000_000;

fn read_at(line: &str, url: &str) -> Option<Cookie> {
    read(line, &CanonicalUrl::parse(url).unwrap(), NOW)
}

fn taken(line: &str, url: &str) -> Cookie {
    read_at(line, url).unwrap_or_else(|| panic!("{line} is not taken at {url}"))
}

#[test]
fn a_plain_cookie_is_for_the_very_host_and_folder_until_the_pass_ends() {
    let cookie = taken("sid = a=\"b c\" ", "https://www.example.org/shop/list?x=/y");
    assert_eq!(cookie.key.domain, "www.example.org");
    assert_eq!(cookie.key.path, "/shop");
    assert_eq!((cookie.key.name.as_str(), cookie.value.as_str()), ("sid", "a=\"b c\""));
    assert!(cookie.host_only && !cookie.secure && !cookie.http_only);
    assert_eq!((cookie.expires_at, cookie.created_at), (None, NOW));
}

#[test]
fn attributes_are_read_whatever_their_case_and_the_last_counts() {
    let line = "a=b; PATH=/x; path=/y; Secure; HTTPONLY=1; Max-Age=9; max-age=60; bogus";
    let cookie = taken(line, "https://example.org/");
    assert_eq!(cookie.key.path, "/y");
    assert!(cookie.secure && cookie.http_only);
    assert_eq!(cookie.expires_at, Some(NOW + 60_000));
}

#[test]
fn max_age_goes_before_expires_and_no_life_is_longer_than_400_days() {
    let end = |attributes: &str| taken(&format!("a=b;{attributes}"), "http://a.test/").expires_at;
    assert_eq!(end("Max-Age=1; Expires=Sun, 06 Nov 1994 08:49:37 GMT"), Some(NOW + 1000));
    assert_eq!(end("Expires=Sun, 06 Nov 1994 08:49:37 GMT"), Some(784_111_777_000));
    assert_eq!(end("Max-Age=0"), Some(0));
    assert_eq!(end("Max-Age=-5"), Some(0));
    assert_eq!(end("Max-Age=99999999999999999999"), Some(NOW + MAX_LIFE));
    assert_eq!(end("Expires=1 Jan 9999 00:00:00"), Some(NOW + MAX_LIFE));
    assert_eq!(end("Max-Age=+5"), None);
    assert_eq!(end("Max-Age=; Expires=never"), None);
}

/// The domain of a cookie with this attribute, `=` before it when it is for the very host.
fn domain(attribute: &str, url: &str) -> Option<String> {
    let cookie = read_at(&format!("a=b; Domain={attribute}"), url)?;
    let sign = if cookie.host_only { "=" } else { "" };
    Some(format!("{sign}{}", cookie.key.domain))
}

#[test]
fn a_domain_must_be_the_hosts_own() {
    let www = "http://www.example.co.uk/";
    assert_eq!(domain("example.co.uk", www).as_deref(), Some("example.co.uk"));
    assert_eq!(domain(".EXAMPLE.co.uk", www).as_deref(), Some("example.co.uk"));
    assert_eq!(domain("www.example.co.uk", www).as_deref(), Some("www.example.co.uk"));
    assert_eq!(domain("", www).as_deref(), Some("=www.example.co.uk"));
    let idn = "http://a.b\u{fc}cher.example/";
    assert_eq!(domain("b\u{fc}cher.example", idn).as_deref(), Some("xn--bcher-kva.example"));
    for stranger in ["other.org", "ample.org", "www.example.org", "org.", "example.org.", "a b"] {
        assert_eq!(domain(stranger, "http://example.org/"), None, "{stranger}");
    }
    assert_eq!(domain("127.0.0.1", "http://127.0.0.1/").as_deref(), Some("=127.0.0.1"));
    assert_eq!(domain("0.0.1", "http://127.0.0.1/"), None);
    assert_eq!(domain("1", "http://127.0.0.1/"), None);
}

#[test]
fn no_cookie_is_for_a_public_suffix() {
    for supercookie in ["co.uk", "uk", ".uk", ".co.uk"] {
        assert_eq!(domain(supercookie, "http://www.example.co.uk/"), None, "{supercookie}");
    }
    assert_eq!(domain("github.io", "http://me.github.io/"), None, "anybody can have a name there");
    assert_eq!(domain("github.io", "http://github.io/").as_deref(), Some("=github.io"));
    assert_eq!(domain("xn--55qx5d.cn", "http://a.xn--55qx5d.cn/"), None);
    assert_eq!(domain("test", "http://a.test/"), None);
    assert_eq!(domain("localhost", "http://localhost/").as_deref(), Some("=localhost"));
}

#[test]
fn secure_and_prefixed_cookies_come_over_https_only() {
    let (plain, tls) = ("http://example.org/", "https://example.org/");
    for line in [
        "a=b; Secure",
        "__Secure-a=b",
        "__Secure-a=b; Secure",
        "__Host-a=b; Secure; Path=/",
        "__secure-a=b",
    ] {
        assert_eq!(read_at(line, plain), None, "{line}");
    }
    taken("__Secure-a=b; Secure", tls);
    taken("__host-a=b; Secure; Path=/", tls);
    for line in [
        "__Secure-a=b",
        "__Host-a=b; Path=/",
        "__Host-a=b; Secure",
        "__Host-a=b; Secure; Path=/x",
        "__Host-a=b; Secure; Path=/; Domain=example.org",
        "__Host-a; Secure; Path=/",
        "=__Secure-a=b; Secure",
    ] {
        assert_eq!(read_at(line, tls), None, "{line}");
    }
}

#[test]
fn a_path_is_the_folder_unless_one_is_given() {
    let path = |line: &str, url: &str| taken(line, url).key.path;
    assert_eq!(path("a=b", "http://a.test/"), "/");
    assert_eq!(path("a=b", "http://a.test/x"), "/");
    assert_eq!(path("a=b", "http://a.test/x/"), "/x");
    assert_eq!(path("a=b; path=x", "http://a.test/x/y"), "/x");
    assert_eq!(path("a=b; path=/%7Euser/", "http://a.test/"), "/~user/", "as in canonical URLs");
}

#[test]
fn what_is_broken_or_too_large_is_not_taken() {
    let url = "https://example.org/";
    for line in
        ["", "=", " = ; Secure", ";a=b", "a=b\u{0}", "a=\u{1b}[2J", "a=b\r\nX: y", "a\u{fffd}=b"]
    {
        assert_eq!(read_at(line, url), None, "{line:?}");
    }
    assert!(read_at(&format!("a={}", "x".repeat(MAX_BYTES - 1)), url).is_some());
    assert_eq!(read_at(&format!("a={}", "x".repeat(MAX_BYTES)), url), None);
    assert_eq!(read_at(&format!("{}=x", "a".repeat(MAX_PART + 1)), url), None);
    let long = "x".repeat(MAX_PART);
    assert_eq!(taken(&format!("a=b; path=/{long}"), url).key.path, "/", "too long an attribute");
    assert_eq!(read_at("a=b", &format!("{url}{long}/y")), None, "too long a folder");
}

#[test]
fn odd_names_and_values_are_kept() {
    let pair = |line: &str| {
        let cookie = taken(line, "https://example.org/");
        (cookie.key.name, cookie.value)
    };
    let owned = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(pair("novalue"), owned("", "novalue"));
    assert_eq!(pair("a="), owned("a", ""));
    assert_eq!(
        pair("\u{442}=\u{457}\u{436}\u{430}\u{43a}"),
        owned("\u{442}", "\u{457}\u{436}\u{430}\u{43a}")
    );
    assert_eq!(pair("a=b,c=d"), owned("a", "b,c=d"));
}
