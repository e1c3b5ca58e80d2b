//! Cases that parsers in use have been seen to get wrong, and those that Google documents.

use super::allows;

/// Name, robots.txt, agent, path, allowed?
type Case = (&'static str, &'static str, &'static str, &'static str, bool);

const CASES: [Case; 60] = [
    ("empty file", "", "FooBot", "/x", true),
    ("no agent named", "disallow: /x", "FooBot", "/x", true),
    ("agent line without rules", "user-agent: FooBot", "FooBot", "/x", true),
    ("keys in any case", "USER-AGENT: FooBot\nDISALLOW: /x", "FooBot", "/x", false),
    ("agent in any case", "user-agent: fOObOT\ndisallow: /x", "FooBot", "/x", false),
    ("path minds its case", "user-agent: FooBot\ndisallow: /X", "FooBot", "/x", true),
    ("version in the file", "User-agent: FooBot/1.2\nDisallow: /x", "FooBot", "/x", false),
    ("version in the agent", "user-agent: FooBot\ndisallow: /x", "FooBot/1.2 (a)", "/x", false),
    ("words after the token", "user-agent: Foo Bar\ndisallow: /x", "Foo", "/x", false),
    ("words are no other token", "user-agent: Foo Bar\ndisallow: /x", "Bar", "/x", true),
    ("a token is no prefix", "user-agent: Foo\ndisallow: /x", "FooBot", "/x", true),
    ("nor a longer one", "user-agent: FooBot\ndisallow: /x", "Foo", "/x", true),
    ("dash and underscore", "user-agent: a-b_c\ndisallow: /x", "A-B_C", "/x", false),
    ("star for all", "user-agent: *\ndisallow: /x", "FooBot", "/x", false),
    ("star and words", "user-agent: * all\ndisallow: /x", "FooBot", "/x", false),
    ("star within a word", "user-agent: *bot\ndisallow: /x", "FooBot", "/x", true),
    (
        "own group beats star",
        "user-agent: *\ndisallow: /\nuser-agent: FooBot\ndisallow: /y",
        "FooBot",
        "/x",
        true,
    ),
    (
        "own group, empty, beats star",
        "user-agent: FooBot\ndisallow:\nuser-agent: *\ndisallow: /",
        "FooBot",
        "/x",
        true,
    ),
    (
        "groups of star merge",
        "user-agent: *\nallow: /\nuser-agent: *\ndisallow: /x",
        "F",
        "/x",
        false,
    ),
    ("shared group", "user-agent: a\nuser-agent: FooBot\ndisallow: /x", "FooBot", "/x", false),
    (
        "sitemap between agents",
        "user-agent: a\nsitemap: http://h/s\nuser-agent: b\ndisallow: /x",
        "a",
        "/x",
        false,
    ),
    (
        "crawl-delay between agents",
        "user-agent: a\ncrawl-delay: 1\nuser-agent: b\ndisallow: /x",
        "a",
        "/x",
        false,
    ),
    (
        "unknown line between",
        "user-agent: a\nhost: h\nuser-agent: b\ndisallow: /x",
        "a",
        "/x",
        false,
    ),
    ("blank lines between", "user-agent: a\n\n\nuser-agent: b\n\ndisallow: /x", "a", "/x", false),
    ("unknown line among rules", "user-agent: a\nfoo: b\ndisallow: /x", "a", "/x", false),
    (
        "sitemap ends no group",
        "user-agent: a\nallow: /y\nsitemap: s\ndisallow: /x",
        "a",
        "/x",
        false,
    ),
    (
        "a bad agent takes no rules",
        "user-agent: a\nallow: /\nuser-agent: 1\ndisallow: /",
        "a",
        "/x",
        true,
    ),
    ("byte order mark", "\u{feff}user-agent: FooBot\ndisallow: /x", "FooBot", "/x", false),
    ("CR only", "user-agent: FooBot\rdisallow: /x\r", "FooBot", "/x", false),
    ("CRLF", "user-agent: FooBot\r\ndisallow: /x\r\n", "FooBot", "/x", false),
    ("tabs and spaces", "\t user-agent \t:\t FooBot \n disallow\t: /x \t", "FooBot", "/x", false),
    ("no space", "user-agent:FooBot\ndisallow:/x", "FooBot", "/x", false),
    ("comments", "user-agent: FooBot # me\n# no\ndisallow: /x#y", "FooBot", "/x", false),
    ("comment ends the value", "user-agent: FooBot\ndisallow: #/", "FooBot", "/x", true),
    ("commented line", "user-agent: FooBot\n#disallow: /x", "FooBot", "/x", true),
    ("NUL", "user-agent: FooBot\0\ndisallow: /x\ndisallow: /\0", "FooBot", "/x", false),
    ("empty disallow", "user-agent: FooBot\ndisallow:", "FooBot", "/x", true),
    ("empty allow", "user-agent: FooBot\nallow:\ndisallow: /x", "FooBot", "/x", false),
    ("no slash first", "user-agent: FooBot\ndisallow: x", "FooBot", "/x", true),
    ("disallow all", "user-agent: FooBot\ndisallow: /", "FooBot", "/", false),
    ("prefix", "user-agent: *\ndisallow: /fish", "F", "/fishheads/yummy.html", false),
    ("folder", "user-agent: *\ndisallow: /fish/", "F", "/fish", true),
    ("longest wins", "user-agent: *\nallow: /p\ndisallow: /", "F", "/page", true),
    ("in any order", "user-agent: *\ndisallow: /\nallow: /p", "F", "/page", true),
    ("longest disallow", "user-agent: *\nallow: /x/\ndisallow: /x/page", "F", "/x/page", false),
    ("allow on ties", "user-agent: *\ndisallow: /folder\nallow: /folder", "F", "/folder/a", true),
    ("longer glob", "user-agent: *\nallow: /page\ndisallow: /*.htm", "F", "/page.htm", false),
    (
        "tie of glob and prefix",
        "user-agent: *\ndisallow: /*.html\nallow: /page.h",
        "F",
        "/page.html",
        true,
    ),
    ("only the root", "user-agent: *\nallow: /$\ndisallow: /", "F", "/", true),
    ("but the root", "user-agent: *\nallow: /$\ndisallow: /", "F", "/page.htm", false),
    ("star inside", "user-agent: *\ndisallow: /fish*.php", "F", "/fishheads/cat.php?a", false),
    ("star at the end", "user-agent: *\ndisallow: /fish*", "F", "/fish", false),
    ("star and dollar", "user-agent: *\ndisallow: /*.php$", "F", "/a.php", false),
    ("dollar is the end", "user-agent: *\ndisallow: /*.php$", "F", "/a.php?b", true),
    ("lower-case escape", "user-agent: *\ndisallow: /%e3%83%84", "F", "/%E3%83%84", false),
    ("raw UTF-8", "user-agent: *\ndisallow: /foo/bar/\u{30c4}", "F", "/foo/bar/%E3%83%84", false),
    ("escaped letter", "user-agent: *\ndisallow: /%7ejoe", "F", "/~joe/", false),
    ("index page", "user-agent: *\nallow: /a/index.html\ndisallow: /", "F", "/a/", true),
    ("index page alone", "user-agent: *\nallow: /a/index.html\ndisallow: /", "F", "/a/b", false),
    ("robots.txt itself", "user-agent: *\ndisallow: /", "F", "/robots.txt", true),
];

#[test]
fn known_traps_are_not_walked_into() {
    let failed: Vec<_> = CASES
        .iter()
        .filter(|(_, robots, agent, path, allowed)| allows(robots, agent, path) != *allowed)
        .map(|(name, ..)| name)
        .collect();
    assert!(failed.is_empty(), "{failed:?}");
}
