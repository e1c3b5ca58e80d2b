//! Which templates have many URLs, as far as a bounded memory can tell: the algorithm of Misra and
//! Gries. Pure.
//!
//! Invariant: at most [`MOST`] templates are kept. One that has more than its share of all new URLs
//! is among them; of one that was pushed out, and at the end of a run, fewer than [`STEP`] URLs go
//! uncounted.

use hashbrown::HashMap;

use super::templates::REPORTED;

/// Templates kept.
const MOST: usize = 1024;
/// URLs of a template that are written down together.
const STEP: i64 = 100;

/// Counters by job and template.
#[derive(Debug, Default)]
pub(super) struct Sketch {
    seen: HashMap<(i64, i64), Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    weight: i64,
    /// Not yet written down.
    pending: i64,
    /// Written down, by us or before.
    stored: i64,
}

impl Sketch {
    /// Counts new URLs of a template. How many are to be written down now? Near the number that is
    /// reported each is, so that the report is exact.
    pub(super) fn add(&mut self, at: (i64, i64), urls: i64) -> i64 {
        if !self.seen.contains_key(&at) && self.seen.len() >= MOST {
            self.seen.retain(|_, seen| {
                seen.weight -= urls;
                seen.weight > 0
            });
            return 0;
        }
        let seen = self.seen.entry(at).or_default();
        seen.weight += urls;
        seen.pending += urls;
        let near = seen.stored + 2 * STEP >= REPORTED;
        if near || seen.pending >= STEP { std::mem::take(&mut seen.pending) } else { 0 }
    }

    /// So many URLs of the template are written down now.
    pub(super) fn wrote(&mut self, at: (i64, i64), stored: i64) {
        if let Some(seen) = self.seen.get_mut(&at) {
            seen.stored = stored;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_template_is_counted_to_the_last_url_and_a_small_one_in_steps() {
        let mut sketch = Sketch::default();
        let mut stored = 0;
        for _ in 0..REPORTED + 7 {
            stored += sketch.add((1, 1), 1);
            sketch.wrote((1, 1), stored);
        }
        assert_eq!(stored, REPORTED + 7);
        assert_eq!((0..99).map(|_| sketch.add((1, 2), 1)).sum::<i64>(), 0);
        assert_eq!(sketch.add((1, 2), 1), 100);
    }

    #[test]
    fn a_million_small_templates_take_no_more_memory_and_hide_no_large_one() {
        let mut sketch = Sketch::default();
        let mut stored = 0;
        for n in 0..200_000 {
            sketch.add((1, n), 1);
            stored += sketch.add((1, -1), 1);
            sketch.wrote((1, -1), stored);
        }
        assert!(sketch.seen.len() <= MOST);
        assert!(stored > 199_000, "{stored}");
    }
}
