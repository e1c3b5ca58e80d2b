//! Every oddity of a server's answer ends in the right record.

#[path = "common/fetching.rs"]
mod fetching;
#[path = "common/raw_server.rs"]
mod raw_server;

use std::sync::Arc;

use crawld::domain::outcome::Reason;
use fetching::{Fetched, Page, client, fetch, fetch_into, get, request};
use raw_server::{Act, RawServer, page, send};

/// Asks a server that always does this.
async fn answer(acts: Vec<Act>) -> Fetched {
    let server = RawServer::always(acts);
    get(&server.url("/")).await
}

async fn reason_of(text: impl AsRef<[u8]>) -> Option<Reason> {
    answer(vec![send(text), Act::Close]).await.reason()
}

#[actix_rt::test]
async fn a_whole_page_is_whole() {
    let got = answer(page("hello")).await;
    assert_eq!((got.reason(), got.status(), got.text()), (None, 200, "hello".into()));
    assert_eq!((got.exchange.bytes, got.exchange.wire_bytes), (5, 5));
    assert_eq!((got.exchange.reused, got.sent), (false, 1));
    assert_eq!(got.exchange.head, got.page.head);
}

#[actix_rt::test]
async fn a_request_is_never_told_to_have_gone_out_earlier_than_it_did() {
    for _ in 0..20 {
        let got = answer(page("hello")).await;
        let early = got.exchange.sent_at.unwrap() - got.told * 1000;
        assert!((-999..=0).contains(&early), "{early} us");
    }
}

#[actix_rt::test]
async fn a_body_shorter_than_its_length_is_truncated() {
    let got = answer(vec![send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort"), Act::Close]);
    let got = got.await;
    assert_eq!((got.reason(), got.text()), (Some(Reason::Truncated), "short".into()));
}

#[actix_rt::test]
async fn chunks_are_joined_and_a_missing_or_broken_chunk_is_noticed() {
    let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    let whole = answer(vec![send(format!("{head}3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n"))]).await;
    assert_eq!((whole.reason(), whole.text()), (None, "abcde".into()));
    assert_eq!(whole.exchange.wire_bytes, 5);
    for cut in ["3\r\nabc\r\n", "3\r\na", "3", "3\r\nabc\r\n0\r\n", "ffffffffffffffff\r\nabc", ""] {
        assert_eq!(reason_of(format!("{head}{cut}")).await, Some(Reason::Truncated), "{cut}");
    }
    for bad in ["xyz\r\nabc", "3\r\nabcdef\r\n", "fffffffffffffffff\r\n", "-1\r\n"] {
        assert_eq!(reason_of(format!("{head}{bad}")).await, Some(Reason::BadHttp), "{bad}");
    }
}

#[actix_rt::test]
async fn a_body_that_ends_with_the_connection_is_complete() {
    for version in ["1.1", "1.0"] {
        let text = format!("HTTP/{version} 200 OK\r\nContent-Type: text/html\r\n\r\nall of it");
        let got = answer(vec![send(text), Act::Close]).await;
        assert_eq!((got.reason(), got.text()), (None, "all of it".into()), "{version}");
    }
    let got = answer(vec![
        send("HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\n\r\nall of it"),
        Act::Close,
    ]);
    assert_eq!(got.await.text(), "all of it");
}

#[actix_rt::test]
async fn interim_heads_are_passed_over() {
    for interim in ["100 Continue", "103 Early Hints\r\nLink: </a>"] {
        let text =
            format!("HTTP/1.1 {interim}\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        let got = answer(vec![send(text)]).await;
        assert_eq!((got.reason(), got.status(), got.text()), (None, 200, "ok".into()));
    }
    let endless = "HTTP/1.1 100 Continue\r\n\r\n".repeat(100);
    assert_eq!(reason_of(endless).await, Some(Reason::BadHttp));
    let switching = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n";
    assert_eq!(reason_of(switching).await, Some(Reason::BadHttp));
}

#[actix_rt::test]
async fn an_answer_without_a_body_does_not_wait_for_one() {
    for status in ["204 No Content", "304 Not Modified"] {
        for body in ["", "hello", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx"] {
            for length in ["Content-Length: 50", "Transfer-Encoding: chunked", "X: y"] {
                let text = format!("HTTP/1.1 {status}\r\n{length}\r\n\r\n{body}");
                let got = answer(vec![send(text), Act::Hold]).await;
                let told = (got.reason(), got.status().to_string(), got.exchange.bytes);
                assert_eq!(told, (None, status[..3].to_owned(), 0), "{status} {length} {body}");
            }
        }
    }
}

#[actix_rt::test]
async fn what_is_no_http_is_bad_http() {
    for head in [
        "Content-Length: 5\r\nContent-Length: 6\r\n",
        "Content-Length: 5\r\nContent-Length: 5\r\n",
        "Content-Length: 5, 6\r\n",
        "Content-Length: 5, 5\r\n",
        "Content-Length: +5\r\n",
        "Content-Length: 99999999999999999999\r\n",
        "Content-Length: -5\r\n",
        "Content-Length: abc\r\n",
        "Transfer-Encoding: gzip, chunked\r\n",
        "Na me: x\r\n",
    ] {
        let text = format!("HTTP/1.1 200 OK\r\n{head}\r\nhello");
        assert_eq!(reason_of(text).await, Some(Reason::BadHttp), "{head}");
    }
    for text in ["<html>no status line</html>", "ICY 200 OK\r\n\r\n", "HTTP/1.1 abc\r\n\r\n"] {
        assert_eq!(reason_of(text).await, Some(Reason::BadHttp), "{text}");
    }
}

#[actix_rt::test]
async fn too_many_or_too_large_headers_are_bad_http() {
    let many = "X-Many: y\r\n".repeat(97);
    assert_eq!(reason_of(format!("HTTP/1.1 200 OK\r\n{many}\r\n")).await, Some(Reason::BadHttp));
    let large = "x".repeat(140 * 1024);
    let text = format!("HTTP/1.1 200 OK\r\nX: {large}\r\n\r\n");
    assert_eq!(reason_of(text).await, Some(Reason::BadHttp));
    let large = "x".repeat(100 * 1024);
    let text = format!("HTTP/1.1 200 OK\r\nX: {large}\r\nContent-Length: 0\r\n\r\n");
    assert_eq!(reason_of(text).await, None);
}

#[actix_rt::test]
async fn a_head_that_comes_byte_by_byte_is_read() {
    let text = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX: a\r\n b\r\n\r\nok";
    let acts = text.bytes().map(|byte| Act::Send(vec![byte])).collect();
    let got = answer(acts).await;
    assert_eq!((got.reason(), got.text()), (None, "ok".into()));
    assert_eq!(got.page.head.unwrap().get("x"), Some("a   b"));
}

#[actix_rt::test]
async fn a_reset_is_reset_and_an_early_end_is_closed() {
    assert_eq!(answer(vec![Act::Reset]).await.reason(), Some(Reason::Reset));
    assert_eq!(answer(vec![Act::Close]).await.reason(), Some(Reason::Closed));
    assert_eq!(reason_of("HTTP/1.1 200 OK\r\nConte").await, Some(Reason::Closed));
    let got = answer(vec![send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"), Act::Reset]);
    let got = got.await;
    assert_eq!((got.reason(), got.status()), (Some(Reason::Reset), 200));
}

#[actix_rt::test]
async fn header_values_are_text_without_control_characters() {
    let got = answer(vec![send(
        b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX-Name: caf\xe9 \xc2\x85\r\nA: 1\r\na: 2\r\n\r\n",
    )]);
    let head = got.await.page.head.unwrap();
    assert_eq!(head.get("x-name"), Some("caf\u{fffd} \u{fffd}"));
    assert_eq!(head.get_all("a").collect::<Vec<_>>(), ["1", "2"]);
    assert_eq!(head.get("b"), None);
}

#[actix_rt::test]
async fn redirects_and_errors_are_answers_like_any_other() {
    for status in ["301 Moved", "404 Not Found", "500 Oops", "999 Odd"] {
        let text = format!("HTTP/1.1 {status}\r\nLocation: /else\r\nContent-Length: 1\r\n\r\nx");
        let server = RawServer::always(vec![send(text)]);
        let got = get(&server.url("/here")).await;
        assert_eq!((got.reason(), got.text(), server.asked().len()), (None, "x".into(), 1));
        assert!(status.starts_with(&got.status().to_string()));
    }
}

#[actix_rt::test]
async fn the_request_is_as_it_should_be() {
    let server = RawServer::always(page(""));
    let mut asking = request(&server.url("/a%20b?c=d|e"));
    Arc::make_mut(&mut asking.headers).push(("Accept".into(), "text/html".into()));
    Arc::make_mut(&mut asking.headers).push(("Connection".into(), "upgrade".into()));
    Arc::make_mut(&mut asking.headers).push(("Expect".into(), "100-continue".into()));
    fetch(&client(), &asking).await;
    asking.keep_alive = false;
    Arc::make_mut(&mut asking.headers).push(("Host".into(), "other.test".into()));
    Arc::make_mut(&mut asking.headers).push(("Accept-Encoding".into(), "identity".into()));
    fetch(&client(), &asking).await;
    let asked = server.asked();
    assert!(asked[0].head.starts_with("GET /a%20b?c=d|e HTTP/1.1\r\n"), "{}", asked[0].head);
    assert_eq!(asked[0].header("host"), Some(server.address().to_string().as_str()));
    assert_eq!(asked[0].header("user-agent"), Some("crawld-test/1"));
    assert_eq!(asked[0].header("accept"), Some("text/html"));
    assert_eq!(asked[0].header("accept-encoding"), Some("gzip, br, zstd, deflate"));
    assert_eq!((asked[0].header("connection"), asked[0].header("expect")), (None, None));
    assert_eq!(asked[1].header("connection"), Some("close"));
    assert_eq!(asked[1].header("host"), Some("other.test"));
    assert_eq!(asked[1].header("accept-encoding"), Some("identity"));
}

#[actix_rt::test]
async fn a_header_that_cannot_be_sent_is_refused_unsent() {
    let server = RawServer::always(page(""));
    let mut asking = request(&server.url("/"));
    Arc::make_mut(&mut asking.headers).push(("X".into(), "a\r\nb: c".into()));
    let got = fetch(&client(), &asking).await;
    assert_eq!((got.reason(), got.sent), (Some(Reason::BadHttp), 0));
    assert!(server.asked().is_empty());
}

#[actix_rt::test]
async fn the_sink_may_skip_the_body_or_have_enough() {
    let server = RawServer::always(page("x".repeat(200_000)));
    let asking = request(&server.url("/"));
    let skip = Page { skip: true, ..Page::default() };
    let got = fetch_into(&client(), &asking, skip).await;
    assert_eq!((got.reason(), got.status(), got.exchange.bytes), (None, 200, 0));
    let enough = Page { enough: Some(10), ..Page::default() };
    let got = fetch_into(&client(), &asking, enough).await;
    assert_eq!(got.reason(), None);
    assert!((10..200_000).contains(&got.page.body.len()));
}
