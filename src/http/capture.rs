//! What went over the wire in one exchange, kept as it was for an archive.
//!
//! Invariant: the body is without transfer coding and with its content coding, as the digest of an
//! archived payload wants it; it is whole only when `cut` is `None`.

use std::net::IpAddr;

use super::Head;
use crate::domain::outcome::Reason;

/// Why a body is not whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// It was longer than wanted.
    Length,
    /// Time ran out.
    Time,
    /// The connection broke.
    Disconnect,
    /// Something else.
    Unspecified,
}

/// One exchange as it was.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Capture {
    /// The request as sent.
    pub request: Vec<u8>,
    /// The response's head as received, up to its empty line; interim heads left out.
    pub head: Vec<u8>,
    /// The body as received, its transfer coding undone.
    pub body: Vec<u8>,
    /// Who answered.
    pub address: Option<IpAddr>,
    /// Why the body is not whole, if it is not.
    pub cut: Option<Cut>,
    pub(super) whole: bool,
}

impl Capture {
    /// A new request goes out: what was sent before it was in vain.
    pub(super) fn restart(&mut self) {
        self.request.clear();
    }

    /// The head as it lies in `bytes`, repaired where `lowered` says: then its version was 1.1.
    pub(super) fn take_head(&mut self, bytes: &[u8], lowered: bool, address: Option<IpAddr>) {
        self.head = bytes.to_vec();
        self.address = address;
        if lowered && let Some(minor) = self.head.get_mut(super::head_repair::MINOR) {
            *minor = b'1';
        }
    }

    /// The exchange is over.
    pub(super) fn finish(&mut self, head: Option<&Head>, failure: Option<Reason>) {
        if self.head.is_empty()
            && let Some(head) = head
        {
            self.head = spelled(head);
        }
        self.cut = match failure {
            None if self.whole => None,
            None | Some(Reason::TooLarge) => Some(Cut::Length),
            Some(Reason::TimeoutIdle | Reason::TimeoutTotal) => Some(Cut::Time),
            Some(Reason::Truncated | Reason::Reset | Reason::Closed) => Some(Cut::Disconnect),
            Some(_) => Some(Cut::Unspecified),
        };
    }
}

/// A head that could not be kept as it came, spelled anew.
fn spelled(head: &Head) -> Vec<u8> {
    let mut text = format!("HTTP/1.1 {} \r\n", head.status);
    for (name, value) in &head.headers {
        text.push_str(name);
        text.push_str(": ");
        text.push_str(value);
        text.push_str("\r\n");
    }
    text.push_str("\r\n");
    text.into_bytes()
}
