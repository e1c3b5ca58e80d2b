//! Host names become addresses: remembered for as long as the name server says, tried in turn,
//! and never a private one that nobody allowed.
#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

#[path = "common/dns.rs"]
mod dns;
#[path = "common/fetching.rs"]
mod fetching;
#[path = "common/hole.rs"]
mod hole;
#[path = "common/raw_server.rs"]
mod raw_server;
#[path = "common/relay.rs"]
mod relay;

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use crawld::clock::Clock;
use crawld::domain::outcome::Reason;
use crawld::domain::prefer::Prefer;
use crawld::domain::proxy::Proxy;
use crawld::http::{ClientOptions, Dns, HttpClient, Request};
use dns::{NameServer, Say};
use fetching::{Fetched, SHORT, fetch, request};
use futures_util::future::join_all;
use hole::Hole;
use raw_server::{RawServer, page};
use relay::Relay;

/// A public address. It is only ever given to a proxy on this machine, which tells what it was given
/// and connects to itself.
const PUBLIC: &str = "8.8.8.8";

/// A little more than the least time for which an answer is believed.
const LEAST_TTL: Duration = Duration::from_millis(1_050);

fn asking(server: &NameServer) -> HttpClient {
    preferring(server, Prefer::Ipv4)
}

fn preferring(server: &NameServer, prefer: Prefer) -> HttpClient {
    let dns = Dns { servers: vec![server.address()], prefer, ..Dns::default() };
    HttpClient::new(Clock::start(), &ClientOptions { dns, ..ClientOptions::default() }).unwrap()
}

/// A request on a connection of its own.
fn once(host: &str, port: u16) -> Request {
    Request { keep_alive: false, ..request(&format!("http://{host}:{port}/")) }
}

async fn ask(client: &HttpClient, host: &str, port: u16) -> Fetched {
    fetch(client, &once(host, port)).await
}

#[actix_rt::test]
async fn a_name_is_looked_up_once_while_its_answer_lasts_and_again_afterwards() {
    let names = NameServer::start(|question, _| match question.name.as_str() {
        "long.test" => Say::Addresses(vec![[127, 0, 0, 1].into()], 60),
        _ => Say::Addresses(vec![[127, 0, 0, 1].into()], 0),
    });
    let server = RawServer::always(page("x"));
    let port = server.address().port();
    let client = asking(&names);
    for _ in 0..2 {
        assert_eq!(ask(&client, "long.test", port).await.reason(), None);
        assert_eq!(ask(&client, "short.test", port).await.reason(), None);
        tokio::time::sleep(LEAST_TTL).await;
    }
    assert_eq!((names.count("long.test"), names.count("short.test")), (1, 2));
}

#[actix_rt::test]
async fn that_there_is_no_such_name_is_remembered_as_long_as_the_zone_says() {
    let names = NameServer::start(|_, _| Say::NoSuchName(60));
    let client = asking(&names);
    for _ in 0..3 {
        let got = ask(&client, "nobody.test", 80).await;
        assert_eq!((got.reason(), got.sent), (Some(Reason::Dns), 0));
    }
    assert_eq!(names.count("nobody.test"), 1);
    // An absolute name: no search list turns it into another.
    assert!(names.asked().iter().all(|question| question.name == "nobody.test"));
}

#[actix_rt::test]
async fn a_failure_of_the_name_server_is_forgotten_before_a_host_is_tried_again() {
    let names = NameServer::start(|_, _| Say::Failure);
    let client = asking(&names);
    assert_eq!(ask(&client, "a.test", 80).await.reason(), Some(Reason::Dns));
    let first = names.count("a.test");
    tokio::time::sleep(LEAST_TTL).await;
    ask(&client, "a.test", 80).await;
    assert!(names.count("a.test") > first);
}

#[actix_rt::test]
async fn a_name_server_that_says_nothing_uses_up_the_time_for_connecting() {
    let names = NameServer::start(|_, _| Say::Silence);
    let mut asked = once("a.test", 80);
    asked.limits.connect = SHORT;
    let got = fetch(&asking(&names), &asked).await;
    assert_eq!((got.reason(), got.sent), (Some(Reason::TimeoutConnect), 0));
    assert!(got.exchange.result.unwrap_err().detail.contains("no address"));
}

#[actix_rt::test]
async fn names_that_hang_do_not_hinder_those_that_do_not() {
    let names = NameServer::start(|question, _| {
        if question.name.starts_with("good") { Say::at(&["127.0.0.1"]) } else { Say::Silence }
    });
    let server = RawServer::always(page("x"));
    let port = server.address().port();
    let client = asking(&names);
    let hanging = join_all((0..100).map(|n| {
        let mut request = once(&format!("bad{n}.test"), port);
        request.limits.connect = 10 * SHORT;
        let client = &client;
        async move { fetch(client, &request).await.reason() }
    }));
    let good = join_all((0..100).map(|n| {
        let (client, host) = (&client, format!("good{n}.test"));
        async move { ask(client, &host, port).await.reason() }
    }));
    let (hanging, good) = futures_util::future::join(hanging, good).await;
    assert_eq!(hanging, vec![Some(Reason::TimeoutConnect); 100]);
    assert_eq!(good, vec![None; 100]);
}

#[actix_rt::test]
async fn a_name_whose_other_kind_of_address_is_never_answered_is_asked_all_the_same() {
    // Old name servers are silent when asked for IPv6.
    let names =
        NameServer::start(
            |question, _| {
                if question.six { Say::Silence } else { Say::at(&["127.0.0.1"]) }
            },
        );
    let server = RawServer::always(page("x"));
    let mut asked = once("a.test", server.address().port());
    asked.limits.connect = 10 * SHORT;
    assert_eq!(fetch(&asking(&names), &asked).await.text(), "x");
}

#[actix_rt::test]
async fn every_address_is_tried_in_the_order_that_is_preferred() {
    let dead = "127.0.0.9";
    let names = NameServer::start(move |_, _| Say::at(&[dead, "127.0.0.1", "::1"]));
    let four = RawServer::always(page("four"));
    let port = four.address().port();
    assert_eq!(ask(&asking(&names), "a.test", port).await.text(), "four");
    let Ok(_) = std::net::TcpListener::bind("[::1]:0") else { return };
    let six = RawServer::start_on(&format!("[::1]:{port}"), |_| page("six"));
    assert_eq!(ask(&preferring(&names, Prefer::Ipv6), "a.test", port).await.text(), "six");
    assert_eq!(
        ask(&preferring(&names, Prefer::Ipv4), "a.test", port).await.text(),
        "six",
        "{dead} is dead, then ::1"
    );
    drop(six);
}

#[actix_rt::test]
async fn an_address_that_hangs_costs_a_moment_and_not_the_page() {
    let hole = Hole::at("127.0.0.8:0");
    let port = hole.address().port();
    let server = RawServer::start_on(&format!("127.0.0.1:{port}"), |_| page("x"));
    let names = NameServer::start(|_, _| Say::at(&["127.0.0.8", "127.0.0.1"]));
    let got = ask(&asking(&names), "a.test", port).await;
    assert_eq!((got.reason(), got.text()), (None, "x".into()));
    assert_eq!(server.asked().len(), 1);
}

/// A request to a host that nobody named, through a proxy that is given the checked address.
fn stranger(host: &str, port: u16, proxy: &Relay) -> Request {
    let proxy = Proxy::parse(&format!("socks5://{}", proxy.address())).unwrap();
    Request { allow_private: false, proxy: Some(Arc::new(proxy)), ..once(host, port) }
}

#[actix_rt::test]
async fn a_name_that_turns_private_after_it_was_checked_is_not_followed_there() {
    // Whoever checks one look-up and connects by another is led inside by the second.
    let names = NameServer::start(|_, before| match before {
        0 => Say::Addresses(vec![PUBLIC.parse().unwrap()], 0),
        _ => Say::Addresses(vec![[127, 0, 0, 1].into()], 0),
    });
    let (inside, proxy) = (RawServer::always(page("secret")), Relay::socks(None));
    let port = inside.address().port();
    let client = asking(&names);
    let asked = stranger("rebind.test", port, &proxy);
    assert_eq!(fetch(&client, &asked).await.reason(), None);
    assert_eq!(names.count("rebind.test"), 1, "checked and connected to by one look-up");
    assert_eq!(proxy.targets(), [format!("{PUBLIC}:{port}")], "what was checked");
    // The next look-up says where it would have led: that is refused.
    tokio::time::sleep(LEAST_TTL).await;
    let got = fetch(&client, &asked).await;
    assert_eq!((got.reason(), got.sent), (Some(Reason::Private), 0));
    assert_eq!(proxy.targets().len(), 1);
    // Whom the operator names may be private.
    let named = Request { allow_private: true, proxy: None, ..asked };
    assert_eq!(fetch(&client, &named).await.text(), "secret");
}

#[actix_rt::test]
async fn of_mixed_answers_only_the_public_ones_are_used() {
    let names = NameServer::start(|_, _| {
        Say::at(&["127.0.0.1", PUBLIC, "10.0.0.1", "::1", "::ffff:127.0.0.1", "fe80::1"])
    });
    // Nobody listens there, so every address that may be used is tried.
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let proxy = Relay::socks(None);
    let got = fetch(&asking(&names), &stranger("mixed.test", closed, &proxy)).await;
    assert_eq!(got.reason(), Some(Reason::Refused));
    assert_eq!(proxy.targets(), [format!("{PUBLIC}:{closed}")]);
}
