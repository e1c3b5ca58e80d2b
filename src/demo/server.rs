//! The demo site on its port, on threads of its own.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use actix_web::body::SizedStream;
use actix_web::dev::{Server, ServerHandle};
use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_TYPE, LOCATION};
use actix_web::web::{self, Bytes, Data};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer};
use futures_util::stream::{self, StreamExt as _};

use super::counts::Counts;
use super::page::{Asked, Manner, Page};

/// Longest body of a request that is read, in bytes.
const LONGEST_BODY: usize = 64 * 1024;

/// How long a body rests before it is cut.
const FLUSHED: Duration = Duration::from_millis(20);

/// Where the counts are shown; asking for them is not counted.
const LOG: &str = "/demo/log";

/// The demo site, open until it is dropped.
#[derive(Debug)]
pub struct Site {
    address: SocketAddr,
    shared: Arc<Shared>,
    server: ServerHandle,
    thread: Option<JoinHandle<io::Result<()>>>,
}

#[derive(Debug)]
struct Shared {
    origin: String,
    counts: Counts,
}

impl Site {
    /// Opens the site on this port of 127.0.0.1; 0 is any free one.
    ///
    /// # Errors
    ///
    /// When the port cannot be had, or no thread can be started.
    pub fn start(port: u16) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
        let address = listener.local_addr()?;
        let origin = format!("http://{address}");
        let shared = Arc::new(Shared { origin, counts: Counts::default() });
        let (tell, told) = std::sync::mpsc::channel();
        let theirs = Arc::clone(&shared);
        let thread = thread::Builder::new().name("demo".to_owned()).spawn(move || {
            actix_rt::System::new().block_on(async move {
                let server = serve(theirs, listener)?;
                // Whoever started the site waits for this.
                drop(tell.send(server.handle()));
                server.await
            })
        })?;
        match told.recv() {
            Ok(server) => Ok(Self { address, shared, server, thread: Some(thread) }),
            Err(_) => Err(thread
                .join()
                .ok()
                .and_then(Result::err)
                .unwrap_or_else(|| io::Error::other("the demo site ended before it began"))),
        }
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The URL of a path, which starts with a slash.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.shared.origin)
    }

    /// How many requests there were so far.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.shared.counts.requests()
    }

    /// How often a path was asked, whatever the query. Of paths beyond the first 10,000 nothing is
    /// known.
    #[must_use]
    pub fn hits(&self, path: &str) -> u64 {
        self.shared.counts.hits(path)
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        // The order to stop is given here; what is returned only tells when it has been obeyed,
        // which the end of the thread tells too.
        drop(self.server.stop(false));
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

fn serve(shared: Arc<Shared>, listener: TcpListener) -> io::Result<Server> {
    let shared = Data::from(shared);
    let app = move || {
        App::new()
            .app_data(Data::clone(&shared))
            .app_data(web::PayloadConfig::new(LONGEST_BODY))
            .default_service(web::to(respond))
    };
    let server = HttpServer::new(app).workers(1).disable_signals().listen(listener)?;
    Ok(server.run())
}

async fn respond(request: HttpRequest, body: Bytes, shared: Data<Shared>) -> HttpResponse {
    let path = request.path();
    if path == LOG {
        return send(Page::json(&shared.counts.json())).await;
    }
    let script = request.headers().get("x-requested-with");
    let asked = Asked {
        method: request.method().as_str(),
        path,
        query: request.query_string(),
        body: &body,
        by_script: script.is_some_and(|value| value == "XMLHttpRequest"),
        times: shared.counts.add(path),
        origin: &shared.origin,
    };
    send(super::answer(&asked)).await
}

async fn send(page: Page) -> HttpResponse {
    let status = StatusCode::from_u16(page.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = HttpResponse::build(status);
    response.insert_header((CONTENT_TYPE, page.content_type));
    if let Some(location) = page.location {
        response.insert_header((LOCATION, location));
    }
    match page.manner {
        Manner::Whole => response.body(page.body),
        Manner::Late(span) => {
            actix_rt::time::sleep(span).await;
            response.body(page.body)
        }
        Manner::Cut => {
            let whole = page.body.len();
            let half = Bytes::from(page.body).slice(..whole / 2);
            // What has been written is sent when nothing more is at hand.
            let end = async {
                actix_rt::time::sleep(FLUSHED).await;
                Err(io::Error::other("cut short"))
            };
            let parts = stream::once(async { Ok(half) }).chain(stream::once(end));
            response.body(SizedStream::new(whole as u64, Box::pin(parts)))
        }
    }
}
