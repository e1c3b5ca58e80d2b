//! A listing: pages one after another, each with items.

use super::items::{DetailReader, ItemReader};
use super::page_url::PageUrlSpec;
use super::url::CanonicalUrl;

/// How a listing is read and where its pages are.
#[derive(Debug)]
pub struct Listing {
    /// Reads the items of a page, and their own pages.
    pub reader: ItemReader,
    /// The URLs of pages; without it the next link leads on.
    pub page_url: Option<PageUrlSpec>,
    /// The first pages of the job's listings.
    pub starts: Vec<CanonicalUrl>,
    /// Most pages of each.
    pub max_pages: Option<i32>,
}

impl Listing {
    /// Reads the further fields of an item from its own page; without it such pages are not asked.
    #[must_use]
    pub fn detail(&self) -> Option<&DetailReader> {
        self.reader.details()
    }

    /// The URL that the template gives the page after this one, which is page `number` of its
    /// listing. `None`: there is no template, or nobody can say which listing this page is of.
    #[must_use]
    pub fn after(&self, url: &CanonicalUrl, number: i32) -> Option<CanonicalUrl> {
        let template = self.page_url.as_ref()?;
        template.url(self.start_of(url, number), number.saturating_add(1))
    }

    /// The start of the listing that has this page.
    fn start_of(&self, url: &CanonicalUrl, number: i32) -> Option<&CanonicalUrl> {
        let is_its = |start: &&CanonicalUrl| {
            if number <= 1 {
                return *start == url;
            }
            let made =
                self.page_url.as_ref().and_then(|template| template.url(Some(start), number));
            made.as_ref() == Some(url)
        };
        match self.starts.as_slice() {
            [only] => Some(only),
            starts => starts.iter().find(is_its).or_else(|| {
                // It was redirected: one listing of a host is enough to know it.
                let mut near = starts.iter().filter(|start| start.authority() == url.authority());
                near.next().filter(|_| near.next().is_none())
            }),
        }
    }
}
