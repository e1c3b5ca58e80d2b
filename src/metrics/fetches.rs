//! Requests and their answers.

use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue, LabelValueEncoder};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use super::labels::{OfPhase, Word};
use crate::domain::outcome::Reason;
use crate::frontier::answer::{Answer, RobotsAnswer};

/// Upper bounds of the latencies, seconds.
const SECONDS: [f64; 13] =
    [0.001, 0.005, 0.025, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0];
const PHASES: [&str; 4] = ["connect", "head", "body", "whole"];

/// What was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum What {
    /// A page.
    Page,
    /// A sitemap.
    Sitemap,
    /// A robots.txt.
    Robots,
}

/// How a request ended: an HTTP status by its hundreds, or what broke.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Outcome {
    Class(u16),
    Failed(Reason),
}

impl EncodeLabelValue for What {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> Result<(), std::fmt::Error> {
        match self {
            Self::Page => "page",
            Self::Sitemap => "sitemap",
            Self::Robots => "robots",
        }
        .encode(encoder)
    }
}

impl EncodeLabelValue for Outcome {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> Result<(), std::fmt::Error> {
        match self {
            Self::Class(hundreds) => format!("{hundreds}xx").as_str().encode(encoder),
            Self::Failed(reason) => reason.to_string().as_str().encode(encoder),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfFetch {
    what: What,
    outcome: Outcome,
}

impl Outcome {
    fn of(status: Option<u16>, failure: Option<Reason>) -> Self {
        match (failure, status) {
            // Any status is one of six classes, whatever number a server makes up.
            (Some(Reason::Http(status)), _) | (None, Some(status)) => {
                Self::Class((status / 100).min(9))
            }
            (Some(reason), _) => Self::Failed(reason),
            (None, None) => Self::Failed(Reason::BadHttp),
        }
    }
}

/// What is known of requests.
#[derive(Debug)]
pub struct Fetches {
    answers: Family<OfFetch, Counter>,
    bytes: Counter,
    phases: [Histogram; 4],
}

impl Fetches {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let answers = Family::<OfFetch, Counter>::default();
        for hundreds in 2..=5 {
            let first = OfFetch { what: What::Page, outcome: Outcome::Class(hundreds) };
            drop(answers.get_or_create(&first));
        }
        registry.register(
            "crawld_fetches",
            "Requests that ended, by what was asked for and how",
            answers.clone(),
        );
        let bytes = Counter::default();
        registry.register("crawld_body_bytes", "Bytes of bodies, decoded", bytes.clone());
        let family =
            Family::<OfPhase, Histogram, _>::new_with_constructor(|| Histogram::new(SECONDS));
        let phases = PHASES.map(|name| family.get_or_create_owned(&OfPhase { phase: Word(name) }));
        registry.register(
            "crawld_fetch_duration_seconds",
            "How long connecting, the wait for the head, the body and all together took",
            family,
        );
        Self { answers, bytes, phases }
    }

    /// A page or a sitemap was answered, or was not.
    pub fn answered(&self, what: What, answer: &Answer) {
        let failure = answer.failure.as_ref().map(|(reason, _)| *reason);
        self.ended(what, Outcome::of(answer.facts.status, failure));
        self.bytes.inc_by(answer.facts.bytes.unwrap_or(0).max(0).unsigned_abs());
        let [connect, head, body, _] = answer.phases_us;
        let spans = [connect, head, body, connect + head + body];
        for (histogram, micros) in self.phases.iter().zip(spans).filter(|(_, micros)| *micros > 0) {
            histogram.observe(seconds(micros));
        }
    }

    /// A robots.txt was answered, or was not.
    pub fn robots_answered(&self, answer: &RobotsAnswer) {
        let failure = answer.failure.as_ref().map(|(reason, _)| *reason);
        self.ended(What::Robots, Outcome::of(answer.status, failure));
    }

    fn ended(&self, what: What, outcome: Outcome) {
        self.answers.get_or_create(&OfFetch { what, outcome }).inc();
    }
}

/// Microseconds as seconds.
pub(super) fn seconds(micros: i64) -> f64 {
    std::time::Duration::from_micros(micros.max(0).unsigned_abs()).as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_status_makes_a_class_of_its_own() {
        let class = |status| Outcome::of(Some(status), None);
        assert_eq!(class(204), class(200));
        assert_eq!(class(999), class(65_535));
        assert_eq!(Outcome::of(None, Some(Reason::Http(404))), class(410));
        assert_eq!(
            Outcome::of(Some(200), Some(Reason::Truncated)),
            Outcome::Failed(Reason::Truncated)
        );
    }
}
