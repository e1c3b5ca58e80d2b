//! What is extracted from a page, and that nothing a server writes can upset it.

#![expect(clippy::unwrap_used, reason = "a test fails where its helpers do")]

mod charsets;
mod facts;
mod feeds;
mod hostile;
mod links;
mod oracle;

use crawld::domain::extract::{Page, PageOptions, PageReader};
use crawld::domain::url::CanonicalUrl;

/// The page that every test reads, unless it says otherwise.
const URL: &str = "https://example.org/dir/page";

fn options() -> PageOptions {
    PageOptions { robots_agent: "crawld".into(), ..PageOptions::default() }
}

fn reader(headers: &[(&str, &str)], options: &PageOptions) -> PageReader {
    let url = CanonicalUrl::parse(URL).unwrap();
    let headers: Vec<_> =
        headers.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
    PageReader::new(&url, &headers, options)
}

fn read_with(headers: &[(&str, &str)], body: &[u8], options: &PageOptions) -> Page {
    let mut reader = reader(headers, options);
    reader.feed(body);
    reader.finish()
}

/// Reads HTML in UTF-8.
fn html(body: &str) -> Page {
    read_with(&[("content-type", "text/html; charset=utf-8")], body.as_bytes(), &options())
}

/// Where the links of a page lead; those on its own host without scheme and host.
fn targets(page: &Page) -> Vec<&str> {
    let own = "https://example.org";
    page.outlinks
        .iter()
        .map(|link| link.url.as_str().strip_prefix(own).unwrap_or(link.url.as_str()))
        .collect()
}
