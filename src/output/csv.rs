//! CSV after RFC 4180 with LF line ends; the same with tabs.

use std::borrow::Cow;
use std::io::{self, Write};

use csv::{ErrorKind, Terminator, Writer, WriterBuilder};

use super::{Cell, RecordWriter};

/// Characters by which a spreadsheet takes a cell for a formula.
const FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

pub(super) struct CsvWriter<W: Write> {
    out: Writer<W>,
    guard: bool,
}

impl<W: Write> CsvWriter<W> {
    pub(super) fn begin(columns: &[&str], between: u8, guard: bool, out: W) -> io::Result<Self> {
        let mut out = WriterBuilder::new()
            .delimiter(between)
            .terminator(Terminator::Any(b'\n'))
            .from_writer(out);
        out.write_record(columns).map_err(plain_error)?;
        Ok(Self { out, guard })
    }

    fn guarded<'a>(&self, cell: &'a Cell<'_>) -> Cow<'a, str> {
        match cell {
            Cell::Text(text) if self.guard && text.starts_with(FORMULA) => {
                Cow::Owned(format!("'{text}"))
            }
            cell => cell.plain().unwrap_or_default(),
        }
    }
}

impl<W: Write> RecordWriter for CsvWriter<W> {
    fn row(&mut self, cells: &[Cell<'_>]) -> io::Result<()> {
        for cell in cells {
            let text = self.guarded(cell);
            self.out.write_field(text.as_bytes()).map_err(plain_error)?;
        }
        self.out.write_record(None::<&[u8]>).map_err(plain_error)
    }

    fn finish(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// The error as the place written to gave it: its kind must stay readable (a closed pipe).
fn plain_error(error: csv::Error) -> io::Error {
    match error.into_kind() {
        ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Format, written};
    use super::*;

    fn line(cells: &[&str]) -> String {
        sheet(Format::Csv, false, cells)
    }

    fn sheet(format: Format, guard: bool, cells: &[&str]) -> String {
        let row = cells.iter().map(|text| Cell::text(text)).collect();
        let columns: Vec<&str> = cells.iter().map(|_| "c").collect();
        let text = written(format, guard, &columns, &[row]);
        text.split_once('\n').unwrap().1.to_owned()
    }

    #[test]
    fn there_is_a_header_even_without_rows() {
        assert_eq!(written(Format::Csv, false, &["job", "url"], &[]), "job,url\n");
        assert_eq!(written(Format::Tsv, false, &["job", "url"], &[]), "job\turl\n");
    }

    #[test]
    fn a_field_is_quoted_when_rfc_4180_asks_for_it_and_only_then() {
        assert_eq!(line(&["a", "b c", " d "]), "a,b c, d \n");
        assert_eq!(line(&["a,b", "say \"hi\"", "x"]), "\"a,b\",\"say \"\"hi\"\"\",x\n");
        assert_eq!(line(&["two\nlines", "a\rb", "a\r\nb"]), "\"two\nlines\",\"a\rb\",\"a\r\nb\"\n");
        assert_eq!(line(&["a\tb", "x"]), "a\tb,x\n");
        assert_eq!(sheet(Format::Tsv, false, &["a\tb", "c,d"]), "\"a\tb\"\tc,d\n");
    }

    #[test]
    fn every_character_stays_as_it_is() {
        assert_eq!(line(&["grüße 火 🦀", "a\0b"]), "grüße 火 🦀,a\0b\n");
        assert_eq!(line(&["=1+1", "@x", "-1"]), "=1+1,@x,-1\n");
    }

    #[test]
    fn unknown_is_empty_and_booleans_are_words() {
        let row = vec![Cell::Null, Cell::Int(-7), Cell::Bool(true), Cell::Bool(false)];
        let text = written(Format::Csv, true, &["a", "b", "c", "d"], &[row]);
        assert_eq!(text, "a,b,c,d\n,-7,true,false\n");
    }

    #[test]
    fn a_row_of_one_empty_cell_is_not_an_empty_line() {
        assert_eq!(written(Format::Csv, false, &["a"], &[vec![Cell::Null]]), "a\n\"\"\n");
    }

    #[test]
    fn guarded_cells_cannot_be_formulas() {
        let cells = ["=1+1", "+1", "-1", "@x", "\tx", "\rx", "a=1", ""];
        let guarded = "'=1+1,'+1,'-1,'@x,'\tx,\"'\rx\",a=1,\n";
        assert_eq!(sheet(Format::Csv, true, &cells), guarded);
    }

    #[test]
    fn a_closed_pipe_stays_a_closed_pipe() {
        struct Closed;
        impl Write for Closed {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::BrokenPipe.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let mut writer = CsvWriter::begin(&["a"], b',', false, Closed).unwrap();
        let long = "x".repeat(100_000);
        let row = writer.row(&[Cell::text(&long)]).and_then(|()| writer.finish());
        assert_eq!(row.unwrap_err().kind(), io::ErrorKind::BrokenPipe);
    }
}
