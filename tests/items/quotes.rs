//! A quotes site: tags as a list, an author with fields of their own, a class that marks the end.

use serde_json::json;

use crate::shared::{read, reader, tallies, url};

const PAGE: &str = r#"
<div class="quote" itemscope><span class="text" itemprop="text">“It is &lt;our&gt; choices&hellip;”</span>
<span>by <small class="author">J.K. Rowling</small> <a href="/author/J-K-Rowling">(about)</a></span>
<div class="tags">Tags: <a class="tag" href="/tag/abilities/">abilities</a> <a class="tag" href="/tag/choices/">choices</a></div></div>
<div class=quote><span class=text>“No tags.<br>Two lines.”</span> <span>by <small class=author>Anon</small></span>
<div class="tags"></div>
</div>
<nav><ul class="pager"><li class="next"><a rel=next href="?page=2">Next <span>&rarr;</span></a></ul></nav>"#;

#[test]
fn lists_and_items_within_items_are_taken_with_their_own_fields() {
    let reader = reader(json!({
        "item": "div.quote",
        "fields": [
            ["text", ".text"],
            ["author", {"fields": [["name", ".author"], ["page", "a[href^='/author/']@href"]]}],
            ["tags", {"css": ".tag", "list": true}],
            ["links", {"css": ".tag", "list": true, "fields": [["to", "@href"], ["word", ":scope"]]}],
        ],
        "next": ".pager a[rel=next]",
    }));
    let (items, reading) = read(&reader, PAGE);
    assert_eq!(
        items,
        [
            json!({
                "text": "“It is <our> choices…”",
                "author": {"name": "J.K. Rowling", "page": "http://shop.test/author/J-K-Rowling"},
                "tags": ["abilities", "choices"],
                "links": [
                    {"to": "http://shop.test/tag/abilities/", "word": "abilities"},
                    {"to": "http://shop.test/tag/choices/", "word": "choices"},
                ],
            }),
            json!({
                "text": "“No tags. Two lines.”",
                "author": {"name": "Anon", "page": null},
                "tags": null, "links": null,
            }),
        ]
    );
    assert_eq!(tallies(&reading), ["author.page 1/0", "tags 1/0", "links 1/0"]);
    assert_eq!(reading.next, Some(url("http://shop.test/list/?page=2")));
}

#[test]
fn a_field_may_be_markup_an_attribute_or_relative_to_the_item() {
    let reader = reader(json!({
        "item": "div.quote",
        "fields": [
            ["markup", ".tags a@html"],
            ["whole", "small@text"],
            ["child", "> span"],
            ["class", "@class"],
            ["tagged", {"css": ".tag", "parse": "exists"}],
            ["first_word", {"css": ".text", "regex": r"(\w+)"}],
            ["dashed", {"css": ".author", "regex": r"[.\s]+", "replace": "-"}],
            ["plain", {"css": "a@href", "parse": "text"}],
        ],
    }));
    let (items, _) = read(&reader, PAGE);
    assert_eq!(
        items[0],
        json!({
            "markup": "abilities", "whole": "J.K. Rowling", "child": "“It is <our> choices…”",
            "class": "quote", "tagged": true, "first_word": "It", "dashed": "J-K-Rowling",
            "plain": "/author/J-K-Rowling",
        })
    );
    assert_eq!(items[1]["tagged"], json!(false));
}

#[test]
fn what_a_required_field_within_a_list_lacks_leaves_out_that_entry_alone() {
    let reader = reader(json!({
        "item": "ul",
        "fields": [["rows", {"css": "li", "list": true, "fields": [
            ["name", {"css": "b", "required": true}], ["n", {"css": "i", "parse": "integer"}],
        ]}]],
    }));
    let (items, reading) =
        read(&reader, "<ul><li><b>a</b><i>1</i><li><i>2</i><li><b>c</b></ul><ul></ul>");
    let rows = json!([{"name": "a", "n": 1}, {"name": "c", "n": null}]);
    assert_eq!(items, [json!({"rows": rows}), json!({"rows": null})]);
    assert_eq!(tallies(&reading), ["rows 1/0", "rows.name 1/0", "rows.n 1/0"]);
    assert_eq!(reading.dropped, 0);
}
