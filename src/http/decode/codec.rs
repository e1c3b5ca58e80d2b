//! The content codings, all with the same step: some input, one bounded piece of output.

use brotli::enc::StandardAlloc;
use brotli::{BrotliDecompressStream, BrotliResult, BrotliState};
use zstd::stream::raw::{DParameter, Decoder as ZstdDecoder, Operation as _};

use super::gzip::Gzip;
use super::spare::Inflate;

/// The largest window a zstd stream may ask for: 8 MiB, as RFC 9659 says for HTTP.
const ZSTD_WINDOW_LOG: u32 = 23;

/// The input is not what its coding says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Corrupt(pub(super) String);

/// What a step used and gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Step {
    /// Bytes of input used.
    pub(super) read: usize,
    /// Bytes of output given.
    pub(super) written: usize,
}

/// A content coding: those of RFC 9110, 8.4.1, and br (RFC 7932) and zstd (RFC 8878).
pub(super) enum Codec {
    Gzip(Box<Gzip>),
    Deflate(Deflate),
    Brotli(Box<Brotli>),
    Zstd(Zstd),
}

impl Codec {
    /// The coding of this name; `None` when it is unknown.
    pub(super) fn by_name(name: &str) -> Option<Self> {
        match name.to_ascii_lowercase().as_str() {
            "gzip" | "x-gzip" => Some(Self::Gzip(Box::default())),
            "deflate" => Some(Self::Deflate(Deflate::Unknown(None))),
            "br" => Some(Self::Brotli(Box::default())),
            "zstd" => Zstd::new().map(Self::Zstd),
            _ => None,
        }
    }

    /// The name of the coding.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Gzip(_) => "gzip",
            Self::Deflate(_) => "deflate",
            Self::Brotli(_) => "br",
            Self::Zstd(_) => "zstd",
        }
    }

    /// The largest window, in bytes.
    pub(super) fn window(&self) -> usize {
        match self {
            Self::Gzip(_) | Self::Deflate(_) => 32 << 10,
            Self::Brotli(_) => 16 << 20,
            Self::Zstd(_) => 1 << ZSTD_WINDOW_LOG,
        }
    }

    /// Decodes into `output`. To be called until it neither reads nor fills the output.
    pub(super) fn step(&mut self, input: &[u8], output: &mut [u8]) -> Result<Step, Corrupt> {
        match self {
            Self::Gzip(gzip) => gzip.step(input, output),
            Self::Deflate(deflate) => deflate.step(input, output),
            Self::Brotli(brotli) => brotli.step(input, output),
            Self::Zstd(zstd) => zstd.step(input, output),
        }
    }

    /// Could the input end here?
    pub(super) fn is_finished(&self) -> bool {
        match self {
            Self::Gzip(gzip) => gzip.is_finished(),
            Self::Deflate(deflate) => matches!(deflate, Deflate::Over),
            Self::Brotli(brotli) => brotli.over,
            Self::Zstd(zstd) => zstd.at_frame_end,
        }
    }
}

/// `deflate`, which by RFC 9110 is the zlib format and by many servers the bare stream in it.
pub(super) enum Deflate {
    /// Two bytes tell; one may have come.
    Unknown(Option<u8>),
    Known(Inflate),
    Over,
}

impl Deflate {
    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Result<Step, Corrupt> {
        match (&mut *self, input.first()) {
            (Self::Unknown(_), None) => Ok(Step::default()),
            (Self::Unknown(first @ None), Some(&byte)) => {
                *first = Some(byte);
                Ok(Step { read: 1, written: 0 })
            }
            (&mut Self::Unknown(Some(first)), Some(&second)) => {
                let zlib = first & 0x0f == 8 && u16::from_be_bytes([first, second]) % 31 == 0;
                let mut engine = Inflate::take(zlib);
                engine.step(&[first], output)?;
                *self = Self::Known(engine);
                self.step(input, output)
            }
            (Self::Known(engine), _) => {
                let (step, over) = engine.step(input, output)?;
                if over {
                    *self = Self::Over;
                }
                Ok(step)
            }
            // What follows the end is of no interest.
            (Self::Over, _) => Ok(Step { read: input.len(), written: 0 }),
        }
    }
}

/// `br`, without the large windows that only non-HTTP uses have.
pub(super) struct Brotli {
    state: BrotliState<StandardAlloc, StandardAlloc, StandardAlloc>,
    over: bool,
}

impl Default for Brotli {
    fn default() -> Self {
        let alloc = StandardAlloc::default;
        Self { state: BrotliState::new_strict(alloc(), alloc(), alloc()), over: false }
    }
}

impl Brotli {
    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Result<Step, Corrupt> {
        if self.over {
            return Ok(Step { read: input.len(), written: 0 });
        }
        let (mut input_left, mut output_left) = (input.len(), output.len());
        let (mut read, mut written, mut total) = (0, 0, 0);
        let result = BrotliDecompressStream(
            &mut input_left,
            &mut read,
            input,
            &mut output_left,
            &mut written,
            output,
            &mut total,
            &mut self.state,
        );
        match result {
            BrotliResult::ResultFailure => return Err(Corrupt("corrupt br stream".into())),
            BrotliResult::ResultSuccess => self.over = true,
            BrotliResult::NeedsMoreInput | BrotliResult::NeedsMoreOutput => {}
        }
        Ok(Step { read, written })
    }
}

/// `zstd`, of one or more frames.
pub(super) struct Zstd {
    engine: ZstdDecoder<'static>,
    at_frame_end: bool,
}

impl Zstd {
    fn new() -> Option<Self> {
        let mut engine = ZstdDecoder::new().ok()?;
        engine.set_parameter(DParameter::WindowLogMax(ZSTD_WINDOW_LOG)).ok()?;
        Some(Self { engine, at_frame_end: false })
    }

    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Result<Step, Corrupt> {
        if self.at_frame_end && input.is_empty() {
            return Ok(Step::default());
        }
        let status = self
            .engine
            .run_on_buffers(input, output)
            .map_err(|error| Corrupt(format!("zstd: {error}")))?;
        self.at_frame_end = status.remaining == 0;
        Ok(Step { read: status.bytes_read, written: status.bytes_written })
    }
}
