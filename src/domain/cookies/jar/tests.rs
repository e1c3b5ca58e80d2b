use proptest::prelude::*;

use super::super::read;
use super::*;

const NOW: Millis = 1_760_000_000_000;

fn url(text: &str) -> CanonicalUrl {
    CanonicalUrl::parse(text).unwrap()
}

/// Takes in the lines of an answer; says whether anything changed.
fn set(jar: &mut Jar, at: &str, lines: &[&str], now: Millis) -> bool {
    let at = url(at);
    let cookies = lines.iter().filter_map(|line| read(line, &at, now)).collect();
    jar.take_in(cookies, at.is_https(), now)
}

fn sent(jar: &mut Jar, to: &str) -> String {
    sent_at(jar, to, NOW)
}

fn sent_at(jar: &mut Jar, to: &str, now: Millis) -> String {
    jar.header(&url(to), now).unwrap_or_default().reveal().to_owned()
}

#[test]
fn a_cookie_goes_where_its_domain_path_and_scheme_let_it() {
    let mut jar = Jar::default();
    set(&mut jar, "https://www.a.test/x/", &["own=1", "wide=2; Domain=a.test; Path=/"], NOW);
    set(&mut jar, "https://www.a.test/", &["tls=3; Secure; Domain=a.test"], NOW);
    assert_eq!(sent(&mut jar, "https://www.a.test/x"), "own=1; wide=2; tls=3");
    assert_eq!(sent(&mut jar, "https://www.a.test/x/y"), "own=1; wide=2; tls=3");
    assert_eq!(sent(&mut jar, "https://www.a.test/xy"), "wide=2; tls=3");
    assert_eq!(sent(&mut jar, "http://deep.www.a.test/x/"), "wide=2");
    assert_eq!(sent(&mut jar, "http://a.test:81/"), "wide=2", "ports do not count");
    assert_eq!(sent(&mut jar, "https://ba.test/"), "");
    assert_eq!(sent(&mut jar, "https://b.test/"), "");
}

#[test]
fn the_longest_path_comes_first_and_then_the_oldest() {
    let mut jar = Jar::default();
    set(&mut jar, "http://a.test/", &["b=1"], NOW);
    set(&mut jar, "http://a.test/", &["a=2", "long=3; Path=/x"], NOW + 1);
    assert!(set(&mut jar, "http://a.test/", &["b=4"], NOW + 2));
    assert_eq!(sent(&mut jar, "http://a.test/x"), "long=3; b=4; a=2", "b keeps its age");
}

#[test]
fn what_is_over_is_neither_kept_nor_sent_nor_stored() {
    let mut jar = Jar::default();
    assert!(set(&mut jar, "http://a.test/", &["a=1; Max-Age=5", "b=2"], NOW));
    assert_eq!(jar.take_changes().len(), 2);
    assert_eq!(sent_at(&mut jar, "http://a.test/", NOW + 4_999), "a=1; b=2");
    assert_eq!(sent_at(&mut jar, "http://a.test/", NOW + 5_000), "b=2");
    assert!(set(&mut jar, "http://a.test/", &["b=; Max-Age=0"], NOW));
    assert!(jar.is_empty());
    let changes = jar.take_changes();
    assert_eq!(changes.len(), 2);
    assert!(changes.iter().all(|(_, cookie)| cookie.is_none()));
    assert!(!set(&mut jar, "http://a.test/", &["b=; Max-Age=0"], NOW), "nothing to remove");
    assert!(jar.take_changes().is_empty());
}

#[test]
fn only_a_new_value_is_a_change_but_a_new_life_is_stored() {
    let mut jar = Jar::default();
    assert!(set(&mut jar, "http://a.test/", &["a=1; Max-Age=5"], NOW));
    jar.take_changes();
    assert!(!set(&mut jar, "http://a.test/", &["a=1; Max-Age=5"], NOW));
    assert!(jar.take_changes().is_empty());
    assert!(!set(&mut jar, "http://a.test/", &["a=1; Max-Age=9"], NOW));
    assert_eq!(jar.take_changes().len(), 1);
}

#[test]
fn what_was_never_stored_needs_no_removal_and_what_was_does() {
    let mut jar = Jar::default();
    set(&mut jar, "http://a.test/", &["a=1", "a=; Max-Age=0"], NOW);
    assert!(jar.take_changes().is_empty());
    set(&mut jar, "http://a.test/", &["a=1"], NOW);
    jar.take_changes();
    set(&mut jar, "http://a.test/", &["a=; Max-Age=0", "a=2", "a=; Max-Age=0"], NOW);
    let key = CookieKey { domain: "a.test".into(), path: "/".into(), name: "a".into() };
    assert_eq!(jar.take_changes(), [(key, None)]);
}

#[test]
fn http_cannot_replace_what_https_has_set_as_secure() {
    let mut jar = Jar::default();
    set(&mut jar, "https://www.a.test/", &["sid=1; Secure; Domain=a.test; Path=/x"], NOW);
    assert!(!set(&mut jar, "http://www.a.test/", &["sid=2; Path=/x/y"], NOW));
    assert!(!set(&mut jar, "http://a.test/", &["sid=2; Path=/x; Domain=a.test"], NOW));
    assert!(!set(&mut jar, "http://a.test/", &["sid=; Path=/x; Max-Age=0; Domain=a.test"], NOW));
    assert!(set(&mut jar, "http://www.a.test/", &["sid=3; Path=/"], NOW), "another path");
    assert_eq!(sent(&mut jar, "https://www.a.test/x"), "sid=1; sid=3");
    assert!(set(&mut jar, "https://a.test/", &["sid=4; Path=/x; Domain=a.test"], NOW));
}

#[test]
fn a_domain_with_too_many_cookies_loses_the_least_recently_used() {
    let mut jar = Jar::default();
    for n in 0..PER_DOMAIN {
        set(&mut jar, "http://a.test/", &[&format!("c{n}=x; Path=/{n}")], NOW);
    }
    assert_eq!(sent(&mut jar, "http://a.test/0"), "c0=x", "now the last used");
    set(&mut jar, "http://a.test/", &["new=x"], NOW);
    assert_eq!(jar.len(), PER_DOMAIN);
    assert_eq!(sent(&mut jar, "http://a.test/0"), "c0=x; new=x");
    assert_eq!(sent(&mut jar, "http://a.test/1"), "new=x", "c1 made room");
}

#[test]
fn a_maze_of_hosts_cannot_make_the_jar_grow_nor_drive_out_what_is_used() {
    let mut jar = Jar::default();
    set(&mut jar, "http://login.test/", &["sid=1"], NOW);
    for n in 0..2 * PER_JOB {
        if n % 1000 == 0 {
            assert_eq!(sent(&mut jar, "http://login.test/"), "sid=1");
        }
        set(&mut jar, &format!("http://h{n}.a.test/"), &["junk=x; Max-Age=9"], NOW);
    }
    assert_eq!(jar.len(), PER_JOB);
    assert_eq!(jar.take_changes().len(), PER_JOB, "what was driven out unstored is forgotten");
}

#[test]
fn a_header_is_no_longer_than_servers_take() {
    let mut jar = Jar::default();
    for n in 0..PER_DOMAIN {
        set(&mut jar, "http://a.test/", &[&format!("c{n}={}", "x".repeat(4000))], NOW);
    }
    let length = sent(&mut jar, "http://a.test/").len();
    assert!((12_000..=MAX_HEADER).contains(&length), "{length}");
}

#[test]
fn a_stored_jar_is_the_same_jar_without_what_is_over() {
    let mut jar = Jar::default();
    let lines = ["a=1; Max-Age=5", "b=2", "c=3; Domain=a.test; Path=/x; Secure; HttpOnly"];
    set(&mut jar, "https://a.test/x", &lines, NOW);
    let stored: Vec<Cookie> = jar.take_changes().into_iter().filter_map(|(_, c)| c).collect();
    let mut again = Jar::of(stored.clone(), NOW);
    assert_eq!(sent(&mut again, "https://a.test/x"), "c=3; a=1; b=2");
    assert!(again.take_changes().is_empty());
    let mut later = Jar::of(stored, NOW + 5_000);
    assert_eq!(later.len(), 2);
    assert_eq!(later.take_changes().len(), 1, "the one that is over is removed from the store");
}

proptest! {
    #[test]
    fn any_line_is_survived(line in any::<String>(), at in 0..3_usize) {
        let at = ["https://www.example.co.uk/a/b", "http://127.0.0.1:8/", "http://localhost/"][at];
        let mut jar = Jar::default();
        set(&mut jar, at, &[&line], NOW);
        sent(&mut jar, at);
        sent(&mut jar, "https://other.test/");
    }

    /// Whatever is set, a cookie comes back only to the registrable domain that set it, and a
    /// host-only or secure one not beyond its host and its scheme.
    #[test]
    fn no_cookie_goes_to_a_stranger(
        answers in prop::collection::vec((0..6_usize, 0..2_usize, 0..7_usize, any::<bool>()), 1..20),
        asked in 0..6_usize,
        over_https in any::<bool>(),
    ) {
        const HOSTS: [&str; 6] =
            ["a.co.uk", "www.a.co.uk", "b.co.uk", "co.uk", "xa.co.uk", "10.0.0.1"];
        const DOMAINS: [&str; 7] = ["", "a.co.uk", "co.uk", "uk", "www.a.co.uk", "b.co.uk", "0.1"];
        let scheme = |https| if https { "https" } else { "http" };
        let mut jar = Jar::default();
        for (host, secure, domain, https) in answers {
            let (host, domain) = (HOSTS[host], DOMAINS[domain]);
            let attributes = ["", "; Secure"][secure];
            // The value says where it came from.
            let line = format!("{host}-{secure}={domain}|; Domain={domain}{attributes}; Path=/");
            set(&mut jar, &format!("{}://{host}/", scheme(https)), &[&line], NOW);
        }
        let asked = HOSTS[asked];
        let text = sent(&mut jar, &format!("{}://{asked}/x", scheme(over_https)));
        for cookie in text.split("; ").filter(|cookie| !cookie.is_empty()) {
            let (name, domain) = cookie.split_once('=').unwrap();
            let (host, secure) = name.split_once('-').unwrap();
            let domain = domain.trim_end_matches('|');
            prop_assert!(secure == "0" || over_https, "{cookie} over http");
            let near = asked == host || (!domain.is_empty() && is_within(asked, domain));
            prop_assert!(near, "{cookie} to {asked}");
            prop_assert!(asked == host || psl::domain_str(asked) == psl::domain_str(host));
        }
    }
}
