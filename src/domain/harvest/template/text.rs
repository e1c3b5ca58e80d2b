//! A text with blanks for the query.

use serde_json::Value;
use url::form_urlencoded;

use crate::domain::url::percent;

/// How a query is written where it is filled in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Escape {
    /// As part of a URL: all but unreserved characters percent-encoded as UTF-8 (RFC 3986, 2.3).
    Url,
    /// As part of a form (WHATWG URL, 5.2).
    Form,
    /// Within a JSON string (RFC 8259, 7).
    Json,
    /// As it is.
    Nothing,
}

impl Escape {
    /// The text written like this.
    pub(super) fn write(self, text: &str) -> String {
        match self {
            Self::Url => percent_encoded(text),
            Self::Form => form_urlencoded::byte_serialize(text.as_bytes()).collect(),
            Self::Json => {
                let quoted = Value::from(text).to_string();
                let inner = quoted.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
                inner.unwrap_or(&quoted).to_owned()
            }
            Self::Nothing => text.to_owned(),
        }
    }
}

fn percent_encoded(text: &str) -> String {
    let mut out = String::with_capacity(3 * text.len());
    for octet in text.bytes() {
        if percent::is_unreserved(octet) {
            out.push(char::from(octet));
        } else {
            percent::push_escape(&mut out, octet);
        }
    }
    out
}

/// Literal parts with a blank between each two.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Text {
    parts: Vec<String>,
}

impl Default for Text {
    fn default() -> Self {
        Self { parts: vec![String::new()] }
    }
}

impl Text {
    /// Reads a text with `{query}` in it.
    ///
    /// # Errors
    /// In one line, when another `{name}` is there.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let (mut read, mut rest) = (Self::default(), text);
        while let Some(at) = rest.find('{') {
            let (before, tail) = rest.split_at(at);
            read.push(before);
            rest = if let Some((name, after)) = doubled(tail) {
                read.push(&format!("{{{name}}}"));
                after
            } else if let Some((name, after)) = placeholder(tail) {
                if name != "query" {
                    return Err(format!(
                        "{{{name}}} is not known: {{query}} is where the query goes; write \
                         {{{{{name}}}}} for {{{name}}} itself"
                    ));
                }
                read.parts.push(String::new());
                after
            } else {
                read.push("{");
                tail.get(1..).unwrap_or_default()
            };
        }
        read.push(rest);
        Ok(read)
    }

    /// Is there a blank?
    pub(super) fn has_blanks(&self) -> bool {
        self.parts.len() > 1
    }

    /// What stands after a letter of the first literal part.
    pub(super) fn after_first(&self, letter: char) -> Option<Self> {
        let (first, rest) = self.parts.split_first()?;
        let (_, first) = first.split_once(letter)?;
        let parts = std::iter::once(first.to_owned()).chain(rest.iter().cloned());
        Some(Self { parts: parts.collect() })
    }

    /// The literal parts.
    pub(super) fn parts(&self) -> &[String] {
        &self.parts
    }

    /// The same with its literal parts written like this.
    pub(super) fn escaped(self, escape: Escape) -> Self {
        Self { parts: self.parts.iter().map(|part| escape.write(part)).collect() }
    }

    /// Adds a literal.
    pub(super) fn push(&mut self, text: &str) {
        if let Some(last) = self.parts.last_mut() {
            last.push_str(text);
        }
    }

    /// Adds another text.
    pub(super) fn append(&mut self, other: Self) {
        let mut parts = other.parts.into_iter();
        self.push(&parts.next().unwrap_or_default());
        self.parts.extend(parts);
    }

    /// The text with this in each blank.
    pub(super) fn fill(&self, written: &str) -> String {
        self.parts.join(written)
    }
}

/// Names and values as they stand in a query or a form.
pub(super) fn pairs(pairs: &[(String, String)], escape: Escape) -> Result<Text, String> {
    let mut text = Text::default();
    for (name, value) in pairs {
        if text.has_blanks() || !text.parts().concat().is_empty() {
            text.push("&");
        }
        text.append(Text::parse(name)?.escaped(escape));
        text.push("=");
        text.append(Text::parse(value)?.escaped(escape));
    }
    Ok(text)
}

/// The name of a `{name}` at the start, and what comes after it.
fn placeholder(text: &str) -> Option<(&str, &str)> {
    let (name, after) = text.strip_prefix('{')?.split_once('}')?;
    let named = name.starts_with(|c: char| c == '_' || c.is_ascii_alphabetic())
        && name.chars().all(|c| c == '_' || c.is_ascii_alphanumeric());
    named.then_some((name, after))
}

/// The name of a `{{name}}` at the start, and what comes after it.
fn doubled(text: &str) -> Option<(&str, &str)> {
    let (name, after) = placeholder(text.strip_prefix('{')?)?;
    Some((name, after.strip_prefix('}')?))
}
