//! Judges an answer: what is stored, what is tried again, what it does to the host.
//!
//! The table of the contract's section 6 as one pure function. Every answer leads to exactly one
//! verdict, and every verdict but [`Verdict::Again`], [`Verdict::Stale`] and [`Verdict::OnceMore`]
//! changes the URL's row.

use super::answer::Answer;
use super::check;
use super::discover::new_url;
use super::listing::{PAST_THE_END, is_past_the_end};
use super::record::{Deferred, NewUrl, QueuedUrl, Settled};
use super::sitemaps::new_sitemap;
use crate::domain::counted::counted;
use crate::domain::job::Job;
use crate::domain::link::LinkKind;
use crate::domain::outcome::{Blame, Reason, UrlState};
use crate::domain::politeness::{HostPace, Reach, retry_wait};
use crate::domain::role::Role;
use crate::domain::url::{CanonicalUrl, UrlError};
use crate::domain::{Millis, address};

/// What is to be done with a URL that was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// This is its result.
    Settled(Box<Settled>),
    /// It is asked again later, from the store.
    Deferred(Box<Deferred>),
    /// The host did not let itself be reached: it goes back to its place, no try used up.
    Again,
    /// The kept-alive connection was stale: it goes back to its place, once. That was a request all
    /// the same, and is counted as a try when the URL has its result or is deferred.
    Stale,
    /// It redirected to itself and changed the job's cookies: it goes back to its place, no try used
    /// up, once in a pass.
    OnceMore,
    /// The host is given up: this is the URL's result, and all else queued there fails unasked
    /// with the same reason.
    GiveUp(Box<Settled>),
}

/// The moment, and some luck for jitter.
#[derive(Debug, Clone, Copy)]
pub struct Moment {
    /// Now.
    pub now: Millis,
    /// Any number; spreads retries.
    pub luck: u64,
    /// Has this URL met a stale connection, at its first try?
    pub stale: bool,
    /// Has it been asked once more for its cookies?
    pub renewed: bool,
}

/// Evidence of a root that a browser would fill by scripts.
pub const NEEDS_SCRIPTS: &str = "probably needs JavaScript, which crawld does not run";
/// Evidence of a redirect whose target is no URL of the job.
pub const OUT_OF_SCOPE: &str = "redirects out of scope";

/// Judges `answer` to `row` and moves the host's pace.
#[must_use]
pub fn judge(
    job: &Job,
    row: &QueuedUrl,
    answer: Answer,
    pace: &mut HostPace,
    moment: Moment,
) -> Verdict {
    if let Some(at) = answer.facts.fetched_at {
        pace.asked(at);
    }
    if answer.facts.status.is_some() {
        let [_, head_us, ..] = answer.phases_us;
        pace.took(head_us);
    }
    // What was asked on a stale connection was asked.
    let counted = moment.stale.then(|| QueuedUrl { tries: row.tries + 1, ..row.clone() });
    let row = counted.as_ref().unwrap_or(row);
    if let Some(deferred) = check::by_get(row, &answer, pace, moment.now) {
        return Verdict::Deferred(Box::new(deferred));
    }
    match (&answer.failure, answer.facts.status) {
        (Some((reason, _)), _) => broken(job, row, *reason, answer, pace, moment),
        (None, Some(status @ 300..=399)) if status != 304 => {
            pace.answered(moment.now);
            redirected(job, row, answer, moment)
        }
        (None, Some(200..=299)) => {
            pace.answered(moment.now);
            let gave = answer.gathered.as_ref().is_some_and(|gathered| gathered.gave());
            let scripted = answer.looks_scripted && row.depth == 0 && !gave;
            let mut result = settled(row, UrlState::Done, None, answer);
            if scripted {
                result.evidence = Some(NEEDS_SCRIPTS.to_owned());
            }
            Verdict::Settled(Box::new(result))
        }
        (None, Some(304)) if row.validators.is_some() => {
            pace.answered(moment.now);
            let result = settled(row, UrlState::Done, None, answer);
            Verdict::Settled(Box::new(Settled { unmodified: true, ..result }))
        }
        (None, Some(status)) => refused(job, row, status, answer, pace, moment),
        (None, None) => {
            let answer =
                Answer { failure: Some((Reason::BadHttp, "no answer".to_owned())), ..answer };
            broken(job, row, Reason::BadHttp, answer, pace, moment)
        }
    }
}

/// An answer that is neither 2xx nor a redirect.
fn refused(
    job: &Job,
    row: &QueuedUrl,
    status: u16,
    answer: Answer,
    pace: &mut HostPace,
    moment: Moment,
) -> Verdict {
    if is_past_the_end(job, row, status) {
        pace.answered(moment.now);
        let result = settled(row, UrlState::Done, None, answer);
        let evidence = Some(PAST_THE_END.to_owned());
        return Verdict::Settled(Box::new(Settled { evidence, ..result }));
    }
    let reason = Reason::Http(status);
    let wait_asked = status == 429 || (status == 503 && answer.retry_after.is_some());
    let mut uses_try = true;
    if wait_asked {
        uses_try = pace.told_to_wait();
    }
    if reason.slows_host() {
        let sent = answer.facts.fetched_at.unwrap_or(answer.begun_at);
        pace.slowed(moment.now, sent, answer.retry_after, moment.luck);
    } else {
        pace.answered(moment.now);
    }
    let too_long = |wait| wait_asked && wait > job.pace.max_retry_after;
    if job.pace.persistence == 0 && answer.retry_after.is_some_and(too_long) {
        let result = settled(row, UrlState::Failed, Some(reason), answer);
        return Verdict::GiveUp(Box::new(result));
    }
    if reason.blame() == Blame::Final {
        return Verdict::Settled(Box::new(settled(row, UrlState::Failed, Some(reason), answer)));
    }
    retry(job, row, reason, answer, pace, moment, uses_try)
}

/// A request that got no whole answer.
fn broken(
    job: &Job,
    row: &QueuedUrl,
    reason: Reason,
    answer: Answer,
    pace: &mut HostPace,
    moment: Moment,
) -> Verdict {
    let sent = answer.facts.fetched_at.unwrap_or(answer.begun_at);
    match reason.blame() {
        Blame::Host if speaks_no_tls(reason) && job.guessed(&row.url, row.task) => {
            Verdict::Settled(Box::new(plain_root(job, row, answer)))
        }
        Blame::Host => {
            let attempts = pace.fails;
            match pace.unreachable(moment.now, answer.begun_at, &job.pace) {
                Reach::Rests => Verdict::Again,
                Reach::GivenUp => {
                    let mut result = settled(row, UrlState::Failed, Some(reason), answer);
                    result.tries += attempts;
                    Verdict::GiveUp(Box::new(result))
                }
            }
        }
        Blame::Try => {
            // Or what a server sent after its head, though HEAD was asked, was taken for an answer.
            let stray = row.task.is_check() && reason == Reason::BadHttp;
            let closed = matches!(reason, Reason::Closed | Reason::Reset);
            let stale = answer.reused && (closed || stray);
            // A server may close a kept connection at any time (RFC 9112, 9.3.1), so the first try is
            // made again at once, whatever max_tries is; one that always closes is not excused.
            if stale && answer.facts.status.is_none() && row.tries == 0 {
                return Verdict::Stale;
            }
            if reason.slows_host() {
                pace.slowed(moment.now, sent, None, moment.luck);
            } else if !answer.killed {
                pace.broke_off(moment.now, sent, moment.luck);
            }
            retry(job, row, reason, answer, pace, moment, true)
        }
        Blame::Final => {
            let state = if reason.is_exclusion() { UrlState::Excluded } else { UrlState::Failed };
            if answer.facts.status.is_some() {
                pace.answered(moment.now);
            }
            Verdict::Settled(Box::new(settled(row, state, Some(reason), answer)))
        }
    }
}

/// Another try, unless they are used up.
fn retry(
    job: &Job,
    row: &QueuedUrl,
    reason: Reason,
    answer: Answer,
    pace: &HostPace,
    moment: Moment,
    uses_try: bool,
) -> Verdict {
    let tries = row.tries + i32::from(uses_try);
    if tries >= job.pace.max_tries {
        let result = settled(row, UrlState::Failed, Some(reason), answer);
        return Verdict::Settled(Box::new(Settled { tries, ..result }));
    }
    let wait = match answer.retry_after {
        Some(wait) => wait.min(job.pace.max_retry_after),
        None => retry_wait(tries.max(1), moment.luck),
    };
    let due_at = moment.now.saturating_add(wait).max(pace.not_before);
    Verdict::Deferred(Box::new(Deferred {
        id: row.id,
        job: row.job,
        host: row.host,
        key: row.key,
        task: row.task,
        tries,
        due_at,
        reason,
        evidence: answer.failure.map(|(_, words)| words),
        facts: answer.facts,
    }))
}

/// A redirect: its target becomes a URL of its own. A query is asked where the operator said, and
/// nowhere else.
fn redirected(job: &Job, row: &QueuedUrl, answer: Answer, moment: Moment) -> Verdict {
    let target = match target(row, answer.location.as_deref()) {
        Ok(target) if row.query.is_some() => {
            let words = format!("redirects to {target}: give that URL");
            let mut result =
                settled(row, UrlState::Failed, Some(Reason::RedirectBadTarget), answer);
            result.redirect_to = Some(target.as_str().to_owned());
            result.evidence = Some(words);
            return Verdict::Settled(Box::new(result));
        }
        Ok(target) => target,
        Err((reason, words)) => {
            let mut result = settled(row, UrlState::Failed, Some(reason), answer);
            result.evidence = words;
            return Verdict::Settled(Box::new(result));
        }
    };
    let to_itself = target.as_str() == row.url;
    if to_itself && answer.cookies_changed && !moment.renewed {
        return Verdict::OnceMore;
    }
    let private = target.address().is_some_and(|ip| !address::is_public(ip))
        && !job.may_be_private(target.authority());
    let failure = if private {
        Some((Reason::RedirectPrivate, format!("{target} is a private address")))
    } else if to_itself {
        Some((Reason::RedirectLoop, "redirects to itself".to_owned()))
    } else if row.hops >= job.limits.max_redirects {
        let limit = job.limits.max_redirects;
        Some((Reason::RedirectLimit, format!("more than {} in a row", counted(limit, "redirect"))))
    } else {
        None
    };
    // A sitemap may lead anywhere, as robots.txt may.
    let in_scope =
        row.role == Role::Sitemap || job.scope.allows(&target) || job.is_root(target.as_str());
    let mut result = settled(row, UrlState::Redirected, None, answer);
    result.redirect_to = Some(target.as_str().to_owned());
    if let Some((reason, words)) = failure {
        result.state = UrlState::Failed;
        result.reason = Some(reason);
        result.evidence = Some(words);
    } else {
        result.redirect_key = Some(row.role.key(&target));
        if in_scope {
            result.found = vec![NewUrl {
                hops: row.hops + 1,
                referrer: Some(row.key),
                kind: LinkKind::Redirect,
                task: row.task.after_redirect(),
                ..match row.role {
                    Role::Page => new_url(job, &target, row.depth),
                    Role::Sitemap => new_sitemap(job, &target, row.depth),
                }
            }];
        } else {
            result.evidence = Some(OUT_OF_SCOPE.to_owned());
        }
    }
    Verdict::Settled(Box::new(result))
}

/// Where a redirect leads, or why that cannot be said.
fn target(
    row: &QueuedUrl,
    location: Option<&str>,
) -> Result<CanonicalUrl, (Reason, Option<String>)> {
    let Some(location) = location.map(str::trim).filter(|l| !l.is_empty()) else {
        return Err((Reason::RedirectNoLocation, None));
    };
    let bad = |error: UrlError| {
        (Reason::RedirectBadTarget, Some(format!("Location '{location}': {error}")))
    };
    CanonicalUrl::parse(&row.url).map_err(bad)?.join(location).map_err(bad)
}

/// Is nobody there who speaks TLS? (A bad certificate is another matter: no way round it.)
#[must_use]
pub fn speaks_no_tls(reason: Reason) -> bool {
    matches!(reason, Reason::Refused | Reason::TlsOther)
}

/// The result of a root whose https was only supposed and does not work: http takes its place.
fn plain_root(job: &Job, row: &QueuedUrl, answer: Answer) -> Settled {
    let reason = answer.failure.as_ref().map(|(reason, _)| *reason);
    let mut result = settled(row, UrlState::Failed, reason, answer);
    // Nothing was sent: it takes no place under max_pages.
    result.asked = false;
    let plain = row.url.replacen("https://", "http://", 1);
    if let Ok(url) = CanonicalUrl::parse(&plain) {
        result.found = vec![new_url(job, &url, 0)];
    }
    result
}

/// A final result.
fn settled(row: &QueuedUrl, state: UrlState, reason: Option<Reason>, answer: Answer) -> Settled {
    Settled {
        id: row.id,
        job: row.job,
        host: row.host,
        key: row.key,
        role: row.role,
        task: row.task,
        state,
        reason,
        evidence: answer.failure.map(|(_, words)| words).or(answer.note),
        redirect_to: None,
        redirect_key: None,
        tries: row.tries + 1,
        facts: answer.facts,
        found: answer.found,
        links: answer.links,
        gathered: answer.gathered,
        asked: row.role == Role::Page,
        unmodified: false,
        recording: answer.recording,
    }
}

/// The result of a URL that is not asked, by a rule or because its host or robots.txt is out of
/// reach.
#[must_use]
pub fn unasked(row: &QueuedUrl, reason: Reason, evidence: String) -> Settled {
    let state = if reason.is_exclusion() { UrlState::Excluded } else { UrlState::Failed };
    let answer = Answer { failure: Some((reason, evidence)), ..Answer::default() };
    Settled { asked: false, tries: row.tries, ..settled(row, state, Some(reason), answer) }
}
