//! One page asked as a job would ask it, by itself: robots.txt first, nothing stored, no redirect
//! followed.

use std::ops::ControlFlow;
use std::time::Duration;

use super::request::{request, request_as};
use super::sinks::RobotsSink;
use crate::domain::harvest::Filled;
use crate::domain::job::Job;
use crate::domain::robots::{self, Robots, RobotsAnswer};
use crate::domain::url::CanonicalUrl;
use crate::http::budget::Permit;
use crate::http::client::HttpClient;
use crate::http::{BodyPlan, Exchange, Head, Sink, Transport};

/// Redirects of a robots.txt that are followed (RFC 9309, 2.3.1.2).
const ROBOTS_REDIRECTS: usize = 5;

/// What came of it.
#[derive(Debug)]
pub enum Probed {
    /// An answer with its decoded body.
    Answer(Head, Vec<u8>),
    /// It was not asked, for this reason.
    Forbidden(String),
    /// No whole answer came.
    Broken(String),
}

/// What is asked for.
#[derive(Debug, Clone)]
pub enum Wanted {
    /// A page.
    Page(CanonicalUrl),
    /// The answer to a query, as the job's template asks it.
    Answer(Filled),
}

impl Wanted {
    /// Its URL.
    #[must_use]
    pub fn url(&self) -> &CanonicalUrl {
        match self {
            Self::Page(url) | Self::Answer(Filled { url, .. }) => url,
        }
    }
}

/// Asks for it.
pub async fn probe(client: &HttpClient, job: &Job, wanted: Wanted) -> Probed {
    let url = wanted.url();
    if job.robots {
        let rules = match rules(client, job, url).await {
            Ok(rules) => rules,
            Err(why) => return Probed::Forbidden(format!("robots.txt: {why}")),
        };
        let verdict = rules.verdict(&job.robots_agent, url.path_and_query());
        if !verdict.allowed {
            let rule = verdict.rule.unwrap_or_default();
            return Probed::Forbidden(format!("robots.txt says {rule}"));
        }
        let asked = rules.crawl_delay(&job.robots_agent).unwrap_or_default();
        let most = Duration::from_millis(job.max_crawl_delay.unsigned_abs());
        let own = Duration::from_millis(job.pace.delay.unsigned_abs());
        tokio::time::sleep(asked.min(most).max(own)).await;
    }
    let mut page = Whole::default();
    let exchange = match wanted {
        Wanted::Page(url) => ask(client, job, &url, &mut page).await,
        Wanted::Answer(filled) => {
            let request = request_as(job, filled, false);
            client.exchange(&request, Box::new(|_| {}), &mut page).await
        }
    };
    match (exchange.result, exchange.head) {
        (Ok(()), Some(head)) => Probed::Answer(head, page.body),
        (Ok(()), None) => Probed::Broken("no answer".to_owned()),
        (Err(error), _) => Probed::Broken(format!("{}: {}", error.reason, error.detail)),
    }
}

/// The rules of the site.
async fn rules(client: &HttpClient, job: &Job, url: &CanonicalUrl) -> Result<Robots, String> {
    let mut at = url.join("/robots.txt").map_err(|error| error.to_string())?;
    for _ in 0..=ROBOTS_REDIRECTS {
        let mut sink = RobotsSink { body: Vec::new() };
        let exchange = ask(client, job, &at, &mut sink).await;
        if let Err(error) = &exchange.result
            && exchange.head.is_none()
        {
            return Err(format!("{}: {}", error.reason, error.detail));
        }
        let head = exchange.head.unwrap_or_default();
        let target = head.get("location").filter(|_| (300..400).contains(&head.status));
        match target.and_then(|target| at.join(target).ok()) {
            Some(target) => at = target,
            None => return judged(head.status, &sink.body),
        }
    }
    Err("too many redirects".to_owned())
}

fn judged(status: u16, body: &[u8]) -> Result<Robots, String> {
    match robots::from_answer(Some(status), body) {
        RobotsAnswer::Rules(rules) => Ok(rules),
        RobotsAnswer::Unavailable => Err(format!("answered with status {status}")),
    }
}

async fn ask(client: &HttpClient, job: &Job, url: &CanonicalUrl, sink: &mut dyn Sink) -> Exchange {
    let request = request(job, url.clone(), false, job.http.max_body);
    client.exchange(&request, Box::new(|_| {}), sink).await
}

/// Keeps a body.
#[derive(Default)]
struct Whole {
    body: Vec<u8>,
    permit: Option<Permit>,
}

impl Sink for Whole {
    fn head(&mut self, head: &Head) -> BodyPlan {
        if let 300..=399 = head.status { BodyPlan::Skip } else { BodyPlan::Read }
    }

    fn chunk(&mut self, decoded: &[u8]) -> ControlFlow<()> {
        self.body.extend_from_slice(decoded);
        ControlFlow::Continue(())
    }

    fn held(&self) -> usize {
        self.body.len()
    }

    fn keep(&mut self, permit: Permit) {
        self.permit = Some(permit);
    }
}
