//! Requests as the test site saw them, and the answers it gives.

use std::io::{self, BufRead};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

/// One request, as logged at the moment its head had been read.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    /// `GET`, `POST`, ...
    pub(crate) method: String,
    /// Host and port asked for: from an absolute-form target (the site as a proxy), else `Host`.
    pub(crate) host: String,
    /// Path and query.
    pub(crate) path: String,
    /// Names in lower case, in order.
    pub(crate) headers: Vec<(String, String)>,
    /// The body, when a length was announced.
    pub(crate) body: Vec<u8>,
    /// Arrival, microseconds of the site's monotonic clock.
    pub(crate) at_micros: i64,
    /// Number of the connection, from 0.
    pub(crate) connection: u64,
    /// Requests being answered, this one included.
    pub(crate) in_flight: usize,
}

impl Request {
    /// The first header of this (lower-case) name.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    /// Reads one request; `None` when the peer closed instead.
    pub(crate) fn read(from: &mut impl BufRead) -> io::Result<Option<Self>> {
        let mut line = String::new();
        if from.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        let mut words = line.split_whitespace();
        let method = words.next().unwrap_or_default().to_owned();
        let target = words.next().unwrap_or_default().to_owned();
        let headers = read_headers(from)?;
        let value = |name| headers.iter().find(|(n, _)| n == name).map(|(_, v): &(_, String)| v);
        let length = value("content-length").and_then(|v| v.parse().ok()).unwrap_or(0);
        let host = value("host").cloned().unwrap_or_default();
        let mut body = vec![0; length];
        from.read_exact(&mut body)?;
        let (host, path) = split_target(&target).unwrap_or((host, target));
        Ok(Some(Self {
            method,
            host,
            path,
            headers,
            body,
            at_micros: 0,
            connection: 0,
            in_flight: 0,
        }))
    }
}

fn read_headers(from: &mut impl BufRead) -> io::Result<Vec<(String, String)>> {
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        from.read_line(&mut line)?;
        match line.trim_end().split_once(':') {
            Some((name, value)) => {
                headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
            }
            None => return Ok(headers),
        }
    }
}

/// Host and path of an absolute-form target.
fn split_target(target: &str) -> Option<(String, String)> {
    let rest = target.strip_prefix("http://")?;
    let slash = rest.find('/').unwrap_or(rest.len());
    let (host, path) = rest.split_at(slash);
    Some((host.to_owned(), if path.is_empty() { "/".to_owned() } else { path.to_owned() }))
}

/// Holds answers back until the test opens it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Gate(Arc<(Mutex<bool>, Condvar)>);

impl Gate {
    /// A closed gate.
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Lets everything through from now on.
    pub(crate) fn open(&self) {
        *self.0.0.lock().unwrap() = true;
        self.0.1.notify_all();
    }

    /// Waits until the gate is open; says whether it is, after at most this long.
    pub(crate) fn wait(&self, at_most: Duration) -> bool {
        let open = self.0.0.lock().unwrap();
        *self.0.1.wait_timeout_while(open, at_most, |open| !*open).unwrap().0
    }
}

/// How a body is framed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Framing {
    /// Content-Length.
    Length,
    /// Content-Length of this many bytes, whatever the body has; the connection is then closed.
    FalseLength(usize),
    /// Transfer-Encoding: chunked, one chunk per part.
    Chunked,
    /// Until the connection closes.
    UntilClose,
}

/// An answer to be given.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) parts: Vec<Vec<u8>>,
    pub(crate) framing: Framing,
    /// Wait for this before answering.
    pub(crate) gate: Option<Gate>,
    /// Rest between two parts of the body.
    pub(crate) pause: Duration,
    /// Close the connection without a word.
    pub(crate) silent: bool,
    /// Send these bytes in place of an HTTP answer, then close.
    pub(crate) raw: Option<Vec<u8>>,
}

impl Reply {
    /// A status and an empty body.
    pub(crate) fn status(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            parts: Vec::new(),
            framing: Framing::Length,
            gate: None,
            pause: Duration::ZERO,
            silent: false,
            raw: None,
        }
    }

    /// 200 with this body and content type.
    pub(crate) fn body(content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self { parts: vec![body.into()], ..Self::status(200) }.header("Content-Type", content_type)
    }

    /// An HTML page.
    pub(crate) fn html(body: impl Into<Vec<u8>>) -> Self {
        Self::body("text/html; charset=utf-8", body)
    }

    /// An HTML page that links these targets, in order.
    pub(crate) fn links(targets: &[&str]) -> Self {
        use std::fmt::Write as _;
        let mut page = String::from("<!doctype html><title>links</title>\n");
        for target in targets {
            writeln!(page, "<a href=\"{target}\">to {target}</a>").unwrap();
        }
        Self::html(page)
    }

    /// A redirect.
    pub(crate) fn redirect(status: u16, location: &str) -> Self {
        Self::status(status).header("Location", location)
    }

    /// Closes the connection without an answer.
    pub(crate) fn close() -> Self {
        Self { silent: true, ..Self::status(0) }
    }

    /// Sends these bytes and closes the connection.
    pub(crate) fn raw(bytes: impl Into<Vec<u8>>) -> Self {
        Self { raw: Some(bytes.into()), ..Self::status(0) }
    }

    /// With one header more.
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Not before the gate opens.
    pub(crate) fn after(mut self, gate: &Gate) -> Self {
        self.gate = Some(gate.clone());
        self
    }

    /// Framed otherwise.
    pub(crate) fn framed(mut self, framing: Framing) -> Self {
        self.framing = framing;
        self
    }

    /// The body in pieces of `size` bytes with a rest after each.
    pub(crate) fn drip(mut self, size: usize, pause: Duration) -> Self {
        self.parts = self.parts.concat().chunks(size).map(<[u8]>::to_vec).collect();
        self.pause = pause;
        self
    }

    /// The head as sent.
    pub(crate) fn head(&self) -> String {
        use std::fmt::Write as _;
        let mut head = format!("HTTP/1.1 {} Test\r\n", self.status);
        for (name, value) in &self.headers {
            write!(head, "{name}: {value}\r\n").unwrap();
        }
        match self.framing {
            Framing::Length => {
                let length: usize = self.parts.iter().map(Vec::len).sum();
                write!(head, "Content-Length: {length}\r\n").unwrap();
            }
            Framing::FalseLength(length) => write!(head, "Content-Length: {length}\r\n").unwrap(),
            Framing::Chunked => head.push_str("Transfer-Encoding: chunked\r\n"),
            Framing::UntilClose => head.push_str("Connection: close\r\n"),
        }
        head.push_str("\r\n");
        head
    }
}
