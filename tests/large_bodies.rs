//! Many large bodies at once are read within the memory that all of them share.
#![cfg(test)]

mod common;

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use common::http::Gate;
use common::run::Crawld;

const LONG: Duration = Duration::from_mins(1);
const BLOCK: usize = 64 * 1024;

/// Memory besides `max_buffered`, in KiB: of the program, and of a connection with its codecs.
const OWN: usize = 64 * 1024;
const CONNECTION: usize = 256;

/// Bodies at once, bytes of each, and what `max_buffered` is, in MiB.
fn size() -> (usize, usize, usize) {
    // The whole of it: CRAWLD_TEST_BODIES=1000, each of 10 MiB.
    match std::env::var("CRAWLD_TEST_BODIES").ok().and_then(|text| text.parse().ok()) {
        Some(bodies) => (bodies, 10 << 20, 48),
        None => (200, 1 << 20, 16),
    }
}

/// A root that links so many bodies; none comes before all are asked for.
#[derive(Clone)]
struct Server {
    bodies: usize,
    bytes: usize,
    asked: Arc<AtomicUsize>,
    all: Gate,
    told: mpsc::Sender<()>,
}

impl Server {
    /// Answers one request, of one connection.
    fn answer(&self, mut stream: TcpStream) {
        let mut head = Vec::new();
        let mut byte = [0];
        while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|n| n > 0) {
            head.push(byte[0]);
        }
        if head.starts_with(b"GET / ") {
            let links: Vec<_> = (0..self.bodies).map(|n| format!("<a href=/{n}>")).collect();
            let links = links.concat();
            let head = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: text/html";
            let length = links.len();
            write!(stream, "{head}\r\nContent-Length: {length}\r\n\r\n{links}").unwrap();
            return;
        }
        if self.asked.fetch_add(1, Ordering::SeqCst) + 1 == self.bodies {
            self.told.send(()).unwrap();
        }
        assert!(self.all.wait(LONG));
        let head = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: text/plain";
        write!(stream, "{head}\r\nContent-Length: {}\r\n\r\n", self.bytes).unwrap();
        let block = b"some words ".repeat(BLOCK / 11 + 1);
        for _ in 0..self.bytes / BLOCK {
            stream.write_all(&block[..BLOCK]).unwrap();
        }
    }
}

#[test]
fn large_bodies_at_once_stay_within_max_buffered_and_are_all_recorded() {
    let (bodies, bytes, most) = size();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let root = format!("http://{}/", listener.local_addr().unwrap());
    let (told, all_asked) = mpsc::channel();
    let all = Gate::new();
    let asked = Arc::new(AtomicUsize::new(0));
    let server = Server { bodies, bytes, asked, all: all.clone(), told };
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let server = server.clone();
            std::thread::spawn(move || server.answer(stream.unwrap()));
        }
    });
    let crawld = Crawld::new().env("CRAWLD__HTTP__MAX_BUFFERED", &format!("{most}MiB"));
    let crawld = crawld.env("CRAWLD__HTTP__PER_ADDRESS", "0");
    let count = bodies.to_string();
    let together = ["--concurrency", &count, "--per-host", &count, "--delay", "0", "--no-robots"];
    let more = ["--warc", "archive", "--quiet", "--timeout", "1h"];
    let mut run = crawld.spawn(&[&["crawl", &root], &together[..], &more].concat());
    all_asked.recv_timeout(LONG).expect("they are asked together");
    let before = run.peak_memory().unwrap();
    all.open();
    let mut peak = 0;
    while !run.ended_within(Duration::from_millis(20)) {
        peak = peak.max(run.peak_memory().unwrap_or(0));
    }
    let finished = run.finish();
    assert_eq!(finished.code, Some(0), "{finished:#?}");
    let pages = crawld.export("pages", &[]);
    let whole = pages.iter().filter(|page| page["bytes"] == bytes.to_string()).count();
    assert_eq!(whole, bodies, "all are read to their end");
    println!("peak memory: {before} KiB before the bodies, {peak} KiB with them");
    let bound = (most << 10) + OWN + bodies * CONNECTION;
    assert!(peak < bound as u64, "{peak} KiB of {bound}");
}
