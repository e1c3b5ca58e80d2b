//! The client: one exchange at a time, as many at once as wanted, on one thread.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::path::PathBuf;
use std::pin::pin;
use std::rc::Rc;
use std::time::Duration;

use awc::http::header::HeaderValue;
use awc::{Client, ClientRequest, ClientResponse};
use futures_util::future::LocalBoxFuture;

use super::body::{self, Tally};
use super::budget::Budget;
use super::capture::Capture;
use super::connector::Connector;
use super::idle::IdleSet;
use super::places::Places;
use super::resolve::{Dns, Resolver};
use super::scope::{Phase, Scope};
use super::throttle::Throttle;
use super::tls::{SharedTls, TlsSetupError};
use super::watch::watched;
use super::way::{ProxyNumbers, Way};
use super::{
    BodyPlan, Exchange, FetchError, Head, Micros, Phases, Request, Sink, Transport, error, outgoing,
};
use crate::clock::Clock;
use crate::domain::Millis;
use crate::domain::outcome::Reason;
use crate::domain::request::Method;

/// Longest an unused connection stays open; servers mostly close after 5 to 75 s.
const IDLE_MS: Millis = 15_000;
/// Memory for bodies and outcomes where nothing else is said: 48 MiB.
const BUFFERED: usize = 48 << 20;

/// What all clients of a process have in common. Clones share one TLS configuration.
#[derive(Debug, Clone)]
pub struct ClientOptions {
    /// PEM file of further trusted authorities.
    pub ca_file: Option<PathBuf>,
    /// Speak TLS 1.3 only; else 1.2 too.
    pub only_tls13: bool,
    /// Value of `Accept-Encoding` where a request brings none.
    pub accept_encoding: String,
    /// Connections that one client keeps open though nobody uses them.
    pub max_idle: usize,
    /// Connections after which a client begins a new pool: awc's keeps a little for each host it
    /// ever knew.
    pub pool_life: u32,
    /// How names are looked up.
    pub dns: Dns,
    /// Memory for bodies and outcomes.
    pub budget: Budget,
    /// Bytes a second.
    pub throttle: Throttle,
    /// How many exchanges there may be at an address.
    pub places: Places,
    /// The TLS configuration, built by the first client from the above.
    pub tls: SharedTls,
}

impl Default for ClientOptions {
    fn default() -> Self {
        Self {
            ca_file: None,
            only_tls13: false,
            accept_encoding: "gzip, br, zstd, deflate".into(),
            max_idle: 256,
            pool_life: 4096,
            dns: Dns::default(),
            budget: Budget::new(BUFFERED),
            throttle: Throttle::default(),
            places: Places::default(),
            tls: SharedTls::default(),
        }
    }
}

impl ClientOptions {
    /// Builds the TLS configuration now rather than with the first client.
    ///
    /// # Errors
    /// When `ca_file` cannot be read or holds no certificate.
    pub fn set_up_tls(&self) -> Result<(), ClientError> {
        let built = self.tls.configs(self.ca_file.as_deref(), self.only_tls13);
        built.map(|_| ()).map_err(ClientError::Tls)
    }
}

/// Why there is no client.
#[derive(Debug)]
pub enum ClientError {
    /// TLS cannot be set up.
    Tls(TlsSetupError),
    /// `accept_encoding` is no header value.
    AcceptEncoding(String),
}

impl fmt::Display for ClientError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tls(why) => why.fmt(f),
            Self::AcceptEncoding(value) => write!(f, "'{value}' is no value of Accept-Encoding"),
        }
    }
}

impl std::error::Error for ClientError {}

/// The HTTP client of one thread.
pub struct HttpClient {
    clock: Clock,
    connector: Connector,
    idle: Rc<IdleSet>,
    places: Places,
    accept_encoding: HeaderValue,
    pool: RefCell<Client>,
    proxies: ProxyNumbers,
    opened: Cell<u32>,
    pool_life: u32,
    budget: Budget,
    throttle: Throttle,
}

impl fmt::Debug for HttpClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpClient").field("idle", &self.idle.len()).finish_non_exhaustive()
    }
}

impl HttpClient {
    /// A client for the present thread.
    ///
    /// # Errors
    /// When TLS cannot be set up or `accept_encoding` is no header value.
    pub fn new(clock: Clock, options: &ClientOptions) -> Result<Self, ClientError> {
        let accept_encoding = HeaderValue::from_str(&options.accept_encoding)
            .map_err(|_| ClientError::AcceptEncoding(options.accept_encoding.clone()))?;
        let tls = options
            .tls
            .configs(options.ca_file.as_deref(), options.only_tls13)
            .map_err(ClientError::Tls)?;
        let idle = Rc::new(IdleSet::new(options.max_idle, IDLE_MS));
        let connector = Connector::new(tls, Resolver::new(&options.dns), Rc::clone(&idle));
        let pool = RefCell::new(pool(&connector));
        let (opened, pool_life) = (Cell::new(0), options.pool_life);
        let places = options.places.clone();
        let proxies = ProxyNumbers::default();
        let (budget, throttle) = (options.budget.clone(), options.throttle.clone());
        Ok(Self {
            clock,
            connector,
            idle,
            places,
            accept_encoding,
            pool,
            proxies,
            opened,
            pool_life,
            budget,
            throttle,
        })
    }

    /// Connections that are open though nobody uses them.
    #[must_use]
    pub fn idle_connections(&self) -> usize {
        self.idle.len()
    }

    async fn run(
        &self,
        request: &Request,
        on_sent: Box<dyn FnOnce(Millis) + '_>,
        sink: &mut dyn Sink,
    ) -> Exchange {
        let rates = self.throttle.of(request.url.authority());
        if let Some(rates) = &rates {
            rates.wait(self.clock).await;
        }
        let start = self.clock.micros();
        self.idle.trim(start / 1000);
        let (way, places) = (Way::of(request), self.places.clone());
        let kept = request.capture.then(Capture::default);
        let limits = request.limits;
        let scope = Scope::new(self.clock, limits, way, rates, places, kept, start / 1000);
        let mut answer = Answer::default();
        let result = {
            let work = pin!(self.attempt(request, &scope, sink, &mut answer));
            watched(work, &scope, on_sent).await
        };
        let result = if answer.skipped { Ok(()) } else { result };
        let result = result.map_err(|error| via(error, &scope.way));
        let capture = scope.captured().map(|mut capture| {
            let failure = result.as_ref().err().map(|error| error.reason);
            capture.finish(answer.head.as_ref(), failure);
            if request.proxy.is_some() {
                // It is not the server's.
                capture.address = None;
            }
            Box::new(capture)
        });
        let end = self.clock.micros();
        self.settle(request, &scope, end / 1000);
        Exchange {
            bytes: answer.tally.bytes,
            wire_bytes: answer.tally.wire_bytes,
            sent_at: scope.sent(),
            phases: phases(start, scope.sent(), answer.head_at, end),
            reused: scope.reused(),
            address: scope.address(),
            crowded: scope.crowded(),
            head: answer.head,
            capture,
            result,
        }
    }

    async fn attempt(
        &self,
        request: &Request,
        scope: &Scope,
        sink: &mut dyn Sink,
        answer: &mut Answer,
    ) -> Result<(), FetchError> {
        let call = self.prepare(request, &scope.way)?;
        let sending = match &request.payload {
            Some(payload) => call.send_body(payload.bytes.to_vec()),
            // Not `send()`: that announces an empty body, which a GET should not have.
            None => call.send_body(actix_http::body::None::new()),
        };
        let mut response = sending.await.map_err(|error| error::send(&error, scope))?;
        let now = self.clock.micros();
        answer.head_at = Some(now);
        scope.begin(Phase::Body, now / 1000);
        let head = read_head(&response);
        let status = head.status;
        if status < 200 {
            let detail = format!("status {status} is no final answer");
            return Err(FetchError::new(Reason::BadHttp, detail));
        }
        // Only a proxy asks for credentials this way (RFC 9110, 15.5.8): it is not the page's answer.
        if status == 407 && scope.way.gateway().is_some() {
            return Err(FetchError::new(Reason::Refused, outgoing::WANTS_CREDENTIALS));
        }
        let head = answer.head.insert(head);
        let plan = sink.head(head);
        match plan {
            _ if !body::has_body(request.method, status) => {
                scope.capture(|capture| capture.whole = true);
                Ok(())
            }
            BodyPlan::Read => {
                let mut permit = self.budget.nothing();
                let tally = &mut answer.tally;
                let read = body::read(&mut response, head, scope, &mut permit, sink, tally).await;
                sink.keep(permit);
                read
            }
            BodyPlan::Skip => {
                answer.skipped = true;
                body::drain(&mut response, head, scope, &mut answer.tally).await;
                Ok(())
            }
        }
    }

    fn prepare(&self, request: &Request, way: &Way) -> Result<ClientRequest, FetchError> {
        let uri = way.target(request, &self.proxies)?;
        let method = method(request.method);
        let mut call = self.pool.borrow().request(method, uri).no_decompress();
        if !request.keep_alive {
            call = call.force_close();
        }
        outgoing::fill(call.headers_mut(), request, way, &self.accept_encoding)?;
        Ok(call)
    }

    /// What is left of an exchange: perhaps an idle connection, perhaps a pool to be replaced.
    fn settle(&self, request: &Request, scope: &Scope, now: Millis) {
        if let Some(slot) = scope.slot.borrow().as_ref() {
            self.idle.park(Rc::clone(slot), now);
        }
        if scope.fresh.get() && request.keep_alive {
            self.opened.set(self.opened.get() + 1);
        }
        if self.opened.get() >= self.pool_life {
            self.opened.set(0);
            // Exchanges under way keep the old pool until they are done.
            self.pool.replace(pool(&self.connector));
        }
    }
}

impl Transport for HttpClient {
    fn exchange<'a>(
        &'a self,
        request: &'a Request,
        on_sent: Box<dyn FnOnce(Millis) + 'a>,
        sink: &'a mut dyn Sink,
    ) -> LocalBoxFuture<'a, Exchange> {
        Box::pin(self.run(request, on_sent, sink))
    }
}

/// What has come of an answer; it outlives an exchange that is cut off.
#[derive(Debug, Default)]
struct Answer {
    head: Option<Head>,
    head_at: Option<Micros>,
    tally: Tally,
    skipped: bool,
}

fn method(method: Method) -> actix_http::Method {
    match method {
        Method::Get => actix_http::Method::GET,
        Method::Head => actix_http::Method::HEAD,
        Method::Post => actix_http::Method::POST,
    }
}

fn pool(connector: &Connector) -> Client {
    let never = Duration::from_secs(u64::from(u32::MAX));
    let keep = Duration::from_millis(IDLE_MS.unsigned_abs());
    let connector = awc::Connector::new()
        .connector(connector.clone())
        .timeout(never)
        .conn_keep_alive(keep)
        .limit(0);
    // awc's own deadlines do not cover the body: an exchange keeps its own.
    Client::builder()
        .connector(connector)
        .no_default_headers()
        .disable_redirects()
        .disable_timeout()
        .finish()
}

/// Names the proxy that a failed exchange went through.
fn via(error: FetchError, way: &Way) -> FetchError {
    match &way.proxy {
        Some(proxy) => FetchError { detail: format!("via {proxy}: {}", error.detail), ..error },
        None => error,
    }
}

fn read_head(response: &ClientResponse) -> Head {
    let headers = response.headers();
    let text = |value: &HeaderValue| match value.to_str() {
        Ok(plain) => plain.to_owned(),
        Err(_) => String::from_utf8_lossy(value.as_bytes())
            .replace(|c: char| c.is_control() && c != '\t', "\u{fffd}"),
    };
    Head {
        status: response.status().as_u16(),
        headers: headers.iter().map(|(name, value)| (name.as_str().into(), text(value))).collect(),
    }
}

fn phases(start: Micros, sent: Option<Micros>, head: Option<Micros>, end: Micros) -> Phases {
    let sent_or_end = sent.unwrap_or(end);
    let head_or_end = head.unwrap_or(end);
    Phases {
        connect_us: sent_or_end - start,
        head_us: (head_or_end - sent_or_end).max(0),
        body_us: end - head_or_end,
    }
}
