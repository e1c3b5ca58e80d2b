//! A CSS selector as it is configured: `a.next@href`, `h2`, `> td`, nothing for the item itself.

use scraper::error::SelectorErrorKind;
use scraper::{ElementRef, Selector};

/// What is read of an element.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    /// Its text, without that of scripts and styles.
    Text,
    /// The markup within it.
    Html,
    /// An attribute.
    Attribute(String),
    /// Not said: text, or where markup is asked for that, where a URL the attribute that holds one.
    Default,
}

/// A selector with what is read of the elements it finds.
#[derive(Debug, Clone)]
pub(super) struct Css {
    /// `None`: the item itself.
    pub(super) selector: Option<Selector>,
    pub(super) part: Part,
    /// Does an element's cost depend on the number of its siblings, or on what is within it?
    pub(super) far: bool,
}

impl Css {
    /// Reads what is configured.
    ///
    /// # Errors
    /// When it is no selector: what is wrong, in one line.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let (selector, part) = match text.rsplit_once('@') {
            Some((selector, name)) if is_name(name) => (selector.trim(), part(name)),
            _ => (text.trim(), Part::Default),
        };
        if selector.is_empty() || selector == ":scope" {
            return Ok(Self { selector: None, part, far: false });
        }
        let relative = selector.starts_with(['>', '+', '~']);
        let full = if relative { format!(":scope {selector}") } else { selector.to_owned() };
        let found = Selector::parse(&full).map_err(|error| problem(selector, &error))?;
        let far = selector.contains('~') || selector.contains(":has");
        Ok(Self { selector: Some(found), part, far })
    }

    /// What looking at so many nodes costs, in steps; `far`: what looking at the siblings of one,
    /// or inside it, costs at most, which is an eighth of a step each.
    pub(super) fn cost(&self, nodes: usize, far: usize) -> usize {
        if self.far { nodes.saturating_mul(far.min(nodes) / 8 + 1) } else { nodes }
    }

    /// The first element within `scope`.
    pub(super) fn first<'a>(&self, scope: ElementRef<'a>) -> Option<ElementRef<'a>> {
        match &self.selector {
            None => Some(scope),
            Some(selector) => scope.select(selector).next(),
        }
    }
}

fn part(name: &str) -> Part {
    match name {
        "text" => Part::Text,
        "html" => Part::Html,
        name => Part::Attribute(name.to_ascii_lowercase()),
    }
}

fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b':' | b'.'))
}

fn problem(selector: &str, error: &SelectorErrorKind) -> String {
    let said = match error {
        SelectorErrorKind::UnexpectedSelectorParseError(_) => {
            "it has something that is not supported".to_owned()
        }
        other => other.to_string(),
    };
    format!("{selector:?} is no CSS selector ({said}); write one such as a.next@href")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_selector_may_end_in_what_is_read_of_the_element() {
        let parse = |text: &str| Css::parse(text).unwrap();
        assert_eq!(parse("a.next@href").part, Part::Attribute("href".to_owned()));
        assert_eq!(parse("a @data-ID").part, Part::Attribute("data-id".to_owned()));
        assert_eq!(parse("h2@text").part, Part::Text);
        assert_eq!(parse("@html").part, Part::Html);
        assert!(parse("@html").selector.is_none() && parse(":scope").selector.is_none());
        assert_eq!(parse(r#"[data-x="a@b"]"#).part, Part::Default);
        assert!(parse("> td").selector.is_some(), "relative to the item");
        assert!(parse("h2 ~ p").far && !parse("h2 + p").far);
    }

    #[test]
    fn what_is_no_selector_is_said_in_one_line() {
        for bad in ["div[", "a:contains(x)", "..x", "a >", "::before", "a@href@", "(("] {
            let problem = Css::parse(bad).unwrap_err();
            assert!(problem.contains("no CSS selector") && !problem.contains('\n'), "{problem}");
        }
    }
}
