//! Every string over an alphabet, shortest first, none of them made before it is wanted.

use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::Alphabet;

/// Longest combination, in letters.
pub const LONGEST: usize = 256;

/// How many combinations lie behind: the whole position, stored as a decimal number. It means the
/// same only for the same alphabet and shortest length.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Cursor(u128);

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl From<Cursor> for String {
    fn from(cursor: Cursor) -> Self {
        cursor.to_string()
    }
}

impl TryFrom<String> for Cursor {
    type Error = CombinationsError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl FromStr for Cursor {
    type Err = CombinationsError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let number = digits.then(|| text.parse().ok()).flatten();
        number.map(Self).ok_or(CombinationsError::Cursor)
    }
}

impl Cursor {
    /// How many combinations lie behind.
    #[must_use]
    pub fn made(self) -> u128 {
        self.0
    }
}

/// Why there are no combinations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CombinationsError {
    /// The shortest length is 0 or above the longest, or the longest above [`LONGEST`].
    Lengths(usize, usize),
    /// More combinations than a 128-bit number can count.
    TooMany,
    /// A stored position is no number.
    Cursor,
}

impl fmt::Display for CombinationsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lengths(min, max) => {
                write!(f, "lengths {min} to {max}: give 1 <= min_length <= max_length <= {LONGEST}")
            }
            Self::TooMany => {
                f.write_str("more combinations than can be counted: give a shorter max_length")
            }
            Self::Cursor => f.write_str("the stored position is no number"),
        }
    }
}

impl std::error::Error for CombinationsError {}

/// All strings over an alphabet with lengths in a range: shortest first, then in the order of the
/// alphabet. Nothing is held but the alphabet.
#[derive(Debug, Clone)]
pub struct Combinations {
    letters: Box<[char]>,
    min: usize,
    count: u128,
}

/// The next combinations, and where those after them begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// In order; empty at the end.
    pub texts: Vec<String>,
    /// To go on from.
    pub next: Cursor,
}

impl Combinations {
    /// Combinations of `lengths` letters, both ends included.
    ///
    /// # Errors
    /// When the lengths are no range from 1 to [`LONGEST`], or the count does not fit 128 bits.
    pub fn new(
        alphabet: &Alphabet,
        lengths: RangeInclusive<usize>,
    ) -> Result<Self, CombinationsError> {
        let (min, max) = lengths.into_inner();
        if min == 0 || min > max || max > LONGEST {
            return Err(CombinationsError::Lengths(min, max));
        }
        let letters: Box<[char]> = alphabet.letters().into();
        let mut count = 0_u128;
        for length in min..=max {
            let level = level(&letters, length).and_then(|level| count.checked_add(level));
            count = level.ok_or(CombinationsError::TooMany)?;
        }
        Ok(Self { letters, min, count })
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> u128 {
        self.count
    }

    /// Nothing left beyond this position?
    #[must_use]
    pub fn ended(&self, cursor: Cursor) -> bool {
        cursor.0 >= self.count
    }

    /// At most `room` combinations from a position on.
    #[must_use]
    pub fn next_batch(&self, cursor: Cursor, room: usize) -> Batch {
        let left = self.count.saturating_sub(cursor.0);
        let take = usize::try_from(left).unwrap_or(usize::MAX).min(room);
        let mut texts = Vec::with_capacity(take);
        let mut digits = if take == 0 { Vec::new() } else { self.digits(cursor) };
        for _ in 0..take {
            texts.push(digits.iter().filter_map(|digit| self.letters.get(*digit)).collect());
            self.step(&mut digits);
        }
        let made = u128::try_from(take).unwrap_or_default();
        Batch { texts, next: Cursor(cursor.0.saturating_add(made)) }
    }

    /// The places in the alphabet of the letters of the combination at a position, which exists.
    fn digits(&self, cursor: Cursor) -> Vec<usize> {
        let (mut length, mut rest) = (self.min, cursor.0);
        while let Some(level) = level(&self.letters, length).filter(|level| *level <= rest) {
            rest -= level;
            length += 1;
        }
        let base = self.letters.len() as u128;
        let mut digits = vec![0; length];
        for digit in digits.iter_mut().rev() {
            *digit = usize::try_from(rest % base).unwrap_or_default();
            rest /= base;
        }
        digits
    }

    /// The combination after this one; the first of the next length after the last of a length.
    fn step(&self, digits: &mut Vec<usize>) {
        for digit in digits.iter_mut().rev() {
            *digit += 1;
            if *digit < self.letters.len() {
                return;
            }
            *digit = 0;
        }
        digits.push(0);
    }
}

/// How many combinations have this length.
fn level(letters: &[char], length: usize) -> Option<u128> {
    (letters.len() as u128).checked_pow(u32::try_from(length).ok()?)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn over(alphabet: &str, lengths: RangeInclusive<usize>) -> Combinations {
        Combinations::new(&Alphabet::parse(alphabet, false).unwrap(), lengths).unwrap()
    }

    #[test]
    fn the_counts_of_the_usual_alphabets_are_exact() {
        assert_eq!(over("a-z0-9", 1..=3).count(), 47_988);
        assert_eq!(over("a-z0-9", 3..=3).count(), 46_656);
        assert_eq!(over("a-z0-9{cyrillic}", 1..=4).count(), 23_000_460);
        assert_eq!(over("x", 2..=5).count(), 4);
    }

    #[test]
    fn the_shortest_come_first_in_the_order_of_the_alphabet() {
        let all = over("a-z0-9", 1..=3);
        let first = all.next_batch(Cursor::default(), 38).texts;
        assert_eq!((first[0].as_str(), first[36].as_str(), first[37].as_str()), ("a", "aa", "ab"));
        let end = all.next_batch("47986".parse().unwrap(), 10);
        assert_eq!(end.texts, ["998", "999"]);
        assert!(all.ended(end.next) && all.next_batch(end.next, 10).texts.is_empty());
    }

    #[test]
    fn lengths_and_counts_that_cannot_be_are_refused() {
        let latin = Alphabet::parse("a-z", false).unwrap();
        for (lengths, error) in [
            (0..=3, CombinationsError::Lengths(0, 3)),
            (RangeInclusive::new(3, 2), CombinationsError::Lengths(3, 2)),
            (1..=28, CombinationsError::TooMany),
            (1..=256, CombinationsError::TooMany),
            (1..=257, CombinationsError::Lengths(1, 257)),
        ] {
            assert_eq!(Combinations::new(&latin, lengths).unwrap_err(), error);
        }
        assert!(Combinations::new(&latin, 1..=27).is_ok());
        for text in ["", "-1", "+1", "x", "999999999999999999999999999999999999999999"] {
            assert_eq!(text.parse::<Cursor>(), Err(CombinationsError::Cursor), "{text}");
        }
    }

    #[test]
    fn a_position_beyond_any_memory_is_reached_at_once() {
        let all = over("a-z", 1..=27);
        let last = Cursor(all.count() - 1);
        assert_eq!(all.next_batch(last, 9).texts, ["z".repeat(27)]);
        assert!(all.next_batch(Cursor(u128::MAX), 9).texts.is_empty());
    }

    proptest! {
        #[test]
        fn stopping_anywhere_and_reading_the_position_back_changes_nothing(
            letters in 1..5_usize,
            min in 1..4_usize,
            more in 0..3_usize,
            rooms in prop::collection::vec(0..40_usize, 1..60),
        ) {
            let alphabet: String = "xyzab".chars().take(letters).collect();
            let all = over(&alphabet, min..=min + more);
            let whole = all.next_batch(Cursor::default(), usize::MAX).texts;
            prop_assert_eq!(whole.len() as u128, all.count());
            let (mut cursor, mut parts) = (Cursor::default(), Vec::new());
            for room in rooms {
                let batch = all.next_batch(cursor, room);
                prop_assert!(batch.texts.len() <= room);
                parts.extend(batch.texts);
                cursor = batch.next.to_string().parse().unwrap();
                prop_assert_eq!(cursor.made(), parts.len() as u128);
            }
            prop_assert_eq!(&whole[..parts.len()], &parts[..]);
            let distinct: std::collections::HashSet<_> = whole.iter().collect();
            prop_assert_eq!(distinct.len(), whole.len());
        }
    }
}
