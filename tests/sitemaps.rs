//! Sitemaps lead to pages that nothing links to, and are never pages themselves.
//!
//! `CRAWLD_TEST_POSTGRES` names the server for the second database (`scripts/test` starts one).
#![cfg(test)]

mod common;

use std::collections::BTreeSet;
use std::env;
use std::io::Write as _;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use common::http::{Gate, Reply};
use common::run::{Crawld, Finished, Record};
use common::site::{Pages, Site};
use diesel::{Connection as _, PgConnection, RunQueryDsl as _};
use flate2::Compression;
use flate2::write::GzEncoder;

const LONG: Duration = Duration::from_mins(1);
const FAST: [&str; 4] = ["--delay", "0ms", "--per-host", "4"];

/// A program with a store of its own, on either database.
struct Ground {
    crawld: Crawld,
    database: String,
    server: Option<String>,
}

impl Ground {
    fn sqlite() -> Self {
        let database = "sqlite://crawld.db".to_owned();
        Self { crawld: Crawld::new(), database, server: None }
    }

    fn postgres(test: &str) -> Self {
        let server = env::var("CRAWLD_TEST_POSTGRES").expect("a server for the second database");
        let name = format!("crawld_sitemaps_{test}_{}", std::process::id());
        sql(&server, &format!("CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'"));
        let database = format!("{server}{name}");
        Self { crawld: Crawld::new(), database, server: Some(format!("{server} {name}")) }
    }

    /// Crawls the site from its root.
    fn crawl(&self, site: &Site, more: &[&str]) -> Finished {
        self.crawld.expect(0, &self.arguments(&site.at("/"), more))
    }

    fn arguments<'a>(&'a self, root: &'a str, more: &[&'a str]) -> Vec<&'a str> {
        [&["crawl", root, "--database", &self.database], &FAST[..], more].concat()
    }

    fn pages(&self) -> Vec<Record> {
        self.crawld.export("pages", &["--database", &self.database])
    }

    fn page(&self, url: &str) -> Record {
        let pages = self.pages();
        pages.into_iter().find(|row| row["url"] == url).unwrap_or_else(|| panic!("no {url}"))
    }

    /// The paths of the pages in this state.
    fn paths(&self, site: &Site, state: &str) -> BTreeSet<String> {
        let pages = self.pages().into_iter().filter(|row| row["state"] == state);
        pages.map(|row| row["url"].strip_prefix(&site.url()).unwrap().to_owned()).collect()
    }

    /// What the report says of sitemaps.
    fn sitemaps(&self) -> serde_json::Value {
        let said = self.crawld.expect(0, &["report", "--json", "--database", &self.database]);
        let report: serde_json::Value = serde_json::from_str(&said.stdout).unwrap();
        report["sitemaps"].clone()
    }
}

impl Drop for Ground {
    fn drop(&mut self) {
        if let Some((server, name)) = self.server.as_ref().and_then(|s| s.split_once(' ')) {
            sql(server, &format!("DROP DATABASE {name} WITH (FORCE)"));
        }
    }
}

fn sql(server: &str, text: &str) {
    let mut conn = PgConnection::establish(&format!("{server}postgres")).unwrap();
    diesel::sql_query(text).execute(&mut conn).unwrap();
}

/// Runs a test on both databases.
macro_rules! on_both {
    ($(fn $name:ident($ground:ident: &Ground) $body:block)*) => {$(
        mod $name {
            use super::*;
            fn check($ground: &Ground) $body
            #[test]
            fn sqlite() { check(&Ground::sqlite()) }
            #[test]
            fn postgres() { check(&Ground::postgres(stringify!($name))) }
        }
    )*};
}

fn packed(body: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(body.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

fn xml(body: impl Into<Vec<u8>>) -> Reply {
    Reply::body("application/xml", body)
}

/// A `urlset` of these URLs.
fn urlset(urls: &[&str]) -> String {
    let entry = |url: &&str| format!("<url><loc>{url}</loc></url>");
    let entries: String = urls.iter().map(entry).collect();
    format!("<?xml version='1.0'?><urlset>{entries}</urlset>")
}

/// An index of these sitemaps.
fn index(urls: &[&str]) -> String {
    let entry = |url: &&str| format!("<sitemap><loc>{url}</loc></sitemap>");
    format!("<sitemapindex>{}</sitemapindex>", urls.iter().map(entry).collect::<String>())
}

/// A site whose robots.txt names these sitemaps, and whose every other path is a page.
fn site(named: &[&str]) -> Pages {
    let line = |path: &&str| format!("Sitemap: {path}\n");
    let lines: String = named.iter().map(line).collect();
    let robots = format!("User-agent: *\nDisallow: /secret\n{lines}");
    Pages::new()
        .reply("/robots.txt", Reply::body("text/plain", robots))
        .otherwise(|request| Reply::html(format!("<title>{}</title>", request.path)))
}

on_both! {
    fn pages_that_only_sitemaps_list_are_found(ground: &Ground) {
        let site = site(&["/index.xml", "/packed.xml.gz", "/list.txt"])
            .links("/", &["/linked", "/list.txt"])
            .reply("/index.xml", xml(index(&["/one.xml", "/two.xml", "/index.xml"])))
            .reply("/one.xml", xml(urlset(&["/a", "/b?x=1&amp;y=2", "/linked", "/secret/x"])))
            .reply("/two.xml", xml(urlset(&["/c", "https://elsewhere.example/no"])))
            .reply(
                "/packed.xml.gz",
                Reply::body("application/gzip", packed(&urlset(&["/d", "/e"]))),
            )
            .route("/list.txt", |request| {
                Reply::body("text/plain", format!("http://{}/f\nno url\n", request.host))
            })
            .open();
        let report = ground.crawl(&site, &[]).stdout;
        let done = ["/", "/a", "/b?x=1&y=2", "/c", "/d", "/e", "/f", "/linked", "/list.txt"];
        assert_eq!(ground.paths(&site, "done"), done.map(str::to_owned).into());
        assert_eq!(ground.paths(&site, "excluded"), ["/secret/x".to_owned()].into());
        assert_eq!(site.hits("/secret/x"), 0);
        assert!(report.contains("sitemaps  5 read; 9 URLs, "), "{report}");
        assert!(report.contains("9 pages in"), "sitemaps are no pages: {report}");
        for map in ["/index.xml", "/one.xml", "/two.xml", "/packed.xml.gz"] {
            assert_eq!(site.hits(map), 1, "{map}");
        }
        assert_eq!(site.hits("/list.txt"), 2, "asked as a sitemap, and as the page it is too");

        let a = ground.page(&site.at("/a"));
        assert_eq!((a["depth"].as_str(), a["referrer"].as_str()), ("1", &*site.at("/one.xml")));
        let links = ground.crawld.export("links", &["--database", &ground.database]);
        let kinds: BTreeSet<&str> = links.iter().map(|row| row["kind"].as_str()).collect();
        assert_eq!(kinds, ["a", "sitemap"].into());
        let why = ["explain", &site.at("/a"), "--database", &ground.database];
        let why = ground.crawld.expect(0, &why).stdout;
        assert!(why.contains(&format!("on {} (sitemap), depth 1", site.at("/one.xml"))), "{why}");
        assert!(why.contains(&format!("          {}\n", site.at("/index.xml"))), "{why}");
        let why = ["explain", &site.at("/list.txt"), "--database", &ground.database];
        let why = ground.crawld.expect(0, &why).stdout;
        assert!(why.contains("a sitemap: read for the pages it lists"), "{why}");
        assert!(why.contains("in a robots.txt"), "{why}");

        // The same command again has nothing to do; a new pass asks the sitemaps again.
        let requests = site.requests();
        ground.crawl(&site, &[]);
        assert_eq!(site.requests(), requests);
        ground.crawl(&site, &["--again"]);
        assert_eq!(site.hits("/one.xml"), 2);
        assert_eq!(site.hits("/c"), 2);
        assert_eq!(ground.paths(&site, "done").len(), done.len());
    }

    fn a_kill_in_the_middle_loses_no_page_that_a_sitemap_lists(ground: &Ground) {
        let listed: Vec<String> = (0..300).map(|n| format!("/p/{n}")).collect();
        let part = |from: usize| {
            let part: Vec<&str> = listed[from..from + 100].iter().map(String::as_str).collect();
            xml(urlset(&part))
        };
        let site = site(&["/index.xml"])
            .reply("/index.xml", xml(index(&["/0.xml", "/1.xml", "/2.xml"])))
            .reply("/0.xml", part(0))
            .reply("/1.xml", part(100))
            .reply("/2.xml", part(200))
            .open();
        // Before and after robots.txt, the root, the index, its parts, and among the pages.
        let mut kills = 0;
        for requests in [1, 1, 1, 1, 1, 1, 2, 3, 40, 80] {
            let before = site.requests();
            let root = site.at("/");
            let mut running = ground.crawld.spawn(&ground.arguments(&root, &[]));
            while site.requests() < before + requests && !running.ended_within(Duration::ZERO) {
                site.wait_for(before + requests, Duration::from_millis(20));
            }
            kills += usize::from(running.kill().signal.is_some());
            site.wait_until_alone();
        }
        assert!(kills > 5, "{kills}");
        ground.crawl(&site, &[]);
        let done = ground.paths(&site, "done");
        assert_eq!(done.len(), 301, "each page once, and no sitemap");
        assert!(listed.iter().all(|path| done.contains(path)));
        assert_eq!(ground.sitemaps()["read"], 4);
        assert_eq!(ground.sitemaps()["queued"], 0);
    }

    fn max_pages_counts_no_sitemap(ground: &Ground) {
        let site = site(&["/1.xml", "/2.xml"])
            .reply("/1.xml", xml(urlset(&["/a", "/b", "/c"])))
            .reply("/2.xml", xml(urlset(&["/d", "/e", "/f"])))
            .open();
        let report = ground.crawl(&site, &["--max-pages", "4", "--concurrency", "2"]).stdout;
        assert!(report.contains("done (limit max_pages)"), "{report}");
        let asked = |site: &Site| {
            let paths = site.paths();
            paths.iter().filter(|path| !path.contains(".xml")).count()
        };
        assert_eq!(asked(&site), 4);
        ground.crawl(&site, &["--max-pages", "100", "--concurrency", "2"]);
        assert_eq!(ground.paths(&site, "done").len(), 7);
        assert_eq!(asked(&site), 7);
    }
}

#[test]
fn broken_huge_and_foolish_sitemaps_harm_only_themselves() {
    let entry = |n: u32| format!("<url><loc>/n/{n}</loc></url>");
    let many: String = (0..50_010).map(entry).collect();
    let site =
        site(&["/broken.xml", "/huge.xml", "/html.xml", "/gz.xml", "/empty.xml", "/self.xml"])
            .reply("/broken.xml", xml("<urlset><url><loc>/a</loc></url><url><loc>/b</url><url><lo"))
            .reply("/huge.xml", xml(format!("<urlset>{many}</urlset>")))
            .page("/html.xml", "<!doctype html><html><a href=/never>no</a>")
            .reply("/gz.xml", xml(&packed(&urlset(&["/c"]))[..30]))
            .reply("/empty.xml", xml(""))
            .reply("/self.xml", xml(index(&["/self.xml", "/deep/1.xml"])))
            .reply("/deep/1.xml", xml(index(&["/deep/2.xml"])))
            .reply("/deep/2.xml", xml(index(&["/deep/3.xml"])))
            .reply("/deep/3.xml", xml(index(&["/deep/4.xml"])))
            .open();
    let ground = Ground::sqlite();
    ground.crawl(&site, &["--include", "^[^n]*$", "--include", "/n/1$"]);
    let done = ground.paths(&site, "done");
    assert_eq!(done, ["/", "/a", "/b", "/n/1"].map(str::to_owned).into());
    assert_eq!(site.hits("/never"), 0);
    assert_eq!(site.hits("/deep/3.xml"), 1);
    assert_eq!(site.hits("/deep/4.xml"), 0, "an index below three leads no further");
    assert_eq!(site.hits("/self.xml"), 1);
    let sitemaps = ground.sitemaps();
    assert_eq!((&sitemaps["read"], &sitemaps["failed"]), (&9.into(), &0.into()), "{sitemaps}");
    assert_eq!(sitemaps["cut"], 2, "the huge one and the deep one: {sitemaps}");
    for (map, why) in [
        ("/broken.xml", "broken: no end of <urlset>"),
        ("/html.xml", "no sitemap: its first element is <html>"),
        ("/huge.xml", "it lists more than is taken of one sitemap"),
        ("/gz.xml", "the gzip file is broken or ends early"),
    ] {
        let said = ground.crawld.expect(0, &["explain", &site.at(map)]).stdout;
        assert!(said.contains(why), "{said}");
    }
}

#[test]
fn a_sitemap_that_fails_is_tried_again_and_healed_by_retry() {
    let healed = Gate::new();
    let open = healed.clone();
    let site = site(&["/flaky.xml", "/gone.xml", "/moved.xml", "/circle.xml"])
        .sequence("/flaky.xml", vec![Reply::status(500), Reply::status(503), xml(urlset(&["/a"]))])
        .route("/gone.xml", move |_| {
            if open.wait(Duration::ZERO) { xml(urlset(&["/b"])) } else { Reply::status(404) }
        })
        .redirect("/moved.xml", 301, "/new.xml")
        .reply("/new.xml", xml(urlset(&["/c"])))
        .redirect("/circle.xml", 302, "/round.xml")
        .redirect("/round.xml", 302, "/circle.xml")
        .open();
    let ground = Ground::sqlite();
    ground.crawl(&site, &[]);
    assert_eq!(site.hits("/flaky.xml"), 3);
    assert_eq!(site.hits("/gone.xml"), 1, "what is not there is asked once");
    assert_eq!(ground.paths(&site, "done"), ["/", "/a", "/c"].map(str::to_owned).into());
    let sitemaps = ground.sitemaps();
    let count = |what: &str| sitemaps[what].as_i64().unwrap();
    assert_eq!((count("read"), count("redirected"), count("failed")), (2, 2, 2), "{sitemaps}");
    let said = ground.crawld.expect(0, &["explain", &site.at("/round.xml")]).stdout;
    assert!(said.contains("failed: redirect_loop"), "{said}");

    healed.open();
    ground.crawld.expect(0, &["retry", "127.0.0.1", "--status", "404"]);
    ground.crawl(&site, &[]);
    assert!(ground.paths(&site, "done").contains("/b"));
}

#[test]
fn a_sitemap_may_stand_on_another_host_that_is_not_private() {
    let listed = Arc::new(OnceLock::<String>::new());
    let url = Arc::clone(&listed);
    let other = Pages::new()
        .reply("/robots.txt", Reply::body("text/plain", "Sitemap: /never.xml\n"))
        .route("/there.xml", move |_| xml(urlset(&[url.get().unwrap(), "/never"])))
        .open_at("127.0.0.2:0");
    let robots = format!("Sitemap: {}\n", other.at("/there.xml"));
    let home = Pages::new()
        .reply("/robots.txt", Reply::body("text/plain", robots))
        .otherwise(|_| Reply::html("<title>page</title>"))
        .open();
    listed.set(home.at("/listed")).unwrap();
    let ground = Ground::sqlite();
    ground.crawl(&home, &[]);
    assert_eq!(other.requests(), 0, "no one is led to a private address");
    assert_eq!(ground.sitemaps()["excluded"], 1);
    assert_eq!(ground.paths(&home, "done"), ["/".to_owned()].into());

    ground.crawl(&home, &["--allow-private"]);
    assert_eq!(ground.paths(&home, "done"), ["/", "/listed"].map(str::to_owned).into());
    assert_eq!(other.paths(), ["/there.xml"], "only what was named, and nothing out of scope");
    assert_eq!(ground.pages().len(), 2);
}

#[test]
fn sitemaps_can_be_switched_off_and_on_again() {
    let gate = Gate::new();
    let site = site(&["/1.xml", "/2.xml"])
        .reply("/1.xml", xml(urlset(&["/a"])))
        .reply("/2.xml", xml(urlset(&["/b"])).after(&gate))
        .open();
    let ground = Ground::sqlite();
    ground.crawl(&site, &["--no-sitemaps"]);
    assert_eq!(site.paths(), ["/"]);
    assert_eq!(ground.sitemaps()["read"], 0);

    // On: the robots.txt that is stored still tells. Killed while a sitemap is asked.
    let root = site.at("/");
    let requests = site.requests();
    let running = ground.crawld.spawn(&ground.arguments(&root, &["--sitemaps"]));
    assert!(site.wait_for(requests + 3, LONG), "{:?}", site.paths());
    running.kill();
    // Off: what is queued is set aside.
    ground.crawl(&site, &["--no-sitemaps"]);
    let sitemaps = ground.sitemaps();
    assert_eq!(sitemaps["queued"], 0, "{sitemaps}");
    assert!(sitemaps["excluded"].as_i64() >= Some(1), "{sitemaps}");
    // And on again: nothing is lost.
    gate.open();
    ground.crawl(&site, &[]);
    assert_eq!(ground.paths(&site, "done"), ["/", "/a", "/b"].map(str::to_owned).into());
    assert_eq!(site.hits("/robots.txt"), 1);

    // Without robots.txt nothing names a sitemap.
    let blind = Ground::sqlite();
    let before = site.hits("/1.xml");
    blind.crawl(&site, &["--no-robots"]);
    assert_eq!((site.hits("/1.xml"), site.hits("/robots.txt")), (before, 1));
}

#[test]
fn a_sitemap_neither_gets_nor_sets_cookies() {
    let site = site(&["/map.xml"])
        .reply("/", Reply::html("<title>in</title>").header("Set-Cookie", "page=1"))
        .reply("/map.xml", xml(urlset(&["/a"])).header("Set-Cookie", "map=1"))
        .open();
    let ground = Ground::sqlite();
    ground.crawld.expect(0, &["crawl", &site.at("/"), "--delay", "0ms"]);
    let log = site.log();
    let cookies = |path: &str| {
        let asked = log.iter().find(|request| request.path == path).unwrap();
        asked.header("cookie").map(str::to_owned)
    };
    assert_eq!(cookies("/map.xml"), None);
    assert_eq!(cookies("/a").as_deref(), Some("page=1"));
}
