//! What is told of a listing: that no page had an item, what its items lack, what was broken.

use super::*;
use crate::common::http::Reply;
use crate::common::site::Pages;

const HINT: &str = "no page had an item; what a page gives: crawld try CONFIG list http://";
const SCRIPTS: &str = "probably needs JavaScript";

/// Runs a scrape named `list` that tells what it has to say.
fn list(crawld: &Crawld, code: i32, start: &str, more: &[&str]) -> Finished {
    let arguments = [&["scrape", start, "--job", "list", "--delay", "0ms"], more].concat();
    crawld.expect(code, &arguments)
}

/// How often a field is told to be missing.
fn missing(crawld: &Crawld, field: &str) -> i64 {
    let report = report(crawld);
    let fields = report["items"]["fields"].as_array().unwrap().iter();
    fields.filter(|told| told["field"] == field).map(|told| told["missing"].as_i64().unwrap()).sum()
}

#[test]
fn that_no_page_had_an_item_is_told_with_the_command_that_shows_why() {
    let site = Pages::new().page("/", "<p>words</p>").open();
    let crawld = Crawld::new();
    let item = ["--item", "div.offer", "--field", "name=h2"];
    let finished = list(&crawld, 0, &site.at("/"), &item);
    assert!(finished.stdout.contains("items     0 items"), "{}", finished.stdout);
    assert!(finished.stderr.contains(HINT), "{}", finished.stderr);
    assert_eq!(report(&crawld)["items"]["items"], 0);
    let told = crawld.expect(0, &["report"]).stdout;
    assert!(told.contains("items     0 items") && told.contains(HINT), "{told}");

    let forbidden = Reply { status: 403, ..Reply::html("<h1>Access denied</h1>") };
    let site = Pages::new().reply("/", forbidden).open();
    let crawld = Crawld::new();
    let finished = list(&crawld, 1, &site.at("/"), &item);
    assert!(finished.stdout.contains("items     0 items"), "{}", finished.stdout);
    assert!(finished.stderr.contains(HINT), "{}", finished.stderr);
}

#[test]
fn a_job_whose_pages_had_items_is_given_no_hint() {
    let site = Pages::new().page("/", "<li>one</li><li></li>").open();
    for more in [&["--field", "name=:scope"][..], &["--field", "name=b", "--required", "name"]] {
        let crawld = Crawld::new();
        let finished = list(&crawld, 0, &site.at("/"), &[&["--item", "li"], more].concat());
        assert!(!finished.stderr.contains("no page had an item"), "{}", finished.stderr);
    }
}

#[test]
fn fields_of_an_own_page_that_cannot_be_asked_are_null_and_counted_as_missing() {
    let site = Pages::new()
        .reply("/robots.txt", Reply::body("text/plain", "User-agent: *\nDisallow: /no/\n"))
        .page(
            "/",
            "<li><a href='/yes/1'>read</a></li><li><a href='/no/2'>forbidden</a></li>\
             <li><a href='mailto:a@b.example'>mail</a></li><li><a>none</a></li>\
             <li><a href='/gone'>gone</a></li><li><a href='/moved'>moved</a></li>",
        )
        .page("/yes/1", "<h1>One</h1>")
        .redirect("/moved", 302, "/no/3")
        .open();
    let crawld = Crawld::new();
    let fields = ["--item", "li", "--field", "name=a", "--field", "url:url=a@href"];
    let details = ["--detail", "url", "--detail-field", "head=h1", "--detail-field", "foot=h6"];
    let finished = list(&crawld, 0, &site.at("/"), &[fields, details].concat());
    let items = exported(&crawld, &[]);
    let heads: Vec<&Value> = items.iter().filter(|item| !item["head"].is_null()).collect();
    assert_eq!((items.len(), heads.len()), (6, 1), "{items:?}");
    assert_eq!(missing(&crawld, "head"), 5, "{}", finished.stdout);
    assert_eq!(missing(&crawld, "foot"), 6, "{}", finished.stdout);
    assert!(finished.stdout.contains("head: 5"), "{}", finished.stdout);
}

#[test]
fn a_broken_block_of_json_ld_is_counted_and_said_of_its_page() {
    let block = |text: &str| format!("<script type='application/ld+json'>{text}</script>");
    let page = block(r#"{"@type": "Product", "name": "one"}"#)
        + &block(r#"/*<![CDATA[*/{"@type": "Product", "name": "two"}/*]]>*/"#)
        + &block(r#"{"@type": "Product", "name": "three",}"#);
    let site = Pages::new().page("/", &page).open();
    let crawld = Crawld::new();
    let finished = list(&crawld, 0, &site.at("/"), &["--source", "json-ld:Product"]);
    assert_eq!(exported(&crawld, &[]).len(), 2);
    let line = "2 items, 1 block of JSON-LD that is no JSON";
    assert!(finished.stdout.contains(line), "{}", finished.stdout);
    assert_eq!(report(&crawld)["items"]["broken_blocks"], 1);
    let config = format!(
        "[jobs.list]\nkind = \"scrape\"\nstart = [\"{}\"]\nsource = \"json_ld\"\ntype = \"Product\"\n",
        site.at("/")
    );
    crawld.write("c.toml", config);
    let told = crawld.expect(0, &["try", "c.toml", "list", &site.at("/")]).stdout;
    assert!(told.contains("1 block of JSON-LD is no JSON"), "{told}");
}

#[test]
fn a_page_that_gave_items_needs_no_scripts_whatever_it_looks_like() {
    let block =
        r#"<script type="application/ld+json">{"@type": "Product", "name": "one"}</script>"#;
    let page = format!("{block}<script>build()</script><div id=app></div>");
    let site = Pages::new().page("/", &page).open();
    let scripts = |kind: &str| {
        let crawld = Crawld::new();
        let source = format!("json-ld:{kind}");
        list(&crawld, 0, &site.at("/"), &["--source", &source]).stderr.contains(SCRIPTS)
    };
    assert!(!scripts("Product"), "it gave an item");
    assert!(scripts("Offer"), "it gave none");
}
