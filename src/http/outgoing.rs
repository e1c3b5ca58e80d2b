//! The headers of a request.

use awc::http::header::{
    ACCEPT_ENCODING, CONTENT_TYPE, HOST, HeaderMap, HeaderName, HeaderValue, PROXY_AUTHORIZATION,
};

use super::way::Way;
use super::{FetchError, Request, tunnel};
use crate::domain::outcome::Reason;

/// Headers that belong to the connection, which is ours to manage.
const OURS: [&str; 9] = [
    "connection",
    "content-length",
    "expect",
    "keep-alive",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "transfer-encoding",
    "upgrade",
];

/// A proxy's 407.
pub(super) const WANTS_CREDENTIALS: &str = "answers 407; give user and password with the proxy";

/// Writes the headers: the request's own, and those that it leaves to us.
///
/// # Errors
/// `bad_http` for a header that cannot be sent.
pub(super) fn fill(
    headers: &mut HeaderMap,
    request: &Request,
    way: &Way,
    accept_encoding: &HeaderValue,
) -> Result<(), FetchError> {
    for (name, value) in request.headers.iter() {
        add_header(headers, name, value)?;
    }
    for (name, value) in &request.secrets {
        add_header(headers, name, value.reveal())?;
    }
    if let Some(payload) = request.payload.as_ref().filter(|_| !headers.contains_key(CONTENT_TYPE))
    {
        add_header(headers, CONTENT_TYPE.as_str(), &payload.content_type)?;
    }
    if !headers.contains_key(HOST) {
        add_header(headers, HOST.as_str(), request.url.authority())?;
    }
    if let Some(value) = way.gateway().and_then(tunnel::authorization) {
        let refused = |_| FetchError::new(Reason::Refused, WANTS_CREDENTIALS);
        let mut value = HeaderValue::from_str(&value).map_err(refused)?;
        value.set_sensitive(true);
        headers.insert(PROXY_AUTHORIZATION, value);
    }
    if !headers.contains_key(ACCEPT_ENCODING) {
        headers.insert(ACCEPT_ENCODING, accept_encoding.clone());
    }
    Ok(())
}

fn add_header(headers: &mut HeaderMap, name: &str, value: &str) -> Result<(), FetchError> {
    let refused = || FetchError::new(Reason::BadHttp, format!("header {name} cannot be sent"));
    if OURS.iter().any(|ours| name.eq_ignore_ascii_case(ours)) {
        return Ok(());
    }
    let key = HeaderName::from_bytes(name.as_bytes()).map_err(|_| refused())?;
    headers.append(key, HeaderValue::from_str(value).map_err(|_| refused())?);
    Ok(())
}
