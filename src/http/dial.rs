//! Connects to whichever address of a host answers first.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::net::TcpStream;

use super::{FetchError, error};
use crate::domain::outcome::Reason;

/// How long an address is waited for before the next one is tried too (RFC 8305, section 5).
const STAGGER: Duration = Duration::from_millis(250);

/// Tries the addresses in order, the next when the one before has failed or has not answered for
/// a while. The first connection wins; the others are dropped. How long all of it may take is the
/// caller's business.
///
/// # Errors
/// When no address answers, with what the first of them said: it is the preferred one.
pub(super) async fn any(addresses: &[IpAddr], port: u16) -> Result<TcpStream, FetchError> {
    let mut waiting = addresses.iter().map(|&address| SocketAddr::new(address, port));
    let mut trying = FuturesUnordered::new();
    let mut failed: Option<FetchError> = None;
    trying.extend(waiting.next().map(connect));
    while !trying.is_empty() {
        match tokio::time::timeout(STAGGER, trying.next()).await {
            Ok(Some(Ok(tcp))) => return Ok(tcp),
            Ok(Some(Err(error))) => {
                failed.get_or_insert(error);
            }
            Ok(None) | Err(_) => {}
        }
        trying.extend(waiting.next().map(connect));
    }
    Err(failed.unwrap_or_else(|| FetchError::new(Reason::Dns, "no address")))
}

async fn connect(address: SocketAddr) -> Result<TcpStream, FetchError> {
    let connected = async {
        let tcp = TcpStream::connect(address).await?;
        // Without it the second small write of a TLS connection may wait for an ACK.
        tcp.set_nodelay(true)?;
        Ok(tcp)
    };
    connected.await.map_err(|why: io::Error| error::connect(address, &why))
}
