//! What each failure is called: the errors of sockets, of TLS and of awc as reasons of the
//! contract.

use std::error::Error as _;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;

use actix_http::error::ParseError;
use awc::error::{ConnectError, PayloadError, SendRequestError};
use rustls::{CertificateError, OtherError};

use super::FetchError;
use super::scope::{Phase, Scope};
use super::tls::{SelfSigned, is_ca_as_server};
use crate::domain::outcome::Reason;

/// A failure to connect to an address.
pub(super) fn connect(address: SocketAddr, error: &io::Error) -> FetchError {
    let reason = match error.kind() {
        ErrorKind::ConnectionRefused => Reason::Refused,
        ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted => Reason::Reset,
        ErrorKind::TimedOut => Reason::TimeoutConnect,
        _ => Reason::Unreachable,
    };
    FetchError::new(reason, format!("{address}: {error}"))
}

/// A failed TLS handshake.
pub(super) fn tls(error: &io::Error) -> FetchError {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match inner {
        Some(rustls::Error::InvalidCertificate(why)) => certificate(why),
        _ => FetchError::new(Reason::TlsOther, error.to_string()),
    }
}

fn certificate(why: &CertificateError) -> FetchError {
    use CertificateError as E;
    let reason = match why {
        E::Expired | E::ExpiredContext { .. } | E::NotValidYet | E::NotValidYetContext { .. } => {
            Reason::TlsExpired
        }
        E::NotValidForName | E::NotValidForNameContext { .. } => Reason::TlsName,
        E::Other(OtherError(inner)) if inner.is::<SelfSigned>() => {
            let words = format!("self-signed: {SelfSigned}; trust it with ca_file");
            return FetchError::new(Reason::TlsUntrusted, words);
        }
        E::UnknownIssuer => {
            let words = "unknown issuer: no authority that we trust has signed the certificate";
            return FetchError::new(Reason::TlsUntrusted, words);
        }
        E::BadSignature | E::Revoked => Reason::TlsUntrusted,
        other if is_ca_as_server(other) => Reason::TlsUntrusted,
        _ => Reason::TlsOther,
    };
    FetchError::new(reason, rustls::Error::InvalidCertificate(why.clone()).to_string())
}

/// awc gave no response.
pub(super) fn send(error: &SendRequestError, scope: &Scope) -> FetchError {
    if let Some(known) = scope.failure.take() {
        return known;
    }
    match error {
        SendRequestError::Connect(ConnectError::Disconnected) => {
            FetchError::new(Reason::Closed, "closed before an answer")
        }
        SendRequestError::Connect(ConnectError::Io(error))
        | SendRequestError::Send(error)
        | SendRequestError::Response(ParseError::Io(error)) => stream(error, scope),
        SendRequestError::Response(error) => {
            FetchError::new(Reason::BadHttp, format!("response head: {error}"))
        }
        other => FetchError::new(Reason::BadHttp, other.to_string()),
    }
}

/// awc broke off the body.
pub(super) fn body(error: &PayloadError, scope: &Scope) -> FetchError {
    let inner = match error {
        PayloadError::Io(inner) => Some(inner),
        other => other.source().and_then(|source| source.downcast_ref::<io::Error>()),
    };
    inner.map_or_else(
        || FetchError::new(Reason::BadHttp, format!("body: {error}")),
        |inner| stream(inner, scope),
    )
}

/// A connection failed after it had been made.
fn stream(error: &io::Error, scope: &Scope) -> FetchError {
    let reason = match error.kind() {
        ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted => Reason::Reset,
        ErrorKind::BrokenPipe | ErrorKind::NotConnected | ErrorKind::WriteZero => Reason::Closed,
        ErrorKind::TimedOut if scope.phase() == Phase::Body => Reason::TimeoutIdle,
        ErrorKind::TimedOut => Reason::TimeoutHead,
        // actix-http: bytes of an unfinished message when the stream ended.
        _ if scope.eof.get() && scope.phase() == Phase::Body => Reason::Truncated,
        _ if scope.eof.get() => Reason::Closed,
        _ if is_tls(error) => Reason::TlsOther,
        ErrorKind::InvalidInput | ErrorKind::InvalidData | ErrorKind::Other => Reason::BadHttp,
        _ => Reason::Reset,
    };
    FetchError::new(reason, error.to_string())
}

fn is_tls(error: &io::Error) -> bool {
    error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()).is_some()
}
