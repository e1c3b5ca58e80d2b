//! What answers tell of an endpoint: its cap, how it matches, whether it sorts.

use serde::{Deserialize, Serialize};

use super::Matcher;

/// One tip in this many must hold its query inside a word for an infix matcher.
const INSIDE: u64 = 8;
/// So many answers of two tips and more must be sorted to believe it.
const SORTED: u32 = 16;
/// So many tips must have been seen in answers that were not full to change one's mind.
const ENOUGH: u64 = 64;

/// Where tips hold their queries, letter case ignored.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Places {
    /// At the beginning.
    pub start: u64,
    /// At the beginning of a word, but not of the tip.
    pub word: u64,
    /// Inside words only.
    pub inside: u64,
    /// Nowhere.
    pub absent: u64,
}

impl Places {
    /// Counts a tip of a query.
    pub(super) fn see(&mut self, query: &str, tip: &str) {
        let (query, tip) = (query.trim().to_lowercase(), tip.to_lowercase());
        let place = if tip.starts_with(&query) {
            &mut self.start
        } else {
            let mut found = false;
            let mut at_word = false;
            for (at, _) in tip.match_indices(&query) {
                found = true;
                let before = tip.get(..at).and_then(|before| before.chars().next_back());
                at_word |= before.is_none_or(|c| !c.is_alphanumeric());
            }
            match (found, at_word) {
                (false, _) => &mut self.absent,
                (true, true) => &mut self.word,
                (true, false) => &mut self.inside,
            }
        };
        *place += 1;
    }

    /// How the endpoint matches; `None` when most tips do not hold their query at all, or there
    /// are no tips.
    #[must_use]
    pub fn matcher(&self) -> Option<Matcher> {
        let holding = self.start + self.word + self.inside;
        if holding <= self.absent {
            None
        } else if self.inside * INSIDE >= self.tips() {
            Some(Matcher::Infix)
        } else {
            Some(Matcher::Prefix)
        }
    }

    /// Do answers that were not full, so held all that matches, show an infix matcher? One that
    /// ranks tips that begin with the query first looks like a prefix matcher until then.
    pub(super) fn reveal_infix(&self) -> bool {
        self.tips() >= ENOUGH && self.matcher() == Some(Matcher::Infix)
    }

    /// How many tips were counted.
    #[must_use]
    pub fn tips(&self) -> u64 {
        self.start + self.word + self.inside + self.absent
    }
}

/// Are the tips of each answer in ascending order of code points, letter case ignored?
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// Answers of two different tips and more that were.
    pub sorted: u32,
    /// Those that were not.
    pub mixed: u32,
}

impl Order {
    pub(super) fn see<'a>(&mut self, tips: impl Iterator<Item = &'a str>) {
        let tips: Vec<String> = tips.map(str::to_lowercase).collect();
        if tips.len() < 2 {
            return;
        }
        if tips.is_sorted() { self.sorted += 1 } else { self.mixed += 1 }
    }

    pub(super) fn is_sorted(self) -> bool {
        self.mixed == 0 && self.sorted >= SORTED
    }
}

/// The largest answer seen of each kind of result: the server's cap, or less than it for as long
/// as there was no full answer. What is too small costs requests, never tips.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Caps(Vec<Cap>);

/// The cap of one kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cap {
    /// The largest answer.
    pub largest: usize,
    /// Queries of the longest length that were full: what lies behind them is not seen.
    pub at_limit: u64,
    /// Those that showed one tip less, or two.
    pub almost: u64,
}

impl Caps {
    /// Counts an answer; `longest`: nothing can be asked behind it.
    pub(super) fn see(&mut self, counts: &[usize], longest: bool) {
        self.0.resize(self.0.len().max(counts.len()), Cap::default());
        for (cap, count) in self.0.iter_mut().zip(counts) {
            if *count > cap.largest {
                *cap = Cap { largest: *count, ..Cap::default() };
            }
            cap.at_limit += u64::from(longest && *count > 0 && *count == cap.largest);
            cap.almost +=
                u64::from(longest && *count > 0 && (1..=2).contains(&(cap.largest - count)));
        }
    }

    /// Is there a kind of which the answer may have held back?
    #[must_use]
    pub fn are_reached(&self, counts: &[usize]) -> bool {
        self.0.iter().zip(counts).any(|(cap, count)| *count > 0 && *count >= cap.largest)
    }

    /// By kind.
    #[must_use]
    pub fn kinds(&self) -> &[Cap] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(seen: &[(&str, &str)]) -> Places {
        let mut places = Places::default();
        for (query, tip) in seen {
            places.see(query, tip);
        }
        places
    }

    #[test]
    fn a_tip_counts_at_the_best_place_that_holds_its_query() {
        let seen = [
            ("ap", "Apple"),
            ("pl", "apple PLUM"),
            ("pl", "apple"),
            ("ч", "Чехол"),
            ("че", "для-чехла"),
            ("x", "apple"),
            ("ap ", "apple"),
        ];
        assert_eq!(places(&seen), Places { start: 3, word: 2, inside: 1, absent: 1 });
    }

    #[test]
    fn words_are_no_infixes_and_tips_without_their_query_are_neither() {
        let word = ("ba", "foo bar");
        assert_eq!(places(&[word; 9]).matcher(), Some(Matcher::Prefix));
        let mixed = [word, word, word, word, word, word, word, ("oo", "foo")];
        assert_eq!(places(&mixed).matcher(), Some(Matcher::Infix), "one in eight");
        assert_eq!(places(&[word, ("zz", "foo")]).matcher(), None);
        assert_eq!(Places::default().matcher(), None);
    }

    #[test]
    fn an_order_is_believed_after_many_answers_and_given_up_after_one() {
        let mut order = Order::default();
        for _ in 0..SORTED {
            assert!(!order.is_sorted());
            order.see(["Ab", "aC", "ac"].into_iter());
            order.see(["one"].into_iter());
        }
        assert!(order.is_sorted());
        order.see(["b", "a"].into_iter());
        assert!(!order.is_sorted());
    }

    #[test]
    fn a_larger_answer_raises_the_cap_of_its_kind_and_forgets_who_reached_the_old_one() {
        let mut caps = Caps::default();
        caps.see(&[4, 2], true);
        assert!(caps.are_reached(&[4, 0]) && caps.are_reached(&[0, 2]));
        assert!(!caps.are_reached(&[3, 1]) && !caps.are_reached(&[0, 0]));
        caps.see(&[6, 1], true);
        caps.see(&[6, 2], true);
        caps.see(&[6, 2], false);
        assert!(!caps.are_reached(&[5, 1]));
        let kinds = caps.kinds().iter().map(|cap| (cap.largest, cap.at_limit, cap.almost));
        assert_eq!(kinds.collect::<Vec<_>>(), [(6, 2, 0), (2, 2, 1)]);
    }
}
