//! The connector given to awc: checked addresses, TCP, TLS, wire.
//!
//! TLS is done here, below the wire, because awc's own TLS sits above a connector and the wire
//! would see only ciphertext. So awc is told `http` always, and what it has to keep apart in its
//! pool is said by a user name in front of the host, which awc does not send.

use std::rc::Rc;
use std::sync::Arc;

use actix_service::Service;
use actix_tls::connect::{ConnectError, ConnectInfo, Connection};
use awc::http::Uri;
use futures_util::future::LocalBoxFuture;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::idle::{IdleSet, Socket};
use super::resolve::Resolver;
use super::scope::{self, Phase, Scope};
use super::wire::Wire;
use super::{FetchError, Request, dial, error};
use crate::domain::outcome::Reason;

/// The user names: TLS or not, private addresses allowed or not. A connection made for a request
/// that may go to a private address must not serve one that may not.
const USERS: [[&str; 2]; 2] = [["", "any@"], ["tls@", "tls-any@"]];

/// The URI that tells awc, its pool and the connector where a request goes.
///
/// # Errors
/// When awc cannot take the URL: `dns` if it is the host, else `bad_http`.
pub(super) fn target(request: &Request) -> Result<Uri, FetchError> {
    let url = &request.url;
    let [plain, tls] = USERS;
    let [public, any] = if url.is_https() { tls } else { plain };
    let user = if request.allow_private { any } else { public };
    let (host, port, path) = (url.host(), url.port(), url.path_and_query());
    if host.is_empty() {
        return Err(FetchError::new(Reason::Dns, "empty host name"));
    }
    Uri::try_from(format!("http://{user}{host}:{port}{path}")).map_err(|error| {
        let host_is_wrong = Uri::try_from(format!("http://{host}/")).is_err();
        let reason = if host_is_wrong { Reason::Dns } else { Reason::BadHttp };
        FetchError::new(reason, format!("cannot be asked: {error}"))
    })
}

/// Opens connections for awc.
#[derive(Clone)]
pub(super) struct Connector(Rc<Parts>);

struct Parts {
    tls: Arc<ClientConfig>,
    resolver: Resolver,
    idle: Rc<IdleSet>,
}

impl Connector {
    /// A connector whose connections, when idle, belong to `idle`.
    pub(super) fn new(tls: Arc<ClientConfig>, resolver: Resolver, idle: Rc<IdleSet>) -> Self {
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
        let user = uri.authority().and_then(|authority| authority.as_str().split_once('@'));
        let secure = user.is_some_and(|(user, _)| user.starts_with("tls"));
        let addresses = self.resolver.addresses(host, scope.allow_private, scope.clock).await?;
        scope.begin_connecting();
        let tcp = dial::any(&addresses, port).await.inspect_err(|_| self.resolver.forget(host))?;
        let socket = if secure {
            scope.begin(Phase::Tls, scope.clock.now());
            Socket::Tls(Box::new(self.secure(host, tcp).await?))
        } else {
            Socket::Plain(tcp)
        };
        Ok(Wire::new(self.idle.slot(socket)))
    }

    async fn secure(
        &self,
        host: &str,
        tcp: TcpStream,
    ) -> Result<tokio_rustls::client::TlsStream<TcpStream>, FetchError> {
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let name = ServerName::try_from(bare.to_owned())
            .map_err(|_| FetchError::new(Reason::TlsName, format!("{host}: no name for TLS")))?;
        TlsConnector::from(Arc::clone(&self.tls))
            .connect(name, tcp)
            .await
            .map_err(|error| error::tls(&error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::url::CanonicalUrl;
    use crate::http::Limits;

    fn uri(url: &str, allow_private: bool) -> Result<String, Reason> {
        let url = CanonicalUrl::parse(url).unwrap();
        let limits = Limits::default();
        let request = Request { url, headers: vec![], limits, keep_alive: true, allow_private };
        target(&request).map(|uri| uri.to_string()).map_err(|error| error.reason)
    }

    #[test]
    fn what_must_not_share_a_connection_differs_in_the_user_name() {
        let all = [
            uri("http://a.test:443/p?q", false),
            uri("http://a.test:443/p?q", true),
            uri("https://a.test/p?q", false),
            uri("https://a.test/p?q", true),
        ];
        let expected =
            ["", "any@", "tls@", "tls-any@"].map(|user| Ok(format!("http://{user}a.test:443/p?q")));
        assert_eq!(all, expected);
    }

    #[test]
    fn a_host_that_starts_like_a_user_name_is_no_tls() {
        assert_eq!(uri("http://tls.test/", false), Ok("http://tls.test:80/".into()));
    }

    #[test]
    fn whatever_the_url_parser_lets_through_has_a_reason() {
        assert!(uri("http://a.test/?a=%7B|^`{}\\[]", false).is_ok());
        assert_eq!(uri("http://a`b\"{}.test/", false), Err(Reason::Dns));
        let long = format!("http://a.test/{}", "x".repeat(70_000));
        assert_eq!(uri(&long, false), Err(Reason::BadHttp));
    }
}
