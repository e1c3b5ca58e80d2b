//! Repairs the head of a response before awc's parser sees it: a pure state machine over bytes.
//!
//! actix-http takes the first head for the final one, and reads a body without `Content-Length`
//! and `Transfer-Encoding` as empty unless the version is 1.0. So interim heads (RFC 9110, 15.2)
//! are cut away, and a head whose body ends with the connection (RFC 9112, 6.3, rule 8) is made a
//! 1.0 one. Folded lines are unfolded (RFC 9112, 5.2), which the parser would refuse. It takes no
//! more than 96 fields either: of more `Set-Cookie` lines than a jar holds the rest is cut away.

/// A head larger than this is handed on unfinished: the parser then calls it too large. As much as
/// the most patient browser takes.
pub(crate) const MAX_HEAD: usize = 384 * 1024;

/// `Set-Cookie` lines of an answer that are handed on.
const MAX_COOKIES: usize = 50;

/// More interim heads than this are no answer.
const MAX_INTERIM: u8 = 16;

const COOKIE: &[u8] = b"set-cookie";
const PREFIX: &[u8] = b"HTTP/1.";
/// Where the minor version stands in a status line.
pub(super) const MINOR: usize = 7;

/// What is known after some bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The head goes on.
    Incomplete,
    /// The head is complete and repaired; the bytes before `skip` are interim heads.
    Complete {
        /// Length of the interim heads.
        skip: usize,
    },
    /// This is no head that can be repaired; the parser shall say what is wrong with it.
    Strange,
}

/// Looks for the end of a response head in bytes that arrive piece by piece.
#[derive(Debug, Default)]
pub(crate) struct HeadScan {
    /// Where the present head begins.
    start: usize,
    /// Where the first unfinished line begins.
    line: usize,
    /// Bytes already searched for a line end.
    searched: usize,
    interim: u8,
    facts: Facts,
    /// Where the repaired head ends.
    end: usize,
    /// Was its version lowered?
    lowered: bool,
}

/// What is known of the present head.
#[derive(Debug, Default)]
struct Facts {
    minor: u8,
    /// 0: the status line has not come.
    status: u16,
    has_length: bool,
    has_coding: bool,
    keep_alive: bool,
    cookies: usize,
}

impl Facts {
    fn in_fields(&self) -> bool {
        self.status != 0
    }

    fn is_interim(&self) -> bool {
        (100..200).contains(&self.status) && self.status != 101
    }

    fn ends_with_connection(&self) -> bool {
        let no_body = self.status < 200 || self.status == 204 || self.status == 304;
        self.minor == b'1' && !no_body && !self.has_length && !self.has_coding
    }

    fn field(&mut self, line: &[u8]) {
        let Some(colon) = line.iter().position(|&b| b == b':') else { return };
        let (name, value) = line.split_at(colon);
        let value = value.get(1..).unwrap_or_default().trim_ascii();
        match name.trim_ascii_end() {
            n if n.eq_ignore_ascii_case(b"content-length") => self.has_length = true,
            n if n.eq_ignore_ascii_case(b"transfer-encoding") => {
                self.has_coding |= !value.eq_ignore_ascii_case(b"identity");
            }
            n if n.eq_ignore_ascii_case(b"connection") => {
                self.keep_alive |= value
                    .split(|&b| b == b',')
                    .any(|option| option.trim_ascii().eq_ignore_ascii_case(b"keep-alive"));
            }
            n if n.eq_ignore_ascii_case(COOKIE) => self.cookies += 1,
            _ => {}
        }
    }
}

impl HeadScan {
    /// Reads on in `bytes`, which are all the bytes of this answer so far: those of the call
    /// before, unchanged, and more. Repairs are made in place.
    pub(crate) fn feed(&mut self, bytes: &mut [u8]) -> Verdict {
        while let Some(end) = self.next_line_end(bytes) {
            let line = bytes.get(self.line..end).unwrap_or_default().trim_ascii_end();
            if !self.facts.in_fields() {
                if line.is_empty() {
                    self.start = end + 1;
                } else if !self.read_status(line) {
                    return Verdict::Strange;
                }
            } else if line.is_empty() {
                if let Some(verdict) = self.end_of_head(bytes, end + 1) {
                    return verdict;
                }
            } else if line.first().is_some_and(|b| matches!(b, b' ' | b'\t')) {
                unfold(bytes, self.line);
            } else {
                self.facts.field(line);
            }
            self.line = end + 1;
            self.searched = end + 1;
        }
        self.searched = bytes.len();
        self.unfinished(bytes)
    }

    /// Does the server leave the connection open after this answer, as far as the version and
    /// `Connection: keep-alive` say? (`Connection: close` is the parser's business.) Where a head
    /// gives two ends of its body nobody knows what comes after it (RFC 9112, 6.3, rule 3).
    pub(crate) fn is_persistent(&self) -> bool {
        let two_ends = self.facts.has_length && self.facts.has_coding;
        !two_ends && (self.facts.minor == b'1' || self.facts.keep_alive)
    }

    /// Where a complete head ends, and whether the repair lowered its version.
    pub(super) fn repaired(&self) -> (usize, bool) {
        (self.end, self.lowered)
    }

    fn next_line_end(&self, bytes: &[u8]) -> Option<usize> {
        let rest = bytes.get(self.searched..)?;
        rest.iter().position(|&b| b == b'\n').map(|at| self.searched + at)
    }

    fn read_status(&mut self, line: &[u8]) -> bool {
        let digits = line.get(MINOR + 2..MINOR + 5).unwrap_or_default();
        let status =
            std::str::from_utf8(digits).ok().and_then(|text| text.parse().ok()).filter(|&s| s > 0);
        let (true, Some(&minor), Some(status)) =
            (line.starts_with(PREFIX), line.get(MINOR), status)
        else {
            return false;
        };
        self.facts = Facts { minor, status, ..Facts::default() };
        true
    }

    fn end_of_head(&mut self, bytes: &mut [u8], end: usize) -> Option<Verdict> {
        if self.facts.is_interim() {
            self.interim += 1;
            self.facts = Facts::default();
            self.start = end;
            return (self.interim > MAX_INTERIM).then_some(Verdict::Strange);
        }
        if self.facts.ends_with_connection()
            && let Some(minor) = bytes.get_mut(self.start + MINOR)
        {
            *minor = b'0';
            self.facts.minor = b'0';
            self.lowered = true;
        }
        self.end = end;
        let cookies = self.facts.cookies;
        let skip = if cookies > MAX_COOKIES {
            drop_surplus(bytes, self.start, end, cookies)
        } else {
            self.start
        };
        Some(Verdict::Complete { skip })
    }

    fn unfinished(&self, bytes: &[u8]) -> Verdict {
        let begun = bytes.get(self.line..).unwrap_or_default();
        let no_status = !self.facts.in_fields()
            && !begun.trim_ascii_start().is_empty()
            && !PREFIX.starts_with(begun.get(..PREFIX.len()).unwrap_or(begun));
        if no_status || bytes.len() > MAX_HEAD { Verdict::Strange } else { Verdict::Incomplete }
    }
}

/// Makes the line that begins at `line` a continuation of the one before: its line end becomes
/// spaces.
fn unfold(bytes: &mut [u8], line: usize) {
    let before = bytes.get_mut(..line).unwrap_or_default();
    for byte in before.iter_mut().rev().take_while(|b| matches!(**b, b'\r' | b'\n')) {
        *byte = b' ';
    }
}

/// Moves all lines of a head but the surplus cookies to its end, and says where they now begin.
fn drop_surplus(bytes: &mut [u8], start: usize, end: usize, mut cookies: usize) -> usize {
    let (mut from, mut to) = (end, end);
    while from > start {
        let before = bytes.get(start..from - 1).unwrap_or_default();
        let line = before.iter().rposition(|&b| b == b'\n').map_or(start, |at| start + at + 1);
        let is_cookie = bytes.get(line..from).is_some_and(is_cookie);
        if !is_cookie || cookies <= MAX_COOKIES {
            to -= from - line;
            bytes.copy_within(line..from, to);
        }
        // A name that was folded off its colon has not been counted.
        cookies = cookies.saturating_sub(usize::from(is_cookie));
        from = line;
    }
    to
}

fn is_cookie(line: &[u8]) -> bool {
    let name = line.split(|&b| b == b':').next().unwrap_or_default();
    name.len() < line.len() && name.trim_ascii_end().eq_ignore_ascii_case(COOKIE)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The repaired bytes, whatever the pieces they came in.
    fn repaired(text: &str) -> (String, Verdict) {
        let mut whole = text.as_bytes().to_vec();
        let verdict = HeadScan::default().feed(&mut whole);
        for size in 1..=text.len() {
            let (mut scan, mut bytes, mut last) = (HeadScan::default(), Vec::new(), None);
            for piece in text.as_bytes().chunks(size) {
                bytes.extend_from_slice(piece);
                let verdict = scan.feed(&mut bytes);
                if verdict != Verdict::Incomplete {
                    last = Some(verdict);
                    break;
                }
            }
            assert_eq!(last.unwrap_or(Verdict::Incomplete), verdict, "pieces of {size}");
            assert_eq!(bytes, whole.get(..bytes.len()).unwrap(), "pieces of {size}");
        }
        let skip = if let Verdict::Complete { skip } = verdict { skip } else { 0 };
        (String::from_utf8(whole.get(skip..).unwrap().to_vec()).unwrap(), verdict)
    }

    #[test]
    fn a_head_with_a_length_or_chunks_stays_as_it_is() {
        for field in ["Content-Length: 3", "transfer-ENCODING : chunked"] {
            let text = format!("HTTP/1.1 200 OK\r\n{field}\r\n\r\n");
            assert_eq!(repaired(&text), (text, Verdict::Complete { skip: 0 }));
        }
    }

    #[test]
    fn a_body_that_ends_with_the_connection_gets_version_1_0() {
        let text = "HTTP/1.1 200 OK\r\nA: b\r\n\r\n";
        assert_eq!(repaired(text).0, text.replace("1.1", "1.0"));
        let text = "HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\n\r\n";
        assert_eq!(repaired(text).0, text.replace("1.1", "1.0"));
    }

    #[test]
    fn an_answer_without_a_body_keeps_its_version() {
        for status in [101, 204, 304] {
            let text = format!("HTTP/1.1 {status} X\n\n");
            assert_eq!(repaired(&text).0, text);
        }
    }

    #[test]
    fn interim_heads_and_leading_blank_lines_are_cut_away() {
        let last = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
        let text = format!(
            "\r\nHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nContent-Length: 9\r\n\r\n{last}"
        );
        assert_eq!(repaired(&text).0, last);
    }

    #[test]
    fn endless_interim_heads_are_strange() {
        let text = "HTTP/1.1 100 Continue\r\n\r\n".repeat(17);
        assert_eq!(HeadScan::default().feed(&mut text.into_bytes()), Verdict::Strange);
    }

    #[test]
    fn a_folded_line_is_unfolded() {
        let text = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX: a\r\n b\r\n\r\n";
        let (head, _) = repaired(text);
        assert_eq!(head, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX: a   b\r\n\r\n");
    }

    #[test]
    fn a_cookie_folded_off_its_colon_is_no_trouble() {
        let surplus = "Set-Cookie: a\r\n".repeat(MAX_COOKIES + 1);
        let folded = "Set-Cookie\r\n : b\r\n".repeat(MAX_COOKIES + 1);
        let text = format!("HTTP/1.1 200 OK\r\n{folded}{surplus}Content-Length: 0\r\n\r\n");
        let mut bytes = text.into_bytes();
        assert!(matches!(HeadScan::default().feed(&mut bytes), Verdict::Complete { .. }));
    }

    #[test]
    fn what_is_no_http_1_is_strange_at_once() {
        for text in
            ["<html>", "ICY 200 OK\r\n", "HTTP/2 200\r\n", "HTTP/1.1\r\n", "HTTP/1.1 xx\r\n"]
        {
            assert_eq!(repaired(text).1, Verdict::Strange, "{text}");
        }
        assert_eq!(repaired("HTTP/1").1, Verdict::Incomplete);
    }

    #[test]
    fn surplus_cookies_are_cut_away_and_nothing_else() {
        use std::fmt::Write as _;
        let mut text = String::from("HTTP/1.1 103 Early\r\n\r\nHTTP/1.1 200 OK\r\nA: b\r\n");
        for n in 0..MAX_COOKIES + 7 {
            write!(text, "set-cookie: c{n}=x;\r\n Path=/\r\nSet-Cookies: {n}\r\n").unwrap();
        }
        text.push_str("Content-Length: 3\r\nSET-COOKIE : last=x\r\n\r\n");
        let whole = repaired(&(text.clone() + "c: Set-Cookie:\nd")).0;
        let head = whole.strip_suffix("c: Set-Cookie:\nd").expect("the body is left alone");
        let count = |needle: &str| head.matches(needle).count();
        assert!(head.starts_with("HTTP/1.1 200 OK\r\nA: b\r\nset-cookie: c0=x;"), "{head}");
        assert!(head.ends_with("Content-Length: 3\r\n\r\n"), "{head}");
        assert_eq!(count("set-cookie: "), MAX_COOKIES);
        assert_eq!(count("Set-Cookies: "), MAX_COOKIES + 7);
        assert_eq!(count(" Path=/"), MAX_COOKIES, "folded lines go together");
    }

    #[test]
    fn an_endless_head_is_strange() {
        let mut text = b"HTTP/1.1 200 OK\r\nX: ".to_vec();
        text.resize(MAX_HEAD + 1, b'x');
        assert_eq!(HeadScan::default().feed(&mut text), Verdict::Strange);
    }

    #[test]
    fn only_1_1_or_keep_alive_is_persistent() {
        for (text, persistent) in [
            ("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", true),
            ("HTTP/1.1 200 OK\r\n\r\n", false),
            ("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", false),
            ("HTTP/1.0 200 OK\r\nContent-Length: 0\r\nConnection: x, Keep-Alive\r\n\r\n", true),
        ] {
            let mut scan = HeadScan::default();
            scan.feed(&mut text.as_bytes().to_vec());
            assert_eq!(scan.is_persistent(), persistent, "{text}");
        }
    }
}
