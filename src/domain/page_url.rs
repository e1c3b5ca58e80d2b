//! The URLs of a listing's pages by a template: `?page={page}`, `/list?from={offset}`,
//! `{start}&page={page}`.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::url::CanonicalUrl;

/// A template as it is configured and stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PageUrlSpec {
    /// With `{page}` or `{offset}`, and perhaps `{start}`, which is the start page's URL. What is
    /// no whole URL is a reference relative to the start page.
    pub template: String,
    /// What `{page}` is on the first page.
    pub first_page: i64,
    /// By how much it grows from page to page.
    pub page_step: i64,
    /// What `{offset}` is on the first page.
    pub first_offset: i64,
    /// By how much it grows from page to page: the number of items of a page.
    pub offset_step: Option<i64>,
}

impl Default for PageUrlSpec {
    fn default() -> Self {
        Self {
            template: String::new(),
            first_page: 1,
            page_step: 1,
            first_offset: 0,
            offset_step: None,
        }
    }
}

/// Why a template makes no URLs: the key and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageUrlError {
    /// `page_url`, `offset_step` ...
    pub key: &'static str,
    /// In one line, with the mend.
    pub problem: String,
}

impl fmt::Display for PageUrlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.key, self.problem)
    }
}

impl std::error::Error for PageUrlError {}

impl PageUrlSpec {
    /// The template with the usual numbers: pages from 1.
    #[must_use]
    pub fn new(template: &str) -> Self {
        Self { template: template.to_owned(), ..Self::default() }
    }

    /// Does it need a start page to say where it belongs?
    #[must_use]
    pub fn is_relative(&self) -> bool {
        self.template.contains("{start}") || !self.template.contains("://")
    }

    /// The URL of a page, from 1, of the listing that begins at `start`. `None`: it makes none.
    #[must_use]
    pub fn url(&self, start: Option<&CanonicalUrl>, page: i32) -> Option<CanonicalUrl> {
        let nth = i64::from(page).saturating_sub(1);
        let at = |first: i64, step: i64| first.saturating_add(nth.saturating_mul(step)).to_string();
        let text = self
            .template
            .replace("{start}", start.map_or("", CanonicalUrl::as_str))
            .replace("{page}", &at(self.first_page, self.page_step))
            .replace("{offset}", &at(self.first_offset, self.offset_step.unwrap_or(0)));
        match start {
            Some(start) => start.join(&text).ok(),
            None => CanonicalUrl::parse(&text).ok(),
        }
    }

    /// Does it make URLs, a new one for each page?
    ///
    /// # Errors
    /// The key that keeps it from doing so.
    pub fn check(&self) -> Result<(), PageUrlError> {
        let wrong = |key, problem: String| Err(PageUrlError { key, problem });
        let (pages, offsets) =
            (self.template.contains("{page}"), self.template.contains("{offset}"));
        if !pages && !offsets {
            let text = &self.template;
            return wrong("page_url", format!("'{text}' holds neither {{page}} nor {{offset}}"));
        }
        if offsets && self.offset_step.is_none() {
            let problem = "say how many items a page has: {offset} grows by it".to_owned();
            return wrong("offset_step", problem);
        }
        if pages && self.page_step == 0 {
            return wrong("page_step", "0 would ask the same page for ever".to_owned());
        }
        if !pages && self.offset_step == Some(0) {
            return wrong("offset_step", "0 would ask the same page for ever".to_owned());
        }
        let start = CanonicalUrl::parse("https://example.org/").ok();
        let made = |page| self.url(start.as_ref().filter(|_| self.is_relative()), page);
        match (made(1), made(2)) {
            (Some(first), Some(second)) if first != second => Ok(()),
            (Some(_), Some(_)) => {
                let problem = "the URLs of two pages are the same; a fragment is not sent";
                wrong("page_url", problem.to_owned())
            }
            _ => wrong("page_url", format!("'{}' makes no http(s) URL", self.template)),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

    use super::*;

    fn url(spec: &PageUrlSpec, start: &str, page: i32) -> String {
        let start = CanonicalUrl::parse(start).unwrap();
        spec.url(Some(&start), page).unwrap().as_str().to_owned()
    }

    #[test]
    fn a_template_is_a_whole_url_a_reference_or_a_suffix_of_the_start_page() {
        let whole = PageUrlSpec::new("https://a.example/list?page={page}");
        assert_eq!(whole.url(None, 3).unwrap().as_str(), "https://a.example/list?page=3");
        let folder = PageUrlSpec::new("stranica/{page}/");
        let start = "https://a.example/stanovi/10/";
        assert_eq!(url(&folder, start, 2), "https://a.example/stanovi/10/stranica/2/");
        let query = PageUrlSpec::new("{start}&strana={page}");
        let start = "https://b.example/prodaja?tip=stan";
        assert_eq!(url(&query, start, 4), "https://b.example/prodaja?tip=stan&strana=4");
    }

    #[test]
    fn numbers_begin_and_grow_as_told() {
        let spec = PageUrlSpec { first_page: 0, page_step: 2, ..PageUrlSpec::new("?p={page}") };
        assert_eq!(url(&spec, "https://a.example/l", 3), "https://a.example/l?p=4");
        let spec = PageUrlSpec { offset_step: Some(20), ..PageUrlSpec::new("?from={offset}") };
        assert_eq!(url(&spec, "https://a.example/l", 1), "https://a.example/l?from=0");
        assert_eq!(url(&spec, "https://a.example/l", 4), "https://a.example/l?from=60");
    }

    #[test]
    fn a_template_that_asks_one_page_for_ever_is_refused_with_its_key() {
        let key = |spec: PageUrlSpec| spec.check().unwrap_err().key;
        assert_eq!(key(PageUrlSpec::new("https://a.example/list")), "page_url");
        assert_eq!(key(PageUrlSpec::new("https://a.example/#{page}")), "page_url");
        assert_eq!(key(PageUrlSpec::new("ftp://a.example/{page}")), "page_url");
        assert_eq!(key(PageUrlSpec::new("?from={offset}")), "offset_step");
        assert_eq!(key(PageUrlSpec { page_step: 0, ..PageUrlSpec::new("?p={page}") }), "page_step");
        assert!(PageUrlSpec::new("?p={page}").check().is_ok());
    }
}
