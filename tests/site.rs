//! The test site itself: what other tests rely on when they read its log.
#![cfg(test)]

mod common;

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use common::generated::Generated;
use common::http::{Framing, Gate, Reply};
use common::site::{Pages, Site};

const LONG: Duration = Duration::from_secs(30);

/// Sends requests over one connection and reads all that comes back until it closes.
fn talk(site: &Site, requests: &str) -> String {
    let mut socket = TcpStream::connect(("127.0.0.1", site.port())).unwrap();
    socket.write_all(requests.as_bytes()).unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).unwrap();
    answer
}

const CLOSE: &str = "Host: h\r\nConnection: close\r\n\r\n";

#[test]
fn one_connection_carries_many_requests() {
    let site = Pages::new().page("/", "root").page("/a", "second").open();
    let answer =
        talk(&site, &format!("GET / HTTP/1.1\r\nHost: h\r\n\r\nGET /a HTTP/1.1\r\n{CLOSE}"));
    assert!(answer.contains("Content-Length: 4\r\n\r\nrootHTTP/1.1 200"), "{answer}");
    assert!(answer.ends_with("second"), "{answer}");
    let log = site.log();
    assert_eq!((log[0].connection, log[1].connection), (0, 0));
    assert!(log[0].at_micros <= log[1].at_micros);
    assert_eq!(site.paths(), ["/", "/a"]);
    assert_eq!((site.hits("/a"), site.requests(), site.max_in_flight()), (1, 2, 1));
}

#[test]
fn a_closed_gate_holds_answers_and_they_count_as_in_flight() {
    let gate = Gate::new();
    let site = Pages::new().reply("/", Reply::html("late").after(&gate)).open();
    std::thread::scope(|threads| {
        let asked: Vec<_> = (0..3)
            .map(|_| threads.spawn(|| talk(&site, &format!("GET / HTTP/1.1\r\n{CLOSE}"))))
            .collect();
        assert!(site.wait_for(3, LONG));
        gate.open();
        for thread in asked {
            assert!(thread.join().unwrap().ends_with("late"));
        }
    });
    assert_eq!(site.max_in_flight(), 3);
}

#[test]
fn an_unknown_path_is_404_and_a_silent_one_closes() {
    let site = Pages::new().reply("/gone", Reply::close()).open();
    assert!(talk(&site, &format!("GET /x HTTP/1.1\r\n{CLOSE}")).starts_with("HTTP/1.1 404"));
    assert_eq!(talk(&site, "GET /gone HTTP/1.1\r\nHost: h\r\n\r\n"), "");
}

#[test]
fn bodies_are_framed_as_asked() {
    let pages = Pages::new()
        .reply("/c", Reply::html("chunk").framed(Framing::Chunked))
        .reply("/u", Reply::html("close").framed(Framing::UntilClose))
        .reply("/f", Reply::html("short").framed(Framing::FalseLength(99)))
        .reply("/d", Reply::html("drip").drip(1, Duration::from_millis(1)));
    let site = pages.open();
    let get = |path: &str| talk(&site, &format!("GET {path} HTTP/1.1\r\n{CLOSE}"));
    assert!(get("/c").ends_with("\r\n\r\n5\r\nchunk\r\n0\r\n\r\n"));
    assert!(get("/u").ends_with("Connection: close\r\n\r\nclose"));
    assert!(get("/f").ends_with("Content-Length: 99\r\n\r\nshort"));
    assert!(get("/d").ends_with("Content-Length: 4\r\n\r\ndrip"));
}

#[test]
fn as_a_proxy_it_is_every_host() {
    let site = Pages::new().page("http://www.example.com/a", "www").page("/a", "any").open();
    let get = |url: &str| talk(&site, &format!("GET {url} HTTP/1.1\r\n{CLOSE}"));
    assert!(get("http://www.example.com/a").ends_with("www"));
    assert!(get("http://example.com/a").ends_with("any"));
    assert_eq!(site.log()[0].host, "www.example.com");
}

#[test]
fn a_sequence_ends_with_its_last_answer() {
    let site = Pages::new().sequence("/", vec![Reply::close(), Reply::html("now")]).open();
    let get = || talk(&site, &format!("GET / HTTP/1.1\r\n{CLOSE}"));
    assert_eq!(get(), "");
    assert!(get().ends_with("now"));
    assert!(get().ends_with("now"));
}

#[test]
fn a_dropped_site_closes_its_connections() {
    let site = Pages::new().page("/", "x").open();
    let mut socket = TcpStream::connect(("127.0.0.1", site.port())).unwrap();
    socket.write_all(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n").unwrap();
    let mut head = [0; 8];
    socket.read_exact(&mut head).unwrap();
    drop(site);
    let mut rest = Vec::new();
    socket.read_to_end(&mut rest).unwrap();
}

#[test]
fn what_a_gone_client_sent_is_in_the_log_once_the_site_is_alone() {
    let site = Pages::new().otherwise(|_| Reply::html("x")).open();
    for n in 1..=200 {
        let mut socket = TcpStream::connect(("127.0.0.1", site.port())).unwrap();
        socket.write_all(b"GET /x HTTP/1.1\r\nHost: h\r\n\r\n").unwrap();
        drop(socket);
        site.wait_until_alone();
        assert_eq!(site.requests(), n);
    }
}

#[test]
fn every_page_of_a_generated_site_can_be_reached() {
    let shape = Generated { pages: 500, links: 30 };
    let (mut seen, mut queue) = (BTreeSet::from([0]), vec![0]);
    while let Some(page) = queue.pop() {
        let links = shape.links_of(page);
        assert_eq!(links.len(), 30);
        queue.extend(links.into_iter().filter(|&target| seen.insert(target)));
    }
    assert_eq!(seen, (0..500).collect());
}
