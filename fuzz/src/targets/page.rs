//! Reading pages, for the targets that do.

use crate::domain::extract::{Page, PageOptions, PageReader};
use crate::domain::url::CanonicalUrl;

/// The headers of a response.
pub(crate) type Headers = Vec<(String, String)>;

const LINKS: usize = 50;

/// Reads a page that comes in these pieces.
pub(crate) fn read<'a>(headers: &Headers, pieces: impl Iterator<Item = &'a [u8]>) -> Page {
    let url = CanonicalUrl::parse("https://example.org/dir/page?q").unwrap();
    let options = PageOptions { assets: true, max_links: LINKS, ..PageOptions::default() };
    let mut reader = PageReader::new(&url, headers, &options);
    pieces.for_each(|piece| reader.feed(piece));
    reader.finish()
}

/// What holds of every page.
pub(crate) fn check(page: &Page) {
    assert!(page.outlinks.len() <= LINKS);
    assert!(page.title.as_ref().is_none_or(|title| title.chars().count() <= 500));
    for link in &page.outlinks {
        assert!(link.text.as_ref().is_none_or(|text| text.chars().count() <= 200));
        super::url::check(&link.url);
    }
    for (at, link) in page.outlinks.iter().enumerate() {
        let before = page.outlinks.get(..at).unwrap_or_default();
        assert!(before.iter().all(|other| other.url != link.url), "{} twice", link.url);
    }
}
