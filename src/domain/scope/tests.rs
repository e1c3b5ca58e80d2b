use super::*;

fn url(text: &str) -> CanonicalUrl {
    CanonicalUrl::parse(text).unwrap_or_else(|e| panic!("{text}: {e}"))
}

fn scope(kind: ScopeKind, roots: &[&str]) -> Scope {
    let roots: Vec<_> = roots.iter().map(|root| url(root)).collect();
    Scope::new(kind, &roots, &[], &[]).unwrap()
}

/// Both ways of asking must agree.
fn allows(scope: &Scope, text: &str) -> bool {
    let ruling = scope.explain(&url(text));
    assert_eq!(ruling.allowed, scope.allows(&url(text)), "{text}: {}", ruling.rule);
    ruling.allowed
}

#[track_caller]
fn table(kind: ScopeKind, root: &str, inside: &[&str], outside: &[&str]) {
    let scope = scope(kind, &[root]);
    for text in inside {
        assert!(allows(&scope, text), "{kind} of {root} should hold {text}");
    }
    for text in outside {
        assert!(!allows(&scope, text), "{kind} of {root} should not hold {text}");
    }
}

#[test]
fn host_scope_ignores_www_and_scheme_but_not_port() {
    table(
        ScopeKind::Host,
        "http://example.com/",
        &[
            "http://example.com/x",
            "http://www.example.com/",
            "https://example.com/",
            "https://www.example.com:443/",
            "http://EXAMPLE.com.:80/",
        ],
        &[
            "http://foo.example.com/",
            "http://ww.example.com/",
            "http://www.www.example.com/",
            "http://example.com:8080/",
            "http://example.com:443/",
            "http://example.com.evil.org/",
            "http://example.org/",
            "http://notexample.com/",
        ],
    );
    table(
        ScopeKind::Host,
        "https://www.example.com:8443/",
        &["http://example.com:8443/"],
        &["https://example.com/", "https://www.example.com/"],
    );
}

#[test]
fn host_scope_of_a_deep_root_is_the_whole_host() {
    table(ScopeKind::Host, "http://h.example/a/a", &["http://h.example/b"], &[]);
}

#[test]
fn addresses_match_exactly() {
    for kind in [ScopeKind::Host, ScopeKind::Domain] {
        table(
            kind,
            "http://127.0.0.1:8000/",
            &["http://127.0.0.1:8000/a", "http://0x7f.1:8000/"],
            &["http://127.0.0.2:8000/", "http://10.0.0.1:8000/", "http://localhost:8000/"],
        );
        table(kind, "http://[::1]/", &["http://[0:0::1]/a"], &["http://[::2]/", "http://1.1.1.1/"]);
    }
}

#[test]
fn domain_scope_is_the_registrable_domain_on_any_port() {
    table(
        ScopeKind::Domain,
        "http://www.example.co.uk/",
        &["https://example.co.uk/", "http://a.b.example.co.uk:8080/", "http://www.example.co.uk/x"],
        &["http://other.co.uk/", "http://co.uk/", "http://example.com/", "http://example.uk/"],
    );
    table(
        ScopeKind::Domain,
        "http://foo.example.com/",
        &["http://example.com/", "http://bar.example.com/"],
        &["http://example.org/", "http://example.com.org/"],
    );
    table(
        ScopeKind::Domain,
        "http://a.\u{516c}\u{53f8}.cn/",
        &["http://b.a.xn--55qx5d.cn/"],
        &["http://b.xn--55qx5d.cn/", "http://b.cn/"],
    );
}

#[test]
fn a_root_that_is_a_public_suffix_owns_only_itself() {
    table(
        ScopeKind::Domain,
        "http://co.uk/",
        &["http://co.uk/a", "https://co.uk:8443/"],
        &["http://bbc.co.uk/", "http://gov.co.uk/", "http://www.co.uk/"],
    );
    table(
        ScopeKind::Domain,
        "http://localhost/",
        &["http://localhost:81/"],
        &["http://a.localhost/"],
    );
    table(ScopeKind::Domain, "http://me.github.io/", &[], &["http://you.github.io/"]);
}

#[test]
fn prefix_scope_is_the_folder_of_the_root() {
    table(
        ScopeKind::Prefix,
        "http://example.com/docs/guide.html",
        &[
            "http://example.com/docs/",
            "https://www.example.com/docs/a/b?c",
            "http://example.com/docs/guide.html",
        ],
        &[
            "http://example.com/docs",
            "http://example.com/",
            "http://example.com/docs2/",
            "http://example.com/Docs/",
            "http://example.com:81/docs/",
            "http://foo.example.com/docs/",
        ],
    );
    table(
        ScopeKind::Prefix,
        "http://h.example/a",
        &["http://h.example/b"],
        &["http://g.example/b"],
    );
    table(
        ScopeKind::Prefix,
        "http://h.example/a/?x=/y/z",
        &["http://h.example/a/b"],
        &["http://h.example/b"],
    );
}

#[test]
fn any_scope_holds_everything() {
    table(ScopeKind::Any, "http://a.example/", &["https://b.example:1/c?d"], &[]);
}

#[test]
fn one_root_that_allows_is_enough() {
    let roots = [
        "http://a.example/",
        "http://b.example/x/y/",
        "http://b.example/x/",
        "http://b.example/z/",
    ];
    let hosts = scope(ScopeKind::Host, &roots);
    assert!(allows(&hosts, "http://a.example/1") && allows(&hosts, "http://b.example/1"));
    assert!(!allows(&hosts, "http://c.example/"));
    let prefix = scope(ScopeKind::Prefix, &roots);
    assert!(allows(&prefix, "http://a.example/1") && allows(&prefix, "http://b.example/x/1"));
    assert!(allows(&prefix, "http://b.example/x/z"), "a root within another's folder hides none");
    assert!(allows(&prefix, "http://b.example/z/1") && !allows(&prefix, "http://b.example/y/"));
}

#[test]
fn a_scope_without_roots_holds_nothing_but_any() {
    assert!(!allows(&scope(ScopeKind::Host, &[]), "http://a.example/"));
    assert!(!allows(&scope(ScopeKind::Prefix, &[]), "http://a.example/"));
    assert!(allows(&scope(ScopeKind::Any, &[]), "http://a.example/"));
}

#[test]
fn prefixes_of_many_roots_agree_with_a_plain_search() {
    let roots: Vec<_> =
        (0..300).map(|n| format!("http://h.example/{:b}/{n:o}/x", n % 37)).collect();
    let texts: Vec<&str> = roots.iter().map(String::as_str).collect();
    let scope = scope(ScopeKind::Prefix, &texts);
    for n in 0..500 {
        let candidate = format!("http://h.example/{:b}/{n:o}/y", n % 41);
        let path = url(&candidate).path().to_owned();
        let plain = texts.iter().any(|root| path.starts_with(folder(url(root).path())));
        assert_eq!(allows(&scope, &candidate), plain, "{candidate}");
    }
}

#[test]
fn include_and_exclude_are_searched_in_the_whole_url() {
    let roots = [url("http://example.com/")];
    let strings = |list: &[&str]| list.iter().map(ToString::to_string).collect::<Vec<_>>();
    let scope = Scope::new(
        ScopeKind::Host,
        &roots,
        &strings(&["/docs/", r"\.html$"]),
        &strings(&["/private/", r"[?&]print=", "^https:"]),
    )
    .unwrap();
    for (text, allowed, rule) in [
        ("http://example.com/docs/a", true, "include /docs/"),
        ("http://example.com/a.html", true, r"include \.html$"),
        ("http://example.com/a", false, "no include matches"),
        ("http://example.com/docs/private/", false, "exclude /private/"),
        ("http://example.com/docs/?a=1&print=1", false, "exclude [?&]print="),
        ("https://example.com/docs/", false, "exclude ^https:"),
        ("http://a.example/docs/", false, "scope host: a.example is not in the scope of any root"),
    ] {
        assert_eq!(scope.explain(&url(text)), Ruling { allowed, rule: rule.to_owned() });
        assert_eq!(scope.allows(&url(text)), allowed);
    }
}

#[test]
fn the_rule_says_what_allowed_a_url() {
    for (kind, rule) in [
        (ScopeKind::Host, "scope host: a.example.com:8080"),
        (ScopeKind::Domain, "scope domain: example.com"),
        (ScopeKind::Prefix, "scope prefix: a.example.com:8080/b/"),
        (ScopeKind::Any, "scope any: everywhere"),
    ] {
        let scope = scope(kind, &["http://www.a.example.com:8080/b/c"]);
        assert_eq!(scope.explain(&url("http://a.example.com:8080/b/d")).rule, rule);
    }
}

#[test]
fn a_bad_pattern_is_named() {
    let bad = ["fine".to_owned(), "(open".to_owned()];
    for (include, exclude) in [(&bad[..], &[][..]), (&[][..], &bad[..])] {
        let error = Scope::new(ScopeKind::Any, &[], include, exclude).unwrap_err();
        assert!(matches!(&error, ScopeError::Pattern { pattern, .. } if pattern == "(open"));
        assert!(error.to_string().contains("'(open'"));
    }
}

#[test]
fn roots_are_known_in_whatever_notation() {
    let scope = scope(ScopeKind::Host, &["http://example.com/a#b"]);
    assert!(scope.is_root(&url("HTTP://example.com:80/a")));
    assert!(!scope.is_root(&url("http://example.com/b")));
}

#[test]
fn a_kind_survives_its_name() {
    for kind in [ScopeKind::Host, ScopeKind::Domain, ScopeKind::Prefix, ScopeKind::Any] {
        assert_eq!(kind.to_string().parse(), Ok(kind));
    }
    assert_eq!("site".parse::<ScopeKind>(), Err(ScopeError::Kind("site".to_owned())));
}
