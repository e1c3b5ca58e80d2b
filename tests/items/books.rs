//! A books shop: prices, stars in a class, availability, a link to the next page.

use serde_json::json;

use crate::shared::{read, reader, tallies, url};

const PAGE: &str = r#"<!DOCTYPE html><html><head><base href="/catalogue/"></head><body>
<ol class="row">
<li class="col-xs-6"><article class="product_pod">
  <div class="image_container"><a href="a-light_1000/index.html"><img src="../media/2c/da.jpg"></a></div>
  <p class="star-rating Three"><i class="icon-star"></i></p>
  <h3><a href="a-light_1000/index.html" title="A Light in the Attic">A Light in the ...</a></h3>
  <p class="price_color">£51.77</p>
  <p class="instock availability"><i class="icon-ok"></i>

        In stock
  </p>
</article></li>
<li><article class="product_pod">
  <h3><a href="tipping_999/index.html" title="Tipping &amp; Velvet">Tipping ...</a></h3>
  <p class="star-rating One"></p>
  <p class="price_color">price on request</p>
</article></li>
<li><article class="product_pod"><p class="price_color">£1,050.00</p></article></li>
</ol>
<ul class="pager"><li class="current">Page 1 of 50</li><li class="next"><a href="page-2.html">next</a></li></ul>
"#;

fn shop() -> crawld::domain::items::ItemReader {
    reader(json!({
        "item": "article.product_pod",
        "fields": [
            ["title", {"css": "h3 a@title", "required": true}],
            ["url", "h3 a@href"],
            ["price", {"css": ".price_color", "parse": "price"}],
            ["stars", {"css": "p.star-rating@class", "regex": r"star-rating (\w+)"}],
            ["stock", {"css": ".availability", "default": "unknown"}],
            ["image", {"css": "img", "parse": "url"}],
            ["pictured", {"css": "img", "parse": "exists"}],
        ],
        "key": ["url"],
        "detail": "url",
        "next": "li.next a",
        "more": "li.next",
    }))
}

#[test]
fn a_shops_page_gives_its_items_with_absolute_links_and_numbers() {
    let (items, reading) = read(&shop(), PAGE);
    assert_eq!(
        items,
        [
            json!({
                "title": "A Light in the Attic",
                "url": "http://shop.test/catalogue/a-light_1000/index.html",
                "price": 51.77, "price_currency": "GBP", "stars": "Three", "stock": "In stock",
                "image": "http://shop.test/media/2c/da.jpg", "pictured": true,
            }),
            json!({
                "title": "Tipping & Velvet",
                "url": "http://shop.test/catalogue/tipping_999/index.html",
                "price": null, "price_currency": null, "stars": "One", "stock": "unknown",
                "image": null, "pictured": false,
            }),
        ]
    );
    assert_eq!(reading.dropped, 1, "the book without a title");
    assert_eq!(reading.next, Some(url("http://shop.test/catalogue/page-2.html")));
    assert_eq!((reading.more, reading.cut), (Some(true), None));
}

#[test]
fn fields_come_in_the_configured_order_with_a_key_and_a_detail_page() {
    let (_, reading) = read(&shop(), PAGE);
    let first = &reading.items[0];
    let names: Vec<_> = first.fields.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, shop().columns());
    assert_eq!(
        names,
        ["title", "url", "price", "price_currency", "stars", "stock", "image", "pictured"]
    );
    let page = "http://shop.test/catalogue/a-light_1000/index.html";
    assert_eq!(first.key, Some(format!("[\"{page}\"]")));
    assert_eq!(first.detail, Some(url(page)));
}

#[test]
fn a_missing_value_is_null_and_counted_and_an_unreadable_one_shown() {
    let (_, reading) = read(&shop(), PAGE);
    assert_eq!(tallies(&reading), ["title 1/0", "price 0/1", "image 1/0"]);
    let price = reading.tallies.iter().find(|tally| tally.field == "price").unwrap();
    assert_eq!(price.sample.as_deref(), Some("price on request"));
}

#[test]
fn the_last_page_has_no_next_one() {
    let last = PAGE.replace("class=\"next\"", "class=\"previous\"");
    let (items, reading) = read(&shop(), &last);
    assert_eq!((items.len(), reading.next, reading.more), (2, None, Some(false)));
}

#[test]
fn a_page_in_another_charset_is_read_and_its_links_keep_it() {
    let reader = reader(json!({
        "item": "li", "fields": [["name", "a"], ["url", "a@href"]], "next": "a.next",
    }));
    let page = b"<meta charset=windows-1251><li><a href='/?q=\xef\xf0\xe8'>\xcf\xf0\xe8</a>\
        <a class=next href='?p=2&q=\xef'>";
    let reading = reader.read_bytes(&url("http://shop.test/"), Some("text/html"), page).unwrap();
    assert_eq!(reading.items[0].get("name"), Some(&json!("При")));
    let link = json!("http://shop.test/?q=%EF%F0%E8");
    assert_eq!(reading.items[0].get("url"), Some(&link));
    assert_eq!(reading.next, Some(url("http://shop.test/?p=2&q=%EF")));
}
