//! A site of quotes: pages of ten (`/`, then `/page/N/`), and the same as the answers that an endless
//! page asks for (`/api/quotes?page=N`).

use html_escape::encode_text;
use serde_json::{Value, json};

use super::{between, number, pick};
use crate::common::http::{Reply, Request};
use crate::common::site::Pages;

/// Quotes on a page.
pub(crate) const PER_PAGE: usize = 10;

/// Quotes of the site: five pages, the last one not full.
pub(crate) const QUOTES: usize = 43;

const AUTHORS: [&str; 5] = ["Ada Vrede", "J. P. Oliveira", "Søren Holm", "Ines O'Dowd", "Li Wei"];
const SUBJECTS: [&str; 6] =
    ["A door", "Every map", "The sea", "Bread & butter", "A slow reader", "Silence"];
const VERBS: [&str; 5] =
    ["forgives", "outlives", "is older than", "asks nothing of", "keeps the time of"];
const OBJECTS: [&str; 6] =
    ["its owner", "the weather", "a good question", "\"progress\"", "the road", "whoever waits"];
const TAGS: [&str; 7] = ["life", "time", "travel", "books", "humour", "be-kind", "work"];

/// One quote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Quote {
    /// What was said, with the quotation marks.
    pub(crate) text: String,
    /// Who said it.
    pub(crate) author: &'static str,
    /// What it is about; may be empty.
    pub(crate) tags: Vec<&'static str>,
}

impl Quote {
    fn numbered(number: usize) -> Self {
        let n = number as u64;
        let (subject, verb) = (pick(&SUBJECTS, n, 21), pick(&VERBS, n, 22));
        let object = pick(&OBJECTS, n, 23);
        let tagged = usize::try_from(between(0, 4, n, 24)).unwrap();
        let tags = [0, 2, 4].into_iter().take(tagged).map(|at| TAGS[(number + at) % 7]);
        Self {
            text: format!("“{subject} {verb} {object}, {number} times over.”"),
            author: pick(&AUTHORS, n, 25),
            tags: tags.collect(),
        }
    }

    fn slug(&self) -> String {
        self.author.replace(['.', '\''], "").replace(' ', "-")
    }

    fn html(&self) -> String {
        let tag = |tag: &&str| format!("<a class=\"tag\" href=\"/tag/{tag}/page/1/\">{tag}</a>");
        let tags: Vec<String> = self.tags.iter().map(tag).collect();
        format!(
            "<div class=\"quote\" itemscope itemtype=\"http://schema.org/CreativeWork\">\n\
             <span class=\"text\" itemprop=\"text\">{}</span>\n\
             <span>by <small class=\"author\" itemprop=\"author\">{}</small> <a href=\"/author/{}\">(about)</a></span>\n\
             <div class=\"tags\">Tags: <meta class=\"keywords\" itemprop=\"keywords\" content=\"{}\">\n{tags}</div></div>\n",
            encode_text(&self.text),
            encode_text(self.author),
            self.slug(),
            self.tags.join(","),
            tags = tags.join("\n"),
        )
    }

    /// As the endless page gets it.
    fn json(&self) -> Value {
        json!({
            "author": { "name": self.author, "slug": self.slug() },
            "tags": self.tags,
            "text": self.text,
        })
    }

    /// What a reader finds.
    fn item(&self) -> Value {
        json!({ "text": self.text, "author": self.author, "tags": self.tags })
    }
}

/// Every quote, in order.
pub(crate) fn quotes() -> Vec<Quote> {
    (1..=QUOTES).map(Quote::numbered).collect()
}

/// What a reader of all pages finds, in order.
pub(crate) fn items() -> Vec<Value> {
    quotes().iter().map(Quote::item).collect()
}

/// The site's pages.
pub(crate) fn pages() -> Pages {
    Pages::new().otherwise(answer)
}

fn answer(request: &Request) -> Reply {
    let path = request.path.as_str();
    if let Some(page) = number(path, "/api/quotes?page=", "") {
        return api(page);
    }
    if let Some(slug) = path.strip_prefix("/author/") {
        return Reply::html(format!("<h3 class=\"author-title\">{slug}</h3>"));
    }
    match path {
        "/" => list(1),
        path => number(path, "/page/", "/").map_or(Reply::status(404), list),
    }
}

/// The quotes of a page, from 1, and whether there are more.
fn shown(page: usize) -> (Vec<Quote>, bool) {
    let first = page.saturating_sub(1) * PER_PAGE;
    let shown: Vec<Quote> = quotes().into_iter().skip(first).take(PER_PAGE).collect();
    (shown, first + PER_PAGE < QUOTES)
}

fn list(page: usize) -> Reply {
    let (quotes, more) = shown(page);
    let list: String = quotes.iter().map(Quote::html).collect();
    let next = page + 1;
    let next = if more {
        format!("<li class=\"next\"><a href=\"/page/{next}/\">Next <span>→</span></a></li>")
    } else {
        String::new()
    };
    let list = if list.is_empty() { "No quotes found!".to_owned() } else { list };
    Reply::html(format!(
        "<!doctype html><html lang=\"en\"><head><title>Quotes</title></head><body>\n{list}\n\
         <nav><ul class=\"pager\">{next}</ul></nav></body></html>\n"
    ))
}

fn api(page: usize) -> Reply {
    let (quotes, more) = shown(page);
    let quotes: Vec<Value> = quotes.iter().map(Quote::json).collect();
    let answer = json!({ "has_next": more, "page": page, "quotes": quotes, "tag": null });
    Reply::body("application/json", answer.to_string())
}
