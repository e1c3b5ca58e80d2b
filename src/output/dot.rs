//! Graphviz DOT: one edge a line, named by the URLs themselves.

use std::io::{self, Write};

use super::edge::EdgeColumns;
use super::{Cell, RecordWriter};

pub(super) struct DotWriter<'c, W: Write> {
    out: W,
    columns: EdgeColumns<'c>,
}

impl<'c, W: Write> DotWriter<'c, W> {
    pub(super) fn begin(columns: &[&'c str], mut out: W) -> io::Result<Self> {
        let columns = EdgeColumns::of(columns)?;
        writeln!(out, "digraph links {{")?;
        Ok(Self { out, columns })
    }
}

impl<W: Write> RecordWriter for DotWriter<'_, W> {
    fn row(&mut self, cells: &[Cell<'_>]) -> io::Result<()> {
        let Some(edge) = self.columns.edge(cells) else { return Ok(()) };
        write!(self.out, "  {} -> {}", quoted(edge.source), quoted(edge.target))?;
        let mut before = " [";
        for (name, text) in self.columns.attributes(cells) {
            write!(self.out, "{before}{name}={}", quoted(&text))?;
            before = ", ";
        }
        writeln!(self.out, "{}", if before == " [" { ";" } else { "];" })
    }

    fn finish(&mut self) -> io::Result<()> {
        writeln!(self.out, "}}")?;
        self.out.flush()
    }
}

/// A quoted string of DOT. Its only escape is `\"`; a backslash is doubled, or it would open an
/// escape of the layout or hide the closing quote. Graphviz stops at NUL: that becomes U+FFFD.
fn quoted(text: &str) -> String {
    let mut safe = String::with_capacity(text.len() + 2);
    safe.push('"');
    for c in text.chars() {
        match c {
            '"' => safe.push_str("\\\""),
            '\\' => safe.push_str("\\\\"),
            '\0' => safe.push('\u{fffd}'),
            c => safe.push(c),
        }
    }
    safe.push('"');
    safe
}

#[cfg(test)]
mod tests {
    use super::super::{Format, written};
    use super::*;

    #[test]
    fn a_link_is_an_edge_with_what_is_known_of_it() {
        let row = |text| {
            let ends = [Cell::text("docs"), Cell::text("http://h/"), Cell::text("http://h/a")];
            ends.into_iter().chain([Cell::text("a"), text]).collect::<Vec<_>>()
        };
        let rows = [row(Cell::text("say \"hi\"")), row(Cell::Null)];
        let columns = ["job", "source", "target", "kind", "text"];
        assert_eq!(
            written(Format::Dot, false, &columns, &rows),
            "digraph links {\n  \
             \"http://h/\" -> \"http://h/a\" [kind=\"a\", text=\"say \\\"hi\\\"\"];\n  \
             \"http://h/\" -> \"http://h/a\" [kind=\"a\"];\n}\n"
        );
        let bare = [vec![Cell::text("s"), Cell::text("t")]];
        let text = written(Format::Dot, false, &["source", "target"], &bare);
        assert_eq!(text, "digraph links {\n  \"s\" -> \"t\";\n}\n");
    }

    #[test]
    fn no_text_can_close_its_quotes() {
        assert_eq!(quoted("a\\"), "\"a\\\\\"");
        assert_eq!(quoted("a\\\"b"), "\"a\\\\\\\"b\"");
        assert_eq!(quoted("x\0y\nz"), "\"x\u{fffd}y\nz\"");
    }
}
