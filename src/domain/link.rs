//! A link as found on a page.

use std::fmt;

use super::url::CanonicalUrl;

/// Where on a page a link stood.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(i16)]
pub enum LinkKind {
    /// A root of the job: given, not found.
    Root = 0,
    /// `<a href>`.
    A = 1,
    /// `<area href>`.
    Area = 2,
    /// `<link rel=next>` (also from a `Link` header).
    Next = 3,
    /// `<link rel=prev>` (also from a `Link` header).
    Prev = 4,
    /// `<link rel=alternate>` (also from a `Link` header).
    Alternate = 5,
    /// `<link rel=canonical>` (also from a `Link` header).
    Canonical = 6,
    /// `<frame src>`.
    Frame = 7,
    /// `<iframe src>`.
    Iframe = 8,
    /// `<img>` or `<source>`, `src` and `srcset`; only when the job asks for assets.
    Image = 9,
    /// `<meta http-equiv=refresh>`, or a `Refresh` header.
    Refresh = 10,
    /// The `Location` of a redirect.
    Redirect = 11,
    /// An item of an RSS feed or an entry of an Atom feed.
    Feed = 12,
    /// An entry of a sitemap.
    Sitemap = 13,
}

impl LinkKind {
    /// Every kind, in the order of its number.
    pub const ALL: [Self; 14] = [
        Self::Root,
        Self::A,
        Self::Area,
        Self::Next,
        Self::Prev,
        Self::Alternate,
        Self::Canonical,
        Self::Frame,
        Self::Iframe,
        Self::Image,
        Self::Refresh,
        Self::Redirect,
        Self::Feed,
        Self::Sitemap,
    ];

    /// The name used in exports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Root => "root",
            Self::A => "a",
            Self::Area => "area",
            Self::Next => "next",
            Self::Prev => "prev",
            Self::Alternate => "alternate",
            Self::Canonical => "canonical",
            Self::Frame => "frame",
            Self::Iframe => "iframe",
            Self::Image => "image",
            Self::Refresh => "refresh",
            Self::Redirect => "redirect",
            Self::Feed => "feed",
            Self::Sitemap => "sitemap",
        }
    }

    /// The kind with this stored number.
    #[must_use]
    pub fn from_number(number: i16) -> Option<Self> {
        usize::try_from(number).ok().and_then(|at| Self::ALL.get(at)).copied()
    }
}

impl fmt::Display for LinkKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One http(s) link of a page, resolved and canonical.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outlink {
    /// Where it leads.
    pub url: CanonicalUrl,
    /// Where it stood.
    pub kind: LinkKind,
    /// The words of the link: white space folded, at most 200 characters; `None` when there are none.
    pub text: Option<String>,
    /// `rel=nofollow` on the link itself (a page-wide nofollow is in the page's directives).
    pub nofollow: bool,
}
