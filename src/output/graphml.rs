//! GraphML: nodes with their URL, directed edges with what the table tells of them.

use std::borrow::Cow;
use std::io::{self, Write};

use super::edge::{EdgeColumns, Nodes};
use super::{Cell, RecordWriter};

pub(super) struct GraphmlWriter<'c, W: Write> {
    out: W,
    columns: EdgeColumns<'c>,
    nodes: Nodes,
}

impl<'c, W: Write> GraphmlWriter<'c, W> {
    pub(super) fn begin(columns: &[&'c str], mut out: W) -> io::Result<Self> {
        let columns = EdgeColumns::of(columns)?;
        writeln!(out, r#"<?xml version="1.0" encoding="UTF-8"?>"#)?;
        writeln!(out, r#"<graphml xmlns="http://graphml.graphdrawing.org/xmlns">"#)?;
        key(&mut out, "node", "url")?;
        for name in columns.names() {
            key(&mut out, "edge", name)?;
        }
        writeln!(out, r#"<graph id="links" edgedefault="directed">"#)?;
        Ok(Self { out, columns, nodes: Nodes::default() })
    }

    fn node(&mut self, url: &str) -> io::Result<u64> {
        let (node, new) = self.nodes.node(url);
        if new {
            let url = escaped(url);
            writeln!(
                self.out,
                r#"<node id="n{node:016x}"><data key="node_url">{url}</data></node>"#
            )?;
        }
        Ok(node)
    }
}

impl<W: Write> RecordWriter for GraphmlWriter<'_, W> {
    fn row(&mut self, cells: &[Cell<'_>]) -> io::Result<()> {
        let Some(edge) = self.columns.edge(cells) else { return Ok(()) };
        let source = self.node(edge.source)?;
        let target = self.node(edge.target)?;
        write!(self.out, r#"<edge source="n{source:016x}" target="n{target:016x}">"#)?;
        for (name, text) in self.columns.attributes(cells) {
            write!(self.out, r#"<data key="edge_{name}">{}</data>"#, escaped(&text))?;
        }
        writeln!(self.out, "</edge>")
    }

    fn finish(&mut self) -> io::Result<()> {
        writeln!(self.out, "</graph>\n</graphml>")?;
        self.out.flush()
    }
}

fn key<W: Write>(out: &mut W, of: &str, name: &str) -> io::Result<()> {
    // Readers take the text "false" for true unless they are told that it is a boolean.
    let kind = if name == "nofollow" { "boolean" } else { "string" };
    writeln!(out, r#"<key id="{of}_{name}" for="{of}" attr.name="{name}" attr.type="{kind}"/>"#)
}

/// Text for between two tags. What XML 1.0 cannot hold becomes U+FFFD.
fn escaped(text: &str) -> Cow<'_, str> {
    if !text.contains(needs_escape) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '\r' => safe.push_str("&#13;"),
            c if needs_escape(c) => safe.push('\u{fffd}'),
            c => safe.push(c),
        }
    }
    Cow::Owned(safe)
}

fn needs_escape(c: char) -> bool {
    matches!(c, '&' | '<' | '>' | '\u{fffe}' | '\u{ffff}') || (c < ' ' && !matches!(c, '\t' | '\n'))
}

#[cfg(test)]
mod tests {
    use super::super::{Format, written};
    use super::*;

    const COLUMNS: [&str; 5] = ["job", "source", "target", "text", "nofollow"];

    fn link<'a>(source: &'a str, target: &'a str, text: Option<&'a str>) -> Vec<Cell<'a>> {
        let ends = [Cell::text("docs"), Cell::text(source), Cell::text(target)];
        ends.into_iter().chain([Cell::maybe(text), Cell::Bool(false)]).collect()
    }

    #[test]
    fn a_url_is_named_once_and_edges_lead_from_name_to_name() {
        let rows =
            [link("http://h/", "http://h/a", Some("A")), link("http://h/a", "http://h/", None)];
        let text = written(Format::Graphml, false, &COLUMNS, &rows);
        let (root, page) = (xxh("http://h/"), xxh("http://h/a"));
        let expected = format!(
            r#"<?xml version="1.0" encoding="UTF-8"?>
<graphml xmlns="http://graphml.graphdrawing.org/xmlns">
<key id="node_url" for="node" attr.name="url" attr.type="string"/>
<key id="edge_text" for="edge" attr.name="text" attr.type="string"/>
<key id="edge_nofollow" for="edge" attr.name="nofollow" attr.type="boolean"/>
<graph id="links" edgedefault="directed">
<node id="n{root}"><data key="node_url">http://h/</data></node>
<node id="n{page}"><data key="node_url">http://h/a</data></node>
<edge source="n{root}" target="n{page}"><data key="edge_text">A</data><data key="edge_nofollow">false</data></edge>
<edge source="n{page}" target="n{root}"><data key="edge_nofollow">false</data></edge>
</graph>
</graphml>
"#
        );
        assert_eq!(text, expected);
    }

    #[test]
    fn nothing_in_a_text_can_leave_its_element() {
        assert_eq!(escaped("</data>&amp;]]>\"'"), "&lt;/data&gt;&amp;amp;]]&gt;\"'");
        assert_eq!(
            escaped("a\0b\u{1b}[31m\r\n\tc\u{ffff}"),
            "a\u{fffd}b\u{fffd}[31m&#13;\n\tc\u{fffd}"
        );
        assert_eq!(escaped("grüße 🦀"), "grüße 🦀");
    }

    #[test]
    fn a_table_without_ends_is_no_graph() {
        assert!(super::super::begin(Format::Graphml, &["job", "url"], false, Vec::new()).is_err());
    }

    fn xxh(url: &str) -> String {
        format!("{:016x}", xxhash_rust::xxh3::xxh3_64(url.as_bytes()))
    }
}
