//! Kinds of result as they are configured and stored.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One kind of result as it is configured.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ResultSpec {
    /// Its name: `query`, `products`.
    pub name: String,
    /// JSON path of the tips within the answer.
    pub path: String,
    /// In place of a path: CSS selector of the tips, where the answer is HTML.
    pub css: Option<String>,
    /// JSON path of a piece of HTML that holds the tips of `css`; without it the answer is HTML.
    pub html: Option<String>,
    /// Path of the tip's text within the tip. Without it a string, number or boolean is its own
    /// text, and an object's is its field called `name`, or else what it has under this key.
    pub text: Option<FieldSpec>,
    /// Further values, each by a path within the tip.
    pub fields: Vec<FieldSpec>,
    /// Does this kind not decide what is asked next?
    pub aside: bool,
    /// How the text is cleaned when no path for it is given.
    pub cleaning: CleaningSpec,
}

impl ResultSpec {
    /// Is a tip with another value of this field another tip, whatever its text? So it is where
    /// the field is called `id` or `url`; a price that changes makes no new tip.
    #[must_use]
    pub fn tells_apart(&self, field: &str) -> bool {
        ["id", "url"].iter().any(|name| field.eq_ignore_ascii_case(name))
    }
}

/// A value within a tip as it is configured.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct FieldSpec {
    /// Its name.
    pub name: String,
    /// JSON path within the tip, which is `$`.
    pub path: String,
    /// In place of a path, for tips by `css`: CSS selector within the tip, which may end in
    /// `@attribute`.
    pub css: Option<String>,
    /// How it is cleaned.
    pub cleaning: CleaningSpec,
}

/// [`Cleaning`](super::Cleaning) as it is configured.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CleaningSpec {
    /// Are tags stripped and entities decoded?
    pub strip_tags: bool,
    /// A regex whose first group, or whole match, is kept.
    pub pattern: Option<String>,
    /// Is white space at the ends cut?
    pub trim: bool,
}

/// Why tips cannot be read as configured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleError {
    /// `results.NAME.path`, `results.NAME.fields.FIELD`.
    pub key: String,
    /// What is wrong, in one line.
    pub problem: String,
}

impl fmt::Display for RuleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.key, self.problem)
    }
}

impl std::error::Error for RuleError {}

/// All that is wrong with them, each told on a line of its own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RuleErrors(pub Vec<RuleError>);

impl RuleErrors {
    /// What is right; what is wrong is kept here.
    pub(in crate::domain) fn take<T>(&mut self, made: Result<T, impl Into<Self>>) -> Option<T> {
        made.map_err(|error| self.0.extend(error.into().0)).ok()
    }

    /// What was made, if nothing was wrong.
    ///
    /// # Errors
    /// With all that was.
    pub(in crate::domain) fn or<T>(self, made: Option<T>) -> Result<T, Self> {
        match made {
            Some(made) if self.0.is_empty() => Ok(made),
            _ => Err(self),
        }
    }
}

impl From<RuleError> for RuleErrors {
    fn from(error: RuleError) -> Self {
        Self(vec![error])
    }
}

impl fmt::Display for RuleErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<String> = self.0.iter().map(ToString::to_string).collect();
        f.write_str(&lines.join("\n"))
    }
}

impl std::error::Error for RuleErrors {}
