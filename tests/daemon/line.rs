//! A line to a server that can be cut, held and mended.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;

/// A line to a server, which can be cut and mended.
pub(crate) struct Line {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    held: Arc<Held>,
}

/// Does it pass nothing on, and hang up on nobody?
#[derive(Default)]
struct Held {
    so: Mutex<bool>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    cut: bool,
    /// Callers that the line has hung up on.
    turned_away: usize,
    open: Vec<TcpStream>,
}

impl Line {
    pub(crate) fn to(server: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(Mutex::new(State::default()));
        let held = Arc::<Held>::default();
        let (server, shared, holds) = (server.to_owned(), Arc::clone(&state), Arc::clone(&held));
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let mut state = shared.lock().unwrap();
                if state.cut {
                    state.turned_away += 1;
                    continue;
                }
                let server = TcpStream::connect(&server).unwrap();
                pass(&client, &server, &holds);
                pass(&server, &client, &holds);
                state.open.extend([client, server]);
            }
        });
        Self { address, state, held }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Nothing passes from now on, or everything does again.
    pub(crate) fn hold(&self, so: bool) {
        *self.held.so.lock().unwrap() = so;
        self.held.changed.notify_all();
    }

    pub(crate) fn cut(&self) {
        let mut state = self.state.lock().unwrap();
        state.cut = true;
        for end in state.open.drain(..) {
            // It may have ended by itself.
            drop(end.shutdown(Shutdown::Both));
        }
    }

    pub(crate) fn mend(&self) {
        self.state.lock().unwrap().cut = false;
    }

    pub(crate) fn turned_away(&self) -> usize {
        self.state.lock().unwrap().turned_away
    }
}

/// Passes on what comes, until either side ends.
fn pass(from: &TcpStream, to: &TcpStream, held: &Arc<Held>) {
    let (mut from, mut to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
    let held = Arc::clone(held);
    thread::spawn(move || {
        let mut buffer = [0; 16 * 1024];
        while let Ok(size @ 1..) = from.read(&mut buffer) {
            drop(held.changed.wait_while(held.so.lock().unwrap(), |so| *so).unwrap());
            if to.write_all(&buffer[..size]).is_err() {
                break;
            }
        }
        drop(to.shutdown(Shutdown::Write));
    });
}
