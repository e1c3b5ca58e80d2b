//! An exchange on its way to an archive.

use std::fmt;
use std::sync::Arc;

use super::Millis;

/// Where the exchanges of a job are recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Archive {
    /// The folder of its files.
    pub folder: String,
    /// Bytes at which a file is full.
    pub size: u64,
}

/// An exchange with an answer, ready to be recorded: all that does not depend on what else the
/// archive holds.
#[derive(Clone, PartialEq, Eq)]
pub struct Recording {
    /// Where to.
    pub archive: Arc<Archive>,
    /// What was asked.
    pub url: String,
    /// When.
    pub date: Millis,
    /// Who answered, if that is known.
    pub address: Option<String>,
    /// Identity of the record of the answer.
    pub id: String,
    /// The record of the request, compressed.
    pub request: Vec<u8>,
    /// The record of the whole answer, compressed.
    pub response: Vec<u8>,
    /// The answer's head: what is recorded of an answer whose body is in the archive already.
    pub head: Vec<u8>,
    /// SHA-256 of the body as received, its transfer coding undone; `None` when it is empty or not
    /// whole, so that no other can be the same.
    pub payload: Option<[u8; 32]>,
}

impl Recording {
    /// Bytes of memory that it holds, about.
    #[must_use]
    pub fn weight(&self) -> usize {
        256 + self.url.len() + self.request.len() + self.response.len() + self.head.len()
    }
}

impl fmt::Debug for Recording {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recording")
            .field("url", &self.url)
            .field("weight", &self.weight())
            .finish_non_exhaustive()
    }
}
