//! Listens, on a thread of its own: who asks a lot does not slow the crawl.

use std::fs;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::{FileTypeExt, PermissionsExt, symlink};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use actix::Addr;
use actix_web::body::MessageBody;
use actix_web::dev::{ServerHandle, ServiceRequest, ServiceResponse};
use actix_web::http::{ConnectionType, KeepAlive};
use actix_web::middleware::{Next, from_fn};
use actix_web::web::{Data, ServiceConfig};
use actix_web::{App, HttpServer};

use super::routes;
use crate::clock::Clock;
use crate::daemon::view::HeldView;
use crate::daemon::{Daemon, Token};
use crate::domain::url::CanonicalUrl;
use crate::metrics::Metrics;
use crate::store::Store;

/// How long a connection rests that asks more than once.
const REST: Duration = Duration::from_secs(2);
/// Longest request body that is read, in bytes.
const LONGEST_BODY: usize = 64 * 1024;

macro_rules! server {
    ($behind:expr, $token:expr, $connections:expr) => {{
        let (behind, token) = ($behind.clone(), Data::new(routes::Guard($token)));
        HttpServer::new(move || {
            App::new()
                .app_data(token.clone())
                .app_data(actix_web::web::PayloadConfig::new(LONGEST_BODY))
                .wrap(from_fn(last))
                .configure(behind.clone())
        })
        .on_connect(|_, connection| {
            connection.insert(Answered::default());
        })
        .workers(1)
        .max_connections($connections)
        .keep_alive(KeepAlive::Disabled)
        .disable_signals()
        .shutdown_timeout(2)
    }};
}

/// Where the daemon listens.
#[derive(Debug, Clone, Default)]
pub struct Doors {
    /// The unix socket.
    pub socket: Option<PathBuf>,
    /// Its permissions.
    pub mode: u32,
    /// Where clients look who cannot know better.
    pub usual: Option<PathBuf>,
    /// The TCP address.
    pub listen: Option<SocketAddr>,
    /// What a client of it must show.
    pub token: Token,
    /// Most connections at once, to each door.
    pub connections: usize,
}

impl Doors {
    /// Takes them, so that what stands in the way is told before anything begins.
    ///
    /// # Errors
    /// When one cannot be had: named, with what stands in the way.
    pub fn take(&self) -> io::Result<Taken> {
        let unix = self.socket.as_deref().map(|path| unix(path, self.mode)).transpose()?;
        let tcp = self.listen.map(tcp).transpose()?;
        let sign = match (&self.socket, &self.usual) {
            (Some(socket), Some(usual)) => sign(usual, socket),
            _ => None,
        };
        let (socket, token) = (self.socket.clone(), self.token.clone());
        Ok(Taken { unix, tcp, socket, sign, token, connections: self.connections })
    }
}

/// Doors that are ours, and not open yet.
#[derive(Debug)]
pub struct Taken {
    unix: Option<UnixListener>,
    tcp: Option<TcpListener>,
    socket: Option<PathBuf>,
    sign: Option<PathBuf>,
    token: Token,
    connections: usize,
}

/// What a host waits for at present, if that is known.
pub type Held<'a> = Option<&'a HeldView>;

/// Texts for people, which are made elsewhere.
#[derive(Clone, Copy)]
pub struct Views {
    /// Why a URL is asked or not, for this job, or each; with what its host waits for at present.
    pub explain: fn(&Store, Option<&str>, &str, Held<'_>) -> Result<String, String>,
    /// What is known of a host; with what it waits for at present.
    pub host: fn(&Store, &CanonicalUrl, Held<'_>) -> Result<String, String>,
    /// What came of a job, or of each: in words, or one JSON object a line.
    pub report: fn(&Store, Option<&str>, bool) -> Result<String, String>,
}

/// What requests are answered from.
#[derive(Clone)]
pub struct Back {
    /// Who knows and orders.
    pub daemon: Addr<Daemon>,
    /// The store, to look at.
    pub reader: Arc<Store>,
    /// Texts for people.
    pub views: Views,
    /// Who counts and measures.
    pub metrics: Arc<Metrics>,
    /// The clock.
    pub clock: Clock,
}

/// What a daemon waits for before it begins.
#[derive(Debug, Clone, Default)]
pub struct Awaited(Arc<RwLock<String>>);

impl Awaited {
    /// It waits for this now.
    pub fn set(&self, what: &str) {
        what.clone_into(&mut self.0.write().unwrap_or_else(PoisonError::into_inner));
    }

    /// In words.
    #[must_use]
    pub fn words(&self) -> String {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// The open control interface, until it is dropped.
pub struct Control {
    handles: Vec<ServerHandle>,
    thread: Option<JoinHandle<()>>,
    socket: Option<PathBuf>,
    sign: Option<PathBuf>,
}

impl Control {
    /// Opens it.
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn open(doors: Taken, back: Back) -> io::Result<Self> {
        let back = Data::new(back);
        Self::listen(doors, move |app| routes::routes(app.app_data(back)))
    }

    /// Opens it before there is anything to ask: that the process lives is told, and all else is
    /// refused with what is waited for.
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn open_early(doors: Taken, awaited: Awaited) -> io::Result<Self> {
        let awaited = Data::new(awaited);
        Self::listen(doors, move |app| routes::early(app.app_data(awaited)))
    }

    fn listen(
        doors: Taken,
        behind: impl FnOnce(&mut ServiceConfig) + Clone + Send + 'static,
    ) -> io::Result<Self> {
        let Taken { unix, tcp, socket, sign, token, connections: most } = doors;
        let (tell, told) = std::sync::mpsc::channel();
        let thread = thread::Builder::new().name("control".to_owned()).spawn(move || {
            actix_rt::System::new().block_on(async move {
                let unix =
                    unix.map(|it| server!(behind, None, most).listen_uds(it).map(HttpServer::run));
                let token = Some(token);
                let tcp = tcp
                    .map(|it| server!(behind, token.clone(), most).listen(it).map(HttpServer::run));
                let servers: io::Result<Vec<_>> = unix.into_iter().chain(tcp).collect();
                let servers = match servers {
                    Ok(servers) => servers,
                    Err(error) => return drop(tell.send(Err(error))),
                };
                let handles = servers.iter().map(actix_web::dev::Server::handle).collect();
                if tell.send(Ok(handles)).is_ok() {
                    futures_util::future::join_all(servers).await;
                }
            });
        })?;
        let handles = told.recv().map_err(|_| io::Error::other("the control thread died"))??;
        Ok(Self { handles, thread: Some(thread), socket, sign })
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        for handle in &self.handles {
            // The order is given here; the end of the thread tells when it has been obeyed.
            drop(handle.stop(true));
        }
        for path in self.sign.iter().chain(&self.socket) {
            fs::remove_file(path).ok();
        }
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

/// Has a connection had its answer?
#[derive(Debug, Default)]
struct Answered(AtomicBool);

/// One answer a connection; what is sent after it is looked at so slowly that whoever sends on and on
/// and reads nothing costs nothing.
async fn last(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let answered = request.conn_data::<Answered>();
    if answered.is_some_and(|answered| answered.0.swap(true, Ordering::Relaxed)) {
        actix_rt::time::sleep(REST).await;
    }
    let mut response = next.call(request).await?;
    response.response_mut().head_mut().set_connection_type(ConnectionType::Close);
    Ok(response)
}

/// A socket left by a daemon that died is taken over; one of a daemon that lives is not.
fn unix(path: &Path, mode: u32) -> io::Result<UnixListener> {
    let named = |error: io::Error| {
        io::Error::new(error.kind(), format!("control.socket {}: {error}", path.display()))
    };
    if UnixStream::connect(path).is_ok() {
        let taken = "another daemon answers there; name another control.socket";
        return Err(named(io::Error::new(io::ErrorKind::AddrInUse, taken)));
    }
    if is_left(path) {
        fs::remove_file(path).map_err(named)?;
    }
    let listener = UnixListener::bind(path).map_err(named)?;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).map_err(named)?;
    listener.set_nonblocking(true).map_err(named)?;
    Ok(listener)
}

/// Is this a door, or a sign to one? Nobody answers there.
fn is_left(path: &Path) -> bool {
    fs::symlink_metadata(path)
        .is_ok_and(|about| about.file_type().is_socket() || about.file_type().is_symlink())
}

/// Leads from the usual place to this socket: a client finds it there that reads of another one in a
/// file which has changed since. Where no link can be, such a client must be told where we are.
fn sign(usual: &Path, socket: &Path) -> Option<PathBuf> {
    let socket = std::path::absolute(socket).ok()?;
    if std::path::absolute(usual).ok()? == socket || UnixStream::connect(usual).is_ok() {
        return None;
    }
    if is_left(usual) {
        fs::remove_file(usual).ok()?;
    }
    symlink(socket, usual).ok()?;
    Some(usual.to_owned())
}

fn tcp(address: SocketAddr) -> io::Result<TcpListener> {
    TcpListener::bind(address)
        .map_err(|error| io::Error::new(error.kind(), format!("control.listen {address}: {error}")))
}
