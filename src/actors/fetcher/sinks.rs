//! Where the bodies of answers go.

use std::ops::ControlFlow;

use crate::clock::Clock;
use crate::domain::extract::PageReader;
use crate::domain::job::Job;
use crate::domain::task::Task;
use crate::domain::url::CanonicalUrl;
use crate::http::budget::Permit;
use crate::http::{BodyPlan, Head, Sink};

/// As much of a robots.txt is read (RFC 9309, 2.5).
/// One byte more tells that there was more: then the last line is none.
const ROBOTS_BYTES: usize = 500 * 1024 + 1;

/// Feeds a page to its reader as it comes.
pub(super) struct PageSink<'a> {
    pub(super) job: &'a Job,
    pub(super) task: Task,
    pub(super) url: &'a CanonicalUrl,
    pub(super) clock: Clock,
    pub(super) reader: Option<PageReader>,
    /// The body, where it is wanted whole.
    pub(super) body: Option<Vec<u8>>,
    pub(super) extract_us: i64,
    pub(super) permit: Option<Permit>,
}

impl Sink for PageSink<'_> {
    fn head(&mut self, head: &Head) -> BodyPlan {
        if matches!(head.status, 300..=399) || self.task.is_check() {
            return BodyPlan::Skip;
        }
        self.reader = Some(PageReader::new(self.url, &head.headers, &self.job.page));
        BodyPlan::Read
    }

    fn chunk(&mut self, decoded: &[u8]) -> ControlFlow<()> {
        let begun = self.clock.micros();
        if let Some(reader) = &mut self.reader {
            reader.feed(decoded);
        }
        if let Some(body) = &mut self.body {
            body.extend_from_slice(decoded);
        }
        self.extract_us += self.clock.micros() - begun;
        ControlFlow::Continue(())
    }

    fn held(&self) -> usize {
        let body = self.body.as_ref().map_or(0, Vec::len);
        self.reader.as_ref().map_or(0, PageReader::held) + body
    }

    fn keep(&mut self, permit: Permit) {
        self.permit = Some(permit);
    }
}

/// Keeps as much of a robots.txt as is read.
pub(super) struct RobotsSink {
    pub(super) body: Vec<u8>,
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

    fn held(&self) -> usize {
        self.body.len()
    }
}
