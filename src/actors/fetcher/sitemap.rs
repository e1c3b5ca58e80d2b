//! A sitemap is asked: as a page is, and read by its own reader.

use std::ops::ControlFlow;

use super::request::request;
use super::trip::{Trip, answer_of, fit};
use crate::clock::Clock;
use crate::domain::extract::sitemap::{MAX_BYTES, SitemapReader};
use crate::domain::job::Job;
use crate::domain::outcome::Reason;
use crate::domain::url::CanonicalUrl;
use crate::faults;
use crate::frontier::answer::Answer;
use crate::frontier::record::QueuedUrl;
use crate::frontier::sitemaps::listed;
use crate::http::budget::Permit;
use crate::http::{BodyPlan, Head, Sink};

/// Said of a sitemap of which something is left out.
const CUT: &str = "it lists more than is taken of one sitemap";
const TOO_DEEP: &str = "it stands too deep in indexes: the sitemaps that it lists are left out";

/// Feeds a sitemap to its reader as it comes.
struct SitemapSink<'a> {
    url: &'a CanonicalUrl,
    clock: Clock,
    reader: Option<SitemapReader>,
    extract_us: i64,
    permit: Option<Permit>,
}

impl Sink for SitemapSink<'_> {
    fn head(&mut self, head: &Head) -> BodyPlan {
        if !matches!(head.status, 200..=299) {
            return BodyPlan::Skip;
        }
        self.reader = Some(SitemapReader::new(self.url, &head.headers));
        BodyPlan::Read
    }

    fn chunk(&mut self, decoded: &[u8]) -> ControlFlow<()> {
        let begun = self.clock.micros();
        let more = self.reader.as_mut().is_some_and(|reader| reader.feed(decoded));
        self.extract_us += self.clock.micros() - begun;
        if more { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    }

    fn held(&self) -> usize {
        self.reader.as_ref().map_or(0, SitemapReader::held)
    }

    fn keep(&mut self, permit: Permit) {
        self.permit = Some(permit);
    }
}

impl Trip<'_> {
    /// Asks a sitemap; what it lists is in the answer. The permit is for what the answer holds,
    /// until it is committed.
    pub(super) async fn sitemap(
        &self,
        job: &Job,
        row: &QueuedUrl,
        keep_alive: bool,
    ) -> (Answer, Permit) {
        let clock = self.tools.clock;
        let begun_at = clock.now();
        let url = match CanonicalUrl::parse(&row.url) {
            Ok(url) => url,
            Err(error) => {
                let failure = Some((Reason::BadAnswer, error.to_string()));
                let answer = Answer { failure, begun_at, ..Answer::default() };
                return (answer, self.tools.budget.nothing());
            }
        };
        // The reader keeps the limit; a little more lets it see that there is more.
        let request = request(job, url, keep_alive, MAX_BYTES + MAX_BYTES / 4);
        let url = &request.url;
        let mut sink = SitemapSink { url, clock, reader: None, extract_us: 0, permit: None };
        let exchange = self.ask(&request, &mut sink).await;
        let SitemapSink { reader, extract_us, permit, .. } = sink;
        let permit = permit.unwrap_or_else(|| self.tools.budget.nothing());
        let mut answer = answer_of(&exchange, begun_at, clock.micros(), clock.now());
        answer.phases_us[3] = extract_us;
        if let Some(reader) = reader {
            self.read_sitemap(job, row, reader, &mut answer);
        }
        let permit = fit(permit, answer.weight()).await;
        (answer, permit)
    }

    fn read_sitemap(&self, job: &Job, row: &QueuedUrl, reader: SitemapReader, answer: &mut Answer) {
        let begun = self.tools.clock.micros();
        faults::pass("extract", &row.url);
        let mut sitemap = reader.finish();
        let facts = &mut answer.facts;
        facts.content_type = sitemap.content_type.take();
        facts.charset = sitemap.charset.take();
        facts.bytes = i64::try_from(sitemap.bytes).ok();
        facts.digest = (answer.failure.is_none() && !sitemap.cut).then_some(sitemap.digest);
        facts.links = i32::try_from(sitemap.pages.len()).ok();
        let (cut, note) = (sitemap.cut, sitemap.note.take());
        let listed = listed(job, &self.tools.known, row, sitemap);
        facts.links_cut = cut || listed.too_deep;
        facts.out_of_scope = Some(listed.out_of_scope);
        answer.found = listed.found;
        let left_out = if cut { Some(CUT) } else { listed.too_deep.then_some(TOO_DEEP) };
        answer.note = note.or_else(|| left_out.map(str::to_owned));
        answer.phases_us[3] += self.tools.clock.micros() - begun;
    }
}
