//! Connects to whichever address of a host answers first.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Once;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::net::TcpStream;

use super::places::Place;
use super::scope::Scope;
use super::{FetchError, error};
use crate::domain::outcome::Reason;

/// How long an address is waited for before the next one is tried too (RFC 8305, section 5).
const STAGGER: Duration = Duration::from_millis(250);

/// That we have no room for another connection is told once, not for each request.
static TOLD: Once = Once::new();

/// Tries the addresses in order, the next when the one before has failed or has not answered for
/// a while. The first connection wins; the others are dropped. How long all of it may take is the
/// caller's business.
///
/// # Errors
/// When no address answers, with what was said first. Addresses without a free place are passed
/// over; when none has one, the scope knows.
pub(super) async fn any(
    addresses: &[IpAddr],
    port: u16,
    scope: &Scope,
) -> Result<TcpStream, FetchError> {
    let mut waiting = addresses
        .iter()
        .filter_map(|&address| scope.places.take(address))
        .map(|place| (SocketAddr::new(place.address(), port), place));
    let mut trying = FuturesUnordered::new();
    let mut failed: Option<FetchError> = None;
    let mut full = None;
    trying.extend(waiting.next().map(connect));
    while !trying.is_empty() {
        match tokio::time::timeout(STAGGER, trying.next()).await {
            Ok(Some(Ok((tcp, place)))) => {
                scope.settle_at(place);
                return Ok(tcp);
            }
            Ok(Some(Err((address, why)))) if is_ours(&why) => {
                TOLD.call_once(|| {
                    log::warn!(
                        "no file is left for a connection (ulimit -n): {why}; such requests wait"
                    );
                });
                full = Some(address.ip());
            }
            Ok(Some(Err((address, why)))) => {
                failed.get_or_insert_with(|| error::connect(address, &why));
            }
            Ok(None) | Err(_) => {}
        }
        trying.extend(waiting.next().map(connect));
    }
    Err(match (failed, full, addresses.first()) {
        (Some(error), None, _) => error,
        (_, Some(address), _) | (None, None, Some(&address)) => scope.turn_away(address),
        (None, None, None) => FetchError::new(Reason::Dns, "no address"),
    })
}

/// Is it we who have no room for another connection? That says nothing about the host.
fn is_ours(why: &io::Error) -> bool {
    const EMFILE: i32 = 24;
    const ENFILE: i32 = 23;
    matches!(why.raw_os_error(), Some(EMFILE | ENFILE))
}

async fn connect(
    (address, place): (SocketAddr, Place),
) -> Result<(TcpStream, Place), (SocketAddr, io::Error)> {
    let connected = async {
        let tcp = TcpStream::connect(address).await?;
        // Without it the second small write of a TLS connection may wait for an ACK.
        tcp.set_nodelay(true)?;
        Ok::<_, io::Error>(tcp)
    };
    match connected.await {
        Ok(tcp) => Ok((tcp, place)),
        Err(why) => Err((address, why)),
    }
}
