//! A streaming HTML tokenizer for extraction: WHATWG HTML, 13.2.5, without a tree.
//!
//! It knows which text is no markup (comments, scripts, styles, `textarea`, `title`, ...) and hands
//! the rest on as it comes. It keeps no stack, so neither depth nor unclosed elements cost anything,
//! and it gives the same tags and the same text however the bytes were cut into chunks. `noscript`
//! and `noframes` are read as ordinary content, as by a browser that runs no scripts.
//!
//! The input is UTF-8 (or any superset of ASCII whose other bytes are all above 0x7f).

use memchr::{memchr, memchr2};

use super::attributes::{Attributes, TagScan, ends_name};
use super::tag::Tag;

/// Whatever has to be told from its first bytes is told from this many.
const LOOK: usize = 32;
/// A tag's name is looked at up to this length.
const NAME: usize = LOOK - 4;
/// The attributes of a longer start tag are not read.
pub(super) const MAX_TAG: usize = 64 * 1024;

/// What the tokenizer reports to.
pub(super) trait Sink {
    /// Are the attributes of this element wanted?
    fn reads(&self, tag: Tag) -> bool;
    /// A start tag. Its attributes are empty unless [`Sink::reads`] said yes. `foreign`: it stands
    /// inside `svg` or `math`.
    fn start(&mut self, tag: Tag, attributes: Attributes<'_>, foreign: bool);
    /// An end tag.
    fn end(&mut self, tag: Tag);
    /// A piece of text, cut anywhere, character references not decoded.
    fn text(&mut self, text: &[u8]);
}

#[derive(Debug, Clone, Copy)]
enum State {
    Data,
    Tag(OpenTag),
    Comment,
    Bogus,
    Cdata,
    Raw(Tag),
    Plain,
}

#[derive(Debug, Clone, Copy)]
struct OpenTag {
    tag: Tag,
    closing: bool,
    keep: bool,
    scan: TagScan,
}

/// How deep a script is in `<!--` and `<script`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Escape {
    None,
    Once,
    Twice,
}

/// The tokenizer's place in the text.
#[derive(Debug)]
pub(super) struct Tokenizer {
    state: State,
    escape: Escape,
    xml: bool,
    /// Open `svg` and `math` elements.
    foreign: u32,
    /// Bytes that cannot be judged yet: fewer than [`LOOK`].
    held: Vec<u8>,
    /// The part of the open tag that came with earlier chunks.
    carry: Vec<u8>,
}

impl Tokenizer {
    /// A tokenizer at the start of a document; `xml`: one that came as XHTML.
    pub(super) fn new(xml: bool) -> Self {
        Self {
            state: State::Data,
            escape: Escape::None,
            xml,
            foreign: 0,
            held: Vec::new(),
            carry: Vec::new(),
        }
    }

    /// Takes the next bytes.
    pub(super) fn feed(&mut self, mut chunk: &[u8], sink: &mut impl Sink) {
        if !self.held.is_empty() {
            let mut held = std::mem::take(&mut self.held);
            let before = held.len();
            held.extend(chunk.iter().take(2 * LOOK));
            let done = self.run(&held, false, sink);
            if done < before {
                held.drain(..done);
                self.held = held;
                return;
            }
            chunk = chunk.get(done - before..).unwrap_or_default();
        }
        let done = self.run(chunk, false, sink);
        self.held.extend_from_slice(chunk.get(done..).unwrap_or_default());
    }

    /// Ends the document; an unfinished tag is none.
    pub(super) fn finish(&mut self, sink: &mut impl Sink) {
        let held = std::mem::take(&mut self.held);
        self.run(&held, true, sink);
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
            State::Data => match upto(next_tag(rest), rest, last)? {
                0 => Some(self.open(rest, sink)),
                n => {
                    sink.text(rest.get(..n).unwrap_or_default());
                    Some(n)
                }
            },
            State::Tag(open) => Some(self.inside(open, rest, sink)),
            State::Comment => match upto(memchr(b'-', rest), rest, last)? {
                0 => Some(self.dash(rest)),
                n => Some(n),
            },
            State::Bogus => Some(self.until_end(memchr(b'>', rest), rest)),
            State::Cdata => match upto(memchr(b']', rest), rest, last)? {
                0 if rest.starts_with(b"]]>") => Some(self.until_end(Some(2), rest)),
                n => {
                    sink.text(rest.get(..n.max(1)).unwrap_or_default());
                    Some(n.max(1))
                }
            },
            State::Raw(tag) => {
                let mark = match self.escape {
                    Escape::None => memchr(b'<', rest),
                    _ => memchr2(b'<', b'-', rest),
                };
                let n = match upto(mark, rest, last)? {
                    0 => return Some(self.raw_mark(tag, rest, sink)),
                    n => n,
                };
                raw_text(tag, rest.get(..n).unwrap_or_default(), sink);
                Some(n)
            }
            State::Plain => {
                sink.text(rest);
                Some(rest.len())
            }
        }
    }

    /// Reads a `<` of ordinary content and what it opens.
    fn open(&mut self, rest: &[u8], sink: &mut impl Sink) -> usize {
        match (rest.get(1), rest.get(2)) {
            (Some(b), _) if b.is_ascii_alphabetic() => self.open_tag(rest, 1, false, sink),
            (Some(b'/'), Some(b)) if b.is_ascii_alphabetic() => self.open_tag(rest, 2, true, sink),
            (Some(b'/'), Some(b'>')) => 3,
            (Some(b'/'), Some(_)) | (Some(b'?'), _) => {
                self.state = State::Bogus;
                2
            }
            (Some(b'!'), _) => self.declaration(rest),
            _ => {
                sink.text(b"<");
                1
            }
        }
    }

    fn open_tag(&mut self, rest: &[u8], from: usize, closing: bool, sink: &mut impl Sink) -> usize {
        let window = rest.get(from..).unwrap_or_default();
        let window = window.get(..NAME).unwrap_or(window);
        let length = window.iter().position(|&b| ends_name(b)).unwrap_or(window.len());
        let (name, behind) = window.split_at(length);
        let tag = Tag::named(name);
        let scan = if behind.is_empty() { TagScan::in_name() } else { TagScan::new() };
        let mut open = OpenTag { tag, closing, keep: false, scan };
        if behind.first() == Some(&b'>') {
            self.close_tag(open, &[], sink);
            return from + length + 1;
        }
        open.keep = !closing && sink.reads(tag);
        self.carry.clear();
        self.state = State::Tag(open);
        from + length
    }

    fn declaration(&mut self, rest: &[u8]) -> usize {
        if rest.starts_with(b"<!--") {
            self.state = State::Comment;
            let inside = rest.get(4..).unwrap_or_default();
            match inside {
                [b'>', ..] => self.until_end(Some(4), rest),
                [b'-', b'>', ..] => self.until_end(Some(5), rest),
                _ => 4,
            }
        } else if (self.xml || self.foreign > 0) && rest.starts_with(b"<![CDATA[") {
            self.state = State::Cdata;
            9
        } else {
            self.state = State::Bogus;
            2
        }
    }

    /// Reads a dash inside a comment.
    fn dash(&mut self, rest: &[u8]) -> usize {
        if rest.starts_with(b"-->") {
            self.until_end(Some(2), rest)
        } else if rest.starts_with(b"--!>") {
            self.until_end(Some(3), rest)
        } else {
            1
        }
    }

    /// Returns to ordinary content behind `end`, if it was found.
    fn until_end(&mut self, end: Option<usize>, rest: &[u8]) -> usize {
        end.map_or(rest.len(), |end| {
            self.state = State::Data;
            end + 1
        })
    }

    fn inside(&mut self, mut open: OpenTag, rest: &[u8], sink: &mut impl Sink) -> usize {
        let end = open.scan.end(rest);
        let part = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
        if open.keep && self.carry.len() + part.len() > MAX_TAG {
            open.keep = false;
        }
        let Some(end) = end else {
            if open.keep {
                self.carry.extend_from_slice(part);
            }
            self.state = State::Tag(open);
            return rest.len();
        };
        let mut carry = std::mem::take(&mut self.carry);
        let inside = match open.keep {
            false => &[],
            true if carry.is_empty() => part,
            true => {
                carry.extend_from_slice(part);
                carry.as_slice()
            }
        };
        self.close_tag(open, inside, sink);
        self.carry = carry;
        end + 1
    }

    fn close_tag(&mut self, open: OpenTag, inside: &[u8], sink: &mut impl Sink) {
        self.state = State::Data;
        let island = matches!(open.tag, Tag::Svg | Tag::Math);
        if open.closing {
            sink.end(open.tag);
            self.foreign = self.foreign.saturating_sub(u32::from(island));
            return;
        }
        if open.tag == Tag::Block {
            self.foreign = 0;
        }
        let foreign = self.foreign > 0;
        sink.start(open.tag, Attributes::new(inside), foreign);
        if open.scan.self_closing() && (self.xml || foreign || island) {
            return;
        }
        self.foreign = self.foreign.saturating_add(u32::from(island));
        if open.tag == Tag::Plaintext {
            self.state = State::Plain;
        } else if !open.tag.raw_name().is_empty() {
            self.escape = Escape::None;
            self.state = State::Raw(open.tag);
        }
    }

    /// Reads a `<` or `-` inside raw text.
    fn raw_mark(&mut self, tag: Tag, rest: &[u8], sink: &mut impl Sink) -> usize {
        let name = tag.raw_name();
        let script = tag == Tag::Script;
        if rest.starts_with(b"-->") {
            self.escape = Escape::None;
        } else if names(rest, b"</", name) {
            if self.escape != Escape::Twice {
                return self.open_tag(rest, 2, true, sink);
            }
            self.escape = Escape::Once;
        } else if script && self.escape == Escape::None && rest.starts_with(b"<!--") {
            self.escape = Escape::Once;
            // The two dashes may be those of the `-->` that ends it.
            return 2;
        } else if script && self.escape == Escape::Once && names(rest, b"<", name) {
            self.escape = Escape::Twice;
        }
        raw_text(tag, rest.get(..1).unwrap_or_default(), sink);
        1
    }
}

/// The next `<`. Between tags there is often no text at all.
fn next_tag(rest: &[u8]) -> Option<usize> {
    if rest.first() == Some(&b'<') { Some(0) } else { memchr(b'<', rest) }
}

/// How far the text before a mark reaches: all of `rest` without one, 0 when it stands first and
/// enough follows to judge it, `None` when more must follow.
fn upto(mark: Option<usize>, rest: &[u8], last: bool) -> Option<usize> {
    match mark {
        Some(0) if rest.len() < LOOK && !last => None,
        Some(at) => Some(at),
        None => Some(rest.len()),
    }
}

/// Of raw text only a title's is wanted.
fn raw_text(tag: Tag, text: &[u8], sink: &mut impl Sink) {
    if tag == Tag::Title {
        sink.text(text);
    }
}

/// Does `rest` start with this opening and this whole name?
fn names(rest: &[u8], opening: &[u8], name: &[u8]) -> bool {
    let Some(named) = rest.strip_prefix(opening) else {
        return false;
    };
    let here = named.get(..name.len());
    here.is_some_and(|here| here.eq_ignore_ascii_case(name))
        && named.get(name.len()).is_some_and(|&b| ends_name(b))
}
