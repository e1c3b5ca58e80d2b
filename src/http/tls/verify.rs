//! Whom we take for the server.

use std::fmt;
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::crypto::{
    CryptoProvider, WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature,
};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{
    CertificateError, DigitallySignedStruct, Error, OtherError, RootCertStore, SignatureScheme,
};

/// The certificate vouches for itself, and nobody else does.
#[derive(Debug)]
pub(in crate::http) struct SelfSigned;

impl fmt::Display for SelfSigned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the certificate signed itself")
    }
}

impl std::error::Error for SelfSigned {}

/// Checks a certificate against the roots; one that signed itself is told from one whose issuer is
/// not known, and is good where the operator trusts that very certificate.
#[derive(Debug)]
pub(super) struct Checked {
    pub(super) roots: Arc<WebPkiServerVerifier>,
    /// The certificates of `ca_file`.
    pub(super) own: Vec<CertificateDer<'static>>,
    pub(super) algorithms: WebPkiSupportedAlgorithms,
}

impl Checked {
    /// A certificate that is marked as an authority's is no server's to the roots' verifier, which
    /// looks at the dates before, and at the name after.
    fn is_own(&self, error: &CertificateError, shown: &CertificateDer<'_>) -> bool {
        is_ca_as_server(error) && self.own.iter().any(|own| own.as_ref() == shown.as_ref())
    }

    /// Did the certificate sign itself? One that is marked as an authority's is taken at its word.
    fn signed_itself(
        &self,
        error: &CertificateError,
        shown: &CertificateDer<'_>,
        now: UnixTime,
    ) -> bool {
        let parsed = webpki::EndEntityCert::try_from(shown);
        if !parsed.is_ok_and(|cert| cert.issuer() == cert.subject()) {
            return false;
        }
        let mut alone = RootCertStore::empty();
        let checked = alone.add(shown.clone().into_owned()).and_then(|()| {
            let parsed = ParsedCertificate::try_from(shown)?;
            verify_server_cert_signed_by_trust_anchor(
                &parsed,
                &alone,
                &[],
                now,
                self.algorithms.all,
            )
        });
        is_ca_as_server(error) || checked.is_ok()
    }
}

impl ServerCertVerifier for Checked {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let checked = self.roots.verify_server_cert(
            end_entity,
            intermediates,
            server_name,
            ocsp_response,
            now,
        );
        let Err(Error::InvalidCertificate(why)) = checked else { return checked };
        if self.is_own(&why, end_entity) {
            verify_server_name(&ParsedCertificate::try_from(end_entity)?, server_name)?;
            return Ok(ServerCertVerified::assertion());
        }
        let untrusted = matches!(why, CertificateError::UnknownIssuer) || is_ca_as_server(&why);
        Err(Error::InvalidCertificate(if untrusted && self.signed_itself(&why, end_entity, now) {
            CertificateError::Other(OtherError(Arc::new(SelfSigned)))
        } else {
            why
        }))
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.roots.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.roots.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.roots.supported_verify_schemes()
    }
}

/// Is an authority's certificate shown as a server's?
pub(in crate::http) fn is_ca_as_server(error: &CertificateError) -> bool {
    let CertificateError::Other(OtherError(inner)) = error else { return false };
    matches!(inner.downcast_ref::<webpki::Error>(), Some(webpki::Error::CaUsedAsEndEntity))
}

/// Accepts every certificate: for hosts that the operator calls insecure.
#[derive(Debug)]
pub(super) struct Anyone(pub(super) Arc<CryptoProvider>);

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
