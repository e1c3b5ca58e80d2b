//! Input: a byte that chooses the cut, then what a server sends. However it is cut, it is repaired
//! in the same way; nothing is added or lost; what follows the head stays as it is; and a head that
//! is called complete is one for the parser too.

use crate::http::head_repair::{HeadScan, Verdict};
use crate::pieces::{pieces, seed};

/// Header fields that the parser accepts.
const FIELDS: usize = 1000;

pub(crate) fn run(data: &[u8]) {
    let (seed, sent) = seed(data);
    let mut whole = sent.to_vec();
    let verdict = HeadScan::default().feed(&mut whole);
    assert_eq!(whole.len(), sent.len());
    for most in [1, 40] {
        let (bytes, last) = feed(sent, seed, most);
        assert_eq!(last, verdict, "pieces of up to {most}");
        assert_eq!(Some(bytes.as_slice()), whole.get(..bytes.len()));
        assert_eq!(sent.get(bytes.len()..), whole.get(bytes.len()..), "beyond the head");
    }
    if let Verdict::Complete { skip } = verdict {
        let head = whole.get(skip..).unwrap();
        let mut fields = [httparse::EMPTY_HEADER; FIELDS];
        let parsed = httparse::Response::new(&mut fields).parse(head);
        assert!(parsed.is_err() || parsed.is_ok_and(|status| status.is_complete()));
    }
}

/// The bytes that were repaired, and what came of them.
fn feed(sent: &[u8], seed: u8, most: usize) -> (Vec<u8>, Verdict) {
    let (mut scan, mut bytes) = (HeadScan::default(), Vec::new());
    for piece in pieces(sent, seed, most) {
        bytes.extend_from_slice(piece);
        let verdict = scan.feed(&mut bytes);
        if verdict != Verdict::Incomplete {
            return (bytes, verdict);
        }
    }
    (bytes, Verdict::Incomplete)
}
