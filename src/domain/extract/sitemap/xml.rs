//! A streaming reader of XML for sitemaps and feeds: tags and text, without a tree.
//!
//! It never fails: what is no markup is text, a tag that is not closed ends where the next begins,
//! and every byte is looked at a bounded number of times. Declarations are passed over, so an entity
//! is never more than its own name. The same events come however the bytes were cut into chunks.
//! The input is UTF-8.

use memchr::{memchr, memmem};

use crate::domain::extract::attributes::{Attributes, TagScan, ends_name};

/// Whatever has to be told from its first bytes is told from this many.
const LOOK: usize = b"<![CDATA[".len();
/// Of a longer tag the rest is not read.
const MAX_TAG: usize = 16 * 1024;
/// A declaration that has not ended by then is none.
const MAX_DECLARATION: usize = 64 * 1024;

/// The name of an element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::domain::extract) struct Name<'a> {
    /// What stands before the colon; empty when there is none.
    pub(in crate::domain::extract) prefix: &'a [u8],
    /// What stands behind it.
    pub(in crate::domain::extract) local: &'a [u8],
}

/// What the reader reports to.
pub(in crate::domain::extract) trait Sink {
    /// A start tag; `empty`: it is its own end.
    fn start(&mut self, name: Name<'_>, attributes: Attributes<'_>, empty: bool);
    /// An end tag.
    fn end(&mut self, name: Name<'_>);
    /// A piece of text, cut anywhere, references not decoded.
    fn text(&mut self, text: &[u8]);
    /// A piece of a CDATA section, cut anywhere: no references in it.
    fn verbatim(&mut self, text: &[u8]);
}

#[derive(Debug, Clone, Copy)]
enum State {
    Text,
    Tag { closing: bool, scan: TagScan },
    Comment,
    Instruction,
    Declaration { brackets: usize, seen: usize },
    Cdata,
}

/// The reader's place in the text.
#[derive(Debug)]
pub(in crate::domain::extract) struct Xml {
    state: State,
    /// Bytes that cannot be judged yet: fewer than [`LOOK`].
    held: Vec<u8>,
    /// The inside of the open tag, as far as it has come.
    tag: Vec<u8>,
}

impl Xml {
    /// At the start of a document.
    pub(in crate::domain::extract) fn new() -> Self {
        Self { state: State::Text, held: Vec::new(), tag: Vec::new() }
    }

    /// Takes the next bytes.
    pub(in crate::domain::extract) fn feed(&mut self, chunk: &[u8], sink: &mut impl Sink) {
        if self.held.is_empty() {
            let done = self.run(chunk, false, sink);
            self.held.extend_from_slice(chunk.get(done..).unwrap_or_default());
            return;
        }
        let mut joined = std::mem::take(&mut self.held);
        joined.extend_from_slice(chunk);
        let done = self.run(&joined, false, sink);
        joined.drain(..done);
        self.held = joined;
    }

    /// Ends the document; says whether it ended between tags.
    pub(in crate::domain::extract) fn finish(&mut self, sink: &mut impl Sink) -> bool {
        let held = std::mem::take(&mut self.held);
        self.run(&held, true, sink);
        matches!(self.state, State::Text)
    }

    /// Reads until the input ends or cannot be judged without more; returns how much was read.
    fn run(&mut self, input: &[u8], last: bool, sink: &mut impl Sink) -> usize {
        let mut at = 0;
        while let Some(rest) = input.get(at..).filter(|rest| !rest.is_empty()) {
            match self.step(rest, last, sink) {
                Some(read) => at += read,
                None => break,
            }
        }
        at
    }

    fn step(&mut self, rest: &[u8], last: bool, sink: &mut impl Sink) -> Option<usize> {
        match self.state {
            State::Text => match memchr(b'<', rest) {
                Some(0) if rest.len() < LOOK && !last => None,
                Some(0) => Some(self.open(rest, sink)),
                mark => {
                    let length = mark.unwrap_or(rest.len());
                    sink.text(rest.get(..length).unwrap_or_default());
                    Some(length)
                }
            },
            State::Tag { closing, scan } => Some(self.inside(closing, scan, rest, sink)),
            State::Comment => Some(self.past(b"-->", rest, last)?.1),
            State::Instruction => Some(self.past(b"?>", rest, last)?.1),
            State::Cdata => {
                let (content, read) = self.past(b"]]>", rest, last)?;
                sink.verbatim(rest.get(..content).unwrap_or_default());
                Some(read)
            }
            State::Declaration { brackets, seen } => Some(self.declared(brackets, seen, rest)),
        }
    }

    /// Reads what a `<` opens.
    fn open(&mut self, rest: &[u8], sink: &mut impl Sink) -> usize {
        let begins_name = |b: &u8| b.is_ascii_alphabetic() || matches!(b, b'_' | b':' | 0x80..);
        let (state, read) = if rest.starts_with(b"<!--") {
            (State::Comment, 4)
        } else if rest.starts_with(b"<![CDATA[") {
            (State::Cdata, LOOK)
        } else if rest.starts_with(b"<!") {
            (State::Declaration { brackets: 0, seen: 0 }, 2)
        } else if rest.starts_with(b"<?") {
            (State::Instruction, 2)
        } else if rest.get(1).is_some_and(begins_name) {
            (State::Tag { closing: false, scan: TagScan::new() }, 1)
        } else if rest.starts_with(b"</") {
            (State::Tag { closing: true, scan: TagScan::new() }, 2)
        } else {
            sink.text(b"<");
            return 1;
        };
        self.state = state;
        self.tag.clear();
        read
    }

    /// Reads on in a tag. A `<` cannot stand in one: there it is over, closed or not.
    fn inside(
        &mut self,
        closing: bool,
        mut scan: TagScan,
        rest: &[u8],
        sink: &mut impl Sink,
    ) -> usize {
        let next = memchr(b'<', rest);
        let part = rest.get(..next.unwrap_or(rest.len())).unwrap_or_default();
        let end = scan.end(part);
        let inside = part.get(..end.unwrap_or(part.len())).unwrap_or_default();
        let room = MAX_TAG.saturating_sub(self.tag.len());
        self.tag.extend_from_slice(inside.get(..room).unwrap_or(inside));
        if end.is_none() && next.is_none() {
            self.state = State::Tag { closing, scan };
            return rest.len();
        }
        self.state = State::Text;
        self.report(closing, scan, sink);
        end.map_or(part.len(), |end| end + 1)
    }

    fn report(&self, closing: bool, scan: TagScan, sink: &mut impl Sink) {
        let length = self.tag.iter().position(|&b| ends_name(b)).unwrap_or(self.tag.len());
        let (whole, attributes) = self.tag.split_at(length);
        let colon = memchr(b':', whole);
        let name = Name {
            prefix: colon.and_then(|at| whole.get(..at)).unwrap_or_default(),
            local: colon.and_then(|at| whole.get(at + 1..)).unwrap_or(whole),
        };
        if closing {
            sink.end(name);
        } else {
            sink.start(name, Attributes::new(attributes), scan.self_closing());
        }
    }

    /// Looks for the end of something; gives the length of its content and how much was read.
    fn past(&mut self, end: &[u8], rest: &[u8], last: bool) -> Option<(usize, usize)> {
        if let Some(at) = memmem::find(rest, end) {
            self.state = State::Text;
            return Some((at, at + end.len()));
        }
        // The end may have begun already.
        let keep = if last { 0 } else { end.len() - 1 };
        let read = rest.len().checked_sub(keep).filter(|read| *read > 0)?;
        Some((read, read))
    }

    fn declared(&mut self, mut brackets: usize, mut seen: usize, rest: &[u8]) -> usize {
        for (at, byte) in rest.iter().enumerate() {
            seen += 1;
            match byte {
                b'[' => brackets += 1,
                b']' => brackets = brackets.saturating_sub(1),
                _ => {}
            }
            if (*byte == b'>' && brackets == 0) || seen >= MAX_DECLARATION {
                self.state = State::Text;
                return at + 1;
            }
        }
        self.state = State::Declaration { brackets, seen };
        rest.len()
    }
}
