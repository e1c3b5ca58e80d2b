//! A shop's suggestions over HTTP: the hidden database of `tips`, and a log of what was asked.
//!
//! `POST /suggest` with the form field `q` and `X-Requested-With: XMLHttpRequest` answers as the shop
//! does: `{"query": [...], "products": [...], "categories": [...]}`, and `[]` when there is nothing.
//! `GET /complete?q=` answers with the bare list of texts.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use url::{Url, form_urlencoded};

use crate::common::http::{Reply, Request};
use crate::common::site::Pages;
use crate::common::tips::endpoint::{Endpoint, Match};
use crate::common::tips::words;

/// Texts in the hidden database of [`Suggestions::shop`].
pub(crate) const TIPS: usize = 6000;

/// Most results of an answer, as the shop has it.
pub(crate) const CAP: usize = 6;

/// An endpoint and its log; a clone is the same one.
#[derive(Clone)]
pub(crate) struct Suggestions {
    endpoint: Arc<Endpoint>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Suggestions {
    /// What this endpoint shows.
    pub(crate) fn of(endpoint: Endpoint) -> Self {
        Self { endpoint: Arc::new(endpoint), asked: Arc::default() }
    }

    /// A database of the shop's statistics, six results an answer.
    pub(crate) fn shop(matches: Match) -> Self {
        Self::of(Endpoint::new(&words::tips(TIPS, 1), matches, CAP))
    }

    /// The endpoint, which can say what an answer would be.
    pub(crate) fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// The pages of a site that serves it.
    pub(crate) fn pages(&self) -> Pages {
        let (shop, plain) = (self.clone(), self.clone());
        Pages::new().route("/suggest", move |request| shop.suggest(request)).otherwise(
            move |request| match request.path.split_once('?') {
                Some(("/complete", query)) => plain.complete(query),
                _ => Reply::status(404),
            },
        )
    }

    /// Every query so far, in order.
    pub(crate) fn queries(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }

    /// How many queries there were so far.
    pub(crate) fn asked(&self) -> usize {
        self.asked.lock().unwrap().len()
    }

    /// How many of them had been asked before.
    pub(crate) fn asked_again(&self) -> usize {
        let asked = self.asked.lock().unwrap();
        asked.len() - asked.iter().collect::<HashSet<_>>().len()
    }

    /// What is asked of a form or a query string, which goes into the log.
    fn answer(&self, form: &[u8]) -> Option<(String, Vec<String>)> {
        let (_, query) = form_urlencoded::parse(form).find(|(name, _)| name == "q")?;
        self.asked.lock().unwrap().push(query.clone().into_owned());
        let tips = self.endpoint.answer(&query);
        Some((query.into_owned(), tips))
    }

    fn suggest(&self, request: &Request) -> Reply {
        let by_script = request.header("x-requested-with") == Some("XMLHttpRequest");
        if request.method != "POST" || !by_script {
            return Reply::status(403);
        }
        match self.answer(&request.body) {
            None => Reply::status(400),
            Some((_, tips)) if tips.is_empty() => json_reply(&json!([])),
            Some((_, tips)) => json_reply(&json!({
                "query": tips,
                "products": tips.iter().take(2).map(|tip| product(tip)).collect::<Vec<_>>(),
                "categories": tips.iter().take(1).map(|tip| category(tip)).collect::<Vec<_>>(),
            })),
        }
    }

    fn complete(&self, query: &str) -> Reply {
        match self.answer(query.as_bytes()) {
            None => Reply::status(400),
            Some((_, tips)) => json_reply(&json!(tips)),
        }
    }
}

/// The product that stands beside a text: the same for the same text.
pub(crate) fn product(tip: &str) -> Value {
    let size = tip.chars().count();
    let slug: String = form_urlencoded::byte_serialize(tip.as_bytes()).collect();
    json!({
        "name": tip,
        "url": format!("/product/{slug}"),
        "price": format!("<span class=\"price\">{} {:03} ₴</span>", size, size * 7),
        "image": format!("/image/{slug}.jpg"),
        "special_price": if size.is_multiple_of(3) { format!("<b>{size} 000 ₴</b>") } else { String::new() },
    })
}

/// The category that stands beside a text: its first word.
fn category(tip: &str) -> Value {
    json!({ "name": tip.split(' ').next() })
}

fn json_reply(value: &Value) -> Reply {
    Reply::body("application/json", value.to_string())
}

/// The URL that a shop's product has, made absolute.
pub(crate) fn product_url(site: &str, tip: &str) -> String {
    let product = product(tip);
    let path = product["url"].as_str().unwrap();
    Url::parse(site).unwrap().join(path).unwrap().into()
}
