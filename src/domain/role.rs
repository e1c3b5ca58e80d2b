//! What a URL is asked for: a page is stored as a result, a sitemap only leads to pages.

use xxhash_rust::xxh3::Xxh3;

use super::UrlKey;
use super::url::CanonicalUrl;

/// What a row of the frontier is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[repr(i16)]
pub enum Role {
    /// A page: counted, exported, reported.
    #[default]
    Page = 0,
    /// A sitemap: asked with the same care, never counted as a page.
    Sitemap = 1,
}

impl Role {
    /// The role with this stored number; what no version ever wrote counts as a page.
    #[must_use]
    pub fn from_number(number: i16) -> Self {
        if number == Self::Sitemap as i16 { Self::Sitemap } else { Self::Page }
    }

    /// The key of a URL in this role: a sitemap that is also linked as a page has two rows. Fixed
    /// for ever: it is stored.
    #[must_use]
    pub fn key(self, url: &CanonicalUrl) -> UrlKey {
        match self {
            Self::Page => url.key(),
            Self::Sitemap => {
                // No canonical URL begins so.
                let mut hash = Xxh3::new();
                hash.update(b"sitemap ");
                hash.update(url.as_str().as_bytes());
                UrlKey(hash.digest().cast_signed())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_has_one_key_as_a_page_and_another_as_a_sitemap() {
        let url = CanonicalUrl::parse("https://h.example/sitemap.xml").unwrap();
        assert_eq!(Role::Page.key(&url), url.key());
        assert_ne!(Role::Sitemap.key(&url), url.key());
        let whole = xxhash_rust::xxh3::xxh3_64(b"sitemap https://h.example/sitemap.xml");
        assert_eq!(Role::Sitemap.key(&url), UrlKey(whole.cast_signed()));
        assert_eq!(Role::from_number(1), Role::Sitemap);
        assert_eq!(Role::from_number(0), Role::Page);
    }
}
