//! Certificates are checked, and each failure has its own name.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail loudly")]

#[path = "common/fetching.rs"]
mod fetching;

#[path = "common/tls.rs"]
mod tls;

use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::sync::Arc;
use std::thread;

use crawld::clock::Clock;
use crawld::domain::outcome::Reason;
use crawld::http::{ClientError, ClientOptions, Dns, HttpClient, Names, Request};
use fetching::{Fetched, fetch, request};
use rcgen::{BasicConstraints, IsCa, date_time_ymd};
use tls::{Authority, Identity, TlsServer};

fn client(ca_file: Option<&Path>) -> HttpClient {
    client_with(ClientOptions { ca_file: ca_file.map(Path::to_owned), ..ClientOptions::default() })
}

fn client_with(options: ClientOptions) -> HttpClient {
    let names = ["good.test", "other.test"].map(|n| (n.into(), vec![[127, 0, 0, 1].into()]));
    let dns = Dns { names: Some(Arc::new(Names::from(names))), ..Dns::default() };
    let options = ClientOptions { dns, ..options };
    HttpClient::new(Clock::start(), &options).unwrap()
}

fn asking(host: &str, server: &TlsServer) -> Request {
    request(&format!("https://{host}:{}/", server.port()))
}

async fn ask(client: &HttpClient, host: &str, server: &TlsServer) -> Fetched {
    fetch(client, &asking(host, server)).await
}

#[actix_rt::test]
async fn a_good_certificate_is_accepted_and_the_connection_kept() {
    let authority = Authority::new();
    let server = authority.server("good.test", |_| {});
    let client = client(Some(authority.file()));
    for reused in [false, true] {
        let got = ask(&client, "good.test", &server).await;
        assert_eq!((got.reason(), got.text(), got.sent), (None, "secret".into(), 1));
        assert_eq!(got.exchange.reused, reused);
    }
}

#[actix_rt::test]
async fn a_certificate_for_an_address_is_accepted_there() {
    let authority = Authority::new();
    let server = authority.server("127.0.0.1", |_| {});
    let client = client(Some(authority.file()));
    assert_eq!(ask(&client, "127.0.0.1", &server).await.reason(), None);
}

#[actix_rt::test]
async fn another_name_is_tls_name() {
    let authority = Authority::new();
    let server = authority.server("good.test", |_| {});
    let client = client(Some(authority.file()));
    let got = ask(&client, "other.test", &server).await;
    assert_eq!((got.reason(), got.sent), (Some(Reason::TlsName), 0));
}

#[actix_rt::test]
async fn a_certificate_out_of_its_time_is_tls_expired() {
    let authority = Authority::new();
    let client = client(Some(authority.file()));
    let past = authority.server("good.test", |params| params.not_after = date_time_ymd(2001, 1, 1));
    assert_eq!(ask(&client, "good.test", &past).await.reason(), Some(Reason::TlsExpired));
    let later =
        authority.server("good.test", |params| params.not_before = date_time_ymd(4000, 1, 1));
    assert_eq!(ask(&client, "good.test", &later).await.reason(), Some(Reason::TlsExpired));
}

#[actix_rt::test]
async fn an_unknown_issuer_is_tls_untrusted_and_called_so() {
    let (known, unknown) = (Authority::new(), Authority::new());
    let server = unknown.server("good.test", |_| {});
    let got = ask(&client(Some(known.file())), "good.test", &server).await;
    assert_eq!(got.reason(), Some(Reason::TlsUntrusted));
    assert!(got.detail().starts_with("unknown issuer"), "{}", got.detail());
}

#[actix_rt::test]
async fn a_certificate_that_signed_itself_is_tls_untrusted_and_called_so_unless_it_is_trusted() {
    for is_ca in [IsCa::NoCa, IsCa::ExplicitNoCa, IsCa::Ca(BasicConstraints::Unconstrained)] {
        let (identity, file) = Identity::self_signed("good.test", is_ca);
        let server = TlsServer::start(&identity);
        let got = ask(&client(None), "good.test", &server).await;
        assert_eq!(got.reason(), Some(Reason::TlsUntrusted));
        assert!(got.detail().starts_with("self-signed"), "{}", got.detail());
        let client = client(Some(file.path()));
        assert_eq!(ask(&client, "good.test", &server).await.reason(), None);
        assert_eq!(ask(&client, "other.test", &server).await.reason(), Some(Reason::TlsName));
    }
}

#[actix_rt::test]
async fn insecure_accepts_anyone_for_that_request_and_no_other() {
    let server = Authority::new().server("good.test", |_| {});
    let client = client(None);
    let lax = Request { insecure: true, ..asking("other.test", &server) };
    for _ in 0..2 {
        let got = fetch(&client, &lax).await;
        assert_eq!((got.reason(), got.text()), (None, "secret".into()));
        // Neither its kept-alive connection nor its session serves a request that is not insecure.
        let strict = ask(&client, "other.test", &server).await;
        assert_eq!((strict.reason(), strict.sent), (Some(Reason::TlsUntrusted), 0));
    }
    assert_eq!(server.heads().len(), 2);
}

#[actix_rt::test]
async fn a_server_of_an_older_version_than_allowed_is_tls_other() {
    let authority = Authority::new();
    let identity = authority.identity(&["good.test"], |_| {});
    let answer = |_: &str| ("old".to_owned(), false);
    let old = TlsServer::start_with(&identity, &[&rustls::version::TLS12], answer);
    let new = TlsServer::start_with(&identity, &[&rustls::version::TLS13], answer);
    for only_tls13 in [false, true] {
        let ca_file = Some(authority.file().to_owned());
        let options = ClientOptions { ca_file, only_tls13, ..ClientOptions::default() };
        let client = client_with(options);
        assert_eq!(ask(&client, "good.test", &new).await.reason(), None);
        let got = ask(&client, "good.test", &old).await;
        assert_eq!(got.reason(), only_tls13.then_some(Reason::TlsOther));
    }
}

#[actix_rt::test]
async fn a_server_that_speaks_no_tls_is_tls_other() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            // The client may be gone already, which is as good.
            drop(stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n"));
            drop(stream.read(&mut [0; 1024]));
        }
    });
    let asking = request(&format!("https://{address}/"));
    assert_eq!(fetch(&client(None), &asking).await.reason(), Some(Reason::TlsOther));
}

#[actix_rt::test]
async fn an_end_without_close_notify_ends_a_body_like_any_other_end() {
    let authority = Authority::new();
    let server = authority.server("good.test", |_| {});
    let client = client(Some(authority.file()));
    let asking = request(&format!("https://good.test:{}/cut", server.port()));
    let got = fetch(&client, &asking).await;
    assert_eq!((got.reason(), got.text()), (None, "secret".into()));
}

#[test]
fn a_file_without_certificates_is_refused() {
    let empty = tempfile::NamedTempFile::new().unwrap();
    for path in [empty.path(), Path::new("/no/such/file")] {
        let options = ClientOptions { ca_file: Some(path.to_owned()), ..ClientOptions::default() };
        let refused = HttpClient::new(Clock::start(), &options);
        assert!(matches!(refused, Err(ClientError::Tls(_))));
    }
}

#[test]
fn options_can_be_shared_between_threads() {
    fn shareable<T: Send + Sync + Clone + 'static>(_: &T) {}
    shareable(&ClientOptions::default());
}
