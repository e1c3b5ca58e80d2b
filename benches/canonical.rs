//! The pure steps that every link goes through, and robots.txt at its largest.

#![expect(clippy::unwrap_used, reason = "a benchmark has no one to hand an error to")]

use std::fmt::Write as _;
use std::hint::black_box;

use crawld::domain::robots::Robots;
use crawld::domain::scope::{Scope, ScopeKind};
use crawld::domain::traps::{self, TrapLimits};
use crawld::domain::url::CanonicalUrl;
use criterion::{Criterion, criterion_group, criterion_main};

const RULES: usize = 12_000;

/// Thirty links in the four styles of ordinary pages, none with an escape that must change.
fn links() -> Vec<String> {
    (0..30)
        .map(|n| match n % 4 {
            0 => format!("/section-{n}/article-{}.html", n * 7919),
            1 => format!("https://docs.example.org/section-{n}/page-{}?page=2", n * 7919),
            2 => format!("../other-{n}/page.html"),
            _ => format!("page-{n}.html#part-{n}"),
        })
        .collect()
}

fn base() -> CanonicalUrl {
    CanonicalUrl::parse("https://docs.example.org/section-1/deeper/article-12345.html").unwrap()
}

fn canonical(c: &mut Criterion) {
    for (name, text) in [
        ("parse as it is", "https://docs.example.org/section-1/deeper/article-12345.html?page=2"),
        ("parse with escapes", "https://docs.example.org/%D1%81%D0%BB%D0%BE%D0%B2%D0%BE/%20a.html"),
        (
            "parse to be rebuilt",
            "https://docs.example.org/%7euser/deeper/article-12345.html?page=2",
        ),
    ] {
        c.bench_function(name, |b| b.iter(|| CanonicalUrl::parse(black_box(text)).unwrap()));
    }
    let (base, links) = (base(), links());
    c.bench_function("join 30 links", |b| {
        b.iter(|| links.iter().map(|link| base.join(link).unwrap()).for_each(drop));
    });
    let plain = base.as_url();
    c.bench_function("join 30 links, url crate alone", |b| {
        b.iter(|| links.iter().map(|link| plain.join(link).unwrap()).for_each(drop));
    });
    c.bench_function("key", |b| b.iter(|| black_box(&base).key()));
    c.bench_function("traps", |b| {
        b.iter(|| traps::check(black_box(&base), &TrapLimits::default()));
    });
}

fn scope(c: &mut Criterion) {
    let roots: Vec<_> = (0..10_000)
        .map(|n| CanonicalUrl::parse(&format!("https://h{n}.example.org/a{n}/b")).unwrap())
        .chain([base()])
        .collect();
    for kind in [ScopeKind::Host, ScopeKind::Domain, ScopeKind::Prefix] {
        let scope = Scope::new(kind, &roots, &[], &[]).unwrap();
        let url = base();
        c.bench_function(&format!("scope {kind}, 10,000 roots"), |b| {
            b.iter(|| scope.allows(black_box(&url)));
        });
    }
    let exclude = ["/private/".to_owned(), r"[?&]print=".to_owned()];
    let scope = Scope::new(ScopeKind::Host, &roots, &[], &exclude).unwrap();
    let url = base();
    c.bench_function("scope host, 2 excludes", |b| b.iter(|| scope.allows(black_box(&url))));
}

fn robots(c: &mut Criterion) {
    let rules = |pattern: fn(usize) -> String| {
        (0..RULES).fold("user-agent: *\n".to_owned(), |mut text, n| {
            writeln!(text, "disallow: {}", pattern(n)).unwrap();
            text
        })
    };
    for (name, text) in [
        ("prefixes", rules(|n| format!("/section-{n}/private/"))),
        ("globs", rules(|n| format!("/section-{n}/*/private/*.html$"))),
        ("leading stars", rules(|n| format!("/*private-{n}"))),
    ] {
        c.bench_function(&format!("robots parse, 12,000 {name}"), |b| {
            b.iter(|| Robots::parse(black_box(text.as_bytes())));
        });
        let robots = Robots::parse(text.as_bytes());
        c.bench_function(&format!("robots allows, 12,000 {name}"), |b| {
            b.iter(|| robots.allows("crawld", black_box("/section-700/deeper/article-1.html")));
        });
    }
    let robots = Robots::parse(b"user-agent: *\ndisallow: /admin/\ndisallow: /*?s=\nallow: /a/");
    c.bench_function("robots allows, 3 rules", |b| {
        b.iter(|| robots.allows("crawld", black_box("/section-700/deeper/article-1.html")));
    });
}

criterion_group!(benches, canonical, scope, robots);
criterion_main!(benches);
