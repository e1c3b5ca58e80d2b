//! What must hold of canonical URLs for every input.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "the helpers of a test fail by panicking"
)]

use crawld::domain::url::CanonicalUrl;
use proptest::prelude::*;

/// Texts that look like URLs and hold every kind of trouble: escapes, lone percent signs, dots,
/// user information, ports, unicode.
fn url_like() -> impl Strategy<Value = String> {
    let scheme = prop_oneof![Just("http"), Just("https"), Just("HTTP"), Just("ftp")];
    let user = prop_oneof![4 => Just(String::new()), 1 => "[a-z:%]{0,5}@"];
    let host = prop_oneof![
        4 => "[a-zA-Z0-9.-]{1,12}",
        1 => "[a-z\u{e4}\u{df}\u{3002}\u{ff11}.%2e]{1,8}",
        1 => "(0x[0-9a-f]{1,8}|[0-9]{1,10}|[0-9.]{1,12})\\.?",
        1 => "\\[[0-9a-f:.]{2,16}\\]",
    ];
    let port = prop_oneof![3 => Just(String::new()), 1 => ":[0-9]{0,5}"];
    (scheme, user, host, port, reference())
        .prop_map(|(scheme, user, host, port, rest)| format!("{scheme}://{user}{host}{port}{rest}"))
}

/// Path, query and fragment, dense in escapes.
fn reference() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        2 => "[a-z/]{1,4}",
        2 => "%[0-9a-fA-F]{2}",
        2 => Just("%".to_owned()),
        1 => Just("%2e".to_owned()),
        1 => Just("%2E%2e/".to_owned()),
        1 => "[./\\\\?#&=:;@ '|^\"<>{}~*$!\t]{1,3}",
        1 => "[0-9A-Fa-f]{1,2}",
        1 => "\\PC{1,2}",
    ];
    prop::collection::vec(piece, 0..10).prop_map(|pieces| format!("/{}", pieces.concat()))
}

fn assert_canonical(url: &CanonicalUrl) {
    let again = CanonicalUrl::parse(url.as_str()).expect("a canonical URL parses");
    assert_eq!(again.as_str(), url.as_str());
    assert_eq!(&again, url);
    assert_eq!(again.key(), url.key());
    assert_eq!(again.host_key(), url.host_key());
    let whole = format!("{}{}", url.origin(), url.path_and_query());
    assert_eq!(whole, url.as_str());
    assert!(url.as_str().is_ascii() && url.path().starts_with('/'));
    assert!(!url.host().is_empty() && !url.host().ends_with('.'));
    assert!(!url.as_str().contains('#') && !url.authority().contains('@'));
}

/// Every escape in upper case, none of them of an unreserved octet, unless a lone `%` stands right
/// before it.
fn assert_normal_escapes(text: &str) {
    let bytes = text.as_bytes();
    let mut reach = 0;
    let mut at = 0;
    while at < bytes.len() {
        let escape = bytes.get(at + 1..at + 3).filter(|d| d.iter().all(u8::is_ascii_hexdigit));
        match escape {
            _ if bytes[at] != b'%' => at += 1,
            None => {
                reach = at + 3;
                at += 1;
            }
            Some(digits) => {
                assert!(!digits.iter().any(u8::is_ascii_lowercase), "{text}");
                let octet = u8::from_str_radix(std::str::from_utf8(digits).unwrap(), 16).unwrap();
                let unreserved = octet.is_ascii_alphanumeric() || b"-._~".contains(&octet);
                assert!(!unreserved || at < reach, "{text}");
                at += 3;
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn canonicalising_twice_is_canonicalising_once(text in url_like()) {
        if let Ok(url) = CanonicalUrl::parse(&text) {
            assert_canonical(&url);
            assert_normal_escapes(url.path_and_query());
        }
    }

    #[test]
    fn a_joined_url_is_canonical(base in url_like(), link in prop_oneof![reference(), "\\PC*"]) {
        if let Ok(base) = CanonicalUrl::parse(&base)
            && let Ok(url) = base.join(&link)
        {
            assert_canonical(&url);
        }
    }

    #[test]
    fn joining_an_absolute_url_is_parsing_it(base in url_like(), link in url_like()) {
        if let Ok(base) = CanonicalUrl::parse(&base) {
            prop_assert_eq!(base.join(&link), CanonicalUrl::parse(&link));
        }
    }

    #[test]
    fn parsing_near_a_url_is_parsing(near in url_like(), text in url_like(), rest in reference()) {
        if let Ok(near) = CanonicalUrl::parse(&near) {
            let here = format!("{}{rest}", near.origin());
            let same_path = format!("{}{}?{rest}", near.origin(), near.path());
            for text in [text, here, same_path, near.origin().to_owned()] {
                prop_assert_eq!(near.parse_near(&text), CanonicalUrl::parse(&text), "{}", text);
            }
        }
    }

    #[test]
    fn keys_are_equal_exactly_when_the_texts_are(one in url_like(), other in url_like()) {
        if let (Ok(one), Ok(other)) = (CanonicalUrl::parse(&one), CanonicalUrl::parse(&other)) {
            prop_assert_eq!(one.key() == other.key(), one.as_str() == other.as_str());
            prop_assert_eq!(one == other, one.as_str() == other.as_str());
        }
    }

    #[test]
    fn no_text_makes_it_panic(text in "\\PC*", bytes in prop::collection::vec(any::<u8>(), 0..60)) {
        for text in [text, String::from_utf8_lossy(&bytes).into_owned()] {
            for url in [text.clone(), format!("http://{text}"), format!("http://h/{text}")] {
                if let Ok(url) = CanonicalUrl::parse(&url) {
                    assert_canonical(&url);
                }
            }
        }
    }
}
