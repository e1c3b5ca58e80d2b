//! Endpoints that show the query itself as a tip, whatever it is: that says nothing of what they
//! know or how they match.

use serde::{Deserialize, Serialize};

/// So many answers with tips are looked at before it is said of an endpoint that it echoes.
const ENOUGH: u32 = 16;

/// What is known of echoes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Echo {
    /// It echoes.
    pub(super) known: bool,
    /// First answers with tips.
    showing: u32,
    /// Those of them that show their query.
    echoed: u32,
}

impl Echo {
    /// The answer to a text that nothing can match.
    pub(super) fn hear<'a>(&mut self, query: &str, mut tips: impl Iterator<Item = &'a str>) {
        self.known = tips.any(|tip| is_same(query, tip));
    }

    /// One of the first answers.
    pub(super) fn see<'a>(&mut self, query: &str, tips: impl Iterator<Item = &'a str>) {
        let mut tips = tips.peekable();
        self.showing += u32::from(tips.peek().is_some());
        self.echoed += u32::from(tips.any(|tip| is_same(query, tip)));
    }

    /// The first answers were all seen: nine in ten with their query are no chance.
    pub(super) fn decide(&mut self) {
        self.known |= self.showing >= ENOUGH && self.echoed * 10 >= self.showing * 9;
    }
}

/// Is this tip the query, but for letter case and white space at the ends?
pub(super) fn is_same(query: &str, tip: &str) -> bool {
    tip.trim().to_lowercase() == query.trim().to_lowercase()
}
