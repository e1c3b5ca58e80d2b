//! Lists of the demo site's addresses.

use super::docs::{CHAPTERS, PAGES};
use super::page::Page;

/// The addresses of the linked pages and of some bad ones.
fn addresses(origin: &str) -> Vec<String> {
    let pages = (1..=CHAPTERS).flat_map(|chapter| {
        (1..=PAGES).step_by(3).map(move |number| format!("/docs/{chapter}/{number}"))
    });
    let others =
        ["/docs/", "/docs/oldest", "/docs/gone", "/docs/notes.txt", "/shop/", "/shop/item/7"];
    pages.chain(others.map(str::to_owned)).map(|path| format!("{origin}{path}")).collect()
}

/// One address a line; with a comment, a blank line, one address twice and a line that is none.
pub(super) fn lines(origin: &str) -> Page {
    let addresses = addresses(origin).join("\n");
    Page::text(format!("# Addresses of the demo\n{addresses}\n\n{origin}/docs/\nno address\n"))
}

/// The same with a heading and a second column.
pub(super) fn table(origin: &str) -> Page {
    let line = |(number, address)| format!("\"page, {number}\",{address}\n");
    let lines: Vec<String> = (1..).zip(addresses(origin)).map(line).collect();
    let table = format!("name,url\n{}", lines.concat());
    Page::of("text/csv; charset=utf-8", table)
}

/// The linked pages as a sitemap.
pub(super) fn sitemap(origin: &str) -> Page {
    let entry =
        |(chapter, number)| format!("<url><loc>{origin}/docs/{chapter}/{number}</loc></url>\n");
    let pages = (1..=CHAPTERS).flat_map(|chapter| (1..=PAGES).map(move |number| (chapter, number)));
    let entries: Vec<String> = pages.map(entry).collect();
    let map = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">\n{}</urlset>\n",
        entries.concat()
    );
    Page::of("application/xml", map)
}
