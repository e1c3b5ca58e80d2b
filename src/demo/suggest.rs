//! The suggestions of the demo shop.

use serde_json::{Value, json};

use super::catalogue::{Product, amount, products};
use super::page::{Asked, Page};

/// Most results of each kind in an answer of the shop, and how many may be asked for.
const CAP: usize = 6;
const MOST: usize = 50;
/// Products described when nothing else is asked for.
const DESCRIBED: usize = 3;

/// Results of the plain endpoint when nothing else is asked for, and the most it gives.
const PLAIN: (usize, usize) = (10, 50);

/// What a shop's search box asks: products that hold the query anywhere, the best known first, six at
/// most unless `limit` says otherwise; an empty list where there are none.
pub(super) fn shop(asked: &Asked<'_>) -> Page {
    let (query, limit) = match asked.method {
        "POST" if !asked.by_script => return Page::text("for scripts\n".to_owned()).status(403),
        "POST" => (asked.field("q"), asked.field("limit")),
        _ => (asked.parameter("q"), asked.parameter("limit")),
    };
    let limit: Option<usize> = limit.and_then(|limit| limit.parse().ok());
    let (most, described_most) = limit.map_or((CAP, DESCRIBED), |limit| {
        let most = limit.clamp(1, MOST);
        (most, most)
    });
    let Some(query) = query else {
        return Page::text("q is missing\n".to_owned()).status(400);
    };
    let query = query.to_lowercase();
    let holds = |product: &&Product| !query.is_empty() && product.folded.contains(&query);
    let found: Vec<&Product> = products().iter().filter(holds).take(most).collect();
    if found.is_empty() {
        return Page::json(&json!([]));
    }
    let mut categories: Vec<&str> = found.iter().map(|product| product.category).collect();
    categories.sort_unstable();
    categories.dedup();
    let categories = categories.iter().map(|name| json!({ "name": name }));
    Page::json(&json!({
        "query": found.iter().map(|product| product.folded.as_str()).collect::<Vec<_>>(),
        "products": found.iter().take(described_most).map(|product| described(product)).collect::<Vec<_>>(),
        "categories": categories.collect::<Vec<_>>(),
    }))
}

fn described(product: &Product) -> Value {
    let price = |cents: u64| format!("<span class=\"price\">{}&nbsp;€</span>", amount(cents));
    json!({
        "name": product.name,
        "url": product.path(),
        "price": product.cents.map_or_else(String::new, price),
        "image": format!("/shop/image/{}.jpg", product.id),
        "special_price": product.special_cents.map_or_else(String::new, price),
    })
}

/// Names that begin with the query, in alphabetical order; how many may be asked for.
pub(super) fn complete(asked: &Asked<'_>) -> Page {
    let Some(query) = asked.parameter("q") else {
        return Page::text("q is missing\n".to_owned()).status(400);
    };
    let query = query.to_lowercase();
    let limit = asked.number("limit").or_else(|| asked.number("max_results")).unwrap_or(PLAIN.0);
    let begins = |name: &&str| !query.is_empty() && name.starts_with(&query);
    let mut found: Vec<&str> =
        products().iter().map(|product| product.folded.as_str()).filter(begins).collect();
    found.sort_unstable();
    found.truncate(limit.clamp(1, PLAIN.1));
    Page::json(&json!(found))
}
