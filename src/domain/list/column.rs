//! Which column of a table holds the URLs.

use std::fmt;
use std::str::FromStr;

/// By its name in the first row, or by its number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Column {
    /// The first row holds the names. Case and white space around them do not count.
    Name(String),
    /// From 1. Every row is read; a first cell that is no URL is taken for a heading.
    Number(usize),
}

impl fmt::Display for Column {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => write!(f, "'{name}'"),
            Self::Number(number) => write!(f, "{number}"),
        }
    }
}

/// A text that names no column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoColumn;

impl fmt::Display for NoColumn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("give the name of a column, or its number from 1")
    }
}

impl std::error::Error for NoColumn {}

impl FromStr for Column {
    type Err = NoColumn;

    fn from_str(text: &str) -> Result<Self, NoColumn> {
        let text = text.trim();
        if text.is_empty() {
            return Err(NoColumn);
        }
        if !text.bytes().all(|b| b.is_ascii_digit()) {
            return Ok(Self::Name(text.to_owned()));
        }
        let number = text.parse().ok().filter(|number| *number > 0);
        number.map(Self::Number).ok_or(NoColumn)
    }
}
