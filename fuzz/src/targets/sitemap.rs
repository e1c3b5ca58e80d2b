//! Input: a byte that chooses content type and cut, then a sitemap or feed. However it is cut, the
//! same is found (but what a broken gzip file gives before it is found out depends on the cut); every
//! URL is canonical and listed once.

use std::collections::HashSet;

use crate::domain::extract::sitemap::{Sitemap, SitemapReader};
use crate::domain::url::CanonicalUrl;
use crate::pieces::{pieces, seed};

const TYPES: [&str; 4] = [
    "application/xml",
    "text/plain; charset=utf-8",
    "application/gzip",
    "text/xml; charset=koi8-r",
];

pub(crate) fn run(data: &[u8]) {
    let (seed, body) = seed(data);
    let content_type = TYPES.get(usize::from(seed) % TYPES.len()).copied().unwrap_or_default();
    let whole = read(content_type, std::iter::once(body));
    for listed in [&whole.pages, &whole.sitemaps] {
        listed.iter().for_each(|link| super::url::check(&link.url));
        let distinct: HashSet<_> = listed.iter().map(|link| link.url.as_str()).collect();
        assert_eq!(distinct.len(), listed.len());
    }
    if whole.note.as_ref().is_some_and(|note| note.contains("gzip")) {
        return;
    }
    assert_eq!(whole, read(content_type, pieces(body, seed, 40)));
    assert_eq!(whole, read(content_type, body.chunks(1)));
}

fn read<'a>(content_type: &str, pieces: impl Iterator<Item = &'a [u8]>) -> Sitemap {
    let url = CanonicalUrl::parse("https://example.org/dir/sitemap.xml").unwrap();
    let headers = [("content-type".to_owned(), content_type.to_owned())];
    let mut reader = SitemapReader::new(&url, &headers);
    // It is fed to its end, so that the digest is that of the whole.
    for piece in pieces {
        reader.feed(piece);
    }
    reader.finish()
}
