//! A place where connections are neither made nor refused.
#![allow(dead_code, reason = "each test uses its own part")]
#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

/// A listener that never accepts and whose queue is full: the kernel lets callers wait.
pub(crate) struct Hole {
    listener: TcpListener,
    _waiting: Vec<TcpStream>,
}

impl Hole {
    /// A hole at this address.
    pub(crate) fn at(address: &str) -> Self {
        let address: SocketAddr = address.parse().unwrap();
        // Only this kind of socket takes a length for its queue, and it wants a runtime: not that of
        // the test, which may be running.
        let listening = std::thread::spawn(move || {
            actix_rt::Runtime::new().unwrap().block_on(async {
                let socket = tokio::net::TcpSocket::new_v4().unwrap();
                socket.bind(address).unwrap();
                socket.listen(1).unwrap().into_std().unwrap()
            })
        });
        let listener = listening.join().unwrap();
        let address = listener.local_addr().unwrap();
        let patience = Duration::from_millis(150);
        let waiting = std::iter::from_fn(|| TcpStream::connect_timeout(&address, patience).ok());
        Self { _waiting: waiting.collect(), listener }
    }

    /// Where it is.
    pub(crate) fn address(&self) -> SocketAddr {
        self.listener.local_addr().unwrap()
    }
}
