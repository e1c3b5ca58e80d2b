//! The shape of a JSON text, seen before it is parsed: a few bytes of text can become a hundred
//! times as many of memory, or a stack that ends the process.

use std::fmt;

/// Deepest nesting of arrays and objects.
pub const DEEPEST: usize = 64;
/// Most values, keys of objects included.
pub const MOST_VALUES: usize = 200_000;

/// Why a text is not parsed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShapeError {
    /// Nested deeper than [`DEEPEST`].
    Deep,
    /// More than [`MOST_VALUES`].
    Large,
}

impl fmt::Display for ShapeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Deep => write!(f, "JSON nested deeper than {DEEPEST}"),
            Self::Large => write!(f, "JSON of more than {MOST_VALUES} values"),
        }
    }
}

/// May this text be parsed? Whether it is JSON at all is the parser's business.
pub(in crate::domain) fn check(text: &str) -> Result<(), ShapeError> {
    let (mut depth, mut values, mut quoted, mut escaped) = (0_usize, 1_usize, false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            _ if quoted => {}
            b'[' | b'{' => {
                depth += 1;
                values += 1;
            }
            b']' | b'}' => depth = depth.saturating_sub(1),
            b',' | b':' => values += 1,
            _ => {}
        }
        if depth > DEEPEST {
            return Err(ShapeError::Deep);
        }
        if values > MOST_VALUES {
            return Err(ShapeError::Large);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nesting_is_counted_outside_strings_only() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert_eq!(check(&nested(DEEPEST)), Ok(()));
        assert_eq!(check(&nested(DEEPEST + 1)), Err(ShapeError::Deep));
        assert_eq!(check(&"[".repeat(1 << 20)), Err(ShapeError::Deep));
        assert_eq!(check(&r#"{"a":"#.repeat(65)), Err(ShapeError::Deep));
        let quoted = format!(r#"["\"{}", "\\"]"#, "[".repeat(1000));
        assert_eq!(check(&quoted), Ok(()));
        assert_eq!(check(&format!(r#"["\\"{}"#, "[".repeat(64))), Err(ShapeError::Deep));
        assert_eq!(check(&"[],".repeat(1000)), Ok(()), "side by side is not deep");
    }

    #[test]
    fn values_are_counted_before_they_take_memory() {
        let wide = |values: usize| format!("[{}0]", "0,".repeat(values));
        assert_eq!(check(&wide(MOST_VALUES - 2)), Ok(()));
        assert_eq!(check(&wide(MOST_VALUES)), Err(ShapeError::Large));
        assert_eq!(check(&format!("\"{}\"", ",".repeat(1 << 20))), Ok(()));
    }
}
