//! Input: a byte that chooses the codings, one that chooses the cut, then an encoded body. However
//! it is cut, the same comes out and it ends in the same way (but where a corrupt body is also too
//! large, it depends on the cut what is seen first); no piece is large, and nothing much over the
//! limit comes out.

use std::ops::ControlFlow;

use crate::domain::outcome::Reason;
use crate::http::decode::{Decoder, Stop};
use crate::pieces::{pieces, seed};

const CODINGS: [&str; 9] = [
    "gzip",
    "deflate",
    "br",
    "zstd",
    "gzip, gzip",
    "deflate, gzip",
    "br, gzip",
    "zstd, br, deflate",
    "gzip, gzip, gzip, gzip",
];
const LIMIT: u64 = 300_000;
/// The most that is decoded at a time.
const PIECE: usize = 64 * 1024;

/// What came out, and how it ended.
#[derive(Debug, PartialEq, Eq)]
enum End {
    Whole,
    Failed(Reason),
    TooLarge,
}

impl End {
    fn is_like(&self, other: &Self) -> bool {
        let over = |end: &Self| matches!(end, Self::TooLarge | Self::Failed(Reason::BadEncoding));
        self == other || (over(self) && over(other))
    }
}

pub(crate) fn run(data: &[u8]) {
    let (coding, rest) = seed(data);
    let (cut, body) = seed(rest);
    let coding = CODINGS.get(usize::from(coding) % CODINGS.len()).copied().unwrap_or_default();
    let whole = decode(coding, std::iter::once(body));
    for most in [1, 100] {
        let cut = decode(coding, pieces(body, cut, most));
        assert!(cut.1.is_like(&whole.1), "{:?} but {:?} in pieces of {most}", whole.1, cut.1);
        // What a corrupt stream gives before it is found out depends on the cut.
        if whole.1 == End::Whole {
            assert!(cut.0 == whole.0, "pieces of up to {most}");
        }
    }
}

fn decode<'a>(coding: &str, pieces: impl Iterator<Item = &'a [u8]>) -> (Vec<u8>, End) {
    let mut decoder = Decoder::new(std::iter::once(coding), LIMIT).unwrap();
    let mut decoded = Vec::new();
    let mut out = |bytes: &[u8]| {
        assert!(bytes.len() <= PIECE);
        decoded.extend_from_slice(bytes);
        let full = decoded.len() as u64 > LIMIT;
        if full { ControlFlow::Break(Stop::TooLarge) } else { ControlFlow::Continue(()) }
    };
    let mut end = End::Whole;
    for piece in pieces {
        match decoder.push(piece, &mut out) {
            Ok(ControlFlow::Continue(())) => continue,
            Ok(ControlFlow::Break(_)) => end = End::TooLarge,
            Err(error) => end = End::Failed(error.reason),
        }
        break;
    }
    if end == End::Whole
        && let Err(error) = decoder.finish()
    {
        end = End::Failed(error.reason);
    }
    assert!(decoded.len() as u64 <= LIMIT + PIECE as u64);
    (decoded, end)
}
