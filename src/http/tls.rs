//! The TLS configuration, built once and shared by every thread's client.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};

/// A TLS configuration that is built at its first use and then shared by all clones.
#[derive(Debug, Clone, Default)]
pub struct SharedTls(Arc<OnceLock<Arc<ClientConfig>>>);

/// Why TLS cannot be set up.
#[derive(Debug)]
pub enum TlsSetupError {
    /// The file of certificates cannot be read.
    CaFile(PathBuf, String),
    /// The provider refuses the protocol versions.
    Protocol(Error),
}

impl fmt::Display for TlsSetupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CaFile(path, why) => write!(f, "{}: {why}", path.display()),
            Self::Protocol(why) => write!(f, "TLS cannot be set up: {why}"),
        }
    }
}

impl std::error::Error for TlsSetupError {}

impl SharedTls {
    /// The configuration: the system's roots (`SSL_CERT_FILE` and `SSL_CERT_DIR` are honoured;
    /// where the system has none, those of Mozilla) and those of `ca_file`; HTTP/1.1 only.
    ///
    /// # Errors
    /// When `ca_file` cannot be read or holds no certificate.
    pub(super) fn config(
        &self,
        ca_file: Option<&Path>,
        insecure: bool,
    ) -> Result<Arc<ClientConfig>, TlsSetupError> {
        if let Some(config) = self.0.get() {
            return Ok(Arc::clone(config));
        }
        let built = Arc::new(build(ca_file, insecure)?);
        Ok(Arc::clone(self.0.get_or_init(|| built)))
    }
}

fn build(ca_file: Option<&Path>, insecure: bool) -> Result<ClientConfig, TlsSetupError> {
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(TlsSetupError::Protocol)?;
    if insecure {
        let anyone = Arc::new(Anyone(provider));
        return Ok(builder
            .dangerous()
            .with_custom_certificate_verifier(anyone)
            .with_no_client_auth());
    }
    Ok(builder.with_root_certificates(roots(ca_file)?).with_no_client_auth())
}

fn roots(ca_file: Option<&Path>) -> Result<RootCertStore, TlsSetupError> {
    let mut store = RootCertStore::empty();
    let system = rustls_native_certs::load_native_certs();
    for error in &system.errors {
        log::warn!("certificates of the system: {error}");
    }
    store.add_parsable_certificates(system.certs);
    if store.is_empty() {
        log::warn!("the system has no certificates: Mozilla's are used");
        store.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
    if let Some(path) = ca_file {
        let refused = |why: String| TlsSetupError::CaFile(path.to_owned(), why);
        let found = CertificateDer::pem_file_iter(path)
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .map_err(|error| refused(error.to_string()))?;
        if store.add_parsable_certificates(found).0 == 0 {
            return Err(refused("no certificate in it".into()));
        }
    }
    Ok(store)
}

/// Accepts every certificate: for `insecure`, which the operator has to ask for.
#[derive(Debug)]
struct Anyone(Arc<CryptoProvider>);

impl ServerCertVerifier for Anyone {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
