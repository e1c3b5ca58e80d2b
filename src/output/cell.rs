//! One value of a row.

use std::borrow::Cow;
use std::time::{Duration, UNIX_EPOCH};

use crate::domain::Millis;

/// The last moment that four digits of a year can tell.
const LAST: Millis = 253_402_300_799_999;

/// A value of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell<'a> {
    /// Unknown: empty in CSV, null in JSON lines, left out in graphs.
    Null,
    /// A number.
    Int(i64),
    /// A text.
    Text(Cow<'a, str>),
    /// `true` or `false`.
    Bool(bool),
    /// A value written in JSON (a fraction, a list, an object): as it is in JSON lines, its text
    /// elsewhere.
    Json(Cow<'a, str>),
}

impl<'a> Cell<'a> {
    /// A text.
    #[must_use]
    pub fn text(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }

    /// A text that may be unknown.
    #[must_use]
    pub fn maybe(text: Option<&'a str>) -> Self {
        text.map_or(Self::Null, Self::text)
    }

    /// A number that may be unknown.
    #[must_use]
    pub fn number<N: Into<i64>>(number: Option<N>) -> Self {
        number.map_or(Self::Null, |number| Self::Int(number.into()))
    }

    /// A moment in UTC with milliseconds, such as `2026-11-21T08:00:00.123Z`; what lies outside
    /// the years 1970 to 9999 is cut to them.
    #[must_use]
    pub fn time(at: Option<Millis>) -> Self {
        at.map_or(Self::Null, |at| Self::Text(moment_text(at).into()))
    }

    /// `sha256:` and the digest in hexadecimal.
    #[must_use]
    pub fn digest(digest: Option<&[u8]>) -> Self {
        digest.map_or(Self::Null, |digest| Self::Text(digest_text(digest).into()))
    }

    /// The value as plain text; `None` when unknown.
    pub(super) fn plain(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Null => None,
            Self::Int(number) => Some(number.to_string().into()),
            Self::Text(text) | Self::Json(text) => Some(Cow::Borrowed(text)),
            Self::Bool(value) => Some(Cow::Borrowed(if *value { "true" } else { "false" })),
        }
    }
}

/// A moment in UTC with milliseconds, cut to the years 1970 to 9999.
pub(super) fn moment_text(at: Millis) -> String {
    let since = Duration::from_millis(at.clamp(0, LAST).unsigned_abs());
    humantime::format_rfc3339_millis(UNIX_EPOCH + since).to_string()
}

/// `sha256:` and the digest in hexadecimal.
pub(super) fn digest_text(digest: &[u8]) -> String {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let nibbles = digest.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    let hex = nibbles.filter_map(|n| HEX.get(usize::from(n)).map(|c| char::from(*c)));
    "sha256:".chars().chain(hex).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_has_milliseconds_and_a_z() {
        let at = 1_795_248_000_123;
        assert_eq!(Cell::time(Some(at)), Cell::text("2026-11-21T08:00:00.123Z"));
        assert_eq!(Cell::time(Some(0)), Cell::text("1970-01-01T00:00:00.000Z"));
        assert_eq!(Cell::time(None), Cell::Null);
    }

    #[test]
    fn an_impossible_moment_is_cut_and_does_not_panic() {
        assert_eq!(Cell::time(Some(i64::MAX)), Cell::text("9999-12-31T23:59:59.999Z"));
        assert_eq!(Cell::time(Some(i64::MIN)), Cell::text("1970-01-01T00:00:00.000Z"));
    }

    #[test]
    fn a_digest_is_told_in_hexadecimal() {
        assert_eq!(Cell::digest(Some(&[0, 15, 0xa7, 255])), Cell::text("sha256:000fa7ff"));
    }
}
