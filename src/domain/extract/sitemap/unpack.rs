//! A body that is gzip whatever its headers say, unpacked piece by piece.

use std::fmt;
use std::io::Write;

use flate2::write::MultiGzDecoder;

/// How gzip begins (RFC 1952, 2.3.1).
const MAGIC: [u8; 2] = [0x1f, 0x8b];
/// Bytes unpacked at a time: they come to a MiB at most.
const PIECE: usize = 1024;

/// Unpacks what is packed, and passes on what is not.
pub(super) enum Unpack {
    /// Less has come than it takes to tell.
    Undecided(Vec<u8>),
    /// It is not packed.
    Plain,
    /// It is.
    Gzip(Box<MultiGzDecoder<Vec<u8>>>),
    /// It was, up to here.
    Broken,
}

impl fmt::Debug for Unpack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Undecided(_) => "Undecided",
            Self::Plain => "Plain",
            Self::Gzip(_) => "Gzip",
            Self::Broken => "Broken",
        })
    }
}

impl Unpack {
    /// At the start of a body.
    pub(super) fn new() -> Self {
        Self::Undecided(Vec::new())
    }

    /// Takes the next bytes; `out` gets them unpacked and says whether it wants more.
    pub(super) fn feed(&mut self, chunk: &[u8], out: &mut impl FnMut(&[u8]) -> bool) {
        match self {
            Self::Plain => {
                out(chunk);
            }
            Self::Broken => {}
            Self::Gzip(decoder) => {
                if !unpack(decoder, chunk, out) {
                    *self = Self::Broken;
                }
            }
            Self::Undecided(held) => {
                held.extend_from_slice(chunk);
                if held.len() >= MAGIC.len() {
                    let held = std::mem::take(held);
                    *self = if held.starts_with(&MAGIC) {
                        Self::Gzip(Box::new(MultiGzDecoder::new(Vec::new())))
                    } else {
                        Self::Plain
                    };
                    self.feed(&held, out);
                }
            }
        }
    }

    /// Ends the body; says whether it was whole.
    pub(super) fn finish(self, out: &mut impl FnMut(&[u8]) -> bool) -> bool {
        match self {
            Self::Plain => true,
            Self::Broken => false,
            Self::Undecided(held) => {
                out(&held);
                true
            }
            Self::Gzip(mut decoder) => {
                let whole = decoder.try_finish().is_ok();
                out(decoder.get_ref());
                whole
            }
        }
    }
}

/// Unpacks the next bytes; `false` when they are no gzip.
fn unpack(
    decoder: &mut MultiGzDecoder<Vec<u8>>,
    chunk: &[u8],
    out: &mut impl FnMut(&[u8]) -> bool,
) -> bool {
    for piece in chunk.chunks(PIECE) {
        let sound = decoder.write_all(piece).is_ok();
        let wants_more = out(decoder.get_ref());
        decoder.get_mut().clear();
        if !sound {
            return false;
        }
        if !wants_more {
            break;
        }
    }
    true
}
