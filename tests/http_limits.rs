//! Time, size and codings: every limit has its own reason, and holds.
#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

#[path = "common/fetching.rs"]
mod fetching;
#[path = "common/hole.rs"]
mod hole;
#[path = "common/raw_server.rs"]
mod raw_server;

use std::io::Write;
use std::net::TcpListener;
use std::time::Duration;

use crawld::domain::outcome::Reason;
use crawld::http::Limits;
use fetching::{Fetched, SHORT, client, fetch, request};
use flate2::Compression;
use flate2::write::GzEncoder;
use hole::Hole;
use raw_server::{Act, RawServer, page, send};

const HEAD: &str = "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n";

/// Asks a server that does this, with these limits.
async fn within(limits: Limits, acts: Vec<Act>) -> Fetched {
    let server = RawServer::always(acts);
    let mut asking = request(&server.url("/"));
    asking.limits = limits;
    fetch(&client(), &asking).await
}

fn gzip(data: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(data).unwrap();
    encoder.finish().unwrap()
}

fn encoded(coding: &str, body: &[u8]) -> Vec<Act> {
    let length = body.len();
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Encoding: {coding}\r\nContent-Length: {length}\r\n\r\n"
    );
    vec![Act::Send([head.as_bytes(), body].concat())]
}

#[actix_rt::test]
async fn a_head_that_does_not_come_is_timeout_head() {
    for acts in [vec![Act::Hold], vec![send("HTTP/1.1 200 OK\r\nCont"), Act::Hold]] {
        let got = within(Limits { head: SHORT, ..Limits::default() }, acts).await;
        assert_eq!((got.reason(), got.sent), (Some(Reason::TimeoutHead), 1));
    }
}

#[actix_rt::test]
async fn a_silent_body_is_timeout_idle_and_keeps_what_came() {
    let limits = Limits { idle: SHORT, ..Limits::default() };
    let got = within(limits, vec![send(format!("{HEAD}abc")), Act::Hold]).await;
    assert_eq!((got.reason(), got.text()), (Some(Reason::TimeoutIdle), "abc".into()));
    assert_eq!((got.status(), got.exchange.bytes), (200, 3));
}

#[actix_rt::test]
async fn a_drip_is_timeout_total_though_it_is_never_silent() {
    let mut acts = vec![send(HEAD)];
    acts.extend((0..1000).flat_map(|_| [send("x"), Act::Pause(Duration::from_millis(20))]));
    let limits = Limits { total: 3 * SHORT, idle: 2 * SHORT, ..Limits::default() };
    assert_eq!(within(limits, acts).await.reason(), Some(Reason::TimeoutTotal));
}

#[actix_rt::test]
async fn a_slow_body_that_is_never_silent_is_read_to_its_end() {
    let mut acts = vec![send("HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n")];
    acts.extend((0..8).flat_map(|_| [Act::Pause(SHORT), send("x")]));
    let got = within(Limits { idle: 6 * SHORT, ..Limits::default() }, acts).await;
    assert_eq!((got.reason(), got.text()), (None, "xxxxxxxx".into()));
}

#[actix_rt::test]
async fn a_connection_that_is_not_made_is_timeout_connect() {
    let hole = Hole::at("127.0.0.1:0");
    let mut asking = request(&format!("http://{}/", hole.address()));
    asking.limits.connect = SHORT;
    let got = fetch(&client(), &asking).await;
    assert_eq!((got.reason(), got.sent), (Some(Reason::TimeoutConnect), 0));
    assert!(!got.exchange.reused);
}

#[actix_rt::test]
async fn a_handshake_that_does_not_come_is_timeout_tls() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut asking = request(&format!("https://{}/", listener.local_addr().unwrap()));
    asking.limits.tls = SHORT;
    let got = fetch(&client(), &asking).await;
    assert_eq!((got.reason(), got.sent), (Some(Reason::TimeoutTls), 0));
}

#[actix_rt::test]
async fn a_body_over_the_limit_is_too_large_and_the_part_below_is_given() {
    let limits = Limits { max_body: 1000, ..Limits::default() };
    let got = within(limits, page("x".repeat(1000))).await;
    assert_eq!((got.reason(), got.page.body.len()), (None, 1000));
    let got = within(limits, page("x".repeat(1001))).await;
    assert_eq!((got.reason(), got.page.body.len()), (Some(Reason::TooLarge), 1000));
    let got = within(limits, encoded("gzip", &gzip(&[b'x'; 5000]))).await;
    assert_eq!((got.reason(), got.page.body.len()), (Some(Reason::TooLarge), 1000));
    assert!(got.exchange.wire_bytes < 1000);
}

#[actix_rt::test]
async fn an_encoded_body_is_decoded_on_the_way() {
    let text = "a line of text\n".repeat(10_000);
    let body = gzip(text.as_bytes());
    let got = within(Limits::default(), encoded("gzip", &body)).await;
    assert_eq!((got.reason(), got.text()), (None, text));
    assert_eq!(got.exchange.wire_bytes, body.len() as u64);
}

#[actix_rt::test]
async fn broken_unknown_and_cut_codings_are_told_apart() {
    let limits = Limits::default();
    let cut = gzip(b"some text that is long enough");
    let cut = cut.get(..cut.len() - 9).unwrap();
    for (coding, body, reason) in [
        ("gzip", b"no gzip".as_slice(), Reason::BadEncoding),
        ("compress", b"whatever".as_slice(), Reason::BadEncoding),
        ("gzip", cut, Reason::Truncated),
    ] {
        assert_eq!(within(limits, encoded(coding, body)).await.reason(), Some(reason), "{coding}");
    }
    assert_eq!(within(limits, encoded("gzip", b"")).await.reason(), None);
}

#[actix_rt::test]
async fn a_bomb_comes_in_small_pieces_and_stops_at_the_limit() {
    let megabyte = vec![0; 1 << 20];
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    for _ in 0..256 {
        encoder.write_all(&megabyte).unwrap();
    }
    let bomb = encoder.finish().unwrap();
    let limits = Limits { max_body: 10 << 20, ..Limits::default() };
    let got = within(limits, encoded("gzip", &bomb)).await;
    assert_eq!((got.reason(), got.page.body.len()), (Some(Reason::TooLarge), 10 << 20));
    assert!(got.page.largest <= 64 * 1024, "{}", got.page.largest);
}
