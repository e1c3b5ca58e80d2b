//! A server that answers with whatever bytes a test wants, and misbehaves on demand.
#![allow(dead_code, reason = "each test uses its own part")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail loudly")]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::Duration;

/// What the server does next with a connection. When all is done it reads the next request.
#[derive(Debug, Clone)]
pub(crate) enum Act {
    /// Sends these bytes.
    Send(Vec<u8>),
    /// Does nothing for a while.
    Pause(Duration),
    /// Closes in the orderly way.
    Close,
    /// Closes with a reset.
    Reset,
    /// Says nothing more until the client goes away.
    Hold,
}

/// Sends text.
pub(crate) fn send(text: impl AsRef<[u8]>) -> Act {
    Act::Send(text.as_ref().to_vec())
}

/// A complete 200 with a length.
pub(crate) fn page(body: impl AsRef<[u8]>) -> Vec<Act> {
    let body = body.as_ref();
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
    vec![Act::Send([head.as_bytes(), body].concat())]
}

/// A request as it arrived.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    /// Number of the connection, from 0.
    pub(crate) connection: usize,
    /// Number of the request on its connection, from 0.
    pub(crate) number: usize,
    /// The request head.
    pub(crate) head: String,
}

impl Asked {
    /// Path and query.
    pub(crate) fn path(&self) -> &str {
        self.head.split(' ').nth(1).unwrap_or_default()
    }

    /// Value of a header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head
            .lines()
            .filter_map(|line| line.split_once(':'))
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.trim())
    }
}

type Script = dyn Fn(&Asked) -> Vec<Act> + Send + Sync;

struct Shared {
    script: Box<Script>,
    log: Mutex<Vec<Asked>>,
    stopping: AtomicBool,
}

/// A listening server; it stops when dropped.
pub(crate) struct RawServer {
    address: SocketAddr,
    shared: Arc<Shared>,
}

impl RawServer {
    /// Listens on 127.0.0.1 and answers each request by the script.
    pub(crate) fn start(script: impl Fn(&Asked) -> Vec<Act> + Send + Sync + 'static) -> Self {
        Self::start_on("127.0.0.1:0", script)
    }

    /// Listens on this address.
    pub(crate) fn start_on(
        address: &str,
        script: impl Fn(&Asked) -> Vec<Act> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind(address).unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            script: Box::new(script),
            log: Mutex::default(),
            stopping: AtomicBool::new(false),
        });
        let theirs = Arc::clone(&shared);
        thread::spawn(move || accept(&listener, &theirs));
        Self { address, shared }
    }

    /// Answers every request the same way.
    pub(crate) fn always(acts: Vec<Act>) -> Self {
        Self::start(move |_| acts.clone())
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// A URL of this server.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Every request so far.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.shared.log.lock().unwrap().clone()
    }
}

impl Drop for RawServer {
    fn drop(&mut self) {
        self.shared.stopping.store(true, Ordering::SeqCst);
        drop(TcpStream::connect(self.address));
    }
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    for (connection, stream) in listener.incoming().enumerate() {
        if shared.stopping.load(Ordering::SeqCst) {
            return;
        }
        let Ok(stream) = stream else { continue };
        let shared = Arc::clone(shared);
        thread::spawn(move || serve(stream, connection, &shared));
    }
}

/// The last byte of a request is left unread while it is being answered: closing a socket with
/// unread bytes resets the connection.
fn serve(mut stream: TcpStream, connection: usize, shared: &Shared) {
    for number in 0.. {
        let Some(head) = read_head(&mut stream) else { return };
        let asked = Asked { connection, number, head };
        shared.log.lock().unwrap().push(asked.clone());
        for act in (shared.script)(&asked) {
            match act {
                Act::Send(bytes) => {
                    if stream.write_all(&bytes).is_err() {
                        return;
                    }
                }
                Act::Pause(span) => pause(span),
                Act::Reset => return,
                Act::Close => return read_last(&mut stream),
                Act::Hold => {
                    read_last(&mut stream);
                    // Until the client goes away, with or without an error.
                    drop(stream.read(&mut [0; 16]));
                    return;
                }
            }
        }
        read_last(&mut stream);
    }
}

fn read_head(stream: &mut TcpStream) -> Option<String> {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let seen = stream.peek(&mut buffer).ok().filter(|&seen| seen > 0)?;
        let end = buffer[..seen].windows(4).position(|window| window == b"\r\n\r\n");
        if let Some(end) = end {
            let mut head = vec![0; end + 3];
            stream.read_exact(&mut head).ok()?;
            return Some(String::from_utf8_lossy(&head).into_owned());
        }
        pause(Duration::from_millis(1));
    }
}

fn read_last(stream: &mut TcpStream) {
    // An error here is the client's going away, which the next read sees too.
    drop(stream.read_exact(&mut [0]));
}

fn pause(span: Duration) {
    let (_keep, never) = mpsc::channel::<()>();
    assert!(never.recv_timeout(span).is_err());
}
