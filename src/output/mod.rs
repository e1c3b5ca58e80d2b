//! Rows of cells as CSV, TSV, JSON lines, GraphML and DOT. Writers keep one row in memory; the two
//! graph formats also the 64-bit key of each URL they have named, and [`Sorted`] 16 MiB of rows.

use std::fmt;
use std::io::{self, Write};
use std::str::FromStr;

mod cell;
mod csv;
mod dot;
mod edge;
mod file;
mod graphml;
mod jsonl;
mod sorted;
pub mod warc;

pub use cell::Cell;
pub use file::AtomicFile;
pub use sorted::Sorted;

/// How rows are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// RFC 4180 with LF line ends and a header.
    Csv,
    /// The same with tabs for commas.
    Tsv,
    /// One JSON object a line; the keys are the columns.
    Jsonl,
    /// GraphML: for tables with a source and a target.
    Graphml,
    /// Graphviz DOT: for tables with a source and a target.
    Dot,
}

/// A name that is no format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnknownFormat;

impl fmt::Display for UnknownFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no such format")
    }
}

impl std::error::Error for UnknownFormat {}

impl Format {
    /// Every format.
    pub const ALL: [Self; 5] = [Self::Csv, Self::Tsv, Self::Jsonl, Self::Graphml, Self::Dot];

    /// The name used on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Tsv => "tsv",
            Self::Jsonl => "jsonl",
            Self::Graphml => "graphml",
            Self::Dot => "dot",
        }
    }

    /// Does it show a graph, so that only links can be written in it?
    #[must_use]
    pub fn is_graph(self) -> bool {
        matches!(self, Self::Graphml | Self::Dot)
    }

    /// Is it read by spreadsheets, which may take a cell for a formula?
    #[must_use]
    pub fn is_sheet(self) -> bool {
        matches!(self, Self::Csv | Self::Tsv)
    }
}

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(name: &str) -> Result<Self, UnknownFormat> {
        Self::ALL.into_iter().find(|format| format.name() == name).ok_or(UnknownFormat)
    }
}

/// Takes rows one by one. Nothing is complete before [`RecordWriter::finish`].
pub trait RecordWriter {
    /// Writes a row with a cell for each column.
    ///
    /// # Errors
    /// When the place written to fails.
    fn row(&mut self, cells: &[Cell<'_>]) -> io::Result<()>;

    /// Writes what ends the document, and flushes.
    ///
    /// # Errors
    /// When the place written to fails.
    fn finish(&mut self) -> io::Result<()>;
}

/// Begins a document: its header is written at once. `guard` keeps spreadsheets from executing
/// cells of CSV and TSV.
///
/// # Errors
/// When the place written to fails, or the format is a graph and the columns have no `source` and
/// `target`.
pub fn begin<'w, W: Write + 'w>(
    format: Format,
    columns: &'w [&'w str],
    guard: bool,
    out: W,
) -> io::Result<Box<dyn RecordWriter + 'w>> {
    Ok(match format {
        Format::Csv => Box::new(csv::CsvWriter::begin(columns, b',', guard, out)?),
        Format::Tsv => Box::new(csv::CsvWriter::begin(columns, b'\t', guard, out)?),
        Format::Jsonl => Box::new(jsonl::JsonlWriter::begin(columns, out)?),
        Format::Graphml => Box::new(graphml::GraphmlWriter::begin(columns, out)?),
        Format::Dot => Box::new(dot::DotWriter::begin(columns, out)?),
    })
}

/// What one row of these columns comes out as: for the tests of the writers.
#[cfg(test)]
fn written(format: Format, guard: bool, columns: &[&str], rows: &[Vec<Cell<'_>>]) -> String {
    let mut bytes = Vec::new();
    let mut writer = begin(format, columns, guard, &mut bytes).unwrap();
    for row in rows {
        writer.row(row).unwrap();
    }
    writer.finish().unwrap();
    drop(writer);
    String::from_utf8(bytes).unwrap()
}
