//! The TLS configuration, built once and shared by every thread's client.

mod verify;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use rustls::client::danger::ServerCertVerifier;
use rustls::client::{VerifierBuilderError, WebPkiServerVerifier};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, Error, RootCertStore, SupportedProtocolVersion};

use verify::{Anyone, Checked};
pub(super) use verify::{SelfSigned, is_ca_as_server};

/// The versions spoken, the least last.
const VERSIONS: [&SupportedProtocolVersion; 2] = [&TLS13, &TLS12];

/// A TLS configuration that is built at its first use and then shared by all clones.
#[derive(Debug, Clone, Default)]
pub struct SharedTls(Arc<OnceLock<TlsConfigs>>);

/// The two configurations, HTTP/1.1 only.
#[derive(Debug, Clone)]
pub(super) struct TlsConfigs {
    /// Certificates are checked.
    pub(super) checked: Arc<ClientConfig>,
    /// They are not. Sessions are never resumed from one to the other.
    pub(super) unchecked: Arc<ClientConfig>,
}

/// Why TLS cannot be set up.
#[derive(Debug)]
pub enum TlsSetupError {
    /// The file of certificates cannot be read.
    CaFile(PathBuf, String),
    /// The provider refuses the protocol versions.
    Protocol(Error),
    /// The roots make no verifier.
    Roots(VerifierBuilderError),
}

impl fmt::Display for TlsSetupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CaFile(path, why) => {
                write!(f, "ca_file {}: {why}; give a PEM file of certificates", path.display())
            }
            Self::Protocol(why) => write!(f, "TLS cannot be set up: {why}"),
            Self::Roots(why) => write!(f, "TLS cannot be set up: {why}"),
        }
    }
}

impl std::error::Error for TlsSetupError {}

impl SharedTls {
    /// The configurations. Trusted are the system's roots (`SSL_CERT_FILE` and `SSL_CERT_DIR` are
    /// honoured; where the system has none, those of Mozilla) and those of `ca_file`.
    ///
    /// # Errors
    /// When `ca_file` cannot be read or holds no certificate.
    pub(super) fn configs(
        &self,
        ca_file: Option<&Path>,
        only_tls13: bool,
    ) -> Result<TlsConfigs, TlsSetupError> {
        if let Some(built) = self.0.get() {
            return Ok(built.clone());
        }
        let built = build(ca_file, only_tls13)?;
        Ok(self.0.get_or_init(|| built).clone())
    }
}

fn build(ca_file: Option<&Path>, only_tls13: bool) -> Result<TlsConfigs, TlsSetupError> {
    let provider = Arc::new(ring::default_provider());
    let versions = if only_tls13 { &VERSIONS[..1] } else { &VERSIONS[..] };
    let own = ca_file.map(certificates).transpose()?.unwrap_or_default();
    let roots = Arc::new(roots(ca_file, &own)?);
    let roots = WebPkiServerVerifier::builder_with_provider(roots, Arc::clone(&provider))
        .build()
        .map_err(TlsSetupError::Roots)?;
    let checked =
        Arc::new(Checked { roots, own, algorithms: provider.signature_verification_algorithms });
    let unchecked = Arc::new(Anyone(Arc::clone(&provider)));
    Ok(TlsConfigs {
        checked: config(&provider, versions, checked)?,
        unchecked: config(&provider, versions, unchecked)?,
    })
}

fn config(
    provider: &Arc<CryptoProvider>,
    versions: &[&'static SupportedProtocolVersion],
    verifier: Arc<dyn ServerCertVerifier>,
) -> Result<Arc<ClientConfig>, TlsSetupError> {
    let builder = ClientConfig::builder_with_provider(Arc::clone(provider))
        .with_protocol_versions(versions)
        .map_err(TlsSetupError::Protocol)?;
    let builder = builder.dangerous().with_custom_certificate_verifier(verifier);
    Ok(Arc::new(builder.with_no_client_auth()))
}

/// The certificates in a PEM file.
fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsSetupError> {
    let refused = |why: String| TlsSetupError::CaFile(path.to_owned(), why);
    CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| refused(error.to_string()))
}

fn roots(
    ca_file: Option<&Path>,
    own: &[CertificateDer<'static>],
) -> Result<RootCertStore, TlsSetupError> {
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
    if let Some(path) = ca_file
        && store.add_parsable_certificates(own.iter().cloned()).0 == 0
    {
        return Err(TlsSetupError::CaFile(path.to_owned(), "no certificate in it".into()));
    }
    Ok(store)
}
