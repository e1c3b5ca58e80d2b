//! Chance that repeats itself: numbers drawn from a seed and from what is at hand.

use xxhash_rust::xxh3::xxh3_64_with_seed;

/// Numbers for one occasion.
#[derive(Debug, Clone, Copy)]
pub(super) struct Luck(u64);

impl Luck {
    /// The luck of a text under a seed.
    pub(super) fn of(seed: u64, text: &str) -> Self {
        Self(xxh3_64_with_seed(text.as_bytes(), seed))
    }

    /// A place in something of this length; 0 in nothing.
    pub(super) fn below(&mut self, length: usize) -> usize {
        self.0 = xxh3_64_with_seed(&self.0.to_le_bytes(), 0);
        let length = u64::try_from(length.max(1)).unwrap_or(u64::MAX);
        usize::try_from(self.0 % length).unwrap_or_default()
    }

    /// One of these.
    pub(super) fn one_of<T: Copy>(&mut self, all: &[T]) -> Option<T> {
        all.get(self.below(all.len())).copied()
    }
}
