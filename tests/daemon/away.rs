//! The database goes away under a running daemon, and comes back.

use std::io;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use crate::common::run::postgres_database;
use crate::service::{Service, folder};
use crate::{asked, crawl, star};

/// A line to a server, which can be cut and mended.
struct Line {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    cut: bool,
    /// Callers that the line has hung up on.
    turned_away: usize,
    open: Vec<TcpStream>,
}

impl Line {
    fn to(server: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(Mutex::new(State::default()));
        let (server, shared) = (server.to_owned(), Arc::clone(&state));
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let mut state = shared.lock().unwrap();
                if state.cut {
                    state.turned_away += 1;
                    continue;
                }
                let server = TcpStream::connect(&server).unwrap();
                pass(&client, &server);
                pass(&server, &client);
                state.open.extend([client, server]);
            }
        });
        Self { address, state }
    }

    fn cut(&self) {
        let mut state = self.state.lock().unwrap();
        state.cut = true;
        for end in state.open.drain(..) {
            // It may have ended by itself.
            drop(end.shutdown(Shutdown::Both));
        }
    }

    fn mend(&self) {
        self.state.lock().unwrap().cut = false;
    }

    fn turned_away(&self) -> usize {
        self.state.lock().unwrap().turned_away
    }
}

/// Passes on what comes, until either side ends.
fn pass(from: &TcpStream, to: &TcpStream) {
    let (mut from, mut to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
    thread::spawn(move || {
        drop(io::copy(&mut from, &mut to));
        drop(to.shutdown(Shutdown::Write));
    });
}

#[test]
fn a_reload_while_the_database_is_away_takes_effect_when_it_is_back() {
    let url = postgres_database("daemon_away");
    let (server, name) = url.split_once('@').unwrap().1.split_once('/').unwrap();
    let line = Line::to(server);
    let (site, other) = (star(5).open(), star(5).open());
    let with = |jobs: &[String]| {
        let url = format!("postgres://postgres@{}/{name}", line.address);
        format!("[database]\nurl = \"{url}\"\n{}", jobs.concat())
    };
    let gone = crawl("gone", &other.at("/"), "delay = \"60s\"");
    let job = |name: &str, delay: &str| crawl(name, &site.at("/"), &format!("delay = \"{delay}\""));
    let service = Service::start_in(folder(&with(&[job("old", "60s"), gone])));
    for name in ["old", "gone"] {
        service.until(name, "at its links", |job| job["urls"]["known"] == 5);
    }
    line.cut();
    service.configure(&with(&[job("old", "0ms"), job("new", "0ms")]));
    let said = service.reload(0).stdout;
    for part in ["jobs.old.delay", "added new", "removed gone"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert!(line.turned_away() > 0, "the daemon has tried");
    assert_eq!((site.requests(), other.requests()), (1, 1), "nothing is asked without a store");
    line.mend();
    for name in ["old", "new"] {
        service.until(name, "whole", |job| job["state"] == "done" && job["urls"]["done"] == 5);
    }
    service.until("gone", "out", |job| job["why"] == "not configured");
    service.end();
    assert!(asked(&site).values().all(|times| *times == 2), "once a job: {:?}", asked(&site));
    assert_eq!(other.requests(), 1);
}
