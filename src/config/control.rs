//! `[control]`: where a running daemon is spoken to.

use std::net::SocketAddr;
use std::path::PathBuf;

use crate::domain::secret::Secret;

/// Where the daemon is spoken to, and by whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Control {
    /// The unix socket; `None`: no daemon is meant.
    pub socket: Option<PathBuf>,
    /// Its permissions, such as `0o660`.
    pub socket_mode: u32,
    /// A TCP port of this machine; always with a token.
    pub listen: Option<SocketAddr>,
    /// What a client of the TCP port must show.
    pub token: Option<Secret>,
}

impl Default for Control {
    fn default() -> Self {
        Self { socket: None, socket_mode: 0o660, listen: None, token: None }
    }
}
