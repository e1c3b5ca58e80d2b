//! Standard input, whose beginning may be looked at before the list in it is read.
//!
//! Invariant: what was read of it and is not handed out yet is in `AHEAD`, in order. There is one
//! standard input, and one list is read from it.

use std::io::{self, Cursor, Read};
use std::sync::{Mutex, PoisonError};

use crate::domain::list::{Column, ListReader, no_list};

/// Bytes read at once.
const CHUNK: usize = 4 * 1024;
/// How far a heading is waited for, in bytes.
const HEADING: usize = 64 * 1024;

/// What was looked at.
static AHEAD: Mutex<Vec<u8>> = Mutex::new(Vec::new());

/// All of it, what was looked at too.
pub(super) fn all() -> impl Read {
    let ahead = std::mem::take(&mut *AHEAD.lock().unwrap_or_else(PoisonError::into_inner));
    Cursor::new(ahead).chain(io::stdin().lock())
}

/// Waits for the heading of the table on standard input. Why the list cannot be read; `None`: it can,
/// or that shows later.
#[must_use]
pub fn heading_lacks(column: &Column) -> Option<String> {
    let mut ahead = AHEAD.lock().unwrap_or_else(PoisonError::into_inner);
    heading(&mut io::stdin().lock(), column, &mut ahead)
}

fn heading(from: &mut impl Read, column: &Column, ahead: &mut Vec<u8>) -> Option<String> {
    let (mut reader, mut chunk) = (ListReader::new(Some(column)), [0; CHUNK]);
    // A row may have more cells than the first.
    while matches!(column, Column::Name(_)) && ahead.len() < HEADING && !reader.has_begun() {
        let bytes = match from.read(&mut chunk) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            // The heading may be all that there is.
            Ok(0) | Err(_) => {
                reader.feed(b"\n", &mut |_| {});
                break;
            }
            Ok(length) => chunk.get(..length).unwrap_or_default(),
        };
        ahead.extend_from_slice(bytes);
        if let Some(what) = no_list(ahead) {
            return Some(what);
        }
        reader.feed(bytes, &mut |_| {});
    }
    reader.lacks_its_column()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives a piece at a time.
    struct Pieces(Vec<&'static [u8]>);

    impl Read for Pieces {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            if self.0.is_empty() {
                return Ok(0);
            }
            let piece = self.0.remove(0);
            into[..piece.len()].copy_from_slice(piece);
            Ok(piece.len())
        }
    }

    #[test]
    fn a_heading_is_judged_as_soon_as_it_is_whole_and_nothing_of_it_is_lost() {
        let url = Column::Name("url".to_owned());
        for (pieces, lacks, left) in [
            (vec![&b"na"[..], b"me,url", b"\nx,", b"http://a/"], false, 1),
            (vec![b"name,li", b"nk\n", b"more"], true, 1),
            (vec![b"name,link"], true, 0),
            (vec![b"\"a\n", b"b\",u", b"rl\n", b"more"], false, 1),
            (vec![b"\x1f\x8b\0", b"more"], true, 1),
            (vec![], false, 0),
        ] {
            let (all, mut ahead) = (pieces.concat(), Vec::new());
            let mut from = Pieces(pieces);
            let said = heading(&mut from, &url, &mut ahead);
            assert_eq!((said.is_some(), from.0.len()), (lacks, left), "{said:?} {all:?}");
            assert_eq!([ahead, from.0.concat()].concat(), all);
        }
        let mut from = Pieces(vec![b"more"]);
        let second = Column::Number(2);
        assert_eq!((heading(&mut from, &second, &mut Vec::new()), from.0.len()), (None, 1));
    }
}
