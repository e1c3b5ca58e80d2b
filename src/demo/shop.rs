//! The lists and pages of the demo shop.

use html_escape::{encode_double_quoted_attribute, encode_text};
use serde_json::{Value, json};

use super::catalogue::{Product, amount, products};
use super::page::{Asked, Page};

/// Products on a page of the list.
pub(super) const PER_PAGE: usize = 24;

/// Products in an answer of the API when nothing else is asked for, and the most it gives.
const PIECE: (usize, usize) = (20, 100);

/// What is asked below `/shop/`.
pub(super) fn answer(asked: &Asked<'_>) -> Page {
    match asked.path {
        "/shop/" => list(asked.number("page").unwrap_or(1)),
        "/shop/api" => piece(
            asked.number("offset").unwrap_or(0),
            asked.number("limit").unwrap_or(PIECE.0),
            asked.origin,
        ),
        path => {
            let id = path.strip_prefix("/shop/item/").and_then(|id| id.parse::<usize>().ok());
            let found = id.and_then(|id| products().get(id.checked_sub(1)?));
            found.map_or_else(Page::missing, |product| item(product, asked.origin))
        }
    }
}

/// A page of the list, from 1; there is none beyond the last.
fn list(page: usize) -> Page {
    let last = products().len().div_ceil(PER_PAGE);
    if page == 0 || page > last {
        return Page::missing();
    }
    let shown = products().iter().skip((page - 1) * PER_PAGE).take(PER_PAGE);
    let entries: Vec<String> = shown.map(entry).collect();
    let entries = entries.concat();
    let next = if page < last {
        format!("<a class=\"next\" rel=\"next\" href=\"?page={}\">Next</a>", page + 1)
    } else {
        String::new()
    };
    let body = format!(
        "<h1>The shop, page {page} of {last}</h1>\n<div class=\"list\">\n{entries}</div>\n{next}"
    );
    Page::html(&format!("The shop, page {page}"), &body)
}

fn entry(product: &Product) -> String {
    let price = product.cents.map_or_else(String::new, |cents| {
        format!("<span class=\"price\">{} €</span>", amount(cents))
    });
    let stars = product
        .stars
        .map_or_else(String::new, |stars| format!("<i class=\"stars\">{stars} of 5</i>"));
    format!(
        "<article class=\"product\"><h2><a href=\"{}\">{}</a></h2>{price}{stars}</article>\n",
        product.path(),
        encode_text(&product.name),
    )
}

/// A piece of the list as JSON.
fn piece(offset: usize, limit: usize, origin: &str) -> Page {
    let limit = limit.clamp(1, PIECE.1);
    let all = products();
    let items: Vec<Value> = all
        .iter()
        .skip(offset)
        .take(limit)
        .map(|product| {
            json!({
                "id": product.id,
                "name": product.name,
                "price": product.cents.map(euros),
                "category": product.category,
                "url": product.path(),
            })
        })
        .collect();
    let next = offset.saturating_add(limit);
    let next = (next < all.len()).then(|| format!("{origin}/shop/api?offset={next}&limit={limit}"));
    Page::json(&json!({ "total": all.len(), "offset": offset, "items": items, "next": next }))
}

/// A price as JSON has it.
fn euros(cents: u64) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

/// A product's own page: for people, as JSON-LD and as microdata.
fn item(product: &Product, origin: &str) -> Page {
    let name = encode_text(&product.name);
    let (price, offer) = match product.cents {
        None => ("<p class=\"sold-out\">Not for sale at present.</p>".to_owned(), Value::Null),
        Some(cents) => {
            let euros = euros(product.special_cents.unwrap_or(cents));
            let offer = json!({ "@type": "Offer", "price": euros, "priceCurrency": "EUR" });
            (offered(cents, product.special_cents), offer)
        }
    };
    let data = json!({
        "@context": "https://schema.org",
        "@type": "Product",
        "name": product.name,
        "sku": sku(product),
        "category": product.category,
        "image": format!("{origin}/shop/image/{}.jpg", product.id),
        "offers": offer,
    });
    // A closing tag within the text would end the script.
    let data = data.to_string().replace('<', "\\u003c");
    let rating = product.stars.map_or_else(String::new, |stars| {
        format!(
            "<p itemprop=\"aggregateRating\" itemscope itemtype=\"https://schema.org/AggregateRating\">\
             <meta itemprop=\"ratingValue\" content=\"{stars}\">{stars} of 5</p>\n"
        )
    });
    let body = format!(
        "<script type=\"application/ld+json\">{data}</script>\n\
         <nav><a href=\"/shop/\">The shop</a></nav>\n\
         <main itemscope itemtype=\"https://schema.org/Product\">\n<h1 itemprop=\"name\">{name}</h1>\n\
         <link itemprop=\"url\" href=\"{path}\">\n{price}\n{rating}\
         <table><tr><th>Article</th><td itemprop=\"sku\">{sku}</td></tr>\n\
         <tr><th>Category</th><td itemprop=\"category\">{category}</td></tr></table>\n</main>",
        path = encode_double_quoted_attribute(&product.path()),
        sku = sku(product),
        category = encode_text(product.category),
    );
    Page::html(&product.name, &body)
}

/// The price of a product that is for sale, the usual one struck out where there is a lower one.
fn offered(cents: u64, special: Option<u64>) -> String {
    let usual = special.map_or_else(String::new, |_| format!("<s>{} €</s> ", amount(cents)));
    let cents = special.unwrap_or(cents);
    format!(
        "<p itemprop=\"offers\" itemscope itemtype=\"https://schema.org/Offer\">{usual}\
         <meta itemprop=\"priceCurrency\" content=\"EUR\">\
         <span class=\"price\" itemprop=\"price\" content=\"{}\">{} €</span></p>",
        euros(cents),
        amount(cents),
    )
}

fn sku(product: &Product) -> String {
    format!("CD-{:05}", product.id * 37)
}
