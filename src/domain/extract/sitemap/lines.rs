//! A sitemap of plain text: one URL a line.

use super::listing::MAX_URL;

/// The line under way.
#[derive(Debug, Default)]
pub(super) struct Lines {
    line: Vec<u8>,
    /// URLs left out as too long.
    pub(super) too_long: usize,
}

impl Lines {
    /// Takes the next bytes; `found` gets every absolute http(s) URL that is a line by itself.
    pub(super) fn feed(&mut self, text: &[u8], found: &mut impl FnMut(&str)) {
        let mut parts = text.split(|&b| matches!(b, b'\n' | b'\r')).peekable();
        while let Some(part) = parts.next() {
            // One byte more tells that it is too long.
            let room = (MAX_URL + 1).saturating_sub(self.line.len());
            self.line.extend_from_slice(part.get(..room).unwrap_or(part));
            if parts.peek().is_some() {
                self.end(found);
            }
        }
    }

    /// Ends the line.
    pub(super) fn end(&mut self, found: &mut impl FnMut(&str)) {
        let line = String::from_utf8_lossy(&self.line);
        let line = line.trim();
        let has_scheme = |scheme: &str| {
            line.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme))
        };
        if has_scheme("http://") || has_scheme("https://") {
            if self.line.len() > MAX_URL {
                self.too_long += 1;
            } else {
                found(line);
            }
        }
        self.line.clear();
    }
}
