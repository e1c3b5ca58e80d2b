//! JSON lines: one object a row, its keys in the order of the columns.

use std::io::{self, Write};

use super::{Cell, RecordWriter};

pub(super) struct JsonlWriter<W: Write> {
    out: W,
    /// The columns as JSON texts with what stands before and after them: `{"job":`, `,"url":`.
    keys: Vec<String>,
}

impl<W: Write> JsonlWriter<W> {
    pub(super) fn begin(columns: &[&str], out: W) -> io::Result<Self> {
        let mut keys = Vec::with_capacity(columns.len());
        for column in columns {
            let before = if keys.is_empty() { '{' } else { ',' };
            keys.push(format!("{before}{}:", serde_json::to_string(column)?));
        }
        Ok(Self { out, keys })
    }
}

impl<W: Write> RecordWriter for JsonlWriter<W> {
    fn row(&mut self, cells: &[Cell<'_>]) -> io::Result<()> {
        for (key, cell) in self.keys.iter().zip(cells) {
            self.out.write_all(key.as_bytes())?;
            match cell {
                Cell::Null => self.out.write_all(b"null")?,
                Cell::Int(number) => write!(self.out, "{number}")?,
                Cell::Text(text) => serde_json::to_writer(&mut self.out, text)?,
                Cell::Bool(value) => write!(self.out, "{value}")?,
                Cell::Json(value) => self.out.write_all(value.as_bytes())?,
            }
        }
        self.out.write_all(b"}\n")
    }

    fn finish(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Format, written};
    use super::*;

    #[test]
    fn keys_are_the_columns_in_their_order_and_unknown_is_null() {
        let row = vec![Cell::text("docs"), Cell::Null, Cell::Int(3), Cell::Bool(false)];
        let text = written(Format::Jsonl, false, &["job", "title", "depth", "nofollow"], &[row]);
        assert_eq!(text, "{\"job\":\"docs\",\"title\":null,\"depth\":3,\"nofollow\":false}\n");
    }

    #[test]
    fn every_text_comes_back_as_it_was() {
        for text in ["say \"hi\"\\", "two\nlines\r\t", "\0\u{1b}[31m", "grüße 🦀\u{2028}"] {
            let row = vec![Cell::text(text)];
            let line = written(Format::Jsonl, false, &["t"], &[row]);
            assert_eq!(line.matches('\n').count(), 1, "one row is one line");
            let back: serde_json::Value = serde_json::from_str(&line).unwrap();
            assert_eq!(back["t"], text);
        }
    }

    #[test]
    fn a_value_in_json_stays_a_value() {
        let row = vec![Cell::Json("12.5".into()), Cell::Json(r#"["a",{"b":null}]"#.into())];
        let text = written(Format::Jsonl, false, &["price", "tags"], &[row]);
        assert_eq!(text, "{\"price\":12.5,\"tags\":[\"a\",{\"b\":null}]}\n");
    }

    #[test]
    fn no_rows_are_no_lines() {
        assert_eq!(written(Format::Jsonl, false, &["t"], &[]), "");
    }
}
