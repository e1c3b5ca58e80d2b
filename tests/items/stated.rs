//! JSON answers, JSON-LD and microdata.

use crawld::domain::items::Refusal;
use serde_json::json;

use crate::shared::{objects, read, reader, tallies, url};

#[test]
fn json_answers_are_read_by_paths_with_their_own_types() {
    let reader = reader(json!({
        "source": "json", "item": "$.data.offers[*]",
        "fields": [
            ["id", {"path": "$.id"}],
            ["name", {"path": "$.name", "parse": "text"}],
            ["price", {"path": "$.price", "parse": "price"}],
            ["url", {"path": "$.href", "parse": "url"}],
            ["tags", {"path": "$.tags[*]", "list": true}],
            ["seller", {"path": "$.seller", "fields": [["name", {"path": "$.name"}]]}],
            ["sold", {"path": "$.sold", "parse": "exists"}],
            ["raw", {"path": "$.seller"}],
        ],
        "key": ["id"], "next": "$.paging.next", "more": "$.paging.more",
    }));
    let body = r#"{"data": {"offers": [
        {"id": 7, "name": " A \n b ", "price": "1.299,00 €", "href": "/o/7", "tags": ["x", 2, null],
         "seller": {"name": "S"}, "sold": true},
        {"id": "8", "name": 12, "price": 9.5, "href": null, "tags": []}]},
        "paging": {"next": "/api?page=2", "more": true}}"#;
    let reading =
        reader.read(&url("http://shop.test/api"), Some("application/json"), body).unwrap();
    assert_eq!(
        objects(&reading),
        [
            json!({
                "id": 7, "name": "A b", "price": 1299, "price_currency": "EUR",
                "url": "http://shop.test/o/7", "tags": ["x", 2], "seller": {"name": "S"},
                "sold": true, "raw": {"name": "S"},
            }),
            json!({
                "id": "8", "name": "12", "price": 9.5, "price_currency": null, "url": null,
                "tags": null, "seller": null, "sold": false, "raw": null,
            }),
        ]
    );
    assert_eq!(reading.items[0].key.as_deref(), Some("[7]"));
    assert_eq!(reading.next, Some(url("http://shop.test/api?page=2")));
    assert_eq!(reading.more, Some(true));
    for nothing in ["", "null", "[]", "{\"data\": {\"offers\": null}}"] {
        let reading = reader.read(&url("http://shop.test/api"), None, nothing).unwrap();
        assert_eq!((reading.items.len(), reading.next, reading.more), (0, None, Some(false)));
    }
    let refused = |body: &str| reader.read(&url("http://shop.test/api"), None, body).unwrap_err();
    assert!(matches!(refused("<html>"), Refusal::Json(_)));
    assert!(matches!(refused(&"[".repeat(1 << 20)), Refusal::Shape(_)));
}

const LINKED: &str = r#"<head><script type="application/ld+json">
{"@context": "https://schema.org", "@graph": [
  {"@type": "BreadcrumbList", "itemListElement": [{"@type": "ListItem", "name": "Home"}]},
  {"@type": ["Product", "Thing"], "name": "Kettle &amp; co", "sku": "K1",
   "image": ["/k1.jpg", "/k2.jpg"], "brand": {"@type": "Brand", "name": "Acme"},
   "offers": {"@type": "Offer", "price": "24.90", "priceCurrency": "EUR"},
   "isRelatedTo": {"@type": "Product", "name": "within"}}]}
</script><script type="application/ld+json">{"broken": </script>
<script type="APPLICATION/LD+JSON; charset=utf-8"><!-- [{"@type": "ItemList", "itemListElement":
  [{"@type": "ListItem", "item": {"@type": "https://schema.org/Product", "name": "Second",
    "offers": [{"price": 5}, {"price": 7}]}}]}] --></script><script>{"@type": "Product"}</script>
</head><a class="next" href="/p2">"#;

#[test]
fn json_ld_is_read_out_of_the_comments_that_it_is_wrapped_into() {
    let reader = reader(json!({"source": "json_ld", "type": "Product"}));
    for (open, close) in [
        ("", ""),
        ("<!--", "-->"),
        ("//<![CDATA[\n", "\n//]]>"),
        ("// <![CDATA[\n", "\n// ]]>"),
        ("/*<![CDATA[*/", "/*]]>*/"),
        ("/* <![CDATA[ */", "/* ]]> */"),
        ("<![CDATA[", "]]>"),
        ("<!--//--><![CDATA[//><!--\n", "\n//--><!]]>"),
    ] {
        let block = format!(r#"{open} [{{"@type": "Product", "name": "a//b"}}] {close}"#);
        let page = format!("<script type='application/ld+json'>{block}</script>");
        let (items, reading) = read(&reader, &page);
        assert_eq!(items, [json!({"name": "a//b"})], "{block}");
        assert_eq!(reading.broken, 0);
    }
}

#[test]
fn json_ld_is_found_in_graphs_lists_and_items_and_a_broken_block_is_counted() {
    let reader = reader(json!({
        "source": "json_ld", "type": "Product",
        "fields": [
            ["name", {}],
            ["price", {"property": "offers.price", "parse": "price"}],
            ["prices", {"property": "offers.price", "list": true, "parse": "number"}],
            ["brand", {"property": "brand.name"}],
            ["image", {"parse": "url"}],
            ["sku", {"path": "$.sku"}],
        ],
        "next": "a.next",
    }));
    let (items, reading) = read(&reader, LINKED);
    assert_eq!(
        items,
        [
            json!({
                "name": "Kettle &amp; co", "price": 24.9, "price_currency": null, "prices": [24.9],
                "brand": "Acme", "image": "http://shop.test/k1.jpg", "sku": "K1",
            }),
            json!({
                "name": "Second", "price": 5, "price_currency": null, "prices": [5, 7],
                "brand": null, "image": null, "sku": null,
            }),
        ]
    );
    assert_eq!(reading.broken, 1);
    assert_eq!(tallies(&reading), ["brand 1/0", "image 1/0", "sku 1/0"]);
    assert_eq!(reading.next, Some(url("http://shop.test/p2")));
}

#[test]
fn without_fields_every_property_is_one_with_a_dotted_name() {
    let reader = reader(json!({"source": "json_ld", "type": "Product", "key": ["sku"]}));
    let (items, reading) = read(&reader, LINKED);
    assert_eq!(
        items[0],
        json!({
            "name": "Kettle &amp; co", "sku": "K1", "image": ["/k1.jpg", "/k2.jpg"],
            "brand.name": "Acme", "offers.price": "24.90", "offers.priceCurrency": "EUR",
            "isRelatedTo.name": "within",
        })
    );
    assert_eq!(items[1]["offers"], json!([{"price": 5}, {"price": 7}]));
    assert_eq!(reading.items[0].key.as_deref(), Some("[\"K1\"]"));
    assert_eq!(reading.items[1].key, None);
}

const MICRO: &str = r#"<base href="/shop/"><div id=more><meta itemprop="sku" content="K1">
 <p itemprop="offers" itemscope itemtype="https://schema.org/Offer">
 <b itemprop="price" content="24.90">24,90 EUR</b><link itemprop="availability" href="https://schema.org/InStock"></p></div>
<div itemscope itemtype="https://schema.org/Product http://x.test/T" itemref="more gone" itemid=" urn:1 ">
 <h2 itemprop="name headline">Big
   kettle</h2><img itemprop=image src="k.jpg"><img itemprop=image src="l.jpg">
 <a itemprop="url" href="kettle?x=1#top">more</a><time itemprop="releaseDate" datetime="2026-11-21">today</time>
 <data itemprop="weight" value="1.5">1,5 kg</data><span>not a property</span>
 <div itemprop="review" itemscope><span itemprop="author">Ann</span></div>
</div>
<section itemscope itemtype="https://schema.org/Product" itemref="loop"><i id=loop itemprop="a" itemscope itemref="loop"><b itemprop=b>x</b></i></section>"#;

#[test]
fn microdata_follows_the_rules_of_the_standard() {
    let reader = reader(json!({"source": "microdata", "type": "Product"}));
    let (items, _) = read(&reader, MICRO);
    assert_eq!(
        items[0],
        json!({
            "@id": "urn:1", "name": "Big kettle", "headline": "Big kettle", "sku": "K1",
            "image": ["http://shop.test/shop/k.jpg", "http://shop.test/shop/l.jpg"],
            "url": "http://shop.test/shop/kettle?x=1", "releaseDate": "2026-11-21", "weight": "1.5",
            "review.author": "Ann", "offers.price": "24.90",
            "offers.availability": "https://schema.org/InStock",
        })
    );
    assert_eq!(items.len(), 2, "and one that refers to itself ends");
}

#[test]
fn a_detail_page_is_one_item_read_by_selectors_and_by_what_it_states() {
    let reader = reader(json!({
        "item": "li", "fields": [["url", "a@href"]], "detail": "url",
        "detail_fields": [
            ["heading", "h1"],
            ["lang", "@lang"],
            ["sku", {"property": "sku"}],
            ["brand", {"property": "brand.name"}],
            ["price", {"property": "offers.price", "parse": "price"}],
            ["area", {"path": "$.area", "default": 0}],
        ],
    }));
    let details = reader.details().unwrap();
    let page = format!("<html lang=en><h1>Kettle</h1>{LINKED}");
    let read = |kind: &str, body: &str| {
        let detail = details.read_bytes(&url("http://shop.test/1"), Some(kind), body.as_bytes());
        let detail = detail.unwrap();
        assert!(!detail.dropped);
        serde_json::Value::Object(detail.fields.into_iter().collect())
    };
    assert_eq!(
        read("text/html", &page),
        json!({
            "heading": "Kettle", "lang": "en", "sku": "K1", "brand": "Acme", "price": 24.9,
            "price_currency": null, "area": 0,
        })
    );
    assert_eq!(read("text/html", MICRO)["sku"], json!("K1"), "microdata where there is no JSON-LD");
    assert_eq!(read("application/json", r#"{"area": 72}"#)["area"], json!(72));
    let nothing: Vec<_> = details.nothing().into_iter().map(|(name, _)| name).collect();
    assert_eq!(nothing, details.columns());
    assert_eq!(reader.columns().len(), 1 + nothing.len());
}
