//! Local copies of the sites that the other kinds of job are pointed at: the same structure, contents
//! of our own. Each says what a reader without a fault finds on it.

pub(crate) mod addresses;
pub(crate) mod books;
pub(crate) mod flats;
pub(crate) mod quotes;
pub(crate) mod suggestions;

use super::generated::mix;

/// One of `all`, by chance that repeats itself: the same for the same two numbers.
fn pick<'a>(all: &[&'a str], a: u64, b: u64) -> &'a str {
    all[usize::try_from(mix(a, b) % all.len() as u64).unwrap()]
}

/// A number from `low` up to and without `high`, by the same chance.
fn between(low: u64, high: u64, a: u64, b: u64) -> u64 {
    low + mix(a, b) % (high - low)
}

/// The number that follows `before` in a path and ends it, but for what `after` says.
fn number(path: &str, before: &str, after: &str) -> Option<usize> {
    path.strip_prefix(before)?.strip_suffix(after)?.parse().ok()
}
