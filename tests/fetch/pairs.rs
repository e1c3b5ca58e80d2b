//! What is recorded of the pages: links, and pairs as the script for lists wrote them.

use crate::common::http::Reply;
use crate::common::run::Crawld;
use crate::common::site::Pages;
use crate::ground::{fetch, pairs, states};

#[test]
fn every_link_of_every_page_is_recorded_and_none_is_asked() {
    let html = r##"<base href="/deep/"><a href="one" rel=nofollow>First &amp; best</a>
        <A HREF='two'>2</A><a href=three>3</a><a href="one">again</a><a href="#here">here</a>
        <area href="/map"><iframe src="/frame"></iframe><link rel="next" href="/next">
        <a href="http://elsewhere.example/x?y=1&amp;z=2">out</a> <!-- <a href="/comment"> -->
        <a href="mailto:a@b.example">mail</a><a href="javascript:void(0)">js</a>
        <script>"<a href='/script'>"</script><p data-href="/data">"##;
    let (site, crawld) = (Pages::new().page("/", html).open(), Crawld::new());
    fetch(&crawld, 0, site.at("/"), &[]);
    assert_eq!(site.paths(), ["/"]);
    let rows = crawld.export("links", &[]);
    let shown: Vec<String> = rows
        .iter()
        .map(|row| {
            assert_eq!(row["source"], site.at("/"));
            let target = row["target"].strip_prefix(&site.url()).unwrap_or(&row["target"]);
            format!("{} {target} {} {}", row["kind"], row["text"], row["nofollow"])
        })
        .collect();
    assert_eq!(
        shown,
        [
            "a /deep/one First & best false",
            "a /deep/two 2 false",
            "a /deep/three 3 false",
            "area /map  false",
            "iframe /frame  false",
            "next /next  false",
            "a http://elsewhere.example/x?y=1&z=2 out false",
        ],
        "one target once: nofollow only if all its links are"
    );
}

#[test]
fn the_pairs_are_those_of_the_script_each_once_under_the_url_of_the_list() {
    let site = Pages::new()
        .links("/a", &["x", "/y", "x#part", "http://elsewhere.example/"])
        .redirect("/moved", 301, "/far/away")
        .links("/far/away", &["here", "/y"])
        .page("/bare", "nothing")
        .open();
    let crawld = Crawld::new();
    let list: String =
        ["/a", "/moved", "/bare", "/gone"].iter().map(|path| site.at(path) + "\n").collect();
    fetch(&crawld, 0, &list, &[]);
    let at = |path: &str| site.at(path);
    let mut expected = [
        (at("/a"), at("/x")),
        (at("/a"), at("/y")),
        (at("/a"), "http://elsewhere.example/".to_owned()),
        // By the URL where the page is, under the URL that was asked for.
        (at("/moved"), at("/far/here")),
        (at("/moved"), at("/y")),
    ];
    expected.sort();
    assert_eq!(pairs(&crawld), expected);
    // Again: the same lines, no more.
    fetch(&crawld, 0, &list, &["--again"]);
    assert_eq!(pairs(&crawld), expected);
}

#[test]
fn a_page_in_the_list_and_at_the_end_of_a_redirect_counts_for_both() {
    let site = Pages::new().redirect("/old", 302, "/new").links("/new", &["/x"]).open();
    let crawld = Crawld::new();
    fetch(&crawld, 0, format!("{}\n{}\n", site.at("/old"), site.at("/new")), &[]);
    let expected = [(site.at("/new"), site.at("/x")), (site.at("/old"), site.at("/x"))];
    assert_eq!(pairs(&crawld), expected);
    assert_eq!(site.hits("/new"), 1);
    // Also when the line comes after the redirect has been followed.
    let crawld = Crawld::new();
    fetch(&crawld, 0, site.at("/old"), &[]);
    fetch(&crawld, 0, format!("{}\n{}\n", site.at("/old"), site.at("/new")), &[]);
    assert_eq!(pairs(&crawld), expected);
}

#[test]
fn pages_that_give_nothing_leave_their_trace() {
    let site = Pages::new()
        .page("/bare", "no links")
        .reply("/text", Reply::body("text/plain", "href=\"/x\""))
        .open();
    let crawld = Crawld::new();
    fetch(&crawld, 0, format!("{0}/bare\n{0}/gone\n{0}/text\n", site.url()), &[]);
    let states = states(&crawld);
    assert_eq!(states[&site.at("/bare")], "done");
    assert_eq!(states[&site.at("/gone")], "failed http_404");
    assert_eq!(states[&site.at("/text")], "done");
    assert!(pairs(&crawld).is_empty());
}

#[test]
fn pairs_need_all_links() {
    let (site, crawld) = (Pages::new().links("/", &["/a"]).open(), Crawld::new());
    fetch(&crawld, 0, site.at("/"), &["--links", "first"]);
    let said = crawld.expect(2, &["export", "--what", "pairs"]).stderr;
    assert!(said.contains("--links all"), "{said}");
}
