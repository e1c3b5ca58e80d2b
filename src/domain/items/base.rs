//! What references of a document are relative to.

use encoding_rs::Encoding;
use url::Url;

use super::super::extract::{with_query_in, worth};
use super::super::url::CanonicalUrl;

/// Where a document's references start.
#[derive(Debug, Clone)]
pub(super) struct Base {
    url: CanonicalUrl,
    charset: &'static Encoding,
}

impl Base {
    /// `base`: the value of `<base href>`, if there is one.
    pub(super) fn new(url: &CanonicalUrl, charset: &'static Encoding, base: Option<&str>) -> Self {
        let given = base.and_then(|base| url.join(base.trim()).ok());
        Self { url: given.unwrap_or_else(|| url.clone()), charset }
    }

    /// A page that can be asked.
    pub(super) fn page(&self, reference: &str) -> Option<CanonicalUrl> {
        let reference = worth(reference)?;
        self.url.join(&with_query_in(self.charset, reference)).ok()
    }

    /// The whole URL: in canonical form if it is a page, as it is for mail and telephone.
    pub(super) fn absolute(&self, reference: &str) -> Option<String> {
        if let Some(page) = self.page(reference) {
            return Some(page.as_str().to_owned());
        }
        let url = Url::parse(reference.trim()).ok()?;
        matches!(url.scheme(), "mailto" | "tel").then(|| url.into())
    }
}
