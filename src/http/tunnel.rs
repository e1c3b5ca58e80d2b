//! What is said to a proxy on a connection to it, until it leads to the server.
//!
//! An answer of the proxy is never the page's: each no has the reason `refused` when the proxy (or
//! the server, as far as the proxy can tell) does not want us, `unreachable` when there is no way.
//! Both are held against the way, so the page is asked again.

use std::net::{IpAddr, SocketAddr};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_socks::tcp::Socks5Stream;
use tokio_socks::{Error as SocksError, TargetAddr};

use super::FetchError;
use super::head_repair::{HeadScan, Verdict};
use crate::domain::outcome::Reason;
use crate::domain::proxy::Proxy;

/// Largest answer to CONNECT; squid's error pages come after the head.
const MOST: usize = 16 * 1024;
/// Bytes read at a time.
const PIECE: usize = 1024;

/// Credentials as `Proxy-Authorization` has them (RFC 7617).
pub(super) fn authorization(proxy: &Proxy) -> Option<String> {
    let known = proxy.credentials()?;
    Some(format!("Basic {}", STANDARD.encode(format!("{}:{}", known.user, known.password))))
}

/// Has an HTTP proxy connect to `host` (IPv6 in brackets) and `port`. Nothing of the request is
/// told to it (RFC 9110, 9.3.6).
///
/// # Errors
/// When it does not.
pub(super) async fn connect(
    mut tcp: TcpStream,
    proxy: &Proxy,
    host: &str,
    port: u16,
) -> Result<TcpStream, FetchError> {
    let authorization = authorization(proxy)
        .map(|value| format!("Proxy-Authorization: {value}\r\n"))
        .unwrap_or_default();
    let asking =
        format!("CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n{authorization}\r\n");
    let lost = |error| FetchError::new(Reason::Unreachable, format!("CONNECT: {error}"));
    tcp.write_all(asking.as_bytes()).await.map_err(lost)?;
    let mut scan = HeadScan::default();
    let mut answer = Vec::new();
    loop {
        let mut piece = [0; PIECE];
        let count = tcp.read(&mut piece).await.map_err(lost)?;
        answer.extend_from_slice(piece.get(..count).unwrap_or_default());
        match scan.feed(&mut answer) {
            Verdict::Incomplete if count > 0 && answer.len() < MOST => {}
            Verdict::Complete { skip } => {
                judge(answer.get(skip..).unwrap_or_default())?;
                return Ok(tcp);
            }
            _ => return Err(no_answer(&answer)),
        }
    }
}

/// Is this head, with what has come after it, a yes?
fn judge(answer: &[u8]) -> Result<(), FetchError> {
    let line = answer.split(|&b| b == b'\n').next().unwrap_or_default();
    let line = printable(line);
    let status = line.split(' ').nth(1).unwrap_or_default();
    if !status.starts_with('2') {
        let hint = if status == "407" { "; give user and password with the proxy" } else { "" };
        return Err(FetchError::new(Reason::Refused, format!("answers CONNECT with {line}{hint}")));
    }
    // Servers of TLS do not speak first: what comes now would be the proxy's own.
    if answer.ends_with(b"\n\r\n") || answer.ends_with(b"\n\n") {
        Ok(())
    } else {
        Err(FetchError::new(Reason::Unreachable, "says more than yes to CONNECT"))
    }
}

fn no_answer(answer: &[u8]) -> FetchError {
    let what = match answer.len() {
        0 => "closes without an answer to CONNECT".to_owned(),
        MOST.. => format!("answers CONNECT with a head over {MOST} bytes"),
        _ => format!("answers CONNECT with '{}', which is no HTTP", printable(answer)),
    };
    FetchError::new(Reason::Unreachable, what)
}

/// The first characters of a line, for people.
fn printable(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    text.trim_end().chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).take(80).collect()
}

/// Has a SOCKS5 proxy connect to `host` (a name, or an address with or without brackets) and
/// `port`.
///
/// # Errors
/// When it does not.
pub(super) async fn socks(
    tcp: TcpStream,
    proxy: &Proxy,
    host: &str,
    port: u16,
) -> Result<TcpStream, FetchError> {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let target = match bare.parse::<IpAddr>() {
        Ok(ip) => TargetAddr::Ip(SocketAddr::new(ip, port)),
        Err(_) if bare.len() > 255 => {
            return Err(FetchError::new(Reason::Dns, "a name over 255 bytes"));
        }
        Err(_) => TargetAddr::Domain(bare.into(), port),
    };
    let stream = match proxy.credentials() {
        None => Socks5Stream::connect_with_socket(tcp, target).await,
        Some(known) => {
            let (user, password) = (&known.user, &known.password);
            Socks5Stream::connect_with_password_and_socket(tcp, target, user, password).await
        }
    };
    stream.map(Socks5Stream::into_inner).map_err(|error| socks_error(&error))
}

fn socks_error(error: &SocksError) -> FetchError {
    use SocksError as E;
    let reason = match error {
        E::NoAcceptableAuthMethods
        | E::AuthorizationRequired
        | E::PasswordAuthFailure(_)
        | E::ConnectionNotAllowedByRuleset
        | E::ConnectionRefused => Reason::Refused,
        E::TtlExpired => Reason::TimeoutConnect,
        _ => Reason::Unreachable,
    };
    FetchError::new(reason, format!("SOCKS5: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_2xx_and_nothing_after_it_is_a_yes() {
        let reason = |answer: &str| judge(answer.as_bytes()).map_err(|error| error.reason);
        assert_eq!(reason("HTTP/1.1 200 Connection established\r\n\r\n"), Ok(()));
        assert_eq!(reason("HTTP/1.0 204\r\nVia: x\r\n\r\n"), Ok(()));
        assert_eq!(reason("HTTP/1.1 200 OK\r\n\r\nhello"), Err(Reason::Unreachable));
        for status in ["302", "407", "403", "502", "999"] {
            let answer = format!("HTTP/1.1 {status} No\r\n\r\nbody");
            assert_eq!(reason(&answer), Err(Reason::Refused), "{status}");
        }
    }

    #[test]
    fn credentials_are_basic() {
        let proxy = Proxy::parse("http://Aladdin:open%20sesame@p.test").unwrap();
        let value = authorization(&proxy);
        assert_eq!(value.as_deref(), Some("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="));
        assert_eq!(authorization(&Proxy::parse("p.test").unwrap()), None);
    }
}
