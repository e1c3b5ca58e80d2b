//! Speaks to a daemon on its unix socket, and waits for the answer.

use std::fmt::Write as _;
use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

/// How long an answer may take that changes nothing.
const PATIENCE: Duration = Duration::from_mins(1);
/// How long one may take that does: a reload of a large store takes its time.
const LONG_PATIENCE: Duration = Duration::from_mins(10);
/// Longest answer that is read, in bytes.
const LONGEST: u64 = 64 << 20;

/// An answer of the daemon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Body.
    pub body: String,
}

impl Answer {
    /// Was it done?
    #[must_use]
    pub fn is_good(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

/// A connection to a daemon, good for one question.
#[derive(Debug)]
pub struct Client {
    stream: UnixStream,
    socket: PathBuf,
}

impl Client {
    /// Calls the daemon behind this socket. `None`: nobody answers there.
    ///
    /// # Errors
    /// When somebody may, but not for us.
    pub fn call(socket: &Path) -> io::Result<Option<Self>> {
        match UnixStream::connect(socket) {
            Ok(stream) => Ok(Some(Self { stream, socket: socket.to_owned() })),
            Err(error) => match error.kind() {
                io::ErrorKind::NotFound
                | io::ErrorKind::ConnectionRefused
                | io::ErrorKind::NotADirectory => Ok(None),
                _ => Err(io::Error::new(error.kind(), format!("{}: {error}", socket.display()))),
            },
        }
    }

    /// Asks one thing. The parts of the path are encoded here.
    ///
    /// # Errors
    /// When the daemon goes away before it has answered, or answers with what is no HTTP.
    pub fn ask(
        mut self,
        method: &str,
        path: &[&str],
        query: &[(&str, &str)],
        body: Option<&Value>,
    ) -> io::Result<Answer> {
        let patience = if method == "GET" { PATIENCE } else { LONG_PATIENCE };
        self.stream.set_read_timeout(Some(patience))?;
        self.stream.set_write_timeout(Some(patience))?;
        let request = request(method, path, query, body);
        self.stream.write_all(request.as_bytes())?;
        let mut answer = Vec::new();
        let read = Read::by_ref(&mut self.stream).take(LONGEST).read_to_end(&mut answer);
        read.map_err(|error| {
            let silent = error.kind() == io::ErrorKind::WouldBlock;
            let why =
                if silent { "the daemon does not answer".to_owned() } else { error.to_string() };
            io::Error::new(error.kind(), format!("{}: {why}", self.socket.display()))
        })?;
        parse(&answer).ok_or_else(|| {
            let what = "the daemon went away without an answer";
            let what = if answer.is_empty() { what } else { "that is no answer of a daemon" };
            io::Error::new(io::ErrorKind::InvalidData, format!("{}: {what}", self.socket.display()))
        })
    }
}

fn request(method: &str, path: &[&str], query: &[(&str, &str)], body: Option<&Value>) -> String {
    let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let mut target = String::new();
    for part in path {
        target.push('/');
        target.push_str(&encoded(part));
    }
    for (at, (name, value)) in query.iter().enumerate() {
        let sign = if at == 0 { '?' } else { '&' };
        // Writing to a String does not fail.
        write!(target, "{sign}{name}={}", encoded(value)).ok();
    }
    let body = body.map(Value::to_string).unwrap_or_default();
    format!(
        "{method} {target} HTTP/1.1\r\nHost: crawld\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// The server closes after its one answer, whose length it tells.
fn parse(answer: &[u8]) -> Option<Answer> {
    let text = String::from_utf8_lossy(answer);
    let (head, body) = text.split_once("\r\n\r\n")?;
    let status = head.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok()?;
    Some(Answer { status, body: body.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_values_are_encoded_into_the_request() {
        let text = request("GET", &["v1", "jobs", "a b/ä"], &[("url", "http://x/?a=1&b")], None);
        let line = text.lines().next().unwrap();
        assert_eq!(line, "GET /v1/jobs/a%20b%2F%C3%A4?url=http%3A%2F%2Fx%2F%3Fa%3D1%26b HTTP/1.1");
        assert!(text.ends_with("Content-Length: 0\r\n\r\n"));
    }

    #[test]
    fn an_answer_is_its_status_and_its_body() {
        let answer = parse(b"HTTP/1.1 409 Conflict\r\ncontent-length: 2\r\n\r\nno").unwrap();
        assert_eq!((answer.status, answer.body.as_str(), answer.is_good()), (409, "no", false));
        assert_eq!(parse(b""), None);
        assert_eq!(parse(b"SSH-2.0\r\n\r\n"), None);
    }
}
