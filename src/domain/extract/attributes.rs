//! The inside of a start tag: where it ends, and what its attributes are (WHATWG HTML, 13.2.5.32
//! to 13.2.5.40).

use memchr::memchr;

/// Does this byte end a tag's or an attribute's name?
pub(super) fn ends_name(byte: u8) -> bool {
    matches!(byte, b'\t' | b'\n' | 0x0c | b'\r' | b' ' | b'/' | b'>')
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b'\t' | b'\n' | 0x0c | b'\r' | b' ')
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    TagName,
    Between,
    Slash,
    Name,
    AfterName,
    BeforeValue,
    Quoted(u8),
    Bare,
}

/// Looks for the `>` that ends a tag; can be interrupted anywhere.
#[derive(Debug, Clone, Copy)]
pub(super) struct TagScan(Place);

impl TagScan {
    /// A scan that starts behind the tag's name.
    pub(super) fn new() -> Self {
        Self(Place::Between)
    }

    /// A scan that starts inside the tag's name.
    pub(super) fn in_name() -> Self {
        Self(Place::TagName)
    }

    /// Was the last thing before the end a `/`?
    pub(super) fn self_closing(self) -> bool {
        self.0 == Place::Slash
    }

    /// Offset of the `>` that ends the tag; `None` when it is not among these bytes.
    pub(super) fn end(&mut self, bytes: &[u8]) -> Option<usize> {
        let mut at = 0;
        while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
            at += match self.0 {
                Place::Quoted(quote) => self.leave(rest, memchr(quote, rest), Place::Between) + 1,
                Place::Name => {
                    let stop = rest.iter().position(|&b| ends_name(b) || b == b'=');
                    self.leave(rest, stop, Place::AfterName)
                }
                Place::TagName => {
                    let stop = rest.iter().position(|&b| ends_name(b));
                    self.leave(rest, stop, Place::Between)
                }
                Place::Bare => {
                    let stop = rest.iter().position(|&b| is_space(b) || b == b'>');
                    self.leave(rest, stop, Place::Between)
                }
                _ => {
                    if self.between(rest.first().copied().unwrap_or(b' ')) {
                        return Some(at);
                    }
                    1
                }
            };
        }
        None
    }

    /// Goes to `next` when a stop was found; returns how many bytes were passed over.
    fn leave(&mut self, rest: &[u8], stop: Option<usize>, next: Place) -> usize {
        if stop.is_some() {
            self.0 = next;
        }
        stop.unwrap_or(rest.len())
    }

    /// Takes one byte outside of names and values; `true` for the `>` that ends the tag.
    fn between(&mut self, byte: u8) -> bool {
        self.0 = match (self.0, byte) {
            (_, b'>') => return true,
            (Place::BeforeValue, b'"' | b'\'') => Place::Quoted(byte),
            (Place::AfterName, b'=') => Place::BeforeValue,
            (place @ (Place::BeforeValue | Place::AfterName), b) if is_space(b) => place,
            (Place::BeforeValue, _) => Place::Bare,
            (_, b'/') => Place::Slash,
            (_, b) if is_space(b) => Place::Between,
            _ => Place::Name,
        };
        false
    }
}

/// The attributes of a complete start tag, as (name, raw value) in order of appearance. A name may
/// come twice: the first counts.
#[derive(Debug, Clone)]
pub(super) struct Attributes<'a>(&'a [u8]);

impl<'a> Attributes<'a> {
    /// Reads what stands between a tag's name and its `>`.
    pub(super) fn new(inside: &'a [u8]) -> Self {
        Self(inside)
    }

    /// The first raw value of each of these (lower-case) names.
    pub(super) fn pick<const N: usize>(self, names: [&str; N]) -> [Option<&'a [u8]>; N] {
        let mut values = [None; N];
        for (name, value) in self {
            for (wanted, slot) in names.iter().zip(&mut values) {
                if slot.is_none() && name.eq_ignore_ascii_case(wanted.as_bytes()) {
                    *slot = Some(value);
                }
            }
        }
        values
    }

    /// Cuts off the first `n` bytes and returns them.
    fn take(&mut self, n: usize) -> &'a [u8] {
        let (head, tail) = self.0.split_at_checked(n).unwrap_or((self.0, &[]));
        self.0 = tail;
        head
    }

    fn take_until(&mut self, stop: impl Fn(u8) -> bool) -> &'a [u8] {
        let n = self.0.iter().position(|&b| stop(b)).unwrap_or(self.0.len());
        self.take(n)
    }

    fn value(&mut self) -> &'a [u8] {
        self.take_until(|b| !is_space(b));
        match self.0.first() {
            Some(&quote @ (b'"' | b'\'')) => {
                self.take(1);
                let value = self.take(memchr(quote, self.0).unwrap_or(self.0.len()));
                self.take(1);
                value
            }
            _ => self.take_until(is_space),
        }
    }
}

impl<'a> Iterator for Attributes<'a> {
    type Item = (&'a [u8], &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        self.take_until(|b| !is_space(b) && b != b'/');
        let whole = self.0;
        // A `=` at the very start belongs to the name.
        let first = self.take(1);
        let more = self.take_until(|b| ends_name(b) || b == b'=');
        let name = whole.get(..first.len() + more.len()).filter(|name| !name.is_empty())?;
        self.take_until(|b| !is_space(b));
        if self.0.first() == Some(&b'=') {
            self.take(1);
            return Some((name, self.value()));
        }
        Some((name, b""))
    }
}
