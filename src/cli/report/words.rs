//! The report for people.

use std::io::{self, Write};

use super::{Report, harvest};
use crate::cli::text::{clean, count, counted, micros, per_second, size, span};
use crate::domain::outcome::UrlState;
use crate::store::{Changes, HostSum, SitemapSums};

/// Lines of a list.
const LINES: usize = 4;
/// Columns of a line.
const WIDTH: usize = 78;
/// Where the second column begins.
const INDENT: usize = 12;
/// Names of `JobRow::phases_us`.
const PHASES: [&str; 4] = ["connect", "head", "body", "extract"];

pub(super) fn print(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let job = &report.job;
    writeln!(out, "{}: {}, {}, pass {}", clean(&job.name), report.state(), job.kind, job.pass)?;
    totals(report, out)?;
    harvest::print(report, out)?;
    speed(report, out)?;
    phases(report, out)?;
    let sums = &report.sums;
    list(out, "status", sums.statuses.iter().map(|(status, urls)| entry(status, *urls)))?;
    if report.job.not_modified > 0 {
        let pages = counted(report.job.not_modified, "page");
        row(out, "unchanged", &format!("{pages} not modified since last asked"))?;
    }
    if let Some(Changes { new, changed, gone }) = report.changes() {
        let [new, changed, gone] = [new, changed, gone].map(count);
        let text = format!("{new} new, {changed} changed, {gone} gone since the pass before");
        row(out, "changes", &text)?;
    }
    let (copies, originals) = sums.duplicates;
    if copies > 0 {
        let (copies, pages) = (counted(copies, "duplicate"), counted(originals, "page"));
        row(out, "same", &format!("{copies} of {pages}"))?;
    }
    super::items::print(job, &sums.items, out)?;
    sitemaps(&sums.sitemaps, out)?;
    if sums.out_of_scope > 0 {
        row(out, "left out", &format!("{} out of scope", counted(sums.out_of_scope, "link")))?;
    }
    if sums.links_cut > 0 {
        let pages = counted(sums.links_cut, "page");
        row(out, "cut", &format!("{pages} with more links than max_links_per_page"))?;
    }
    list(out, "failed", sums.failures.iter().map(|(reason, urls)| entry(reason, *urls)))?;
    list(out, "excluded", sums.exclusions.iter().map(|(reason, urls)| entry(reason, *urls)))?;
    hosts(out, "slowest", &sums.slowest, |host| {
        format!("{} mean of {}", span(host.figure), counted(host.urls, "URL"))
    })?;
    hosts(out, "failing", &sums.failing, |host| format!("{} failed", counted(host.figure, "URL")))?;
    let given_up = sums.given_up.iter();
    list(out, "given up", given_up.map(|(host, reason)| format!("{} ({reason})", clean(host))))?;
    traps(report, out)
}

/// What looks as if it never ended: rules that kept URLs out, and templates with many.
fn traps(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let ruled =
        report.sums.traps.iter().map(|(reason, rule, example)| {
            format!("{reason}: {}, as {}", clean(rule), short(example))
        });
    let crowds = report.sums.crowds.iter().take(LINES).map(|crowd| {
        let refused = match crowd.refused {
            0 => "max_per_template limits them".to_owned(),
            refused => format!("{} more refused", count(refused)),
        };
        format!("{} of {}; {refused}", counted(crowd.urls, "URL"), short(&crowd.pattern))
    });
    for (at, line) in ruled.chain(crowds).enumerate() {
        row(out, if at == 0 { "traps" } else { "" }, &line)?;
    }
    Ok(())
}

/// The beginning of a long URL.
fn short(url: &str) -> String {
    let clean = clean(url);
    if clean.chars().count() <= WIDTH {
        return clean;
    }
    clean.chars().take(WIDTH - 2).chain("..".chars()).collect()
}

/// Sitemaps are no pages: they have a line of their own.
fn sitemaps(sums: &SitemapSums, out: &mut dyn Write) -> io::Result<()> {
    if sums.known() == 0 {
        return Ok(());
    }
    let files = [
        (sums.redirected, "redirected"),
        (sums.failed, "failed"),
        (sums.excluded, "excluded"),
        (sums.queued, "queued"),
        (sums.cut, "cut"),
    ];
    let mut parts = vec![format!("{} read", count(sums.read))];
    let some = files.into_iter().filter(|(files, _)| *files > 0);
    parts.extend(some.map(|(files, what)| format!("{} {what}", count(files))));
    let (urls, new) = (counted(sums.urls, "URL"), count(sums.new_urls));
    row(out, "sitemaps", &format!("{}; {urls}, {new} new", parts.join(", ")))
}

fn entry(name: &impl ToString, urls: i64) -> String {
    format!("{}: {}", name.to_string(), count(urls))
}

/// What is known of how many URLs: finished and queued make known, the states make finished.
fn totals(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let numbers = [report.finished(), report.count(UrlState::Queued), report.known()].map(count);
    let [finished, queued, known] = &numbers;
    let width = numbers.iter().map(String::len).max().unwrap_or(0);
    let states: Vec<String> =
        [UrlState::Done, UrlState::Redirected, UrlState::Failed, UrlState::Excluded]
            .into_iter()
            .map(|state| format!("{} {}", state.name(), count(report.count(state))))
            .collect();
    row(out, "finished", &format!("{finished:>width$} = {}", states.join(" + ")))?;
    row(out, "queued", &format!("{queued:>width$}"))?;
    row(out, "known", &format!("{known:>width$}"))
}

fn speed(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let (job, sums) = (&report.job, &report.sums);
    let rate = per_second(job.asked, job.running_ms);
    let (asked, running) = (counted(job.asked, "page"), span(job.running_ms));
    let waiting = match job.waiting_ms {
        0 => String::new(),
        waiting => format!(", {} of it waiting", span(waiting)),
    };
    row(out, "speed", &format!("{rate:.1} pages/s: {asked} in {running}{waiting}"))?;
    row(
        out,
        "peak",
        &format!("{} in flight at once", counted(job.peak_in_flight.into(), "request")),
    )?;
    let (links, hosts) = (counted(sums.links, "link"), counted(sums.hosts, "host"));
    row(out, "read", &format!("{} with {links}, from {hosts}", size(sums.bytes)))
}

fn phases(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let job = &report.job;
    if job.asked <= 0 {
        return Ok(());
    }
    let told = PHASES.iter().zip(job.phases_us);
    list(out, "time", told.clone().map(|(name, time)| format!("{name} {}", micros(time))))?;
    list(out, "per page", told.map(|(name, time)| format!("{name} {}", micros(time / job.asked))))
}

pub(super) fn row(out: &mut dyn Write, name: &str, text: &str) -> io::Result<()> {
    let width = INDENT - 2;
    writeln!(out, "  {name:<width$}{text}")
}

fn hosts(
    out: &mut dyn Write,
    name: &str,
    hosts: &[HostSum],
    figure: impl Fn(&HostSum) -> String,
) -> io::Result<()> {
    let width = hosts.iter().map(|host| host.authority.chars().count()).max().unwrap_or(0).min(40);
    for (at, host) in hosts.iter().enumerate() {
        let name = if at == 0 { name } else { "" };
        let authority = clean(&host.authority);
        row(out, name, &format!("{authority:<width$}  {}", figure(host)))?;
    }
    Ok(())
}

/// Entries in up to `LINES` lines, then how many more there are; nothing when there are none.
pub(super) fn list(
    out: &mut dyn Write,
    name: &str,
    entries: impl Iterator<Item = String>,
) -> io::Result<()> {
    let mut lines: Vec<String> = Vec::new();
    let mut more = 0;
    for entry in entries {
        let full = lines.len() == LINES;
        let fits =
            |line: &String| INDENT + line.chars().count() + 2 + entry.chars().count() <= WIDTH;
        match lines.last_mut() {
            Some(line) if more == 0 && fits(line) => *line = format!("{line}, {entry}"),
            Some(_) if full => more += 1,
            _ => lines.push(entry),
        }
    }
    if more > 0 {
        lines.push(format!("and {} more", count(more)));
    }
    let last = lines.len().saturating_sub(1);
    for (at, line) in lines.iter().enumerate() {
        let name = if at == 0 { name } else { "" };
        row(out, name, &format!("{line}{}", if at < last { "," } else { "" }))?;
    }
    Ok(())
}
