use std::fmt::Write as _;

use proptest::prelude::*;

use super::*;

mod google;

fn allows(robots: &str, agent: &str, path: &str) -> bool {
    let robots = Robots::parse(robots.as_bytes());
    let verdict = robots.verdict(agent, path);
    assert_eq!(verdict.allowed, robots.allows(agent, path), "{path}");
    verdict.allowed
}

fn rule(robots: &str, path: &str) -> Option<String> {
    Robots::parse(robots.as_bytes()).verdict("crawld", path).rule
}

/// RFC 9309, section 5.1.
#[test]
fn the_simple_example_of_the_rfc_holds() {
    let robots = "User-Agent: *\nDisallow: *.gif$\nDisallow: /example/\nAllow: /publications/\n\n\
        User-Agent: foobot\nDisallow:/\nAllow:/example/page.html\nAllow:/example/allowed.gif\n\n\
        User-Agent: barbot\nUser-Agent: bazbot\nDisallow: /example/page.html\n\n\
        User-Agent: quxbot\n";
    for (agent, path, allowed) in [
        ("other", "/example/page.html", false),
        ("other", "/example/", false),
        ("other", "/example", true),
        ("other", "/a.gif", false),
        ("other", "/a.gif?b", true),
        ("other", "/publications/", true),
        ("other", "/publications/a.gif", true),
        ("other", "/", true),
        ("foobot", "/", false),
        ("foobot", "/publications/", false),
        ("foobot", "/example/page.html", true),
        ("foobot", "/example/allowed.gif", true),
        ("foobot", "/example/other.gif", false),
        ("FooBot/2.1", "/", false),
        ("barbot", "/example/page.html", false),
        ("bazbot", "/example/page.html", false),
        ("barbot", "/example/", true),
        ("quxbot", "/example/page.html", true),
        ("quxbot", "/a.gif", true),
    ] {
        assert_eq!(allows(robots, agent, path), allowed, "{agent} {path}");
    }
}

/// RFC 9309, section 5.2.
#[test]
fn the_longest_match_example_of_the_rfc_holds() {
    let robots = "User-Agent: foobot\nAllow: /example/page/\n\
        Disallow: /example/page/disallowed.gif\n";
    assert!(!allows(robots, "foobot", "/example/page/disallowed.gif"));
    assert!(allows(robots, "foobot", "/example/page/"));
    assert!(allows(robots, "foobot", "/example/page/allowed.gif"));
}

/// RFC 9309, section 2.2.1: groups of one agent are one group.
#[test]
fn the_merging_example_of_the_rfc_holds() {
    let robots = "user-agent: ExampleBot\ndisallow: /foo\ndisallow: /bar\n\n\
        user-agent: ExampleBot\ndisallow: /baz\n";
    for path in ["/foo", "/bar", "/baz"] {
        assert!(!allows(robots, "ExampleBot", path), "{path}");
    }
    let robots = "user-agent: a\ndisallow: /1\nuser-agent: b\ndisallow: /2\n\
        user-agent: b\nuser-agent: a\ndisallow: /3\nuser-agent: a\nuser-agent: b\ndisallow: /4\n";
    for (agent, allowed) in [("a", [false, true, false, false]), ("b", [true, false, false, false])]
    {
        assert_eq!(["/1", "/2", "/3", "/4"].map(|path| allows(robots, agent, path)), allowed);
    }
}

/// The table of RFC 9309, section 2.2.2: path of the rule, path to match.
#[test]
fn the_encoding_table_of_the_rfc_holds() {
    for (pattern, path) in [
        ("/foo/bar?baz=quz", "/foo/bar?baz=quz"),
        ("/foo/bar?baz=https://foo.bar", "/foo/bar?baz=https%3A%2F%2Ffoo.bar"),
        ("/foo/bar?baz=https%3a%2f%2ffoo.bar", "/foo/bar?baz=https://foo.bar"),
        ("/foo/bar/\u{30c4}", "/foo/bar/%E3%83%84"),
        ("/foo/bar/%E3%83%84", "/foo/bar/%E3%83%84"),
        ("/foo/bar/%e3%83%84", "/foo/bar/\u{30c4}"),
        ("/foo/bar/%62%61%7A", "/foo/bar/baz"),
        ("/foo/bar/baz", "/foo/bar/%62%61%7A"),
        ("/*https%3A", "/a?b=https%3A"),
        ("/*https:", "/a?b=https%3A"),
        ("/a?q='b", "/a?q=%27b"),
        ("/a b|c", "/a%20b%7cc"),
    ] {
        assert!(!allows(&format!("user-agent: *\ndisallow: {pattern}"), "a", path), "{pattern}");
    }
    assert!(allows("user-agent: *\ndisallow: /a%2Fb", "a", "/a/b"), "%2F in a path is no slash");
    assert!(allows("user-agent: *\ndisallow: /a?b%26c", "a", "/a?b&c"), "nor is %26 an &");
}

/// RFC 9309, section 2.2.3.
#[test]
fn the_special_characters_of_the_rfc_hold() {
    let robots = "user-agent: *\nallow: /this/*/exactly\ndisallow: /this\ndisallow: /end$";
    assert!(allows(robots, "a", "/this/path/exactly") && !allows(robots, "a", "/this/path"));
    assert!(!allows(robots, "a", "/end") && allows(robots, "a", "/ending"));
    let robots = "user-agent: *\ndisallow: /path/file-with-a-%2A.html\ndisallow: /path/foo-%24";
    assert!(!allows(robots, "a", "/path/file-with-a-*.html"));
    assert!(allows(robots, "a", "/path/file-with-a-b.html"));
    assert!(!allows(robots, "a", "/path/foo-$") && !allows(robots, "a", "/path/foo-%24a"));
    let robots = "user-agent: *\ndisallow: /a$b";
    assert!(!allows(robots, "a", "/a$b") && allows(robots, "a", "/a"));
}

#[test]
fn a_verdict_names_the_rule_and_its_line() {
    let robots =
        "# hello\r\nUser-agent: *\r\n\r\nDisallow: /private/ # secret\r\nAllow: /*.css$\r\n";
    let said = |path| rule(robots, path);
    assert_eq!(said("/private/a").as_deref(), Some("Disallow: /private/ (line 4)"));
    assert_eq!(said("/a.css").as_deref(), Some("Allow: /*.css$ (line 5)"));
    assert_eq!(said("/"), None);
}

#[test]
fn robots_txt_itself_is_always_allowed() {
    let robots = Robots::disallow_all();
    assert!(robots.allows("a", "/robots.txt"));
    for path in ["", "/", "/robots.txt2", "/a", "/?"] {
        assert!(!robots.allows("a", path), "{path}");
    }
    assert!(Robots::allow_all().allows("a", "/"));
}

#[test]
fn answers_are_judged_by_their_status() {
    let body = b"user-agent: *\ndisallow: /";
    for (status, allowed) in [
        (Some(200), Some(false)),
        (Some(204), Some(false)),
        (Some(301), Some(true)),
        (Some(400), Some(true)),
        (Some(404), Some(true)),
        (Some(429), Some(true)),
        (Some(500), None),
        (Some(503), None),
        (Some(99), None),
        (Some(600), None),
        (None, None),
    ] {
        let judged = match from_answer(status, body) {
            RobotsAnswer::Rules(robots) => Some(robots.allows("a", "/")),
            RobotsAnswer::Unavailable => None,
        };
        assert_eq!(judged, allowed, "{status:?}");
    }
}

#[test]
fn crawl_delay_is_that_of_the_agents_own_group() {
    let robots = Robots::parse(
        b"user-agent: slow\ncrawl-delay: 10\n\nuser-agent: *\ndisallow: /x\ncrawl-delay: 0.5\n\n\
        user-agent: none\nallow: /\n\nuser-agent: twice\ncrawl-delay: 3\nuser-agent: twice\n\
        crawl-delay: 2\n\nuser-agent: again\ndisallow: /x\ncrawl-delay: 3\n\n\
        user-agent: again\ndisallow: /y\n",
    );
    let seconds = |agent| robots.crawl_delay(agent).map(|delay| delay.as_secs_f64());
    assert_eq!(seconds("slow"), Some(10.0));
    assert_eq!(seconds("other"), Some(0.5), "a delay is for the agents above it");
    assert_eq!(seconds("none"), None);
    assert_eq!(seconds("twice"), Some(3.0), "the longest counts");
    assert_eq!(seconds("again"), Some(3.0), "also over several groups");
    assert!(!robots.allows("slow", "/x"), "yet a delay ends no run of user-agent lines");
}

#[test]
fn a_delay_that_is_no_number_is_ignored_and_a_huge_one_cut_to_a_day() {
    for (value, millis) in [
        ("5", Some(5000)),
        ("1.5", Some(1500)),
        (".25", Some(250)),
        ("2.", Some(2000)),
        ("0", Some(0)),
        ("1 # one", Some(1000)),
        ("86401", Some(86_400_000)),
        (&"9".repeat(400), Some(86_400_000)),
        ("-1", None),
        ("NaN", None),
        ("inf", None),
        ("1e3", None),
        ("1,5", None),
        ("1.2.3", None),
        ("5s", None),
        (".", None),
        ("", None),
    ] {
        let robots = Robots::parse(format!("user-agent: *\ncrawl-delay: {value}").as_bytes());
        let expected = millis.map(Duration::from_millis);
        assert_eq!(robots.crawl_delay("a"), expected, "{value}");
    }
}

#[test]
fn sitemaps_are_found_wherever_they_stand() {
    let robots = Robots::parse(
        b"Sitemap: https://h/1.xml\nuser-agent: a\nSITEMAP:https://h/2.xml # two\ndisallow: /\n\
        sitemap:\nsitemap: /\xff.xml",
    );
    assert_eq!(robots.sitemaps(), ["https://h/1.xml", "https://h/2.xml", "/\u{fffd}.xml"]);
}

#[test]
fn only_full_lines_of_the_first_500_kib_count() {
    let head = "user-agent: *\ndisallow: /a\n#";
    let fill = |to: usize| format!("{head}{}\n", "x".repeat(to - head.len() - 1));
    let within = format!("{}disallow: /b", fill(500 * 1024 - 12));
    assert_eq!(within.len(), 500 * 1024);
    assert!(!allows(&within, "a", "/b"));
    let cut = format!("{within}cd\ndisallow: /e\n");
    assert!(allows(&cut, "a", "/bcd") && allows(&cut, "a", "/b"), "a cut line counts for nothing");
    assert!(allows(&cut, "a", "/e") && !allows(&cut, "a", "/a"));
    assert!(allows(&"x".repeat(600 * 1024), "a", "/"));
}

#[test]
fn patterns_full_of_stars_end_at_once() {
    let robots = format!("user-agent: *\ndisallow: /{}b$\n", "a*".repeat(200));
    assert!(allows(&robots, "a", &format!("/{}", "a".repeat(800))));
    let robots = format!("user-agent: *\ndisallow: /{}\n", "*a".repeat(250_000));
    assert!(allows(&robots, "a", &format!("/{}", "a".repeat(2000))));
    let robots = format!("user-agent: *\ndisallow: /{}\n", "*".repeat(500_000));
    assert_eq!(rule(&robots, "/").as_deref(), Some("Disallow: /* (line 2)"));
}

#[test]
fn nested_rules_by_the_hundred_are_searched_to_the_end() {
    let mut robots = "user-agent: *\n".to_owned();
    for length in 1..700 {
        let key = if length % 2 == 0 { "allow" } else { "disallow" };
        writeln!(robots, "{key}: /{}", "a".repeat(length)).unwrap();
    }
    let robots = Robots::parse(robots.as_bytes());
    for length in 1..700 {
        let path = format!("/{}b", "a".repeat(length));
        assert_eq!(robots.allows("a", &path), length % 2 == 0, "{length}");
    }
}

/// The rule that a plain reading of the RFC chooses: try them all, segment by segment of a regular
/// expression.
fn plainly(rules: &[(bool, String)], path: &str) -> bool {
    let matching = rules.iter().filter(|(_, pattern)| {
        let (body, end) = match pattern.strip_suffix('$') {
            Some(body) => (body, "$"),
            None => (&**pattern, ""),
        };
        let parts: Vec<_> = body.split('*').map(regex::escape).collect();
        regex::Regex::new(&format!("^{}{end}", parts.join(".*"))).unwrap().is_match(path)
    });
    matching.map(|(allow, pattern)| (pattern.len(), *allow)).max().is_none_or(|(_, allow)| allow)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_index_finds_what_a_plain_search_finds(
        rules in prop::collection::vec((any::<bool>(), "/(a|b|ab|/|[*]b|[*]a){0,6}[$]?"), 0..20),
        paths in prop::collection::vec("/[ab/]{0,10}", 1..20),
    ) {
        let mut text = "user-agent: *\n".to_owned();
        for (allow, pattern) in &rules {
            writeln!(text, "{}: {pattern}", if *allow { "allow" } else { "disallow" }).unwrap();
        }
        for path in paths {
            prop_assert_eq!(allows(&text, "x", &path), plainly(&rules, &path), "{} {}", text, path);
        }
    }

    #[test]
    fn every_text_gives_a_verdict(
        noise in prop::collection::vec(any::<u8>(), 0..200),
        lines in prop::collection::vec("(user-agent|allow|disallow|crawl-delay|x):[ a*/$%?#\\PC]{0,9}", 0..20),
        ending in prop_oneof![Just("\n"), Just("\r"), Just("\r\n")],
        path in "(/[a*$%2eF?]{0,9}|\\PC{0,9})",
    ) {
        for body in [noise, lines.join(ending).into_bytes()] {
            let robots = Robots::parse(&body);
            prop_assert_eq!(robots.verdict("a", &path).allowed, robots.allows("a", &path));
            prop_assert!(robots.crawl_delay("a").is_none_or(|delay| delay.as_secs() <= 86_400));
        }
    }
}
