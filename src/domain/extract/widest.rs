//! The start tag with the most attributes: a tree builder compares each with all others.

use super::attributes::Attributes;
use super::tag::Tag;
use super::tokenizer::{Sink, Tokenizer};

/// The number of attributes of the start tag that has the most.
pub(in crate::domain) fn most_attributes(text: &str) -> usize {
    let mut most = Most(0);
    let mut tokenizer = Tokenizer::whole();
    tokenizer.feed(text.as_bytes(), &mut most);
    tokenizer.finish(&mut most);
    most.0.max(Attributes::new(tokenizer.unfinished()).count())
}

struct Most(usize);

impl Sink for Most {
    fn reads(&self, _tag: Tag) -> bool {
        true
    }

    fn start(&mut self, _tag: Tag, attributes: Attributes<'_>, _foreign: bool) {
        self.0 = self.0.max(attributes.count());
    }

    fn end(&mut self, _tag: Tag) {}

    fn text(&mut self, _text: &[u8]) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_are_counted_in_tags_of_any_length_and_in_one_that_never_ends() {
        let many = " a=1".repeat(100_000);
        assert_eq!(most_attributes(&format!("<p id=1><b{many}>x</b>")), 100_000);
        assert_eq!(most_attributes(&format!("<p><b{many}")), 100_000);
        let image = format!("<img alt=x src='data:,{}'>", "a ".repeat(100_000));
        assert_eq!(most_attributes(&image), 2, "a long value is one attribute");
        assert_eq!(most_attributes(&format!("<!--<b{many}>--><script>i<b{many}</script>")), 0);
        assert_eq!(most_attributes(""), 0);
    }
}
