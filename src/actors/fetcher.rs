//! Asks for one thing at a time: transport, extraction, discovery, all on its own thread.

use std::cell::RefCell;
use std::ops::ControlFlow;
use std::rc::Rc;
use std::sync::Arc;

use actix::{
    Actor, ActorContext, ActorFutureExt, Context, Handler, Recipient, ResponseActFuture, WrapFuture,
};

use super::contain::{Notice, contained};
use super::messages::{Fetch, Landing, Quit, Started};
use crate::clock::Clock;
use crate::domain::extract::PageReader;
use crate::domain::job::{Extractor, Job};
use crate::domain::outcome::Reason;
use crate::domain::url::CanonicalUrl;
use crate::domain::{HostKey, Millis};
use crate::faults;
use crate::frontier::answer::{Answer, RobotsAnswer, retry_after};
use crate::frontier::discover::{Source, discover};
use crate::frontier::host::Work;
use crate::frontier::known::KnownUrls;
use crate::frontier::record::{PageFacts, QueuedUrl};
use crate::frontier::robots_gate::RobotsErrand;
use crate::http::client::HttpClient;
use crate::http::{BodyPlan, Exchange, Head, Limits, Request, Sink, Transport};

/// As much of a robots.txt is read (RFC 9309, 2.5).
const ROBOTS_BYTES: usize = 500 * 1024;

/// The actor.
pub struct FetchActor {
    slot: usize,
    tools: Tools,
    _notice: Notice,
}

/// What a fetch needs.
#[derive(Clone)]
pub struct Tools {
    /// The thread's client.
    pub client: Rc<HttpClient>,
    /// The clock.
    pub clock: Clock,
    /// URLs known already.
    pub known: Arc<KnownUrls>,
}

impl FetchActor {
    /// The fetcher of this slot.
    #[must_use]
    pub fn new(slot: usize, tools: Tools, notice: Notice) -> Self {
        Self { slot, tools, _notice: notice }
    }
}

impl Actor for FetchActor {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        // One fetch at a time: the Scheduler sends the next when this one has landed.
        ctx.set_mailbox_capacity(1);
    }
}

impl Handler<Quit> for FetchActor {
    type Result = ();

    fn handle(&mut self, _: Quit, ctx: &mut Self::Context) {
        ctx.terminate();
    }
}

impl Handler<Fetch> for FetchActor {
    type Result = ResponseActFuture<Self, Landing>;

    fn handle(&mut self, fetch: Fetch, _: &mut Self::Context) -> Self::Result {
        if let Work::Page(row) = &fetch.work {
            faults::pass("fetcher", &row.url);
        }
        let (slot, tools) = (self.slot, self.tools.clone());
        Box::pin(async move { land(slot, &tools, fetch).await }.into_actor(self).map(|l, _, _| l))
    }
}

/// Carries out one fetch; a panic in it becomes an answer.
async fn land(slot: usize, tools: &Tools, fetch: Fetch) -> Landing {
    let begun_at = tools.clock.now();
    let trip = Trip { slot, tools, host: fetch.host, start: fetch.start.as_ref() };
    match &fetch.work {
        Work::Page(row) => {
            let asked = contained(trip.page(&fetch.job, row, fetch.keep_alive)).await;
            Landing::Page(Box::new(
                asked.unwrap_or_else(|words| Answer::of_the_dead(begun_at, words)),
            ))
        }
        Work::Robots(errand, _) => {
            let asked = contained(trip.robots(&fetch.job, errand)).await;
            Landing::Robots(Box::new(asked.unwrap_or_else(|words| RobotsAnswer {
                failure: Some((Reason::Poison, words)),
                begun_at,
                ..RobotsAnswer::default()
            })))
        }
    }
}

/// One fetch under way.
struct Trip<'a> {
    slot: usize,
    tools: &'a Tools,
    host: HostKey,
    start: Option<&'a Recipient<Started>>,
}

impl Trip<'_> {
    /// Sends one request and feeds the answer to `sink`.
    async fn ask(&self, request: &Request, sink: &mut dyn Sink) -> Exchange {
        let (slot, host) = (self.slot, self.host);
        let start = self.start.cloned();
        let sent = Box::new(move |at: Millis| {
            if let Some(to) = start {
                to.do_send(Started { host, slot, at });
            }
        });
        self.tools.client.exchange(request, sent, sink).await
    }

    async fn page(&self, job: &Job, row: &QueuedUrl, keep_alive: bool) -> Answer {
        let clock = self.tools.clock;
        let begun_at = clock.now();
        let url = match CanonicalUrl::parse(&row.url) {
            Ok(url) => url,
            Err(error) => {
                let failure = Some((Reason::BadAnswer, error.to_string()));
                return Answer { failure, begun_at, ..Answer::default() };
            }
        };
        let request = request(job, url, keep_alive, job.http.max_body);
        let mut sink = PageSink { job, url: &request.url, clock, reader: None, extract_us: 0 };
        let exchange = self.ask(&request, &mut sink).await;
        let PageSink { reader, extract_us, .. } = sink;
        let mut answer = answer_of(&exchange, begun_at, clock.micros(), clock.now());
        answer.phases_us[3] = extract_us;
        if let Some(reader) = reader {
            self.read(job, row, reader, &mut answer);
        }
        answer
    }

    /// Takes the facts and the links from a page that has been read.
    fn read(&self, job: &Job, row: &QueuedUrl, reader: PageReader, answer: &mut Answer) {
        let begun = self.tools.clock.micros();
        faults::pass("extract", &row.url);
        let page = reader.finish();
        let facts = &mut answer.facts;
        facts.content_type = page.content_type;
        facts.charset = page.charset;
        facts.bytes = i64::try_from(page.bytes).ok();
        facts.digest = answer.failure.is_none().then_some(page.digest);
        facts.title = page.title;
        facts.noindex = page.noindex;
        facts.links_cut = page.links_cut;
        facts.links = i32::try_from(page.outlinks.len()).ok();
        answer.looks_scripted = page.looks_scripted;
        let success = matches!(facts.status, Some(200..=299));
        if success {
            let from = Source { key: row.key, depth: row.depth, nofollow: page.nofollow };
            let discovered = discover(job, &self.tools.known, from, page.outlinks);
            answer.found = discovered.found;
            answer.links = discovered.links;
            answer.facts.out_of_scope = Some(discovered.out_of_scope);
        }
        answer.phases_us[3] += self.tools.clock.micros() - begun;
    }

    async fn robots(&self, job: &Job, errand: &RobotsErrand) -> RobotsAnswer {
        let clock = self.tools.clock;
        let begun_at = clock.now();
        let request = request(job, errand.url.clone(), true, job.http.max_body);
        let mut sink = RobotsSink { body: Vec::new() };
        let exchange = self.ask(&request, &mut sink).await;
        let head = exchange.head.as_ref();
        let header = |name| head.and_then(|head| head.get(name)).map(str::to_owned);
        let failure = match exchange.result {
            Err(error) if error.reason != Reason::TooLarge => Some((error.reason, error.detail)),
            _ => None,
        };
        RobotsAnswer {
            status: head.map(|head| head.status),
            failure,
            location: header("location"),
            retry_after: header("retry-after").and_then(|value| retry_after(&value, clock.now())),
            body: sink.body,
            begun_at,
            sent_at: exchange.sent_at.map(|micros| micros / 1000),
        }
    }
}

fn request(job: &Job, url: CanonicalUrl, keep_alive: bool, max_body: u64) -> Request {
    let http = &job.http;
    let allow_private = job.may_be_private(url.authority());
    let mut headers = http.headers.clone();
    if job.names(url.authority()) {
        headers.extend_from_slice(&http.credentials);
    }
    Request {
        url,
        headers,
        limits: Limits {
            connect: http.connect,
            tls: http.tls,
            head: http.head,
            idle: http.idle,
            total: http.total,
            max_body,
        },
        keep_alive,
        allow_private,
    }
}

/// The parts of an answer that do not come from the body.
fn answer_of(exchange: &Exchange, begun_at: Millis, ended_us: i64, now: Millis) -> Answer {
    let head = exchange.head.as_ref();
    let header = |name| head.and_then(|head| head.get(name)).map(str::to_owned);
    let phases = &exchange.phases;
    let failure = exchange.result.as_ref().err().map(|error| (error.reason, error.detail.clone()));
    Answer {
        facts: PageFacts {
            status: head.map(|head| head.status),
            etag: header("etag"),
            last_modified: header("last-modified"),
            fetched_at: exchange.sent_at.map(|micros| micros / 1000),
            elapsed_ms: exchange.sent_at.map(|sent| (ended_us - sent).max(0) / 1000),
            ..PageFacts::default()
        },
        failure,
        location: header("location"),
        retry_after: header("retry-after").and_then(|value| retry_after(&value, now)),
        begun_at,
        reused: exchange.reused,
        phases_us: [phases.connect_us, phases.head_us, phases.body_us, 0],
        ..Answer::default()
    }
}

/// Feeds a page to its reader as it comes.
struct PageSink<'a> {
    job: &'a Job,
    url: &'a CanonicalUrl,
    clock: Clock,
    reader: Option<PageReader>,
    extract_us: i64,
}

impl Sink for PageSink<'_> {
    fn head(&mut self, head: &Head) -> BodyPlan {
        if let 300..=399 = head.status {
            return BodyPlan::Skip;
        }
        let Extractor::Links(options) = &self.job.extractor;
        self.reader = Some(PageReader::new(self.url, &head.headers, options));
        BodyPlan::Read
    }

    fn chunk(&mut self, decoded: &[u8]) -> ControlFlow<()> {
        let begun = self.clock.micros();
        if let Some(reader) = &mut self.reader {
            reader.feed(decoded);
        }
        self.extract_us += self.clock.micros() - begun;
        ControlFlow::Continue(())
    }
}

/// Keeps as much of a robots.txt as is read.
struct RobotsSink {
    body: Vec<u8>,
}

impl Sink for RobotsSink {
    fn head(&mut self, head: &Head) -> BodyPlan {
        if let 200..=299 = head.status { BodyPlan::Read } else { BodyPlan::Skip }
    }

    fn chunk(&mut self, decoded: &[u8]) -> ControlFlow<()> {
        let room = ROBOTS_BYTES.saturating_sub(self.body.len());
        let (wanted, _) = decoded.split_at(room.min(decoded.len()));
        self.body.extend_from_slice(wanted);
        if self.body.len() >= ROBOTS_BYTES {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }
}

thread_local! {
    static CLIENT: RefCell<Option<Rc<HttpClient>>> = const { RefCell::new(None) };
}

/// The one client of this thread, built on first use.
///
/// # Errors
/// When it cannot be built (a broken CA file).
pub fn client_of_thread<E>(
    build: impl FnOnce() -> Result<HttpClient, E>,
) -> Result<Rc<HttpClient>, E> {
    CLIENT.with(|slot| {
        if let Some(client) = &*slot.borrow() {
            return Ok(Rc::clone(client));
        }
        let client = Rc::new(build()?);
        *slot.borrow_mut() = Some(Rc::clone(&client));
        Ok(client)
    })
}
