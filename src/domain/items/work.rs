//! What reading a document may cost: steps of selectors, bytes of text.

use super::reading::{Cut, MOST_TEXT};

/// Most elements looked at, over all selectors and items: about two seconds.
const MOST_STEPS: usize = 20_000_000;

/// What is left of both.
#[derive(Debug)]
pub(super) struct Work {
    steps: usize,
    text: usize,
    /// What ran out.
    pub(super) cut: Option<Cut>,
}

impl Work {
    pub(super) fn new() -> Self {
        Self { steps: MOST_STEPS, text: MOST_TEXT, cut: None }
    }

    /// May so many elements be looked at?
    pub(super) fn steps(&mut self, steps: usize) -> bool {
        Self::take(&mut self.steps, steps, &mut self.cut, Cut::Work)
    }

    /// May so many bytes be kept?
    pub(super) fn text(&mut self, bytes: usize) -> bool {
        Self::take(&mut self.text, bytes, &mut self.cut, Cut::Text)
    }

    fn take(left: &mut usize, amount: usize, cut: &mut Option<Cut>, what: Cut) -> bool {
        let after = left.checked_sub(amount);
        *left = after.unwrap_or(0);
        if after.is_none() {
            cut.get_or_insert(what);
        }
        after.is_some()
    }

    /// How many elements may still be looked at.
    pub(super) fn left(&self) -> usize {
        self.steps
    }
}
