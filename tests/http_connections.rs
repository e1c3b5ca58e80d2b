//! Which connection carries a request: addresses, refusals, reuse, and how many stay open.
#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

#[path = "common/fetching.rs"]
mod fetching;
#[path = "common/raw_server.rs"]
mod raw_server;

use std::cell::Cell;
use std::net::TcpListener;
use std::sync::Arc;

use crawld::clock::Clock;
use crawld::domain::outcome::Reason;
use crawld::http::{ClientOptions, Dns, HttpClient, Names, Transport};
use fetching::{Page, client, fetch, fetch_into, get, request};
use futures_util::future::join_all;
use raw_server::{Act, RawServer, page, send};

fn client_knowing(names: Vec<(&str, Vec<&str>)>) -> HttpClient {
    let names: Names = names
        .into_iter()
        .map(|(name, all)| (name.into(), all.iter().map(|ip| ip.parse().unwrap()).collect()))
        .collect();
    let options = ClientOptions {
        dns: Dns { names: Some(Arc::new(names)), ..Dns::default() },
        ..ClientOptions::default()
    };
    HttpClient::new(Clock::start(), &options).unwrap()
}

#[actix_rt::test]
async fn nobody_there_is_refused() {
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let got = get(&format!("http://{address}/")).await;
    assert_eq!((got.reason(), got.sent), (Some(Reason::Refused), 0));
    assert_eq!((got.exchange.sent_at, got.exchange.reused), (None, false));
}

#[actix_rt::test]
async fn a_name_without_an_address_is_dns() {
    let got = get("http://no-such-name.invalid/").await;
    assert_eq!(got.reason(), Some(Reason::Dns));
}

#[actix_rt::test]
async fn private_addresses_are_refused_however_they_are_written() {
    let server = RawServer::always(page(""));
    let port = server.address().port();
    let names = client_knowing(vec![("inner.test", vec!["127.0.0.1"])]);
    for host in
        ["127.0.0.1", "0x7f.1", "2130706433", "[::ffff:127.0.0.1]", "localhost", "inner.test"]
    {
        let mut asking = request(&format!("http://{host}:{port}/"));
        asking.allow_private = false;
        let got = fetch(&names, &asking).await;
        assert_eq!(got.reason(), Some(Reason::Private), "{host}");
        assert!(!got.exchange.result.unwrap_err().detail.is_empty());
    }
    assert!(server.asked().is_empty());
}

#[actix_rt::test]
async fn a_connection_to_a_private_address_does_not_serve_who_may_not_have_one() {
    let server = RawServer::always(page("x"));
    let client = client();
    let mut asking = request(&server.url("/"));
    assert_eq!(fetch(&client, &asking).await.reason(), None);
    asking.allow_private = false;
    assert_eq!(fetch(&client, &asking).await.reason(), Some(Reason::Private));
    assert_eq!(server.asked().len(), 1);
}

#[actix_rt::test]
async fn the_next_address_is_tried_when_one_does_not_answer() {
    let server = RawServer::always(page("found"));
    let client = client_knowing(vec![("two.test", vec!["127.0.0.2", "127.0.0.1"])]);
    let asking = request(&format!("http://two.test:{}/", server.address().port()));
    let got = fetch(&client, &asking).await;
    assert_eq!((got.reason(), got.text()), (None, "found".into()));
    let host = format!("two.test:{}", server.address().port());
    assert_eq!(server.asked()[0].header("host"), Some(host.as_str()));
}

#[actix_rt::test]
async fn an_ipv6_address_can_be_asked() {
    if TcpListener::bind("[::1]:0").is_err() {
        return;
    }
    let server = RawServer::start_on("[::1]:0", |_| page("six"));
    assert_eq!(get(&server.url("/")).await.text(), "six");
}

#[actix_rt::test]
async fn a_kept_connection_is_used_again_and_an_unwanted_one_is_not() {
    let server = RawServer::always(page("x"));
    let client = client();
    let mut asking = request(&server.url("/"));
    for reused in [false, true, true] {
        assert_eq!(fetch(&client, &asking).await.exchange.reused, reused);
    }
    assert_eq!(client.idle_connections(), 1);
    asking.keep_alive = false;
    assert_eq!(fetch(&client, &asking).await.reason(), None);
    assert_eq!(client.idle_connections(), 0);
    asking.keep_alive = true;
    assert!(!fetch(&client, &asking).await.exchange.reused);
    assert_eq!(server.asked().iter().filter(|asked| asked.connection == 0).count(), 4);
}

#[actix_rt::test]
async fn a_stale_connection_is_told_and_nothing_is_sent_twice() {
    for (last, reason) in [(Act::Close, Reason::Closed), (Act::Reset, Reason::Reset)] {
        let server = RawServer::start(move |asked| match asked.number {
            0 => page("x"),
            _ => vec![last.clone()],
        });
        let client = client();
        let asking = request(&server.url("/"));
        fetch(&client, &asking).await;
        let got = fetch(&client, &asking).await;
        assert_eq!((got.reason(), got.exchange.reused, got.sent), (Some(reason), true, 1));
        assert_eq!(server.asked().len(), 2);
    }
}

#[actix_rt::test]
async fn what_cannot_be_trusted_to_be_at_its_end_is_not_used_again() {
    let answers = [
        "HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx",
        "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n",
        "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx",
    ];
    for text in answers {
        let server = RawServer::always(vec![send(text)]);
        let client = client();
        for _ in 0..2 {
            let got = fetch(&client, &request(&server.url("/"))).await;
            assert_eq!((got.reason(), got.exchange.reused), (None, false), "{text}");
        }
        assert_eq!(client.idle_connections(), 0);
    }
}

#[actix_rt::test]
async fn a_small_unwanted_body_does_not_cost_the_connection() {
    let server = RawServer::always(page("x".repeat(5000)));
    let client = client();
    for reused in [false, true] {
        let skip = Page { skip: true, ..Page::default() };
        let got = fetch_into(&client, &request(&server.url("/")), skip).await;
        assert_eq!((got.reason(), got.exchange.reused), (None, reused));
        assert_eq!((got.exchange.bytes, got.exchange.wire_bytes), (0, 5000));
    }
}

#[actix_rt::test]
async fn no_more_idle_connections_stay_open_than_allowed() {
    let server = RawServer::always(page("x"));
    let options = ClientOptions { max_idle: 5, ..ClientOptions::default() };
    let client = HttpClient::new(Clock::start(), &options).unwrap();
    let asking = request(&server.url("/"));
    let all = join_all((0..20).map(|_| fetch(&client, &asking))).await;
    assert!(all.iter().all(|got| got.reason().is_none()));
    assert_eq!(client.idle_connections(), 5);
    let again = join_all((0..20).map(|_| fetch(&client, &asking))).await;
    assert_eq!(again.iter().filter(|got| got.exchange.reused).count(), 5);
}

#[actix_rt::test]
async fn a_new_pool_does_not_hurt_the_exchanges_of_the_old_one() {
    let server = RawServer::always(page("x".repeat(100_000)));
    let options = ClientOptions { pool_life: 3, ..ClientOptions::default() };
    let client = HttpClient::new(Clock::start(), &options).unwrap();
    let asking = request(&server.url("/"));
    for _ in 0..5 {
        let all = join_all((0..10).map(|_| fetch(&client, &asking))).await;
        assert!(all.iter().all(|got| got.page.body.len() == 100_000 && got.reason().is_none()));
    }
    assert!(client.idle_connections() < 10, "{}", client.idle_connections());
}

#[actix_rt::test]
async fn the_moment_of_sending_is_told_while_the_answer_is_still_awaited() {
    let server = RawServer::always(vec![Act::Hold]);
    let client = client();
    let asking = request(&server.url("/"));
    let told = Cell::new(None);
    let mut page = Page::default();
    {
        let mut exchange = client.exchange(&asking, Box::new(|at| told.set(Some(at))), &mut page);
        while told.get().is_none() {
            assert!(futures_util::poll!(&mut exchange).is_pending());
            tokio::task::yield_now().await;
        }
    }
    // Dropped in mid-flight: the connection is gone and the client still works.
    assert_eq!(client.idle_connections(), 0);
    assert!(told.get().is_some_and(|at| at > 0));
}
