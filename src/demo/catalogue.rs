//! The products of the demo shop: names as a shop in Ukraine has them, Latin and Cyrillic mixed, some
//! with a model's number, of 16 characters in the mean.

use std::collections::BTreeSet;
use std::sync::LazyLock;

/// Products in the catalogue.
pub(super) const PRODUCTS: usize = 360;

/// The words of names.
struct Words {
    brands: [&'static str; 12],
    articles: [&'static str; 10],
    qualities: [&'static str; 8],
}

const LATIN: Words = Words {
    brands: [
        "Aurix", "Belmo", "Cantor", "Dovelix", "Elto", "Fenwick", "Gorizont", "Halden", "Ixora",
        "Juno", "Kestrel", "Lumen",
    ],
    articles: [
        "phone case",
        "smart tv",
        "tablet",
        "charger",
        "headphones",
        "camera",
        "router",
        "watch",
        "usb-c cable",
        "microphone",
    ],
    qualities: ["plus", "pro", "black", "silver", "mini", "64gb", "white", "xl"],
};
const CYRILLIC: Words = Words {
    brands: [
        "Аврора",
        "Берізка",
        "Веселка",
        "Горизонт",
        "Дніпро",
        "Екран",
        "Зоря",
        "Іскра",
        "Ліра",
        "Маяк",
        "Нептун",
        "Промінь",
    ],
    articles: [
        "чайник",
        "ноутбук",
        "телефон",
        "навушники",
        "кабель",
        "чохол",
        "лампа",
        "праска",
        "щітка",
        "акумулятор",
    ],
    qualities: ["білий", "чорний", "синій", "міні", "дитячий", "срібний", "кухонний", "їдальня"],
};
const CATEGORIES: [&str; 5] = ["Kitchen", "Phones", "Computers", "Sound", "Light & home"];

/// One product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Product {
    /// Its number, from 1, which is in its URL.
    pub(super) id: usize,
    /// Its name; no two are the same.
    pub(super) name: String,
    /// The name in lower case, which is what a query is looked for in.
    pub(super) folded: String,
    /// Its price; some products are not for sale at present.
    pub(super) cents: Option<u64>,
    /// A lower price for a while.
    pub(super) special_cents: Option<u64>,
    /// Its category.
    pub(super) category: &'static str,
    /// One to five; some products have not been judged.
    pub(super) stars: Option<u64>,
}

impl Product {
    fn new(id: usize, name: String) -> Self {
        let n = id as u64;
        let cents = 990 + below(n, 1, 240_000);
        Self {
            id,
            folded: name.to_lowercase(),
            name,
            cents: (!n.is_multiple_of(11)).then_some(cents),
            special_cents: (n.is_multiple_of(5) && !n.is_multiple_of(11))
                .then_some(cents - cents / 4),
            category: one_of(&CATEGORIES, n, 2),
            stars: (!n.is_multiple_of(7)).then(|| 1 + below(n, 3, 5)),
        }
    }

    /// The path of its page.
    pub(super) fn path(&self) -> String {
        format!("/shop/item/{}", self.id)
    }
}

/// Every product, by its number; the first ones are the best known.
pub(super) fn products() -> &'static [Product] {
    static PRODUCTS: LazyLock<Vec<Product>> = LazyLock::new(generate);
    &PRODUCTS
}

fn generate() -> Vec<Product> {
    let mut names = BTreeSet::new();
    let fresh = (1..).map(name).filter(|name| names.insert(name.clone())).take(PRODUCTS);
    fresh.zip(1..).map(|(name, id)| Product::new(id, name)).collect()
}

/// Two to four words: of ten names four are Cyrillic, two are mixed.
fn name(number: u64) -> String {
    let script = below(number, 9, 10);
    let things = if script < 6 { &CYRILLIC } else { &LATIN };
    let others = if script < 4 { &CYRILLIC } else { &LATIN };
    let article = one_of(&things.articles, number, 10);
    let brand = one_of(&others.brands, number, 14);
    let quality = one_of(&others.qualities, number, 11);
    match below(number, 13, 10) {
        0..=2 => format!("{brand} {article}"),
        3..=4 if script >= 4 => format!("{brand} {article} {}", below(number, 12, 980) + 10),
        3..=6 => format!("{article} {quality}"),
        _ => format!("{article} {brand} {quality}"),
    }
}

/// One of `all`: the same for the same two numbers.
fn one_of(all: &[&'static str], a: u64, b: u64) -> &'static str {
    let at = usize::try_from(below(a, b, all.len() as u64)).unwrap_or(0);
    all.get(at).copied().unwrap_or_default()
}

/// A number below `end`: the same for the same two numbers (the finaliser of splitmix64).
fn below(a: u64, b: u64, end: u64) -> u64 {
    let mut x =
        a.wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(b.wrapping_mul(0xD1B5_4A32_D192_ED03));
    x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    (x ^ (x >> 31)) % end.max(1)
}

/// A price as the shop writes it: `1.234,50`.
pub(super) fn amount(cents: u64) -> String {
    let whole = (cents / 100).to_string();
    let (thousands, rest) = whole.split_at(whole.len().saturating_sub(3));
    let dot = if thousands.is_empty() { "" } else { "." };
    format!("{thousands}{dot}{rest},{:02}", cents % 100)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn the_names_are_different_and_like_those_of_a_shop() {
        let products = products();
        let names: HashSet<&str> = products.iter().map(|product| product.name.as_str()).collect();
        assert_eq!((products.len(), names.len()), (PRODUCTS, PRODUCTS));
        let letters: usize = names.iter().map(|name| name.chars().count()).sum();
        assert!((13..=19).contains(&(letters / PRODUCTS)), "{}", letters / PRODUCTS);
        let latin = names.iter().filter(|name| name.contains(|c: char| c.is_ascii_alphanumeric()));
        let latin = latin.count();
        assert!((PRODUCTS / 2..PRODUCTS * 9 / 10).contains(&latin), "{latin}");
    }

    #[test]
    fn prices_are_written_with_points_and_commas() {
        assert_eq!(amount(123_456), "1.234,56");
        assert_eq!(amount(99_905), "999,05");
        assert_eq!(amount(7), "0,07");
    }
}
