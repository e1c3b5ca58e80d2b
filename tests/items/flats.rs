//! Real-estate listings: utility classes, title and place in the same class, Serbian numbers and
//! dates, no next link but an element that says there is a next page.

use serde_json::{Value, json};

use crate::shared::{read, reader, spec, tallies};

const PAGE: &str = r#"<main><section>
<div class="tw-flex tw-flex-col tw-border md:tw-flex-row offer-a">
  <a class="tw-w-full" href="/prodaja-stanova/beograd/1"><img data-src="https://img.flats.test/1.jpg" src="data:image/gif;base64,R0lG"></a>
  <div><p class="tw-font-bold tw-text-lg">Trosoban stan,
     Vračar</p><p class="tw-font-bold tw-text-lg">Beograd, Vračar</p></div>
  <p class="tw-price"><span>245.000 €</span><span class="tw-old">260.000 €</span></p>
  <span class="m2">72,50 m²</span><time>Objavljeno: 3. новембра 2026.</time>
  <ul><li>Soba: 3.0</li><li>Sprat: 4/6</li></ul>
</div>
<div class="tw-flex tw-flex-col tw-border md:tw-flex-row">
  <a class="tw-w-full" href="https://other.test/oglas/2#slike"></a>
  <p class="tw-font-bold tw-text-lg">Garsonjera</p>
  <p class="tw-price"><span>Na upit</span></p><span class="m2">28 m2</span><time>21.11.2026. u 09:05</time>
</div>
</section><a class="tw-px-2" href="?strana=2">2</a></main>"#;

fn flats() -> Value {
    json!({
        "item": "div.tw-flex.md\\:tw-flex-row",
        "locale": "sr",
        "fields": [
            ["title", "p.tw-text-lg:nth-of-type(1)"],
            ["place", "p.tw-text-lg + p.tw-text-lg"],
            ["url", "a.tw-w-full@href"],
            ["image", {"css": "img@data-src", "parse": "url"}],
            ["price", {"css": ".tw-price > span:first-child", "parse": "price"}],
            ["area", {"css": ".m2", "parse": "number"}],
            ["rooms", {"css": "li", "regex": r"Soba: ([\d.]+)", "parse": "number", "locale": "en"}],
            ["date", {"css": "time", "parse": "date"}],
        ],
        "more": "a.tw-px-2",
    })
}

#[test]
fn listings_with_utility_classes_give_numbers_and_dates_of_their_language() {
    let (items, reading) = read(&reader(flats()), PAGE);
    assert_eq!(
        items,
        [
            json!({
                "title": "Trosoban stan, Vračar", "place": "Beograd, Vračar",
                "url": "http://shop.test/prodaja-stanova/beograd/1",
                "image": "https://img.flats.test/1.jpg", "price": 245_000, "price_currency": "EUR",
                "area": 72.5, "rooms": 3, "date": "2026-11-03",
            }),
            json!({
                "title": "Garsonjera", "place": null, "url": "https://other.test/oglas/2",
                "image": null, "price": null, "price_currency": null, "area": 28, "rooms": null,
                "date": "2026-11-21T09:05:00",
            }),
        ]
    );
    assert_eq!(tallies(&reading), ["place 1/0", "image 1/0", "price 0/1", "rooms 1/0"]);
    assert_eq!((reading.more, reading.next), (Some(true), None));
}

#[test]
fn marks_of_numbers_and_formats_of_dates_can_be_given() {
    let mut text = flats();
    text["locale"] = Value::Null;
    text["fields"] = json!([
        ["price", {"css": ".tw-price span", "parse": "number", "decimal": ",", "group": "."}],
        ["wrong", {"css": ".tw-price span", "parse": "number", "decimal": ".", "group": "'"}],
        ["date", {"css": "time", "parse": "date", "format": "%d.%m.%Y. u %H:%M"}],
    ]);
    let (items, reading) = read(&reader(text), PAGE);
    assert_eq!(items[0], json!({"price": 245_000, "wrong": 245, "date": null}));
    assert_eq!(items[1]["date"], json!("2026-11-21T09:05:00"));
    assert_eq!(tallies(&reading), ["price 0/1", "wrong 0/1", "date 0/1"]);
}

#[test]
fn a_specification_survives_its_store() {
    let spec = spec(flats());
    let text = serde_json::to_string(&spec).unwrap();
    assert_eq!(serde_json::from_str::<crawld::domain::items::ItemsSpec>(&text).unwrap(), spec);
}
