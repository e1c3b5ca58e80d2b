//! HEAD: an answer to it has no body, whatever its head says, and its connection serves the next.
#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

#[path = "common/fetching.rs"]
mod fetching;
#[path = "common/raw_server.rs"]
mod raw_server;

use crawld::domain::request::Method;
use crawld::http::Request;
use fetching::{Page, client, fetch, fetch_into, request};
use raw_server::{Act, RawServer, page, send};

fn head(url: &str) -> Request {
    Request { method: Method::Head, ..request(url) }
}

/// Heads that tell of bodies, complete answers to HEAD all of them.
const HEADS: [&str; 4] = [
    "HTTP/1.1 200 OK\r\nContent-Length: 123456\r\n\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
    "HTTP/1.1 404 Not Found\r\nContent-Length: 99\r\nContent-Encoding: gzip\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
];

#[actix_rt::test]
async fn no_body_is_awaited_and_the_connection_serves_the_next_request() {
    for text in HEADS {
        let server = RawServer::start(move |asked| {
            if asked.head.starts_with("HEAD") { vec![send(text)] } else { page("body") }
        });
        let client = client();
        for skip in [true, false] {
            let sink = Page { skip, ..Page::default() };
            let got = fetch_into(&client, &head(&server.url("/a")), sink).await;
            assert!(got.exchange.result.is_ok(), "{text}: {}", got.detail());
            assert_eq!((got.status() > 0, got.exchange.bytes), (true, 0), "{text}");
        }
        let next = fetch(&client, &request(&server.url("/b"))).await;
        assert_eq!((next.text().as_str(), next.exchange.reused), ("body", true), "{text}");
    }
}

#[actix_rt::test]
async fn a_head_without_a_length_or_that_closes_is_whole() {
    for text in [
        "HTTP/1.1 200 OK\r\n\r\n",
        "HTTP/1.0 200 OK\r\n\r\n",
        "HTTP/1.1 204 No\r\nConnection: close\r\nContent-Length: 5\r\n\r\n",
    ] {
        for end in [Act::Close, Act::Hold] {
            let acts = vec![send(text), end];
            let server = RawServer::start(move |_| acts.clone());
            let got = fetch(&client(), &head(&server.url("/"))).await;
            assert!(got.exchange.result.is_ok(), "{text}: {}", got.detail());
        }
    }
}

#[actix_rt::test]
async fn a_body_that_a_server_sends_all_the_same_is_no_answer_to_the_next_request() {
    let lie = "HTTP/1.1 200 OK\r\nContent-Length: 60\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlieslieslieslieslies";
    let server = RawServer::start(move |asked| {
        if asked.head.starts_with("HEAD") { vec![send(lie)] } else { page("truth") }
    });
    let client = client();
    let got = fetch(&client, &head(&server.url("/a"))).await;
    assert_eq!(got.status(), 200, "{}", got.detail());
    let next = fetch(&client, &request(&server.url("/b"))).await;
    assert_eq!(next.text(), "truth", "{}", next.detail());
}
