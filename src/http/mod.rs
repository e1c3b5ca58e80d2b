//! The one HTTP client: awc behind a connector of our own that repairs what awc gets wrong.
//!
//! ```text
//! client      one exchange: request, deadlines, body, result      (HttpClient, ClientOptions)
//! body        reads a body into a sink: framing, limit, decoding
//! decode      content codings, in bounded memory
//! connector   name -> checked addresses -> TCP -> proxy -> TLS -> wire
//! resolve     names looked up, remembered and checked
//! dial        the addresses of a host tried, the first that answers wins
//! outgoing    the headers of a request
//! way         how a request gets to its server, and what connections it may use
//! tunnel      what is said to a proxy
//! watch       the patience of an exchange: one alarm for all its limits
//! wire        the stream awc sees: repaired heads, end of file noticed, moment of sending noticed
//! head_repair the bytes of a response head, pure
//! capture     one exchange as it went over the wire, for an archive
//! scope       what the connector and the wire know of the exchange that polls them
//! places      how many exchanges each address has
//! idle        the kept-alive connections nobody uses, closed in time
//! error       what each failure is called
//! budget      memory that bodies and outcomes share
//! throttle    bytes a second
//! failure     why an exchange failed
//! ```

mod body;
pub mod budget;
mod capture;
pub mod client;
mod connector;
mod decode;
mod dial;
mod error;
mod failure;
mod head_repair;
mod idle;
mod outgoing;
mod places;
mod resolve;
mod scope;
mod throttle;
pub mod tls;
mod tunnel;
mod watch;
mod way;
mod wire;

use std::net::IpAddr;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::LocalBoxFuture;

use budget::Permit;

use crate::domain::Millis;
use crate::domain::proxy::Proxy;
use crate::domain::request::{Method, Payload};
use crate::domain::secret::Secret;
use crate::domain::url::CanonicalUrl;

pub use capture::{Capture, Cut};
pub use client::{ClientError, ClientOptions, HttpClient};
pub use failure::FetchError;
pub use places::Places;
pub use resolve::{Dns, NameCache, Names};
pub use throttle::Throttle;

/// Unix time or a span of it, in microseconds.
pub type Micros = i64;

/// How long each phase of an exchange may last, and how large its body may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Name lookup, TCP connecting and what a proxy wants to hear, together.
    pub connect: Duration,
    /// The TLS handshake.
    pub tls: Duration,
    /// From the request on the wire to the end of the response head.
    pub head: Duration,
    /// Silence between two pieces of the body.
    pub idle: Duration,
    /// The whole exchange.
    pub total: Duration,
    /// Bytes of the decoded body.
    pub max_body: u64,
}

impl Default for Limits {
    /// The defaults of the configuration.
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            tls: Duration::from_secs(10),
            head: Duration::from_secs(30),
            idle: Duration::from_secs(20),
            total: Duration::from_mins(2),
            max_body: 10 * 1024 * 1024,
        }
    }
}

/// A request to be sent.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "independent wishes")]
pub struct Request {
    /// How it is asked.
    pub method: Method,
    /// What is asked.
    pub url: CanonicalUrl,
    /// Headers, `User-Agent` and `Accept` included. `Host` and `Accept-Encoding` are added unless
    /// given; those that belong to the connection (`Connection`, `Content-Length`, `Expect` ..)
    /// are ours and left out. Most requests of a job share them.
    pub headers: Arc<Vec<(String, String)>>,
    /// What it carries. Its media type is sent unless the headers name one.
    pub payload: Option<Payload>,
    /// Headers that say who we are: sent like the others, but logged and recorded nowhere.
    pub secrets: Vec<(String, Secret)>,
    /// Time and size limits.
    pub limits: Limits,
    /// May the connection stay open for the next request to this host?
    pub keep_alive: bool,
    /// May the host's address be a private one?
    pub allow_private: bool,
    /// Is the exchange to be kept as it goes over the wire?
    pub capture: bool,
    /// Is any certificate good enough?
    pub insecure: bool,
    /// The proxy to go through.
    pub proxy: Option<Arc<Proxy>>,
}

/// Head of a response.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Head {
    /// Status code, 200 or more.
    pub status: u16,
    /// Names in lower case; values as lossy UTF-8 with control characters replaced.
    pub headers: Vec<(String, String)>,
}

impl Head {
    /// The first value of a header, its name given in lower case.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Every value of a header, in order, its name given in lower case.
    pub fn get_all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> + 'a {
        self.headers.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// What is to be done with a body once its head is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyPlan {
    /// Read it into the sink.
    Read,
    /// It is not wanted.
    Skip,
}

/// Receives an answer as it comes.
pub trait Sink {
    /// The head, before any of the body.
    fn head(&mut self, head: &Head) -> BodyPlan;

    /// The next piece of the decoded body. `Break`: enough, the rest is not wanted; the exchange
    /// then ends well.
    fn chunk(&mut self, decoded: &[u8]) -> ControlFlow<()>;

    /// Bytes of memory that the sink holds of what it was given, about. Where it grows, reading
    /// pauses until there is room for it in the budget.
    fn held(&self) -> usize {
        0
    }

    /// The body is over; here is the right to hold what [`Sink::held`] says, and a little more. It
    /// is given back when it is dropped.
    fn keep(&mut self, permit: Permit) {
        drop(permit);
    }
}

/// How long the parts of an exchange took, in microseconds; 0 for a part that was not reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Phases {
    /// From the start to the request on the wire: lookup, connecting, TLS.
    pub connect_us: Micros,
    /// From there to the end of the response head.
    pub head_us: Micros,
    /// From there to the end of the body, or of the exchange.
    pub body_us: Micros,
}

/// The record of one exchange, whatever became of it.
#[derive(Debug, Clone)]
pub struct Exchange {
    /// The response head, if it came.
    pub head: Option<Head>,
    /// Decoded body bytes given to the sink.
    pub bytes: u64,
    /// Body bytes before decoding.
    pub wire_bytes: u64,
    /// When the first byte of the request head was written; `None`: nothing was sent.
    pub sent_at: Option<Micros>,
    /// Where the time went.
    pub phases: Phases,
    /// Did the request use a connection that had been used before? Then `Closed` and `Reset`
    /// mostly mean that the server had grown tired of it, not that it refuses the request.
    pub reused: bool,
    /// Where it was sent; `None` if no connection was had, or not by us (a proxy).
    pub address: Option<IpAddr>,
    /// There was no place at `address` (nor at any other of the host): nothing was sent, and
    /// `result`, which is an error, says nothing about the host.
    pub crowded: bool,
    /// What went over the wire, where the request wanted it kept.
    pub capture: Option<Box<Capture>>,
    /// Complete, or why not. An answer of any status is complete.
    pub result: Result<(), FetchError>,
}

/// Something that sends requests.
pub trait Transport {
    /// Sends one request and gives its answer to the sink.
    ///
    /// Redirects are not followed and nothing is tried twice. `on_sent` is called once when the
    /// first byte of the request is on the wire, with that moment, and not at all when nothing
    /// was sent.
    fn exchange<'a>(
        &'a self,
        request: &'a Request,
        on_sent: Box<dyn FnOnce(Millis) + 'a>,
        sink: &'a mut dyn Sink,
    ) -> LocalBoxFuture<'a, Exchange>;
}
