//! Asks with the real client and keeps what comes.
#![allow(dead_code, reason = "each test uses its own part")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail loudly")]

use std::cell::Cell;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use crawld::clock::Clock;
use crawld::domain::outcome::Reason;
use crawld::domain::request::Method;
use crawld::domain::url::CanonicalUrl;
use crawld::http::{
    BodyPlan, ClientOptions, Exchange, Head, HttpClient, Limits, Request, Sink, Transport,
};

/// A client with default options.
pub(crate) fn client() -> HttpClient {
    HttpClient::new(Clock::start(), &ClientOptions::default()).unwrap()
}

/// A request as the tests want it: private addresses allowed, connection kept.
pub(crate) fn request(url: &str) -> Request {
    Request {
        method: Method::Get,
        payload: None,
        url: CanonicalUrl::parse(url).unwrap(),
        secrets: Vec::new(),
        headers: Arc::new(vec![("User-Agent".into(), "crawld-test/1".into())]),
        limits: Limits::default(),
        keep_alive: true,
        allow_private: true,
        capture: false,
        insecure: false,
        proxy: None,
    }
}

/// Keeps everything it is given.
#[derive(Debug, Default)]
pub(crate) struct Page {
    /// The head given before the body.
    pub(crate) head: Option<Head>,
    /// The decoded body.
    pub(crate) body: Vec<u8>,
    /// The largest piece.
    pub(crate) largest: usize,
    /// Do not read the body.
    pub(crate) skip: bool,
    /// Enough after so many bytes.
    pub(crate) enough: Option<usize>,
}

impl Sink for Page {
    fn head(&mut self, head: &Head) -> BodyPlan {
        self.head = Some(head.clone());
        if self.skip { BodyPlan::Skip } else { BodyPlan::Read }
    }

    fn chunk(&mut self, decoded: &[u8]) -> ControlFlow<()> {
        self.body.extend_from_slice(decoded);
        self.largest = self.largest.max(decoded.len());
        match self.enough {
            Some(enough) if self.body.len() >= enough => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        }
    }
}

/// An exchange with what it gave.
pub(crate) struct Fetched {
    /// The record.
    pub(crate) exchange: Exchange,
    /// What the sink got.
    pub(crate) page: Page,
    /// How often it was said that the request is on the wire.
    pub(crate) sent: u32,
    /// When that was, by what was said, in milliseconds.
    pub(crate) told: i64,
}

impl Fetched {
    /// The reason of the failure; `None` when all went well.
    pub(crate) fn reason(&self) -> Option<Reason> {
        self.exchange.result.as_ref().err().map(|error| error.reason)
    }

    /// The words for the failure, empty when all went well.
    pub(crate) fn detail(&self) -> &str {
        self.exchange.result.as_ref().err().map_or("", |error| &error.detail)
    }

    /// The status, 0 without a head.
    pub(crate) fn status(&self) -> u16 {
        self.exchange.head.as_ref().map_or(0, |head| head.status)
    }

    /// The body as text.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.page.body).into_owned()
    }
}

/// Asks into this sink.
pub(crate) async fn fetch_into(client: &HttpClient, request: &Request, mut page: Page) -> Fetched {
    let (sent, told) = (Cell::new(0), Cell::new(0));
    let on_sent = Box::new(|at| {
        sent.set(sent.get() + 1);
        told.set(at);
    });
    let exchange = client.exchange(request, on_sent, &mut page).await;
    assert_eq!(sent.get(), u32::from(exchange.sent_at.is_some()), "on_sent and sent_at agree");
    assert_eq!(exchange.bytes, page.body.len() as u64);
    Fetched { exchange, page, sent: sent.get(), told: told.get() }
}

/// Asks.
pub(crate) async fn fetch(client: &HttpClient, request: &Request) -> Fetched {
    fetch_into(client, request, Page::default()).await
}

/// Asks for a URL with a new client.
pub(crate) async fn get(url: &str) -> Fetched {
    fetch(&client(), &request(url)).await
}

/// A short while, for limits that are to be overstepped.
pub(crate) const SHORT: Duration = Duration::from_millis(150);
