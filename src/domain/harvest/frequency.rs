//! How many tips hold a text, roughly and in fixed memory: what promises most is asked first.

use xxhash_rust::xxh3::xxh3_64;

/// Counters of each row: enough for the texts of tens of thousands of tips.
const WIDTH: u64 = 1 << 21;
/// Longest text that is counted, in letters.
const LONGEST: usize = 8;
/// The priority of a text that one tip holds.
const ONE: i32 = 100;

/// A count-min sketch of the short texts within the tips seen: 4 MiB, never too
/// low, and no higher than 255.
#[derive(Debug, Clone)]
pub(super) struct Frequency {
    longest: usize,
    rows: [Box<[u8]>; 2],
}

impl Frequency {
    /// For queries of at most so many letters.
    pub(super) fn new(longest: usize) -> Self {
        let row = || vec![0; usize::try_from(WIDTH).unwrap_or_default()].into_boxed_slice();
        Self { longest: longest.min(LONGEST), rows: [row(), row()] }
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

    /// How soon a text is asked, less being sooner: the longest first that more than one tip holds,
    /// then those that one holds, then the shortest that none does. Short ones that many hold show
    /// what is shown everywhere, long ones that none holds hardly match any.
    pub(super) fn priority(&self, text: &str) -> i32 {
        let letters = i32::try_from(text.chars().take(LONGEST).count()).unwrap_or_default();
        match self.of(text) {
            0 => ONE + letters,
            1 => ONE,
            _ => ONE - letters,
        }
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
