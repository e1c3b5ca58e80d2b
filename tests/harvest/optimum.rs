//! The fewest requests that a rule needs, computed from what the endpoint knows.

use std::collections::HashSet;

use crate::endpoint::Endpoint;

/// Each string is asked whose text without its last letter is full.
pub(crate) fn by_prefix(endpoint: &Endpoint, letters: &str, longest: usize) -> usize {
    count(endpoint, letters, longest, |_, _| true)
}

/// Each string is asked whose texts without its last and without its first letter are full.
pub(crate) fn by_both(endpoint: &Endpoint, letters: &str, longest: usize) -> usize {
    count(endpoint, letters, longest, |full, text| {
        let rest: String = text.chars().skip(1).collect();
        rest.is_empty() || full.contains(&rest)
    })
}

fn count(
    endpoint: &Endpoint,
    letters: &str,
    longest: usize,
    fits: impl Fn(&HashSet<String>, &str) -> bool,
) -> usize {
    let (mut asked, mut full) = (0, HashSet::from([String::new()]));
    for _ in 0..longest {
        let mut next = HashSet::new();
        for parent in &full {
            for letter in letters.chars() {
                let text = format!("{parent}{letter}");
                if fits(&full, &text) {
                    asked += 1;
                    if endpoint.is_full(&text) {
                        next.insert(text);
                    }
                }
            }
        }
        full = next;
    }
    asked
}
