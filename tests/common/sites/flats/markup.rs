//! How each portal writes an offer, and that there is a next page.

use html_escape::{encode_double_quoted_attribute, encode_text};

use super::{Offer, Portal};

/// Classes that say nothing of what they stand on.
const BUTTON: &str = "tw-flex tw-h-10 tw-w-10 tw-items-center tw-justify-center tw-rounded \
                      tw-border tw-border-solid tw-border-gray-300 tw-bg-white tw-px-2 tw-text-sm \
                      tw-font-medium tw-no-underline";

/// An offer in the list.
pub(super) fn offer(portal: Portal, offer: &Offer, host: &str) -> String {
    match portal {
        Portal::Classic => classic(offer),
        Portal::Utility => utility(offer),
        Portal::Shared => shared(offer, host),
    }
}

/// The element that says that there is a next page.
pub(super) fn next(portal: Portal, path: &str) -> String {
    let class = match portal {
        Portal::Classic => "next-article-button",
        Portal::Utility => BUTTON,
        Portal::Shared => "tw-px-2",
    };
    format!("<a class=\"{class}\" href=\"{}\">Sledeća</a>", encode_double_quoted_attribute(path))
}

/// `1.234,50`: a price as it is written there.
fn amount(cents: u64) -> String {
    let whole = (cents / 100).to_string();
    let (thousands, rest) = whole.split_at(whole.len().saturating_sub(3));
    let dot = if thousands.is_empty() { "" } else { "." };
    match cents % 100 {
        0 => format!("{thousands}{dot}{rest}"),
        cents => format!("{thousands}{dot}{rest},{cents:02}"),
    }
}

/// The title within these tags, lines broken at random places; nothing where there is no title.
fn titled(offer: &Offer, open: &str, close: &str) -> String {
    let title = offer.title.as_deref();
    title
        .map_or_else(String::new, |title| format!("{open}\r\n   {}\r\n{close}", encode_text(title)))
}

/// Words for the class names; an offer without a price says nothing of it.
fn classic(offer: &Offer) -> String {
    let title = titled(offer, "<h2 class=\"offer-title text-truncate w-100\">", "</h2>");
    let price = offer.cents.map_or_else(String::new, |cents| {
        let price = amount(cents);
        format!(
            "<p class=\"offer-price\">\r\n <span>{price}\u{a0}€</span> <small>14 €/m²</small></p>"
        )
    });
    format!(
        "<div class=\"row offer\"><div class=\"col-5\"><img src=\"/slika/{id}.jpg\" alt=\"\"></div>\n\
         <div class=\"col-7 offer-body\">{title}\n\
         <p class=\"offer-location text-truncate\">\n{place}\r\n</p>{price}\n\
         <a class=\"more\" href=\"/stan/{id}\">Detaljnije</a></div></div>\n",
        id = offer.id,
        place = offer.location,
    )
}

/// Nothing but utility classes; an offer without a price says so in words.
fn utility(offer: &Offer) -> String {
    let title = titled(offer, "<p class=\"tw-truncate tw-font-bold\">", "</p>");
    let price =
        offer.cents.map_or("Cena na upit".to_owned(), |cents| format!("{} €", amount(cents)));
    format!(
        "<div class=\"tw-grid tw-rounded tw-bg-white\">\
         <a class=\"tw-absolute tw-inset-0\" href=\"/stan/{id}\"></a>\n\
         <p class=\"tw-text-rhino tw-text-xl tw-font-bold\">{price}</p>{title}\n\
         <p class=\"tw-truncate tw-text-rhino-300\">{place}</p></div>\n",
        id = offer.id,
        place = offer.location,
    )
}

/// One class for title and place, whole URLs, the sign before the price.
fn shared(offer: &Offer, host: &str) -> String {
    let title = titled(offer, "<h2><span class=\"text-14-24\">", "</span></h2>");
    let price = offer.cents.map_or_else(String::new, |cents| format!("€ {}", amount(cents)));
    format!(
        "<article class=\"serp-item\"><a class=\"tile\" href=\"http://{host}/stan/{id}\">\n\
         {title}<div><span class=\"text-14-24\"> {place} </span></div>\n\
         <strong class=\"price\">{price}</strong></a></article>\n",
        id = offer.id,
        place = offer.location,
    )
}
