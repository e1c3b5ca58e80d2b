//! Kept-alive connections that nobody uses, closed when there are too many or they are too old.
//!
//! awc's pool looks at an idle connection only when its host is asked again, so the sockets of
//! ten thousand hosts would stay open. The socket therefore lives in a [`Slot`] that the wire and
//! this set share: when the set closes it, what stays in awc's pool is an empty shell, which awc
//! drops when it meets it.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::net::IpAddr;
use std::pin::Pin;
use std::rc::Rc;

use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

use crate::domain::Millis;

/// A connection's socket, with or without TLS.
#[derive(Debug)]
pub(super) enum Socket {
    /// TCP.
    Plain(TcpStream),
    /// TLS on TCP.
    Tls(Box<TlsStream<TcpStream>>),
}

impl Socket {
    /// Who is at the other end.
    pub(super) fn peer(&self) -> Option<IpAddr> {
        let tcp = match self {
            Self::Plain(tcp) => tcp,
            Self::Tls(tls) => tls.get_ref().0,
        };
        tcp.peer_addr().ok().map(|address| address.ip())
    }
}

/// Where a socket lives until someone closes it.
#[derive(Debug)]
pub(super) struct Slot {
    socket: RefCell<Option<Socket>>,
    /// The address at its other end; `None` where it is a proxy's.
    address: Option<IpAddr>,
    /// Never to be used again, whatever awc's pool thinks.
    retired: Cell<bool>,
    idle_since: Cell<Option<Millis>>,
    queued: Cell<bool>,
    /// Idle slots of the set this one belongs to.
    idle_count: Rc<Cell<usize>>,
}

impl Slot {
    /// Runs `work` on the socket; `None` when it has been closed.
    pub(super) fn with<T>(&self, work: impl FnOnce(Pin<&mut Socket>) -> T) -> Option<T> {
        self.socket.borrow_mut().as_mut().map(|socket| work(Pin::new(socket)))
    }

    /// Is the socket still there?
    pub(super) fn is_open(&self) -> bool {
        self.socket.borrow().is_some()
    }

    /// The address at its other end.
    pub(super) fn address(&self) -> Option<IpAddr> {
        self.address
    }

    /// The server will not want to hear from this connection again.
    pub(super) fn retire(&self) {
        self.retired.set(true);
    }

    /// The connection is being used again.
    pub(super) fn wake(&self) {
        if self.idle_since.take().is_some() {
            self.idle_count.set(self.idle_count.get().saturating_sub(1));
        }
    }

    /// Closes the socket.
    pub(super) fn close(&self) {
        self.wake();
        drop(self.socket.take());
    }
}

/// The idle connections of one client.
#[derive(Debug)]
pub(super) struct IdleSet {
    queue: RefCell<VecDeque<(Millis, Rc<Slot>)>>,
    count: Rc<Cell<usize>>,
    most: usize,
    longest: Millis,
}

impl IdleSet {
    /// At most `most` idle connections, none idle for more than `longest`.
    pub(super) fn new(most: usize, longest: Millis) -> Self {
        Self { queue: RefCell::default(), count: Rc::default(), most, longest }
    }

    /// A slot for a new connection to this address.
    pub(super) fn slot(&self, socket: Socket, address: Option<IpAddr>) -> Rc<Slot> {
        Rc::new(Slot {
            socket: RefCell::new(Some(socket)),
            address,
            retired: Cell::new(false),
            idle_since: Cell::new(None),
            queued: Cell::new(false),
            idle_count: Rc::clone(&self.count),
        })
    }

    /// Connections that are idle now.
    pub(super) fn len(&self) -> usize {
        self.count.get()
    }

    /// An exchange is over. If its connection was kept it is idle from now on.
    pub(super) fn park(&self, slot: Rc<Slot>, now: Millis) {
        if slot.retired.get() {
            slot.close();
        }
        if !slot.is_open() {
            return;
        }
        if slot.idle_since.replace(Some(now)).is_none() {
            self.count.set(self.count.get() + 1);
        }
        if !slot.queued.replace(true) {
            self.queue.borrow_mut().push_back((now, slot));
        }
        self.trim(now);
    }

    /// Closes what is idle for too long, and the longest idle while there are too many.
    pub(super) fn trim(&self, now: Millis) {
        let mut queue = self.queue.borrow_mut();
        while let Some((stamp, slot)) = queue.front() {
            let Some(since) = slot.idle_since.get() else {
                slot.queued.set(false);
                queue.pop_front();
                continue;
            };
            if since > *stamp {
                let slot = Rc::clone(slot);
                queue.pop_front();
                queue.push_back((since, slot));
                continue;
            }
            if self.len() <= self.most && now.saturating_sub(since) < self.longest {
                break;
            }
            slot.close();
            queue.pop_front();
        }
    }
}
