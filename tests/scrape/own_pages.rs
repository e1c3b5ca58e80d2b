//! What is taken from the items' own pages: in every way in which items' fields are, required ones too.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::*;
use crate::common::http::{Gate, Reply};
use crate::common::run::postgres_database;
use crate::common::site::Pages;

/// Names of the items, by their place.
fn names(items: &[Value]) -> Vec<&str> {
    items.iter().map(|item| item["name"].as_str().unwrap()).collect()
}

/// Six items: the own page of the second lacks what is required, that of the third is not there, the
/// fourth has none, that of the fifth is elsewhere, and the sixth has that of the first.
fn shelf(later: &Arc<AtomicBool>) -> Site {
    let item = |(name, page): (&str, &str)| {
        let link = if page.is_empty() { String::new() } else { format!("<a href='{page}'>x</a>") };
        format!("<li><b>{name}</b>{link}</li>")
    };
    let items = [
        ("one", "/1"),
        ("two", "/2"),
        ("three", "/3"),
        ("four", ""),
        ("five", "/5"),
        ("six", "/1"),
    ];
    let (first, second) = (Arc::clone(later), Arc::clone(later));
    let page = |has: bool| Reply::html(if has { "<p class=sku>A</p>" } else { "<p>none</p>" });
    Pages::new()
        .page("/", &items.map(item).concat())
        .route("/1", move |_| page(!first.load(Ordering::SeqCst)))
        .route("/2", move |_| page(second.load(Ordering::SeqCst)))
        .reply("/3", Reply::status(404))
        .redirect("/5", 302, "/there/5")
        .page("/there/5", "<p class=sku>E</p>")
        .open()
}

fn required_ones_count(database: &str) {
    let later = Arc::new(AtomicBool::new(false));
    let site = shelf(&later);
    let crawld = Crawld::new().env("CRAWLD__DATABASE__URL", database);
    let mut arguments = vec!["scrape".to_owned(), site.at("/")];
    for (option, value) in [
        ("--item", "li"),
        ("--field", "name=b"),
        ("--field", "url=a@href"),
        ("--key", "name"),
        ("--detail", "url"),
        ("--detail-field", "sku=.sku"),
        ("--required", "sku"),
    ] {
        arguments.extend([option.to_owned(), value.to_owned()]);
    }
    arguments.extend(FAST.map(str::to_owned));
    let figures = || {
        let items = report(&crawld)["items"].clone();
        ["items", "dropped", "new", "gone"].map(|count| items[count].as_i64().unwrap())
    };
    let changes = || {
        let items = exported(&crawld, &["--since", "last"]);
        let change = |item: &Value| format!("{} {}", item["change"], item["name"]).replace('"', "");
        items.iter().map(change).collect::<Vec<_>>()
    };

    run(&crawld, 0, &arguments, &[]);
    let items = exported(&crawld, &[]);
    assert_eq!(names(&items), ["one", "five", "six"]);
    assert!(items.iter().all(|item| item["sku"].is_string()), "{items:#?}");
    assert_eq!(figures(), [3, 3, 3, 0]);
    let told = crawld.expect(0, &["report"]).stdout;
    assert!(told.contains("3 left out for want of a required field"), "{told}");

    later.store(true, Ordering::SeqCst);
    run(&crawld, 0, &arguments, &["--again"]);
    assert_eq!(names(&exported(&crawld, &[])), ["two", "five"]);
    assert_eq!(changes(), ["gone one", "new two", "gone six"]);
    assert_eq!(figures(), [2, 4, 1, 2]);

    run(&crawld, 0, &arguments, &["--again"]);
    assert_eq!((changes(), figures()), (Vec::new(), [2, 4, 0, 0]), "nothing has changed since");

    later.store(false, Ordering::SeqCst);
    run(&crawld, 0, &arguments, &["--again"]);
    assert_eq!(changes(), ["new one", "gone two", "new six"], "what was gone is new again");
}

#[test]
fn an_item_whose_own_page_lacks_a_required_field_is_left_out_and_counted() {
    required_ones_count("crawld.db");
}

#[test]
fn an_item_whose_own_page_lacks_a_required_field_is_left_out_and_counted_on_postgresql() {
    required_ones_count(&postgres_database("own_pages"));
}

const OWN: &str = r#"<script type="application/ld+json">{"@type": "Product", "sku": "A-1",
 "brand": {"name": "Lumen"}, "offers": {"price": "1.234,50", "priceCurrency": "EUR"},
 "image": ["/1.jpg", "/2.jpg"]}</script><script type="application/ld+json">{broken</script>
 <p class=since>since 21.11.2026</p>"#;

#[test]
fn fields_of_an_own_page_are_found_and_made_as_those_of_an_item() {
    let listed = r#"<script type="application/ld+json">{"@type": "Product", "name": "lamp",
 "url": "/own"}</script>"#;
    let site = Pages::new().page("/", listed).page("/own", OWN).open();
    let crawld = Crawld::new();
    let config = format!(
        r#"[jobs.shop]
kind = "scrape"
start = ["{}"]
robots = false
delay = "0ms"
source = "json_ld"
type = "Product"
fields.name = "name"
fields.url = {{ property = "url", parse = "url" }}
detail = "url"
detail_fields.sku = "sku"
detail_fields.maker = {{ property = "brand.name", regex = "^L(.*)$", required = true }}
detail_fields.cost = {{ property = "offers.price", parse = "number", locale = "de" }}
detail_fields.images = {{ property = "image", parse = "url", list = true }}
detail_fields.since = {{ css = ".since", parse = "date", regex = "[0-9.]+$" }}
detail_fields.stock = {{ property = "stock", parse = "integer", default = 0 }}
"#,
        site.at("/")
    );
    crawld.write("c.toml", config);
    crawld.expect(0, &["run", "--config", "c.toml", "--until-done", "--quiet"]);
    let items = fields(exported(&crawld, &[]));
    let image = |name| site.at(name);
    assert_eq!(
        items,
        [serde_json::json!({
            "name": "lamp", "url": site.at("/own"), "sku": "A-1", "maker": "umen", "cost": 1234.5,
            "images": [image("/1.jpg"), image("/2.jpg")], "since": "2026-11-21", "stock": 0,
        })]
    );
    assert_eq!(report(&crawld)["items"]["broken_blocks"], 1);
    let tried = crawld.expect(0, &["try", "c.toml", "shop", &site.at("/own"), "--detail"]).stdout;
    for part in ["maker: umen", "cost: 1234.5", "stock: 0"] {
        assert!(tried.contains(part), "{part}: {tried}");
    }
}

#[test]
fn items_of_json_may_have_their_own_pages_in_html_or_in_json() {
    let site = Pages::new()
        .reply("/", Reply::body("application/json", r#"[{"n":"a","u":"/a"},{"n":"b","u":"/b"}]"#))
        .page("/a", "<i itemprop=x>in html</i>")
        .reply("/b", Reply::body("text/html", r#" {"more": {"x": "in json"}}"#))
        .open();
    let crawld = Crawld::new();
    let config = format!(
        "[jobs.api]\nkind = \"scrape\"\nstart = [\"{}\"]\nrobots = false\ndelay = \"0ms\"\n\
         source = \"json\"\nitem = \"$[*]\"\nfields.n = \"$.n\"\n\
         fields.u = {{ path = \"$.u\", parse = \"url\" }}\ndetail = \"u\"\n\
         detail_fields.html = {{ css = \"[itemprop=x]\" }}\ndetail_fields.json = \"$.more.x\"\n",
        site.at("/")
    );
    crawld.write("c.toml", config);
    crawld.expect(0, &["run", "--config", "c.toml", "--until-done", "--quiet"]);
    let items = exported(&crawld, &[]);
    let values = |item: &Value| (item["html"].clone(), item["json"].clone());
    let wanted = [("in html".into(), Value::Null), (Value::Null, "in json".into())];
    assert_eq!(items.iter().map(values).collect::<Vec<_>>(), wanted);
}

#[test]
fn an_item_whose_own_page_is_still_to_be_read_is_not_told_as_left_out() {
    let gate = Gate::new();
    let site = Pages::new()
        .page("/", "<li><b>one</b><a href='/1'>x</a></li>")
        .reply("/1", Reply::html("<p class=sku>A</p>").after(&gate))
        .open();
    let crawld = Crawld::new();
    let root = site.at("/");
    let item = ["--item", "li", "--field", "name=b", "--field", "url=a@href", "--detail", "url"];
    let detail = ["--detail-field", "sku=.sku", "--required", "sku"];
    let running = crawld.spawn(&[&["scrape", &root], &item[..], &detail, &FAST].concat());
    assert!(site.wait_for(2, Duration::from_mins(1)));
    while !crawld.export("pages", &[]).iter().any(|page| page["state"] == "done") {}
    let told = crawld.expect(0, &["report"]).stdout;
    assert!(!told.contains("left out"), "{told}");
    gate.open();
    assert_eq!(running.finish().code, Some(0));
    let told = crawld.expect(0, &["report"]).stdout;
    assert!(told.contains("1 item") && !told.contains("left out"), "{told}");
}
