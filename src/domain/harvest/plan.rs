//! What a harvest is asked to do: nothing here changes while it runs.

use super::combinations::{Combinations, CombinationsError};
use super::{Alphabet, Matcher};

/// How the queries are chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strategy {
    /// Every combination, shortest first.
    Exhaustive,
    /// Those that can show something new.
    Adaptive {
        /// What the operator says of the endpoint; else it is found out.
        matcher: Option<Matcher>,
        /// Do letters seen in tips join the alphabet?
        learn: bool,
        /// Are those asked first that promise most? For a budget of requests.
        best_first: bool,
    },
}

/// The plan of a harvest.
#[derive(Debug, Clone)]
pub struct Plan {
    pub(super) alphabet: Alphabet,
    pub(super) min: usize,
    pub(super) max: usize,
    pub(super) before: String,
    pub(super) after: String,
    pub(super) strategy: Strategy,
    pub(super) seed: u64,
}

impl Plan {
    /// Queries of `min` to `max` letters of an alphabet.
    ///
    /// # Errors
    /// When the lengths are no range, or `exhaustive` has more combinations than can be counted.
    pub fn new(
        alphabet: Alphabet,
        (min, max): (usize, usize),
        strategy: Strategy,
        seed: u64,
    ) -> Result<Self, CombinationsError> {
        match (Combinations::new(&alphabet, min..=max), strategy) {
            (Ok(_), _) | (Err(CombinationsError::TooMany), Strategy::Adaptive { .. }) => {}
            (Err(error), _) => return Err(error),
        }
        Combinations::new(&alphabet, min..=min)?;
        let (before, after) = (String::new(), String::new());
        Ok(Self { alphabet, min, max, before, after, strategy, seed })
    }

    /// The same with fixed texts before and after the letters of each query.
    #[must_use]
    pub fn between(mut self, before: &str, after: &str) -> Self {
        before.clone_into(&mut self.before);
        after.clone_into(&mut self.after);
        self
    }

    /// The query that is sent for a key.
    #[must_use]
    pub fn query(&self, text: &str) -> String {
        format!("{}{text}{}", self.before, self.after)
    }

    /// The key of a query as it is sent; `None` when no query of this plan is sent so.
    #[must_use]
    pub fn text<'a>(&self, query: &'a str) -> Option<&'a str> {
        query.strip_prefix(self.before.as_str())?.strip_suffix(self.after.as_str())
    }

    /// Is this one of its texts, of the alphabet as it is given?
    #[must_use]
    pub fn has(&self, text: &str) -> bool {
        let letters = self.alphabet.letters();
        (self.min..=self.max).contains(&text.chars().count())
            && text.chars().all(|letter| letters.contains(&letter))
    }

    /// What a record is good for: one of another plan is of no use.
    #[must_use]
    pub fn signature(&self) -> String {
        let Self { min, max, before, after, strategy, .. } = self;
        let letters: String = self.alphabet.letters().iter().collect();
        format!("{min} to {max} of {letters:?} between {before:?} and {after:?}, {strategy:?}")
    }

    /// May facts have to be looked at again?
    #[must_use]
    pub fn looks_again(&self) -> bool {
        self.strategy != Strategy::Exhaustive
    }

    /// The queries of `exhaustive`, which are also the most that `adaptive` asks of this alphabet,
    /// proofs included; `None` when they cannot be counted.
    #[must_use]
    pub fn count(&self) -> Option<u128> {
        Combinations::new(&self.alphabet, self.min..=self.max).ok().map(|all| all.count())
    }

    /// Is every combination asked?
    #[must_use]
    pub fn is_exhaustive(&self) -> bool {
        self.strategy == Strategy::Exhaustive
    }

    /// Letters of the shortest query and of the longest.
    #[must_use]
    pub fn lengths(&self) -> (usize, usize) {
        (self.min, self.max)
    }

    /// How many letters the alphabet has.
    #[must_use]
    pub fn letters(&self) -> usize {
        self.alphabet.letters().len()
    }

    /// Combinations of the shortest length up to another, or to the longest that can be counted.
    pub(super) fn walk(&self, letters: &Alphabet, to: usize) -> Option<Combinations> {
        let lengths = (self.min..=to).rev();
        lengths.map(|to| Combinations::new(letters, self.min..=to)).find_map(Result::ok)
    }
}
