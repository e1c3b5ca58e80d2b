//! What a job takes from an answer besides links and facts: stored with the answer's result.

use super::listing::{DetailPage, ListingPage};
use crate::domain::harvest;

/// It.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Gathered {
    /// The tips that an endpoint shows for a query.
    Tips(harvest::Reading),
    /// The items of a listing's page.
    Listing(ListingPage),
    /// The further fields of an item.
    Detail(DetailPage),
}

impl Gathered {
    /// Did the answer hold what the job is for?
    #[must_use]
    pub fn gave(&self) -> bool {
        match self {
            Self::Tips(reading) => !reading.tips.is_empty(),
            Self::Listing(page) => !page.items.is_empty() || page.dropped > 0,
            // An item has led to it.
            Self::Detail(_) => true,
        }
    }

    /// Bytes of memory that it holds, about.
    #[must_use]
    pub fn weight(&self) -> usize {
        match self {
            Self::Tips(reading) => reading
                .tips
                .iter()
                .map(|tip| {
                    let fields = tip.fields.iter().flatten().map(|value| 48 + value.len());
                    96 + tip.text.len() + fields.sum::<usize>()
                })
                .sum(),
            Self::Listing(page) => page.weight(),
            Self::Detail(page) => page.fields.as_ref().map_or(0, String::len),
        }
    }
}
