//! How many tips hold a text, roughly and in fixed memory, and what queries with its letters have
//! brought of late: what promises most is asked first.

use std::collections::HashMap;

use xxhash_rust::xxh3::xxh3_64;

/// Counters of each row: enough for the texts of tens of thousands of tips.
const WIDTH: u64 = 1 << 21;
/// Longest text that is counted, in letters.
const LONGEST: usize = 8;
/// The priority of a text that promises nothing.
const NOTHING: i32 = 1000;
/// New tips expected of a query with a letter that was not in any yet, in hundredths.
const FIRST: i32 = 300;
/// One answer counts for so much of what is expected of the next.
const SHARE: i32 = 4;

/// A count-min sketch of the short texts within the tips seen: 4 MiB, never too
/// low, and no higher than 255. And what is expected of a letter of the alphabet.
#[derive(Debug, Clone)]
pub(super) struct Frequency {
    longest: usize,
    rows: [Box<[u8]>; 2],
    /// New tips that an answer to a query with this letter has, in hundredths: the mean of the
    /// answers so far, the later ones counting for more.
    yields: HashMap<char, i32>,
}

impl Frequency {
    /// For queries of at most so many letters.
    pub(super) fn new(longest: usize) -> Self {
        let row = || vec![0; usize::try_from(WIDTH).unwrap_or_default()].into_boxed_slice();
        Self { longest: longest.min(LONGEST), rows: [row(), row()], yields: HashMap::new() }
    }

    /// Counts a tip that was not seen before; returns the texts that it is the first or the second
    /// to hold, for they have become more urgent.
    pub(super) fn add(&mut self, tip: &str) -> Vec<String> {
        let tip = tip.to_lowercase();
        let starts: Vec<usize> = tip.char_indices().map(|(at, _)| at).chain([tip.len()]).collect();
        let mut texts: Vec<&str> = Vec::new();
        for length in 1..=self.longest {
            let ends = starts.iter().skip(length);
            texts.extend(starts.iter().zip(ends).filter_map(|(from, to)| tip.get(*from..*to)));
        }
        texts.sort_unstable();
        texts.dedup();
        let mut risen = Vec::new();
        for text in texts {
            for (row, place) in self.rows.iter_mut().zip(places(text)) {
                if let Some(counter) = row.get_mut(place) {
                    *counter = counter.saturating_add(1);
                }
            }
            if self.of(text) <= 2 {
                risen.push(text.to_owned());
            }
        }
        risen
    }

    /// Takes in how many new tips the answer to a query had.
    pub(super) fn learn(&mut self, query: &str, new: usize) {
        let new = i32::try_from(new).unwrap_or(i32::MAX).saturating_mul(100);
        for letter in query.chars() {
            let expected = self.yields.entry(letter).or_insert(FIRST);
            *expected = expected.saturating_add(new.saturating_sub(*expected) / SHARE);
        }
    }

    /// How soon a text is asked, less being sooner: by what its letters have brought of late, in
    /// full where more than one tip holds it, by half where one does, hardly where none does. So
    /// what is nearly known, such as one script of two, waits for what is not. Among equals the
    /// longest of those that several tips hold, and the shortest of the others: short ones that
    /// many hold show what is shown everywhere, long ones that none holds hardly match any.
    pub(super) fn priority(&self, text: &str) -> i32 {
        let (mut letters, mut sum) = (0, 0_i32);
        for letter in text.chars().take(LONGEST) {
            letters += 1;
            sum = sum.saturating_add(self.yields.get(&letter).copied().unwrap_or(FIRST));
        }
        let expected = sum / letters.max(1);
        let promise = match self.of(text) {
            0 => expected / 10 - 10 * letters,
            1 => expected / 2 - 10 * letters,
            _ => expected + 10 * letters,
        };
        NOTHING.saturating_sub(promise)
    }

    /// In how many tips a text was seen.
    pub(super) fn of(&self, text: &str) -> u8 {
        let places = places(&text.to_lowercase());
        let counters = self.rows.iter().zip(places).filter_map(|(row, place)| row.get(place));
        counters.min().copied().unwrap_or_default()
    }
}

fn places(text: &str) -> [usize; 2] {
    let hash = xxh3_64(text.as_bytes());
    [hash, hash >> 32].map(|hash| usize::try_from(hash % WIDTH).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_counted_once_a_tip_and_never_too_low() {
        let mut frequency = Frequency::new(4);
        for tip in ["banana", "Bandana", "чохол", "b"] {
            frequency.add(tip);
        }
        for (text, tips) in [("an", 2), ("BAN", 2), ("nana", 1), ("чох", 1), ("b", 3)] {
            assert!(frequency.of(text) >= tips, "{text}");
        }
        assert_eq!(frequency.of("ana"), 2);
        assert_eq!(frequency.of("xyz"), 0);
        assert_eq!(frequency.of("banana"), 0, "longer than any query");
    }

    #[test]
    fn texts_whose_letters_bring_nothing_more_wait_for_others() {
        let mut frequency = Frequency::new(3);
        for _ in 0..2 {
            frequency.add("abc");
            frequency.add("где");
        }
        assert_eq!(frequency.priority("abc"), frequency.priority("где"));
        for _ in 0..8 {
            frequency.learn("ab", 0);
            frequency.learn("где", 4);
        }
        assert!(frequency.priority("где") < frequency.priority("abc"));
        assert!(frequency.priority("abc") < NOTHING, "they are asked all the same");
        frequency.learn("abc", usize::MAX);
        assert!(frequency.priority("abc") < frequency.priority("где"));
    }

    #[test]
    fn long_texts_of_several_tips_come_first_and_unseen_ones_last() {
        let mut frequency = Frequency::new(3);
        let texts = ["a", "ab", "abc", "b", "bc", "c"];
        assert_eq!(frequency.add("abc"), texts);
        assert_eq!(frequency.add("abc"), texts);
        assert!(frequency.add("abc").is_empty(), "the third that holds them");
        frequency.add("bcd");
        let mut texts = ["xyz", "xy", "bcd", "ab", "abc"];
        texts.sort_by_key(|text| frequency.priority(text));
        assert_eq!(texts, ["abc", "ab", "bcd", "xy", "xyz"]);
    }
}
