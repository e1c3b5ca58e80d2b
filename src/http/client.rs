//! The client: one exchange at a time, as many at once as wanted, on one thread.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::future::Future;
use std::future::poll_fn;
use std::path::PathBuf;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use awc::http::header::{ACCEPT_ENCODING, HOST, HeaderMap, HeaderName, HeaderValue};
use awc::{Client, ClientRequest, ClientResponse};
use futures_util::future::LocalBoxFuture;
use tokio::time::Sleep;

use super::body::{self, Tally};
use super::connector::{self, Connector};
use super::idle::IdleSet;
use super::resolve::{Dns, Resolver};
use super::scope::{self, Phase, Scope};
use super::tls::{SharedTls, TlsSetupError};
use super::{
    BodyPlan, Exchange, FetchError, Head, Micros, Phases, Request, Sink, Transport, error,
};
use crate::clock::Clock;
use crate::domain::Millis;
use crate::domain::outcome::Reason;

/// Longest an unused connection stays open; servers mostly close after 5 to 75 s.
const IDLE_MS: Millis = 15_000;
/// Headers that belong to the connection, which is ours to manage.
const OURS: [&str; 8] = [
    "connection",
    "content-length",
    "expect",
    "keep-alive",
    "proxy-connection",
    "te",
    "transfer-encoding",
    "upgrade",
];

/// What all clients of a process have in common. Clones share one TLS configuration.
#[derive(Debug, Clone)]
pub struct ClientOptions {
    /// PEM file of further trusted authorities.
    pub ca_file: Option<PathBuf>,
    /// Accept any certificate.
    pub insecure: bool,
    /// Value of `Accept-Encoding` where a request brings none.
    pub accept_encoding: String,
    /// Connections that one client keeps open though nobody uses them.
    pub max_idle: usize,
    /// Connections after which a client begins a new pool: awc's keeps a little for each host it
    /// ever knew.
    pub pool_life: u32,
    /// How names are looked up.
    pub dns: Dns,
    /// The TLS configuration, built by the first client from the above.
    pub tls: SharedTls,
}

impl Default for ClientOptions {
    fn default() -> Self {
        Self {
            ca_file: None,
            insecure: false,
            accept_encoding: "gzip, br, zstd, deflate".into(),
            max_idle: 256,
            pool_life: 4096,
            dns: Dns::default(),
            tls: SharedTls::default(),
        }
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
    accept_encoding: HeaderValue,
    pool: RefCell<Client>,
    opened: Cell<u32>,
    pool_life: u32,
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
            .config(options.ca_file.as_deref(), options.insecure)
            .map_err(ClientError::Tls)?;
        let idle = Rc::new(IdleSet::new(options.max_idle, IDLE_MS));
        let connector = Connector::new(tls, Resolver::new(&options.dns), Rc::clone(&idle));
        let pool = RefCell::new(pool(&connector));
        let (opened, pool_life) = (Cell::new(0), options.pool_life);
        Ok(Self { clock, connector, idle, accept_encoding, pool, opened, pool_life })
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
        let start = self.clock.micros();
        self.idle.trim(start / 1000);
        let scope = Scope::new(self.clock, request.limits, request.allow_private, start / 1000);
        let mut answer = Answer::default();
        let result = {
            let work = pin!(self.attempt(request, &scope, sink, &mut answer));
            watched(work, &scope, on_sent).await
        };
        let result = if answer.skipped { Ok(()) } else { result };
        let end = self.clock.micros();
        self.settle(request, &scope, end / 1000);
        Exchange {
            bytes: answer.tally.bytes,
            wire_bytes: answer.tally.wire_bytes,
            sent_at: scope.sent(),
            phases: phases(start, scope.sent(), answer.head_at, end),
            reused: scope.reused(),
            head: answer.head,
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
        // Not `send()`: that announces an empty body, which a GET should not have.
        let sending = self.prepare(request)?.send_body(actix_http::body::None::new());
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
        let head = answer.head.insert(head);
        let plan = sink.head(head);
        match plan {
            _ if !body::has_body(status) => Ok(()),
            BodyPlan::Read => body::read(&mut response, head, scope, sink, &mut answer.tally).await,
            BodyPlan::Skip => {
                answer.skipped = true;
                body::drain(&mut response, head, scope, &mut answer.tally).await;
                Ok(())
            }
        }
    }

    fn prepare(&self, request: &Request) -> Result<ClientRequest, FetchError> {
        let uri = connector::target(request)?;
        let mut call = self.pool.borrow().get(uri).no_decompress();
        if !request.keep_alive {
            call = call.force_close();
        }
        let headers = call.headers_mut();
        for (name, value) in &request.headers {
            add_header(headers, name, value)?;
        }
        if !headers.contains_key(HOST) {
            add_header(headers, HOST.as_str(), request.url.authority())?;
        }
        if !headers.contains_key(ACCEPT_ENCODING) {
            headers.insert(ACCEPT_ENCODING, self.accept_encoding.clone());
        }
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

fn add_header(headers: &mut HeaderMap, name: &str, value: &str) -> Result<(), FetchError> {
    let refused = || FetchError::new(Reason::BadHttp, format!("header {name} cannot be sent"));
    if OURS.iter().any(|ours| name.eq_ignore_ascii_case(ours)) {
        return Ok(());
    }
    let key = HeaderName::from_bytes(name.as_bytes()).map_err(|_| refused())?;
    headers.append(key, HeaderValue::from_str(value).map_err(|_| refused())?);
    Ok(())
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

/// Runs an exchange within its scope, tells when it is on the wire, and ends it when its patience
/// ends. One timer serves every limit; it is moved when it rings, not when a limit changes.
async fn watched<F>(
    mut work: Pin<&mut F>,
    scope: &Rc<Scope>,
    on_sent: Box<dyn FnOnce(Millis) + '_>,
) -> Result<(), FetchError>
where
    F: Future<Output = Result<(), FetchError>>,
{
    let mut on_sent = Some(on_sent);
    let mut set_to = scope.due();
    let mut alarm = pin!(tokio::time::sleep_until(scope.clock.instant(set_to)));
    poll_fn(|cx| {
        let entered = scope::enter(scope);
        let state = work.as_mut().poll(cx);
        drop(entered);
        if let Some(at) = scope.sent()
            && let Some(tell) = on_sent.take()
        {
            tell(at / 1000);
        }
        if state.is_pending() {
            ready!(poll_due(alarm.as_mut(), &mut set_to, scope, cx));
            return Poll::Ready(Err(scope.timeout()));
        }
        state
    })
    .await
}

/// Ready when the exchange is overdue. The alarm is set to `set_to`; a deadline that has moved
/// away since is followed when it rings.
fn poll_due(
    mut alarm: Pin<&mut Sleep>,
    set_to: &mut Millis,
    scope: &Scope,
    cx: &mut Context<'_>,
) -> Poll<()> {
    loop {
        let due = scope.due();
        if due < *set_to {
            *set_to = due;
            alarm.as_mut().reset(scope.clock.instant(due));
        }
        ready!(alarm.as_mut().poll(cx));
        if scope.clock.now() >= due {
            return Poll::Ready(());
        }
        *set_to = due;
        alarm.as_mut().reset(scope.clock.instant(due));
    }
}
