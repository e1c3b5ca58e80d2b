//! Content codings, decoded piece by piece into a bounded buffer.
//!
//! One kilobyte can stand for a gigabyte. So a coding never decodes more than [`PIECE`] bytes at
//! a time, and whoever receives them can stop it in between.

mod codec;
mod gzip;
mod spare;

use std::ops::ControlFlow;

use codec::{Codec, Corrupt};
use spare::Buffer;

use super::FetchError;
use crate::domain::outcome::Reason;

/// Bytes decoded at a time.
const PIECE: usize = 64 * 1024;
/// Codings on top of each other; nobody needs more than two.
const MOST_CODINGS: usize = 4;

/// Why decoding stopped before its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stop {
    /// The receiver has had enough.
    Enough,
    /// More came out than the limit allows.
    TooLarge,
}

/// Receives decoded bytes.
pub(crate) type Output<'a> = dyn FnMut(&[u8]) -> ControlFlow<Stop> + 'a;

/// The codings of one body, the outermost first; none for a body that is not encoded.
pub(crate) struct Decoder {
    stages: Vec<Stage>,
}

struct Stage {
    codec: Codec,
    buffer: Buffer,
    produced: u64,
    limit: u64,
    begun: bool,
}

impl Decoder {
    /// A decoder for these values of `Content-Encoding`. No coding may put out more than `limit`
    /// bytes and what one piece adds, so that inner layers are bounded too.
    ///
    /// # Errors
    /// `bad_encoding` when a coding is unknown or there are too many.
    pub(crate) fn new<'a>(
        values: impl Iterator<Item = &'a str>,
        limit: u64,
    ) -> Result<Self, FetchError> {
        let mut stages = Vec::new();
        for name in values.flat_map(|value| value.split(',')).map(str::trim) {
            if name.is_empty() || name.eq_ignore_ascii_case("identity") {
                continue;
            }
            let codec = Codec::by_name(name).ok_or_else(|| refused(&format!("coding '{name}'")))?;
            stages.push(Stage::new(codec, limit));
        }
        if stages.len() > MOST_CODINGS {
            return Err(refused(&format!("{} codings", stages.len())));
        }
        stages.reverse();
        Ok(Self { stages })
    }

    /// Is the body not encoded?
    pub(crate) fn is_identity(&self) -> bool {
        self.stages.is_empty()
    }

    /// Bytes of memory that the codings use, about: what goes through a window stays there.
    pub(super) fn held(&self) -> usize {
        let of = |stage: &Stage| {
            let produced = usize::try_from(stage.produced).unwrap_or(usize::MAX);
            PIECE + produced.min(stage.codec.window())
        };
        self.stages.iter().map(of).sum()
    }

    /// Decodes the next bytes from the wire.
    ///
    /// # Errors
    /// `bad_encoding` when they are corrupt.
    pub(crate) fn push(
        &mut self,
        input: &[u8],
        out: &mut Output<'_>,
    ) -> Result<ControlFlow<Stop>, FetchError> {
        push(&mut self.stages, input, out).map_err(|Corrupt(why)| refused(&why))
    }

    /// The wire has given its last byte.
    ///
    /// # Errors
    /// `truncated` when a coding is not at its end. No body at all is no error.
    pub(crate) fn finish(&self) -> Result<(), FetchError> {
        match self.stages.iter().find(|stage| stage.begun && !stage.codec.is_finished()) {
            Some(stage) => Err(FetchError::new(
                Reason::Truncated,
                format!("the {} stream ends early", stage.codec.name()),
            )),
            None => Ok(()),
        }
    }
}

impl Stage {
    fn new(codec: Codec, limit: u64) -> Self {
        Self { codec, buffer: Buffer::take(), produced: 0, limit, begun: false }
    }
}

fn refused(what: &str) -> FetchError {
    FetchError::new(Reason::BadEncoding, what)
}

fn push(
    stages: &mut [Stage],
    mut input: &[u8],
    out: &mut Output<'_>,
) -> Result<ControlFlow<Stop>, Corrupt> {
    let Some((stage, inner)) = stages.split_first_mut() else { return Ok(out(input)) };
    stage.begun |= !input.is_empty();
    loop {
        let step = stage.codec.step(input, &mut stage.buffer)?;
        input = input.get(step.read..).unwrap_or_default();
        if step.written > 0 {
            stage.produced = stage.produced.saturating_add(step.written as u64);
            let decoded = stage.buffer.get(..step.written).unwrap_or_default();
            if let ControlFlow::Break(stop) = push(inner, decoded, out)? {
                return Ok(ControlFlow::Break(stop));
            }
            if stage.produced > stage.limit.saturating_add(PIECE as u64) {
                return Ok(ControlFlow::Break(Stop::TooLarge));
            }
        }
        let stalled = step.read == 0 && step.written == 0;
        if stalled || (input.is_empty() && step.written < PIECE) {
            return Ok(ControlFlow::Continue(()));
        }
    }
}

#[cfg(test)]
mod tests;
