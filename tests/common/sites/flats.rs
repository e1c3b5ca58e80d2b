//! Three portals of flats to let, each with its own way of paging and of marking an offer.
//!
//! | portal  | page n > 1               | a next page is there while     | an offer              |
//! |---------|--------------------------|--------------------------------|-----------------------|
//! | Classic | start + `stranica/{n}/`  | `a.next-article-button` is     | named classes         |
//! | Utility | start + `&strana={n}`    | a link of many utility classes | utility classes       |
//! | Shared  | start + `&currentPage={n}` | `a.tw-px-2` is               | title and place share a class |
//!
//! Beyond the last page Classic says 404, Utility shows no offers, Shared shows the last page again.

mod markup;

use std::sync::{Arc, Mutex, MutexGuard};

use serde_json::{Value, json};

use super::{between, pick};
use crate::common::http::{Reply, Request};
use crate::common::site::Pages;

/// Offers on a page.
pub(crate) const PER_PAGE: usize = 10;

/// Offers of a new portal: five pages, the last one not full.
pub(crate) const OFFERS: usize = 47;

const STREETS: [&str; 8] = [
    "Cara Dušana",
    "Njegoševa",
    "Bulevar Mira",
    "Kneza Pavla",
    "Zmaj Jovina",
    "Đorđa Vajferta",
    "Ruzveltova",
    "Čika Ljubina",
];
const PARTS: [&str; 6] = ["Vračar", "Zvezdara", "Stari grad", "Novi Beograd", "Čukarica", "Zemun"];
const KINDS: [&str; 4] = ["Dvosoban stan", "Garsonjera", "Trosoban stan", "Lux stan & garaža"];

/// Which of the three portals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Portal {
    /// Pages in the path, plain class names.
    Classic,
    /// Pages in the query, nothing but utility classes.
    Utility,
    /// Pages in the query, the same class for two fields.
    Shared,
}

/// One flat to let.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Offer {
    /// Its number, which is in its URL.
    pub(crate) id: usize,
    /// Its title; some have none.
    pub(crate) title: Option<String>,
    /// Where it is.
    pub(crate) location: String,
    /// Euro cents a month; some do not say.
    pub(crate) cents: Option<u64>,
}

impl Offer {
    /// The offer of this number.
    pub(crate) fn numbered(id: usize) -> Self {
        let n = id as u64;
        let title = format!("{}, {}m², ulica {}", pick(&KINDS, n, 1), 20 + n, pick(&STREETS, n, 2));
        let whole = between(250, 2400, n, 3) * 100;
        Self {
            id,
            title: (id % 17 != 11).then_some(title),
            location: format!("{}, Beograd, Srbija", pick(&PARTS, n, 4)),
            cents: (id % 13 != 7).then_some(whole + if id.is_multiple_of(3) { 75 } else { 0 }),
        }
    }

    fn path(&self) -> String {
        format!("/stan/{}", self.id)
    }

    /// What a reader of the portal finds; `site` is the URL of the site without a slash at its end.
    fn item(&self, site: &str) -> Value {
        let price = match self.cents {
            None => Value::Null,
            Some(cents) if cents % 100 == 0 => json!(cents / 100),
            Some(cents) => {
                json!(format!("{}.{:02}", cents / 100, cents % 100).parse::<f64>().unwrap())
            }
        };
        json!({
            "title": self.title,
            "location": self.location,
            "price": price,
            "url_offer": format!("{site}{}", self.path()),
        })
    }
}

/// A portal and its offers, which may change between two visits; a clone is the same one.
#[derive(Clone)]
pub(crate) struct Market {
    portal: Portal,
    offers: Arc<Mutex<Vec<Offer>>>,
}

impl Market {
    /// A portal with [`OFFERS`] offers.
    pub(crate) fn new(portal: Portal) -> Self {
        Self::with(portal, OFFERS)
    }

    /// A portal with that many offers.
    pub(crate) fn with(portal: Portal, offers: usize) -> Self {
        let offers = (1..=offers).map(Offer::numbered).collect();
        Self { portal, offers: Arc::new(Mutex::new(offers)) }
    }

    fn offers(&self) -> MutexGuard<'_, Vec<Offer>> {
        self.offers.lock().unwrap()
    }

    /// Puts an offer before all others.
    pub(crate) fn add(&self, offer: Offer) {
        self.offers().insert(0, offer);
    }

    /// Changes the price of an offer.
    pub(crate) fn reprice(&self, id: usize, cents: Option<u64>) {
        self.offers().iter_mut().find(|offer| offer.id == id).unwrap().cents = cents;
    }

    /// Takes an offer away.
    pub(crate) fn remove(&self, id: usize) {
        self.offers().retain(|offer| offer.id != id);
    }

    /// What a reader of all pages finds, in order; `site` is its URL without a slash at the end.
    pub(crate) fn items(&self, site: &str) -> Vec<Value> {
        self.offers().iter().map(|offer| offer.item(site)).collect()
    }

    /// Number of pages.
    pub(crate) fn last(&self) -> usize {
        self.offers().len().div_ceil(PER_PAGE).max(1)
    }

    /// Path and query of the first page.
    pub(crate) fn start(&self) -> &'static str {
        match self.portal {
            Portal::Classic => "/stambeni-objekti/stanovi/izdavanje/grad/beograd/",
            Portal::Utility => "/izdavanje-stanova/beograd?jeftinije_od=2500eur",
            Portal::Shared => "/izdavanje/beograd?ptId=1&cityId=1",
        }
    }

    /// What follows the first page's URL on the others.
    pub(crate) fn suffix(&self) -> &'static str {
        match self.portal {
            Portal::Classic => "stranica/{page}/",
            Portal::Utility => "&strana={page}",
            Portal::Shared => "&currentPage={page}",
        }
    }

    /// Path and query of a page, from 1.
    pub(crate) fn path(&self, page: usize) -> String {
        match page {
            1 => self.start().to_owned(),
            page => self.start().to_owned() + &self.suffix().replace("{page}", &page.to_string()),
        }
    }

    /// The portal's pages.
    pub(crate) fn pages(&self) -> Pages {
        let market = self.clone();
        Pages::new().otherwise(move |request| market.answer(request))
    }

    fn answer(&self, request: &Request) -> Reply {
        let path = request.path.as_str();
        if let Some(id) = super::number(path, "/stan/", "") {
            let known = self.offers().iter().any(|offer| offer.id == id);
            return if known {
                Reply::html(format!("<h1>Stan {id}</h1>"))
            } else {
                Reply::status(410)
            };
        }
        let (before, after) = self.suffix().split_once("{page}").unwrap();
        let page = match path.strip_prefix(self.start()) {
            Some("") => 1,
            Some(rest) => super::number(rest, before, after).unwrap_or(0),
            None => 0,
        };
        match (page, self.portal) {
            (0, _) => Reply::status(404),
            (page, Portal::Classic) if page > self.last() => Reply::status(404),
            (page, Portal::Shared) => self.html(page.min(self.last()), &request.host),
            (page, _) => self.html(page, &request.host),
        }
    }

    fn html(&self, page: usize, host: &str) -> Reply {
        let offers = self.offers();
        let shown = offers.iter().skip((page - 1) * PER_PAGE).take(PER_PAGE);
        let list: String = shown.map(|offer| markup::offer(self.portal, offer, host)).collect();
        drop(offers);
        let more = page < self.last();
        let next =
            if more { markup::next(self.portal, &self.path(page + 1)) } else { String::new() };
        Reply::html(format!(
            "<!doctype html>\n<html lang=\"sr\"><head><title>Stanovi, {page}</title></head><body>\n\
             <nav><a class=\"home\" href=\"/\">Početna</a></nav>\n{list}\n{next}\n</body></html>\n"
        ))
    }
}
