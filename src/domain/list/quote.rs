//! A quoted cell as it is read: is its quote closed, and where does the text stand that it holds?
//!
//! A quote that is forgotten swallows what follows, up to the next quote or the end of the list. It
//! shows: text follows the quote that closes such a cell on a later line, or none closes it. What was
//! swallowed is kept from its second line on, up to [`MOST`], to be read again.

/// Most that one cell may swallow, in bytes: a longer cell is one whose quote is not closed.
const MOST: usize = 1024 * 1024;

/// A quote that has been opened.
#[derive(Debug)]
pub(super) struct Quote {
    line: u64,
    /// What follows that line; `None` while the cell has no other.
    swallowed: Option<Vec<u8>>,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    Within,
    /// After a quote: it closes the cell, or is half of a quote in its text.
    AfterQuote,
    /// What else the cell holds says nothing.
    Closed,
}

impl Quote {
    /// One that stands on this line.
    pub(super) fn opened(line: u64) -> Self {
        Self { line, swallowed: None, stage: Stage::Within }
    }

    /// Takes what follows in the cell, with the separator or line end after it. True: it is known
    /// now that the quote is not closed.
    pub(super) fn follow(&mut self, bytes: &[u8], separator: u8) -> bool {
        let mut forgotten = false;
        let mut second_line = self.swallowed.is_some().then_some(0);
        for (at, &byte) in bytes.iter().enumerate() {
            self.stage = match (&self.stage, byte) {
                (Stage::Within, b'"') => Stage::AfterQuote,
                (Stage::Within, b'\n') => {
                    second_line = second_line.or(Some(at + 1));
                    Stage::Within
                }
                (Stage::Within, _) | (Stage::AfterQuote, b'"') => Stage::Within,
                (Stage::AfterQuote, _) => {
                    let ends = byte == separator || matches!(byte, b'\r' | b'\n');
                    forgotten = second_line.is_some() && !ends;
                    Stage::Closed
                }
                (Stage::Closed, _) => break,
            };
        }
        if let Some(at) = second_line {
            let swallowed = self.swallowed.get_or_insert_default();
            swallowed.extend_from_slice(bytes.get(at..).unwrap_or_default());
            forgotten |= swallowed.len() > MOST;
        }
        forgotten
    }

    /// Is it not closed at the end of the list?
    pub(super) fn is_open(&self) -> bool {
        matches!(self.stage, Stage::Within)
    }

    /// Its line, and what it has swallowed.
    pub(super) fn into_parts(self) -> (u64, Vec<u8>) {
        (self.line, self.swallowed.unwrap_or_default())
    }
}
