//! A web site under the test's control: plain HTTP/1.1 with keep-alive, one thread per connection.
//!
//! It also answers as a forward proxy (absolute-form targets), so a test can invent host names
//! without a name server: route `http://www.example.com/a` and set `http_proxy` to [`Site::url`].

use std::collections::HashMap;
use std::io::{self, BufReader, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;

use crawld::clock::Clock;

use super::http::{Framing, Gate, Reply, Request};

/// How long connections may take to end once their client is gone.
const ALONE: Duration = Duration::from_mins(1);

type Route = Box<dyn Fn(&Request) -> Reply + Send + Sync>;

/// The pages of a site that is not open yet.
#[derive(Default)]
pub(crate) struct Pages {
    routes: HashMap<String, Route>,
    fallback: Option<Route>,
}

impl Pages {
    /// No pages: everything is 404.
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Always this answer at `path` (path and query, or a whole `http://host/path`).
    pub(crate) fn reply(self, path: &str, reply: Reply) -> Self {
        self.route(path, move |_| reply.clone())
    }

    /// An HTML page.
    pub(crate) fn page(self, path: &str, html: &str) -> Self {
        self.reply(path, Reply::html(html))
    }

    /// An HTML page with these links.
    pub(crate) fn links(self, path: &str, targets: &[&str]) -> Self {
        self.reply(path, Reply::links(targets))
    }

    /// A redirect.
    pub(crate) fn redirect(self, path: &str, status: u16, location: &str) -> Self {
        self.reply(path, Reply::redirect(status, location))
    }

    /// An answer computed for each request.
    pub(crate) fn route(
        mut self,
        path: &str,
        answer: impl Fn(&Request) -> Reply + Send + Sync + 'static,
    ) -> Self {
        self.routes.insert(path.to_owned(), Box::new(answer));
        self
    }

    /// Answers one after another; the last one stays.
    pub(crate) fn sequence(self, path: &str, replies: Vec<Reply>) -> Self {
        let at = AtomicUsize::new(0);
        self.route(path, move |_| {
            let last = replies.len() - 1;
            replies[at.fetch_add(1, Ordering::SeqCst).min(last)].clone()
        })
    }

    /// What answers every path that has no page (404 otherwise).
    pub(crate) fn otherwise(
        mut self,
        answer: impl Fn(&Request) -> Reply + Send + Sync + 'static,
    ) -> Self {
        self.fallback = Some(Box::new(answer));
        self
    }

    /// Opens the site on a free port of 127.0.0.1.
    pub(crate) fn open(self) -> Site {
        self.open_at("127.0.0.1:0")
    }

    /// Opens the site at an address: other loopback addresses (127.0.0.2) make further hosts.
    pub(crate) fn open_at(self, address: &str) -> Site {
        Site::open(self, address)
    }

    fn answer(&self, request: &Request) -> Reply {
        let whole = format!("http://{}{}", request.host, request.path);
        let route = self.routes.get(&whole).or_else(|| self.routes.get(&request.path));
        match route.or(self.fallback.as_ref()) {
            Some(route) => route(request),
            None => Reply { status: 404, ..Reply::html("<title>not here</title>") },
        }
    }
}

/// What the connections share.
struct Shared {
    pages: Pages,
    clock: Clock,
    log: Mutex<Vec<Request>>,
    logged: Condvar,
    in_flight: AtomicUsize,
    sockets: Mutex<HashMap<u64, TcpStream>>,
    parted: Condvar,
    closing: AtomicBool,
    never: Gate,
}

/// An open site; dropping it closes the port and every connection.
pub(crate) struct Site {
    shared: Arc<Shared>,
    address: SocketAddr,
}

impl Site {
    fn open(pages: Pages, address: &str) -> Self {
        let listener = TcpListener::bind(address).unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            pages,
            clock: Clock::start(),
            log: Mutex::default(),
            logged: Condvar::new(),
            in_flight: AtomicUsize::new(0),
            sockets: Mutex::default(),
            parted: Condvar::new(),
            closing: AtomicBool::new(false),
            never: Gate::new(),
        });
        let server = Arc::clone(&shared);
        thread::spawn(move || accept(&server, &listener));
        Self { shared, address }
    }

    /// `http://127.0.0.1:PORT`, without a slash at the end.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The URL of a path.
    pub(crate) fn at(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The port.
    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    /// Now, on the clock of the log.
    pub(crate) fn micros(&self) -> i64 {
        self.shared.clock.micros()
    }

    /// Every request so far, in order of arrival.
    pub(crate) fn log(&self) -> Vec<Request> {
        self.shared.log.lock().unwrap().clone()
    }

    /// How many requests there were so far.
    pub(crate) fn requests(&self) -> usize {
        self.shared.log.lock().unwrap().len()
    }

    /// How often a path was asked.
    pub(crate) fn hits(&self, path: &str) -> usize {
        self.shared.log.lock().unwrap().iter().filter(|request| request.path == path).count()
    }

    /// The paths in order of arrival, robots.txt left out.
    pub(crate) fn paths(&self) -> Vec<String> {
        let log = self.shared.log.lock().unwrap();
        log.iter().map(|r| r.path.clone()).filter(|path| path != "/robots.txt").collect()
    }

    /// The most requests that were being answered at once.
    pub(crate) fn max_in_flight(&self) -> usize {
        self.shared.log.lock().unwrap().iter().map(|r| r.in_flight).max().unwrap_or(0)
    }

    /// Waits until that many requests have arrived in all; false when they have not by then.
    pub(crate) fn wait_for(&self, requests: usize, at_most: Duration) -> bool {
        let log = self.shared.log.lock().unwrap();
        let few = |log: &mut Vec<Request>| log.len() < requests;
        !self.shared.logged.wait_timeout_while(log, at_most, few).unwrap().1.timed_out()
    }

    /// Waits until every connection has ended, those included that a dead client left unread: from
    /// then on the log holds all that this client ever sent.
    pub(crate) fn wait_until_alone(&self) {
        // Connections are accepted in turn: when this one has been, so have all before it.
        let socket = TcpStream::connect(self.address).unwrap();
        socket.shutdown(Shutdown::Write).unwrap();
        io::copy(&mut &socket, &mut io::sink()).unwrap();
        let open = self.shared.sockets.lock().unwrap();
        let open = self.shared.parted.wait_timeout_while(open, ALONE, |open| !open.is_empty());
        assert!(!open.unwrap().1.timed_out(), "a connection outlived its client");
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.shared.closing.store(true, Ordering::SeqCst);
        self.shared.never.open();
        for socket in self.shared.sockets.lock().unwrap().values() {
            drop(socket.shutdown(Shutdown::Both));
        }
        // Wakes the listener, which then sees that it is over.
        drop(TcpStream::connect(self.address));
    }
}

fn accept(shared: &Arc<Shared>, listener: &TcpListener) {
    for (number, socket) in (0..).zip(listener.incoming()) {
        if shared.closing.load(Ordering::SeqCst) {
            return;
        }
        let Ok(socket) = socket else { continue };
        let shared = Arc::clone(shared);
        shared.sockets.lock().unwrap().insert(number, socket.try_clone().unwrap());
        thread::spawn(move || {
            // A peer that was killed resets its connection: nothing the site should mind.
            drop(converse(&shared, &socket, number));
            drop(socket.shutdown(Shutdown::Both));
            shared.sockets.lock().unwrap().remove(&number);
            shared.parted.notify_all();
        });
    }
}

/// Answers the requests of one connection until it ends.
fn converse(shared: &Shared, socket: &TcpStream, connection: u64) -> io::Result<()> {
    socket.set_nodelay(true)?;
    let mut reader = BufReader::new(socket);
    while let Some(request) = Request::read(&mut reader)? {
        let busy = Busy::enter(&shared.in_flight);
        let request =
            Request { connection, in_flight: busy.1, at_micros: shared.clock.micros(), ..request };
        {
            let mut log = shared.log.lock().unwrap();
            log.push(request.clone());
            shared.logged.notify_all();
        }
        let reply = shared.pages.answer(&request);
        let head_only = request.method == "HEAD";
        if !send(shared, socket, &reply, head_only, busy)? {
            return Ok(());
        }
        if request.header("connection").is_some_and(|v| v.eq_ignore_ascii_case("close")) {
            return Ok(());
        }
    }
    Ok(())
}

/// Counts a request as being answered while it lives.
struct Busy<'a>(&'a AtomicUsize, usize);

impl<'a> Busy<'a> {
    fn enter(count: &'a AtomicUsize) -> Self {
        Self(count, count.fetch_add(1, Ordering::SeqCst) + 1)
    }
}

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Sends an answer; says whether the connection may be used again. The request stops counting as
/// in flight just before its last bytes leave, lest the next one be counted along with it.
fn send(
    shared: &Shared,
    mut to: &TcpStream,
    reply: &Reply,
    head_only: bool,
    busy: Busy<'_>,
) -> io::Result<bool> {
    if let Some(gate) = &reply.gate {
        while !gate.wait(Duration::from_millis(50)) && !shared.closing.load(Ordering::SeqCst) {}
    }
    if reply.silent {
        return Ok(false);
    }
    if let Some(raw) = &reply.raw {
        to.write_all(raw)?;
        return Ok(false);
    }
    if head_only || reply.parts.is_empty() {
        drop(busy);
        to.write_all(reply.head().as_bytes())?;
        return Ok(!matches!(reply.framing, Framing::FalseLength(_) | Framing::UntilClose));
    }
    let mut busy = Some(busy);
    let mut bytes = reply.head().into_bytes();
    for (at, part) in reply.parts.iter().enumerate() {
        let last = at + 1 == reply.parts.len();
        frame(&mut bytes, part, reply.framing, last);
        if last {
            busy.take();
        }
        to.write_all(&bytes)?;
        bytes.clear();
        if !last && !reply.pause.is_zero() {
            shared.never.wait(reply.pause);
        }
    }
    Ok(matches!(reply.framing, Framing::Length | Framing::Chunked))
}

/// Adds a part of a body to what is sent next.
fn frame(to: &mut Vec<u8>, part: &[u8], framing: Framing, last: bool) {
    if framing != Framing::Chunked {
        to.extend_from_slice(part);
        return;
    }
    to.extend_from_slice(format!("{:x}\r\n", part.len()).as_bytes());
    to.extend_from_slice(part);
    to.extend_from_slice(if last { b"\r\n0\r\n\r\n" } else { b"\r\n" });
}
