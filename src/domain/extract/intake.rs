//! From bytes as they come to UTF-8, holding back only what it takes to know the charset.

use encoding_rs::{CoderResult, Decoder, Encoding, UTF_8};

use super::charset::{Choice, choose};

/// Size of the pieces in which other charsets are turned into UTF-8.
const PIECE: usize = 4096;

/// The decoder of one document.
pub(super) struct Intake {
    declared: Option<&'static Encoding>,
    tld: Option<String>,
    state: State,
}

enum State {
    /// The charset is not known yet.
    Waiting { held: Vec<u8>, needs: usize },
    /// UTF-8 goes straight through.
    Straight,
    /// Another charset.
    Decoding(Box<Decoder>),
}

impl Intake {
    /// `declared`: the charset of the `Content-Type` header. `tld`: a hint for detection.
    pub(super) fn new(declared: Option<&'static Encoding>, tld: Option<String>) -> Self {
        Self { declared, tld, state: State::Waiting { held: Vec::new(), needs: 0 } }
    }

    /// Takes the next bytes; `out` gets UTF-8 and the charset.
    pub(super) fn feed(&mut self, chunk: &[u8], out: &mut impl FnMut(&[u8], &'static Encoding)) {
        match &mut self.state {
            State::Straight => out(chunk, UTF_8),
            State::Decoding(decoder) => transcode(decoder, chunk, false, out),
            State::Waiting { held, needs } => {
                if held.is_empty() && chunk.len() >= *needs {
                    self.decide(chunk, false, out);
                    return;
                }
                held.extend_from_slice(chunk);
                if held.len() >= *needs {
                    let held = std::mem::take(held);
                    self.decide(&held, false, out);
                }
            }
        }
    }

    /// Ends the document.
    pub(super) fn finish(&mut self, out: &mut impl FnMut(&[u8], &'static Encoding)) {
        if let State::Waiting { held, .. } = &mut self.state {
            let held = std::mem::take(held);
            self.decide(&held, true, out);
        }
        if let State::Decoding(decoder) = &mut self.state {
            transcode(decoder, &[], true, out);
        }
    }

    /// Chooses the charset by `head`, or keeps it for later.
    fn decide(&mut self, head: &[u8], last: bool, out: &mut impl FnMut(&[u8], &'static Encoding)) {
        let mut choice = choose(head, last, self.declared, self.tld.as_deref());
        if let Choice::Needs(needs) = choice {
            if !last {
                self.state = State::Waiting { held: head.to_vec(), needs };
                return;
            }
            choice = Choice::Is(UTF_8, 0);
        }
        if let Choice::Is(encoding, mark) = choice {
            self.state = if encoding == UTF_8 {
                State::Straight
            } else {
                State::Decoding(Box::new(encoding.new_decoder_without_bom_handling()))
            };
            self.feed(head.get(mark..).unwrap_or_default(), out);
        }
    }
}

fn transcode(
    decoder: &mut Decoder,
    mut bytes: &[u8],
    last: bool,
    out: &mut impl FnMut(&[u8], &'static Encoding),
) {
    let mut piece = [0; PIECE];
    loop {
        let (result, read, written, _) = decoder.decode_to_utf8(bytes, &mut piece, last);
        out(piece.get(..written).unwrap_or_default(), decoder.encoding());
        bytes = bytes.get(read..).unwrap_or_default();
        if result == CoderResult::InputEmpty {
            return;
        }
    }
}
