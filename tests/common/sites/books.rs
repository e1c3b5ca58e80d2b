//! A books shop: a catalogue in pages of 20 (`/`, then `/catalogue/page-N.html`), a page for each book.

use std::sync::{Arc, Mutex, MutexGuard};

use html_escape::{encode_double_quoted_attribute, encode_text};
use serde_json::{Value, json};

use super::{between, number, pick};
use crate::common::http::{Reply, Request};
use crate::common::site::Pages;

/// Books on a page.
pub(crate) const PER_PAGE: usize = 20;

/// Books of a new shop: three pages.
pub(crate) const BOOKS: usize = 55;

const STARS: [&str; 5] = ["One", "Two", "Three", "Four", "Five"];
const FIRST: [&str; 8] =
    ["The Patient", "A Small", "The Last", "Our", "The Quiet", "One More", "Every", "The Broken"];
const SECOND: [&str; 8] = [
    "Lighthouse",
    "Orchard & Its Keeper",
    "Winter",
    "Atlas",
    "Cartographer",
    "Harbour",
    "Letter",
    "Machine",
];
const THIRD: [&str; 4] = ["", " of the North", ": A Memoir \"in Parts\"", " (The Long Row, #2)"];
const GENRES: [&str; 5] = ["Travel", "Mystery", "Poetry", "Science Fiction", "History"];

/// One book.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Book {
    /// Its number, which is in its URL.
    pub(crate) id: usize,
    /// The whole title; lists show its beginning only.
    pub(crate) title: String,
    /// Pence.
    pub(crate) pence: u64,
    /// 1 to 5.
    pub(crate) stars: usize,
    /// Copies in stock; 0 is out of stock.
    pub(crate) stock: u64,
    /// What it is about; some books have no description.
    pub(crate) description: Option<String>,
}

impl Book {
    /// The book of this number.
    pub(crate) fn numbered(id: usize) -> Self {
        let n = id as u64;
        let title =
            format!("{} {}{}", pick(&FIRST, n, 11), pick(&SECOND, n, 12), pick(&THIRD, n, 13));
        Self {
            id,
            // A last digit that is not 0 has one way only to be written as a number.
            pence: between(100, 600, n, 14) * 10 + 1 + n % 9,
            stars: usize::try_from(between(1, 6, n, 15)).unwrap(),
            stock: if id % 10 == 9 { 0 } else { between(1, 23, n, 16) },
            description: (id % 8 != 5)
                .then(|| format!("{title}, told in {} chapters.", 3 + n % 30)),
            title,
        }
    }

    /// Path of its page.
    pub(crate) fn path(&self) -> String {
        format!("/catalogue/book_{}/index.html", self.id)
    }

    fn genre(&self) -> &'static str {
        pick(&GENRES, self.id as u64, 17)
    }

    fn code(&self) -> String {
        format!("{:016x}", super::mix(self.id as u64, 18))
    }

    fn price(&self) -> f64 {
        format!("{}.{:02}", self.pence / 100, self.pence % 100).parse().unwrap()
    }

    /// What the list says of it; `site` is the URL of the site without a slash at the end.
    fn item(&self, site: &str) -> Value {
        json!({
            "title": self.title,
            "price": self.price(),
            "rating": STARS[self.stars - 1],
            "available": self.availability(),
            "url": format!("{site}{}", self.path()),
        })
    }

    /// What list and own page say of it together.
    fn detailed(&self, site: &str) -> Value {
        let mut item = self.item(site);
        item["upc"] = json!(self.code());
        item["stock"] = if self.stock == 0 { Value::Null } else { json!(self.stock) };
        item["category"] = json!(self.genre());
        item["description"] = json!(self.description);
        item
    }

    fn availability(&self) -> &'static str {
        if self.stock == 0 { "Out of stock" } else { "In stock" }
    }

    /// Its entry in the list; `up` leads to the folder of the catalogue.
    fn entry(&self, up: &str) -> String {
        let short: String = self.title.chars().take(18).collect();
        let state = if self.stock == 0 { "outofstock" } else { "instock" };
        format!(
            "<li class=\"col-xs-6\"><article class=\"product_pod\">\n\
             <div class=\"image_container\"><a href=\"{up}book_{id}/index.html\"><img class=\"thumbnail\" src=\"{up}../media/{id}.jpg\"></a></div>\n\
             <p class=\"star-rating {stars}\"><i class=\"icon-star\"></i></p>\n\
             <h3><a href=\"{up}book_{id}/index.html\" title=\"{title}\">{short} ...</a></h3>\n\
             <div class=\"product_price\"><p class=\"price_color\">£{price:.2}</p>\n\
             <p class=\"{state} availability\">\n    <i class=\"icon-ok\"></i>\n\n        {available}\n    </p></div>\n\
             </article></li>\n",
            id = self.id,
            stars = STARS[self.stars - 1],
            title = encode_double_quoted_attribute(&self.title),
            short = encode_text(&short),
            price = self.price(),
            available = self.availability(),
        )
    }

    /// Its own page.
    fn page(&self) -> String {
        let title = encode_text(&self.title);
        let stock = match self.stock {
            0 => "Out of stock".to_owned(),
            stock => format!("In stock ({stock} available)"),
        };
        let description = self.description.as_deref().map_or_else(String::new, |text| {
            let text = encode_text(text).into_owned();
            format!(
                "<div id=\"product_description\"><h2>Product Description</h2></div>\n<p>{text}</p>"
            )
        });
        format!(
            "<!doctype html><html lang=\"en\"><head><title>{title}</title></head><body>\n\
             <ul class=\"breadcrumb\"><li><a href=\"../../index.html\">Home</a></li><li><a href=\"../category/books_1/index.html\">Books</a></li>\
             <li><a href=\"../category/{slug}/index.html\">{genre}</a></li><li class=\"active\">{title}</li></ul>\n\
             <article class=\"product_page\"><div class=\"product_main\"><h1>{title}</h1><p class=\"price_color\">£{price:.2}</p></div>\n\
             {description}\n<table class=\"table table-striped\">\n<tr><th>UPC</th><td>{code}</td></tr>\n\
             <tr><th>Price (excl. tax)</th><td>£{price:.2}</td></tr>\n<tr><th>Availability</th><td>{stock}</td></tr>\n</table></article></body></html>\n",
            slug = self.genre().to_lowercase().replace(' ', "-"),
            genre = self.genre(),
            price = self.price(),
            code = self.code(),
        )
    }
}

/// A shop and its books, which may change between two visits; a clone is the same one.
#[derive(Clone)]
pub(crate) struct Shop(Arc<Mutex<Vec<Book>>>);

impl Shop {
    /// A shop with [`BOOKS`] books.
    pub(crate) fn new() -> Self {
        Self(Arc::new(Mutex::new((1..=BOOKS).map(Book::numbered).collect())))
    }

    /// The books, to be read or changed.
    pub(crate) fn books(&self) -> MutexGuard<'_, Vec<Book>> {
        self.0.lock().unwrap()
    }

    /// What a reader of the lists finds, in order; `site` is its URL without a slash at the end.
    pub(crate) fn items(&self, site: &str) -> Vec<Value> {
        self.books().iter().map(|book| book.item(site)).collect()
    }

    /// The same, merged with what each book's own page says.
    pub(crate) fn detailed(&self, site: &str) -> Vec<Value> {
        self.books().iter().map(|book| book.detailed(site)).collect()
    }

    /// The shop's pages.
    pub(crate) fn pages(&self) -> Pages {
        let shop = self.clone();
        Pages::new().otherwise(move |request| shop.answer(request))
    }

    fn answer(&self, request: &Request) -> Reply {
        let path = request.path.as_str();
        if let Some(id) = number(path, "/catalogue/book_", "/index.html") {
            let page = self.books().iter().find(|book| book.id == id).map(Book::page);
            return page.map_or(Reply::status(404), Reply::html);
        }
        match path {
            "/" | "/index.html" => self.list(1, "catalogue/"),
            path => match number(path, "/catalogue/page-", ".html") {
                Some(page) => self.list(page, ""),
                None => Reply::status(404),
            },
        }
    }

    fn list(&self, page: usize, up: &str) -> Reply {
        let books = self.books();
        let last = books.len().div_ceil(PER_PAGE);
        if page == 0 || page > last {
            return Reply::status(404);
        }
        let shown = books.iter().skip((page - 1) * PER_PAGE).take(PER_PAGE);
        let entries: String = shown.map(|book| book.entry(up)).collect();
        let next = page + 1;
        let next = if page < last {
            format!("<li class=\"next\"><a href=\"{up}page-{next}.html\">next</a></li>")
        } else {
            String::new()
        };
        Reply::html(format!(
            "<!doctype html><html lang=\"en\"><head><title>All products</title></head><body>\n\
             <form><strong>{}</strong> results</form><ol class=\"row\">\n{entries}</ol>\n\
             <ul class=\"pager\"><li class=\"current\">Page {page} of {last}</li>{next}</ul></body></html>\n",
            books.len(),
        ))
    }
}
