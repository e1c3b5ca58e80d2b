//! The part of a report that is about a harvest.

use std::io::{self, Write};

use serde::Serialize;

use super::Report;
use super::words::{list, row};
use crate::cli::text::{clean, count, counted};
use crate::domain::harvest::Rule;
use crate::domain::outcome::UrlState;
use crate::store::{Harvested, JobState, KindSum};

/// Warnings shown to people, the last ones.
const WARNINGS: usize = 4;

/// Keys of the report for programs.
#[derive(Serialize)]
pub(super) struct Json<'a> {
    queries: Queries,
    results: Vec<Kind<'a>>,
    rule: Option<Rule>,
    folds_case: bool,
    sorted: bool,
    caps: Vec<usize>,
    letters: &'a str,
    pruned: u64,
    proofs: u64,
    failed_proofs: u64,
    coverage: Option<f64>,
    incomplete: u64,
    warnings: &'a [String],
}

#[derive(Serialize)]
struct Queries {
    asked: i64,
    with_tips: i64,
    empty: i64,
    failed: i64,
    queued: i64,
}

#[derive(Serialize)]
struct Kind<'a> {
    result: &'a str,
    tips: i64,
    new: i64,
    missing: i64,
}

impl<'a> Json<'a> {
    pub(super) fn of(report: &'a Report) -> Option<Self> {
        let harvest = report.sums.harvest.as_ref()?;
        let record = &harvest.record;
        let (proofs, failed_proofs) = record.proofs();
        Some(Self {
            queries: queries(report, harvest),
            results: harvest.kinds.iter().map(Kind::of).collect(),
            rule: record.rule(),
            folds_case: record.folds(),
            sorted: record.is_skipping(),
            caps: record.caps().kinds().iter().map(|cap| cap.largest).collect(),
            letters: record.letters(),
            pruned: record.pruned(),
            proofs,
            failed_proofs,
            coverage: coverage(report, harvest),
            incomplete: incomplete(harvest),
            warnings: &harvest.warnings,
        })
    }
}

impl<'a> Kind<'a> {
    fn of(sum: &'a KindSum) -> Self {
        Self { result: &sum.result, tips: sum.tips, new: sum.new, missing: sum.missing }
    }
}

fn queries(report: &Report, harvest: &Harvested) -> Queries {
    let failed = report.count(UrlState::Failed);
    Queries {
        asked: harvest.shown + harvest.empty + failed,
        with_tips: harvest.shown,
        empty: harvest.empty,
        failed,
        queued: report.count(UrlState::Queued),
    }
}

fn complete(report: &Report) -> bool {
    report.job.state == JobState::Done && report.limit().is_none()
}

/// The share of the tips found, as far as that can be known; what failed shows nothing.
#[expect(clippy::cast_precision_loss, reason = "an estimate")]
fn coverage(report: &Report, harvest: &Harvested) -> Option<f64> {
    let queries = queries(report, harvest);
    let answered = (queries.asked - queries.failed) as f64 / queries.asked.max(1) as f64;
    harvest.record.coverage(complete(report)).map(|coverage| coverage * answered)
}

/// Queries of the longest length that were full: what lies behind them is not seen.
fn incomplete(harvest: &Harvested) -> u64 {
    harvest.record.caps().kinds().iter().map(|cap| cap.at_limit).max().unwrap_or(0)
}

/// For people.
pub(super) fn print(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let Some(harvest) = &report.sums.harvest else { return Ok(()) };
    let asked = queries(report, harvest);
    let numbers = [asked.with_tips, asked.empty, asked.failed].map(count);
    let [shown, empty, failed] = &numbers;
    let told = format!(
        "{} asked = {shown} with tips + {empty} without + {failed} failed",
        count(asked.asked)
    );
    row(out, "queries", &told)?;
    list(out, "tips", harvest.kinds.iter().map(|kind| tips(kind, report.job.pass)))?;
    endpoint(harvest, out)?;
    left_out(report, harvest, out)?;
    let from = harvest.warnings.len().saturating_sub(WARNINGS);
    for (at, warning) in harvest.warnings.iter().skip(from).enumerate() {
        row(out, if at == 0 { "warnings" } else { "" }, &clean(warning))?;
    }
    Ok(())
}

fn tips(kind: &KindSum, pass: i32) -> String {
    let all = format!("{} {}", clean(&kind.result), count(kind.tips));
    match (pass, kind.new, kind.missing) {
        (1, ..) => all,
        (_, new, 0) => format!("{all} ({} new)", count(new)),
        (_, new, missing) => {
            format!("{all} ({} new, {} not found again)", count(new), count(missing))
        }
    }
}

/// What was found out about the endpoint.
fn endpoint(harvest: &Harvested, out: &mut dyn Write) -> io::Result<()> {
    let record = &harvest.record;
    let caps: Vec<String> = record.caps().kinds().iter().map(|cap| count_of(cap.largest)).collect();
    let mut found = Vec::new();
    if !caps.is_empty() {
        let tips = if caps == ["1"] { "tip" } else { "tips" };
        found.push(format!("at most {} {tips} shown", caps.join(" and ")));
    }
    found.extend(record.rule().map(|rule| rule_words(rule).to_owned()));
    if record.folds() {
        found.push("case makes no difference".to_owned());
    }
    if record.is_skipping() {
        found.push("tips are sorted".to_owned());
    }
    if record.echoes() {
        found.push("queries themselves are shown, and left out".to_owned());
    }
    list(out, "endpoint", found.into_iter())
}

fn rule_words(rule: Rule) -> &'static str {
    match rule {
        Rule::Every => "every combination is asked",
        Rule::Prefix => "only what begins with a full query is asked",
        Rule::Suffix => "only what ends in a full query is asked",
        Rule::Both => "only what begins with and ends in full queries is asked",
    }
}

/// What was left out, and how much of all was found.
fn left_out(report: &Report, harvest: &Harvested, out: &mut dyn Write) -> io::Result<()> {
    let record = &harvest.record;
    if record.pruned() > 0 {
        let (proofs, failed) = record.proofs();
        let proofs = counted(i64::try_from(proofs).unwrap_or(i64::MAX), "proof");
        let pruned = counted(i64::try_from(record.pruned()).unwrap_or(i64::MAX), "answer");
        row(
            out,
            "left out",
            &format!("what follows {pruned}; {proofs} asked, {} failed", big(failed)),
        )?;
    }
    if let Some(coverage) = coverage(report, harvest) {
        let percent =
            format!("about {:.0} % of what such queries can find, estimated", 100.0 * coverage);
        row(out, "coverage", &percent)?;
    }
    let incomplete = incomplete(harvest);
    if incomplete > 0 {
        let (are, them) = if incomplete == 1 { ("is", "it") } else { ("are", "them") };
        let full = big(incomplete);
        let full = format!("{full} of the longest queries {are} full: incomplete behind {them}");
        row(out, "full", &full)?;
    }
    gaps(report, out)
}

/// What failed may have hidden something.
fn gaps(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let failed = report.count(UrlState::Failed);
    let (queries, them) = if failed == 1 { ("query", "it") } else { ("queries", "them") };
    if failed > 0 {
        let failed = count(failed);
        let again = format!("crawld retry {}", clean(&report.job.name));
        let told = format!(
            "{failed} {queries} failed: incomplete behind {them}; ask {them} again: {again}"
        );
        row(out, "gaps", &told)?;
    }
    Ok(())
}

fn big(number: u64) -> String {
    count(i64::try_from(number).unwrap_or(i64::MAX))
}

fn count_of(number: usize) -> String {
    count(i64::try_from(number).unwrap_or(i64::MAX))
}
