//! Short texts: titles and the words of links.

use super::entity::{Context, decode};

/// Collects a short text from pieces of the document. White space is folded as it comes, so that
/// the limit bounds words, not indentation.
#[derive(Debug, Default)]
pub(super) struct Words(Vec<u8>);

impl Words {
    /// Adds raw text, as long as no more than `limit` bytes are held.
    pub(super) fn push(&mut self, text: &[u8], limit: usize) {
        for &byte in text {
            if self.0.len() >= limit {
                return;
            }
            if byte.is_ascii_whitespace() {
                self.space();
            } else {
                self.0.push(byte);
            }
        }
    }

    /// Parts what comes from what came.
    pub(super) fn space(&mut self) {
        if self.0.last().is_some_and(|last| *last != b' ') {
            self.0.push(b' ');
        }
    }

    /// The text so far: decoded, folded, at most `chars` characters; `None` when there is none.
    /// Empties the collection.
    pub(super) fn take(&mut self, chars: usize) -> Option<String> {
        if self.0.is_empty() {
            return None;
        }
        let lossy = String::from_utf8_lossy(&self.0);
        let decoded = decode(&lossy, Context::Text);
        let mut folded = String::with_capacity(decoded.len());
        for word in decoded.split_whitespace() {
            if !folded.is_empty() {
                folded.push(' ');
            }
            folded.push_str(word);
        }
        self.0.clear();
        if let Some((end, _)) = folded.char_indices().nth(chars) {
            folded.truncate(end);
            folded.truncate(folded.trim_end().len());
        }
        (!folded.is_empty()).then_some(folded)
    }
}

#[cfg(test)]
mod tests {
    use super::Words;

    #[test]
    fn white_space_is_folded_and_the_limit_counts_characters() {
        let mut words = Words::default();
        words.push(b"  \n a &amp;\t", 100);
        words.push("b&nbsp; é ".as_bytes(), 100);
        assert_eq!(words.take(200).as_deref(), Some("a & b é"));
        assert_eq!(words.take(200), None);
        words.push("ééé ééé".as_bytes(), 100);
        assert_eq!(words.take(4).as_deref(), Some("ééé"));
        words.push(b" \n ", 100);
        assert_eq!(words.take(4), None);
    }
}
