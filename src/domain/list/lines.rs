//! One URL a line.

use super::entry;
use super::{Each, Entry, MAX_LINE};

/// Finds the lines in text that comes in pieces.
#[derive(Debug, Default)]
pub(super) struct Lines {
    /// Complete lines so far.
    number: u64,
    /// The line that is not complete yet.
    rest: String,
    /// That line is too long: no more of it is kept.
    too_long: bool,
}

impl Lines {
    pub(super) fn feed(&mut self, text: &str, each: &mut Each<'_>) {
        let mut parts = text.split('\n').peekable();
        while let Some(part) = parts.next() {
            self.keep(part);
            if parts.peek().is_some() {
                self.end_line(each);
            }
        }
    }

    pub(super) fn finish(&mut self, each: &mut Each<'_>) {
        if self.too_long || !self.rest.is_empty() {
            self.end_line(each);
        }
    }

    fn keep(&mut self, part: &str) {
        if self.too_long || self.rest.len() + part.len() > MAX_LINE {
            self.too_long = true;
        } else {
            self.rest.push_str(part);
        }
    }

    fn end_line(&mut self, each: &mut Each<'_>) {
        self.number += 1;
        let url = entry::read_line_unless(self.too_long, &self.rest);
        self.rest.clear();
        self.too_long = false;
        if let Some(url) = url {
            each(Entry { line: self.number, url });
        }
    }
}
