//! `gzip` (RFC 1952): members one after the other, each checked by its CRC and length.

use flate2::Crc;

use super::codec::{Corrupt, Step};
use super::spare::Inflate;

const MAGIC: [u8; 2] = [0x1f, 0x8b];
const DEFLATE: u8 = 8;
const HEADER_CRC: u8 = 2;
const EXTRA: u8 = 4;
const NAME: u8 = 8;
const COMMENT: u8 = 16;

/// A gzip stream being read.
pub(super) struct Gzip {
    part: Part,
    engine: Inflate,
    crc: Crc,
    members: u64,
}

/// Where in a member the next byte lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// Of the ten fixed bytes, this many have come; the flags among them.
    Fixed(u8, u8),
    /// Extra field, its length being read: bytes so far, value so far.
    ExtraLength(u8, u8, u16),
    /// Extra field: bytes left.
    Extra(u8, u16),
    /// Name, up to a zero byte.
    Name(u8),
    /// Comment, up to a zero byte.
    Comment(u8),
    /// CRC of the header: bytes left. Not checked, like everywhere.
    HeaderCrc(u8),
    /// The deflate stream.
    Body,
    /// CRC and length: bytes so far, value so far, the first byte lowest.
    Trailer(u8, u64),
    /// Something else follows the last member, and is of no interest.
    Over,
}

impl Default for Gzip {
    fn default() -> Self {
        Self { part: Part::Fixed(0, 0), engine: Inflate::take(false), crc: Crc::new(), members: 0 }
    }
}

impl Gzip {
    /// Could the input end here: between two members, with at least one before?
    pub(super) fn is_finished(&self) -> bool {
        self.members > 0 && matches!(self.part, Part::Fixed(0, _) | Part::Over)
    }

    /// Decodes some input into `output`.
    pub(super) fn step(&mut self, input: &[u8], output: &mut [u8]) -> Result<Step, Corrupt> {
        match self.part {
            Part::Body => self.body(input, output),
            Part::Over => Ok(Step { read: input.len(), written: 0 }),
            _ => self.around_body(input),
        }
    }

    fn body(&mut self, input: &[u8], output: &mut [u8]) -> Result<Step, Corrupt> {
        let (mut step, over) = self.engine.step(input, output)?;
        self.crc.update(output.get(..step.written).unwrap_or_default());
        if over {
            // At once, for the end itself may use and give nothing, which would look like a halt.
            self.part = Part::Trailer(0, 0);
            step.read += self.around_body(input.get(step.read..).unwrap_or_default())?.read;
        }
        Ok(step)
    }

    fn around_body(&mut self, input: &[u8]) -> Result<Step, Corrupt> {
        let mut read = 0;
        for &byte in input {
            if matches!(self.part, Part::Body | Part::Over) {
                break;
            }
            self.part = self.advance(byte)?;
            read += 1;
        }
        Ok(Step { read, written: 0 })
    }

    fn advance(&mut self, byte: u8) -> Result<Part, Corrupt> {
        Ok(match self.part {
            Part::Fixed(at, flags) => self.fixed(at, flags, byte)?,
            Part::ExtraLength(flags, 0, _) => Part::ExtraLength(flags, 1, u16::from(byte)),
            Part::ExtraLength(flags, _, low) => match low | u16::from(byte) << 8 {
                0 => after_extra(flags),
                length => Part::Extra(flags, length),
            },
            Part::Extra(flags, 1) => after_extra(flags),
            Part::Extra(flags, left) => Part::Extra(flags, left - 1),
            Part::Name(flags) if byte == 0 => after_name(flags),
            Part::Comment(flags) if byte == 0 => after_comment(flags),
            Part::HeaderCrc(1) => Part::Body,
            Part::HeaderCrc(left) => Part::HeaderCrc(left - 1),
            Part::Trailer(7, value) => self.end_of_member(value | u64::from(byte) << 56)?,
            Part::Trailer(at, value) => Part::Trailer(at + 1, value | u64::from(byte) << (8 * at)),
            same @ (Part::Name(_) | Part::Comment(_) | Part::Body | Part::Over) => same,
        })
    }

    fn fixed(&self, at: u8, flags: u8, byte: u8) -> Result<Part, Corrupt> {
        let [first, second] = MAGIC;
        match (at, byte) {
            (0, byte) if byte != first && self.members > 0 => return Ok(Part::Over),
            (0, byte) if byte != first => {}
            (1, byte) if byte != second => {}
            (2, byte) if byte != DEFLATE => {}
            (3, flags) => return Ok(Part::Fixed(4, flags)),
            (9, _) if flags & EXTRA != 0 => return Ok(Part::ExtraLength(flags, 0, 0)),
            (9, _) => return Ok(after_extra(flags)),
            _ => return Ok(Part::Fixed(at + 1, flags)),
        }
        Err(Corrupt("no gzip header".into()))
    }

    fn end_of_member(&mut self, trailer: u64) -> Result<Part, Corrupt> {
        let found = u64::from(self.crc.sum()) | u64::from(self.crc.amount()) << 32;
        if found != trailer {
            return Err(Corrupt("gzip checksum differs".into()));
        }
        self.members += 1;
        self.crc.reset();
        self.engine.restart();
        Ok(Part::Fixed(0, 0))
    }
}

fn after_extra(flags: u8) -> Part {
    if flags & NAME == 0 { after_name(flags) } else { Part::Name(flags) }
}

fn after_name(flags: u8) -> Part {
    if flags & COMMENT == 0 { after_comment(flags) } else { Part::Comment(flags) }
}

fn after_comment(flags: u8) -> Part {
    if flags & HEADER_CRC == 0 { Part::Body } else { Part::HeaderCrc(2) }
}
