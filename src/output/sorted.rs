//! Rows in an order of their own, however many there are.
//!
//! A row is turned into bytes that compare as its cells do from left to right. Up to [`HELD`] bytes
//! of rows are sorted in memory; more go to one temporary file without a name as sorted runs, which
//! are merged at the end. Equal rows all stay.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::os::unix::fs::FileExt;

use super::{Cell, RecordWriter};

/// Bytes of rows in memory before a run is written.
const HELD: usize = 16 << 20;
/// What a row costs besides its bytes.
const ROW: usize = 32;

const NULL: u8 = 0;
const BOOL: u8 = 1;
const INT: u8 = 2;
const TEXT: u8 = 3;
const JSON: u8 = 4;

/// Takes rows in any order and hands them on sorted when it is finished.
pub struct Sorted<'w> {
    to: Box<dyn RecordWriter + 'w>,
    rows: Vec<Box<[u8]>>,
    bytes: usize,
    limit: usize,
    spilled: Option<Spilled>,
}

impl<'w> Sorted<'w> {
    /// Sorts what goes to this writer: unknown first, then `false`, `true`, numbers, texts by their
    /// bytes.
    #[must_use]
    pub fn new(to: Box<dyn RecordWriter + 'w>) -> Self {
        Self { to, rows: Vec::new(), bytes: 0, limit: HELD, spilled: None }
    }

    fn spill(&mut self) -> io::Result<()> {
        self.rows.sort_unstable();
        let spilled = match &mut self.spilled {
            Some(spilled) => spilled,
            none => none.insert(Spilled::new()?),
        };
        spilled.run(&self.rows)?;
        self.rows.clear();
        self.bytes = 0;
        Ok(())
    }
}

impl RecordWriter for Sorted<'_> {
    fn row(&mut self, cells: &[Cell<'_>]) -> io::Result<()> {
        let row = encoded(cells).into_boxed_slice();
        self.bytes += row.len() + ROW;
        self.rows.push(row);
        if self.bytes > self.limit { self.spill() } else { Ok(()) }
    }

    fn finish(&mut self) -> io::Result<()> {
        if self.spilled.is_some() {
            self.spill()?;
        }
        self.rows.sort_unstable();
        for row in std::mem::take(&mut self.rows) {
            self.to.row(&decoded(&row)?)?;
        }
        if let Some(spilled) = self.spilled.take() {
            spilled.merge(&mut |row| self.to.row(&decoded(row)?))?;
        }
        self.to.finish()
    }
}

/// Sorted runs of rows, one after another in one file.
struct Spilled {
    file: File,
    /// Where each run ends; it begins where the one before ends.
    ends: Vec<u64>,
}

impl Spilled {
    fn new() -> io::Result<Self> {
        let failed = |error: io::Error| {
            let folder = std::env::temp_dir();
            let what = format!("cannot sort in {}: {error}; set TMPDIR", folder.display());
            io::Error::new(error.kind(), what)
        };
        Ok(Self { file: tempfile::tempfile().map_err(failed)?, ends: Vec::new() })
    }

    fn run(&mut self, rows: &[Box<[u8]>]) -> io::Result<()> {
        let mut out = BufWriter::with_capacity(1 << 16, &self.file);
        let mut end = self.ends.last().copied().unwrap_or(0);
        for row in rows {
            let length = u32::try_from(row.len()).map_err(io::Error::other)?;
            out.write_all(&length.to_le_bytes())?;
            out.write_all(row)?;
            end += 4 + u64::from(length);
        }
        out.flush()?;
        self.ends.push(end);
        Ok(())
    }

    fn merge(&self, each: &mut dyn FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
        let begins = std::iter::once(0).chain(self.ends.iter().copied());
        let mut runs: Vec<_> = begins
            .zip(&self.ends)
            .map(|(at, &end)| BufReader::new(Part { file: &self.file, at, end }))
            .collect();
        let mut firsts = BinaryHeap::new();
        for (number, run) in runs.iter_mut().enumerate() {
            firsts.extend(next_row(run)?.map(|row| Reverse((row, number))));
        }
        while let Some(Reverse((row, number))) = firsts.pop() {
            each(&row)?;
            if let Some(run) = runs.get_mut(number) {
                firsts.extend(next_row(run)?.map(|row| Reverse((row, number))));
            }
        }
        Ok(())
    }
}

fn next_row(run: &mut impl Read) -> io::Result<Option<Box<[u8]>>> {
    let mut length = [0; 4];
    if let Err(error) = run.read_exact(&mut length) {
        let at_end = error.kind() == io::ErrorKind::UnexpectedEof;
        return if at_end { Ok(None) } else { Err(error) };
    }
    let mut row = vec![0; usize::try_from(u32::from_le_bytes(length)).unwrap_or(usize::MAX)];
    run.read_exact(&mut row)?;
    Ok(Some(row.into_boxed_slice()))
}

/// A part of a file, read from its begin to its end.
struct Part<'f> {
    file: &'f File,
    at: u64,
    end: u64,
}

impl Read for Part<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.end - self.at).unwrap_or(usize::MAX);
        let most = left.min(into.len());
        let read = self.file.read_at(into.get_mut(..most).unwrap_or_default(), self.at)?;
        self.at += u64::try_from(read).unwrap_or(0);
        Ok(read)
    }
}

/// Bytes that compare as the cells do. A text ends with two zeros; a zero in it is followed by 255.
fn encoded(cells: &[Cell<'_>]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(64);
    for cell in cells {
        match cell {
            Cell::Null => bytes.push(NULL),
            Cell::Bool(value) => bytes.extend([BOOL, u8::from(*value)]),
            Cell::Int(number) => {
                bytes.push(INT);
                bytes.extend((number ^ i64::MIN).to_be_bytes());
            }
            Cell::Text(text) => encode_text(TEXT, text, &mut bytes),
            Cell::Json(text) => encode_text(JSON, text, &mut bytes),
        }
    }
    bytes
}

fn encode_text(kind: u8, text: &str, bytes: &mut Vec<u8>) {
    bytes.push(kind);
    let mut parts = text.as_bytes().split(|byte| *byte == 0);
    bytes.extend(parts.next().unwrap_or_default());
    for part in parts {
        bytes.extend([0, 255]);
        bytes.extend(part);
    }
    bytes.extend([0, 0]);
}

fn decoded(row: &[u8]) -> io::Result<Vec<Cell<'static>>> {
    let broken = || io::Error::new(io::ErrorKind::InvalidData, "a sorted row cannot be read back");
    let (mut cells, mut rest) = (Vec::new(), row);
    while let Some((kind, after)) = rest.split_first() {
        let (cell, after) = decode(*kind, after).ok_or_else(broken)?;
        cells.push(cell);
        rest = after;
    }
    Ok(cells)
}

fn decode(kind: u8, rest: &[u8]) -> Option<(Cell<'static>, &[u8])> {
    match kind {
        NULL => Some((Cell::Null, rest)),
        BOOL => rest.split_first().map(|(value, rest)| (Cell::Bool(*value != 0), rest)),
        INT => {
            let (number, rest) = rest.split_first_chunk()?;
            Some((Cell::Int(i64::from_be_bytes(*number) ^ i64::MIN), rest))
        }
        TEXT => decode_text(rest).map(|(text, rest)| (Cell::Text(text.into()), rest)),
        JSON => decode_text(rest).map(|(text, rest)| (Cell::Json(text.into()), rest)),
        _ => None,
    }
}

fn decode_text(mut rest: &[u8]) -> Option<(String, &[u8])> {
    let mut text = Vec::new();
    loop {
        let (part, after) = rest.split_at_checked(memchr::memchr(0, rest)?)?;
        text.extend(part);
        let (mark, after) = after.split_first_chunk::<2>()?;
        rest = after;
        match mark {
            [0, 0] => return Some((String::from_utf8(text).ok()?, rest)),
            _ => text.push(0),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{Format, begin};
    use super::*;

    fn cell() -> impl Strategy<Value = Cell<'static>> {
        prop_oneof![
            Just(Cell::Null),
            any::<bool>().prop_map(Cell::Bool),
            any::<i64>().prop_map(Cell::Int),
            "[\\x00-\\x02a-cé]{0,4}".prop_map(|text| Cell::Text(text.into())),
            "\\[[0-9]\\]".prop_map(|text| Cell::Json(text.into())),
        ]
    }

    proptest! {
        #[test]
        fn a_row_comes_back_as_it_was(cells in prop::collection::vec(cell(), 0..6)) {
            prop_assert_eq!(decoded(&encoded(&cells)).unwrap(), cells);
        }

        #[test]
        fn texts_and_numbers_keep_their_order(
            (a, b) in ("[\\x00-\\x02a-c]{0,4}", "[\\x00-\\x02a-c]{0,4}"),
            (m, n) in (any::<i64>(), any::<i64>()),
        ) {
            let row = |text: &str, number| encoded(&[Cell::Text(text.to_owned().into()), Cell::Int(number)]);
            prop_assert_eq!(row(&a, m).cmp(&row(&b, n)), (&a, m).cmp(&(&b, n)));
        }
    }

    /// The rows as JSON lines, sorted with so many bytes of memory.
    fn sorted(limit: usize, numbers: &[i64]) -> String {
        let mut bytes = Vec::new();
        let columns = ["n", "t"];
        let to = begin(Format::Jsonl, &columns, false, &mut bytes).unwrap();
        let mut rows = Sorted { limit, ..Sorted::new(to) };
        for n in numbers {
            rows.row(&[Cell::Int(*n), Cell::text("x\0y")]).unwrap();
        }
        rows.finish().unwrap();
        drop(rows);
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn rows_beyond_memory_come_out_in_the_same_order_as_within() {
        let numbers: Vec<i64> = (0..1000).map(|n| (n * 7919) % 500 - 250).collect();
        let line = |n| format!("{{\"n\":{n},\"t\":\"x\\u0000y\"}}\n");
        let expected = (-250..250).flat_map(|n| [line(n), line(n)]).collect::<Vec<_>>().concat();
        assert_eq!(sorted(HELD, &numbers), expected, "in memory");
        assert_eq!(sorted(3000, &numbers), expected, "in runs");
        assert_eq!(sorted(0, &numbers), expected, "each row a run");
    }

    #[test]
    fn no_rows_are_an_empty_table() {
        assert_eq!(sorted(HELD, &[]), "");
    }
}
