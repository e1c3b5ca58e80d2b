//! Certificates are checked, and each failure has its own name.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail loudly")]

#[path = "common/fetching.rs"]
mod fetching;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::thread;

use crawld::clock::Clock;
use crawld::domain::outcome::Reason;
use crawld::http::{ClientError, ClientOptions, Dns, HttpClient, Names};
use fetching::{Fetched, fetch, request};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// An authority with its file.
struct Authority {
    issuer: Issuer<'static, KeyPair>,
    file: tempfile::NamedTempFile,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(vec![]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let pem = params.self_signed(&key).unwrap().pem();
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(pem.as_bytes()).unwrap();
        Self { issuer: Issuer::new(params, key), file }
    }

    /// A server with a certificate of this authority for this name.
    fn server(&self, name: &str, change: impl FnOnce(&mut CertificateParams)) -> SocketAddr {
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        change(&mut params);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        serve(certificate.der().clone(), &key)
    }
}

/// A TLS server that answers every request with one short page and then closes without
/// `close_notify` when the path says so.
fn serve(certificate: CertificateDer<'static>, key: &KeyPair) -> SocketAddr {
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let config =
        ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)
            .unwrap();
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let session = ServerConnection::new(Arc::clone(&config)).unwrap();
            thread::spawn(move || converse(StreamOwned::new(session, stream)));
        }
    });
    address
}

fn converse(mut tls: StreamOwned<ServerConnection, TcpStream>) {
    let mut head = Vec::new();
    let mut byte = [0];
    while tls.read_exact(&mut byte).is_ok() {
        head.push(byte[0]);
        if head.ends_with(b"\r\n\r\n") {
            let cut = head.starts_with(b"GET /cut");
            let length = if cut { "" } else { "Content-Length: 6\r\n" };
            let answer = format!("HTTP/1.1 200 OK\r\n{length}\r\nsecret");
            if tls.write_all(answer.as_bytes()).is_err() || cut {
                return;
            }
            head.clear();
        }
    }
}

fn client(ca_file: Option<&Path>, insecure: bool) -> HttpClient {
    let names = ["good.test", "other.test"].map(|n| (n.into(), vec![[127, 0, 0, 1].into()]));
    let options = ClientOptions {
        ca_file: ca_file.map(Path::to_owned),
        insecure,
        dns: Dns { names: Some(Arc::new(Names::from(names))), ..Dns::default() },
        ..ClientOptions::default()
    };
    HttpClient::new(Clock::start(), &options).unwrap()
}

async fn ask(client: &HttpClient, host: &str, server: SocketAddr) -> Fetched {
    fetch(client, &request(&format!("https://{host}:{}/", server.port()))).await
}

#[actix_rt::test]
async fn a_good_certificate_is_accepted_and_the_connection_kept() {
    let authority = Authority::new();
    let server = authority.server("good.test", |_| {});
    let client = client(Some(authority.file.path()), false);
    for reused in [false, true] {
        let got = ask(&client, "good.test", server).await;
        assert_eq!((got.reason(), got.text(), got.sent), (None, "secret".into(), 1));
        assert_eq!(got.exchange.reused, reused);
    }
}

#[actix_rt::test]
async fn a_certificate_for_an_address_is_accepted_there() {
    let authority = Authority::new();
    let server = authority.server("127.0.0.1", |_| {});
    let client = client(Some(authority.file.path()), false);
    assert_eq!(ask(&client, "127.0.0.1", server).await.reason(), None);
}

#[actix_rt::test]
async fn another_name_is_tls_name() {
    let authority = Authority::new();
    let server = authority.server("good.test", |_| {});
    let client = client(Some(authority.file.path()), false);
    let got = ask(&client, "other.test", server).await;
    assert_eq!((got.reason(), got.sent), (Some(Reason::TlsName), 0));
}

#[actix_rt::test]
async fn a_certificate_out_of_its_time_is_tls_expired() {
    let authority = Authority::new();
    let client = client(Some(authority.file.path()), false);
    let past = authority.server("good.test", |params| params.not_after = date_time_ymd(2001, 1, 1));
    assert_eq!(ask(&client, "good.test", past).await.reason(), Some(Reason::TlsExpired));
    let later =
        authority.server("good.test", |params| params.not_before = date_time_ymd(4000, 1, 1));
    assert_eq!(ask(&client, "good.test", later).await.reason(), Some(Reason::TlsExpired));
}

#[actix_rt::test]
async fn an_unknown_issuer_is_tls_untrusted() {
    let (known, unknown) = (Authority::new(), Authority::new());
    let server = unknown.server("good.test", |_| {});
    let client = client(Some(known.file.path()), false);
    assert_eq!(ask(&client, "good.test", server).await.reason(), Some(Reason::TlsUntrusted));
}

#[actix_rt::test]
async fn a_certificate_that_signed_itself_is_tls_untrusted() {
    for is_ca in [IsCa::NoCa, IsCa::Ca(BasicConstraints::Unconstrained)] {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec!["good.test".to_owned()]).unwrap();
        params.is_ca = is_ca;
        let server = serve(params.self_signed(&key).unwrap().der().clone(), &key);
        let got = ask(&client(None, false), "good.test", server).await;
        assert_eq!(got.reason(), Some(Reason::TlsUntrusted));
    }
}

#[actix_rt::test]
async fn insecure_accepts_anyone() {
    let server = Authority::new().server("good.test", |_| {});
    let got = ask(&client(None, true), "other.test", server).await;
    assert_eq!((got.reason(), got.text()), (None, "secret".into()));
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
    assert_eq!(
        ask(&client(None, false), "good.test", address).await.reason(),
        Some(Reason::TlsOther)
    );
}

#[actix_rt::test]
async fn an_end_without_close_notify_ends_a_body_like_any_other_end() {
    let authority = Authority::new();
    let server = authority.server("good.test", |_| {});
    let client = client(Some(authority.file.path()), false);
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
