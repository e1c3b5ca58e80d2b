//! One fetch under way: the request, the answer, what is read from it.

use std::cell::Cell;
use std::net::IpAddr;

use actix::Recipient;

use super::Tools;
use super::gather::gather;
use super::recording::recording;
use super::request::{add_cookies, ask_for_changes, request, request_of};
use super::sinks::{PageSink, RobotsSink};
use crate::actors::messages::{Fetch, Started};
use crate::domain::cookies::{self, Cookie};
use crate::domain::extract::PageReader;
use crate::domain::job::{Extractor, Job};
use crate::domain::outcome::Reason;
use crate::domain::url::CanonicalUrl;
use crate::domain::{HostKey, Millis};
use crate::faults;
use crate::frontier::answer::{Answer, RobotsAnswer, retry_after};
use crate::frontier::discover::{Source, discover};
use crate::frontier::record::{PageFacts, QueuedUrl};
use crate::frontier::robots_gate::RobotsErrand;
use crate::frontier::validators::{kept_date, kept_etag};
use crate::http::budget::Permit;
use crate::http::{Exchange, Head, Request, Sink, Transport};

/// One fetch under way.
pub(super) struct Trip<'a> {
    pub(super) slot: usize,
    pub(super) tools: &'a Tools,
    pub(super) host: HostKey,
    pub(super) start: Option<&'a Recipient<Started>>,
    pub(super) met: Cell<Met>,
}

/// Where a request went.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Met {
    /// To this address.
    pub(super) address: Option<IpAddr>,
    /// But there was no place.
    pub(super) crowded: bool,
}

impl Trip<'_> {
    /// Sends one request and feeds the answer to `sink`.
    pub(super) async fn ask(&self, request: &Request, sink: &mut dyn Sink) -> Exchange {
        let (slot, host) = (self.slot, self.host);
        let start = self.start.cloned();
        let sent = Box::new(move |at: Millis| {
            if let Some(to) = start {
                to.do_send(Started { host, slot, at });
            }
        });
        let exchange = self.tools.client.exchange(request, sent, sink).await;
        self.met.set(Met { address: exchange.address, crowded: exchange.crowded });
        exchange
    }

    /// Asks for a page. The permit is for what the answer holds, until it is committed.
    pub(super) async fn page(
        &self,
        fetch: &Fetch,
        row: &QueuedUrl,
        url: &CanonicalUrl,
    ) -> (Answer, Permit) {
        let (job, clock) = (&fetch.job, self.tools.clock);
        let begun_at = clock.now();
        let mut request = request_of(job, row, url.clone(), fetch.keep_alive);
        request.capture = job.archive.is_some() && !row.task.is_check();
        if let Some(validators) = &row.validators {
            ask_for_changes(&mut request, validators);
        }
        if let Some(cookies) = &fetch.cookies {
            add_cookies(&mut request, cookies);
        }
        let url = &request.url;
        let body = job.extractor.wants_body(row.task).then(Vec::new);
        let task = row.task;
        let mut sink =
            PageSink { job, task, url, clock, reader: None, body, extract_us: 0, permit: None };
        let mut exchange = self.ask(&request, &mut sink).await;
        let PageSink { reader, body, extract_us, permit, .. } = sink;
        let permit = permit.unwrap_or_else(|| self.tools.budget.nothing());
        let mut answer = answer_of(&exchange, begun_at, clock.micros(), clock.now());
        answer.phases_us[3] = extract_us;
        answer.proxied = request.proxy.is_some();
        if job.http.cookies {
            answer.cookies = cookies_of(&exchange, &request.url, clock.now());
        }
        if let Some(reader) = reader {
            self.read(job, row, reader, &mut answer);
        } else if task.is_check() {
            answer.facts.content_type = exchange.head.as_ref().and_then(media_type);
        }
        let begun = clock.micros();
        if let (Some(body), Some(head)) = (body, exchange.head.as_ref())
            && answer.failure.is_none()
            && matches!(head.status, 200..=299)
        {
            gather(job, row, head, body, &mut answer).await;
            answer.phases_us[3] += clock.micros() - begun;
        }
        answer.recording = recording(job, &request.url, &mut exchange).await;
        let permit = fit(permit, answer.weight()).await;
        (answer, permit)
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
        answer.looks_scripted = page.looks_scripted;
        // An answer to a query is no page: it has no links, and leads nowhere.
        let leads_on = !matches!(job.extractor, Extractor::Tips(_));
        if leads_on {
            facts.links = i32::try_from(page.outlinks.len()).ok();
        }
        if leads_on && matches!(facts.status, Some(200..=299)) {
            let from = Source { key: row.key, depth: row.depth, nofollow: page.nofollow };
            let discovered = discover(job, &self.tools.known, from, page.outlinks);
            answer.found = discovered.found;
            answer.links = discovered.links;
            answer.facts.out_of_scope = Some(discovered.out_of_scope);
        }
        answer.phases_us[3] += self.tools.clock.micros() - begun;
    }

    pub(super) async fn robots(&self, job: &Job, errand: &RobotsErrand) -> RobotsAnswer {
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
            proxied: request.proxy.is_some(),
            sent_at: exchange.sent_at.map(|micros| micros / 1000),
        }
    }
}

/// The permit made to fit what is held.
pub(super) async fn fit(mut permit: Permit, weight: usize) -> Permit {
    permit.shrink_to(weight);
    if weight > permit.bytes() {
        permit.grow(weight - permit.bytes()).await;
    }
    permit
}

/// The cookies that an answer sets. (Of more lines than are looked at, the head was already rid.)
fn cookies_of(exchange: &Exchange, url: &CanonicalUrl, now: Millis) -> Vec<Cookie> {
    let lines = exchange.head.iter().flat_map(|head| head.get_all("set-cookie"));
    lines.filter_map(|line| cookies::read(line, url, now)).collect()
}

/// What the head of an answer says that is not read.
fn media_type(head: &Head) -> Option<String> {
    let essence = head.get("content-type")?.split(';').next()?.trim().to_ascii_lowercase();
    essence.contains('/').then_some(essence)
}

/// The parts of an answer that do not come from the body.
pub(super) fn answer_of(
    exchange: &Exchange,
    begun_at: Millis,
    ended_us: i64,
    now: Millis,
) -> Answer {
    let head = exchange.head.as_ref();
    let header = |name| head.and_then(|head| head.get(name)).map(str::to_owned);
    let phases = &exchange.phases;
    let failure = exchange.result.as_ref().err().map(|error| (error.reason, error.detail.clone()));
    Answer {
        facts: PageFacts {
            status: head.map(|head| head.status),
            etag: kept_etag(header("etag")),
            last_modified: kept_date(header("last-modified")),
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
