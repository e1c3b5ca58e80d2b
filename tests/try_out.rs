//! `crawld try`: what a job would take from a page and follow, without a store.
#![cfg(test)]

mod common;

use common::http::Reply;
use common::run::Crawld;
use common::site::{Pages, Site};
use common::sites::books::Shop;
use serde_json::{Value, json};

fn config(crawld: &Crawld, site: &Site) {
    let text = format!(
        r#"
[politeness]
delay = "0ms"
[jobs.books]
kind = "scrape"
start = ["{url}/"]
item = "article.product_pod"
fields.title = "h3 a@title"
fields.price = {{ css = ".price_color", parse = "number" }}
fields.rating = "p.no-such-rating"
fields.url = "h3 a@href"
detail = "url"
detail_fields.upc = "table tr:first-child td"
next = "li.next a"
[jobs.site]
kind = "crawl"
roots = ["{url}/"]
"#,
        url = site.url()
    );
    std::fs::write(crawld.path().join("c.toml"), text).unwrap();
}

#[test]
fn a_page_shows_its_items_what_is_missing_and_what_would_be_followed_and_leaves_no_store() {
    let (crawld, shop) = (Crawld::new(), Shop::new());
    let site = shop.pages().open();
    config(&crawld, &site);
    let shown = crawld.expect(0, &["try", "c.toml", "books", &site.at("/")]).stdout;
    let title = &shop.books()[0].title;
    for part in [
        "20 items",
        title,
        "rating: - (missing)",
        "missing rating: 20",
        &format!("next   {}", site.at("/catalogue/page-2.html")),
        "detail ",
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    assert_eq!(site.requests(), 2, "robots.txt and the page");
    assert!(!crawld.path().join("crawld.db").exists());
}

#[test]
fn a_file_is_read_as_the_page_of_the_job_and_the_result_may_be_json() {
    let (crawld, shop) = (Crawld::new(), Shop::new());
    let site = shop.pages().open();
    config(&crawld, &site);
    let html = "<article class=product_pod><h3><a title=One href=book_1></a></h3></article>";
    std::fs::write(crawld.path().join("page.html"), html).unwrap();
    let told = crawld.expect(0, &["try", "c.toml", "books", "page.html", "--json"]).stdout;
    let told: Value = serde_json::from_str(&told).unwrap();
    assert_eq!(told["taken"][0]["title"], "One");
    assert_eq!(told["taken"][0]["url"], site.at("/book_1"));
    assert_eq!(told["note"], "no next link: the last page");
    let own = "<table><tr><td>abc</td></tr></table>";
    std::fs::write(crawld.path().join("own.html"), own).unwrap();
    let told = crawld.expect(0, &["try", "c.toml", "books", "own.html", "--detail"]).stdout;
    assert!(told.contains("upc: abc"), "{told}");
    assert_eq!(site.requests(), 0);
}

#[test]
fn a_page_that_robots_txt_forbids_is_not_asked() {
    let robots = "User-agent: *\nDisallow: /private\n";
    let site = Pages::new()
        .reply("/robots.txt", Reply::body("text/plain", robots))
        .links("/", &["/a", "http://other.example/"])
        .open();
    let crawld = Crawld::new();
    config(&crawld, &site);
    let told = crawld.expect(1, &["try", "c.toml", "books", &site.at("/private/1")]).stdout;
    assert!(told.contains("Disallow: /private"), "{told}");
    assert_eq!(site.requests(), 1);
    let told = crawld.expect(0, &["try", "c.toml", "site", &site.at("/")]).stdout;
    assert!(told.contains(&format!("link   {}", site.at("/a"))), "{told}");
    assert!(told.contains("http://other.example/: scope"), "{told}");
}

#[test]
fn a_job_that_is_not_there_and_a_page_that_is_none_are_told_with_what_there_is() {
    let (crawld, site) = (Crawld::new(), Pages::new().open());
    config(&crawld, &site);
    let no_job = crawld.expect(2, &["try", "c.toml", "bokos", "page.html"]);
    assert!(no_job.stderr.contains("it has: books, site"), "{}", no_job.stderr);
    let no_page = crawld.expect(2, &["try", "c.toml", "books", "page.html"]);
    assert!(no_page.stderr.contains("page.html"), "{}", no_page.stderr);
}

#[test]
fn an_answer_shows_its_tips_by_the_names_of_their_kinds_and_fields() {
    let answer = r#"{"query": ["dora", "dorado"],
        "products": [{"name": "Dora 5", "url": "/p/9"}, {"name": "Dora 6"}], "brands": []}"#;
    let site = Pages::new().reply("/s?q=d", Reply::body("application/json", answer)).open();
    let crawld = Crawld::new();
    let text = format!(
        r#"
[politeness]
delay = "0ms"
[jobs.tips]
kind = "suggest"
request = {{ url = "{}/s?q={{query}}" }}
results.query = {{ path = "$.query[*]" }}
results.products = {{ path = "$.products[*]", fields = {{ url = "$.url", name = "$.name" }} }}
results.brands = {{ path = "$.brands[*]" }}
"#,
        site.url()
    );
    crawld.write("c.toml", text);
    let page = site.at("/s?q=d");
    let shown = crawld.expect(0, &["try", "c.toml", "tips", &page]).stdout;
    for part in [
        "query: 2 tips\n1. dora\n2. dorado\n",
        "products: 2 tips\n1. Dora 5\n",
        "   url: /p/9\n",
        "   url: - (missing)\n",
        "   name: Dora 6\n",
        "brands: 0 tips\n",
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    let told = crawld.expect(0, &["try", "c.toml", "tips", &page, "--json"]).stdout;
    let told: Value = serde_json::from_str(&told).unwrap();
    assert_eq!(told["results"][1], json!({"result": "products", "tips": 2}));
    assert_eq!(
        told["taken"][0],
        json!({
            "result": "products", "rank": 1, "text": "Dora 5",
            "fields": {"url": "/p/9", "name": "Dora 5"},
        })
    );
    assert_eq!(told["taken"][1]["fields"], json!({"url": null, "name": "Dora 6"}));
}

#[test]
fn a_page_of_a_list_shows_the_links_that_would_be_recorded() {
    let site = Pages::new()
        .page(
            "/",
            "<a href=/a>first  one</a><a href=/b rel=nofollow>paid</a>\
             <iframe src=http://other.example/f></iframe>",
        )
        .open();
    let crawld = Crawld::new();
    let root = site.at("/");
    let text = format!(
        "[politeness]\ndelay = \"0ms\"\n\
         [jobs.list]\nkind = \"fetch\"\nurls = [\"{root}\"]\n\
         [jobs.check]\nkind = \"fetch\"\nurls = [\"{root}\"]\ncheck = true\n"
    );
    crawld.write("c.toml", text);
    let shown = crawld.expect(0, &["try", "c.toml", "list", &root]).stdout;
    for part in [
        "would record: 3 links\n",
        &format!("   a      {} 'first one'\n", site.at("/a")),
        &format!("   a      {} 'paid' (nofollow)\n", site.at("/b")),
        "   iframe http://other.example/f\n",
        "would follow: 0 URLs\n",
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    assert!(!shown.contains("would leave"), "nothing is followed: {shown}");
    let told = crawld.expect(0, &["try", "c.toml", "list", &root, "--json"]).stdout;
    let told: Value = serde_json::from_str(&told).unwrap();
    let second = json!({"target": site.at("/b"), "kind": "a", "text": "paid", "nofollow": true});
    assert_eq!(told["links"][1], second);
    // Whether a link is broken is asked of each.
    let shown = crawld.expect(0, &["try", "c.toml", "check", &root]).stdout;
    for part in ["would record: 3 links\n", "would follow: 3 URLs\n", "   check  http"] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
}

#[test]
fn a_query_is_asked_as_the_job_would_ask_it() {
    let site = Pages::new()
        .otherwise(|request| {
            let header = request.header("x-requested-with").unwrap_or_default();
            let body = String::from_utf8_lossy(&request.body);
            Reply::body("application/json", json!([request.method, header, body]).to_string())
        })
        .open();
    let crawld = Crawld::new();
    crawld.write(
        "c.toml",
        format!(
            "[politeness]\ndelay = \"0ms\"\nrobots = false\n\
             [jobs.tips]\nkind = \"suggest\"\nprefix = \"in \"\n\
             request = {{ method = \"POST\", url = \"{0}\", form = {{ q = \"{{query}}\" }}, \
             headers = {{ X-Requested-With = \"XMLHttpRequest\" }} }}\n\
             results.echo = {{ path = \"$[*]\" }}\n\
             [jobs.dots]\nkind = \"suggest\"\nrequest = {{ url = \"{0}{{query}}\" }}\n\
             results.echo = {{ path = \"$[*]\" }}\n",
            site.at("/s/")
        ),
    );
    let shown = crawld.expect(0, &["try", "c.toml", "tips", "d&ö"]).stdout;
    let told = "echo: 3 tips\n1. POST\n2. XMLHttpRequest\n3. q=in+d%26%C3%B6\n";
    assert!(shown.contains(told), "{shown}");
    crawld.write("saved", "[\"from a file\"]");
    let shown = crawld.expect(0, &["try", "c.toml", "tips", "saved"]).stdout;
    assert!(shown.contains("1. from a file"), "{shown}");
    let no_url = crawld.expect(2, &["try", "c.toml", "dots", "."]);
    assert!(no_url.stderr.contains("the query '.'"), "{}", no_url.stderr);
    assert_eq!(site.requests(), 1, "{:?}", site.paths());
}
