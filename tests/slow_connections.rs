//! Thousands of connections that hardly move cost a few kilobytes each.
#![cfg(test)]

mod common;

use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::Duration;

use common::run::Crawld;

const LONG: Duration = Duration::from_mins(2);
/// What one connection may cost, with its actor, its buffers and its URL.
const EACH_KIB: u64 = 48;

/// Connections held at once. 10,000 want `ulimit -n 20000`: `CRAWLD_TEST_SLOW=10000`.
fn size() -> usize {
    std::env::var("CRAWLD_TEST_SLOW").ok().and_then(|n| n.parse().ok()).unwrap_or(1_000)
}

/// The path that was asked.
fn asked(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    let mut piece = [0; 1024];
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        let read = stream.read(&mut piece).unwrap();
        assert_ne!(read, 0, "the client went away");
        head.extend_from_slice(&piece[..read]);
    }
    String::from_utf8_lossy(&head).split(' ').nth(1).unwrap().to_owned()
}

/// A page of `leaves` links, once more after each leaf has its head and half of its body.
fn serve(listener: &TcpListener, leaves: usize, held: &Sender<()>, go_on: &Receiver<()>) {
    let mut slow = Vec::new();
    while slow.len() < leaves {
        let (mut stream, _) = listener.accept().unwrap();
        if asked(&mut stream) == "/" {
            let mut html = String::new();
            (0..leaves).for_each(|n| writeln!(html, "<a href=/{n}>{n}</a>").unwrap());
            let start = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n";
            stream.write_all(format!("{start}{html}").as_bytes()).unwrap();
            stream.shutdown(Shutdown::Write).unwrap();
        } else {
            let start = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 24";
            stream.write_all(format!("{start}\r\n\r\n<title>slow ").as_bytes()).unwrap();
            slow.push(stream);
        }
    }
    held.send(()).unwrap();
    go_on.recv().unwrap();
    for stream in &mut slow {
        stream.write_all(b"page</title>").unwrap();
    }
}

#[test]
fn thousands_of_slow_connections_are_held_at_once_in_little_memory() {
    let leaves = size();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let root = format!("http://{}/", listener.local_addr().unwrap());
    let (held, all_held) = mpsc::channel();
    let (go, go_on) = mpsc::channel();
    let server = thread::spawn(move || serve(&listener, leaves, &held, &go_on));
    let crawld = Crawld::new();
    let most = leaves.to_string();
    let options = ["--no-robots", "--delay", "0ms", "--timeout", "5m", "--quiet"];
    let wide = ["--concurrency", &most, "--per-host", &most];
    let running = crawld.spawn(&[&["crawl", &root], &options[..], &wide].concat());
    let arrived = all_held.recv_timeout(LONG);
    let peak = running.peak_memory().unwrap_or(0);
    go.send(()).unwrap();
    let finished = running.finish();
    arrived.unwrap();
    server.join().unwrap();
    assert_eq!(finished.code, Some(0), "{finished:#?}");
    let pages = crawld.export("pages", &[]);
    let slow = pages.iter().filter(|page| page["title"] == "slow page").count();
    assert_eq!(slow, leaves);
    println!("{leaves} slow connections at once: {peak} KiB");
    let bound = 64 * 1024 + EACH_KIB * u64::try_from(leaves).unwrap();
    assert!(peak < bound, "{peak} KiB for {leaves} connections, over {bound}");
}
