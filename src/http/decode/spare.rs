//! Buffers and engines used again: to make and clear them costs more than a small page's decoding.

use std::cell::RefCell;
use std::ops::{Deref, DerefMut};

use flate2::{Decompress, FlushDecompress, Status};

use super::PIECE;
use super::codec::{Corrupt, Step};

/// Kept of each kind, per thread: as many as decode at the same moment, not as are in flight.
const MOST: usize = 8;

thread_local! {
    static BUFFERS: RefCell<Vec<Box<[u8]>>> = const { RefCell::new(Vec::new()) };
    static ENGINES: RefCell<Vec<Decompress>> = const { RefCell::new(Vec::new()) };
}

fn keep<T>(spare: &mut Vec<T>, thing: T) {
    if spare.len() < MOST {
        spare.push(thing);
    }
}

/// An output buffer of [`PIECE`] bytes with anything in it.
pub(super) struct Buffer(Box<[u8]>);

impl Buffer {
    /// A buffer, new or used.
    pub(super) fn take() -> Self {
        let spare = BUFFERS.with_borrow_mut(Vec::pop);
        Self(spare.unwrap_or_else(|| vec![0; PIECE].into_boxed_slice()))
    }
}

impl Deref for Buffer {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl DerefMut for Buffer {
    fn deref_mut(&mut self) -> &mut [u8] {
        &mut self.0
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        let buffer = std::mem::take(&mut self.0);
        BUFFERS.with_borrow_mut(|spare| keep(spare, buffer));
    }
}

/// Inflates a deflate stream, in the zlib format or bare.
pub(super) struct Inflate {
    engine: Option<Decompress>,
}

impl Inflate {
    /// An engine at the beginning of a stream.
    pub(super) fn take(zlib: bool) -> Self {
        let engine = match ENGINES.with_borrow_mut(Vec::pop) {
            Some(mut used) => {
                used.reset(zlib);
                used
            }
            None => Decompress::new(zlib),
        };
        Self { engine: Some(engine) }
    }

    /// Begins a bare stream anew.
    pub(super) fn restart(&mut self) {
        if let Some(engine) = &mut self.engine {
            engine.reset(false);
        }
    }

    /// Inflates some input; true: the stream is over.
    pub(super) fn step(
        &mut self,
        input: &[u8],
        output: &mut [u8],
    ) -> Result<(Step, bool), Corrupt> {
        let Some(engine) = &mut self.engine else { return Ok((Step::default(), true)) };
        let (read, written) = (engine.total_in(), engine.total_out());
        let status = engine
            .decompress(input, output, FlushDecompress::None)
            .map_err(|error| Corrupt(error.to_string()))?;
        let step = Step {
            read: usize::try_from(engine.total_in() - read).unwrap_or_default(),
            written: usize::try_from(engine.total_out() - written).unwrap_or_default(),
        };
        Ok((step, status == Status::StreamEnd))
    }
}

impl Drop for Inflate {
    fn drop(&mut self) {
        if let Some(engine) = self.engine.take() {
            ENGINES.with_borrow_mut(|spare| keep(spare, engine));
        }
    }
}
