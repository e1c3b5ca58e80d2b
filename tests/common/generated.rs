//! A web site made by a formula: any size, the same each time, every page reachable from `/p/0`.

use std::fmt::Write as _;

use super::http::{Reply, Request};
use super::site::Pages;

/// The shape of a generated site.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Generated {
    /// Number of pages.
    pub(crate) pages: usize,
    /// Links on each page.
    pub(crate) links: usize,
}

impl Generated {
    /// The path of a page.
    pub(crate) fn path(number: usize) -> String {
        format!("/p/{number}")
    }

    /// The pages that a page links, in order: its children in a binary tree (so that all can be
    /// reached), then others scattered over the whole site.
    pub(crate) fn links_of(&self, page: usize) -> Vec<usize> {
        let children = [2 * page + 1, 2 * page + 2].into_iter().filter(|&n| n < self.pages);
        let scattered = (0..self.links)
            .map(|n| usize::try_from(mix(page as u64, n as u64) % self.pages as u64).unwrap());
        children.chain(scattered).take(self.links.max(2)).collect()
    }

    /// The site's pages, ready to be opened.
    pub(crate) fn pages(self) -> Pages {
        Pages::new().otherwise(move |request| self.answer(request))
    }

    fn answer(self, request: &Request) -> Reply {
        let number = request.path.strip_prefix("/p/").and_then(|n| n.parse::<usize>().ok());
        match number.filter(|&n| n < self.pages) {
            Some(number) => Reply::html(self.html(number, &request.host)),
            None => Reply::status(404),
        }
    }

    /// The page's HTML: absolute, absolute-path, relative and fragment links in turn.
    fn html(self, page: usize, host: &str) -> String {
        let mut html = format!("<!doctype html><title>Page {page}</title>\n");
        for (at, target) in self.links_of(page).into_iter().enumerate() {
            let href = match at % 4 {
                0 => format!("http://{host}/p/{target}"),
                1 => format!("/p/{target}"),
                2 => target.to_string(),
                _ => format!("../p/{target}#part"),
            };
            writeln!(html, "<p>Some words, then <a href=\"{href}\">page {target}</a>.").unwrap();
        }
        html
    }
}

/// Scatters two numbers over 64 bits (the finaliser of splitmix64).
pub(crate) fn mix(a: u64, b: u64) -> u64 {
    let mut x =
        a.wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(b.wrapping_mul(0xD1B5_4A32_D192_ED03));
    x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^ (x >> 31)
}
