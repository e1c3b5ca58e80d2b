//! So many of something, in words.

use std::fmt::Display;

/// A number with its noun: `1 page`, `1200 pages`. For nouns whose plural is an `s` more.
#[must_use]
pub fn counted<N: Copy + Display + PartialEq + From<u8>>(number: N, noun: &str) -> String {
    let s = if number == N::from(1) { "" } else { "s" };
    format!("{number} {noun}{s}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_told_from_none_and_from_many() {
        assert_eq!(
            ["0 hosts", "1 host", "2 hosts"].map(str::to_owned),
            [counted(0_u64, "host"), counted(1_usize, "host"), counted(2_i64, "host"),]
        );
    }
}
