//! What is done to a text before it is kept.

use regex::Regex;

/// Steps in this order: tags stripped and entities decoded, white space trimmed, a pattern cut out,
/// what it kept trimmed.
#[derive(Debug, Clone, Default)]
pub struct Cleaning {
    /// Are tags stripped and entities decoded?
    pub strip_tags: bool,
    /// Kept is its first group, or the whole match; nothing if it is not found.
    pub pattern: Option<Regex>,
    /// Is white space at the ends cut?
    pub trim: bool,
}

impl Cleaning {
    /// The text as it is kept.
    #[must_use]
    pub fn clean(&self, text: String) -> String {
        let text = if self.strip_tags { without_tags(&text) } else { text };
        let text = self.trimmed(text);
        match &self.pattern {
            Some(pattern) => self.trimmed(cut_out(pattern, &text)),
            None => text,
        }
    }

    fn trimmed(&self, text: String) -> String {
        if self.trim { text.trim().to_owned() } else { text }
    }
}

fn cut_out(pattern: &Regex, text: &str) -> String {
    let Some(found) = pattern.captures(text) else { return String::new() };
    found.get(1).or_else(|| found.get(0)).map(|part| part.as_str().to_owned()).unwrap_or_default()
}

/// A tag is `<` before a letter, `/` or `!`, up to the next `>` or the end.
fn without_tags(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, tag)) = rest.split_once('<') {
        kept.push_str(before);
        rest = if tag.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/' || c == '!') {
            tag.split_once('>').map_or("", |(_, after)| after)
        } else {
            kept.push('<');
            tag
        };
    }
    kept.push_str(rest);
    html_escape::decode_html_entities(&kept).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_go_and_entities_are_read_but_a_lesser_sign_stays() {
        let cleaning = Cleaning { strip_tags: true, trim: true, ..Cleaning::default() };
        for (text, kept) in [
            (" <b>gal</b>axy ", "galaxy"),
            ("<span class=\"price\">1 299 &#8372;</span>", "1 299 ₴"),
            ("5 < 6 &amp; 7 > 6", "5 < 6 & 7 > 6"),
            ("cut <b", "cut"),
            ("<!-- x -->a<br/>b", "ab"),
            ("", ""),
        ] {
            assert_eq!(cleaning.clean(text.to_owned()), kept, "{text}");
        }
    }

    #[test]
    fn a_pattern_keeps_its_first_group_or_its_match_or_nothing() {
        let clean = |pattern: &str, text: &str| {
            let pattern = Some(Regex::new(pattern).unwrap());
            Cleaning { pattern, ..Cleaning::default() }.clean(text.to_owned())
        };
        assert_eq!(clean(r"(\d+) UAH", "price 1299 UAH"), "1299");
        assert_eq!(clean(r"\d+", "price 1299 UAH"), "1299");
        assert_eq!(clean(r"\d+", "no price"), "");
        assert_eq!(clean(r"a|(b)", "a"), "a");
    }

    #[test]
    fn a_pattern_sees_the_text_without_tags_and_padding_and_what_it_keeps_has_none() {
        let clean = |pattern: &str, text: &str| {
            let pattern = Some(Regex::new(pattern).unwrap());
            Cleaning { pattern, strip_tags: true, trim: true }.clean(text.to_owned())
        };
        assert_eq!(clean(r"^(\w+)", "  <em>app</em>le pie "), "apple");
        assert_eq!(clean(r"^\w+ ", "\n <b>apple</b> pie"), "apple");
        assert_eq!(clean(r"\w+$", "apple <i>pie</i>\t"), "pie");
    }

    #[test]
    fn nothing_is_changed_unless_it_is_asked_for() {
        assert_eq!(Cleaning::default().clean(" <b>&amp; ".to_owned()), " <b>&amp; ");
    }
}
