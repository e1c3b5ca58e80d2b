//! Explanations of URLs in every state.

use crawld::cli::explain::run;

use crate::world::{World, ask};

fn explain(world: &World, options: &[&str]) -> (u8, String) {
    ask(run, &world.store, options)
}

fn has(text: &str, lines: &[&str]) {
    for line in lines {
        assert!(text.lines().any(|found| found.starts_with(line)), "'{line}' is not in:\n{text}");
    }
}

#[test]
fn a_failed_url_tells_its_result_and_the_way_back_to_the_root() {
    let world = World::crawled(false);
    let (exit, text) = explain(&world, &["HTTP://H.example:80/gone?a=1,2#x"]);
    assert_eq!(exit, 0);
    has(
        &text,
        &[
            "http://h.example/gone?a=1,2",
            "  given as  HTTP://H.example:80/gone?a=1,2#x",
            "  host      h.example: last asked 2026-11-21 08:00:01 UTC",
            "docs: running, pass 1",
            "  state     failed: http_404, 1 try",
            "  answer    404, in 7 ms, sent 2026-11-21 08:00:01 UTC",
            "  found     on http://h.example/ (a \"say \"go\"\"), depth 1",
            "  way       http://h.example/",
            "  rule      asked: scope host: h.example",
            "  robots    allowed to crawld: no rule matches; robots.txt gave 200",
            "  next      not again in this pass: it is settled",
        ],
    );
}

#[test]
fn an_excluded_url_tells_the_line_of_robots_txt() {
    let world = World::crawled(false);
    let (_, text) = explain(&world, &["http://h.example/private/a"]);
    has(
        &text,
        &[
            "  state     excluded: robots, 0 tries",
            "  because   Disallow: /private/ (line 2)",
            "  found     on http://h.example/ (a, nofollow), depth 1",
            "  robots    disallowed to crawld: Disallow: /private/ (line 2)",
        ],
    );
}

#[test]
fn a_queued_url_tells_when_it_is_asked() {
    let world = World::crawled(false);
    let (_, text) = explain(&world, &["http://h.example/later", "--job", "docs"]);
    has(&text, &["  state     queued, 0 tries", "  next      "]);
}

#[test]
fn a_root_and_a_redirect_say_what_they_are() {
    let world = World::crawled(false);
    let (_, text) = explain(&world, &["http://h.example/"]);
    has(
        &text,
        &["  found     as a root, depth 0", "  rule      asked: it is a root", "  title     =Grü"],
    );
    let (_, text) = explain(&world, &["http://h.example/moved"]);
    has(&text, &["  state     redirected, 1 try", "  leads to  http://h.example/"]);
}

#[test]
fn an_unknown_url_tells_what_would_decide() {
    let world = World::crawled(false);
    let (exit, text) = explain(&world, &["https://other.example/x"]);
    assert_eq!(exit, 0);
    has(
        &text,
        &[
            "  host      other.example: never heard of",
            "  state     unknown",
            "  rule      not asked: scope host",
            "  robots    https://other.example/robots.txt has not been read yet",
        ],
    );
}

#[test]
fn what_is_no_url_or_no_job_is_a_usage_error() {
    let world = World::crawled(false);
    assert_eq!(explain(&world, &["nonsense"]).0, 2);
    assert_eq!(explain(&world, &["http://h.example/", "--job", "nope"]).0, 2);
    assert_eq!(explain(&World::empty(), &["http://h.example/"]).0, 0);
}
