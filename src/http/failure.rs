//! Why an exchange failed.

use std::fmt;

use crate::domain::outcome::Reason;

/// Why an exchange failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FetchError {
    /// Its class.
    pub reason: Reason,
    /// The particulars, for people.
    pub detail: String,
}

impl FetchError {
    /// A failure of this class.
    pub fn new(reason: Reason, detail: impl Into<String>) -> Self {
        Self { reason, detail: detail.into() }
    }
}

impl fmt::Display for FetchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.reason, self.detail)
    }
}

impl std::error::Error for FetchError {}
