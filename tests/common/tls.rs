//! Certificate authorities and TLS servers under the test's control.
#![allow(dead_code, reason = "each test uses its own part")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail loudly")]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned, SupportedProtocolVersion};

/// Authorities so far: each has a name of its own.
static AUTHORITIES: AtomicUsize = AtomicUsize::new(0);

/// What a server answers to a request head: the body, and whether to close without a word then.
type Answer = fn(&str) -> (String, bool);

/// An authority with its file.
pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    file: tempfile::NamedTempFile,
}

impl Authority {
    /// A new authority that nobody trusts yet.
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::new(vec![]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let number = AUTHORITIES.fetch_add(1, Ordering::SeqCst);
        params.distinguished_name.push(DnType::CommonName, format!("authority {number}"));
        let key = KeyPair::generate().unwrap();
        let file = pem_file(&params.self_signed(&key).unwrap().pem());
        Self { issuer: Issuer::new(params, key), file }
    }

    /// Its certificate, in PEM.
    pub(crate) fn file(&self) -> &Path {
        self.file.path()
    }

    /// A certificate of this authority for these names.
    pub(crate) fn identity(
        &self,
        names: &[&str],
        change: impl FnOnce(&mut CertificateParams),
    ) -> Identity {
        let mut params = params(names);
        change(&mut params);
        let key = KeyPair::generate().unwrap();
        let der = params.signed_by(&key, &self.issuer).unwrap().der().clone();
        Identity { der, key }
    }

    /// A server with a certificate of this authority for this name.
    pub(crate) fn server(
        &self,
        name: &str,
        change: impl FnOnce(&mut CertificateParams),
    ) -> TlsServer {
        TlsServer::start(&self.identity(&[name], change))
    }
}

fn params(names: &[&str]) -> CertificateParams {
    let names: Vec<String> = names.iter().map(ToString::to_string).collect();
    CertificateParams::new(names).unwrap()
}

fn pem_file(pem: &str) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(pem.as_bytes()).unwrap();
    file
}

/// A certificate with its key.
pub(crate) struct Identity {
    der: CertificateDer<'static>,
    key: KeyPair,
}

impl Identity {
    /// One that signed itself, with its file.
    pub(crate) fn self_signed(name: &str, is_ca: IsCa) -> (Self, tempfile::NamedTempFile) {
        let mut params = params(&[name]);
        params.is_ca = is_ca;
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        let file = pem_file(&certificate.pem());
        (Self { der: certificate.der().clone(), key }, file)
    }
}

/// A TLS server on a free port of 127.0.0.1.
pub(crate) struct TlsServer {
    address: SocketAddr,
    log: Arc<Mutex<Vec<String>>>,
}

impl TlsServer {
    /// Answers every request with one short page, and closes without `close_notify` after one of
    /// `/cut`.
    pub(crate) fn start(identity: &Identity) -> Self {
        Self::start_with(identity, rustls::DEFAULT_VERSIONS, |head| {
            ("secret".to_owned(), head.starts_with("GET /cut"))
        })
    }

    /// Speaks these versions and answers by this rule.
    pub(crate) fn start_with(
        identity: &Identity,
        versions: &[&'static SupportedProtocolVersion],
        answer: Answer,
    ) -> Self {
        let key = PrivateKeyDer::try_from(identity.key.serialize_der()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(versions)
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![identity.der.clone()], key)
            .unwrap();
        let config = Arc::new(config);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let log = Arc::new(Mutex::new(Vec::new()));
        let heads = Arc::clone(&log);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let session = ServerConnection::new(Arc::clone(&config)).unwrap();
                let heads = Arc::clone(&heads);
                thread::spawn(move || converse(StreamOwned::new(session, stream), answer, &heads));
            }
        });
        Self { address, log }
    }

    /// Where it listens.
    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    /// Every request head so far.
    pub(crate) fn heads(&self) -> Vec<String> {
        self.log.lock().unwrap().clone()
    }
}

fn converse(
    mut tls: StreamOwned<ServerConnection, TcpStream>,
    answer: Answer,
    log: &Mutex<Vec<String>>,
) {
    let mut head = Vec::new();
    let mut byte = [0];
    while tls.read_exact(&mut byte).is_ok() {
        head.push(byte[0]);
        if head.ends_with(b"\r\n\r\n") {
            let text = String::from_utf8_lossy(&std::mem::take(&mut head)).into_owned();
            let (body, cut) = answer(&text);
            log.lock().unwrap().push(text);
            let length = format!("Content-Length: {}\r\n", body.len());
            let length = if cut { "" } else { &length };
            let type_ = "Content-Type: text/html\r\n";
            let answer = format!("HTTP/1.1 200 OK\r\n{type_}{length}\r\n{body}");
            if tls.write_all(answer.as_bytes()).is_err() || cut {
                return;
            }
        }
    }
}
