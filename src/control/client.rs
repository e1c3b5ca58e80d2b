//! Speaks to a daemon on its unix socket, and waits for the answer.

use std::fmt::Write as _;
use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

/// How long an answer may take that changes nothing, and how long it takes to be let in.
const PATIENCE: Duration = Duration::from_secs(30);
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
        match connect(socket) {
            Ok(stream) => Ok(Some(Self { stream, socket: socket.to_owned() })),
            Err(error) => match error.kind() {
                io::ErrorKind::NotFound
                | io::ErrorKind::ConnectionRefused
                | io::ErrorKind::NotADirectory => Ok(None),
                _ => Err(named(socket, PATIENCE, &error)),
            },
        }
    }

    /// Asks one thing. The parts of the path are encoded here.
    ///
    /// # Errors
    /// When the daemon goes away before it has answered, or answers with what is no HTTP.
    pub fn ask(
        self,
        method: &str,
        path: &[&str],
        query: &[(&str, &str)],
        body: Option<&Value>,
    ) -> io::Result<Answer> {
        let patience = if method == "GET" { PATIENCE } else { LONG_PATIENCE };
        self.ask_within(patience, &request(method, path, query, body))
    }

    fn ask_within(mut self, patience: Duration, request: &str) -> io::Result<Answer> {
        self.stream.set_read_timeout(Some(patience))?;
        self.stream.set_write_timeout(Some(patience))?;
        let mut answer = Vec::new();
        let asked = self.stream.write_all(request.as_bytes());
        asked
            .and_then(|()| (&self.stream).take(LONGEST).read_to_end(&mut answer))
            .map_err(|error| named(&self.socket, patience, &error))?;
        parse(&answer).ok_or_else(|| {
            let what = "the daemon went away without an answer";
            let what = if answer.is_empty() { what } else { "that is no answer of a daemon" };
            io::Error::new(io::ErrorKind::InvalidData, format!("{}: {what}", self.socket.display()))
        })
    }
}

/// The connection. A daemon that takes no more of them lets us wait for it, but not for ever.
fn connect(socket: &Path) -> io::Result<UnixStream> {
    let (tell, told) = mpsc::channel();
    let path = socket.to_owned();
    thread::Builder::new().spawn(move || {
        // Whoever asked may have gone.
        tell.send(UnixStream::connect(path)).ok();
    })?;
    told.recv_timeout(PATIENCE).unwrap_or_else(|_| Err(io::ErrorKind::WouldBlock.into()))
}

/// The same error in words that name the socket.
fn named(socket: &Path, patience: Duration, error: &io::Error) -> io::Error {
    let silent = matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut);
    let why = if silent {
        let patience = humantime::format_duration(patience);
        format!("the daemon has not answered for {patience}; its log may say why")
    } else {
        error.to_string()
    };
    io::Error::new(error.kind(), format!("{}: {why}", socket.display()))
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
    fn a_daemon_that_does_not_answer_is_not_waited_for_for_ever() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("silent.sock");
        let silent = std::os::unix::net::UnixListener::bind(&path).unwrap();
        let client = Client::call(&path).unwrap().unwrap();
        let error = client.ask_within(Duration::from_millis(1), "GET / HTTP/1.1\r\n\r\n");
        let told = error.unwrap_err().to_string();
        assert!(told.contains("silent.sock: the daemon has not answered for 1ms"), "{told}");
        drop(silent);
    }

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
