//! Reads the body of a response into a sink.

use std::future::poll_fn;
use std::ops::ControlFlow;
use std::time::Duration;

use awc::ClientResponse;
use awc::http::Version;
use futures_util::{Stream, StreamExt};

use super::budget::Permit;
use super::decode::{Decoder, Stop};
use super::scope::{Phase, Scope};
use super::{FetchError, Head, Sink, error};
use crate::domain::counted::counted;
use crate::domain::outcome::Reason;
use crate::domain::request::Method;

/// A body that is not wanted is read all the same if it is this small: that spares a connection.
const DRAIN: u64 = 16 * 1024;
/// But only if it is there already, or nearly.
const DRAIN_PATIENCE: Duration = Duration::from_millis(250);
/// Memory of any body that is being read: the buffer of its connection, and a usual page's links.
const BASE: usize = 32 * 1024;
/// Of it, what the links of a usual page take.
const USUAL: usize = 16 * 1024;
/// What is held grows in such steps.
const STEP: usize = 32 * 1024;
/// Encoded bytes decoded before it is looked at what that has come to.
const SLICE: usize = 2 * 1024;
/// Encoded bytes over the limit of the decoded ones that are put up with.
const CODING_OVERHEAD: u64 = 64 * 1024;

/// What of a body has come.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Tally {
    /// Decoded bytes given to the sink.
    pub(super) bytes: u64,
    /// Bytes before decoding.
    pub(super) wire_bytes: u64,
}

/// Does this answer have a body at all (RFC 9110, 6.4.1)? awc would wait for one. To HEAD there is
/// none, whatever length the head tells.
pub(super) fn has_body(method: Method, status: u16) -> bool {
    method != Method::Head && status != 204 && status != 304
}

/// Reads the whole body.
///
/// # Errors
/// When it does not come whole, is over the limit, or is encoded wrongly.
pub(super) async fn read(
    response: &mut ClientResponse,
    head: &Head,
    scope: &Scope,
    permit: &mut Permit,
    sink: &mut dyn Sink,
    tally: &mut Tally,
) -> Result<(), FetchError> {
    let max = scope.limits.max_body;
    let mut decoder = Decoder::new(head.get_all("content-encoding"), max)?;
    let announced = is_announced(response.version(), head);
    let Tally { bytes, wire_bytes } = tally;
    make_room(permit, BASE, scope).await;
    while let Some(piece) = next(response, scope).await {
        let piece = piece.map_err(|error| error::body(&error, scope))?;
        scope.begin(Phase::Body, scope.clock.now());
        *wire_bytes += piece.len() as u64;
        scope.capture(|capture| capture.body.extend_from_slice(&piece));
        let coded = !decoder.is_identity();
        let slice = if coded { SLICE } else { piece.len().max(1) };
        for part in piece.chunks(slice) {
            let mut deliver = |decoded: &[u8]| deliver(&mut *sink, bytes, max, decoded);
            let flow = if !coded {
                deliver(part)
            } else if *wire_bytes > max.saturating_add(CODING_OVERHEAD) {
                ControlFlow::Break(Stop::TooLarge)
            } else {
                decoder.push(part, &mut deliver)?
            };
            match flow {
                ControlFlow::Continue(()) => {}
                ControlFlow::Break(Stop::Enough) => return Ok(()),
                ControlFlow::Break(Stop::TooLarge) => {
                    return Err(FetchError::new(
                        Reason::TooLarge,
                        format!("more than {}", counted(max, "byte")),
                    ));
                }
            }
            let found = decoder.held() + sink.held() + scope.captured_bytes();
            let room = BASE + found.saturating_sub(USUAL);
            make_room(permit, room, scope).await;
        }
        if let Some(rates) = &scope.rates {
            scope.rest(rates.wait(scope.clock)).await;
        }
    }
    if announced && scope.eof.get() {
        let detail = format!("closed after {} of the body", counted(*wire_bytes, "byte"));
        return Err(FetchError::new(Reason::Truncated, detail));
    }
    scope.capture(|capture| capture.whole = true);
    decoder.finish()
}

/// Waits until the permit covers so many bytes.
async fn make_room(permit: &mut Permit, bytes: usize, scope: &Scope) {
    let missing = bytes.saturating_sub(permit.bytes());
    if missing > 0 && !permit.try_grow(missing.max(STEP)) {
        scope.rest(permit.grow(missing.max(STEP))).await;
    }
}

/// Reads a small unwanted body away, so that the connection can be used again; what cannot be had
/// at once is given up with the connection.
pub(super) async fn drain(
    response: &mut ClientResponse,
    head: &Head,
    scope: &Scope,
    tally: &mut Tally,
) {
    let length = head.get("content-length").and_then(|length| length.trim().parse().ok());
    if !is_announced(response.version(), head) || length.is_some_and(|length: u64| length > DRAIN) {
        return;
    }
    let all = async {
        while let Some(Ok(piece)) = next(response, scope).await {
            tally.wire_bytes += piece.len() as u64;
            scope.capture(|capture| capture.body.extend_from_slice(&piece));
            if tally.wire_bytes > DRAIN {
                return;
            }
        }
        scope.capture(|capture| capture.whole = !scope.eof.get());
    };
    // In time or not: nobody waits for this body.
    tokio::time::timeout(DRAIN_PATIENCE, all).await.unwrap_or_default();
}

/// Does the head say where the body ends? Otherwise it ends with the connection.
fn is_announced(version: Version, head: &Head) -> bool {
    let chunked = head.get("transfer-encoding").is_some_and(|c| c.eq_ignore_ascii_case("chunked"));
    head.get("content-length").is_some() || (chunked && version == Version::HTTP_11)
}

/// The next piece from awc. awc ends the stream in the same way at the end of the body and at
/// the end of the connection; afterwards `scope.eof` tells which it was, for both are seen within
/// one poll.
async fn next(
    response: &mut ClientResponse,
    scope: &Scope,
) -> Option<<ClientResponse as Stream>::Item> {
    poll_fn(|cx| {
        scope.eof.set(false);
        response.poll_next_unpin(cx)
    })
    .await
}

fn deliver(sink: &mut dyn Sink, bytes: &mut u64, max: u64, decoded: &[u8]) -> ControlFlow<Stop> {
    let room = usize::try_from(max.saturating_sub(*bytes)).unwrap_or(usize::MAX);
    let wanted = decoded.get(..room).unwrap_or(decoded);
    *bytes += wanted.len() as u64;
    if !wanted.is_empty() && sink.chunk(wanted).is_break() {
        return ControlFlow::Break(Stop::Enough);
    }
    if wanted.len() < decoded.len() {
        return ControlFlow::Break(Stop::TooLarge);
    }
    ControlFlow::Continue(())
}
