//! A small web site inside the program: what `crawld demo` runs the four kinds of job against, and
//! what a newcomer without a network can try them on.
//!
//! | path | what is there |
//! |------|---------------|
//! | `/suggest` | a shop's suggestions: `POST` with `q` and `X-Requested-With`, or `GET ?q=` |
//! | `/complete?q=` | texts that begin with `q`, sorted; `limit` or `max_results` up to 50 |
//! | `/shop/`, `/shop/?page=N`, `/shop/item/N` | a list in pages, and a page for each product |
//! | `/shop/api?offset=N&limit=M` | the same list as JSON |
//! | `/docs/` | linked pages, among them every kind of bad one |
//! | `/urls.txt`, `/urls.csv`, `/sitemap.xml` | lists of addresses |
//! | `/demo/log` | how often each path was asked, as JSON |
//!
//! Everything is generated and the same each time; only `/docs/unsteady` depends on how often it has
//! been asked. The site listens on the loopback interface alone.

mod catalogue;
mod counts;
mod docs;
mod lists;
mod page;
mod server;
mod shop;
mod suggest;

pub use server::Site;

use page::{Asked, Page};

/// The answer to a request.
fn answer(asked: &Asked<'_>) -> Page {
    match asked.path {
        "/" => home(),
        "/robots.txt" => Page::text(format!(
            "User-agent: *\nCrawl-delay: 0\nDisallow: /docs/private/\nSitemap: {}/sitemap.xml\n",
            asked.origin
        )),
        "/suggest" => suggest::shop(asked),
        "/complete" => suggest::complete(asked),
        "/urls.txt" => lists::lines(asked.origin),
        "/urls.csv" => lists::table(asked.origin),
        "/sitemap.xml" => lists::sitemap(asked.origin),
        path if path.starts_with("/shop/") => shop::answer(asked),
        path if path.starts_with("/docs/") => docs::answer(asked),
        _ => Page::missing(),
    }
}

fn home() -> Page {
    Page::html(
        "crawld demo",
        "<h1>crawld demo</h1><p>A site to try crawld on.</p>\n<ul>\n\
         <li><a href=\"/docs/\">Linked pages</a></li>\n<li><a href=\"/shop/\">A shop</a></li>\n\
         <li><a href=\"/urls.txt\">A list of addresses</a></li>\n</ul>\n\
         <form action=\"/suggest\"><input name=\"q\" autocomplete=\"off\"></form>",
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::page::Asked;

    proptest! {
        #[test]
        fn every_request_has_an_answer_and_the_same_one_each_time(
            place in prop::sample::select(vec!["/", "/suggest", "/complete", "/shop/", "/shop/api",
                "/shop/item/", "/docs/", "/docs/calendar/", "/urls.csv", "/robots.txt"]),
            rest in "[0-9/a-z%.-]{0,24}",
            query in "(q|page|limit|offset|max_results)=[0-9a-zа-я%+-]{0,22}",
            method in "GET|POST|HEAD|PUT",
            times in 1..5_u64,
        ) {
            let (path, body) = (format!("{place}{rest}"), query.clone());
            let asked = Asked {
                method: &method,
                path: &path,
                query: &query,
                body: body.as_bytes(),
                by_script: times % 2 == 0,
                times,
                origin: "http://127.0.0.1:1",
            };
            let page = super::answer(&asked);
            prop_assert!(!page.content_type.is_empty() && !page.body.is_empty());
            prop_assert_eq!(page, super::answer(&asked));
        }
    }
}
