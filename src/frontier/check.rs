//! Asking for a status alone: by HEAD, and by GET where an answer to HEAD says nothing.
//!
//! Servers that do not expect HEAD answer it with 405 and 501, but with 403, 404 and 500 as well, or
//! close the connection; only what they say to GET counts against a link (RFC 9110, 9.3.2, promises
//! the same head for both).

use super::answer::Answer;
use super::record::{Deferred, QueuedUrl};
use crate::domain::Millis;
use crate::domain::outcome::{Blame, Reason};
use crate::domain::politeness::HostPace;
use crate::domain::task::Task;

/// Evidence of a link that is asked once more.
const BY_GET: &str = "HEAD was of no use: asked again by GET";

/// The same URL to be asked by GET, in its turn, if this answer to HEAD says nothing. No try is used
/// up.
pub(super) fn by_get(
    row: &QueuedUrl,
    answer: &Answer,
    pace: &mut HostPace,
    now: Millis,
) -> Option<Deferred> {
    let reason = useless(answer).filter(|_| row.task == Task::Check)?;
    if answer.facts.status.is_some() {
        pace.answered(now);
    }
    Some(Deferred {
        id: row.id,
        job: row.job,
        host: row.host,
        key: row.key,
        task: Task::CheckByGet,
        tries: row.tries,
        due_at: now.max(pace.not_before),
        reason,
        evidence: Some(BY_GET.to_owned()),
        facts: answer.facts.clone(),
    })
}

/// What an answer to HEAD said that it may not say to GET. A host that wants us to wait means it; one
/// that cannot be reached cannot be reached by GET.
fn useless(answer: &Answer) -> Option<Reason> {
    if let Some((reason, _)) = &answer.failure {
        // A stale connection is closed, which says nothing of HEAD.
        let stale = answer.reused && matches!(reason, Reason::Reset | Reason::Closed);
        let spoke = !stale && !answer.killed;
        return (spoke && reason.blame() == Blame::Try).then_some(*reason);
    }
    let status = answer.facts.status?;
    let waits = status == 429 || (status == 503 && answer.retry_after.is_some());
    (status >= 400 && !waits).then_some(Reason::Http(status))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frontier::record::PageFacts;

    fn said(status: u16, retry_after: Option<Millis>) -> Option<Reason> {
        let facts = PageFacts { status: Some(status), ..PageFacts::default() };
        useless(&Answer { facts, retry_after, ..Answer::default() })
    }

    fn broke(reason: Reason) -> Option<Reason> {
        let failure = Some((reason, String::new()));
        useless(&Answer { failure, ..Answer::default() })
    }

    #[test]
    fn an_error_is_only_believed_of_get_and_a_wait_is_believed_at_once() {
        for status in [400, 401, 403, 404, 405, 410, 500, 501, 503] {
            assert_eq!(said(status, None), Some(Reason::Http(status)));
        }
        for status in [200, 204, 206, 301, 304, 429] {
            assert_eq!(said(status, None), None, "{status}");
        }
        assert_eq!(said(503, Some(1_000)), None);
        assert_eq!(broke(Reason::Closed), Some(Reason::Closed));
        assert_eq!(broke(Reason::BadHttp), Some(Reason::BadHttp));
        let reused = |reason| {
            let failure = Some((reason, String::new()));
            useless(&Answer { failure, reused: true, ..Answer::default() })
        };
        assert_eq!(reused(Reason::TimeoutHead), Some(Reason::TimeoutHead));
        assert_eq!(reused(Reason::BadHttp), Some(Reason::BadHttp));
        assert_eq!((reused(Reason::Closed), reused(Reason::Reset)), (None, None));
        for reason in [Reason::Dns, Reason::Refused, Reason::TlsName, Reason::Private] {
            assert_eq!(broke(reason), None, "{reason}");
        }
    }
}
