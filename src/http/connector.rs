//! The connector given to awc: checked addresses, TCP, perhaps a proxy, TLS, wire.
//!
//! TLS is done here, below the wire, because awc's own TLS sits above a connector and the wire
//! would see only ciphertext. So awc is told `http` always, and what it has to keep apart in its
//! pool is said by a user name in front of the host, which awc does not send (see `way`).

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use actix_service::Service;
use actix_tls::connect::{ConnectError, ConnectInfo, Connection};
use awc::http::Uri;
use futures_util::future::{LocalBoxFuture, join};
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use super::idle::{IdleSet, Socket};
use super::resolve::Resolver;
use super::scope::{self, Phase, Scope};
use super::tls::TlsConfigs;
use super::wire::Wire;
use super::{FetchError, dial, error, tunnel};
use crate::domain::outcome::Reason;
use crate::domain::proxy::{Proxy, ProxyKind};

/// Longest wait for a name that a proxy will look up anyway.
const CURIOSITY: Duration = Duration::from_secs(2);

/// Opens connections for awc.
#[derive(Clone)]
pub(super) struct Connector(Rc<Parts>);

struct Parts {
    tls: TlsConfigs,
    resolver: Resolver,
    idle: Rc<IdleSet>,
}

impl Connector {
    /// A connector whose connections, when idle, belong to `idle`.
    pub(super) fn new(tls: TlsConfigs, resolver: Resolver, idle: Rc<IdleSet>) -> Self {
        Self(Rc::new(Parts { tls, resolver, idle }))
    }
}

impl Service<ConnectInfo<Uri>> for Connector {
    type Response = Connection<Uri, Wire>;
    type Error = ConnectError;
    type Future = LocalBoxFuture<'static, Result<Self::Response, Self::Error>>;

    actix_service::always_ready!();

    fn call(&self, info: ConnectInfo<Uri>) -> Self::Future {
        let parts = Rc::clone(&self.0);
        let uri = info.request().clone();
        Box::pin(async move {
            let Some(scope) = scope::current() else { return Err(ConnectError::Unresolved) };
            scope.fresh.set(true);
            match parts.open(&uri, &scope).await {
                Ok(wire) => Ok(Connection::new(uri, wire)),
                Err(error) => {
                    scope.failure.replace(Some(error));
                    Err(ConnectError::Unresolved)
                }
            }
        })
    }
}

impl Parts {
    async fn open(&self, uri: &Uri, scope: &Scope) -> Result<Wire, FetchError> {
        let host = uri.host().unwrap_or_default();
        let port = uri.port_u16().unwrap_or(80);
        let tcp = match &scope.way.proxy {
            None => self.dial(host, port, scope.way.allow_private, scope).await?,
            Some(proxy) => self.through(proxy, host, port, scope).await?,
        };
        let socket = if scope.way.secure {
            scope.begin(Phase::Tls, scope.clock.now());
            Socket::Tls(Box::new(self.secure(host, tcp, scope.way.insecure).await?))
        } else {
            Socket::Plain(tcp)
        };
        Ok(Wire::new(self.idle.slot(socket, scope.address())))
    }

    /// A connection to one of the host's addresses.
    async fn dial(
        &self,
        host: &str,
        port: u16,
        allow_private: bool,
        scope: &Scope,
    ) -> Result<TcpStream, FetchError> {
        let addresses = self.resolver.addresses(host, allow_private, scope.clock).await?;
        scope.begin_connecting();
        dial::any(&addresses, port, scope).await.inspect_err(|_| {
            if !scope.crowded() {
                self.resolver.forget(host);
            }
        })
    }

    /// A connection that leads to the host through a proxy, or to the proxy that will ask the host
    /// itself. Where the proxy looks the name up, what it finds cannot be held to be public; what
    /// is known here to be private is refused.
    async fn through(
        &self,
        proxy: &Proxy,
        host: &str,
        port: u16,
        scope: &Scope,
    ) -> Result<TcpStream, FetchError> {
        if proxy.kind() == ProxyKind::Socks5 {
            return self.through_to_any(proxy, host, port, scope).await;
        }
        let (public, tcp) = join(self.refuse_private(host, scope), self.reach(proxy, scope)).await;
        public?;
        match proxy.kind() {
            ProxyKind::Http if !scope.way.secure => tcp,
            ProxyKind::Http => tunnel::connect(tcp?, proxy, host, port).await,
            _ => tunnel::socks(tcp?, proxy, host, port).await,
        }
    }

    /// Through a proxy that is given the address that was checked.
    async fn through_to_any(
        &self,
        proxy: &Proxy,
        host: &str,
        port: u16,
        scope: &Scope,
    ) -> Result<TcpStream, FetchError> {
        let allow_private = scope.way.allow_private;
        let addresses = self.resolver.addresses(host, allow_private, scope.clock).await?;
        let mut last = FetchError::new(Reason::Dns, "no address");
        for address in addresses {
            let tcp = self.reach(proxy, scope).await?;
            match tunnel::socks(tcp, proxy, &address.to_string(), port).await {
                Ok(tcp) => return Ok(tcp),
                Err(error) => last = error,
            }
        }
        self.resolver.forget(host);
        Err(last)
    }

    /// A connection to the proxy, which the operator named: its address may be private.
    async fn reach(&self, proxy: &Proxy, scope: &Scope) -> Result<TcpStream, FetchError> {
        scope.begin_connecting();
        self.dial(proxy.host(), proxy.port(), true, scope).await.map_err(|error| {
            match error.reason {
                Reason::TimeoutConnect => error,
                _ => FetchError { reason: Reason::Unreachable, ..error },
            }
        })
    }

    /// Refuses a host that is known to be private. What cannot be found out is the proxy's to say.
    async fn refuse_private(&self, host: &str, scope: &Scope) -> Result<(), FetchError> {
        if scope.way.allow_private {
            return Ok(());
        }
        let patience = CURIOSITY.min(scope.limits.connect / 2);
        let known = timeout(patience, self.resolver.refuse_private(host, scope.clock)).await;
        known.unwrap_or(Ok(()))
    }

    async fn secure(
        &self,
        host: &str,
        tcp: TcpStream,
        insecure: bool,
    ) -> Result<tokio_rustls::client::TlsStream<TcpStream>, FetchError> {
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let name = ServerName::try_from(bare.to_owned())
            .map_err(|_| FetchError::new(Reason::TlsName, format!("{host}: no name for TLS")))?;
        let tls = if insecure { &self.tls.unchecked } else { &self.tls.checked };
        TlsConnector::from(Arc::clone(tls))
            .connect(name, tcp)
            .await
            .map_err(|error| error::tls(&error))
    }
}
