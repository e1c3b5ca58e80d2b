//! `crawld explain`: why a URL is what it is.

use std::io::{self, Write};

use super::daemon::{Door, told};
use super::error::{CommandError, closed_pipe_is_success};
use super::jobs;
use super::text::{clean, counted, moment, moment_from, size, span, without_login};
use crate::clock::Clock;
use crate::daemon::view::HeldView;
use crate::domain::link::LinkKind;
use crate::domain::outcome::UrlState;
use crate::domain::role::Role;
use crate::domain::url::CanonicalUrl;
use crate::domain::{Millis, UrlKey};
use crate::store::{JobRow, JobState, PageRecord, Store, StoreError};
use place::Place;
use rules::Rules;
use turn::Turn;

pub(super) mod place;
mod rules;
pub(super) mod turn;

/// Steps shown of the way back to a root.
const STEPS: usize = 10;

/// Options of `crawld explain`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The URL
    #[arg(value_name = "URL")]
    url: String,
    /// As this job sees it; without it, as every job does
    #[arg(long, value_name = "NAME")]
    job: Option<String>,
}

/// Prints the canonical form, the host's state, and what each job knows or would decide.
///
/// # Errors
/// 2 when it is no URL or there is no such job, 69 when the store fails.
pub fn run(args: &Args, store: &Store, out: &mut dyn Write) -> Result<u8, CommandError> {
    closed_pipe_is_success(explain(args, store, None, Clock::start().now(), out))
}

/// The same as text, for the control interface, which knows what the host waits for at present.
///
/// # Errors
/// With what is wrong.
pub(super) fn text(
    store: &Store,
    job: Option<&str>,
    url: &str,
    held: Option<&HeldView>,
) -> Result<String, String> {
    let args = Args { url: url.to_owned(), job: job.map(str::to_owned) };
    let mut out = Vec::new();
    explain(&args, store, held, Clock::start().now(), &mut out).map_err(|error| error.message)?;
    Ok(String::from_utf8_lossy(&out).into_owned())
}

/// Has a running daemon say it.
pub(super) fn by_daemon(args: &Args, door: Door, out: &mut dyn Write) -> Result<u8, CommandError> {
    parse(&args.url)?;
    let job = args.job.as_deref().map(|job| ("job", job));
    let query: Vec<_> = std::iter::once(("url", args.url.as_str())).chain(job).collect();
    closed_pipe_is_success(told(&door.look(&["v1", "explain"], &query)?, out))
}

fn explain(
    args: &Args,
    store: &Store,
    held: Option<&HeldView>,
    now: Millis,
    out: &mut dyn Write,
) -> Result<u8, CommandError> {
    let url = parse(&args.url)?;
    let jobs = jobs::several(store, args.job.as_deref())?;
    writeln!(out, "{url}")?;
    // What may hold a login is not repeated.
    if url.as_str() != args.url && !args.url.contains('@') {
        row(out, "given as", &clean(&args.url))?;
    }
    let place = Place::read(store, &url)?;
    row(out, "host", &place.host(now))?;
    if jobs.is_empty() {
        writeln!(out, "The store holds no job yet.")?;
    }
    for job in &jobs {
        let row = |role: Role| store.page(job.id, url.host_key(), role.key(&url));
        let (page, sitemap) = (row(Role::Page)?, row(Role::Sitemap)?);
        let page = match query(&args.url, &url).filter(|_| page.is_none()) {
            Some(key) => store.page(job.id, url.host_key(), key)?,
            None => page,
        };
        writeln!(out)?;
        let seen = Seen { store, url: &url, job, place: &place, held, now };
        seen.head(out)?;
        match &page {
            Some(page) => seen.known(page, Role::Page, out)?,
            None if sitemap.is_none() => seen.unknown(out)?,
            None => {}
        }
        if let Some(sitemap) = &sitemap {
            seen.known(sitemap, Role::Sitemap, out)?;
        }
    }
    Ok(0)
}

fn parse(text: &str) -> Result<CanonicalUrl, CommandError> {
    CanonicalUrl::parse(text).map_err(|error| {
        let text = without_login(text);
        let hint = if text.contains("://") {
            String::new()
        } else {
            format!("; did you mean https://{text}?")
        };
        CommandError::usage(format!("'{text}': {error}{hint}"))
    })
}

/// The key of a query that shares its URL with others: the fragment tells them apart.
fn query(given: &str, url: &CanonicalUrl) -> Option<UrlKey> {
    given.split_once('#').map(|(_, fragment)| url.key_of_query(fragment).1)
}

/// A URL as a job sees it.
struct Seen<'a> {
    store: &'a Store,
    url: &'a CanonicalUrl,
    job: &'a JobRow,
    place: &'a Place,
    held: Option<&'a HeldView>,
    now: Millis,
}

impl Seen<'_> {
    fn known(
        &self,
        page: &PageRecord,
        role: Role,
        out: &mut dyn Write,
    ) -> Result<(), CommandError> {
        if role == Role::Sitemap {
            row(out, "role", "a sitemap: read for the pages it lists")?;
        }
        row(out, "state", &state(page))?;
        if let Some(evidence) = &page.evidence {
            row(out, "because", &clean(evidence))?;
        }
        if let Some(target) = &page.redirect_to {
            row(out, "leads to", &clean(target))?;
        }
        if let Some(answer) = answer(page) {
            row(out, "answer", &answer)?;
        }
        if let Some(original) = &page.duplicate_of {
            row(out, "same as", &format!("{} (which came first)", clean(original)))?;
        }
        if let Some(title) = &page.title {
            row(out, "title", &clean(title))?;
        }
        row(out, "found", &found(page, role))?;
        for (at, step) in self.chain(page, role)?.iter().enumerate() {
            row(out, if at == 0 { "way" } else { "" }, step)?;
        }
        self.rules(page.depth, role, out)?;
        row(out, "next", &self.next(page)?)?;
        Ok(())
    }

    /// What would be decided if a page linked to it.
    fn unknown(&self, out: &mut dyn Write) -> Result<(), CommandError> {
        row(out, "state", "unknown: no page read so far links to it, and it is no root")?;
        self.rules(0, Role::Page, out)?;
        Ok(())
    }

    fn head(&self, out: &mut dyn Write) -> io::Result<()> {
        let job = self.job;
        writeln!(out, "{}: {}, pass {}", clean(&job.name), job.state.name(), job.pass)
    }

    /// What each rule of the job says of it.
    fn rules(&self, depth: i32, role: Role, out: &mut dyn Write) -> Result<(), CommandError> {
        match Rules::read(&self.job.spec) {
            Ok(rules) => {
                let rules = rules.naming(self.store.named_hosts(self.job.id)?);
                let decided = match role {
                    Role::Page => rules.decide(self.url, depth),
                    Role::Sitemap => rules.decide_sitemap(self.url),
                };
                row(out, "rule", &clean(&decided))?;
                row(
                    out,
                    "robots",
                    &clean(&self.place.robots(self.url, rules.robots_agent(), self.now)),
                )?;
            }
            Err(why) => row(out, "rule", &format!("the stored job cannot be read: {why}"))?,
        }
        Ok(())
    }

    /// The pages that led here, back to a root.
    fn chain(&self, page: &PageRecord, role: Role) -> Result<Vec<String>, StoreError> {
        let mut steps: Vec<String> = Vec::new();
        let mut referrer = page.referrer.clone();
        // Only a sitemap, or a page that lists pages, leads on by this kind of link.
        let mut by_sitemap = role == Role::Sitemap || page.via == LinkKind::Sitemap;
        while let Some(text) = referrer.take() {
            if steps.len() == STEPS || steps.contains(&text) {
                steps.push("...".to_owned());
                break;
            }
            if let Ok(url) = CanonicalUrl::parse(&text) {
                let row = |role: Role| self.store.page(self.job.id, url.host_key(), role.key(&url));
                let sitemap = if by_sitemap { row(Role::Sitemap)? } else { None };
                by_sitemap = sitemap.is_some();
                let page = if sitemap.is_some() { sitemap } else { row(Role::Page)? };
                by_sitemap |= page.as_ref().is_some_and(|page| page.via == LinkKind::Sitemap);
                referrer = page.and_then(|page| page.referrer);
            }
            steps.push(text);
        }
        Ok(steps)
    }

    fn next(&self, page: &PageRecord) -> Result<String, StoreError> {
        let Some(due) = page.due_at else {
            if page.pass < self.job.counts_since() {
                return Ok("not in this pass: it was neither given nor found in it".to_owned());
            }
            return Ok("not again in this pass: it is settled".to_owned());
        };
        let share = self.store.share(self.job.id, self.url.host_key())?;
        if let Some(reason) = share.and_then(|share| share.given_up) {
            return Ok(format!("never in this pass: its host was given up ({reason})"));
        }
        let (at, why) = Turn::of(self.place, self.job, self.held).after(due);
        let when = if at > self.now {
            format!("{}{why}", moment_from(at, self.now))
        } else {
            "now, when its host's turn comes".to_owned()
        };
        Ok(if self.job.state == JobState::Running {
            when
        } else {
            format!("when the job goes on (it is {})", self.job.state.name())
        })
    }
}

fn state(page: &PageRecord) -> String {
    let tries = match page.tries {
        1 => "1 try".to_owned(),
        tries => format!("{tries} tries"),
    };
    let state = if page.due_at.is_some() { UrlState::Queued } else { page.state };
    match (&page.reason, state) {
        (Some(reason), UrlState::Queued) => format!("queued; last try: {reason}; {tries} so far"),
        (Some(reason), _) => format!("{state}: {reason}, {tries}"),
        (None, _) => format!("{state}, {tries}"),
    }
}

/// What is known of the last answer.
fn answer(page: &PageRecord) -> Option<String> {
    let sent = page.fetched_at?;
    let mut parts = vec![page.status.map_or("no answer".to_owned(), |status| status.to_string())];
    parts.extend(page.content_type.as_deref().map(clean));
    parts.extend(page.bytes.map(size));
    parts.extend(page.elapsed_ms.map(|elapsed| format!("in {}", span(elapsed))));
    parts.extend(page.links.map(|links| counted(links.into(), "link")));
    parts.push(format!("sent {}", moment(sent)));
    Some(parts.join(", "))
}

/// How it became known.
fn found(page: &PageRecord, role: Role) -> String {
    let Some(referrer) = &page.referrer else {
        if role == Role::Sitemap {
            return "in a robots.txt".to_owned();
        }
        return format!(
            "as {}, depth {}",
            if page.depth == 0 { "a root" } else { "given" },
            page.depth
        );
    };
    let words = page.via_text.as_deref().map(|text| format!(" \"{}\"", clean(text)));
    let nofollow = if page.via_nofollow { ", nofollow" } else { "" };
    let (kind, words) = (page.via, words.unwrap_or_default());
    format!("on {referrer} ({kind}{words}{nofollow}), depth {}", page.depth)
}

fn row(out: &mut dyn Write, name: &str, text: &str) -> io::Result<()> {
    writeln!(out, "  {name:<10}{text}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_url_is_a_usage_error_that_helps() {
        let error = parse("example.org/a").unwrap_err();
        assert_eq!(error.exit, 2);
        assert!(error.message.contains("did you mean https://example.org/a?"), "{}", error.message);
        assert_eq!(parse("ftp://example.org/").unwrap_err().exit, 2);
    }
}
