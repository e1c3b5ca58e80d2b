//! Requests through proxies, and proxies that misbehave.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail loudly")]

#[path = "common/fetching.rs"]
mod fetching;
#[path = "common/raw_server.rs"]
mod raw_server;
#[path = "common/relay.rs"]
mod relay;
#[path = "common/tls.rs"]
mod tls;

use std::net::{IpAddr, TcpListener};
use std::sync::Arc;

use crawld::clock::Clock;
use crawld::domain::outcome::{Blame, Reason};
use crawld::domain::proxy::Proxy;
use crawld::http::{ClientOptions, Dns, HttpClient, Limits, Names, Request};
use fetching::{Fetched, SHORT, fetch, request};
use raw_server::{Act, RawServer, page, send};
use relay::Relay;
use tls::Authority;

/// Known to the client; the proxies know every name.
const NAMES: [(&str, &[[u8; 4]]); 4] = [
    ("good.test", &[[127, 0, 0, 1]]),
    ("outer.test", &[[8, 8, 8, 8]]),
    ("two.test", &[[8, 8, 8, 8], [8, 8, 4, 4]]),
    ("mixed.test", &[[8, 8, 8, 8], [10, 0, 0, 1]]),
];

fn client(authority: Option<&Authority>) -> HttpClient {
    let names = NAMES.map(|(name, all)| {
        (name.to_owned(), all.iter().map(|ip| IpAddr::from(*ip)).collect::<Vec<_>>())
    });
    let options = ClientOptions {
        ca_file: authority.map(|authority| authority.file().to_owned()),
        dns: Dns { names: Some(Arc::new(Names::from(names))), ..Dns::default() },
        ..ClientOptions::default()
    };
    HttpClient::new(Clock::start(), &options).unwrap()
}

fn through(proxy: &str, url: &str) -> Request {
    Request { proxy: Some(Arc::new(Proxy::parse(proxy).unwrap())), ..request(url) }
}

/// The failure is held against the way, names the proxy, and shows no secret.
fn assert_blames_the_proxy(got: &Fetched, reason: Reason) {
    assert_eq!((got.reason(), got.status(), got.page.head.is_none()), (Some(reason), 0, true));
    assert_eq!(reason.blame(), Blame::Host, "the page is asked again");
    let detail = got.detail();
    assert!(detail.starts_with("via ") && detail.contains("127.0.0.1:"), "{detail}");
    assert!(!detail.contains("secret"), "{detail}");
}

#[actix_rt::test]
async fn an_http_proxy_is_asked_in_absolute_form_with_credentials() {
    let proxy = RawServer::always(page("from the proxy"));
    let client = client(None);
    let asked = through(&format!("http://me:secret@{}", proxy.address()), "http://any.test:81/a?b");
    for reused in [false, true] {
        let got = fetch(&client, &asked).await;
        assert_eq!((got.reason(), got.text().as_str()), (None, "from the proxy"));
        assert_eq!(got.exchange.reused, reused);
    }
    let asked = proxy.asked();
    assert_eq!(asked[0].head.lines().next(), Some("GET http://any.test:81/a?b HTTP/1.1"));
    assert_eq!(asked[0].header("host"), Some("any.test:81"));
    assert_eq!(asked[0].header("proxy-authorization"), Some("Basic bWU6c2VjcmV0"));
}

#[actix_rt::test]
async fn a_tunnel_shows_the_proxy_nothing_of_the_request_and_the_server_nothing_of_the_proxy() {
    let authority = Authority::new();
    let server = authority.server("good.test", |_| {});
    let proxy = Relay::http(Some(("me", "secret")));
    let client = client(Some(&authority));
    let url = format!("https://good.test:{}/deep?q", server.port());
    let mut asked = through(&format!("http://me:secret@{}", proxy.address()), &url);
    for name in ["Authorization", "Cookie", "Proxy-Authorization"] {
        Arc::make_mut(&mut asked.headers).push((name.to_owned(), "private".to_owned()));
    }
    for reused in [false, true] {
        let got = fetch(&client, &asked).await;
        assert_eq!((got.reason(), got.text().as_str()), (None, "secret"), "{}", got.detail());
        assert_eq!(got.exchange.reused, reused);
    }
    let passed = proxy.passed();
    assert_eq!(passed.len(), 1, "one tunnel carries both");
    assert_eq!(passed[0].target, format!("good.test:{}", server.port()));
    assert_eq!(passed[0].credentials, Some(("me".to_owned(), "secret".to_owned())));
    assert!(!passed[0].head.contains("private") && !passed[0].head.contains("deep"));
    let head = server.heads()[0].to_ascii_lowercase();
    assert!(head.starts_with("get /deep?q http/1.1"), "{head}");
    assert!(head.contains("cookie: private") && !head.contains("proxy"), "{head}");
}

#[actix_rt::test]
async fn behind_a_tunnel_the_certificate_is_checked_as_ever() {
    let (authority, unknown) = (Authority::new(), Authority::new());
    let client = client(Some(&authority));
    let ports = [Relay::http(None), Relay::socks(None)];
    let proxies =
        [format!("http://{}", ports[0].address()), format!("socks5h://{}", ports[1].address())];
    for proxy in proxies {
        for (server, reason) in [
            (authority.server("good.test", |_| {}), None),
            (authority.server("other.test", |_| {}), Some(Reason::TlsName)),
            (unknown.server("good.test", |_| {}), Some(Reason::TlsUntrusted)),
        ] {
            let url = format!("https://good.test:{}/", server.port());
            let got = fetch(&client, &through(&proxy, &url)).await;
            assert_eq!(got.reason(), reason, "{}", got.detail());
            let lax = Request { insecure: true, ..through(&proxy, &url) };
            assert_eq!(fetch(&client, &lax).await.reason(), None);
        }
    }
}

#[actix_rt::test]
async fn socks5_is_given_the_address_that_was_checked_and_socks5h_the_name() {
    let authority = Authority::new();
    let server = authority.server("outer.test", |_| {});
    let plain = RawServer::always(page("plain"));
    let client = client(Some(&authority));
    for wanted in [None, Some(("me", "secret"))] {
        let proxy = Relay::socks(wanted);
        let user = if wanted.is_some() { "me:secret@" } else { "" };
        for (scheme, host) in [("socks5", "8.8.8.8"), ("socks5h", "outer.test")] {
            for (url, port) in [("https", server.port()), ("http", plain.address().port())] {
                let text = format!("{scheme}://{user}{}", proxy.address());
                let asked = through(&text, &format!("{url}://outer.test:{port}/"));
                let got = fetch(&client, &Request { allow_private: false, ..asked }).await;
                assert_eq!(got.reason(), None, "{scheme} {url}: {}", got.detail());
                let passed = proxy.passed().pop().unwrap();
                assert_eq!(passed.target, format!("{host}:{port}"));
                assert_eq!(passed.by_address, scheme == "socks5");
                let known = wanted.map(|(user, word)| (user.to_owned(), word.to_owned()));
                assert_eq!(passed.credentials, known);
            }
        }
    }
    let heads: Vec<_> = plain.asked().iter().map(|asked| asked.head.clone()).collect();
    assert!(heads.iter().all(|head| head.starts_with("GET / HTTP/1.1")), "{heads:?}");
}

#[actix_rt::test]
async fn socks5_is_given_one_address_after_another() {
    let proxy = Relay::socks(None);
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let text = format!("socks5://{}", proxy.address());
    let got = fetch(&client(None), &through(&text, &format!("http://two.test:{closed}/"))).await;
    assert_blames_the_proxy(&got, Reason::Refused);
    assert_eq!(proxy.targets(), [format!("8.8.8.8:{closed}"), format!("8.8.4.4:{closed}")]);
}

#[actix_rt::test]
async fn connections_through_different_proxies_or_credentials_are_never_shared() {
    let (one, other) = (RawServer::always(page("x")), RawServer::always(page("x")));
    let client = client(None);
    let both = [one.address(), other.address()];
    let texts = ["", "me:secret@", "me:other@", "you:secret@"];
    for _ in 0..2 {
        for text in texts {
            for address in both {
                let asked = through(&format!("http://{text}{address}"), "http://any.test/");
                assert_eq!(fetch(&client, &asked).await.reason(), None);
            }
        }
    }
    for proxy in [one, other] {
        let asked = proxy.asked();
        assert_eq!(asked.len(), 8);
        for first in asked.iter().filter(|asked| asked.number == 0) {
            let same: Vec<_> = asked.iter().filter(|a| a.connection == first.connection).collect();
            let known = |asked: &&raw_server::Asked| {
                asked.header("proxy-authorization") == first.header("proxy-authorization")
            };
            assert!(same.len() == 2 && same.iter().all(known), "each its own, and kept");
        }
    }
}

#[actix_rt::test]
async fn private_targets_are_refused_before_the_proxy_hears_of_them() {
    let http = RawServer::always(page("inside"));
    let socks = Relay::socks(None);
    let client = client(None);
    let proxies = [
        format!("http://{}", http.address()),
        format!("socks5://{}", socks.address()),
        format!("socks5h://{}", socks.address()),
    ];
    for proxy in &proxies {
        for host in ["127.0.0.1", "[::1]", "10.0.0.1", "localhost", "a.localhost", "good.test"] {
            for scheme in ["http", "https"] {
                let asked = through(proxy, &format!("{scheme}://{host}/"));
                let got = fetch(&client, &Request { allow_private: false, ..asked }).await;
                assert_eq!(got.reason(), Some(Reason::Private), "{proxy} {scheme} {host}");
            }
        }
    }
    // Whoever looks the name up himself may take either address.
    for (proxy, refused) in proxies.iter().zip([true, false, true]) {
        let asked = through(proxy, "http://mixed.test:1/");
        let got = fetch(&client, &Request { allow_private: false, ..asked }).await;
        assert_eq!(got.reason() == Some(Reason::Private), refused, "{proxy}: {}", got.detail());
    }
    assert_eq!(http.asked().len(), 0);
    assert_eq!(socks.targets(), ["8.8.8.8:1"]);
}

#[actix_rt::test]
async fn a_name_that_is_not_found_here_is_the_proxys_to_say() {
    let proxy = RawServer::always(page("found"));
    let asked = through(&format!("http://{}", proxy.address()), "http://no.such.name.invalid/");
    let got = fetch(&client(None), &Request { allow_private: false, ..asked }).await;
    assert_eq!((got.reason(), got.text().as_str()), (None, "found"));
}

#[actix_rt::test]
async fn wrong_credentials_are_refused_and_never_the_pages_answer() {
    let authority = Authority::new();
    let server = authority.server("good.test", |_| {});
    let client = client(Some(&authority));
    let (http, socks) = (Relay::http(Some(("me", "secret"))), Relay::socks(Some(("me", "secret"))));
    for url in [format!("https://good.test:{}/", server.port()), "http://good.test:1/".to_owned()] {
        for user in ["", "me:wrongsecret@"] {
            let asked = through(&format!("http://{user}{}", http.address()), &url);
            let got = fetch(&client, &asked).await;
            assert_blames_the_proxy(&got, Reason::Refused);
            assert!(got.detail().contains("407"), "{}", got.detail());
            let text = format!("socks5h://{user}{}", socks.address());
            assert_blames_the_proxy(&fetch(&client, &through(&text, &url)).await, Reason::Refused);
        }
    }
    assert_eq!(server.heads().len(), 0);
}

#[actix_rt::test]
async fn a_407_of_a_server_behind_a_tunnel_is_its_own() {
    let server = RawServer::always(vec![send("HTTP/1.1 407 Mine\r\nContent-Length: 2\r\n\r\nno")]);
    let proxy = Relay::socks(None);
    let url = format!("http://good.test:{}/", server.address().port());
    let client = client(None);
    let got = fetch(&client, &through(&format!("socks5h://{}", proxy.address()), &url)).await;
    assert_eq!((got.reason(), got.status()), (None, 407));
    assert_eq!(fetch(&client, &request(&url)).await.status(), 407);
}

#[actix_rt::test]
async fn a_proxy_that_misbehaves_costs_little_and_is_named() {
    let endless = [&b"HTTP/1.1 200 OK\r\n"[..], &b"X-Filler: yyyyyyyyyyyyyyyy\r\n".repeat(200_000)];
    let cases: Vec<(Vec<Act>, Reason)> = vec![
        (vec![send("HTTP/1.1 502 Bad Gateway\r\n\r\nno")], Reason::Refused),
        (vec![send("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")], Reason::Refused),
        (vec![send("HTTP/1.1 302 Found\r\nLocation: http://login/\r\n\r\n")], Reason::Refused),
        (vec![send("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 504 Late\r\n\r\n")], Reason::Refused),
        (vec![send("HTTP/1.1 200 OK\r\n\r\n<html>hello")], Reason::Unreachable),
        (vec![send("SSH-2.0-OpenSSH_9.6\r\n")], Reason::Unreachable),
        (vec![send([0, 159, 146, 150]), Act::Close], Reason::Unreachable),
        (vec![Act::Close], Reason::Unreachable),
        (vec![Act::Reset], Reason::Unreachable),
        (vec![send("HTTP/1.1 200 Conn"), Act::Close], Reason::Unreachable),
        (vec![send(endless.concat()), Act::Close], Reason::Unreachable),
        (vec![Act::Hold], Reason::TimeoutConnect),
        (vec![send("HTTP/1.1 200 OK\r\n"), Act::Hold], Reason::TimeoutConnect),
    ];
    for (acts, reason) in cases {
        let what = format!("{:.60}", format!("{acts:?}"));
        let proxy = RawServer::always(acts);
        let text = format!("http://me:secret@{}", proxy.address());
        let mut asked = through(&text, "https://any.test/");
        asked.limits = Limits { connect: SHORT, ..Limits::default() };
        let got = fetch(&client(None), &asked).await;
        assert_eq!(got.reason(), Some(reason), "{what}: {}", got.detail());
        assert_blames_the_proxy(&got, reason);
        assert_eq!(got.sent, 0, "{what}");
    }
}

#[actix_rt::test]
async fn a_proxy_that_cannot_be_reached_is_unreachable() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for scheme in ["http", "socks5", "socks5h"] {
        for url in ["http://outer.test/", "https://outer.test/"] {
            let asked = through(&format!("{scheme}://u:secret@{closed}"), url);
            let got = fetch(&client(None), &asked).await;
            assert_blames_the_proxy(&got, Reason::Unreachable);
        }
    }
    let asked = through("no.such.proxy.invalid:80", "http://outer.test/");
    let got = fetch(&client(None), &asked).await;
    assert_eq!(got.reason(), Some(Reason::Unreachable));
    assert!(got.detail().contains("no.such.proxy.invalid"), "{}", got.detail());
}

#[actix_rt::test]
async fn a_socks_proxy_that_misbehaves_is_named() {
    // It waits for an end of head that does not come in SOCKS.
    let silent = RawServer::always(vec![Act::Hold]);
    let closing = TcpListener::bind("127.0.0.1:0").unwrap();
    let strange = TcpListener::bind("127.0.0.1:0").unwrap();
    let [closes, speaks] = [&closing, &strange].map(|listener| listener.local_addr().unwrap());
    std::thread::spawn(move || closing.incoming().for_each(drop));
    std::thread::spawn(move || {
        for mut client in strange.incoming().flatten() {
            drop(std::io::Write::write_all(&mut client, b"HTTP/1.1 400 Bad Request\r\n\r\n"));
            drop(std::io::Read::read(&mut client, &mut [0; 64]));
        }
    });
    for (address, reason) in [
        (silent.address(), Reason::TimeoutConnect),
        (closes, Reason::Unreachable),
        (speaks, Reason::Unreachable),
    ] {
        let mut asked = through(&format!("socks5h://{address}"), "http://any.test/");
        asked.limits = Limits { connect: SHORT, ..Limits::default() };
        assert_blames_the_proxy(&fetch(&client(None), &asked).await, reason);
    }
}

#[actix_rt::test]
async fn the_limit_of_the_handshake_holds_behind_a_proxy() {
    let silent = RawServer::always(vec![Act::Hold]);
    let relay = Relay::http(None);
    let url = format!("https://any.test:{}/", silent.address().port());
    let mut asked = through(&format!("http://{}", relay.address()), &url);
    asked.limits = Limits { tls: SHORT, ..Limits::default() };
    let got = fetch(&client(None), &asked).await;
    assert_eq!(got.reason(), Some(Reason::TimeoutTls), "{}", got.detail());
}

#[actix_rt::test]
async fn ipv6_literals_go_through_every_kind_of_proxy() {
    let server = RawServer::always(page("six"));
    let port = server.address().port();
    for (proxy, scheme) in [(Relay::http(None), "http"), (Relay::socks(None), "socks5h")] {
        let text = format!("{scheme}://{}", proxy.address());
        let asked = through(&text, &format!("http://[2001:db8::1]:{port}/"));
        let got = fetch(&client(None), &asked).await;
        assert_eq!((got.reason(), got.text().as_str()), (None, "six"), "{}", got.detail());
        assert_eq!(proxy.targets(), [format!("[2001:db8::1]:{port}")]);
        assert!(proxy.passed()[0].by_address);
    }
}
