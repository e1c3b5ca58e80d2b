//! What the asyncio crawler of "500 Lines or Less" promised by its 17 tests, held here by the real
//! program in the words of our contract: links, scope, redirects, tries, content.
#![cfg(test)]

mod common;

use std::collections::BTreeMap;
use std::time::Duration;

use common::http::{Framing, Gate, Reply};
use common::run::{Crawld, Record};
use common::site::{Pages, Site};

const LONG: Duration = Duration::from_mins(1);

/// A crawl as fast as the site allows; robots.txt stays on.
const FAST: [&str; 4] = ["--delay", "0ms", "--per-host", "8"];

/// Crawls from these roots, expects this exit code, and returns the stored pages by URL.
fn crawl_to(code: i32, roots: &[&str], options: &[&str]) -> BTreeMap<String, Record> {
    let crawld = Crawld::new();
    crawld.expect(code, &[&["crawl"], roots, &FAST[..], options].concat());
    pages_of(&crawld)
}

fn pages_of(crawld: &Crawld) -> BTreeMap<String, Record> {
    let rows = crawld.export("pages", &[]);
    let count = rows.len();
    let pages: BTreeMap<_, _> = rows.into_iter().map(|row| (row["url"].clone(), row)).collect();
    assert_eq!(pages.len(), count, "a page is stored once");
    pages
}

/// The pages of a crawl of the whole site from `/` that ends with success, by path.
fn crawl(site: &Site, options: &[&str]) -> BTreeMap<String, Record> {
    by_path(site, crawl_to(0, &[&site.at("/")], options))
}

fn by_path(site: &Site, pages: BTreeMap<String, Record>) -> BTreeMap<String, Record> {
    let path = |url: String| url.strip_prefix(&site.url()).unwrap_or(&url).to_owned();
    pages.into_iter().map(|(url, row)| (path(url), row)).collect()
}

fn names(pages: &BTreeMap<String, Record>) -> Vec<&str> {
    pages.keys().map(String::as_str).collect()
}

/// The columns of one page, joined by blanks, empty cells as `-`.
fn cells(page: &Record, columns: &[&str]) -> String {
    let cell = |name: &&str| match page[*name].as_str() {
        "" => "-".to_owned(),
        text => text.to_owned(),
    };
    columns.iter().map(cell).collect::<Vec<_>>().join(" ")
}

// --- links

#[test]
fn a_link_is_followed_and_both_pages_are_recorded() {
    let site =
        Pages::new().links("/", &["/foo", "/gone"]).page("/foo", "<title>Foo</title>").open();
    let pages = crawl(&site, &[]);
    assert_eq!(names(&pages), ["/", "/foo", "/gone"]);
    let columns = ["state", "status", "reason", "depth", "tries", "links", "new_links"];
    assert_eq!(cells(&pages["/"], &columns), "done 200 - 0 1 2 2");
    assert_eq!(cells(&pages["/foo"], &columns), "done 200 - 1 1 0 0");
    assert_eq!(cells(&pages["/foo"], &["referrer", "title"]), format!("{} Foo", site.at("/")));
    assert_eq!(cells(&pages["/gone"], &columns[..5]), "failed 404 http_404 1 1");
    assert_eq!(site.hits("/gone"), 1, "404 is final");
}

#[test]
fn every_spelling_of_a_link_is_understood_and_asked_once() {
    let html = r##"<a href="/a#frag">1</a> <A HREF='/a'>2</A> <a href=/a>3</a> <a href="./b?x=1&amp;y=2">4</a>
        <a href="#top">5</a> <!-- <a href="/comment">6</a> --> <script>"<a href='/script'>"</script>"##;
    let site = Pages::new().page("/", html).otherwise(|_| Reply::html("leaf")).open();
    assert_eq!(names(&crawl(&site, &[])), ["/", "/a", "/b?x=1&y=2"]);
    assert_eq!(site.hits("/a"), 1);
}

#[test]
fn pages_that_link_each_other_are_asked_once() {
    let site = Pages::new().links("/", &["/foo"]).links("/foo", &["/", "/foo"]).open();
    let pages = crawl(&site, &[]);
    assert_eq!(names(&pages), ["/", "/foo"]);
    assert_eq!(cells(&pages["/foo"], &["links", "new_links"]), "2 0");
    assert_eq!((site.hits("/"), site.hits("/foo")), (1, 1));
}

#[test]
fn links_that_are_not_http_are_ignored() {
    let targets =
        ["ftp://127.0.0.1/x", "mailto:a@b.example", "javascript:void(0)", "tel:112", "/b"];
    let site = Pages::new().links("/", &targets).page("/b", "b").open();
    let pages = crawl(&site, &[]);
    assert_eq!(names(&pages), ["/", "/b"]);
    assert_eq!(cells(&pages["/"], &["links"]), "1");
}

// --- scope

#[test]
fn another_host_is_not_asked() {
    let other = Pages::new().page("/", "other").open_at("127.0.0.2:0");
    let port = Pages::new().page("/", "same address, other port").open();
    let site = Pages::new().links("/", &[&other.at("/"), &port.at("/")]).open();
    let pages = crawl(&site, &[]);
    assert_eq!(names(&pages), ["/"], "links out of scope get no row");
    assert_eq!(cells(&pages["/"], &["links", "new_links"]), "2 0");
    assert_eq!((other.requests(), port.requests()), (0, 0));
}

/// The hosts that get a row when a page links to all of these and `example.com` is a root too. The
/// names need not resolve: a row says that the link was in scope.
fn hosts_in_scope(options: &[&str]) -> Vec<String> {
    let hosts = ["www.example.com", "EXAMPLE.com:80", "foo.example.com", "example.org", "com"];
    let links: Vec<_> = hosts.iter().map(|host| format!("http://{host}/x")).collect();
    let links: Vec<_> = links.iter().map(String::as_str).collect();
    let site = Pages::new().links("/", &links).open();
    let short = ["--max-tries", "1", "--timeout", "2s"];
    let roots = [&site.at("/")[..], "http://example.com/"];
    let pages = crawl_to(0, &roots, &[&short[..], options].concat());
    let linked = pages.keys().filter(|url| url.ends_with("/x"));
    linked.filter_map(|url| url.split('/').nth(2)).map(str::to_owned).collect()
}

#[test]
fn scope_host_takes_the_host_with_and_without_www() {
    assert_eq!(hosts_in_scope(&[]), ["example.com", "www.example.com"]);
}

#[test]
fn scope_domain_takes_every_host_of_the_registrable_domain() {
    let expected = ["example.com", "foo.example.com", "www.example.com"];
    assert_eq!(hosts_in_scope(&["--scope", "domain"]), expected);
}

#[test]
fn what_exclude_matches_is_not_asked_but_a_root_is() {
    let site = Pages::new()
        .links("/?keep=no", &["/foo", "/bar", "/foo?keep=no"])
        .otherwise(|_| Reply::html("leaf"))
        .open();
    let root = site.at("/?keep=no");
    let pages = crawl_to(0, &[&root], &["--exclude", "keep=no", "--exclude", "/b"]);
    assert_eq!(names(&by_path(&site, pages)), ["/?keep=no", "/foo"]);
    assert_eq!(site.paths(), ["/?keep=no", "/foo"]);
}

#[test]
fn several_roots_are_one_crawl_and_the_same_root_twice_is_one() {
    let second = Pages::new().links("/", &["/b"]).page("/b", "b").open_at("127.0.0.2:0");
    let first = Pages::new().links("/", &[&second.at("/b")]).open();
    let (root, again) = (first.at("/"), first.at("/./#top"));
    let pages = crawl_to(0, &[&root, &again, &second.at("/")], &[]);
    let mut expected = vec![root, second.at("/"), second.at("/b")];
    expected.sort();
    assert_eq!(names(&pages), expected);
    assert_eq!((first.hits("/"), second.hits("/b")), (1, 1));
}

#[test]
fn roots_that_cannot_be_asked_are_a_usage_error() {
    let crawld = Crawld::new();
    for roots in [&["crawl"][..], &["crawl", "http://"], &["crawl", "ftp://example.com/"]] {
        let finished = crawld.expect(2, roots);
        assert_eq!(finished.stdout, "");
        assert!(!finished.stderr.is_empty());
    }
}

#[test]
fn a_deep_root_lets_the_whole_host_in() {
    let site = Pages::new().links("/a/a", &["/b"]).page("/b", "b").open();
    let pages = crawl_to(0, &[&site.at("/a/a")], &[]);
    assert_eq!(names(&by_path(&site, pages)), ["/a/a", "/b"]);
}

// --- redirects

#[test]
fn a_redirect_is_recorded_and_its_target_is_a_page_of_its_own() {
    for status in [301, 302, 303, 307, 308] {
        let site = Pages::new().redirect("/", status, "foo").page("/foo", "foo").open();
        let pages = crawl(&site, &[]);
        let columns = ["state", "status", "redirect_to", "depth"];
        let expected = format!("redirected {status} {} 0", site.at("/foo"));
        assert_eq!(cells(&pages["/"], &columns), expected);
        assert_eq!(cells(&pages["/foo"], &columns), "done 200 - 0");
    }
}

#[test]
fn a_chain_of_redirects_ends_at_its_budget() {
    let site = Pages::new()
        .links("/", &["/1"])
        .redirect("/1", 302, "/2")
        .redirect("/2", 302, "/3")
        .page("/3", "never")
        .open();
    let pages = crawl(&site, &["--max-redirects", "1"]);
    assert_eq!(names(&pages), ["/", "/1", "/2"]);
    assert_eq!(cells(&pages["/1"], &["state", "reason"]), "redirected -");
    assert_eq!(cells(&pages["/2"], &["state", "reason"]), "failed redirect_limit");
    assert_eq!(site.hits("/3"), 0);
}

#[test]
fn a_loop_of_redirects_ends_where_it_closes() {
    let site = Pages::new()
        .links("/", &["/foo", "/self"])
        .redirect("/foo", 301, "/bar")
        .redirect("/bar", 301, "/foo")
        .redirect("/self", 301, "/self")
        .open();
    let pages = crawl(&site, &[]);
    assert_eq!(names(&pages), ["/", "/bar", "/foo", "/self"]);
    assert_eq!(cells(&pages["/foo"], &["state", "reason"]), "redirected -");
    assert_eq!(cells(&pages["/bar"], &["state", "reason"]), "failed redirect_loop");
    assert_eq!(cells(&pages["/self"], &["state", "reason"]), "failed redirect_loop");
    assert_eq!((site.hits("/foo"), site.hits("/bar"), site.hits("/self")), (1, 1, 1));
}

#[test]
fn chains_of_redirects_that_meet_ask_the_rest_once() {
    let site = Pages::new()
        .links("/", &["/foo", "/bar"])
        .redirect("/foo", 301, "/baz")
        .redirect("/bar", 301, "/baz")
        .redirect("/baz", 301, "/quux")
        .page("/quux", "end")
        .open();
    let pages = crawl(&site, &[]);
    assert_eq!(names(&pages), ["/", "/bar", "/baz", "/foo", "/quux"]);
    assert_eq!(cells(&pages["/quux"], &["state"]), "done");
    assert_eq!((site.hits("/baz"), site.hits("/quux")), (1, 1));
}

// --- concurrency and tries

/// The most requests in flight while 30 gated pages are asked with these options. The gate opens
/// when `expected` of them have arrived.
fn most_in_flight(expected: usize, options: &[&str]) -> usize {
    let gate = Gate::new();
    let held = gate.clone();
    let leaves: Vec<_> = (0..30).map(|n| format!("/{n}")).collect();
    let leaves: Vec<_> = leaves.iter().map(String::as_str).collect();
    let site =
        Pages::new().links("/", &leaves).otherwise(move |_| Reply::html("x").after(&held)).open();
    let crawld = Crawld::new();
    let root = site.at("/");
    let common = ["crawl", &root, "--delay", "0ms", "--no-robots"];
    let running = crawld.spawn(&[&common[..], options].concat());
    let arrived = site.wait_for(1 + expected, LONG);
    gate.open();
    let finished = running.finish();
    assert_eq!(finished.code, Some(0), "{finished:#?}");
    assert!(arrived, "{} requests only", site.requests());
    assert_eq!(site.requests(), 31);
    site.max_in_flight()
}

#[test]
fn concurrency_is_reached_and_never_passed() {
    assert_eq!(most_in_flight(3, &["--concurrency", "3", "--per-host", "8"]), 3);
    assert_eq!(most_in_flight(2, &["--concurrency", "8", "--per-host", "2"]), 2);
}

/// A site whose root answers in turn; no try rides on a kept-alive connection.
fn moody(replies: Vec<Reply>) -> Site {
    let robots = Reply::body("text/plain", "").framed(Framing::UntilClose);
    Pages::new().reply("/robots.txt", robots).sequence("/", replies).open()
}

#[test]
fn a_page_that_answers_at_last_is_done() {
    let site = moody(vec![Reply::close(), Reply::status(500), Reply::html("at last")]);
    let pages = crawl(&site, &["--max-tries", "3"]);
    assert_eq!(cells(&pages["/"], &["state", "status", "reason", "tries"]), "done 200 - 3");
    let asked: Vec<_> = site.log().into_iter().filter(|r| r.path == "/").collect();
    assert_eq!(asked.len(), 3);
    let pauses = asked.windows(2).map(|pair| pair[1].at_micros - pair[0].at_micros);
    assert!(pauses.into_iter().all(|pause| pause >= 800_000), "retries pause a second or more");
}

#[test]
fn a_page_that_never_answers_fails_with_its_reason_after_max_tries() {
    let site = moody(vec![Reply::close()]);
    // No root gave a page: exit 1.
    let pages = by_path(&site, crawl_to(1, &[&site.at("/")], &["--max-tries", "2"]));
    assert_eq!(cells(&pages["/"], &["state", "status", "reason", "tries"]), "failed - closed 2");
    assert_eq!(site.hits("/"), 2);
}

// --- content

#[test]
fn a_page_is_read_in_its_encoding() {
    let (title, _, _) = encoding_rs::WINDOWS_1251.encode("<title>Привет</title><a href=/b>b</a>");
    let bytes = title.into_owned();
    let length = bytes.len();
    let site = Pages::new()
        .reply("/", Reply::body("text/html; charset=windows-1251", bytes))
        .page("/b", "b")
        .open();
    let pages = crawl(&site, &[]);
    let columns = ["title", "charset", "bytes", "content_type"];
    let expected = format!("Привет windows-1251 {length} text/html");
    assert_eq!(cells(&pages["/"], &columns), expected);
    assert_eq!(cells(&pages["/b"], &["charset"]).to_lowercase(), "utf-8");
}

#[test]
fn a_content_type_is_recorded_without_its_parameters() {
    let site = Pages::new().reply("/", Reply::body("Text/HTML; charset=\"utf-8\"", "x")).open();
    assert_eq!(cells(&crawl(&site, &[])["/"], &["state", "content_type"]), "done text/html");
}

#[test]
fn what_is_no_html_is_done_but_not_parsed() {
    let link = "<a href=/hidden>x</a>";
    let site = Pages::new()
        .links("/", &["/text", "/json"])
        .reply("/text", Reply::body("text/plain", link))
        .reply("/json", Reply::body("application/json", link))
        .open();
    let pages = crawl(&site, &[]);
    assert_eq!(names(&pages), ["/", "/json", "/text"]);
    for (path, kind) in [("/text", "text/plain"), ("/json", "application/json")] {
        let columns = ["state", "status", "content_type", "bytes"];
        assert_eq!(cells(&pages[path], &columns), format!("done 200 {kind} {}", link.len()));
    }
    assert_eq!(site.hits("/hidden"), 0);
}
