//! What a page's last result said of its version, and asking by it whether the page still holds
//! (RFC 9110, 8.8 and 13.1).
//!
//! Invariant: a value that is kept can be sent back as it came: visible ASCII and spaces, and short.

/// Longest `ETag` kept, in bytes.
const LONGEST_ETAG: usize = 512;
/// Longest Last-Modified kept, in bytes; a date has 29.
const LONGEST_DATE: usize = 64;

/// The version of a page as its last result gave it: at least one of the two.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Validators {
    etag: Option<String>,
    last_modified: Option<String>,
}

impl Validators {
    /// Those of a stored result; `None` where it has none that can be sent back.
    #[must_use]
    pub fn stored(etag: Option<String>, last_modified: Option<String>) -> Option<Box<Self>> {
        let (etag, last_modified) = (kept_etag(etag), kept_date(last_modified));
        let some = etag.is_some() || last_modified.is_some();
        some.then(|| Box::new(Self { etag, last_modified }))
    }

    /// The headers that make a request conditional, as the server wrote the values.
    pub fn headers(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let etag = self.etag.as_deref().map(|value| ("If-None-Match", value));
        let date = self.last_modified.as_deref().map(|value| ("If-Modified-Since", value));
        etag.into_iter().chain(date)
    }
}

/// An `ETag` header if it can be sent back. `*` cannot: sent back it would mean any version.
#[must_use]
pub fn kept_etag(value: Option<String>) -> Option<String> {
    value.filter(|value| can_be_sent(value, LONGEST_ETAG) && value.trim() != "*")
}

/// A Last-Modified header if it can be sent back.
#[must_use]
pub fn kept_date(value: Option<String>) -> Option<String> {
    value.filter(|value| can_be_sent(value, LONGEST_DATE))
}

fn can_be_sent(value: &str, longest: usize) -> bool {
    let visible = value.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    visible && value.len() <= longest && !value.trim().is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn etag(value: &str) -> Option<String> {
        kept_etag(Some(value.to_owned()))
    }

    #[test]
    fn a_validator_goes_back_as_it_came() {
        for value in ["\"a\"", "W/\"a, b\"", "unquoted", "\"\"", "a \"b\""] {
            let validators = Validators::stored(Some(value.to_owned()), None).expect("kept");
            let headers: Vec<_> = validators.headers().collect();
            assert_eq!(headers, [("If-None-Match", value)]);
        }
        let both = Validators::stored(Some("\"a\"".into()), Some("Tue, 12 Mar 2024".into()));
        assert_eq!(both.expect("kept").headers().count(), 2);
    }

    #[test]
    fn what_would_inject_match_anything_or_fill_memory_is_not_kept() {
        for value in ["", "  ", "*", " * ", "\"a\"\r\nX: y", "\"\0\"", "\"\u{fffd}\"", "\"ä\""] {
            assert_eq!(etag(value), None, "{value:?}");
        }
        assert_eq!(etag(&"x".repeat(LONGEST_ETAG + 1)), None);
        assert_eq!(kept_date(Some("x".repeat(LONGEST_DATE + 1))), None);
        assert_eq!(Validators::stored(None, Some(String::new())), None);
    }
}
