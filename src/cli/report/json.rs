//! The report for programs: stable keys, times in Unix milliseconds.

use std::fmt::Display;
use std::io::{self, Write};

use serde::{Serialize, Serializer};

use super::items::Told;
use super::{Report, harvest};
use crate::cli::text::per_second;
use crate::domain::Millis;
use crate::domain::outcome::UrlState;
use crate::store::{Changes, HostSum, SitemapSums};

#[derive(Serialize)]
struct Json<'a> {
    job: &'a str,
    kind: &'a str,
    state: &'a str,
    limit: Option<&'a str>,
    pass: i32,
    started_at: Millis,
    pass_started_at: Millis,
    finished_at: Option<Millis>,
    running_ms: Millis,
    waiting_ms: Millis,
    asked: i64,
    pages_per_second: f64,
    urls: Urls,
    not_modified: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    changes: Option<Differing>,
    duplicates: i64,
    duplicated_pages: i64,
    bytes: i64,
    links: i64,
    links_out_of_scope: i64,
    pages_with_links_cut: i64,
    sitemaps: Sitemaps,
    #[serde(skip_serializing_if = "Option::is_none")]
    items: Option<Told<'a>>,
    hosts: i64,
    peak_concurrency: i32,
    phases_us: Phases,
    statuses: Counts<'a, u16>,
    failures: Counts<'a, String>,
    exclusions: Counts<'a, String>,
    first_fetched_at: Option<Millis>,
    last_fetched_at: Option<Millis>,
    slowest_hosts: Vec<Slow<'a>>,
    failing_hosts: Vec<Failing<'a>>,
    given_up_hosts: Vec<GivenUp<'a>>,
    templates: Vec<Crowded<'a>>,
    traps: Vec<Trap<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    harvest: Option<harvest::Json<'a>>,
}

#[derive(Serialize)]
struct Urls {
    known: i64,
    finished: i64,
    done: i64,
    redirected: i64,
    failed: i64,
    excluded: i64,
    queued: i64,
}

/// Pages of this pass that differ from the one before.
#[derive(Serialize)]
struct Differing {
    new: i64,
    changed: i64,
    gone: i64,
}

impl Differing {
    fn of(Changes { new, changed, gone }: Changes) -> Self {
        Self { new, changed, gone }
    }
}

#[derive(Serialize)]
struct Sitemaps {
    read: i64,
    redirected: i64,
    failed: i64,
    excluded: i64,
    queued: i64,
    cut: i64,
    urls: i64,
    new_urls: i64,
}

impl Sitemaps {
    fn of(sums: &SitemapSums) -> Self {
        let SitemapSums { read, redirected, failed, excluded, queued, cut, urls, new_urls } = *sums;
        Self { read, redirected, failed, excluded, queued, cut, urls, new_urls }
    }
}

#[derive(Serialize)]
struct Phases {
    connect: i64,
    head: i64,
    body: i64,
    extract: i64,
}

#[derive(Serialize)]
struct Slow<'a> {
    host: &'a str,
    urls: i64,
    mean_ms: i64,
}

#[derive(Serialize)]
struct Failing<'a> {
    host: &'a str,
    failures: i64,
}

/// URLs that differ in numbers, dates, tokens and query values only.
#[derive(Serialize)]
struct Crowded<'a> {
    template: &'a str,
    urls: i64,
    refused: i64,
    example: &'a str,
}

#[derive(Serialize)]
struct Trap<'a> {
    reason: &'a str,
    rule: &'a str,
    example: &'a str,
}

#[derive(Serialize)]
struct GivenUp<'a> {
    host: &'a str,
    reason: &'a str,
}

/// Counts as an object, in their order.
struct Counts<'a, K>(&'a [(K, i64)]);

impl<K: Display> Serialize for Counts<'_, K> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_map(self.0.iter().map(|(key, count)| (key.to_string(), count)))
    }
}

impl<'a> Slow<'a> {
    fn of(sum: &'a HostSum) -> Self {
        Self { host: &sum.authority, urls: sum.urls, mean_ms: sum.figure }
    }
}

impl<'a> Failing<'a> {
    fn of(sum: &'a HostSum) -> Self {
        Self { host: &sum.authority, failures: sum.figure }
    }
}

impl Urls {
    pub(in crate::cli) fn of(report: &Report) -> Self {
        Self {
            known: report.known(),
            finished: report.finished(),
            done: report.count(UrlState::Done),
            redirected: report.count(UrlState::Redirected),
            failed: report.count(UrlState::Failed),
            excluded: report.count(UrlState::Excluded),
            queued: report.count(UrlState::Queued),
        }
    }
}

pub(super) fn print(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer(&mut *out, &json(report))?;
    writeln!(out)
}

fn json(report: &Report) -> Json<'_> {
    let (job, sums) = (&report.job, &report.sums);
    let [connect, head, body, extract] = job.phases_us;
    Json {
        job: &job.name,
        kind: &job.kind,
        state: job.state.name(),
        limit: job.limit_hit.as_deref(),
        pass: job.pass,
        started_at: job.started_at,
        pass_started_at: job.pass_started_at,
        finished_at: job.finished_at,
        running_ms: job.running_ms,
        waiting_ms: job.waiting_ms,
        asked: job.asked,
        pages_per_second: per_second(job.asked, job.running_ms),
        urls: Urls::of(report),
        not_modified: job.not_modified,
        changes: report.changes().map(Differing::of),
        duplicates: sums.duplicates.0,
        duplicated_pages: sums.duplicates.1,
        bytes: sums.bytes,
        links: sums.links,
        links_out_of_scope: sums.out_of_scope,
        pages_with_links_cut: sums.links_cut,
        sitemaps: Sitemaps::of(&sums.sitemaps),
        items: Told::of(job, &sums.items),
        hosts: sums.hosts,
        peak_concurrency: job.peak_in_flight,
        phases_us: Phases { connect, head, body, extract },
        statuses: Counts(&sums.statuses),
        failures: Counts(&sums.failures),
        exclusions: Counts(&sums.exclusions),
        first_fetched_at: sums.fetched.map(|(first, _)| first),
        last_fetched_at: sums.fetched.map(|(_, last)| last),
        slowest_hosts: sums.slowest.iter().map(Slow::of).collect(),
        failing_hosts: sums.failing.iter().map(Failing::of).collect(),
        given_up_hosts: sums
            .given_up
            .iter()
            .map(|(host, reason)| GivenUp { host, reason })
            .collect(),
        templates: sums
            .crowds
            .iter()
            .map(|crowd| Crowded {
                template: &crowd.pattern,
                urls: crowd.urls,
                refused: crowd.refused,
                example: &crowd.example,
            })
            .collect(),
        traps: sums
            .traps
            .iter()
            .map(|(reason, rule, example)| Trap { reason, rule, example })
            .collect(),
        harvest: harvest::Json::of(report),
    }
}
