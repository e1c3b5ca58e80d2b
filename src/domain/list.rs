//! Lists of URLs: read chunk by chunk, as they come, one URL a line or a cell of a table.
//!
//! [`ListReader`] takes bytes and gives entries; of the list it keeps the line that is not complete
//! yet, and of that no more than [`MAX_LINE`] characters. How the bytes were cut changes nothing. A
//! byte order mark says which Unicode the list is in (editors and shells of Windows write UTF-16);
//! without one it is UTF-8.

mod column;
mod entry;
mod lines;
mod quote;
mod table;

#[cfg(test)]
mod tests;

use encoding_rs::{Decoder, UTF_8};

use super::job::Root;
pub use column::Column;
use lines::Lines;
use table::Table;

/// Longest line or cell, in bytes of UTF-8. (A URL of over 2,000 characters is not asked anyway.)
pub const MAX_LINE: usize = 8 * 1024;

/// How far a list is looked at for what is no text, in bytes.
const TEXT: usize = 512;

/// A line that says something: a URL to be asked, or what is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The number of its line, from 1.
    pub line: u64,
    /// The URL, or in one line why there is none.
    pub url: Result<Root, String>,
}

/// Takes entries as they are complete.
pub type Each<'a> = dyn FnMut(Entry) + 'a;

/// Reads one list.
pub struct ListReader {
    decoder: Decoder,
    decoded: String,
    layout: Layout,
}

enum Layout {
    Lines(Lines),
    Table(Box<Table>),
}

/// What a file that begins with these bytes is, if it is no list; and the mend.
#[must_use]
pub fn no_list(head: &[u8]) -> Option<String> {
    const PACKED: [(&[u8], &str); 4] = [
        (b"\x1f\x8b", "gzip"),
        (b"PK\x03\x04", "zip"),
        (b"\x28\xb5\x2f\xfd", "zstd"),
        (b"\xfd7zXZ\0", "xz"),
    ];
    let bzip2 = matches!(head, [b'B', b'Z', b'h', b'1'..=b'9', b'1', b'A', b'Y', ..]);
    let packed = PACKED.iter().find(|(mark, _)| head.starts_with(mark)).map(|(_, kind)| *kind);
    if let Some(kind) = packed.or(bzip2.then_some("bzip2")) {
        return Some(format!("it is compressed ({kind}): unpack it first"));
    }
    let head = head.get(..TEXT).unwrap_or(head);
    let marked = head.starts_with(b"\xff\xfe") || head.starts_with(b"\xfe\xff");
    (head.contains(&0) && !marked)
        .then(|| "it is no text (a NUL byte is in it): save the list as UTF-8".to_owned())
}

impl ListReader {
    /// A reader of lines, or of this column of a table.
    #[must_use]
    pub fn new(column: Option<&Column>) -> Self {
        let layout = match column {
            None => Layout::Lines(Lines::default()),
            Some(column) => Layout::Table(Box::new(Table::new(column.clone()))),
        };
        Self { decoder: UTF_8.new_decoder(), decoded: String::new(), layout }
    }

    /// Takes the next bytes.
    pub fn feed(&mut self, chunk: &[u8], each: &mut Each<'_>) {
        self.decode(chunk, false, each);
    }

    /// Ends the list: its last line needs no line end.
    pub fn finish(mut self, each: &mut Each<'_>) {
        self.decode(&[], true, each);
        match &mut self.layout {
            Layout::Lines(lines) => lines.finish(each),
            Layout::Table(table) => table.finish(each),
        }
    }

    /// Is it known whether the column that is wanted is there? Then the heading is whole.
    #[must_use]
    pub fn has_begun(&self) -> bool {
        match &self.layout {
            Layout::Table(table) => table.has_begun(),
            Layout::Lines(_) => true,
        }
    }

    /// Why the column that is wanted is not there: it is not in the heading, and then nothing else
    /// of the list is read, or no row so far has so many.
    #[must_use]
    pub fn lacks_its_column(&self) -> Option<String> {
        match &self.layout {
            Layout::Table(table) => table.lacks(),
            Layout::Lines(_) => None,
        }
    }

    fn decode(&mut self, chunk: &[u8], last: bool, each: &mut Each<'_>) {
        self.decoded.clear();
        let room = self.decoder.max_utf8_buffer_length(chunk.len()).unwrap_or(chunk.len() * 3 + 16);
        self.decoded.reserve(room);
        // With that much room all is taken; what is malformed becomes U+FFFD.
        let _all = self.decoder.decode_to_string(chunk, &mut self.decoded, last);
        match &mut self.layout {
            Layout::Lines(lines) => lines.feed(&self.decoded, each),
            Layout::Table(table) => table.feed(&self.decoded, each),
        }
    }
}
